"""Stored rows read in order, side by side, to be held against what is derived again.

Each class keeps a few queries open and little in memory, so that a journal of any size is read
in one pass a table, and no falsified number makes a pass longer than the table. Each begins where
its log is verified from, and finds that place by a key: what lies before costs nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from hotline.journal.log import BLOCK, BLOCK_BITS, HASH
from hotline.journal.state import OUT, STREAMS
from hotline.trust.merkle import Frontier
from hotline.wire.envelope import MAX_GROUP
from hotline.wire.frames import ReceiptItem

ALL = -(1 << 63)
"""Below every number that a row can state."""


def since(size: int) -> int:
    """Return the entry from which rows are read; all rows, also impossible ones, from 0."""
    return size or ALL


def after(size: int) -> int:
    """Return the size from which what is signed over a tree is read; all of it, from 0."""
    return size + 1 if size else ALL


def clipped(column: str) -> str:
    """Return SQL for the bytes of a column, of which at most as many as a ``?`` says are read.

    Also of text, which SQL would cut at its first NUL: what is behind that would never be seen.
    """
    return f"coalesce(substr(CAST({column} AS BLOB), 1, ?), x'')"


def distinct(
    db: sqlite3.Connection, table: str, column: str, within: str = "", *of: int
) -> list[Any]:
    """Return each value of an indexed column, in order, without reading every row.

    ``within`` is a condition on the columns before it in the index, for example ``log = ?``.
    """
    where = f"{within} AND " if within else ""
    row = db.execute(f"SELECT min({column}) FROM {table} WHERE {where}1", of).fetchone()
    found = []
    while row[0] is not None:
        found.append(row[0])
        row = db.execute(
            f"SELECT min({column}) FROM {table} WHERE {where}{column} > ?", (*of, row[0])
        ).fetchone()
    return found


class Cursor:
    """A query's rows with the next one in sight."""

    __slots__ = ("_rows", "row")

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self.row: tuple[Any, ...] | None = next(rows, None)

    def take(self) -> tuple[Any, ...]:
        """Return the row in sight and step on; only while there is one."""
        row = self.row
        if row is None:
            raise AssertionError("no row is in sight")
        self.row = next(self._rows, None)
        return row


class LeafRuns:
    """The stored leaf hashes of a log, one by one; whatever does not follow on ends them."""

    __slots__ = ("_at", "_count", "_hashes", "_rows", "sound")

    def __init__(self, connection: sqlite3.Connection, log: int, begin: int = 0) -> None:
        first = ALL
        if begin:
            (first,) = connection.execute(
                "SELECT coalesce(max(first), 0) FROM leaf_run WHERE log = ? AND first <= ?",
                (log, begin),
            ).fetchone()
        self._rows = connection.execute(
            "SELECT first, hashes FROM leaf_run WHERE log = ? AND first >= ? ORDER BY first",
            (log, first),
        )
        self._hashes = b""
        self._at = 0
        self._count = max(first, 0)
        # False from the first run that is empty, cut, or begins elsewhere than the last one ends.
        self.sound = True
        while self._count < begin and self._take_run():
            # The run that leads up to where this begins, or beyond.
            self._at = len(self._hashes) - max(0, self._count - begin) * HASH

    def _take_run(self) -> bool:
        row = self._rows.fetchone() if self.sound else None
        if row is None:
            return False
        first, hashes = row
        if first != self._count or not hashes or len(hashes) % HASH:
            self.sound = False
            return False
        self._hashes, self._at = hashes, 0
        self._count += len(hashes) // HASH
        return True

    def next(self) -> bytes | None:
        """Return the next leaf hash, None at the end."""
        if self._at == len(self._hashes) and not self._take_run():
            return None
        at = self._at
        self._at = at + HASH
        return self._hashes[at : at + HASH]


class Tree:
    """A log grown again leaf by leaf, its stored blocks held against what they must be."""

    __slots__ = ("_begin", "_db", "_log", "_root", "_root_size", "_seen", "frontier")

    def __init__(self, connection: sqlite3.Connection, log: int, begin: Frontier) -> None:
        self.frontier = begin.copy()
        self._begin = begin.size
        self._db = connection
        self._log = log
        # Stored blocks that the leaves so far complete.
        self._seen = 0
        self._root = b""
        self._root_size = -1

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

    def root(self) -> bytes:
        """Return the root so far; asked again at the same size, it is not computed again."""
        if self._root_size != self.frontier.size:
            self._root, self._root_size = self.frontier.root(), self.frontier.size
        return self._root

    @property
    def finished(self) -> bool:
        """Whether no block is stored that the leaves do not complete."""
        count = 0
        for level in distinct(self._db, "subtree", "level", "log = ?", self._log):
            first = self._begin >> level if 0 < level < 64 else 0
            (of_level,) = self._db.execute(
                "SELECT count(*) FROM subtree WHERE log = ? AND level = ? AND idx >= ?",
                (self._log, level, since(first)),
            ).fetchone()
            count += of_level
        return count == self._seen


class Outbox:
    """What was sent, and what the outbox says of its receipts, each stream in its own order.

    Receipts name the messages of a stream one after the other, so each stream is read once, from
    the first message after ``receipted``: the last one of each stream that has its receipt.
    """

    def __init__(self, connection: sqlite3.Connection, log: int, receipted: Sequence[int]) -> None:
        self._db = connection
        self._log = log
        self._receipted = tuple(receipted)
        self._sent = [self._sent_in(stream) for stream in range(STREAMS)]
        self._taken = [self._taken_in(stream) for stream in range(STREAMS)]
        self._seen = 0

    def _sent_in(self, stream: int) -> Cursor:
        first = ALL
        if self._receipted[stream]:
            (first,) = self._db.execute(
                "SELECT coalesce(max(first_seq), ?) FROM envelope WHERE log = ? AND direction = ?"
                " AND stream = ? AND first_seq <= ?",
                (ALL, self._log, OUT, stream, self._receipted[stream] + 1),
            ).fetchone()
        # From group to group; none holds more than MAX_GROUP, whatever its row says.
        return Cursor(
            self._db.execute(
                "SELECT m.seq, m.id FROM envelope e CROSS JOIN message m ON m.log = e.log"
                " AND m.idx >= e.first_idx AND m.idx < e.first_idx + min(e.count, ?)"
                " WHERE e.log = ? AND e.direction = ? AND e.stream = ? AND e.first_seq >= ?"
                " ORDER BY e.first_seq, m.idx",
                (MAX_GROUP, self._log, OUT, stream, first),
            )
        )

    def _taken_in(self, stream: int) -> Cursor:
        return Cursor(
            self._db.execute(
                "SELECT first_seq, count, first_index, time_us, taken_us, record_idx"
                " FROM receipt_taken WHERE log = ? AND stream = ? AND first_seq >= ?"
                " ORDER BY first_seq",
                (self._log, stream, self._first_new(stream)),
            )
        )

    def _first_new(self, stream: int) -> int:
        return self._receipted[stream] + 1 if self._receipted[stream] else ALL

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
        count = 0
        for stream in distinct(self._db, "receipt_taken", "stream", "log = ?", self._log):
            first = self._first_new(stream) if 0 <= stream < STREAMS else ALL
            (of_stream,) = self._db.execute(
                "SELECT count(*) FROM receipt_taken WHERE log = ? AND stream = ?"
                " AND first_seq >= ?",
                (self._log, stream, first),
            ).fetchone()
            count += of_stream
        return count == self._seen
