"""What the writer thread holds in memory of each line, and what one transaction gives back.

All of it can be loaded again from disk at any time, and is after a failed commit, by the same
code that opens a journal.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from hotline.errors import ConfigError
from hotline.journal.log import LogTree, leaf_hashes, load_log, node_reader
from hotline.model.kinds import Status
from hotline.trust.merkle import Frontier, frontier_at
from hotline.trust.names import line_log_origin
from hotline.wire.frames import MAX_RECEIPT_HASHES, Receipt, ReceiptItem

if TYPE_CHECKING:
    from hotline.journal.forks import Fork

OUT, IN = 0, 1
STREAMS = 4
NO_ID = bytes(32)
NODE = "node"
"""Stands in a log's name where others have their peer, for the node's own affairs."""


@dataclass(slots=True)
class StreamState:
    """Where one stream of one direction stands, durably."""

    next_seq: int = 1
    # Message id of the newest message, which the next one names as `previous`.
    last_id: bytes = NO_ID
    # Outgoing only: the peer's receipts cover everything up to here.
    receipted: int = 0


@dataclass(slots=True)
class LineState:
    """One line in one epoch: its log, the mirror of the peer's, and its eight streams."""

    centre: str
    peer: str
    epoch: int
    own: LogTree
    mirror: LogTree
    outgoing: list[StreamState]
    incoming: list[StreamState]
    # The tree as the newest receipt or checkpoint update covers it, and the leaves since then.
    sealed: Frontier
    unsealed: list[bytes]
    # Size of the mirror that we cosigned last.
    cosigned: int = 0
    # A checkpoint update is wanted though nothing was taken.
    seal_wanted: bool = False
    # Items of the receipt that the current transaction will seal.
    items: list[ReceiptItem] = field(default_factory=list)
    # SHA-256 of the envelopes that are kept as evidence of equivocation since the journal opened.
    contradictions: set[bytes] = field(default_factory=set)
    # What `answer-time` records say since the journal opened, in microseconds by stream.
    answer_within_us: dict[int, int] = field(default_factory=dict)
    # Streams whose rows the current transaction has to write: (direction, stream).
    changed: set[tuple[int, int]] = field(default_factory=set)

    @property
    def seal_due(self) -> bool:
        """Whether this transaction has to sign a checkpoint of the line's log.

        For what it took, because an update is wanted, or because so much has gathered without
        the peer that memory, and the time to open the journal, would grow with it.
        """
        return bool(self.items or self.seal_wanted or len(self.unsealed) >= MAX_RECEIPT_HASHES)

    def become(self, loaded: LineState) -> None:
        """Take over what ``loaded``, fresh from disk, says."""
        for part in fields(self):
            setattr(self, part.name, getattr(loaded, part.name))

    @property
    def log(self) -> int:
        """The id of the line's own log, by which all its rows are found."""
        return self.own.id

    def append(self, leaf_hash: bytes) -> int:
        """Add a leaf to the line's own log; return its index."""
        self.unsealed.append(leaf_hash)
        return self.own.append(leaf_hash)

    def flush(self, connection: sqlite3.Connection) -> None:
        """Write what changed in memory into the open transaction."""
        for direction, stream in self.changed:
            state = (self.outgoing if direction == OUT else self.incoming)[stream]
            connection.execute(
                "INSERT OR REPLACE INTO stream VALUES (?, ?, ?, ?, ?, ?)",
                (self.log, direction, stream, state.next_seq, state.last_id, state.receipted),
            )
        self.changed.clear()
        for tree in (self.own, self.mirror):
            if tree.written != tree.size or tree.dirty:
                tree.flush(connection)


@dataclass(frozen=True, slots=True)
class OutGroup:
    """A group that is durable here and may now be sent."""

    stream: int
    first_seq: int
    ids: tuple[bytes, ...]
    envelope: bytes
    created_us: int
    first_index: int


@dataclass(slots=True)
class Committed:
    """What one commit made durable, so that the node may release it; keyed by peer."""

    groups: dict[str, list[OutGroup]] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    # Forks of others' logs that were met, known before or not.
    forks: list[Fork] = field(default_factory=list)


def load_or_create_log(connection: sqlite3.Connection, origin: str, *, own: bool) -> LogTree:
    """Load the log of that origin, or make it, in the transaction that the caller has open."""
    row = connection.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
    if row is None:
        cursor = connection.execute(
            "INSERT INTO log(origin, own, size, frontier, note) VALUES (?, ?, 0, ?, x'')",
            (origin, int(own), Frontier().encode()),
        )
        return LogTree(cursor.lastrowid or 0, origin, Frontier(), b"", [])
    return load_log(connection, row[0])


def load_line(
    connection: sqlite3.Connection, status: Status, centre: str, peer: str, epoch: int
) -> LineState:
    """Load a line's state, or make the line; O(log n).

    Raises ConfigError when the journal already holds a later epoch of this line: an epoch that
    goes back would be a second log under one name; and for a peer under whose name the logs
    could not be told apart.
    """
    if peer in (centre, NODE) or centre == NODE:
        raise ConfigError(
            "journal.reserved-name",
            f"{centre!r} and {peer!r} cannot be the two centres of a line",
            f"a peer is another centre, and {NODE!r} is what a node calls itself",
        )
    newest = connection.execute("SELECT max(epoch) FROM line WHERE peer = ?", (peer,)).fetchone()[0]
    if newest is not None and newest > epoch:
        raise ConfigError(
            "journal.epoch-goes-back",
            f"the letter names epoch {epoch}, but the line with {peer} is in epoch {newest}",
            "use the newest letter of agreement; an epoch never goes back",
        )
    own = load_or_create_log(connection, line_log_origin(status, centre, peer, epoch), own=True)
    mirror = load_or_create_log(connection, line_log_origin(status, peer, centre, epoch), own=False)
    connection.execute(
        "INSERT OR IGNORE INTO line(log, mirror, peer, epoch) VALUES (?, ?, ?, ?)",
        (own.id, mirror.id, peer, epoch),
    )
    streams: list[list[StreamState]] = [[StreamState() for _ in range(STREAMS)] for _ in (OUT, IN)]
    for direction, stream, next_seq, last_id, receipted in connection.execute(
        "SELECT direction, stream, next_seq, last_id, receipted FROM stream WHERE log = ?",
        (own.id,),
    ):
        streams[direction][stream] = StreamState(next_seq, last_id, receipted)
    sealed, cosigned = connection.execute(
        "SELECT coalesce((SELECT max(size) FROM receipt_given WHERE log = ?), 0),"
        " coalesce((SELECT max(size) FROM cosignature WHERE log = ?), 0)",
        (own.id, mirror.id),
    ).fetchone()
    return LineState(
        centre,
        peer,
        epoch,
        own,
        mirror,
        streams[OUT],
        streams[IN],
        sealed=frontier_at(sealed, node_reader(connection, own.id)),
        unsealed=leaf_hashes(connection, own.id, sealed, own.size),
        cosigned=cosigned,
    )
