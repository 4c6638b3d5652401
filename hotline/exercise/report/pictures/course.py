"""What happened, as the pictures take it: moments on the director's clock, by the report alone."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.exercise.report.document import MessageRow, Report
from hotline.exercise.report.moments import Clocks, us_of

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


def drawn_us(report: Report, centre: str, at: str) -> int:
    """Return a moment of a centre's clock on the director's, as the figures take it too."""
    return Clocks.of(report.clocks).common_us(centre, us_of(at))


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
    clocks = Clocks.of(report.clocks)

    def moment(centre: str, at: str | None, least: int) -> int | None:
        # What clocks leave over must not make an arrow run backwards.
        return None if at is None else max(least, clocks.common_us(centre, us_of(at)))

    created_us = clocks.common_us(row.sender, us_of(row.created))
    durable_us = moment(row.recipient, row.durable, created_us)
    least_us = created_us if durable_us is None else durable_us
    return Drawn(
        row,
        created_us,
        durable_us,
        moment(row.sender, row.receipted, least_us),
        moment(row.recipient, row.read, least_us),
    )
