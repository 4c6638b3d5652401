"""What officers see of the airspace, on the command line of two real nodes, running and stopped."""

from __future__ import annotations

import asyncio
import json
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from hotline.api.client import Client
from hotline.cli.airspace.conflicts import print_conflicts
from hotline.cli.airspace.moments import Moment
from hotline.cli.airspace.picture import listing, print_picture, say_what_is_missing, short_levels
from hotline.cli.output import now_us
from hotline.cli.relations import counts_text, mark, relation_block, style_of
from hotline.cli.watch import describe, print_line
from hotline.model.times import format_time
from tests.cli.command import EXAMPLES, Pair, hotline, unmarked
from tests.cli.samples import NOW_US, activity, related, seen

LONG = "Плановый удар по морскому полигону, подход от юга и выходом на запад, четыре самолёта"


def printed(what: Any, *arguments: Any, width: int = 100) -> list[str]:
    """Return the lines that a terminal of so many columns shows."""
    console = Console(file=StringIO(), width=width)
    if callable(what):
        what(console, *arguments)
    else:
        what.print(console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def notice(directory: Path, name: str, title: str, north: float = 0.0, **changes: Any) -> Path:
    """Write the sample patrol, moved so many degrees north, to a file."""
    document = json.loads((EXAMPLES / "iaf/01-patrol.json").read_bytes()) | {"title": title}
    document.pop("reference", None)
    for vertex in document["volumes"][0]["outline_polygon"]["vertices"]:
        vertex["lat"] += north
    path = directory / name
    path.write_text(json.dumps(document | changes), "utf-8")
    return path


@pytest.mark.pair
def test_officers_see_what_meets_what(pair: Pair, tmp_path: Path) -> None:
    """From the first notice to the stopped node, each command says the same conflict."""
    assert (
        pair.iaf.hotline("airspace", "picture").stdout == "EXERCISE\nnothing is active or planned\n"
    )
    assert "0 notices stand" in pair.iaf.hotline("airspace", "conflicts").stdout
    first = notice(tmp_path, "a.json", "Patrol")
    sent = pair.iaf.hotline("send", first, "--officer", "levy")
    assert sent.stderr == ""
    second = notice(tmp_path, "b.json", "Patrol north of Cyprus", precedence="PRIORITY")
    # Nothing is signed by a check, but all of it is said.
    checked = pair.hmeimim.hotline("send", "--check", second, exit_code=1)
    assert "CONFLICT  NEW: conflict with IAF-0001 from " in checked.stdout
    assert "[airspace.direction-differs]" in checked.stdout
    assert "new notice  notice to iaf, PRIORITY: not sent\n" in checked.stdout
    assert "  warning  44 min " in checked.stdout
    assert ", the letter asks for 15 min\n" in checked.stdout
    assert pair.hmeimim.json("send", "--check", second, exit_code=1)["checked"][0]["relations"]
    clear = notice(tmp_path, "c.json", "Patrol", north=5.0)
    assert "nothing speaks against it" in pair.hmeimim.hotline("send", "--check", clear).stdout
    assert pair.hmeimim.json("outbox")["messages"] == []
    sent = pair.hmeimim.hotline("send", second, "--officer", "ivanov")
    assert "HMEIMIM-0001: conflict with IAF-0001 from " in sent.stderr
    assert "; sent all the same [airspace.conflict]" in sent.stderr
    assert "; sent all the same [airspace.direction-differs]" in sent.stderr
    shown = unmarked(pair.iaf.hotline("show", "--peek", "HMEIMIM-0001").stdout).splitlines()
    assert shown[0].startswith("CONFLICT  IAF-0001: conflict with HMEIMIM-0001 from ")
    assert shown[1].startswith("HMEIMIM-0001  starts in 44 min ")
    own = pair.iaf.hotline("show", "IAF-0001").stdout
    assert "\nnext      may be sent: revision, withdrawal, activation, " in own
    assert "  !  " in pair.iaf.hotline("inbox").stdout
    assert "  in 44m  " in pair.iaf.hotline("outbox").stdout
    status = pair.iaf.hotline("status", exit_code=1).stdout
    assert "airspace  1 of this centre and 1 of the peer stand: 1 conflict" in status
    same = pair.iaf.hotline("airspace", "picture").stdout
    assert "HMEIMIM-0001  hmeimim  planned  PRIORITY    in 44m  FL180-FL280  !  Patrol no" in same
    listed = unmarked(pair.iaf.hotline("airspace", "conflicts").stdout)
    assert listed.startswith(
        "CONFLICT  IAF-0001 and HMEIMIM-0001 of hmeimim\n  left   begins in 44 m"
    )
    (relation,) = pair.iaf.json("airspace", "conflicts")["relations"]
    assert (relation["own"], relation["other"]) == ("IAF-0001", "HMEIMIM-0001")
    assert relation["from"] < relation["until"]
    then = format_time(now_us())
    ended = tmp_path / "d.json"
    ended.write_text('{"kind": "withdrawal", "reference": "IAF-0001", "reason": "weather"}')
    pair.iaf.hotline("send", ended, "--officer", "levy")
    assert pair.iaf.json("airspace", "conflicts") == {
        "traffic": "EXERCISE",
        "relations": [],
        "count": 0,
    }
    found = pair.iaf.json("airspace", "picture", "--at", then, "--line", "hmeimim")
    assert (found["count"], found["relation_count"]) == (2, 1)
    assert pair.iaf.stop() == 0
    again = pair.iaf.hotline("airspace", "picture", "--at", then, "--json")
    assert json.loads(again.stdout)["relations"] == found["relations"]
    assert "no node runs here" in again.stderr
    assert "HMEIMIM-0001" in pair.iaf.hotline("airspace", "picture", "--at", "+5m").stdout
    refused = pair.iaf.hotline("airspace", "picture", "--line", "nobody", exit_code=2)
    assert "this journal has no line with 'nobody' [node.unknown-peer]" in refused.stderr


@pytest.mark.parametrize("text", ["yesterday", "25:00", "+", "-", "-2x", "2026-03-01T10:00:00"])
def test_a_moment_that_cannot_be_read_is_refused(text: str) -> None:
    """With the forms that can."""
    said = hotline("airspace", "picture", f"--at={text}", exit_code=2).stderr
    assert "write 10:00 or 10:00:15 (UTC, the nearest); +30m, -2h, +1h30m or +90s from now" in said


@pytest.mark.parametrize(("text", "end"), [("09:16:15", "T09:16:15Z"), ("0916", "T09:16:00Z")])
def test_a_moment_may_have_seconds(text: str, end: str) -> None:
    """An entry of the log has them, and its moment is what an officer looks back at."""
    assert Moment().convert(text, None, None).endswith(end)


def test_the_picture_fits_a_hundred_columns() -> None:
    """The longest state, precedence, reference and levels leave room for a title."""
    worst = activity(
        reference="HMEIMIM-0206",
        centre="hmeimim",
        state="nonconforming",
        precedence="IMMEDIATE",
        title=LONG,
        ends_at="2026-03-02T09:59:00.000000Z",
        starts_at=None,
        levels="6000 m above mean sea level to 9000 m above mean sea level",
        relations={"conflict": 2, "proximity": 1},
    )
    head, line = printed(listing([worst], NOW_US))
    assert cell_len(head) <= 100
    assert cell_len(line) <= 100
    for said in ("HMEIMIM-0206", "nonconforming", "IMMEDIATE", "23h59m left", "6000-9000 m MSL"):
        assert said in line
    assert "  !  Плановый" in line


def test_at_eighty_columns_precedence_and_levels_stay() -> None:
    """What decides who gives way is there; who announced it can be read off the reference."""
    usual = activity(
        reference="HMEIMIM-0206", precedence="IMMEDIATE", title=LONG, levels="ground to 2500 ft MSL"
    )
    head, line = printed(listing([usual], NOW_US), width=80)
    assert "of" not in head.split()
    assert max(cell_len(head), cell_len(line)) <= 80
    assert "IMMEDIATE" in line
    assert "ground-2500 ft MSL" in line


def test_lines_are_told_apart_and_what_is_out_of_order_is_named() -> None:
    """The line has a column as soon as there are two of them; nothing without a title is blank."""
    two = [activity(beside=True, title=""), activity(line="other", state="\x1b[2J", reference="")]
    head, first, second = printed(listing(two, NOW_US))
    assert head.split()[0] == "line"
    assert "out of order" in first
    assert first.endswith("patrol")
    assert "\\x1b[2J" in second


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("FL180 to FL200", "FL180-FL200"),
        ("6000 m above mean sea level to 9000 m above mean sea level", "6000-9000 m MSL"),
        ("ground to 400 ft above ground", "ground-400 ft AGL"),
        ("100 m above mean sea level to unlimited", "100 m MSL-unlimited"),
        ("-50 m above ground to 100 m above ground", "-50 to 100 m AGL"),
        ("all levels", "all levels"),
        ("900 m above the WGS 84 ellipsoid", "900 m WGS 84"),
    ],
)
def test_levels_take_few_columns(text: str, short: str) -> None:
    """What both levels count from is said once."""
    assert short_levels(text) == short


def test_a_picture_of_another_moment_says_which() -> None:
    """And by what was known: a past one by what was said until then."""
    past = printed(print_picture, seen(activity(), relations=[related()]))
    assert past[0] == "at 2026-03-01 10:00:00.000 UTC, by what was said until then"
    assert past[2].startswith("CONFLICT  HMEIMIM-0201: conflict with IAF-0101 from ")
    to_come = printed(print_picture, seen(at="2999-03-01T10:00:00Z"))
    assert to_come[0].endswith(", by what is known now")
    assert printed(print_picture, seen(at=format_time(now_us()))) == [
        "nothing is active or planned"
    ]


def test_what_is_missing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A list that was cut, and a record that is not read to the end."""
    say_what_is_missing(seen())
    assert capsys.readouterr().err == ""
    say_what_is_missing(seen(more=True, whole=False, count=900, relation_count=7))
    said = capsys.readouterr().err
    assert "there are 900 notices and 7 relations; 500 of each are shown" in said
    assert "[cli.incomplete-picture]" in said


def test_conflicts_count_down() -> None:
    """To the moment when both are in use, and then to the end of the first one."""
    later = related()
    now = related(
        "possible", from_="2026-03-01T09:00:00Z", by_right=True, since=format_time(NOW_US)
    )
    ever = related("proximity", from_=None, until=None)
    lines = printed(print_conflicts, seen(relations=[later, now, ever], relation_count=3))
    assert lines[0] == "CONFLICT  HMEIMIM-0201 and IAF-0101 of iaf"
    assert lines[1] == "  left  begins in 20 min"
    assert "  left      now, for 45 min more" in lines
    assert "  found     at 10:00:00" in lines
    assert "  by right  one of the two is of FLASH precedence" in lines
    assert "  left  now, without an end" in lines


def test_signs_and_counts_go_by_the_gravest() -> None:
    """What is not known has neither sign nor colour, and is not hidden."""
    assert mark(["proximity", "possible"]).plain == "?"
    assert mark([]).plain == mark(["kiss"]).plain == style_of("kiss") == ""
    assert counts_text({"conflict": 0, "possible": 1, "proximity": 2}).plain == (
        "1 possible conflict, 2 proximities"
    )
    assert counts_text({}).plain == "no relations"
    (line,) = printed(lambda out: out.print(relation_block([related("kiss", text="x\x1b")])))
    assert line == "KISS  x\\x1b"


@pytest.mark.parametrize(
    ("relation", "line"),
    [
        ("conflict", "conflict they meet [airspace.conflict]"),
        ("proximity", "near     they meet [airspace.proximity]"),
        ("clear", "resolved they meet"),
        ("possible", "possible they meet [airspace.possible]"),
        ("kiss", "kiss     they meet"),
    ],
)
def test_watch_says_what_begins_and_ends(relation: str, line: str) -> None:
    """One line each, the word in front."""
    what = {"line": "iaf", "relation": relation, "text": "they meet"}
    said = asyncio.run(describe(cast("Client", None), "relation", what))
    assert said is not None
    assert said.plain == line


@pytest.mark.parametrize(
    ("terminal", "width", "count"), [(True, 80, 2), (True, 30, 1), (False, 80, 1)]
)
def test_watch_keeps_what_is_said_in_a_column_of_its_own(
    terminal: bool, width: int, count: int
) -> None:
    """At the edge of a terminal it goes on below itself, words whole; a pipe gets one line."""
    out = Console(file=StringIO(), width=width, force_terminal=terminal, color_system=None)
    said = "conflict IAF-0003: conflict with HMEIMIM-0001 from 12:28:28 to 14:43:18 UTC, FL200"
    print_line(out, "11:43:28", Text(said))
    assert isinstance(out.file, StringIO)
    shown = out.file.getvalue().splitlines()
    assert len(shown) == count
    assert " ".join(" ".join(shown).split()) == f"11:43:28 {said}"
    assert all(line.startswith(" " * 19) for line in shown[1:])
    assert count == 1 or max(map(cell_len, shown)) <= width
