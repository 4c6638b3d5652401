from __future__ import annotations

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from hotline.cli.output import (
    WIDE,
    Listing,
    block,
    clock_text,
    coarse,
    compact,
    facts,
    moment,
    now_us,
    of_day,
    plain,
    time_left,
    warning_text,
)
from tests.cli.samples import NOW_US

SECOND = 1_000_000


def printed(what: object, *, width: int = 40, terminal: bool = False) -> list[str]:
    """Return the lines that a console of that width shows."""
    console = Console(file=StringIO(), width=width, force_terminal=terminal, no_color=True)
    if isinstance(what, Listing):
        what.print(console)
    else:
        console.print(what)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (12, "12 s"),
        (150, "2 min 30 s"),
        (3600, "1 h"),
        (9059, "2 h 30 min"),
        (183_600, "2 d 3 h"),
        (-12, "12 s"),
    ],
)
def test_durations_have_two_units_at_most(seconds: int, text: str) -> None:
    """An officer does not need the seconds of an hour."""
    assert coarse(seconds * SECOND) == text


def test_deadlines_are_shown_as_the_time_left() -> None:
    """What is over says so, what is near stands out, what has no deadline shows nothing."""
    late = time_left("2026-03-01T09:57:00Z", NOW_US)
    near = time_left("2026-03-01T10:01:00Z", NOW_US)
    far = time_left("2026-03-01T12:30:00Z", NOW_US)
    assert (late.plain, late.style) == ("3 min late", "bold red")
    assert (near.plain, near.style) == ("1 min", "yellow")
    assert (far.plain, far.style) == ("2 h 30 min", "")
    assert time_left(None).plain == ""


def test_times_of_this_day_need_no_date() -> None:
    """Lists show the time of day, and the date where it is another one."""
    assert of_day("2026-03-01T09:08:07.5Z", NOW_US) == "09:08:07"
    assert of_day("2026-02-28T09:08:07Z", NOW_US) == "02-28 09:08"
    assert len(of_day("2020-01-01T00:00:00Z")) == 11
    assert moment("2026-03-01T09:08:07.123456Z") == "2026-03-01 09:08:07.123 UTC"
    assert moment(None) is None
    assert now_us() > NOW_US


def test_warning_time() -> None:
    """The warning time is said in words, and what came too late is said to have come too late."""
    assert warning_text(None) is None
    assert str(warning_text(2700.4)) == "45 min from receipt to start"
    assert str(warning_text(-90.0)) == "none: it began 1 min 30 s before it was received"


@pytest.mark.parametrize(
    ("warning_s", "needed_s", "text", "style"),
    [
        (250.0, 1800.0, "4 min 10 s from receipt to start, the letter asks for 30 min", "bold red"),
        (1800.0, 1800.0, "30 min from receipt to start, the letter asks for 30 min", ""),
        (1.0, 0.0, "1 s from receipt to start", ""),
        (-1.0, 0.0, "none: it began 1 s before it was received", "bold red"),
    ],
)
def test_warning_time_stands_beside_what_the_letter_asks_for(
    warning_s: float, needed_s: float, text: str, style: str
) -> None:
    """What is less than agreed is red; exactly as much is enough."""
    shown = warning_text(warning_s, needed_s)
    assert shown is not None
    assert (shown.plain, shown.style) == (text, style)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (598, "9m58s"),
        (600, "10m"),
        (3599, "59m"),
        (3600, "1h"),
        (9000, "2h30m"),
        (86_399, "23h59m"),
        (86_400, "1d"),
        (-183_600, "2d3h"),
    ],
)
def test_durations_in_columns_are_short(seconds: int, text: str) -> None:
    """No column of a list is wider for them than six letters."""
    assert compact(seconds * SECOND) == text
    assert len(text) <= 6


def test_times_in_columns_are_short() -> None:
    """The time of day without seconds, or the date where it is another day."""
    assert clock_text("2026-03-01T09:08:07.5Z", NOW_US) == "09:08"
    assert clock_text("2026-02-28T09:08:07Z", NOW_US) == "02-28"


def test_foreign_text_cannot_steer_the_terminal() -> None:
    """Markup stays text, control characters are written out."""
    assert printed(plain("[bold]\x1b[2Jx\u202e")) == ["[bold]\\x1b[2Jx\\u202e"]


def test_a_list_cuts_only_the_column_that_may_be_cut() -> None:
    """Ids and deadlines stay whole at any width; no line is wider, none has trailing blanks."""
    listing = Listing("id", "title", "left", flexible="title", right=("left",))
    listing.add("ab12cd34", plain("Патрулирование западнее побережья"), Text("9 min"))
    listing.add("ef56ab78", plain("מטוס תדלוק"), Text(""))
    lines = printed(listing, width=40)
    assert all(cell_len(line) <= 40 and line == line.rstrip() for line in lines)
    assert lines[0] == "id        title                     left"
    assert lines[1] == "ab12cd34  Патрулирование западне…  9 min"
    assert lines[2].startswith("ef56ab78  ")
    wide = Listing("id", "title", flexible="title")
    wide.add("a", "short")
    assert printed(wide) == ["id  title", "a   short"]


def test_a_list_may_fold_instead_of_cutting() -> None:
    """Nothing of the column is lost: it goes on below itself, and rows stay apart."""
    listing = Listing("no", "title", "by", flexible="title", right=("no",), folds=True)
    listing.add("1", plain("Strikes are announced one minute ahead, across the corridor"), "line")
    listing.add("2", "", "line")
    listing.add("3", "short", "line")
    assert printed(listing, width=40) == [
        "no  title                           by",
        " 1  Strikes are announced one       line",
        "    minute ahead, across the",
        "    corridor",
        " 2                                  line",
        " 3  short                           line",
    ]


def test_a_narrow_terminal_still_shows_something() -> None:
    """Where nothing fits, the flexible column keeps twelve columns, and the terminal folds."""
    listing = Listing("id", "title", flexible="title")
    listing.add("ab12cd34", "A title that is long enough")
    assert printed(listing, width=10)[1].endswith("A title tha…")


def test_facts_leave_out_what_is_not_known() -> None:
    """Labels stand in a column of their own; what is None has no row."""
    assert printed(facts({"centre": "iaf", "error": None, "up": True}, indent=2)) == [
        "  centre  iaf",
        "  up      True",
    ]
    assert printed(facts({})) == []


def test_long_facts_fold_on_a_terminal_only() -> None:
    """A terminal folds a long value in its own column; a pipe gets it whole."""
    rows = {"text": "one two three four five six seven eight nine ten"}
    folded = printed(facts(rows), width=30, terminal=True)
    assert len(folded) > 1
    assert all(line.startswith("      ") for line in folded[1:])
    assert printed(facts(rows), width=WIDE) == [f"text  {rows['text']}"]


def test_a_block_is_moved_as_it_is() -> None:
    """Text of several lines keeps its own layout."""
    assert printed(block("a\n  b\n\nc", indent=2)) == ["  a", "    b", "", "  c"]
