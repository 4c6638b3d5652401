"""Where messages stood at the checkpoint: receipts, readings and answers from the entries alone.

The journal's own tables say how things stand now. An export says how they stood at its checkpoint,
so it goes through the records up to there once, and keeps what it finds in a private file of
SQLite's that is gone when it is closed: memory stays flat.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hotline.audit.entries import MessageEntry
from hotline.audit.export.selection import Part, Record
from hotline.audit.search.decoding import message_in, told_in
from hotline.model.messages import Reply

_TABLES = """
CREATE TABLE receipt(part, stream, first_seq, count, first_index, durable_us, taken_us, entry);
CREATE INDEX receipt_by_seq ON receipt(part, stream, first_seq);
CREATE TABLE reading(part, message, officer, time_us, entry);
CREATE INDEX reading_by_message ON reading(part, message);
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """The peer's receipt for a message of ours: entry ``index`` of its log, durable by its clock.

    ``entry`` is the record that holds the receipt, ``taken_us`` when it was entered here.
    """

    durable_us: int
    taken_us: int
    index: int
    entry: int


@dataclass(frozen=True, slots=True)
class Opened:
    """An officer opened a message; ``entry`` is the record that says so."""

    officer: str
    time_us: int
    entry: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The newest reply of the other side."""

    id: bytes
    answer: str
    officer: str
    created_us: int


class Standing:
    """Answers where a message stood at the checkpoint of its log."""

    def __init__(self, record: Record, scratch: sqlite3.Connection) -> None:
        self._record = record
        self._scratch = scratch
        scratch.executescript(_TABLES)
        for number, part in enumerate(record.parts):
            for kind, entry, time_us, payload in _records(record.connection, part):
                if kind == "receipt":
                    self._add_receipt(number, entry, time_us, payload)
                else:
                    self._add_reading(number, entry, time_us, payload)

    def receipt(self, part: int, message: MessageEntry) -> Proof | None:
        """Return the receipt for a message of ours, if it had come."""
        if message.direction != "out":
            return None
        row = self._scratch.execute(
            "SELECT first_seq, count, first_index, durable_us, taken_us, entry FROM receipt"
            " WHERE part = ? AND stream = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
            (part, message.stream, message.seq),
        ).fetchone()
        if row is None or message.seq >= row[0] + row[1]:
            return None
        return Proof(row[3], row[4], row[2] + message.seq - row[0], row[5])

    def readings(self, part: int, id_: bytes) -> list[Opened]:
        """Return who had opened a message, in the order of the entries."""
        rows = self._scratch.execute(
            "SELECT officer, time_us, entry FROM reading WHERE part = ? AND message = ?"
            " ORDER BY entry LIMIT 1000",
            (part, id_),
        )
        return [Opened(*row) for row in rows]

    def answer(self, part: int, message: MessageEntry) -> Answered | None:
        """Return the newest reply of the other side of the line, if there was one."""
        log = self._record.parts[part]
        rows = self._record.connection.execute(
            "SELECT m.id, m.created_us, (SELECT substr(e.bytes, m.position + 1, m.length)"
            " FROM envelope e WHERE e.id = m.envelope) FROM message m"
            " WHERE m.about = ? AND +m.log = ? AND +m.idx < ? AND m.kind = 'reply'"
            " AND m.direction = ? ORDER BY +m.idx DESC LIMIT 1",
            (message.id, log.log.id, log.size, 1 if message.direction == "out" else 0),
        )
        for id_, created_us, body in rows:
            reply = message_in(body)
            if isinstance(reply, Reply):
                return Answered(id_, reply.answer, reply.officer, created_us)
        return None

    def _add_receipt(self, part: int, entry: int, taken_us: int, payload: bytes) -> None:
        items = told_in(payload).get("items")
        for item in items if isinstance(items, list) else ():
            if isinstance(item, list) and len(item) == 5 and all(_is_number(n) for n in item):
                stream, first_seq, count, first_index, time_us = item
                self._scratch.execute(
                    "INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (part, stream, first_seq, count, first_index, time_us, taken_us, entry),
                )

    def _add_reading(self, part: int, entry: int, time_us: int, payload: bytes) -> None:
        told = told_in(payload)
        message, officer = told.get("message"), told.get("officer")
        if isinstance(message, bytes) and isinstance(officer, str):
            self._scratch.execute(
                "INSERT INTO reading VALUES (?, ?, ?, ?, ?)",
                (part, message, officer, time_us, entry),
            )


@contextmanager
def standing(record: Record) -> Iterator[Standing]:
    """Give where messages stood at the checkpoints of a record's parts."""
    scratch = sqlite3.connect("")
    try:
        yield Standing(record, scratch)
    finally:
        scratch.close()


def _records(connection: sqlite3.Connection, part: Part) -> Iterator[tuple[str, int, int, bytes]]:
    yield from connection.execute(
        "SELECT kind, idx, time_us, payload FROM record"
        " WHERE log = ? AND idx < ? AND kind IN ('receipt', 'read') ORDER BY idx",
        (part.log.id, part.size),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62
