"""What the desk's tables must say, by the entries: references, readings, alarms, deadlines.

These tables only serve reading; everything in them follows from entries. Here they are derived
again, and any difference is reported.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from hotline.errors import HotlineError
from hotline.model.messages import Message, Reply, decode_payload
from hotline.wire.body import decode_body
from hotline.wire.codec import unpack

Finding = tuple[str, int, str]
"""Origin of the log, entry (-1: none), what is wrong."""


def check_projections(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Yield every difference between the desk's tables and the entries."""
    for part in (_references, _readings, _alarms, _deadlines):
        try:
            yield from part(connection)
        except (KeyError, TypeError, HotlineError) as error:
            yield "", -1, f"a record cannot be read: {error!r}"


def _references(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = connection.execute(
        "SELECT g.origin, m.idx, m.reference, m.about,"
        " substr(e.bytes, m.position + 1, m.length) FROM message m"
        " JOIN envelope e ON e.id = m.envelope JOIN log g ON g.id = m.log ORDER BY m.log, m.idx"
    )
    for origin, idx, reference, about, data in rows:
        message = _message(data)
        due = (getattr(message, "reference", "") or None) if message else None
        answered = message.to if isinstance(message, Reply) else ""
        # A peer's reply may name no message at all; then nothing is stored.
        if reference != due or (about.hex() if about else "") not in (answered, ""):
            yield origin, idx, "the desk's reference is not the one in the message"
        elif about is None and len(answered) == 64 and _is_hex(answered):
            yield origin, idx, "the desk does not know which message this reply answers"


def _readings(connection: sqlite3.Connection) -> Iterator[Finding]:
    due = {
        (said["message"], said["officer"]): time_us
        for _, _, time_us, said in _records(connection, ("read",))
    }
    stored = {
        (message, officer): time_us
        for message, officer, time_us in connection.execute("SELECT * FROM reading")
    }
    if due != stored:
        yield "", -1, "the desk's readings are not those of the entries"


def _alarms(connection: sqlite3.Connection) -> Iterator[Finding]:
    due: dict[int, list[Any]] = {}
    kinds = ("alarm-raised", "alarm-cleared", "alarm-acknowledged")
    for origin, idx, time_us, said in _records(connection, kinds):
        number = said["alarm"]
        if "code" in said:
            row = [said["code"], said["peer"], said["subject"], said["text"], time_us]
            due[number] = [*row, None, None, None]
        elif number not in due:
            yield origin, idx, f"alarm {number} was never raised"
        elif "officer" in said:
            due[number][6:] = [time_us, said["officer"]]
        else:
            due[number][5] = time_us
    stored = {
        row[0]: list(row[1:])
        for row in connection.execute(
            "SELECT id, code, peer, subject, text, raised_us, cleared_us, acknowledged_us,"
            " acknowledged_by FROM alarm"
        )
    }
    for number in sorted(due.keys() | stored.keys()):
        if due.get(number) != stored.get(number):
            yield "", -1, f"alarm {number} is not what the entries say"


def _deadlines(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Hold the awaited answers against the answers; the letter's times are not stored here."""
    for log, idx in connection.execute(
        "SELECT d.log, d.idx FROM deadline d LEFT JOIN message m ON m.log = d.log"
        " AND m.idx = d.idx AND m.direction = d.direction WHERE m.idx IS NULL"
    ):
        yield "", -1, f"an answer is awaited to entry {idx} of log {log}, which is no such message"
    settled = connection.execute(
        "SELECT substr(e.bytes, m.position + 1, m.length), m.about FROM deadline d"
        " JOIN message o ON o.log = d.log AND o.idx = d.idx"
        " JOIN message m ON m.about = o.id AND m.log = d.log AND m.direction <> d.direction"
        " JOIN envelope e ON e.id = m.envelope"
    )
    for data, about in settled:
        message = _message(data)
        if isinstance(message, Reply) and message.answer != "stand-by":
            yield "", -1, f"an answer is awaited to {about.hex()[:12]}, which was answered"


def _records(
    connection: sqlite3.Connection, kinds: tuple[str, ...]
) -> Iterator[tuple[str, int, int, dict[str, Any]]]:
    rows = connection.execute(
        "SELECT g.origin, r.idx, r.time_us, r.payload FROM record r JOIN log g ON g.id = r.log"
        f" WHERE r.kind IN ({','.join('?' * len(kinds))}) ORDER BY r.log, r.idx",
        kinds,
    )
    for origin, idx, time_us, payload in rows:
        said = unpack(payload)
        if isinstance(said, dict):
            yield origin, idx, time_us, said


def _message(data: bytes) -> Message | None:
    try:
        body = decode_body(data)
        return decode_payload(body.kind, unpack(body.payload))
    except HotlineError:
        return None


def _is_hex(text: str) -> bool:
    try:
        bytes.fromhex(text)
    except ValueError:
        return False
    return True
