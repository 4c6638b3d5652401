"""One log on disk: an RFC 6962 tree that grows at its right edge, ours or the mirror of a peer's.

In memory a log is its frontier (one hash for each bit of its size) and the leaf hashes of the
last, incomplete block of 256; on disk, runs of leaf hashes and the roots of complete blocks. So
opening costs the same at any size, appending costs O(1) amortised, and any proof can be made
from O(log n) rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hotline.errors import JournalError, TrustError
from hotline.trust.merkle import Frontier, frontier_at, node_hash, root_at

if TYPE_CHECKING:
    from hotline.trust.merkle import NodeReader

BLOCK_BITS = 8
BLOCK = 1 << BLOCK_BITS
HASH = 32


class LogTree:
    """The growing edge of one log; changed by the writer thread only.

    ``append`` and ``extend`` change memory; ``flush`` writes what is new in the transaction that
    the caller has open. After a failed commit the object is thrown away and loaded again.
    """

    __slots__ = ("block", "dirty", "frontier", "id", "note", "origin", "written")

    def __init__(
        self, id_: int, origin: str, frontier: Frontier, note: bytes, block: list[bytes]
    ) -> None:
        self.id = id_
        self.origin = origin
        self.frontier = frontier
        # The newest signed checkpoint: by us for our own log, verified for a mirror.
        self.note = note
        # Leaf hashes from the last block boundary on disk to the edge in memory.
        self.block = block
        # Leaves below this index are on disk.
        self.written = frontier.size
        # The note changed though no leaf was added.
        self.dirty = False

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self.frontier.size

    def append(self, leaf_hash: bytes) -> int:
        """Add one leaf hash (32 bytes); return its index."""
        index = self.frontier.size
        self.frontier.append(leaf_hash)
        self.block.append(leaf_hash)
        return index

    def adopt(self, leaf_hashes: Iterable[bytes], frontier: Frontier) -> None:
        """Add leaf hashes whose resulting ``frontier`` the line has already computed."""
        self.block.extend(leaf_hashes)
        self.frontier = frontier.copy()

    def flush(self, connection: sqlite3.Connection) -> None:
        """Write new leaf hashes, completed blocks and the log's row."""
        start = self.size - len(self.block)
        fresh = self.block[self.written - start :]
        if fresh:
            connection.execute(
                "INSERT INTO leaf_run VALUES (?, ?, ?)", (self.id, self.written, b"".join(fresh))
            )
        while len(self.block) >= BLOCK:
            self._complete(connection, start >> BLOCK_BITS, self.block[:BLOCK])
            del self.block[:BLOCK]
            start += BLOCK
        self.written = self.size
        self.dirty = False
        connection.execute(
            "UPDATE log SET size = ?, frontier = ?, note = ? WHERE id = ?",
            (self.size, self.frontier.encode(), self.note, self.id),
        )

    def _complete(self, connection: sqlite3.Connection, index: int, hashes: list[bytes]) -> None:
        """Store the root of a complete block, and of each higher block that it completes."""
        level = BLOCK_BITS
        while True:
            root = _perfect_root(hashes)
            connection.execute(
                "INSERT INTO subtree VALUES (?, ?, ?, ?)", (self.id, level, index, root)
            )
            if (index + 1) % BLOCK:
                return
            first = index + 1 - BLOCK
            rows = connection.execute(
                "SELECT hash FROM subtree WHERE log = ? AND level = ? AND idx BETWEEN ? AND ? "
                "ORDER BY idx",
                (self.id, level, first, index),
            )
            hashes = [row[0] for row in rows]
            level += BLOCK_BITS
            index >>= BLOCK_BITS


def _perfect_root(hashes: list[bytes]) -> bytes:
    """Return the root over a power-of-two number of hashes of one level."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def load_log(connection: sqlite3.Connection, id_: int) -> LogTree:
    """Load a log's edge; O(log n). Raises JournalError when the rows do not fit together."""
    row = connection.execute(
        "SELECT origin, size, frontier, note FROM log WHERE id = ?", (id_,)
    ).fetchone()
    origin, size, encoded, note = row
    try:
        frontier = Frontier.decode(encoded)
    except TrustError as error:
        raise _damaged(origin, "its frontier cannot be read") from error
    if frontier.size != size:
        raise _damaged(origin, f"its frontier has size {frontier.size}, its row says {size}")
    first = size & ~(BLOCK - 1)
    block = leaf_hashes(connection, id_, first, size)
    if len(block) != size - first:
        raise _damaged(origin, f"leaf hashes from {first} to {size} are missing")
    # A checkpoint over a damaged edge would be ours all the same, and could not be taken back.
    if frontier_at(size, node_reader(connection, id_)) != frontier:
        raise _damaged(origin, "its frontier is not that of its leaf hashes")
    return LogTree(id_, origin, frontier, note, block)


def leaf_hashes(connection: sqlite3.Connection, log: int, first: int, end: int) -> list[bytes]:
    """Return the stored leaf hashes [first, end); fewer where the journal lacks some."""
    if first >= end:
        return []
    rows = connection.execute(
        "SELECT first, hashes FROM leaf_run WHERE log = ?1 AND first < ?3 AND first >= coalesce("
        "(SELECT max(first) FROM leaf_run WHERE log = ?1 AND first <= ?2), 0) ORDER BY first",
        (log, first, end),
    )
    found: list[bytes] = []
    position = first
    for run_first, run in rows:
        begin = position - run_first
        stop = min(end - run_first, len(run) // HASH)
        if begin < 0 or begin >= stop:
            continue
        found.extend(run[i * HASH : (i + 1) * HASH] for i in range(begin, stop))
        position = run_first + stop
    return found


def joined_hashes(connection: sqlite3.Connection, log: int, first: int, end: int) -> bytes:
    """Return the stored leaf hashes [first, end) as one run. Raises JournalError if some lack."""
    hashes = leaf_hashes(connection, log, first, end)
    if len(hashes) != end - first:
        raise _missing(f"the leaf hashes of log {log} from {first} to {end} are not complete")
    return b"".join(hashes)


def node_reader(connection: sqlite3.Connection, log: int) -> NodeReader:
    """Give ``read(level, index)`` for the complete subtrees of a log, in few rows a call."""

    def read(level: int, index: int) -> bytes:
        if level >= BLOCK_BITS:
            stored = level - level % BLOCK_BITS
            first, end = index << (level - stored), (index + 1) << (level - stored)
            rows = connection.execute(
                "SELECT hash FROM subtree WHERE log = ? AND level = ? AND idx >= ? AND idx < ? "
                "ORDER BY idx",
                (log, stored, first, end),
            )
            hashes = [row[0] for row in rows]
            expected = end - first
        else:
            hashes = leaf_hashes(connection, log, index << level, (index + 1) << level)
            expected = 1 << level
        if len(hashes) != expected:
            raise _missing(f"the tree of log {log} lacks hashes at level {level}, index {index}")
        return _perfect_root(hashes)

    return read


def stored_root(connection: sqlite3.Connection, log: int, size: int) -> bytes:
    """Return the root of a log's first ``size`` leaves, from disk; O(log n) rows."""
    return root_at(size, node_reader(connection, log))


def _missing(what: str) -> JournalError:
    return JournalError(
        "journal.hash-missing",
        what,
        "run `hotline log verify`; restore the newest backup where it fails",
    )


def _damaged(origin: str, what: str) -> JournalError:
    return JournalError(
        "journal.corrupt",
        f"the log {origin} is damaged: {what}",
        "stop the node, keep the damaged file as evidence, restore the newest backup",
    )
