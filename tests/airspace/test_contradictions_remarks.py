"""What the rules are worth on whole remarks: no false alarms, and how much of the rest is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.airspace.test_contradictions_sentences import flags

TABLES = {"first": 80, "second": 65, "third": 60, "fourth": 44}
MISSED = 8
"""Contradictions of all tables that the rules may pass over; the page of the rules tells them."""
LINES = [
    tuple(column.strip() for column in line.split("|"))
    for table in TABLES
    for line in (Path(__file__).parent / "remarks" / f"{table}.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def codes(flagged: str) -> set[str]:
    """Return the flags of a column."""
    return set(flagged.split(",")) - {"-"}


@pytest.mark.parametrize(("area", "field", "expected", "remarks"), LINES)
def test_remarks_raise_no_false_alarm(area: str, field: str, expected: str, remarks: str) -> None:
    """Whatever is flagged, somebody who read the remarks would flag as well."""
    assert codes(flags(area, field, remarks)) <= codes(expected)


def test_most_contradictions_are_found() -> None:
    """Of the contradictions of all tables no more are passed over than the page tells."""
    missed = [
        remarks
        for area, field, expected, remarks in LINES
        if codes(expected) - codes(flags(area, field, remarks))
    ]
    assert len(missed) == MISSED, missed


def test_tables_are_large_and_half_of_them_contradict() -> None:
    """The tables are as large as the page says, and about half of their lines want a flag."""
    assert len(LINES) == sum(TABLES.values())
    wanted = [line for line in LINES if line[2] != "-"]
    assert abs(2 * len(wanted) - len(LINES)) <= 10
