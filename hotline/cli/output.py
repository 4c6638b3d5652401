"""What commands print: JSON, tables, times and durations as people say them.

Text that came over the line is passed through ``plain`` before it reaches a terminal: it can be
neither markup nor an escape sequence.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
import msgspec
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from hotline.model.phrasing import duration_text
from hotline.model.text import printable
from hotline.model.times import SECOND_US, parse_time

WIDE = 10_000
"""Columns where there is no terminal: what reads a file or a pipe wants whole lines."""

MARK = "hotline.traffic"
"""Where a command's context keeps what its output is marked with."""
MARK_STYLE = "bold black on yellow"
PRECEDENCE_STYLE = {"FLASH": "bold red", "IMMEDIATE": "bold yellow", "PRIORITY": "bold"}
GAP = 2
"""Blanks between two columns."""
NARROWEST = 12
"""Columns that the flexible column has at least, however narrow the terminal."""
STATE_STYLE = {
    "unread": "bold yellow",
    "queued": "yellow",
    "standing-by": "yellow",
    "read": "",
    "receipted": "green",
    "answered": "green",
}


def now_us() -> int:
    """Return microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def mark_traffic(context: click.Context, traffic: str) -> None:
    """Have all that this command prints for people begin with what it is marked with."""
    context.meta[MARK] = traffic


def stdout() -> Console:
    """Return a console for data; plain text, unfolded, where stdout is no terminal.

    The first one of a command prints the mark of what is not actual: nobody is to read a page of
    an exercise without having read that it is one.
    """
    out = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    context = click.get_current_context(silent=True)
    if context is not None and (traffic := context.meta.pop(MARK, "")):
        out.print(Text(printable(traffic), style=MARK_STYLE), soft_wrap=True)
    return out


def print_json(what: object) -> None:
    """Print a shape, a mapping or a list as one indented JSON value.

    In UTF-8 wherever it goes, as programs expect (RFC 8259, section 8.1).
    """
    click.echo(msgspec.json.format(msgspec.json.encode(what), indent=2))


def plain(text: object, style: str = "") -> Text:
    """Return foreign text as it may be shown: no markup, no control characters."""
    return Text(printable(str(text)), style=style)


class Listing:
    """Rows under headings, without borders: only the column ``flexible`` is ever cut short.

    A list that is wider than the terminal would otherwise lose a bit of everything, and half of
    an id or of a deadline is worth nothing. Where that is not enough, the columns ``spare`` are
    left out one after the other, until the rest fits and the flexible one has ``least`` columns or
    all that it needs; a row may say something else in it where the one named ``told`` is left out.
    Those of ``if_any`` are left out where they are empty. With ``folds`` nothing of the flexible
    column is lost: it goes on below itself, where a list is read once and not watched; a number of
    lines ends it there.
    """

    def __init__(
        self,
        *columns: str,
        flexible: str,
        right: tuple[str, ...] = (),
        spare: tuple[str, ...] = (),
        folds: bool | int = False,
        least: int = NARROWEST,
        told: str = "",
        if_any: tuple[str, ...] = (),
    ) -> None:
        self._columns = columns
        self._flexible = columns.index(flexible)
        self._right = right
        self._spare = [columns.index(column) for column in spare]
        self._folds = folds
        self._least = least
        self._told = columns.index(told) if told else None
        self._if_any = [columns.index(column) for column in if_any]
        self._rows: list[list[Text]] = []
        # What the flexible column says instead where ``told`` is left out, by the row's number.
        self._instead: dict[int, Text] = {}

    def add(self, *cells: str | Text, instead: Text | None = None) -> None:
        """Add a row; foreign text comes as Text, made by ``plain``.

        ``instead`` is what the flexible column says where the column ``told`` is left out.
        """
        if instead is not None:
            self._instead[len(self._rows)] = instead
        self._rows.append([cell if isinstance(cell, Text) else Text(cell) for cell in cells])

    def print(self, out: Console) -> None:
        """Print the list at the width of the console."""
        widths = [
            max(cell_len(column), *(row[i].cell_len for row in self._rows), 0)
            for i, column in enumerate(self._columns)
        ]
        empty = [i for i in self._if_any if not any(row[i].cell_len for row in self._rows)]
        kept = [i for i in range(len(widths)) if i not in empty]
        rows = self._rows
        for spare in [None, *(i for i in self._spare if i not in empty)]:
            if spare is not None:
                kept.remove(spare)
            if spare is not None and spare == self._told:
                rows = self._otherwise()
                widths[self._flexible] = max(
                    cell_len(self._columns[self._flexible]),
                    *(row[self._flexible].cell_len for row in rows),
                    0,
                )
            others = sum(widths[i] + GAP for i in kept if i != self._flexible)
            if others + min(self._least, widths[self._flexible]) <= out.width:
                break
        room = max(NARROWEST, out.width - others)
        widths[self._flexible] = min(widths[self._flexible], room)
        heading = [Text(column, style="bold") for column in self._columns]
        for row in self._lines([heading, *rows], widths[self._flexible], out):
            line = Text()
            for i in kept:
                cell = row[i]
                cell.truncate(widths[i], overflow="ellipsis")
                fill = " " * (widths[i] - cell.cell_len)
                right = self._columns[i] in self._right
                line += Text(fill) + cell if right else cell + Text(fill)
                line.append(" " * GAP)
            line.rstrip()
            out.print(line, soft_wrap=True)

    def _otherwise(self) -> list[list[Text]]:
        """Return the rows as they are where the column ``told`` is left out."""
        rows = [[*row] for row in self._rows]
        for number, instead in self._instead.items():
            rows[number][self._flexible] = instead
        return rows

    def _lines(
        self, rows: Sequence[Sequence[Text]], width: int, out: Console
    ) -> Iterator[Sequence[Text]]:
        """Yield rows as lines: several of them for a row whose flexible cell is folded."""
        for row in rows:
            if not self._folds:
                yield row
                continue
            parts = [*row[self._flexible].wrap(out, width)]
            if self._folds is not True and len(parts) > self._folds:
                parts = parts[: self._folds]
                parts[-1].rstrip()
                parts[-1].truncate(width - 1)
                parts[-1].append("…")
            for number, part in enumerate(parts):
                part.rstrip()
                line = [Text() for _ in row] if number else [*row]
                line[self._flexible] = part
                yield line


class Facts:
    """Labels and values below each other; long values go on in their own column.

    Rows whose value is None are left out. An empty label continues the row above.
    """

    def __init__(self, rows: Iterable[tuple[str, object]], indent: int = 0) -> None:
        self._rows = [
            (label, value if isinstance(value, Text) else plain(value))
            for label, value in rows
            if value is not None
        ]
        self._indent = indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max((cell_len(label) for label, _ in self._rows), default=0)
        margin = self._indent + (width + GAP if width else 0)
        room = max(NARROWEST, options.max_width - margin)
        for label, value in self._rows:
            # Only a terminal has an edge; what reads a file or a pipe wants whole lines.
            lines = value.wrap(console, room, overflow="fold") if console.is_terminal else [value]
            for number, line in enumerate(lines):
                line.rstrip()
                shown = Text(" " * self._indent, no_wrap=True, overflow="ignore")
                if width:
                    shown.append("" if number else label, style="dim")
                    shown.append(" " * (width + GAP - (0 if number else cell_len(label))))
                shown.append_text(line)
                shown.rstrip()
                yield shown


def facts(rows: Mapping[str, object], indent: int = 0) -> Facts:
    """Return labels and values to be printed; rows whose value is None are left out."""
    return Facts(rows.items(), indent)


def block(text: str, indent: int) -> Facts:
    """Return foreign text of several lines to be printed further to the right."""
    return Facts((("", line) for line in text.split("\n")), indent)


def precedence_text(name: str) -> Text:
    """Return a precedence in its colour."""
    return plain(name, PRECEDENCE_STYLE.get(name, ""))


def state_text(state: str) -> Text:
    """Return a message's state in its colour."""
    return plain(state, STATE_STYLE.get(state, ""))


def moment(text: str | None) -> str | None:
    """Return ``2026-03-01 10:00:00.123 UTC`` for an RFC 3339 time; None for None."""
    if text is None:
        return None
    return f"{_date_time(text):%Y-%m-%d %H:%M:%S}.{_date_time(text).microsecond // 1000:03} UTC"


def clock_text(text: str, at_us: int) -> str:
    """Return ``10:00`` for a time of this day (UTC), else ``03-01``: five columns in any case."""
    when = _date_time(text)
    today = datetime.fromtimestamp(at_us / 1e6, UTC).date()
    return f"{when:%H:%M}" if when.date() == today else f"{when:%m-%d}"


def of_day(text: str, at_us: int | None = None) -> str:
    """Return ``10:00:00`` for a time of this day (UTC), else ``03-01 10:00``."""
    when = _date_time(text)
    today = datetime.fromtimestamp((now_us() if at_us is None else at_us) / 1e6, UTC).date()
    return f"{when:%H:%M:%S}" if when.date() == today else f"{when:%m-%d %H:%M}"


def time_left(due: str | None, at_us: int | None = None) -> Text:
    """Return ``9 min 58 s``, or ``3 min late`` in red; empty without a deadline."""
    if due is None:
        return Text("")
    left_us = parse_time(due) - (now_us() if at_us is None else at_us)
    if left_us < 0:
        return Text(f"{coarse(-left_us)} late", style="bold red")
    return Text(coarse(left_us), style="yellow" if left_us < 120 * SECOND_US else "")


def coarse(us: int) -> str:
    """Return a duration with the two units that matter: ``2 d 3 h``, ``2 h 30 min``, ``12 s``."""
    seconds = abs(us) // SECOND_US
    if seconds >= 86_400:
        days, hours = divmod(seconds // 3600, 24)
        return f"{days} d {hours} h"
    if seconds >= 3600:
        seconds -= seconds % 60
    return duration_text(seconds * SECOND_US)


def compact(us: int) -> str:
    """Return a duration for a narrow column: ``45s``, ``9m58s``, ``12m``, ``2h30m``, ``3d4h``."""
    seconds = abs(us) // SECOND_US
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if hours:
        return f"{hours}h{minutes % 60:02}m" if minutes % 60 else f"{hours}h"
    if minutes >= 10 or (minutes and not seconds % 60):
        return f"{minutes}m"
    return f"{minutes}m{seconds % 60}s" if minutes else f"{seconds}s"


def count_text(count: int, one: str, many: str = "") -> str:
    """Return ``1 message`` or ``2 messages``; ``many`` is for words that take more than an s."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def warning_text(warning_s: float | None, needed_s: float | None = None) -> Text | None:
    """Return the warning time beside the letter's minimum, in red where it is short.

    None where a message has no warning time.
    """
    if warning_s is None:
        return None
    if warning_s < 0:
        text = f"none: it began {coarse(round(-warning_s) * SECOND_US)} before it was received"
    else:
        # Never longer than it was.
        text = f"{coarse(int(warning_s) * SECOND_US)} from receipt to start"
    if needed_s is None:
        return Text(text)
    asks = f", the letter asks for {coarse(round(needed_s) * SECOND_US)}" if needed_s else ""
    return Text(text + asks, style="bold red" if warning_s < needed_s else "")


def builtins(shape: object) -> Any:
    """Return a shape as dicts and lists."""
    return msgspec.to_builtins(shape)


def _date_time(text: str) -> datetime:
    return datetime.fromtimestamp(parse_time(text) / 1e6, UTC)
