"""What was said and found of notices, read from the journal newest first, a stretch at a time."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from hotline.errors import HotlineError
from hotline.journal.relations import CONFLICT
from hotline.journal.state import OUT
from hotline.model.lifecycle import ORIGINATOR_ONLY, Step
from hotline.model.messages import decode_own_form, decode_payload
from hotline.wire.body import decode_body
from hotline.wire.codec import unpack
from hotline.wire.records import Related, decode_record

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

    What cannot be read is left out: it stands for no notice.
    """
    rows = connection.execute(
        "SELECT m.idx, m.direction, m.stream, m.id, m.time_us, m.kind, (SELECT"
        " substr(e.bytes, m.position + 1, m.length) FROM envelope e WHERE e.id = m.envelope)"
        " FROM message m WHERE m.log = ? AND m.idx >= ? AND m.idx < ?"
        " AND m.kind IN (SELECT value FROM json_each(?)) ORDER BY m.idx DESC",
        (log, first, end, _STEPS),
    )
    found = []
    for index, direction, stream, id_, time_us, kind, body in rows:
        try:
            payload = decode_body(body).payload
            message = decode_own_form(kind, payload) or decode_payload(kind, unpack(payload))
        except HotlineError:
            continue
        if isinstance(message, Step):
            found.append(Said(index, direction == OUT, stream, id_, time_us, message))
    return found


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
