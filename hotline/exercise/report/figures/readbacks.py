"""Each read-back held against the signed fields of what it answers: which field, said, signed.

A node refuses to send an acceptance whose read-back is wrong, and then nothing is entered: what is
counted here went over the line.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from hotline.api.schema import MessageView
from hotline.exercise.report.document import ReadBackDifference, ReadBackRow
from hotline.exercise.report.figures.span import Span
from hotline.model.kinds import Kind
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
