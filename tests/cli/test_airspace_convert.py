from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hotline.api.schema import Thread
from hotline.cli.airspace.sources import outside_of
from hotline.cli.reply import read_proposal
from hotline.errors import ModelError
from hotline.formats.carries import Format
from tests.cli.command import EXAMPLES, Pair, fails, hotline, hotline_json
from tests.cli.samples import view
from tests.formats.plans import READABLE
from tests.formats.test_bad_input import SQUARE, geojson, kml

PATROL = EXAMPLES / "iaf" / "01-patrol.json"
NOTICE: dict[str, Any] = {
    "kind": "notice",
    "reference": "IAF-0900",
    "title": "Patrol",
    "activity": "patrol",
    "volumes": [
        {
            "outline_circle": {"center": {"lat": 34.0, "lng": 33.0}, "radius_m": 9260.0},
            "altitude_lower": {"value": 180.0, "units": "fl", "reference": "standard"},
            "altitude_upper": {"value": 240.0, "units": "fl", "reference": "standard"},
            "time_start": "2026-03-01T11:00:00Z",
            "time_end": "2026-03-01T12:00:00Z",
        }
    ],
}


@pytest.fixture
def notice_file(tmp_path: Path) -> Path:
    """Return a file with a notice."""
    path = tmp_path / "notice.json"
    path.write_text(json.dumps(NOTICE), "utf-8")
    return path


def convert(*words: str | Path) -> Any:
    """Return what `convert --json` prints."""
    return hotline_json("airspace", "convert", *words)


@pytest.mark.parametrize("to", Format)
def test_a_file_becomes_every_format(notice_file: Path, to: Format) -> None:
    """Each format is written to stdout, and nothing else is."""
    who = ("--centre", "iaf", "--status", "exercise")
    result = hotline("airspace", "convert", notice_file, "--to", to.value, *who)
    report = convert(notice_file, "--to", to.value, *who)
    assert report["from"] == "json"
    assert report["to"] == to.value
    assert report["file"] is None
    if to is not Format.COT:  # its events say when they were made
        assert report["text"] == result.stdout
    warnings = [line for line in result.stderr.splitlines() if "warning" in line]
    assert len(warnings) == len(report["losses"])


@pytest.mark.parametrize("to", [form for form in READABLE if form is not Format.F3548])
def test_there_and_back_is_the_same_notice(notice_file: Path, tmp_path: Path, to: Format) -> None:
    """What is read back as our own JSON is what was written at first."""
    there = tmp_path / "there"
    hotline("airspace", "convert", notice_file, "--to", to.value, "-o", there)
    back = json.loads(convert(there, "--to", "json")["text"])
    assert back.pop("precedence") == "ROUTINE"
    assert back == NOTICE


def test_off_nominal_volumes_stay_in_f3548_and_are_told_elsewhere(
    notice_file: Path, tmp_path: Path
) -> None:
    """Where it is instead of where it was announced is no part of a notice, and is not dropped."""
    file = json.loads(convert(notice_file, "--to", "f3548")["text"])
    path = tmp_path / "outside.json"
    path.write_text(json.dumps(file | {"off_nominal_volumes": file["volumes"]}), "utf-8")
    words = ("--title", "Night patrol", "--activity", "patrol")
    there = convert(path, "--to", "f3548", *words)
    assert json.loads(there["text"]) == file | {"off_nominal_volumes": file["volumes"]}
    assert {loss["field"] for loss in there["losses"]} <= {"title", "activity", "precedence"}
    losses = convert(path, "--to", "json", *words)["losses"]
    assert [(loss["field"], loss["effect"]) for loss in losses] == [("off_nominal_volumes", "lost")]


def test_a_proposal_is_taken_from_every_format(
    notice_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As F3548 has it, its levels need not be ours; what is no part of a proposal is told."""
    path = tmp_path / "proposal"
    for to in READABLE:
        path.write_text(convert(notice_file, "--to", to)["text"], "utf-8")
        assert len(read_proposal(path)) == 1
    assert capsys.readouterr().err == ""
    file = json.loads(convert(notice_file, "--to", "f3548")["text"])
    path.write_text(json.dumps(file | {"off_nominal_volumes": file["volumes"]}), "utf-8")
    assert read_proposal(path) == file["volumes"]
    assert "off_nominal_volumes are no part of a proposal" in capsys.readouterr().err
    path.write_text('{"volumes": {}}', "utf-8")
    with pytest.raises(ModelError) as caught:
        read_proposal(path)
    assert caught.value.code == "model.proposal-missing"


@pytest.mark.parametrize(
    ("life", "expected"), [("contingent", 35.0), ("nonconforming", 35.0), ("activated", None)]
)
def test_what_is_out_of_control_is_written_where_it_was_last_said_to_be(
    life: str, expected: float | None
) -> None:
    """The newest of its side's messages that says where counts, while it is outside at all."""
    circles = [
        {"outline_circle": {"center": {"lat": lat, "lng": 33.0}, "radius_m": 500.0}}
        for lat in (34.0, 35.0, 36.0)
    ]
    told = [
        view(kind="nonconformance", message={"volumes": circles[:1]}),
        view(kind="nonconformance", message={"volumes": circles[1:2]}),
        view(kind="contingency", message={"reason": "no radio"}),
        view(kind="contingency", direction="out", message={"volumes": circles[2:]}),
        view(kind="contingency", message=None),
    ]
    notice = view(life=life)
    found = outside_of(Thread(message=notice, thread=told), notice.life, notice.direction)
    assert [volume.points[0].lat for volume in found] == ([] if expected is None else [expected])


def test_losses_are_told_on_stderr_and_in_json(notice_file: Path) -> None:
    """A line for each field, and the same as data."""
    result = hotline("airspace", "convert", notice_file, "--to", "f3548")
    assert "hotline: warning: title: lost: the format has no place for it" in result.stderr
    losses = convert(notice_file, "--to", "f3548")["losses"]
    assert {"field": "title", "effect": "lost", "text": "the format has no place for it"} in losses
    widened = [loss["field"] for loss in losses if loss["effect"] == "widened"]
    assert widened == ["volumes[0].altitude_lower", "volumes[0].altitude_upper"]


def test_a_letter_decides_how_far_levels_are_widened(notice_file: Path, tmp_path: Path) -> None:
    """The margins of the letter that is named; without one, those that hold everywhere."""
    letter = tmp_path / "letter.toml"
    letter.write_text(_with_margin((EXAMPLES / "letter.toml").read_text("utf-8")), "utf-8")
    narrow = json.loads(convert(notice_file, "--to", "f3548", "--letter", letter)["text"])
    wide = json.loads(convert(notice_file, "--to", "f3548")["text"])
    level = narrow["volumes"][0]["volume"]["altitude_lower"]["value"]
    assert level == 5486
    assert wide["volumes"][0]["volume"]["altitude_lower"]["value"] < 4500
    missing = tmp_path / "none.toml"
    fails(
        "cli.unreadable-letter",
        *("airspace", "convert", notice_file, "--to", "f3548", "--letter", missing),
        exit_code=2,
    )


def _with_margin(letter: str) -> str:
    """Return the sample letter with no margin at all."""
    kept, skipping = [], False
    for line in letter.splitlines():
        if line.startswith("["):
            skipping = line.startswith("[altitude_margin]")
        if not skipping:
            kept.append(line)
    margin = "[altitude_margin]\ngeoid_m = [0, 0]\nterrain_m = [0, 0]\n"
    return "\n".join([*kept, margin, "pressure_m = 0", "pressure_percent = 0", ""])


def test_a_drawing_of_a_map_is_completed_by_options(tmp_path: Path) -> None:
    """KML without levels, times, activity: each is given, and the notice can be sent."""
    drawing = tmp_path / "area.kml"
    drawing.write_bytes(kml(SQUARE))
    said = fails("formats.missing", "airspace", "convert", drawing, "--to", "json", exit_code=1)
    assert "--levels" in said
    assert str(drawing) in said
    given = (
        *("--title", "Exercise area", "--activity", "training", "--levels", "ground-FL100"),
        *("--from", "+1h", "--until", "+2h", "--reference", "IAF-0901"),
    )
    notice = json.loads(convert(drawing, "--to", "json", *given)["text"])
    assert notice["reference"] == "IAF-0901"
    assert notice["volumes"][0]["altitude_lower"]["reference"] == "ground"
    assert len(notice["volumes"][0]["outline_polygon"]["vertices"]) == 4


def test_stdin_is_read_and_its_format_seen_in_its_content() -> None:
    """A name says nothing; content does."""
    given = ("--title", "T", "--activity", "sar", "--levels", "FL10-FL20")
    times = ("--from", "2026-03-01T11:00:00Z", "--until", "2026-03-01T12:00:00Z")
    result = hotline(
        *("airspace", "convert", "-", "--to", "geojson", "--drawn", *given, *times),
        typed=geojson(SQUARE),
    )
    assert json.loads(result.stdout)["features"][0]["properties"]["title"] == "T"


def test_a_file_is_never_overwritten_unasked(notice_file: Path, tmp_path: Path) -> None:
    """Without --force what lies there stays; the new one appears when it is complete."""
    target = tmp_path / "out.kml"
    target.write_text("mine", "utf-8")
    words = ("airspace", "convert", notice_file, "--to", "kml", "--output", target)
    fails("export.file-exists", *words, exit_code=2)
    assert target.read_text("utf-8") == "mine"
    report = hotline_json(*words, "--force")
    assert report["file"] == str(target)
    assert report["text"] is None
    assert target.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("nowhere.kml", "--to", "json"), "cli.unreadable-file", 2),
        ((PATROL, "--to", "json", "--levels", "FL10"), "formats.bad-levels", 2),
        ((PATROL, "--to", "cot"), "formats.no-centre", 1),
        ((PATROL, "--to", "notam"), "formats.no-status", 1),
        (
            (EXAMPLES / "hmeimim" / "16-withdrawal.json", "--to", "kml"),
            "formats.no-notice",
            1,
        ),
        (("IAF-0001", "--to", "json", "--title", "X"), "cli.sent-as-it-is", 2),
    ],
)
def test_what_is_wrong_is_named_with_its_mend(
    words: tuple[str | Path, ...], code: str, exit_code: int, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    """Files, options, kinds: an error, a hint, and no traceback."""
    monkeypatch.chdir(tmp_path)
    said = fails(code, "airspace", "convert", *words, exit_code=exit_code)
    assert "hotline: hint: " in said


@pytest.mark.pair
def test_a_message_of_the_node_is_exported_as_it_was_sent(
    pair: Pair, notice_file: Path, tmp_path: Path
) -> None:
    """Own or received, by its reference, its newest revision, with the node's status."""
    pair.iaf.hotline("send", notice_file, "--officer", "Dana")
    revision = NOTICE | {"kind": "revision", "number": 1, "title": "Later", "reason": "Weather"}
    path = tmp_path / "revision.json"
    path.write_text(json.dumps(revision), "utf-8")
    pair.iaf.hotline("send", path, "--officer", "Dana")
    for node in (pair.iaf, pair.hmeimim):
        report = node.json("airspace", "convert", "IAF-0900", "--to", "json")
        assert report["from"] == "message"
        fields = json.loads(report["text"])
        assert (fields["kind"], fields["title"], fields["officer"]) == ("revision", "Later", "Dana")
        text = node.hotline("airspace", "convert", "IAF-0900", "--to", "notam").stdout
        assert text.splitlines()[1] == "EXERCISE ONLY"
        assert "ACTIVITY PATROL OF IAF." in text
        assert (
            'uid="hotline.iaf.IAF-0900.1"'
            in node.hotline("airspace", "convert", "IAF-0900", "--to", "cot").stdout
        )
        node.fails("node.no-such-message", "airspace", "convert", "IAF-9999", "--to", "kml",
                   exit_code=2)  # fmt: skip


@pytest.mark.pair
def test_a_drawing_can_be_sent_as_it_is(pair: Pair, notice_file: Path, tmp_path: Path) -> None:
    """`hotline send` takes every format that can be read: here KML of our own making."""
    drawing = tmp_path / "area.kml"
    renamed = ("--reference", "IAF-0902")
    hotline("airspace", "convert", notice_file, "--to", "kml", "-o", drawing, *renamed)
    pair.iaf.hotline("send", drawing, "--officer", "Dana")
    found = pair.hmeimim.json("show", "IAF-0902", "--peek")["message"]["message"]
    assert found["volumes"][0]["outline_circle"]["radius_m"] == 9260.0


def test_f3548_becomes_f3548_without_words(tmp_path: Path) -> None:
    """None are asked for, and none are told to be lost, since there were none."""
    first = hotline("airspace", "convert", written_f3548(tmp_path), "--to", "f3548")
    assert "lost" not in first.stderr
    assert json.loads(first.stdout)["volumes"]
    named = ("--title", "x", "--activity", "patrol")
    second = hotline("airspace", "convert", written_f3548(tmp_path), "--to", "f3548", *named)
    assert "title: lost" in second.stderr


def written_f3548(tmp_path: Path) -> Path:
    """Return a file with the volumes of a notice, as F3548 has them."""
    path = tmp_path / "volumes.json"
    path.write_text(json.dumps({"volumes": NOTICE["volumes"]}), "utf-8")
    return path
