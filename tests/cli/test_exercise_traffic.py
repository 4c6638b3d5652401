"""``hotline exercise traffic``: mock traffic as JSON lines, as files, and sent through a node."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotline.api.client import Client
from hotline.api.schema import Status
from hotline.model.reading import read_message
from tests.cli.command import EXAMPLES, Pair, fails, hotline
from tests.exercise.traffic.test_generator import NOW_US

LETTER = EXAMPLES / "letter.toml"


def rows(*words: str | Path) -> list[dict[str, Any]]:
    """Return the injects that a command prints."""
    printed = hotline("exercise", "traffic", *words).stdout
    return [json.loads(line) for line in printed.splitlines()]


def test_lines_are_injects_and_the_same_for_the_same_seed() -> None:
    """Every line is an inject with its message; the seed decides all of them."""
    words = ("--seed", "7", "--duration", "2 h", "--rate", "40", "--errors", "0.5")
    found = rows(*words, "--letter", LETTER)
    assert found == rows(*words, "--letter", LETTER)
    assert found != rows(*words[2:], "--letter", LETTER)
    assert len(found) > 40
    assert {one["from"] for one in found} == {"iaf", "hmeimim"}
    assert any(one["flags"] for one in found)
    for one in found:
        assert one["document"]["kind"] in one["title"]


def test_weights_rates_and_area_are_kept_to() -> None:
    """Only what was named comes, from one centre, within the area, by the curve of the day."""
    found = rows(
        "--duration", "4 h", "--hour", "6", "--rate", "6=0", "--rate", "10=200",
        "--activity", "sar", "--language", "en=2", "--precedence", "flash", "--advisories", "0",
        "--from", "b", "--centre", "a", "--centre", "b", "--area", "33,33,35,35",
    )  # fmt: skip
    new = [one for one in found if not one["after"]]
    assert {one["document"]["activity"] for one in new} == {"sar"}
    assert {one["document"]["precedence"] for one in found} == {"FLASH"}
    assert {(one["from"], one["to"]) for one in found} == {("b", "a")}
    early = sum(one["at_s"] < 7200 for one in new)
    assert early < len(new) / 2
    for one in new:
        center = one["document"]["volumes"][0]["outline_circle"]["center"]
        assert 33 <= center["lng"] <= 35
        assert one["document"]["reference"].startswith("B-MOCK-")


def test_a_directory_holds_messages_that_can_be_sent(tmp_path: Path) -> None:
    """Each file is one message as `hotline send` reads it; the list of them lies beside."""
    target = tmp_path / "mock"
    said = hotline(
        "exercise", "traffic", "--seed", "1", "-o", target, "--exercise", "spring"
    ).stderr
    assert re.fullmatch(
        rf"hotline: note: {target} holds [0-9]+ mock messages of EXERCISE spring\n", said
    )
    listed = (target / "msel.jsonl").read_text(encoding="utf-8").splitlines()
    files = sorted(target.glob("*.json"))
    assert len(files) == len(listed) > 10
    for file, line in zip(files, listed, strict=True):
        data = file.read_bytes()
        assert json.loads(data) == json.loads(line)["document"]
        assert json.loads(line)["traffic"] == "EXERCISE spring"
        draft = read_message(data, NOW_US)
        assert (draft.status, draft.exercise) == ("exercise", "spring")
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    fails("files.directory-in-use", "exercise", "traffic", "-o", target, exit_code=2)


def test_every_line_says_exercise_and_its_name(tmp_path: Path) -> None:
    """By a name that is given, or by the letter's, whatever the letter's status is."""
    words = ("--duration", "1 h", "--errors", "0.3", "--advisories", "0.5")
    named, sample = tmp_path / "letter.toml", LETTER.read_text()
    named.write_text(sample.replace("title = ", 'exercise = "dawn"\ntitle = ', 1))
    actual, of_test = tmp_path / "actual.toml", tmp_path / "test.toml"
    for path, status in ((actual, "actual"), (of_test, "test")):
        path.write_text(sample.replace('status = "exercise"', f'status = "{status}"'))
    for more, mark, status, name in (
        ((), "EXERCISE", "exercise", None),
        (("--exercise", "spring"), "EXERCISE spring", "exercise", "spring"),
        (("--letter", named), "EXERCISE dawn", "exercise", "dawn"),
        (("--letter", named, "--exercise", "dusk"), "EXERCISE dusk", "exercise", "dusk"),
        (("--letter", actual), "EXERCISE", "exercise", None),
        (("--letter", of_test), "TEST", "test", None),
    ):
        found = rows(*words, *more)
        assert {one["traffic"] for one in found} == {mark}
        for one in found:
            assert next(iter(one)) == "traffic"
            document = one["document"]
            assert (document["status"], document.get("exercise")) == (status, name)
    both = ("--letter", of_test, "--exercise", "spring")
    fails("cli.usage", "exercise", "traffic", *both, exit_code=2)


def test_every_message_says_exercise_in_its_own_words() -> None:
    """Whoever reads one aloud says so, in its language; what has no words has its notice's."""
    found = rows("--duration", "24 h", "--rate", "20", "--advisories", "0.3", "--errors", "0.2")
    kinds = set()
    for one in found:
        document = one["document"]
        words = [document[key] for key in ("remarks", "reason", "text") if key in document]
        assert words or document["kind"] in ("activation", "end")
        for text in words:
            assert text.startswith(("Exercise. ", "Учение. ", "תרגיל. ")), text
        kinds.add(document["kind"])
    assert {"notice", "revision", "withdrawal", "advisory"} <= kinds


@pytest.mark.parametrize("name", ["x" * 61, " spring", "spr\u202eing", "a\nb"])
def test_a_name_that_no_letter_could_have_is_refused(name: str) -> None:
    """It would stand in every mark."""
    fails("cli.usage", "exercise", "traffic", "--exercise", name, exit_code=2)


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("--send", "--exercise", "x"), "cli.usage", 2),
        (("--duration", "soon"), "cli.usage", 2),
        (("--rate", "many"), "cli.usage", 2),
        (("--rate", "nan"), "exercise.bad-traffic", 1),
        (("--activity", "picnic"), "exercise.bad-traffic", 1),
        (("--area", "1,2,3"), "cli.usage", 2),
        (("--area", "5,5,4,4"), "exercise.bad-traffic", 1),
        (("--errors", "2"), "exercise.bad-traffic", 1),
        (("--centre", "iaf"), "cli.usage", 2),
        (("--from", "nobody"), "exercise.bad-traffic", 1),
        (("--send", "-o", "x"), "cli.usage", 2),
        (("--rate", "100000", "--duration", "100 h"), "exercise.too-much-traffic", 1),
        (("--letter", "nothing.toml"), "cli.unreadable-file", 2),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    words: tuple[str, ...], code: str, exit_code: int
) -> None:
    """A wrong word on the command line gives an error with its code and a hint."""
    said = fails(code, "exercise", "traffic", *words, exit_code=exit_code)
    assert "hotline: hint: " in said


def test_a_file_that_is_no_letter_is_named(tmp_path: Path) -> None:
    """A letter that cannot be read is refused with the file's name."""
    path = tmp_path / "letter.toml"
    path.write_bytes(b"\xff\x00")
    said = fails("model.letter-unreadable", "exercise", "traffic", "--letter", path, exit_code=1)
    assert str(path) in said


def test_a_node_sends_what_its_centre_originates(pair: Pair) -> None:
    """With --send the node of this centre sends each message when it is due, and numbers it."""
    words = ("--duration", "1 min", "--rate", "900", "--factor", "60", "--advisories", "0.3")
    printed = pair.iaf.hotline("exercise", "traffic", "--send", "--officer", "mock", *words).stdout
    sent = pair.iaf.json("outbox")["messages"]
    assert printed.splitlines()[0] == pair.iaf.json("status")["traffic"] == "EXERCISE"
    assert len(printed.splitlines()) - 1 == len(sent) > 5
    assert {view["composed_by"] for view in sent} == {"mock"}
    references = {view["reference"] for view in sent if view["kind"] == "notice"}
    assert all(reference.startswith("IAF-0") for reference in references)
    pair.hmeimim.fails(
        "exercise.bad-traffic", "exercise", "traffic", "--send", "--errors", "7", exit_code=1
    )


def test_a_node_for_actual_traffic_gets_no_mock_notice(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent through a node whose status is actual: exit code 4."""
    asked = Client.status

    async def actual(self: Client) -> Status:
        return msgspec.structs.replace(await asked(self), status="actual")

    monkeypatch.setattr(Client, "status", actual)
    before = pair.hmeimim.json("outbox")
    pair.hmeimim.fails("node.actual", "exercise", "traffic", "--send", exit_code=4)
    assert pair.hmeimim.json("outbox") == before
