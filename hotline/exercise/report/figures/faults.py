"""What was broken on purpose: by the record, with what the nodes entered of it."""

from __future__ import annotations

from hotline.exercise.record.events import FaultBegan, FaultEnded, InjectDue
from hotline.exercise.record.line import Entry
from hotline.exercise.report.document import FaultRow, Ref
from hotline.exercise.report.figures.span import Span, rounded
from hotline.exercise.report.moments import text_of, text_or_none
from hotline.exercise.scenario.shape import Fault, FaultKind
from hotline.exercise.scenario.wording import fault_said

NOTED_US = 5_000_000
"""A node enters a fault within this time of the director's entry."""
OF_A_PROCESS = frozenset({FaultKind.KILL.value, FaultKind.RESTART.value})
"""Faults of a node's process: they last from their order until the node is back."""


def fault_rows(span: Span) -> list[FaultRow]:
    """Return every fault as the record has it, with what the nodes entered of it."""
    rows = []
    for noted, event in span.play.every(FaultBegan):
        since_us = _ordered_us(span, noted, event) if event.kind in OF_A_PROCESS else noted.at_us
        over = next(
            (
                one.at_us
                for one, ended in span.play.every(FaultEnded)
                if (ended.inject, ended.kind) == (event.inject, event.kind) and one.n > noted.n
            ),
            None,
        )
        if over is not None and event.kind in OF_A_PROCESS:
            over = max(over, _begun_again_us(span, event, since_us) or over)
        rows.append(
            FaultRow(
                inject=event.inject,
                kind=event.kind,
                what=_said(event),
                centre=event.centre,
                amount=event.amount,
                means=event.means,
                began=text_of(since_us),
                ended=text_or_none(over),
                began_t=rounded(span.play.time.t(since_us)),
                ended_t=rounded(span.play.time.t(over)) if over is not None else None,
                seconds=rounded((over - since_us) / 1e6) if over is not None else None,
                evidence=_entered(span, event, since_us, over),
            )
        )
    return rows


def _ordered_us(span: Span, noted: Entry, event: FaultBegan) -> int:
    """Return when a fault was ordered, which is in the record before anything is done for it.

    One that a director began anew after its own restart was ordered when that was entered.
    """
    before = [
        one
        for one in span.play.record.entries
        if one.n < noted.n
        and isinstance(one.event, InjectDue | FaultBegan)
        and one.event.inject == event.inject
    ]
    return before[-1].at_us if before and isinstance(before[-1].event, InjectDue) else noted.at_us


def _begun_again_us(span: Span, event: FaultBegan, since_us: int) -> int | None:
    """Return when a node began again by its own entry after it was ended."""
    side = span.side(event.centre)
    begun = (
        span.common_us(event.centre, entry.at)
        for entry in (side.of_kind("node") if side is not None else ())
        if entry.what.get("state") == "started"
    )
    return min((us for us in begun if us > since_us), default=None)


def _said(event: FaultBegan) -> str:
    """Return what was broken in words, its amount with the unit."""
    try:
        kind = FaultKind(event.kind)
    except ValueError:  # of a later version
        return event.kind
    return fault_said(Fault(kind=kind, centre=event.centre, amount=event.amount))


def _entered(span: Span, event: FaultBegan, began_us: int, until_us: int | None) -> list[Ref]:
    """Return the nodes' own entries about a fault: of its kind, while it lasted."""
    last_us = (until_us if until_us is not None else span.play.ends_us) + NOTED_US
    return [
        side.ref(entry)
        for side in span.sides
        for entry in side.of_kind("fault")
        if entry.what.get("kind") == event.kind
        and event.centre in {"", side.centre}
        and began_us - NOTED_US <= span.common_us(side.centre, entry.at) <= last_us
    ]
