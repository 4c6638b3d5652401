"""What the desk's tables must say, by the entries: references, readings, alarms, deadlines.

These tables only serve reading. Here they are derived again, and any difference is reported.
Two things do not follow from entries and are held to their form alone, so nobody can rely on
them as a record: what this node remarked on a message (``flags``), and the very moment that an
answer is due, which takes the letter's times.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from hotline.errors import HotlineError
from hotline.journal.deadlines import RETIRING, SETTLING
from hotline.journal.state import OUT
from hotline.model.kinds import Kind
from hotline.model.messages import Message, Reply, decode_own_form, decode_payload
from hotline.wire.body import Body, decode_body
from hotline.wire.codec import unpack
from hotline.wire.shapes import Hash

Finding = tuple[str, int, str]
"""Origin of the log, entry (-1: none), what is wrong."""

WANTS_ANSWER = (Kind.NOTICE.value, Kind.REVISION.value, Kind.ADVISORY.value)
"""Kinds that wait for a human's reply; the letter says for how long, never that they do not."""


class _Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    message: Hash
    officer: str


class _Raised(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alarm: int
    code: str
    peer: str
    subject: str
    text: str


class _Cleared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alarm: int


class _Acknowledged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alarm: int
    officer: str


_S = TypeVar("_S", _Read, _Raised | _Cleared | _Acknowledged)
_ALARMS: dict[str, type[_Raised | _Cleared | _Acknowledged]] = {
    "alarm-raised": _Raised,
    "alarm-cleared": _Cleared,
    "alarm-acknowledged": _Acknowledged,
}


def check_message(
    body: Body, direction: int, reference: str | None, about: bytes | None, flags: str | None
) -> Iterator[str]:
    """Yield what the desk says of a message otherwise than its signed body does."""
    message = _open(body)
    if reference != (getattr(message, "reference", "") or None):
        yield "the desk's reference is not the one in the message"
    if about != (_answered(message.to) if isinstance(message, Reply) else None):
        yield "what the desk shows as answered is not what the message answers"
    if flags is not None and (direction == OUT or not _is_list(flags)):
        yield "the desk's remarks on the message cannot be read"


def check_readings(db: sqlite3.Connection, log: int, origin: str) -> Iterator[Finding]:
    """Yield each difference between a line's ``read`` records and what the desk shows as read."""
    for idx, time_us, payload in db.execute(
        "SELECT idx, time_us, payload FROM record WHERE log = ? AND kind = 'read' ORDER BY idx",
        (log,),
    ):
        said = _said(payload, _Read)
        if said is None:
            yield origin, idx, "a reading cannot be read"
            continue
        row = db.execute(
            "SELECT time_us FROM reading WHERE message = ? AND officer = ?",
            (said.message, said.officer),
        ).fetchone()
        if row != (time_us,):
            yield origin, idx, "the desk's reading is not the one entered"


def check_projections(db: sqlite3.Connection) -> Iterator[Finding]:
    """Yield the differences between the desk's other tables and the entries."""
    # Every reading entered was found, and each (message, officer) once: equal numbers are enough.
    shown, entered = db.execute(
        "SELECT (SELECT count(*) FROM reading), (SELECT count(*) FROM record WHERE kind = 'read')"
    ).fetchone()
    if shown != entered:
        yield "", -1, f"the desk shows {shown} readings where {entered} were entered"
    yield from _alarms(db)
    yield from _deadlines(db)


def _alarms(db: sqlite3.Connection) -> Iterator[Finding]:
    due: dict[int, tuple[object, ...]] = {}
    rows = db.execute(
        "SELECT g.origin, r.idx, r.kind, r.time_us, r.payload FROM record r"
        " JOIN log g ON g.id = r.log"
        " WHERE r.kind IN ('alarm-raised', 'alarm-cleared', 'alarm-acknowledged')"
        " ORDER BY r.log, r.idx"
    )
    for origin, idx, kind, time_us, payload in rows:
        said = _said(payload, _ALARMS[kind])
        if said is None:
            yield origin, idx, "what is entered about an alarm cannot be read"
        elif isinstance(said, _Raised):
            told = (said.code, said.peer, said.subject, said.text, time_us)
            due[said.alarm] = (*told, None, None, None)
        elif said.alarm not in due:
            yield origin, idx, f"alarm {said.alarm} was never raised"
        elif isinstance(said, _Acknowledged):
            due[said.alarm] = (*due[said.alarm][:6], time_us, said.officer)
        else:
            known = due[said.alarm]
            due[said.alarm] = (*known[:5], time_us, *known[6:])
    for number, *shown in db.execute(
        "SELECT id, code, peer, subject, text, raised_us, cleared_us, acknowledged_us,"
        " acknowledged_by FROM alarm"
    ):
        if due.pop(number, None) != tuple(shown):
            yield "", -1, f"alarm {number} is not what the entries say"
    for number in due:
        yield "", -1, f"alarm {number} is not shown"


def _deadlines(db: sqlite3.Connection) -> Iterator[Finding]:
    """Hold the awaited answers against the messages and their answers."""
    for origin, idx in db.execute(
        "SELECT coalesce(g.origin, d.log), d.idx FROM deadline d LEFT JOIN log g ON g.id = d.log"
        " LEFT JOIN message m ON m.log = d.log AND m.idx = d.idx AND m.direction = d.direction"
        " WHERE m.idx IS NULL OR m.kind NOT IN (?, ?, ?) OR d.due_us < m.time_us",
        WANTS_ANSWER,
    ):
        yield str(origin), idx, "an answer is awaited that nobody has to give"
    for origin, log, idx, direction, id_, awaited, retired in db.execute(
        "SELECT g.origin, m.log, m.idx, m.direction, m.id, d.idx IS NOT NULL,"
        " EXISTS (SELECT 1 FROM message r WHERE r.reference = m.reference AND r.log = m.log"
        " AND r.idx > m.idx AND r.direction = m.direction AND r.kind IN (?, ?, ?))"
        " FROM message m JOIN log g ON g.id = m.log"
        " LEFT JOIN deadline d ON d.log = m.log AND d.idx = m.idx"
        " WHERE m.kind IN (?, ?, ?) ORDER BY m.log, m.idx",
        (*sorted(RETIRING), *WANTS_ANSWER),
    ):
        settled = retired or _is_answered(db, log, direction, id_)
        if awaited and settled:
            yield origin, idx, "an answer is awaited that was given, or that nobody wants any more"
        elif not awaited and not settled:
            yield origin, idx, "no answer is awaited, though none was given"


def _is_answered(db: sqlite3.Connection, log: int, direction: int, id_: bytes) -> bool:
    """Whether the other side of the line answered a message for good."""
    for data, position, length in db.execute(
        "SELECT e.bytes, m.position, m.length FROM message m JOIN envelope e ON e.id = m.envelope"
        " WHERE m.about = ? AND m.log = ? AND m.direction <> ? ORDER BY m.idx",
        (id_, log, direction),
    ):
        try:
            message = _open(decode_body(data[position : position + length]))
        except (HotlineError, ValueError):
            continue  # step 2 reports it
        if isinstance(message, Reply) and message.answer in SETTLING:
            return True
    return False


def _said(payload: bytes, type_: type[_S]) -> _S | None:
    try:
        return msgspec.convert(unpack(payload), type_)
    except (HotlineError, msgspec.ValidationError):
        return None


def _open(body: Body) -> Message | None:
    message = decode_own_form(body.kind, body.payload)
    if message is not None:
        return message
    try:
        return decode_payload(body.kind, unpack(body.payload))
    except HotlineError:
        return None


def _answered(to: str) -> bytes | None:
    """Return the id in a reply, as the desk takes it; a peer's may name no message at all."""
    try:
        id_ = bytes.fromhex(to)
    except ValueError:
        return None
    return id_ if len(id_) == 32 else None


def _is_list(flags: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(flags), list)
    except (ValueError, RecursionError):
        return False
