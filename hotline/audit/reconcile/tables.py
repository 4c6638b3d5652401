"""Both records side by side in temporary tables, so that memory stays flat at any size.

The database has no name: SQLite keeps it in a file of its own that nobody else can open, and
removes it. Side 0 is ``a``, side 1 is ``b``; what a table holds *of* a side is what that side's
record says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from hotline.audit.entries import Entry, MessageEntry
from hotline.audit.reconcile.findings import SideName
from hotline.trust.merkle import leaf_hash
from hotline.wire.frames import ReceiptItem

IN, OUT = "in", "out"
BATCH = 2000
"""Rows that are put in at a time."""

_SCHEMA = """
-- Every entry of the line's logs, in the order of their leaves; the last columns of messages only.
-- `place` is where the source finds the body again.
CREATE TABLE entry(
    side INTEGER, epoch INTEGER, idx INTEGER, kind TEXT, time_us INTEGER, hash BLOB,
    direction TEXT, stream INTEGER, seq INTEGER, id BLOB, created_us INTEGER, place INTEGER,
    PRIMARY KEY(side, epoch, idx)
) WITHOUT ROWID;
-- What a side's receipts say of its own messages: `idx` is the entry that holds the receipt.
CREATE TABLE item(
    side INTEGER, epoch INTEGER, stream INTEGER, first_seq INTEGER, count INTEGER,
    first_index INTEGER, time_us INTEGER, taken_us INTEGER, idx INTEGER,
    PRIMARY KEY(side, epoch, stream, first_seq)
) WITHOUT ROWID;
-- What a side holds of the other's log: `note` where the other signed it, `idx` its entry or NULL.
CREATE TABLE held(
    side INTEGER, epoch INTEGER, size INTEGER, root BLOB, note BLOB, idx INTEGER
);
-- The other's cosignatures over a side's own log.
CREATE TABLE cosigned(side INTEGER, epoch INTEGER, size INTEGER, root BLOB, line TEXT);
CREATE TABLE reading(side INTEGER, message BLOB, time_us INTEGER, officer TEXT);
CREATE TABLE clock(side INTEGER, time_us INTEGER, offset_us INTEGER, round_trip_us INTEGER);
-- Ids of messages that a difference is about.
CREATE TABLE different(id BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX entry_by_seq ON entry(side, epoch, direction, stream, seq)
    WHERE direction IS NOT NULL;
CREATE INDEX held_by_size ON held(side, epoch, size);
CREATE INDEX cosigned_by_size ON cosigned(side, epoch, size);
CREATE INDEX reading_by_message ON reading(side, message, time_us);
"""


class Said(msgspec.Struct, frozen=True, gc=False):
    """One message as one record has it."""

    stream: int
    seq: int
    entry: int
    id: bytes
    kind: str
    created_us: int
    time_us: int


class Told(msgspec.Struct, frozen=True, gc=False):
    """What one receipt tells of a run of messages; ``entry`` is the one that holds it."""

    stream: int
    first_seq: int
    many: int
    first_index: int
    time_us: int
    taken_us: int
    entry: int


class Held(msgspec.Struct, frozen=True, gc=False):
    """A state of the other's log as a side holds it; see the table."""

    size: int
    root: bytes
    note: bytes | None
    index: int | None


class Found(msgspec.Struct, frozen=True, gc=False):
    """One entry, whatever it is."""

    entry: int
    kind: str
    time_us: int
    id: bytes | None


class Tables:
    """The temporary tables; ``close`` removes them."""

    def __init__(self) -> None:
        self.db = sqlite3.connect("", isolation_level=None)
        self.db.execute("PRAGMA journal_mode = OFF")
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("PRAGMA cache_size = -65536")
        self.db.executescript(_SCHEMA)
        self.db.execute("BEGIN")
        self._waiting: list[tuple[object, ...]] = []

    def close(self) -> None:
        """Remove the tables."""
        self.db.close()

    # --- Putting in -----------------------------------------------------------------------

    def add(self, side: SideName, epoch: int, entry: Entry, place: int) -> None:
        """Put in one entry."""
        row: tuple[object, ...] = (
            _number(side),
            epoch,
            entry.index,
            entry.kind,
            entry.time_us,
            leaf_hash(entry.leaf()),
        )
        if isinstance(entry, MessageEntry):
            row += (entry.direction, entry.stream, entry.seq, entry.id, entry.created_us, place)
        else:
            row += (None,) * 6
        self._waiting.append(row)
        if len(self._waiting) >= BATCH:
            self._write()

    def _write(self) -> None:
        # A second entry under one index cannot be in a tree; whoever reads the source says so.
        self.db.executemany(
            f"INSERT OR IGNORE INTO entry VALUES ({','.join('?' * 12)})", self._waiting
        )
        self._waiting.clear()

    def add_item(
        self, side: SideName, epoch: int, item: ReceiptItem, taken_us: int, index: int
    ) -> None:
        """Put in what a receipt that was taken says."""
        told = (item.stream, item.first_seq, item.count, item.first_index, item.time_us)
        self.db.execute(
            "INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?)",
            (_number(side), epoch, *told, taken_us, index),
        )

    def add_held(self, side: SideName, epoch: int, held: Held) -> None:
        """Put in a state of the other's log that a side holds."""
        row = (held.size, held.root, held.note, held.index)
        self.db.execute("INSERT INTO held VALUES (?,?,?,?,?,?)", (_number(side), epoch, *row))

    def add_cosigned(self, side: SideName, epoch: int, size: int, root: bytes, line: str) -> None:
        """Put in a cosignature of the other over a side's own log."""
        self.db.execute(
            "INSERT INTO cosigned VALUES (?,?,?,?,?)", (_number(side), epoch, size, root, line)
        )

    def add_reading(self, side: SideName, message: bytes, officer: str, time_us: int) -> None:
        """Put in who opened a message."""
        self.db.execute(
            "INSERT INTO reading VALUES (?,?,?,?)", (_number(side), message, time_us, officer)
        )

    def add_clock(self, side: SideName, time_us: int, offset_us: int, round_trip_us: int) -> None:
        """Put in how far the other's clock was ahead, as a side measured it."""
        self.db.execute(
            "INSERT INTO clock VALUES (?,?,?,?)",
            (_number(side), time_us, offset_us, round_trip_us),
        )

    def mark_different(self, ids: Sequence[bytes]) -> None:
        """Remember that a difference is about these messages."""
        self.db.executemany("INSERT OR IGNORE INTO different VALUES (?)", ((id_,) for id_ in ids))

    def complete(self) -> None:
        """Take note that everything is in, so that it can be looked up."""
        self._write()
        self.db.executescript(_INDEXES)

    # --- Reading --------------------------------------------------------------------------

    def leaves(self, side: SideName, epoch: int) -> Iterator[tuple[int, bytes]]:
        """Yield (entry, leaf hash) of a side's own log, in order."""
        return self.db.execute(
            "SELECT idx, hash FROM entry WHERE side = ? AND epoch = ? ORDER BY idx",
            (_number(side), epoch),
        )

    def messages(self, side: SideName, epoch: int, direction: str) -> Iterator[Said]:
        """Yield a side's messages of one direction by stream and number."""
        rows = self.db.execute(
            "SELECT stream, seq, idx, id, kind, created_us, time_us FROM entry"
            " INDEXED BY entry_by_seq"
            " WHERE side = ? AND epoch = ? AND direction = ? ORDER BY stream, seq, idx",
            (_number(side), epoch, direction),
        )
        return (Said(*row) for row in rows)

    def message(
        self, side: SideName, epoch: int, direction: str, stream: int, seq: int
    ) -> Said | None:
        """Return one message by its number, the first under it; None where there is none."""
        row = self.db.execute(
            "SELECT stream, seq, idx, id, kind, created_us, time_us FROM entry"
            " INDEXED BY entry_by_seq WHERE side = ? AND epoch = ? AND direction = ?"
            " AND stream = ? AND seq = ? ORDER BY idx LIMIT 1",
            (_number(side), epoch, direction, stream, seq),
        ).fetchone()
        return None if row is None else Said(*row)

    def last_seqs(self, side: SideName, epoch: int, direction: str) -> dict[int, int]:
        """Return the highest number of each stream."""
        return dict(
            self.db.execute(
                "SELECT stream, max(seq) FROM entry INDEXED BY entry_by_seq"
                " WHERE side = ? AND epoch = ? AND direction = ? GROUP BY stream",
                (_number(side), epoch, direction),
            )
        )

    def items(self, side: SideName, epoch: int) -> Iterator[Told]:
        """Yield what a side's receipts say, by stream and number."""
        rows = self.db.execute(
            "SELECT stream, first_seq, count, first_index, time_us, taken_us, idx FROM item"
            " WHERE side = ? AND epoch = ? ORDER BY stream, first_seq",
            (_number(side), epoch),
        )
        return (Told(*row) for row in rows)

    def held(self, side: SideName, epoch: int) -> Iterator[Held]:
        """Yield what a side holds of the other's log, smallest first, signed ones first."""
        rows = self.db.execute(
            "SELECT size, root, note, idx FROM held WHERE side = ? AND epoch = ?"
            " ORDER BY size, note IS NULL, idx",
            (_number(side), epoch),
        )
        return (Held(*row) for row in rows)

    def cosigned(self, side: SideName, epoch: int) -> Iterator[tuple[int, bytes, str]]:
        """Yield (size, root, line) of the other's cosignatures over a side's log."""
        return self.db.execute(
            "SELECT size, root, line FROM cosigned WHERE side = ? AND epoch = ? ORDER BY size",
            (_number(side), epoch),
        )

    def entry(self, side: SideName, epoch: int, index: int) -> Found | None:
        """Return one entry of a side's log; None where it has none."""
        row = self.db.execute(
            "SELECT idx, kind, time_us, id FROM entry WHERE side = ? AND epoch = ? AND idx = ?",
            (_number(side), epoch, index),
        ).fetchone()
        return None if row is None else Found(*row)

    def place(self, side: SideName, epoch: int, index: int) -> int | None:
        """Return where a message's body is found again; None where the entry is none."""
        row = self.db.execute(
            "SELECT place FROM entry WHERE side = ? AND epoch = ? AND idx = ?",
            (_number(side), epoch, index),
        ).fetchone()
        return None if row is None else row[0]

    def clocks(self, side: SideName) -> Iterator[tuple[int, int, int]]:
        """Yield (time, offset, round trip) as a side measured them, in order of time."""
        return self.db.execute(
            "SELECT time_us, offset_us, round_trip_us FROM clock WHERE side = ? ORDER BY time_us",
            (_number(side),),
        )

    def bounds(self, side: SideName) -> tuple[int | None, int | None]:
        """Return the earliest and the latest time of a side's entries."""
        first, last = self.db.execute(
            "SELECT min(time_us), max(time_us) FROM entry WHERE side = ?", (_number(side),)
        ).fetchone()
        return first, last


def _number(side: SideName) -> int:
    return 0 if side == "a" else 1
