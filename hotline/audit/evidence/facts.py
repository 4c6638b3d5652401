"""What a file proves, as plain objects for scripts; fields are only ever added."""

from __future__ import annotations

from typing import Any

from hotline.audit.evidence.exchange import Clock, Entry, Exchange, Remarks, Said
from hotline.audit.evidence.logs import second_text
from hotline.audit.evidence.story import Course, offsets, read_back_differences, stamp
from hotline.model.kinds import Precedence
from hotline.model.messages import Reply, composer_of
from hotline.model.rendering import render
from hotline.model.times import SECOND_US


def facts_of(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as dicts and lists; times RFC 3339 in UTC, durations in seconds."""
    course = Course(exchange)
    return {
        "traffic": exchange.traffic,
        "status": exchange.status.value,
        # Not signed: how the record that the file is from names it.
        "exercise": exchange.exercise or None,
        "epoch": exchange.epoch,
        "messages": [_message(exchange, course, said) for said in course.order],
        "logs": [
            {
                "centre": seen.centre,
                "origin": seen.origin,
                "checkpoints": [
                    {
                        "size": checkpoint.size,
                        "root": checkpoint.root.hex(),
                        "witnessed": [
                            {"by": sight.witness, "at": second_text(sight.at_s)}
                            for sight in seen.witnessed
                            if sight.size == checkpoint.size
                        ],
                    }
                    for checkpoint in seen.checkpoints
                ],
            }
            for seen in exchange.logs
        ],
        "clocks": [_clock(exchange, clock) for clock in exchange.clocks],
        "keys": [
            {
                "centre": card.centre,
                "fingerprint": card.fingerprint.hex(),
                "words": " ".join(card.words),
            }
            for card in exchange.cards
        ],
        "not_proven": [
            {"code": gap.code, "message": None if gap.message is None else gap.message.hex()}
            for gap in exchange.unproven
        ],
    }


def _message(exchange: Exchange, course: Course, said: Said) -> dict[str, Any]:
    body = said.body
    known = list(offsets(exchange, said))
    return {
        "id": said.id.hex(),
        "kind": body.kind,
        "from": body.sender,
        "to": body.recipient,
        "precedence": Precedence(body.precedence).name,
        "seq": body.seq,
        "reference": said.reference or None,
        "text": None if said.message is None else render(said.message),
        "signed": stamp(body.created_us),
        "composed_by": None if said.message is None else composer_of(said.message) or None,
        "sent": _entry(said.sent),
        "received": _entry(said.received),
        "start": None if said.start_us is None else stamp(said.start_us),
        "warning_s": None if said.warning_us is None else said.warning_us / SECOND_US,
        # The recipient's clock minus the sender's, in seconds, as measured before and after.
        "clock_offset_s": [[low / SECOND_US, high / SECOND_US] for low, high in known],
        # What the recipient's desk remarked when it came; null where this file does not say.
        "flagged": next(
            (_remarks(remarks) for remarks in exchange.remarks if remarks.message == said.id), None
        ),
        "receipt_entered": [
            {"entry": taken.entry.index, "at": stamp(taken.entry.time_us)}
            for taken in exchange.taken
            if said.id in taken.messages
        ],
        "read": [
            {
                "by": reading.officer,
                "at": stamp(reading.entry.time_us),
                "entry": reading.entry.index,
            }
            for reading in exchange.readings
            if reading.message == said.id
        ],
        "answers": None if said.answers is None else said.answers.hex(),
        "answered": [
            {"id": reply.id.hex(), "answer": _answer(reply), "at": stamp(reply.body.created_us)}
            for reply in course.replies_to(said)
        ],
        "read_back": _read_back(course, said),
    }


def _remarks(remarks: Remarks) -> dict[str, Any]:
    return {
        "entry": remarks.entry.index,
        "at": stamp(remarks.entry.time_us),
        "flags": [
            {"code": flag.code, "text": flag.text, "field": flag.field or None}
            for flag in remarks.flags
        ],
    }


def _entry(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "log": entry.origin,
        "entry": entry.index,
        "at": stamp(entry.time_us),
        "checkpoint": entry.size,
        "witnessed": [
            {"by": sight.witness, "at": second_text(sight.at_s), "size": sight.size}
            for sight in entry.witnessed
        ],
    }


def _clock(exchange: Exchange, clock: Clock) -> dict[str, Any]:
    return {
        "measured_by": clock.entry.centre,
        "of": exchange.other(clock.entry.centre),
        "entry": clock.entry.index,
        "at": stamp(clock.entry.time_us),
        "offset_s": clock.offset_us / SECOND_US,
        "uncertainty_s": clock.uncertainty_us / SECOND_US,
    }


def _answer(reply: Said) -> dict[str, Any]:
    said = reply.message
    assert isinstance(said, Reply)  # noqa: S101 - `replies_to` yields nothing else
    return {"answer": said.answer, "officer": said.officer}


def _read_back(course: Course, said: Said) -> dict[str, Any] | None:
    differences = read_back_differences(course, said)
    if differences is None:
        return None
    return {
        "as_sent": not differences,
        "differences": [{"code": one.code, "text": str(one)} for one in differences],
    }
