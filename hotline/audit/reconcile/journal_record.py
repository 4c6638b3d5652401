"""A node's own record, or a backup of it, as one side of a reconciliation.

The node may be running. What was falsified in the file is compared as it stands; bytes that are no
text come out marked, and no value is larger than what a verification takes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from hotline.audit.entries import read_entries
from hotline.audit.reconcile.findings import EntryRef
from hotline.audit.reconcile.records import Horizon, LineState, Placed, Recovery
from hotline.audit.reconcile.tables import Held
from hotline.audit.verification.journal import verify_journal
from hotline.audit.verification.node import RECOVERED, read_recovered
from hotline.audit.verification.spans import MAX_VALUE
from hotline.errors import HotlineError
from hotline.journal.banner import exercise_of
from hotline.journal.log import leaf_hashes, stored_root
from hotline.journal.prune import archived_lines
from hotline.journal.schema import connect, store_error
from hotline.model.letter import banner
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.cosignature import WitnessKey
from hotline.trust.merkle import leaf_hash
from hotline.trust.notes import Note
from hotline.wire.leaf import own_leaf

TOLD = 3
"""Failures of a record's own verification that are told here."""
RUN = 4096
"""Leaf hashes that are read at a time."""


class JournalRecord:
    """The journal at ``path`` with the public cards beside it.

    ``witnesses`` are the outside ones, by name; ``segment`` is the origin of the one log of an
    archived segment, empty for a node's record. ``complete`` is False for a backup, which says
    itself that it is of the past. Raises JournalError when the file cannot be read.
    """

    form = "journal"

    def __init__(
        self,
        name: str,
        path: Path,
        card: Card,
        pins: Mapping[str, Card],
        *,
        witnesses: Mapping[str, WitnessKey] | None = None,
        segment: str = "",
        complete: bool = True,
    ) -> None:
        self.name = name
        self.complete = complete
        self.segment = bool(segment)
        self.card = card
        self.pins = pins
        self._path = path
        self._witnesses = witnesses or {}
        self._segment = segment
        self._peer = ""
        self.traffic = banner(card.status, ())
        # (own log, mirror) of each epoch, by their rows.
        self._logs: dict[int, tuple[int, int]] = {}
        self._db = connect(path, writable=False)
        self._db.text_factory = lambda data: data.decode(errors="replace")
        self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)

    def glance(self, peer: str) -> dict[int, Horizon]:
        """Return where each epoch of the line stands now."""
        with _reading():
            rows = self._db.execute(
                "SELECT l.epoch, o.size,"
                " max(m.size, coalesce((SELECT size FROM witnessed WHERE origin = m.origin), 0)),"
                " coalesce((SELECT max(size) FROM cosignature c"
                "   WHERE c.log = l.log AND c.witness = l.peer), 0)"
                " FROM line l JOIN log o ON o.id = l.log JOIN log m ON m.id = l.mirror"
                " WHERE l.peer = ?",
                (peer,),
            )
            return {epoch: Horizon(*rest) for epoch, *rest in rows}

    def begin(self, peer: str) -> None:
        """Hold on to one state of the journal."""
        self._peer = peer
        with _reading():
            if self._db.in_transaction:
                self._db.execute("COMMIT")  # of a comparison before this one
            self._db.execute("BEGIN")
            self._logs = {
                epoch: (log, mirror)
                for epoch, log, mirror in self._db.execute(
                    "SELECT epoch, log, mirror FROM line WHERE peer = ? ORDER BY epoch", (peer,)
                )
            }
            # Of this line alone: what other lines were for is not the peer's affair.
            newest = self._logs[max(self._logs)][0] if self._logs else None
            named = [
                exercise_of(self._db, origin)
                for (origin,) in self._db.execute("SELECT origin FROM log WHERE id = ?", (newest,))
            ]
            self.traffic = banner(self.card.status, named)

    def lines(self) -> list[LineState]:
        """Return each epoch of the line, oldest first."""
        found = []
        with _reading():
            taken_out = archived_lines(self._db)
            for epoch, (log, mirror) in self._logs.items():
                row = self._db.execute(
                    "SELECT o.origin, o.size, o.note, m.size FROM log o, log m"
                    " WHERE o.id = ? AND m.id = ?",
                    (log, mirror),
                ).fetchone()
                if row is None:
                    continue
                origin, size, note, mirrored = row
                signed = _checkpoint(note)
                gone = taken_out.get(log)
                found.append(
                    LineState(
                        epoch,
                        origin,
                        size,
                        signed.size if signed is not None else 0,
                        note,
                        mirrored if gone is None else None,
                        gone.root if gone is not None and gone.size == size else None,
                    )
                )
        return found

    def recoveries(self) -> Mapping[str, Recovery]:
        """Return what the node's own logs say of the logs that recoveries closed, by origin.

        Only what the centre has signed: the first entry of a log of the node with a checkpoint.
        """
        found: dict[str, Recovery] = {}
        with _reading():
            rows = self._db.execute(
                "SELECT g.id, g.origin, g.note, r.time_us, r.salt, r.payload"
                " FROM log g JOIN record r ON r.log = g.id AND r.idx = 0 AND r.kind = ?"
                " WHERE g.own AND g.id NOT IN (SELECT log FROM line) ORDER BY g.id",
                (RECOVERED,),
            ).fetchall()
            for log, origin, note, time_us, salt, payload in rows:
                try:
                    checkpoint = open_checkpoint(note, origin, self.card.log)
                    said = read_recovered(payload)
                    leaf = own_leaf(RECOVERED, sha256(payload).digest(), time_us, salt)
                    signed = (
                        leaf_hashes(self._db, log, 0, 1) == [leaf_hash(leaf)]
                        and stored_root(self._db, log, checkpoint.size) == checkpoint.root
                    )
                except HotlineError:
                    continue
                ref = EntryRef(origin, 0, time_us)
                for closed in said.closed if signed else ():
                    # A later recovery names the logs again that an earlier one has closed.
                    found.setdefault(closed.origin, Recovery(closed.size, said.officer, ref))
        return found

    def entries(self) -> Iterator[Placed]:
        """Yield all entries of the line's logs, epoch by epoch, in the order of their leaves."""
        with _reading():
            for epoch, (log, _) in self._logs.items():
                for entry in read_entries(self._db, log):
                    yield epoch, entry, entry.index

    def body(self, epoch: int, place: int) -> bytes | None:
        """Return the body of the message that is entry ``place``."""
        with _reading():
            log, _ = self._logs[epoch]
            row = self._db.execute(
                "SELECT substr(e.bytes, m.position + 1, m.length) FROM message m"
                " JOIN envelope e ON e.id = m.envelope WHERE m.log = ? AND m.idx = ?",
                (log, place),
            ).fetchone()
            return None if row is None else row[0]

    def held(self, epoch: int) -> Iterator[Held]:
        """Yield the newest checkpoints that are kept, and the states that were cosigned."""
        with _reading():
            _, mirror = self._logs[epoch]
            for (note,) in self._db.execute(
                "SELECT note FROM log WHERE id = ?1 UNION ALL SELECT w.note FROM witnessed w"
                " JOIN log m ON m.origin = w.origin WHERE m.id = ?1",
                (mirror,),
            ):
                checkpoint = _checkpoint(note)
                if checkpoint is not None:
                    yield Held(checkpoint.size, checkpoint.root, note, None)
            for size, root in self._db.execute(
                "SELECT size, root FROM cosignature WHERE log = ? AND witness = ? ORDER BY size",
                (mirror, self.card.centre),
            ):
                yield Held(size, root, None, None)

    def cosigned(self, epoch: int) -> Iterator[tuple[int, bytes, str]]:
        """Yield the peer's cosignatures over the own log."""
        with _reading():
            yield from self._db.execute(
                "SELECT size, root, line FROM cosignature WHERE log = ? AND witness = ?"
                " ORDER BY size",
                (self._logs[epoch][0], self._peer),
            )

    def note_at(self, epoch: int, size: int) -> bytes | None:
        """Return the checkpoint that was given over ``size`` entries."""
        with _reading():
            row = self._db.execute(
                "SELECT note FROM receipt_given WHERE log = ? AND size = ?",
                (self._logs[epoch][0], size),
            ).fetchone()
            return None if row is None else row[0]

    def mirror_root(self, epoch: int, size: int) -> bytes | None:
        """Return the root of the mirror's first ``size`` leaves; None where hashes lack."""
        with _reading():
            try:
                return stored_root(self._db, self._logs[epoch][1], size)
            except HotlineError:
                return None

    def mirror_leaves(self, epoch: int) -> Iterator[bytes]:
        """Yield the mirror's leaf hashes as far as they are there."""
        _, mirror = self._logs[epoch]
        first = 0
        with _reading():
            while hashes := leaf_hashes(self._db, mirror, first, first + RUN):
                yield from hashes
                first += len(hashes)

    def verify(self, progress: Callable[[int, int], None] | None = None) -> str | None:
        """Return why the journal does not hold, None when every step of verification passes."""
        report = verify_journal(
            self._path,
            self.card,
            self.pins,
            progress,
            witnesses=self._witnesses,
            segment=self._segment,
            jobs=os.cpu_count() or 1,
        )
        if report.ok:
            return None
        told = []
        for failure in report.failures[:TOLD]:
            place = f", entry {failure.entry}" if failure.entry >= 0 else ""
            where = f" ({failure.log}{place})" if failure.log else ""
            told.append(f"step {failure.step}: {failure.text}{where}")
        more = len(report.failures) - TOLD
        return "; ".join(told) + (f"; and {more} more" if more > 0 else "")

    def close(self) -> None:
        """Close the journal."""
        self._db.close()


@contextmanager
def _reading() -> Iterator[None]:
    """Raise JournalError for what the store raises inside."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error) from error


def _checkpoint(note: bytes) -> Checkpoint | None:
    """Return the checkpoint in a note, None when there is none to be read."""
    try:
        return Checkpoint.parse(Note.parse(note).text)
    except HotlineError:
        return None
