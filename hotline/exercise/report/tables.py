"""The report's tables as CSV, for spreadsheets and statistics.

RFC 4180, UTF-8, one line of headings. The first column of each is the exercise's banner, in its
heading and in each row: a row that was copied into another sheet still says what it is of, and so
does a table without rows. Text that a spreadsheet would take for a
formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

import msgspec

from hotline.exercise.report.document import (
    AlarmRow,
    LineSpan,
    MessageRow,
    Part,
    Ref,
    Report,
    Verdict,
)

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How text begins that a spreadsheet would work out."""


def tables(report: Report) -> dict[str, str]:
    """Return every table by its name: expectations, messages, alarms, reactions, line."""
    banner = report.exercise.banner
    verdicts = [one for row in (*report.msel, *report.mock) for one in row.verdicts]
    return {
        "expectations": _table(banner, Verdict, verdicts),
        "messages": _table(banner, MessageRow, report.messages),
        "alarms": _table(banner, AlarmRow, report.alarms),
        "reactions": _reactions(report),
        "line": _table(banner, LineSpan, report.line),
    }


def _table(banner: str, form: type[Part], rows: Sequence[Part]) -> str:
    """Return rows of one form; what is no plain value is written as JSON or as a place."""
    names = form.__struct_fields__
    return _written(
        (banner, *names),
        ((banner, *(_cell(getattr(row, name)) for name in names)) for row in rows),
    )


def _reactions(report: Report) -> str:
    """Return one row for each centre, precedence and thing that was measured."""
    names = (report.exercise.banner, "centre", "precedence", "what", "clock", "n", "min", "median",
             "p90", "max")  # fmt: skip

    def rows() -> Iterator[Sequence[Any]]:
        for one in report.reactions:
            for what, clock, spread in (
                ("read", "life", one.read),
                ("read", "scenario", one.read_scenario),
                ("reply", "life", one.reply),
                ("reply", "scenario", one.reply_scenario),
            ):
                figures = (spread.n, spread.min, spread.median, spread.p90, spread.max)
                yield (
                    report.exercise.banner, one.centre, one.precedence, what, clock,
                    *map(_cell, figures),
                )  # fmt: skip

    return _written(names, rows())


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, Ref):
        return f"{value.log} {value.entry}"
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return msgspec.json.encode(value).decode()


def _written(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
