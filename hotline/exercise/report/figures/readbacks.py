"""What was accepted, and each read-back held against the signed fields of what it answers.

A node refuses to send an acceptance whose read-back is wrong, and then nothing is entered: what is
counted here went over the line.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from hotline.api.schema import MessageView
from hotline.exercise.record.events import InjectDelivered
from hotline.exercise.report.document import Acceptance, ReadBackDifference, ReadBackRow
from hotline.exercise.report.figures.span import Span
from hotline.model.kinds import Answer, Kind
from hotline.model.messages import Notice, Reply, Revision
from hotline.model.readback import compare

T = TypeVar("T")


def read_backs(span: Span) -> list[ReadBackRow]:
    """Return every read-back, by centre and in the order it was given."""
    found = []
    for side in span.sides:
        places = side.messages_by_id()
        heard = {one.id: one for one in side.messages if one.direction == "in"}
        for one in side.messages:
            if one.direction != "out" or one.kind != Kind.REPLY:
                continue
            if not span.played(side.centre, one.created_at):
                continue
            reply = _as(Reply, one.message)
            answered = heard.get(one.about or "")
            if reply is None or reply.read_back is None or answered is None:
                continue
            signed = _signed(answered)
            if signed is None:
                continue
            differences = compare(reply.read_back, signed)
            entries = places.get(("out", one.id))
            found.append(
                ReadBackRow(
                    centre=side.centre,
                    officer=reply.officer,
                    reference=answered.reference or "",
                    answer=reply.answer,
                    right=not differences,
                    differences=[
                        ReadBackDifference(field=each.field, said=each.said, signed=each.expected)
                        for each in differences
                    ],
                    simulated=span.simulated(side.centre, reply.officer),
                    evidence=side.ref(entries[0]) if entries else None,
                )
            )
    return found


def acceptances(span: Span) -> list[Acceptance]:
    """Return every acceptance that a crew gave, by centre and in the order it was given.

    What the director answered as an inject is no crew's.
    """
    own = {one.id for one in span.scenario.injects if one.from_crew}
    carried = {
        event.message for _, event in span.play.every(InjectDelivered) if event.inject not in own
    }
    found = []
    for side in span.sides:
        places = side.messages_by_id()
        heard = {one.id: one for one in side.messages if one.direction == "in"}
        opened = {
            str(entry.what.get("message", "")): us
            for us, entry in reversed(span.in_order(side))
            if entry.kind == "read"
        }
        for one in side.messages:
            reply = _as(Reply, one.message) if one.direction == "out" else None
            answered = heard.get(one.about or "")
            if one.kind != Kind.REPLY or reply is None or answered is None:
                continue
            if reply.answer != Answer.ACCEPT or one.id in carried:
                continue
            if not span.played(side.centre, one.created_at):
                continue
            accepted_us = span.common_us(side.centre, one.created_at)
            opened_us = opened.get(answered.id)
            entries = places.get(("out", one.id))
            found.append(
                Acceptance(
                    centre=side.centre,
                    officer=reply.officer,
                    message=answered.id,
                    reference=answered.reference or "",
                    precedence=answered.precedence,
                    opened=opened_us is not None and opened_us <= accepted_us,
                    read_back=reply.read_back is not None if _signed(answered) else None,
                    simulated=span.simulated(side.centre, reply.officer),
                    evidence=side.ref(entries[0]) if entries else None,
                )
            )
    return found


def _signed(answered: MessageView) -> Notice | Revision | None:
    if answered.kind == Kind.NOTICE:
        return _as(Notice, answered.message)
    if answered.kind == Kind.REVISION:
        return _as(Revision, answered.message)
    return None


def _as(form: type[T], fields: dict[str, Any] | None) -> T | None:
    """Return a message as its form has it; None where it cannot be one."""
    if fields is None:
        return None
    try:
        return msgspec.convert(fields, form)
    except (msgspec.ValidationError, ValueError):
        return None
