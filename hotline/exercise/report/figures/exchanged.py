"""Every message of the exercise as one row: composed here, durable there, read, answered."""

from __future__ import annotations

from collections.abc import Mapping

from hotline.api.schema import EntryView, MessageView
from hotline.exercise.record.events import InjectDelivered
from hotline.exercise.report.collected import Side
from hotline.exercise.report.document import Loss, MessageRow, Ref
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.moments import SECOND_US, us_of
from hotline.exercise.said import is_answered
from hotline.model.kinds import Kind
from hotline.model.letter import Letter

UNREAD = frozenset({Kind.LINE_CHECK.value})
"""Kinds that nobody has to open."""
READ_RECORD = "read"


def message_rows(span: Span) -> list[MessageRow]:
    """Return a row for each message that either side has, in the order they were composed."""
    injects = {
        event.message: event.inject
        for _, event in span.play.every(InjectDelivered)
        if event.message
    }
    rows = []
    for side in span.sides:
        rows += _sent_by(span, side, injects)
    return sorted(rows, key=lambda row: span.common_us(row.sender, row.created))


def loss_of(span: Span, rows: list[MessageRow]) -> Loss:
    """Hold what was sent against what arrived, and look for the same entry twice or out of turn."""
    doubled: list[str] = []
    reordered: list[str] = []
    for side in span.sides:
        last: dict[tuple[str, str], int] = {}
        for entry in side.entries:
            if entry.what.get("direction") != "in" or "seq" not in entry.what:
                continue
            stream = (entry.log, str(entry.what["precedence"]))
            seq = int(entry.what["seq"])
            if seq < last.get(stream, 0):
                reordered.append(str(entry.what["id"]))
            last[stream] = max(seq, last.get(stream, 0))
        doubled += [
            name
            for (direction, name), entries in side.messages_by_id().items()
            if direction == "in" and len(entries) > 1
        ]
    return Loss(
        sent=sum(row.sent is not None for row in rows),
        received=sum(row.received is not None for row in rows),
        lost=[row.id for row in rows if row.state == "lost"],
        queued=[row.id for row in rows if row.state == "queued"],
        doubled=doubled,
        reordered=reordered,
    )


def _sent_by(span: Span, side: Side, injects: Mapping[str, str]) -> list[MessageRow]:
    """Return the rows of what one side composed, or the other has from it."""
    other = span.other(side)
    sent = {one.id: one for one in side.messages if one.direction == "out"}
    received = {one.id: one for one in other.messages if one.direction == "in"}
    sent_at, received_at = side.messages_by_id(), other.messages_by_id()
    readings = _readings(other)
    replies = _replies(other)
    rows = []
    for name, one in (received | sent).items():
        ours, theirs = sent.get(name), received.get(name)
        if not span.played(side.centre, one.created_at):
            continue
        first = replies.get(name)
        read = readings.get(name)
        durable = theirs.entered_at if theirs is not None else None
        read_at = read.at if read is not None else None
        replied_at = first.created_at if first is not None else None
        composer = one.composed_by or ""
        rows.append(
            MessageRow(
                id=name,
                sender=side.centre,
                recipient=other.centre,
                kind=one.kind,
                precedence=one.precedence,
                seq=one.seq,
                reference=one.reference or "",
                title=one.title,
                composed_by=composer,
                simulated=span.simulated(side.centre, composer),
                inject=injects.get(name, ""),
                about=one.about or "",
                answer=_answer(one),
                t=span.t(side.centre, one.created_at),
                created=one.created_at,
                durable=durable,
                receipted=ours.receipt.taken_at if ours and ours.receipt else None,
                read=read_at,
                read_by=str(read.what.get("officer", "")) if read is not None else "",
                replied=replied_at,
                replied_by=(first.composed_by or "") if first is not None else "",
                reply=_answer(first) if first is not None else "",
                starts=theirs.starts_at if theirs is not None else one.starts_at,
                warning_s=_warning_s(span, other, theirs),
                warning_needed_s=one.warning_needed_s,
                flags=[flag.code for flag in theirs.flags] if theirs is not None else [],
                state=_state(ours, theirs),
                sent=_ref(side, sent_at.get(("out", name))),
                received=_ref(other, received_at.get(("in", name))),
                receipt_s=span.lasted_s(
                    side.centre,
                    one.created_at,
                    ours.receipt.taken_at if ours and ours.receipt else None,
                ),
                read_s=span.lasted_s(other.centre, durable, read_at),
                reply_s=span.lasted_s(other.centre, durable, replied_at),
                read_scenario_s=span.lasted_scenario_s(other.centre, durable, read_at),
                reply_scenario_s=span.lasted_scenario_s(other.centre, durable, replied_at),
                deadline_s=_deadline_s(other.letter or side.letter, one),
            )
        )
    return rows


def _warning_s(span: Span, recipient: Side, theirs: MessageView | None) -> float | None:
    """Return the warning that a message gave, by the recipient's clock as it is as a rule."""
    if theirs is None or theirs.warning_s is None:
        return None
    added_us = span.clocks.added_us(recipient.centre, us_of(theirs.entered_at))
    return round(theirs.warning_s + added_us / SECOND_US, 6)


def _state(ours: MessageView | None, theirs: MessageView | None) -> str:
    if theirs is not None:
        return "received"
    return "lost" if ours is not None and ours.receipt is not None else "queued"


def _readings(side: Side) -> dict[str, EntryView]:
    """Return the first opening of each message, as the journal has it."""
    found: dict[str, EntryView] = {}
    for entry in side.of_kind(READ_RECORD):
        found.setdefault(str(entry.what.get("message", "")), entry)
    return found


def _replies(side: Side) -> dict[str, MessageView]:
    """Return a side's first reply to each message."""
    found: dict[str, MessageView] = {}
    for one in side.messages:
        if one.direction == "out" and one.kind == Kind.REPLY and one.about:
            found.setdefault(one.about, one)
    return found


def _answer(one: MessageView) -> str:
    if one.kind != Kind.REPLY or one.message is None:
        return ""
    return str(one.message.get("answer", ""))


def _ref(side: Side, entries: list[EntryView] | None) -> Ref | None:
    return side.ref(entries[0]) if entries else None


def _deadline_s(letter: Letter | None, one: MessageView) -> float | None:
    """Return within how many seconds the letter wants an answer; None where it wants none."""
    if letter is None or not is_answered(one):
        return None
    return float(getattr(letter.reply_deadline_s, one.precedence.lower()))
