"""Stored rows read in order, side by side, to be held against what is derived again.

Each class keeps a few queries open and little in memory, so that a journal of any size is read
in one pass a table, and no falsified number makes a pass longer than the table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from hotline.journal.log import BLOCK, BLOCK_BITS, HASH
from hotline.journal.state import OUT, STREAMS
from hotline.trust.merkle import Frontier
from hotline.wire.envelope import MAX_GROUP
from hotline.wire.frames import ReceiptItem


class Cursor:
    """A query's rows with the next one in sight."""

    __slots__ = ("_rows", "row")

    def __init__(self, rows: sqlite3.Cursor) -> None:
        self._rows = rows
        self.row: tuple[Any, ...] | None = rows.fetchone()

    def take(self) -> tuple[Any, ...]:
        """Return the row in sight and step on; only while there is one."""
        row = self.row
        if row is None:
            raise AssertionError("no row is in sight")
        self.row = self._rows.fetchone()
        return row


class LeafRuns:
    """The stored leaf hashes of a log, one by one; whatever does not follow on ends them."""

    __slots__ = ("_at", "_count", "_hashes", "_rows", "sound")

    def __init__(self, connection: sqlite3.Connection, log: int) -> None:
        self._rows = connection.execute(
            "SELECT first, hashes FROM leaf_run WHERE log = ? ORDER BY first", (log,)
        )
        self._hashes = b""
        self._at = 0
        self._count = 0
        # False from the first run that is empty, cut, or begins elsewhere than the last one ends.
        self.sound = True

    def next(self) -> bytes | None:
        """Return the next leaf hash, None at the end."""
        at = self._at
        if at == len(self._hashes):
            row = self._rows.fetchone() if self.sound else None
            if row is None:
                return None
            first, hashes = row
            if first != self._count or not hashes or len(hashes) % HASH:
                self.sound = False
                return None
            self._hashes, at = hashes, 0
            self._count += len(hashes) // HASH
        self._at = at + HASH
        return self._hashes[at : at + HASH]


class Tree:
    """A log grown again leaf by leaf, its stored blocks held against what they must be."""

    __slots__ = ("_db", "_log", "_seen", "frontier")

    def __init__(self, connection: sqlite3.Connection, log: int) -> None:
        self.frontier = Frontier()
        self._db = connection
        self._log = log
        # Stored blocks that the leaves so far complete.
        self._seen = 0

    def add(self, leaf: bytes) -> bool:
        """Add a leaf; False when a block that it completes is stored otherwise or not at all."""
        index = self.frontier.size
        if (index + 1) % BLOCK:
            self.frontier.append(leaf)
            return True
        sound = True
        closed = self.frontier.grow(leaf)
        for level in range(BLOCK_BITS, len(closed), BLOCK_BITS):
            row = self._db.execute(
                "SELECT hash FROM subtree WHERE log = ? AND level = ? AND idx = ?",
                (self._log, level, index >> level),
            ).fetchone()
            self._seen += row is not None
            sound = sound and row == (closed[level],)
        return sound

    @property
    def finished(self) -> bool:
        """Whether no block is stored that the leaves do not complete."""
        count = self._db.execute(
            "SELECT count(*) FROM subtree WHERE log = ?", (self._log,)
        ).fetchone()[0]
        return bool(count == self._seen)


class Outbox:
    """What was sent, and what the outbox says of its receipts, each stream in its own order.

    Receipts name the messages of a stream one after the other, so each stream is read once.
    """

    def __init__(self, connection: sqlite3.Connection, log: int) -> None:
        self._db = connection
        self._log = log
        self._sent = [self._sent_in(stream) for stream in range(STREAMS)]
        self._taken = [self._taken_in(stream) for stream in range(STREAMS)]
        self._seen = 0

    def _sent_in(self, stream: int) -> Cursor:
        # From group to group; none holds more than MAX_GROUP, whatever its row says.
        return Cursor(
            self._db.execute(
                "SELECT m.seq, m.id FROM envelope e CROSS JOIN message m ON m.log = e.log"
                " AND m.idx >= e.first_idx AND m.idx < e.first_idx + min(e.count, ?)"
                " WHERE e.log = ? AND e.direction = ? AND e.stream = ?"
                " ORDER BY e.first_seq, m.idx",
                (MAX_GROUP, self._log, OUT, stream),
            )
        )

    def _taken_in(self, stream: int) -> Cursor:
        return Cursor(
            self._db.execute(
                "SELECT first_seq, count, first_index, time_us, taken_us, record_idx"
                " FROM receipt_taken WHERE log = ? AND stream = ? ORDER BY first_seq",
                (self._log, stream),
            )
        )

    def ids(self, item: ReceiptItem) -> Iterator[bytes | None]:
        """Yield the id of each message that a receipt's item names, None for one never sent."""
        sent = self._sent[item.stream]
        for seq in range(item.first_seq, item.first_seq + item.count):
            while sent.row is not None and sent.row[0] < seq:
                sent.take()
            yield sent.take()[1] if sent.row is not None and sent.row[0] == seq else None

    def says(self, item: ReceiptItem, taken_us: int, index: int) -> bool:
        """Whether the outbox has this item of the receipt that is entry ``index``, as it is."""
        taken = self._taken[item.stream]
        while taken.row is not None and taken.row[0] < item.first_seq:
            taken.take()
        if taken.row is None or taken.row[0] != item.first_seq:
            return False
        self._seen += 1
        due = (item.first_seq, item.count, item.first_index, item.time_us, taken_us, index)
        return taken.take() == due

    @property
    def finished(self) -> bool:
        """Whether no row is left that belongs to no receipt."""
        count = self._db.execute(
            "SELECT count(*) FROM receipt_taken WHERE log = ?", (self._log,)
        ).fetchone()[0]
        return bool(count == self._seen)
