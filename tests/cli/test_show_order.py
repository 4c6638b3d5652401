"""What show puts first: the content in force; what it superseded comes last, and is marked."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from hotline.api.schema import Flag, MessageView, RelationView, Thread
from hotline.cli.show import print_thread
from tests.cli.samples import NOW_US, view

CONFLICT = Flag(code="airspace.conflict", text="conflict with IAF-0001")
SHORT = Flag(code="notice.short", text="30 s of warning")
RELATION = RelationView(
    line="iaf",
    relation="conflict",
    own="HMEIMIM-0001",
    other="IAF-0101",
    own_id="dd" * 32,
    other_id="aa" * 32,
    by_right=False,
    text="IAF-0101 meets HMEIMIM-0001",
)


def notice(**changes: Any) -> MessageView:
    """Return the notice that was flagged with a conflict."""
    fields: dict[str, Any] = {
        "id": "aa" * 32,
        "text": "FIRST AREA",
        "flags": [CONFLICT, SHORT],
        "message": {},
    }
    return view(**(fields | changes))


def revision(number: int, **changes: Any) -> MessageView:
    """Return a revision of it."""
    fields: dict[str, Any] = {
        "id": f"{number:02}" * 32,
        "kind": "revision",
        "entered_at": f"2026-03-01T10:0{number}:00.000000Z",
        "text": f"AREA {number}",
        "message": {"number": number},
    }
    return view(**(fields | changes))


def shown(*thread: MessageView) -> list[str]:
    """Return the lines that are shown of a thread, red ones with an R in front, dim ones with D."""
    out = Console(file=StringIO(), width=100, force_terminal=True, color_system="standard")
    print_thread(out, Thread(message=thread[0], thread=list(thread)), NOW_US)
    assert isinstance(out.file, StringIO)
    lines = []
    for line in out.file.getvalue().splitlines():
        colour = "R" if "\x1b[1;31m" in line else "D" if "\x1b[2m" in line else " "
        lines.append(colour + line)
    return lines


def at(lines: list[str], text: str) -> int:
    """Return the number of the one line that holds a text."""
    (number,) = [number for number, line in enumerate(lines) if text in line]
    return number


def test_what_is_in_force_comes_first() -> None:
    """After two revisions the second stands first, the others below it in their order, marked."""
    lines = shown(notice(), revision(1), revision(2))
    assert at(lines, "AREA 2") < at(lines, "before that") < at(lines, "FIRST AREA")
    assert at(lines, "FIRST AREA") < at(lines, "AREA 1")
    assert at(lines, "superseded by revision 1 at 2026-03-01 10:01") < at(lines, "FIRST AREA")
    assert at(lines, "FIRST AREA") < at(lines, "superseded by revision 2 at") < at(lines, "AREA 1")
    assert lines[at(lines, "conflict with IAF-0001")].startswith("D")
    assert lines[at(lines, "30 s of warning")].startswith("D")


def test_what_was_said_since_stays_behind_the_content() -> None:
    """An activation comes behind the revision that it is about, not behind what is superseded."""
    begun = view(id="bb" * 32, kind="activation", text="ACTIVATION", message={})
    lines = shown(notice(), revision(1), begun)
    assert at(lines, "AREA 1") < at(lines, "ACTIVATION") < at(lines, "FIRST AREA")


def test_a_revision_that_changes_nothing_supersedes_nothing() -> None:
    """One that is older than what is known, or of the other centre, leaves the notice first."""
    old = Flag(code="model.undefined-step", text="does not apply")
    lines = shown(notice(), revision(1, flags=[old]), revision(2, direction="out"))
    assert not any("superseded" in line for line in lines)
    assert at(lines, "FIRST AREA") < at(lines, "AREA 1")


def test_a_conflict_is_red_while_it_lasts() -> None:
    """With the relation it is red; when that is gone it is dim, and the other flags are not."""
    lines = shown(notice(relations=[RELATION]))
    assert lines[at(lines, "conflict with IAF-0001")].startswith("R")
    lines = shown(notice())
    assert lines[at(lines, "conflict with IAF-0001")].startswith("D")
    assert lines[at(lines, "30 s of warning")].startswith("R")


def test_nothing_of_a_withdrawn_notice_is_red() -> None:
    """Its flags were so when it came."""
    gone = view(id="cc" * 32, kind="withdrawal", text="WITHDRAWAL", message={}, life="withdrawn")
    lines = shown(notice(life="withdrawn"), gone)
    assert at(lines, "FIRST AREA") < at(lines, "WITHDRAWAL")
    assert not any(line.startswith("R") for line in lines)
