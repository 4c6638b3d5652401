"""How long messages waited for their receipts, beside what OLDI asks of a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotline.exercise.report.document import FaultRow, LineSpan, MessageRow, ReceiptFigures
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.moments import us_of
from hotline.exercise.report.spread import share_within, spread_of
from hotline.model.kinds import Precedence

MOST_S, NEARLY_ALL_S = 4.0, 10.0
"""OLDI 5.0: round trip within 4 s for 90 % of the messages, within 10 s for 99.8 %."""


def receipt_figures(
    span: Span,
    rows: Sequence[MessageRow],
    line: Sequence[LineSpan],
    faults: Sequence[FaultRow],
    centres: Iterable[str],
) -> list[ReceiptFigures]:
    """Return the latencies by sender and precedence."""
    return [
        _figures(span, [row for row in sent if row.precedence == name], line, faults, centre, name)
        for centre in centres
        if (sent := [row for row in rows if row.sender == centre])
        for name in (each.name for each in Precedence)
        if any(row.precedence == name for row in sent)
    ]


def _figures(
    span: Span,
    sent: Sequence[MessageRow],
    line: Sequence[LineSpan],
    faults: Sequence[FaultRow],
    centre: str,
    precedence: str,
) -> ReceiptFigures:
    calm = [
        row.receipt_s
        for row in sent
        if row.receipt_s is not None and not _disturbed(span, row, line, faults)
    ]
    return ReceiptFigures(
        centre=centre,
        precedence=precedence,
        sent=len(sent),
        receipted=sum(row.receipt_s is not None for row in sent),
        queued=sum(row.state == "queued" for row in sent),
        latency=spread_of(row.receipt_s for row in sent),
        outside=len(calm),
        within_4s=share_within(calm, MOST_S),
        within_10s=share_within(calm, NEARLY_ALL_S),
    )


def _disturbed(
    span: Span, row: MessageRow, line: Sequence[LineSpan], faults: Sequence[FaultRow]
) -> bool:
    """Return whether something was broken, or the line down, while a message waited."""
    since_us = span.common_us(row.sender, row.created)
    until_us = span.common_us(row.sender, row.receipted) if row.receipted else since_us
    broken = [(us_of(one.began), us_of(one.ended) if one.ended else None) for one in faults]
    broken += [(us_of(one.since), us_of(one.until)) for one in line if not one.up]
    return any(
        began_us <= until_us and (ended_us is None or since_us <= ended_us)
        for began_us, ended_us in broken
    )
