"""What else the journals and the record keep: the telephone, the watch, mistakes."""

from __future__ import annotations

from hotline.exercise.record.events import CrewActed
from hotline.exercise.report.document import Mistake, Ref, VoiceRow, WatchRow
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.moments import text_of


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
