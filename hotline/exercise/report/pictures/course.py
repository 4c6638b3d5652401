"""What happened, as the pictures take it: moments on the director's clock, by the report alone."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.exercise.report.document import MessageRow, Report
from hotline.exercise.report.moments import us_of, us_or_none

URGENT = frozenset({"FLASH", "IMMEDIATE"})
ALL_DRAWN = 300
"""Up to so many messages every one is drawn; above, those that somebody had to act on."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One message with its moments, in microseconds on the director's clock."""

    row: MessageRow
    created_us: int
    durable_us: int | None
    receipted_us: int | None
    read_us: int | None


def moved(report: Report, centre: str) -> int:
    """Return by how much a centre's clock is moved: the second's, by what both measured.

    The first centre's clock is taken for the director's where no other is known.
    """
    offset_s = report.proof.clock_offset_s
    if offset_s is None or centre == report.centres[0].centre or abs(offset_s) < 1.0:
        return 0
    return -round(offset_s * 1e6)


def drawn_messages(report: Report) -> tuple[list[Drawn], int]:
    """Return the messages that are drawn, in order of time, and how many are left out."""
    chosen = [row for row in report.messages if _notable(report, row)]
    found = [_drawn(report, row) for row in chosen]
    found.sort(key=lambda one: one.created_us)
    return found, len(report.messages) - len(found)


def _notable(report: Report, row: MessageRow) -> bool:
    if len(report.messages) <= ALL_DRAWN:
        return True
    short = (
        row.warning_s is not None
        and row.warning_needed_s is not None
        and row.warning_s < row.warning_needed_s
    )
    return (
        row.precedence in URGENT
        or bool(row.inject)
        or row.state != "received"
        or short
        or bool(row.flags)
        or row.answer in {"reject", "counter"}
    )


def _drawn(report: Report, row: MessageRow) -> Drawn:
    sender, recipient = moved(report, row.sender), moved(report, row.recipient)

    def at(text: str | None, by: int) -> int | None:
        us = us_or_none(text)
        return None if us is None else us + by

    created_us = us_of(row.created) + sender
    durable_us = at(row.durable, recipient)
    # What clocks leave over must not make an arrow run backwards.
    durable_us = None if durable_us is None else max(durable_us, created_us)
    receipted_us = at(row.receipted, sender)
    if receipted_us is not None and durable_us is not None:
        receipted_us = max(receipted_us, durable_us)
    return Drawn(row, created_us, durable_us, receipted_us, at(row.read, recipient))
