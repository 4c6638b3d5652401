"""A falsifier who holds one centre's keys: changes its record, and signs all of it again.

What is left to convict it is what the other side has: that is what reconciliation is for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from hotline.journal.incoming import decode_items, encode_items
from hotline.journal.state import OUT
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.keys import Role
from hotline.trust.merkle import Frontier
from hotline.wire.body import decode_body, encode_body, message_id
from hotline.wire.codec import pack, unpack
from hotline.wire.envelope import body_spans, decode_envelope, encode_envelope, group_input
from hotline.wire.shapes import NOTHING_BEFORE
from tests.audit.tampering import hashes_of, log_id, rehash
from tests.journal.ledger import PEER, key

SALT = bytes(range(16))
_COLUMNS = {"message": 15, "record": 6}


@contextmanager
def forged(copy: Path, centre: str) -> Iterator[Forger]:
    """Give a falsifier of a copy of a centre's journal; at the end all of it is signed again."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        forger = Forger(db, centre)
        yield forger
        forger.sign_again()
        db.execute("COMMIT")


class Forger:
    """Changes the log that a centre keeps of its line, in its first epoch."""

    def __init__(self, db: sqlite3.Connection, centre: str) -> None:
        self.db = db
        self.centre = centre
        self.origin = f"hotline/exercise/{centre}/{PEER[centre]}/1"
        self.log = log_id(db, self.origin)

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return sum(
            self.db.execute(f"SELECT count(*) FROM {table} WHERE log = ?", (self.log,)).fetchone()[
                0
            ]
            for table in _COLUMNS
        )

    def delete(self, index: int) -> None:
        """Take one entry out."""
        for table in _COLUMNS:
            self.db.execute(f"DELETE FROM {table} WHERE log = ? AND idx = ?", (self.log, index))
        self._renumber({old: old - 1 for old in range(index + 1, self.size + 1)})

    def insert(self, index: int) -> None:
        """Put in an entry that never was: an officer who read something."""
        self._renumber({old: old + 1 for old in range(index, self.size)})
        payload = pack({"message": bytes(32), "officer": "nobody"})
        self.db.execute(
            "INSERT INTO record VALUES (?, ?, 'read', 1, ?, ?)", (self.log, index, SALT, payload)
        )

    def swap(self, index: int) -> None:
        """Put one entry after the one that followed it."""
        self._renumber({index: index + 1, index + 1: index})

    def alter(self, index: int) -> None:
        """Change one entry: what was said, or when something was received or happened."""
        row = self.db.execute(
            "SELECT direction, stream, seq FROM message WHERE log = ? AND idx = ?",
            (self.log, index),
        ).fetchone()
        if row is not None and row[0] == OUT:
            self.say_otherwise(*row[1:])
            return
        table = "record" if row is None else "message"
        self.db.execute(
            f"UPDATE {table} SET time_us = time_us + 1 WHERE log = ? AND idx = ?",
            (self.log, index),
        )

    def roll_back(self, size: int) -> None:
        """Take away everything from an entry on."""
        for table in _COLUMNS:
            self.db.execute(f"DELETE FROM {table} WHERE log = ? AND idx >= ?", (self.log, size))

    def say_otherwise(self, stream: int, seq: int) -> None:
        """Replace a message that was sent, and sign it and all that follow it in its stream."""
        previous = NOTHING_BEFORE
        groups = self.db.execute(
            "SELECT id, bytes FROM envelope WHERE log = ? AND direction = 0 AND stream = ?"
            " ORDER BY first_seq",
            (self.log, stream),
        ).fetchall()
        for envelope, data in groups:
            bodies = []
            for old in decode_envelope(data).bodies:
                body = msgspec.structs.replace(decode_body(old), previous=previous)
                if body.seq == seq:
                    body = msgspec.structs.replace(body, payload=b"\x81\xa1n\xa5never")
                bodies.append(encode_body(body))
                previous = message_id(bodies[-1])
            signature = key(Role.SIGNING, self.centre).sign(group_input(bodies))
            again = encode_envelope([signature], bodies)
            self.db.execute("UPDATE envelope SET bytes = ? WHERE id = ?", (again, envelope))
            for body, (position, length) in zip(bodies, body_spans(again), strict=True):
                self.db.execute(
                    "UPDATE message SET id = ?, position = ?, length = ? WHERE log = ?"
                    " AND direction = 0 AND stream = ? AND seq = ?",
                    (
                        message_id(body),
                        position,
                        length,
                        self.log,
                        stream,
                        decode_body(body).seq,
                    ),
                )

    def change_record(self, kind: str, **values: object) -> None:
        """Change what the newest record of a kind says."""
        index, payload = self.db.execute(
            "SELECT idx, payload FROM record WHERE log = ? AND kind = ? ORDER BY idx DESC LIMIT 1",
            (self.log, kind),
        ).fetchone()
        said = unpack(payload)
        assert isinstance(said, dict)
        self.db.execute(
            "UPDATE record SET payload = ? WHERE log = ? AND idx = ?",
            (pack(said | values), self.log, index),
        )

    def append_record(self, kind: str, what: dict[str, object]) -> None:
        """Enter something at the end."""
        self.db.execute(
            "INSERT INTO record VALUES (?, ?, ?, 1, ?, ?)",
            (self.log, self.size, kind, SALT, pack(what)),
        )

    def sign_again(self) -> None:
        """Make every hash fit, and every checkpoint and receipt that was given, with the keys."""
        rehash(self.db, self.origin)
        hashes = hashes_of(self.db, self.log)
        note = b""
        for size, items in self.db.execute(
            "SELECT size, items FROM receipt_given WHERE log = ? ORDER BY size", (self.log,)
        ).fetchall():
            if size > len(hashes):
                self.db.execute(
                    "DELETE FROM receipt_given WHERE log = ? AND size = ?", (self.log, size)
                )
                continue
            frontier = Frontier()
            frontier.extend(hashes[:size])
            checkpoint = Checkpoint(self.origin, size, frontier.root())
            note = sign_checkpoint(checkpoint, key(Role.LOG, self.centre))
            self.db.execute(
                "UPDATE receipt_given SET note = ?, items = ? WHERE log = ? AND size = ?",
                (note, self._items_again(items), self.log, size),
            )
            self.db.execute(
                "DELETE FROM cosignature WHERE log = ? AND size = ? AND root <> ?",
                (self.log, size, checkpoint.root),
            )
        self.db.execute("UPDATE log SET note = ? WHERE id = ?", (note, self.log))
        self.db.execute(
            "DELETE FROM cosignature WHERE log = ? AND size > ?", (self.log, len(hashes))
        )

    def _items_again(self, items: bytes) -> bytes:
        found = []
        for item in decode_items(items):
            row = self.db.execute(
                "SELECT idx, time_us FROM message WHERE log = ? AND direction = 1 AND stream = ?"
                " AND seq = ?",
                (self.log, item.stream, item.first_seq),
            ).fetchone()
            if row is not None:
                found.append(msgspec.structs.replace(item, first_index=row[0], time_us=row[1]))
        return encode_items(found)

    def _renumber(self, moved: dict[int, int]) -> None:
        """Give entries other indexes."""
        for table, columns in _COLUMNS.items():
            rows = self.db.execute(f"SELECT * FROM {table} WHERE log = ?", (self.log,)).fetchall()
            self.db.execute(f"DELETE FROM {table} WHERE log = ?", (self.log,))
            self.db.executemany(
                f"INSERT INTO {table} VALUES ({','.join('?' * columns)})",
                [(row[0], moved.get(row[1], row[1]), *row[2:]) for row in rows],
            )
        self.db.execute(
            "UPDATE envelope SET first_idx = coalesce((SELECT min(idx) FROM message"
            " WHERE message.log = envelope.log AND message.envelope = envelope.id), first_idx)"
            " WHERE log = ?",
            (self.log,),
        )
