"""``hotline log show``: the record in words, found by what it says, and followed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hotline.api.schema import EntryView
from hotline.cli.exits import Exit, exit_of
from hotline.cli.log.searching import KINDS, RECORD_KINDS, moment_of
from hotline.cli.log.show import Sheet
from hotline.errors import UsageError
from hotline.model.times import parse_time
from tests.audit.played import Played
from tests.cli.command import EXAMPLES, Pair, fails, hotline, hotline_json, unmarked

ROOT = Path(__file__).parents[2]


def test_a_kind_that_is_none_is_a_mistake() -> None:
    """A misspelt kind finds nothing for ever; whoever wrote it is told which kinds there are."""
    said = fails("cli.usage", "log", "show", "--kind", "foo", exit_code=2)
    assert all(f"'{kind}'" in said for kind in KINDS)


def test_kinds_of_records_are_those_of_the_specification() -> None:
    """Every kind of section 2 can be asked for, and no other."""
    text = (ROOT / "docs/spec/log.md").read_text("utf-8")
    section = text.partition("## 2. Entries and leaves")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == RECORD_KINDS


def test_every_kind_is_documented() -> None:
    """Whoever asks for entries finds all kinds where the option is."""
    text = (ROOT / "docs/howto/commands.md").read_text("utf-8")
    section = text.partition("### `hotline log show`")[2].partition("\n### ")[0]
    assert set(KINDS) <= set(re.findall(r"`([a-z-]+)`", section))


def following(pair: Pair, *words: str) -> subprocess.Popen[str]:
    """Begin to follow hmeimim's record in a process of its own."""
    command = [sys.executable, "-m", "hotline", "--config", str(pair.hmeimim.site.config)]
    return subprocess.Popen(
        [*command, "log", "show", "-f", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.pair
def test_new_entries_are_shown_as_they_come_until_ctrl_c(pair: Pair) -> None:
    """The newest first entries end the beginning; then each new one; Ctrl-C is a clean end."""
    first = pair.iaf.json("send", EXAMPLES / "iaf/01-patrol.json")
    with following(pair, "--json", "--kind", "notice") as process:
        try:
            assert process.stdout is not None
            shown = json.loads(process.stdout.readline())
            assert shown["what"]["reference"] == "IAF-0101"
            pair.iaf.json("send", EXAMPLES / "iaf/03-tanker.json")
            shown = json.loads(process.stdout.readline())
            assert shown["what"]["reference"] == "IAF-0102"
            assert shown["text"].startswith("iaf to hmeimim, ROUTINE 2: notice IAF-0102")
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=30)
            assert (process.returncode, out, said) == (0, "", "")
        finally:
            process.kill()
    assert first


@pytest.mark.pair
def test_entries_read_as_a_record(pair: Pair) -> None:
    """In a pipe each line is whole: when, where, who said what to whom, and who composed it."""
    pair.iaf.json("send", EXAMPLES / "iaf/09-transport.json")
    shown = pair.hmeimim.hotline("log", "show", "--reference", "IAF-0105").stdout
    (line,) = unmarked(shown).splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC  iaf \d+ +"
        r'iaf to hmeimim, ROUTINE \d+: notice IAF-0105 "Transport flight to the west" by \S+',
        line,
    )


@pytest.mark.pair
def test_an_area_may_be_a_file(pair: Pair, tmp_path: Path) -> None:
    """What a map tool saved is asked about as a box is; a file that is no area is a mistake."""
    drawn = tmp_path / "area.geojson"
    ring = [[30, 30], [40, 30], [40, 40], [30, 40], [30, 30]]
    drawn.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    pair.iaf.json("send", EXAMPLES / "iaf/11-training.json")
    by_file = pair.iaf.json("log", "show", "--area", drawn)["entries"]
    assert by_file == pair.iaf.json("log", "show", "--area", "30,30,40,40")["entries"] != []
    drawn.write_text("{")
    pair.iaf.fails("search.bad-area", "log", "show", "--area", drawn, exit_code=2)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11-23", "2026-11-23T00:00:00Z", "2026-11-23T23:59:59.999999Z"),
        ("-1h30m", "2026-11-22T22:30:00.000005Z", "2026-11-22T22:30:00.000005Z"),
        ("-2d", "2026-11-21T00:00:00.000005Z", "2026-11-21T00:00:00.000005Z"),
        ("-45m", "2026-11-22T23:15:00.000005Z", "2026-11-22T23:15:00.000005Z"),
        ("2026-11-23T01:00:00+01:00", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z"),
    ],
)
def test_moments_as_people_write_them(text: str, first: str, last: str) -> None:
    """A day is meant from its beginning to its end, and what lies back is counted from now."""
    now_us = parse_time("2026-11-23T00:00:00.000005Z")
    assert moment_of(text, now_us, latest=False) == first
    assert moment_of(text, now_us, latest=True) == last


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "-", "-h", "-99999d", "2026-11-23T00:00"]
)
def test_a_moment_that_is_none_is_a_mistake(text: str) -> None:
    """Exit code 2, as for every other filter."""
    with pytest.raises(UsageError) as caught:
        moment_of(text, 0, latest=True)
    assert exit_of(caught.value) == Exit.USAGE
    assert "-1h30m" in caught.value.hint


def test_a_node_that_ended_is_not_followed(tmp_path: Path) -> None:
    """There is nothing to come; whoever waits for it is told at once."""
    made = Played(tmp_path)
    made.begin()
    words = ("--config", made.config, "log", "show")
    fails("search.nothing-to-follow", *words, "-f", exit_code=2)
    fails("cli.usage", *words, "-f", "--oldest-first", exit_code=2)
    oldest = hotline_json(*words, "--oldest-first", "--limit", "2", "--log", "hmeimim")
    assert [entry["entry"] for entry in oldest["entries"]] == [0, 1]
    assert oldest["more"]
    some = hotline(*words, "--limit", "2")
    assert "note: older entries fit too: --limit shows up to 1000" in some.stderr
    assert "newer entries fit too" in hotline(*words, "--limit", "2", "--oldest-first").stderr
    assert "fit too" not in hotline(*words, "--limit", "1000").stderr
    none = hotline(*words, "--until", "-1d")
    assert (none.stdout, "note: no entry fits" in none.stderr) == ("", True)
    said = fails("cli.unreadable-file", *words, "--area", "no.geojson", exit_code=2)
    assert "or give a GeoJSON file" in said


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_words_go_on_in_their_own_column(width: int) -> None:
    """No line is wider than the terminal, and nothing is cut off."""
    out = Console(width=width, file=StringIO(), force_terminal=True, color_system=None)
    sheet = Sheet(out)
    words = " ".join(f"word{n}" for n in range(40))
    for day in ("2026-03-01", "2026-03-01", "2026-03-02"):
        sheet.add(
            EntryView(
                log="hotline/exercise/iaf/hmeimim/1",
                entry=12,
                kind="service",
                at=f"{day}T10:00:00.123456Z",
                what={"precedence": "FLASH"},
                text=words,
            )
        )
    assert isinstance(out.file, StringIO)
    lines = out.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert [line for line in lines if line.endswith("UTC")] == ["2026-03-01 UTC", "2026-03-02 UTC"]
    body = [line for line in lines if not line.endswith("UTC")]
    assert body[0].startswith("10:00:00.123  hmeimim 12    word0 ")
    assert " ".join(" ".join(line[28:].split()) for line in body[: len(body) // 3]) == words
