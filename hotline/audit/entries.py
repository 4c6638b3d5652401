"""The entries of one log as they lie in a journal, whichever table holds them.

Everything that reads a whole log (export, evidence, reconciliation) reads it here, in the order of
its leaves, with each leaf rebuilt from what is stored and never taken from a table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from heapq import merge
from operator import attrgetter, itemgetter

import msgspec

from hotline.journal.prune import archived_lines
from hotline.journal.state import OUT
from hotline.trust.merkle import MAX_TREE_SIZE
from hotline.wire.leaf import own_leaf, received_leaf, sent_leaf


@dataclass(frozen=True, slots=True)
class Log:
    """One log of a journal: ours, or the mirror of a peer's. ``id`` is its row.

    ``note`` is its newest signed checkpoint, empty without any. ``peer`` and ``epoch`` are None for
    the log of the node's own affairs; ``other`` is the row of the mirror beside a line's log, and
    of the line's log beside a mirror.
    """

    id: int
    origin: str
    own: bool
    size: int
    note: bytes
    peer: str | None
    epoch: int | None
    other: int | None


class MessageEntry(msgspec.Struct, frozen=True, gc=False):
    """A message sent or received; times are microseconds since 1970 UTC.

    ``created_us`` is by the sender's clock; ``time_us`` is when it was entered here. ``flags`` is a
    JSON list or None. ``envelope`` is the row of the group that it was signed in.
    """

    index: int
    kind: str
    time_us: int
    direction: str
    stream: int
    seq: int
    id: bytes
    created_us: int
    body: bytes
    reference: str | None
    about: bytes | None
    flags: str | None
    envelope: int

    def leaf(self) -> bytes:
        """Return the leaf's bytes."""
        if self.direction == "out":
            return sent_leaf(self.stream, self.seq, self.id, self.created_us)
        return received_leaf(self.stream, self.seq, self.id, self.time_us)


class RecordEntry(msgspec.Struct, frozen=True, gc=False):
    """Any other entry, with its MessagePack ``payload``."""

    index: int
    kind: str
    time_us: int
    salt: bytes
    payload: bytes

    def leaf(self) -> bytes:
        """Return the leaf's bytes."""
        return own_leaf(self.kind, sha256(self.payload).digest(), self.time_us, self.salt)


Entry = MessageEntry | RecordEntry


def logs_of(connection: sqlite3.Connection) -> list[Log]:
    """Return every log that is in a journal, of all lines and epochs, in rows' order.

    The two logs of an epoch that was archived and taken out are left out: they are in its segment.
    """
    gone = archived_lines(connection)
    rows = connection.execute(
        "SELECT g.id, g.origin, g.own, g.size, g.note, coalesce(l.peer, m.peer),"
        " coalesce(l.epoch, m.epoch), coalesce(l.mirror, m.log) FROM log g"
        " LEFT JOIN line l ON l.log = g.id LEFT JOIN line m ON m.mirror = g.id ORDER BY g.id"
    )
    found = (Log(id_, origin, bool(own), *rest) for id_, origin, own, *rest in rows)
    return [log for log in found if not {log.id, log.other} & gone.keys()]


def read_entries(
    connection: sqlite3.Connection, log: int, first: int = 0, end: int | None = None
) -> Iterator[Entry]:
    """Yield entries [first, end) of one of our logs in the order of their leaves.

    Nothing is checked: entries that are missing are not yielded. Memory stays flat.
    """
    bounds = (log, first, MAX_TREE_SIZE if end is None else end)
    messages: Iterator[Entry] = (
        MessageEntry(index, kind, time_us, "out" if direction == OUT else "in", *rest)
        for index, kind, time_us, direction, *rest in connection.execute(
            "SELECT m.idx, m.kind, m.time_us, m.direction, m.stream, m.seq, m.id, m.created_us,"
            " (SELECT substr(e.bytes, m.position + 1, m.length) FROM envelope e"
            " WHERE e.id = m.envelope), m.reference, m.about, m.flags, m.envelope"
            " FROM message m WHERE m.log = ? AND m.idx >= ? AND m.idx < ? ORDER BY m.idx",
            bounds,
        )
    )
    records: Iterator[Entry] = (
        RecordEntry(*row)
        for row in connection.execute(
            "SELECT idx, kind, time_us, salt, payload FROM record"
            " WHERE log = ? AND idx >= ? AND idx < ? ORDER BY idx",
            bounds,
        )
    )
    yield from merge(messages, records, key=attrgetter("index"))


def read_leaves(
    connection: sqlite3.Connection, log: int, first: int = 0, end: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Yield (index, leaf) of entries [first, end) of one of our logs, without reading any body.

    Nothing is checked: entries that are missing are not yielded. Memory stays flat.
    """
    bounds = (log, first, MAX_TREE_SIZE if end is None else end)
    messages = (
        (index, sent_leaf(stream, seq, id_, created_us))
        if direction == OUT
        else (index, received_leaf(stream, seq, id_, time_us))
        for index, direction, stream, seq, id_, created_us, time_us in connection.execute(
            "SELECT idx, direction, stream, seq, id, created_us, time_us FROM message"
            " WHERE log = ? AND idx >= ? AND idx < ? ORDER BY idx",
            bounds,
        )
    )
    records = (
        (index, own_leaf(kind, sha256(payload).digest(), time_us, salt))
        for index, kind, time_us, salt, payload in connection.execute(
            "SELECT idx, kind, time_us, salt, payload FROM record"
            " WHERE log = ? AND idx >= ? AND idx < ? ORDER BY idx",
            bounds,
        )
    )
    yield from merge(messages, records, key=itemgetter(0))
