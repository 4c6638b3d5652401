"""What a record holds of one log: signed checkpoints, cosignatures, and proofs from its hashes.

For a log of our own these are the checkpoints that we gave; for the mirror of a peer's log those
of the receipts that we took, and the newest one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import pairwise

from hotline.audit.checkpoints import newest_given
from hotline.audit.entries import Log
from hotline.errors import HotlineError, JournalError
from hotline.journal.log import node_reader
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.merkle import HASH_SIZE, consistency_path, inclusion_path
from hotline.trust.notes import Note, NoteKey, NoteSignature
from hotline.trust.proof import Proof
from hotline.wire.codec import unpack
from hotline.wire.frames import MAX_NOTE

MAX_RECEIPT = 256 * 1024


class HeldLog:
    """One log in a journal. ``witnesses`` are the keys whose cosignatures are given on.

    ``peer`` is the centre that witnesses this log: the one that does not keep it. Remembers in
    ``used`` each checkpoint that a proof was made under, by size.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        log: Log,
        peer: str,
        witnesses: Mapping[str, NoteKey],
    ) -> None:
        self._connection = connection
        self._read = node_reader(connection, log.id)
        self._witnesses = {(key.name, key.key_id) for key in witnesses.values()}
        self.log = log
        self.peer = peer
        self.used: dict[int, bytes] = {}
        # Cosigned checkpoints that were chosen, each with the first entry it was chosen for.
        self._chosen: list[tuple[int, int, bytes]] = []

    # --- Checkpoints --------------------------------------------------------------------------

    def newest(self) -> tuple[int, bytes] | None:
        """Return size and note of the newest checkpoint; None while there is none."""
        if self.log.own:
            return newest_given(self._connection, self.log)
        return (_size(self.log.note), self.log.note) if self.log.note else None

    def covering(self, index: int, near: int) -> Iterator[tuple[int, bytes]]:
        """Yield size and note of the checkpoints that cover an entry, the smallest first.

        ``near`` is an entry of the line's own log close to which a mirror's are looked for.
        """
        if self.log.own:
            if self.log.peer is None:
                newest = self.newest()
                if newest is not None and newest[0] > index:
                    yield newest
                return
            for size, note in self._connection.execute(
                "SELECT size, note FROM receipt_given WHERE log = ? AND size > ? ORDER BY size",
                (self.log.id, index),
            ):
                yield int(size), bytes(note)
            return
        first = near
        for entry, size, _ in self._receipts(near, "idx < ?", "DESC"):
            if size <= index:
                break
            first = entry
        last = 0
        for _, size, note in self._receipts(first, "idx >= ?", ""):
            if size > index:
                last = size
                yield size, note
        newest = self.newest()
        if newest is not None and newest[0] > max(index, last):
            yield newest

    def choose(self, index: int, near: int = 0) -> tuple[int, bytes] | None:
        """Return the smallest cosigned checkpoint that covers an entry, else the smallest signed.

        None when no checkpoint covers it yet.
        """
        for first, size, note in self._chosen:
            if first <= index < size:  # nothing lies between, or it would have been chosen
                return size, note
        seen = self._connection.execute(
            "SELECT max(size) FROM cosignature WHERE log = ? AND witness = ?",
            (self.log.id, self.peer),
        ).fetchone()[0]
        smallest = None
        for size, note in self.covering(index, near):
            smallest = smallest or (size, note)
            if seen is None or seen < size:
                break
            if self._cosigned(size):
                self._chosen.append((index, size, note))
                return size, note
        return smallest

    def newest_cosigned(self) -> tuple[int, bytes] | None:
        """Return the newest checkpoint of a line's log that the peer has cosigned, if any."""
        row = self._connection.execute(
            "SELECT c.size, g.note FROM cosignature c JOIN receipt_given g"
            " ON g.log = c.log AND g.size = c.size"
            " WHERE c.log = ? AND c.witness = ? ORDER BY c.size DESC LIMIT 1",
            (self.log.id, self.peer),
        ).fetchone()
        return None if row is None else (int(row[0]), bytes(row[1]))

    def _cosigned(self, size: int) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM cosignature WHERE log = ? AND size = ? AND witness = ?",
            (self.log.id, size, self.peer),
        ).fetchone()
        return row is not None

    def _receipts(self, at: int, where: str, order: str) -> Iterator[tuple[int, int, bytes]]:
        """Yield entry, size and note of the receipts that the line's log holds, from one on."""
        for entry, payload in self._connection.execute(
            f"SELECT idx, payload FROM record WHERE log = ? AND kind = 'receipt' AND {where}"
            f" ORDER BY idx {order}",
            (self.log.other, at),
        ):
            note = checkpoint_of(payload)
            yield entry, _size(note), note

    def use(self, size: int, note: bytes) -> bytes:
        """Return a checkpoint with the cosignatures that are held over it, and remember it."""
        if size not in self.used:
            lines = self._connection.execute(
                "SELECT line FROM cosignature WHERE log = ? AND size = ? ORDER BY witness",
                (self.log.id, size),
            )
            Note.parse(note)  # a note that is none must not get into a file
            self.used[size] = note + b"".join(
                line.encode() for (line,) in lines if self._known(line)
            )
        return self.used[size]

    def _known(self, line: str) -> bool:
        signature = NoteSignature.parse(line.removesuffix("\n"))
        return (signature.name, signature.key_id) in self._witnesses

    # --- Proofs -------------------------------------------------------------------------------

    def prove(self, index: int, leaf: bytes, checkpoint: tuple[int, bytes]) -> str:
        """Return the tlog-proof of an entry under a checkpoint. Raises JournalError."""
        size, note = checkpoint
        path = tuple(inclusion_path(index, size, self._read))
        return Proof(index, path, self.use(size, note), leaf).encode()

    def joined(self) -> Iterator[tuple[bytes, ...]]:
        """Yield the consistency path from each used checkpoint to the next, by size."""
        for older, newer in pairwise(sorted(self.used)):
            yield tuple(consistency_path(older, newer, self._read))

    def find(self, leaf_hashes: set[bytes]) -> dict[bytes, int]:
        """Return where these leaf hashes lie in the log; one pass, ended once all are found."""
        found: dict[bytes, int] = {}
        for first, run in self._connection.execute(
            "SELECT first, hashes FROM leaf_run WHERE log = ? ORDER BY first DESC", (self.log.id,)
        ):
            if len(found) == len(leaf_hashes):
                break
            for offset in range(0, len(run), HASH_SIZE):
                node = run[offset : offset + HASH_SIZE]
                if node in leaf_hashes:
                    found[node] = first + offset // HASH_SIZE
        return found


def checkpoint_of(payload: bytes) -> bytes:
    """Return the peer's note in the payload of a ``receipt`` entry. Raises JournalError."""
    try:
        what = unpack(payload, max_bytes=MAX_RECEIPT)
        note = what["checkpoint"] if isinstance(what, dict) else None
    except (HotlineError, KeyError):
        note = None
    if not isinstance(note, bytes) or len(note) > MAX_NOTE:
        raise JournalError(
            "journal.corrupt",
            "a stored receipt cannot be read",
            "stop the node, keep the damaged file as evidence, restore the newest backup",
        )
    return note


def _size(note: bytes) -> int:
    return Checkpoint.parse(Note.parse(note).text).size
