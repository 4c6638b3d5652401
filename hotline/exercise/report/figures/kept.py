"""What else the journals and the record keep: the telephone, the watch, faults, mistakes."""

from __future__ import annotations

from hotline.exercise.record.events import CrewActed, FaultBegan, FaultEnded
from hotline.exercise.report.document import FaultRow, Mistake, Ref, VoiceRow, WatchRow
from hotline.exercise.report.figures.span import Span, rounded
from hotline.exercise.report.moments import text_of, text_or_none

NOTED_US = 5_000_000
"""A node enters a fault within this time of the director's entry."""


def voice_rows(span: Span) -> list[VoiceRow]:
    """Return every entry about a call, in order of time."""
    rows = [
        VoiceRow(
            centre=side.centre,
            at=call.at,
            t=span.t(side.centre, call.at),
            state=call.state,
            officer=call.officer,
            subject=call.subject,
            differs=list(call.differs),
            evidence=Ref(centre=side.centre, log=side.line_log, entry=call.entry),
        )
        for side in span.sides
        for call in side.calls
        if span.played(side.centre, call.at)
    ]
    return sorted(rows, key=lambda row: span.common_us(row.centre, row.at))


def watch_rows(span: Span) -> list[WatchRow]:
    """Return every step of a watch, in order of time."""
    rows = [
        WatchRow(
            centre=side.centre,
            at=entry.at,
            t=span.t(side.centre, entry.at),
            step=str(entry.what.get("step", "")),
            officer=str(entry.what.get("officer", "")),
            relieved=str(entry.what.get("relieved", "")),
            text=str(entry.what.get("text", "")),
            evidence=side.ref(entry),
        )
        for side in span.sides
        for entry in side.of_kind("watch")
        if span.played(side.centre, entry.at)
    ]
    return sorted(rows, key=lambda row: span.common_us(row.centre, row.at))


def fault_rows(span: Span) -> list[FaultRow]:
    """Return every fault as the record has it, with what the nodes entered of it."""
    endings = list(span.play.every(FaultEnded))
    rows = []
    for noted, event in span.play.every(FaultBegan):
        over = next(
            (
                one
                for one, ended in endings
                if (ended.inject, ended.kind) == (event.inject, event.kind) and one.n > noted.n
            ),
            None,
        )
        until_us = over.at_us if over is not None else None
        rows.append(
            FaultRow(
                inject=event.inject,
                kind=event.kind,
                centre=event.centre,
                amount=event.amount,
                means=event.means,
                began=text_of(noted.at_us),
                ended=text_or_none(until_us),
                began_t=noted.t,
                ended_t=over.t if over is not None else None,
                seconds=rounded((until_us - noted.at_us) / 1e6) if until_us is not None else None,
                evidence=_entered(span, event, noted.at_us, until_us),
            )
        )
    return rows


def mistakes(span: Span) -> list[Mistake]:
    """Return what simulated crews did wrong on purpose, as the record has it."""
    return [
        Mistake(
            centre=event.centre,
            officer=event.officer,
            what=event.what,
            mistake=event.mistake,
            message=event.message,
            at=text_of(noted.at_us),
            t=noted.t,
        )
        for noted, event in span.play.every(CrewActed)
        if event.mistake
    ]


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
