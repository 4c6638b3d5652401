"""Where messages stood at the checkpoint: receipts, readings and answers from the entries alone.

The journal's own tables say how things stand now. An export says how they stood at its checkpoint,
so it goes through the records up to there once, and keeps what it finds in a private file of
SQLite's that is gone when it is closed: memory stays flat.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from hotline.audit.entries import MessageEntry
from hotline.audit.export.selection import Part, Record
from hotline.audit.search.decoding import message_in, told_in
from hotline.journal.state import IN, OUT
from hotline.model.messages import Reply

MAX_READINGS = 1000
"""Readings of one message that are told."""

_TABLES = """
CREATE TABLE receipt(part, stream, first_seq, count, first_index, durable_us, taken_us, entry);
CREATE INDEX receipt_by_seq ON receipt(part, stream, first_seq);
CREATE TABLE reading(part, message, officer, time_us, entry);
CREATE INDEX reading_by_message ON reading(part, message);
"""


class Proof(msgspec.Struct, frozen=True, gc=False):
    """The peer's receipt for a message of ours: entry ``index`` of its log, durable by its clock.

    ``entry`` is the record that holds the receipt, ``taken_us`` when it was entered here.
    """

    durable_us: int
    taken_us: int
    index: int
    entry: int


class Opened(msgspec.Struct, frozen=True, gc=False):
    """An officer opened a message; ``entry`` is the record that says so."""

    officer: str
    time_us: int
    entry: int


class Answered(msgspec.Struct, frozen=True, gc=False):
    """The newest reply of the other side."""

    id: bytes
    answer: str
    officer: str
    created_us: int


class Stood(msgspec.Struct, frozen=True, gc=False):
    """Where one message stood: the receipt for it, who had opened it, how it was answered."""

    proof: Proof | None = None
    opened: tuple[Opened, ...] = ()
    answer: Answered | None = None


class Standing:
    """Answers where messages stood at the checkpoint of their log, many in one question."""

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

    def of(self, part: int, messages: Sequence[MessageEntry]) -> list[Stood]:
        """Return where each of some hundred messages of one log stood, in their order.

        A receipt counts for messages of ours only; of readings the first thousand are given.
        """
        opened = self._readings(part, messages)
        answers = self._answers(part, messages)
        return [
            Stood(
                self._receipt(part, message) if message.direction == "out" else None,
                tuple(opened.get(message.id, ())),
                answers.get((message.id, IN if message.direction == "out" else OUT)),
            )
            for message in messages
        ]

    def _receipt(self, part: int, message: MessageEntry) -> Proof | None:
        """Return the receipt for a message of ours, if it had come."""
        row = self._scratch.execute(
            "SELECT first_seq, count, first_index, durable_us, taken_us, entry FROM receipt"
            " WHERE part = ? AND stream = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
            (part, message.stream, message.seq),
        ).fetchone()
        if row is None or message.seq >= row[0] + row[1]:
            return None
        return Proof(row[3], row[4], row[2] + message.seq - row[0], row[5])

    def _readings(self, part: int, messages: Sequence[MessageEntry]) -> dict[bytes, list[Opened]]:
        """Return who had opened each message that was opened, in the order of the entries."""
        found: dict[bytes, list[Opened]] = {}
        for id_, *row in self._scratch.execute(
            "SELECT message, officer, time_us, entry FROM reading"
            f" WHERE part = ? AND message IN ({_marks(messages)}) ORDER BY entry",
            (part, *(message.id for message in messages)),
        ):
            opened = found.setdefault(id_, [])
            if len(opened) < MAX_READINGS:
                opened.append(Opened(*row))
        return found

    def _answers(
        self, part: int, messages: Sequence[MessageEntry]
    ) -> dict[tuple[bytes, int], Answered]:
        """Return the newest reply to each message by the direction in which replies came."""
        log = self._record.parts[part]
        found: dict[tuple[bytes, int], Answered] = {}
        for about, direction, id_, created_us, body in self._record.connection.execute(
            "SELECT newest.about, newest.direction, m.id, m.created_us,"
            " (SELECT substr(e.bytes, m.position + 1, m.length) FROM envelope e"
            " WHERE e.id = m.envelope)"
            " FROM (SELECT about, direction, max(idx) AS idx FROM message"
            f" WHERE about IN ({_marks(messages)}) AND +log = ? AND +idx < ? AND kind = 'reply'"
            " GROUP BY about, direction) newest"
            " CROSS JOIN message m ON m.log = ? AND m.idx = newest.idx",
            (*(message.id for message in messages), log.log.id, log.size, log.log.id),
        ):
            reply = message_in(body)
            if isinstance(reply, Reply):
                found[about, direction] = Answered(id_, reply.answer, reply.officer, created_us)
        return found

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


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62
