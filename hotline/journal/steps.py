"""What was said and found of notices, read from the journal newest first, a stretch at a time."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from hotline.errors import HotlineError
from hotline.journal.relations import CONFLICT
from hotline.journal.state import OUT
from hotline.model.kinds import Kind
from hotline.model.lifecycle import ORIGINATOR_ONLY, Step
from hotline.model.messages import Message, Reply, Withdrawal, decode_own_form, decode_payload
from hotline.wire.body import decode_body
from hotline.wire.codec import unpack
from hotline.wire.records import Related, decode_record
from hotline.wire.undecoded import dismissal, stand_in

_STEPS = json.dumps([kind.value for kind in sorted(ORIGINATOR_ONLY)])


@dataclass(frozen=True, slots=True)
class Said:
    """A message about a notice; ``own`` is whether we sent it."""

    index: int
    own: bool
    stream: int
    id: bytes
    time_us: int
    message: Step


def steps_between(connection: sqlite3.Connection, log: int, first: int, end: int) -> list[Said]:
    """Return what entries ``first`` to ``end`` (not included) say of notices, newest first.

    For what cannot be decoded stands what is said in its place (`hotline.wire.undecoded`); a reply
    that has dealt with such a message ends it, as if its own centre had withdrawn it.
    """
    rows = connection.execute(
        "SELECT m.idx, m.direction, m.stream, m.id, m.time_us, m.kind, (SELECT"
        " substr(e.bytes, m.position + 1, m.length) FROM envelope e WHERE e.id = m.envelope)"
        " FROM message m WHERE m.log = ?1 AND m.idx >= ?2 AND m.idx < ?3"
        " AND (m.kind IN (SELECT value FROM json_each(?4)) OR m.kind = ?5 AND EXISTS"
        " (SELECT 1 FROM message n WHERE n.id = m.about AND n.log = m.log AND n.reference IS NULL"
        " AND n.direction <> m.direction AND n.kind IN (SELECT value FROM json_each(?4))))"
        " ORDER BY m.idx DESC",
        (log, first, end, _STEPS, Kind.REPLY.value),
    )
    found = []
    for index, direction, stream, id_, time_us, kind, body in rows:
        message = _said(kind, body, id_, time_us)
        own = direction == OUT
        if isinstance(message, Reply):
            message, own = _dismissed(connection, log, message), not own
        if isinstance(message, Step):
            found.append(Said(index, own, stream, id_, time_us, message))
    return found


def _said(kind: str, body: bytes, id_: bytes, time_us: int) -> Message | None:
    """Return what a stored message says, or what stands for it; None if neither can be told."""
    try:
        payload = decode_body(body).payload
    except HotlineError:
        return None
    try:
        return decode_own_form(kind, payload) or decode_payload(kind, unpack(payload))
    except HotlineError:
        return stand_in(kind, payload, id_, time_us)


def _dismissed(connection: sqlite3.Connection, log: int, reply: Reply) -> Withdrawal | None:
    """Return what a reply does to the message that it answers, one without a reference."""
    dismissed = dismissal(reply)
    if dismissed is None:
        return None
    id_ = bytes.fromhex(reply.to)
    row = connection.execute(
        "SELECT m.kind, (SELECT substr(e.bytes, m.position + 1, m.length) FROM envelope e"
        " WHERE e.id = m.envelope), m.time_us FROM message m WHERE m.id = ? AND m.log = ?",
        (id_, log),
    ).fetchone()
    kind, body, time_us = row
    answered = _said(kind, body, id_, time_us)
    same = isinstance(answered, Step) and answered.reference == dismissed.reference
    return dismissed if same else None


def relations_between(
    connection: sqlite3.Connection, log: int, first: int, end: int
) -> list[Related]:
    """Return the relations that entries ``first`` to ``end`` (not included) tell, newest first."""
    rows = connection.execute(
        "SELECT payload FROM record WHERE log = ? AND idx >= ? AND idx < ? AND kind = ?"
        " ORDER BY idx DESC",
        (log, first, end, CONFLICT),
    )
    found = []
    for (payload,) in rows:
        try:
            found.append(decode_record(payload, Related, CONFLICT))
        except HotlineError:
            continue
    return found
