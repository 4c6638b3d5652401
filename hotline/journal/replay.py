"""Stored rows read in order, side by side, to be held against what is derived again.

Each class keeps one query open and little in memory, so that a journal of any size is read in
one pass a table.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from hotline.journal.log import BLOCK, BLOCK_BITS, HASH
from hotline.trust.merkle import Frontier
from hotline.wire.frames import ReceiptItem


class Cursor:
    """A query's rows with the next one in sight."""

    def __init__(self, rows: sqlite3.Cursor) -> None:
        self._rows = rows
        self.row: tuple[Any, ...] | None = rows.fetchone()

    def take(self) -> tuple[Any, ...]:
        """Return the row in sight and step on; only while there is one."""
        row = self.row
        if row is None:
            raise StopIteration
        self.row = self._rows.fetchone()
        return row


class LeafRuns:
    """The stored leaf hashes of a log, one by one; a gap between runs ends them."""

    def __init__(self, connection: sqlite3.Connection, log: int) -> None:
        self._rows = connection.execute(
            "SELECT first, hashes FROM leaf_run WHERE log = ? ORDER BY first", (log,)
        )
        self._hashes = b""
        self._at = 0
        self._count = 0

    def next(self) -> bytes | None:
        """Return the next leaf hash, None at the end."""
        while self._at >= len(self._hashes):
            row = self._rows.fetchone()
            if row is None or row[0] != self._count or len(row[1]) % HASH:
                return None
            self._hashes, self._at = row[1], 0
        self._at += HASH
        self._count += 1
        return self._hashes[self._at - HASH : self._at]


class Blocks:
    """The stored block roots of a log, grown again from its leaves, level by level."""

    def __init__(self, connection: sqlite3.Connection, log: int) -> None:
        self._db = connection
        self._log = log
        # For each level of blocks, the frontier of the block that is being filled.
        self._levels: list[tuple[Frontier, int]] = []
        self._seen = 0

    def add(self, leaf: bytes) -> bool:
        """Add a leaf; False when a block that it completes is stored otherwise or not at all."""
        value, depth = leaf, 0
        while True:
            if depth == len(self._levels):
                self._levels.append((Frontier(), 0))
            filling, number = self._levels[depth]
            filling.append(value)
            if filling.size < BLOCK:
                return True
            value = filling.root()
            self._levels[depth] = (Frontier(), number + 1)
            depth += 1
            row = self._db.execute(
                "SELECT hash FROM subtree WHERE log = ? AND level = ? AND idx = ?",
                (self._log, depth * BLOCK_BITS, number),
            ).fetchone()
            self._seen += 1
            if row is None or row[0] != value:
                return False

    def next_row(self) -> int | None:
        """Return how many blocks are stored beyond those of the leaves, None for none."""
        count = self._db.execute(
            "SELECT count(*) FROM subtree WHERE log = ?", (self._log,)
        ).fetchone()[0]
        return None if count == self._seen else int(count) - self._seen


class Taken:
    """The outbox's rows about receipts, in the order of the receipts."""

    def __init__(self, connection: sqlite3.Connection, log: int) -> None:
        self._db = connection
        self._log = log
        self._seen = 0

    def matches(self, items: tuple[ReceiptItem, ...], index: int) -> bool:
        """Whether the outbox has exactly these items for the receipt that is entry ``index``."""
        rows = self._db.execute(
            "SELECT t.stream, t.first_seq, t.count, t.first_index, t.time_us, t.taken_us,"
            " r.time_us FROM record r JOIN receipt_taken t ON t.log = r.log"
            " AND t.record_idx = r.idx WHERE r.log = ? AND r.idx = ?",
            (self._log, index),
        ).fetchall()
        self._seen += len(rows)
        said = sorted((i.stream, i.first_seq, i.count, i.first_index, i.time_us) for i in items)
        return sorted(row[:5] for row in rows) == said and all(row[5] == row[6] for row in rows)

    @property
    def finished(self) -> bool:
        """Whether no row is left that belongs to no receipt."""
        count = self._db.execute(
            "SELECT count(*) FROM receipt_taken WHERE log = ?", (self._log,)
        ).fetchone()[0]
        return bool(count == self._seen)
