"""Verification: whether a journal holds exactly what it must, by keys and bytes alone.

The steps and their numbers are those of ``docs/spec/log.md``, section 5; each failure names its
step, log and entry. Nothing is believed because a table says so: every stored message is hashed
again, every tree is grown again, every signature is checked again. What is missing, extra or
unsigned fails. Memory stays flat: all tables are read in order, side by side.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from hotline.errors import HotlineError, JournalError
from hotline.journal.incoming import decode_items
from hotline.journal.projections import check_projections
from hotline.journal.replay import Blocks, Cursor, LeafRuns, Taken
from hotline.journal.schema import SCHEMA_VERSION, connect, store_error
from hotline.journal.state import IN, NO_ID, OUT
from hotline.model.kinds import Status
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.keys import PublicKey, Role
from hotline.trust.merkle import EMPTY_ROOT, Frontier, leaf_hash
from hotline.trust.names import key_name, line_log_origin, node_log_origin
from hotline.wire.body import decode_body, message_id
from hotline.wire.codec import unpack
from hotline.wire.envelope import decode_envelope, verify_group
from hotline.wire.frames import ReceiptItem
from hotline.wire.leaf import own_leaf, received_leaf, sent_leaf

STEPS = {
    1: "the store is a journal of this centre and status",
    2: "every group is signed, and every message is the one that was signed",
    3: "sequences are contiguous and chained",
    4: "entries are complete, and every leaf is rebuilt from what is stored",
    5: "trees, blocks and edges agree with the leaves",
    6: "every checkpoint that was given is signed, and is of this tree",
    7: "every received message has its receipt, and no receipt has more",
    8: "the peer's leaves agree with its signed checkpoints",
    9: "every receipt taken proves our message in the peer's log",
    10: "every cosignature is of this tree and of its witness",
    11: "the desk's tables say what the entries say",
}
MAX_FAILURES = 100
"""Failures that are listed; what is wrong in a thousand places is shown by the first."""

Progress = Callable[[int, int], None]
"""Told how many of how many entries have been verified."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that does not hold: its step, the log and entry (-1: none), and why."""

    step: int
    log: str
    entry: int
    text: str


@dataclass(slots=True)
class Report:
    """What a verification found."""

    entries: int = 0
    messages: int = 0
    signatures: int = 0
    # Newest checkpoint of each own log, for comparing with others: (origin, size, root in hex).
    checkpoints: list[tuple[str, int, str]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class _Line:
    log: int
    mirror: int
    peer: str
    epoch: int
    own_origin: str
    peer_origin: str


def verify_journal(
    path: Path, own: Card, peers: dict[str, Card], progress: Progress | None = None
) -> Report:
    """Verify the journal at ``path`` (a file), also while its node runs: one moment is read.

    ``own`` and ``peers`` are the public cards. Raises JournalError when there is nothing to read.
    """
    connection = connect(path, writable=False)
    try:
        connection.execute("BEGIN")
        verification = _Verification(connection, own, peers, progress)
        verification.run()
        return verification.report
    except sqlite3.Error as error:
        raise store_error(error) from error
    finally:
        connection.close()


class _Verification:
    """One run over one journal."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        own: Card,
        peers: dict[str, Card],
        progress: Progress | None,
    ) -> None:
        self._db = connection
        self._own = own
        self._peers = peers
        self._progress = progress
        self.report = Report()
        self._total = 0

    def run(self) -> None:
        """Go through all steps, line by line."""
        if not self._store():
            return
        self._total = int(
            self._db.execute("SELECT coalesce(sum(size), 0) FROM log WHERE own").fetchone()[0]
        )
        known: set[int] = set()
        for line in self._lines():
            known |= {line.log, line.mirror}
            card = self._peers.get(line.peer)
            if card is None:
                self._fail(1, line.own_origin, -1, f"no card of {line.peer} is pinned")
                continue
            self._envelopes(line, card)
            self._streams(line)
            self._own_log(line.log, line.own_origin, line)
            self._receipts_cover(line)
            self._mirror(line, card)
            self._cosignatures(line, card)
        for log, origin in self._node_logs():
            known.add(log)
            self._own_log(log, origin, None)
        self._no_strangers(known)
        for where, entry, text in check_projections(self._db):
            self._fail(11, where, entry, text)

    # --- Step 1 ---------------------------------------------------------------------------

    def _store(self) -> bool:
        for (finding,) in self._db.execute("PRAGMA quick_check(10)"):
            if finding != "ok":
                self._fail(1, "", -1, f"the database is damaged: {finding}")
                return False
        meta = dict(self._db.execute("SELECT key, value FROM meta"))
        wanted = {
            "schema": str(SCHEMA_VERSION),
            "centre": self._own.centre,
            "status": str(self._own.status),
        }
        for key, value in wanted.items():
            if meta.get(key) != value:
                self._fail(1, "", -1, f"{key} is {meta.get(key)!r} where {value!r} is due")
                return False
        return True

    def _lines(self) -> Iterator[_Line]:
        rows = self._db.execute(
            "SELECT l.log, l.mirror, l.peer, l.epoch, o.origin, m.origin FROM line l"
            " LEFT JOIN log o ON o.id = l.log LEFT JOIN log m ON m.id = l.mirror ORDER BY l.log"
        ).fetchall()
        status = Status(self._own.status)
        for row in rows:
            line = _Line(*row)
            own = line_log_origin(status, self._own.centre, line.peer, line.epoch)
            theirs = line_log_origin(status, line.peer, self._own.centre, line.epoch)
            if (line.own_origin, line.peer_origin) != (own, theirs):
                self._fail(1, str(line.own_origin), -1, f"the line's logs are not {own}, {theirs}")
                continue
            yield line

    def _node_logs(self) -> list[tuple[int, str]]:
        generation = int(
            self._db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0]
        )
        status = Status(self._own.status)
        found = []
        for number in range(1, generation + 1):
            origin = node_log_origin(status, self._own.centre, number)
            row = self._db.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
            if row is None:
                self._fail(1, origin, -1, "the node's own log is missing")
            else:
                found.append((int(row[0]), origin))
        return found

    def _no_strangers(self, known: set[int]) -> None:
        """Fail on rows of logs that belong to no line and no generation of the node."""
        for table, column in (
            ("log", "id"),
            ("message", "log"),
            ("record", "log"),
            ("envelope", "log"),
            ("leaf_run", "log"),
            ("subtree", "log"),
            ("stream", "log"),
            ("receipt_given", "log"),
            ("receipt_taken", "log"),
            ("cosignature", "log"),
        ):
            for (log,) in self._db.execute(f"SELECT DISTINCT {column} FROM {table}"):
                if log not in known:
                    self._fail(1, str(log), -1, f"the table {table} has rows of a log of no line")

    # --- Steps 2 and 3 --------------------------------------------------------------------

    def _envelopes(self, line: _Line, card: Card) -> None:
        rows = self._db.execute(
            "SELECT id, direction, stream, first_seq, count, first_idx, bytes FROM envelope"
            " WHERE log = ? ORDER BY first_idx",
            (line.log,),
        )
        for id_, direction, stream, first_seq, count, first_idx, data in rows:
            key = self._own.signing if direction == OUT else card.signing
            try:
                envelope = decode_envelope(data)
                verify_group(envelope, key)
                bodies = [decode_body(body) for body in envelope.bodies]
            except HotlineError as error:
                self._fail(2, line.own_origin, first_idx, str(error))
                continue
            self.report.signatures += 1
            stored = self._db.execute(
                "SELECT direction, stream, seq, id, kind, created_us, envelope, position, length"
                " FROM message WHERE log = ? AND idx >= ? AND idx < ? ORDER BY idx",
                (line.log, first_idx, first_idx + count),
            ).fetchall()
            way = (direction, stream)
            due = [
                (*way, body.seq, message_id(raw), body.kind, body.created_us, id_, *span)
                for body, raw, span in zip(bodies, envelope.bodies, envelope.spans(), strict=True)
            ]
            if stored != due:
                self._fail(2, line.own_origin, first_idx, "the messages are not those signed")
            names = (self._own.centre, line.peer)
            for offset, body in enumerate(bodies):
                expected = (
                    *(names if direction == OUT else names[::-1]),
                    line.epoch,
                    stream,
                    first_seq + offset,
                    str(self._own.status),
                )
                said = (
                    *(body.sender, body.recipient, body.epoch, body.precedence, body.seq),
                    body.status,
                )
                if said != expected:
                    self._fail(2, line.own_origin, first_idx + offset, f"the body says {said}")

    def _streams(self, line: _Line) -> None:
        stored = {
            (direction, stream): (next_seq, last_id)
            for direction, stream, next_seq, last_id in self._db.execute(
                "SELECT direction, stream, next_seq, last_id FROM stream WHERE log = ?", (line.log,)
            )
        }
        marks: dict[tuple[int, int], tuple[int, bytes]] = {}
        for idx, direction, stream, seq, id_, body in self._db.execute(
            "SELECT m.idx, m.direction, m.stream, m.seq, m.id,"
            " substr(e.bytes, m.position + 1, m.length)"
            " FROM message m LEFT JOIN envelope e ON e.id = m.envelope"
            " WHERE m.log = ? ORDER BY m.idx",
            (line.log,),
        ):
            self.report.messages += 1
            next_seq, last_id = marks.get((direction, stream), (1, NO_ID))
            try:
                previous = decode_body(body or b"").previous
            except HotlineError as error:
                self._fail(2, line.own_origin, idx, str(error))
                continue
            if seq != next_seq:
                self._fail(3, line.own_origin, idx, f"sequence {seq} where {next_seq} was due")
            if previous != last_id:
                self._fail(3, line.own_origin, idx, "the chain of previous hashes is broken")
            marks[direction, stream] = (seq + 1, id_)
        if stored != marks:
            self._fail(3, line.own_origin, -1, "the streams' marks are not those of the messages")

    # --- Steps 4 to 7, for an own log -----------------------------------------------------

    def _own_log(self, log: int, origin: str, line: _Line | None) -> None:
        row = self._db.execute(
            "SELECT size, frontier, note FROM log WHERE id = ?", (log,)
        ).fetchone()
        size, encoded, note = row
        runs = LeafRuns(self._db, log)
        blocks = Blocks(self._db, log)
        frontier = Frontier()
        checkpoints = Cursor(
            self._db.execute(
                "SELECT size, old_size, note, items FROM receipt_given WHERE log = ? ORDER BY size",
                (log,),
            )
        )
        sealed = 0
        newest = b""
        for index, leaf in self._leaves(log, origin):
            hashed = leaf_hash(leaf)
            if runs.next() != hashed:
                self._fail(4, origin, index, "the stored leaf hash is not that of what is stored")
            frontier.append(hashed)
            if not blocks.add(hashed):
                self._fail(5, origin, index, "a stored block's root is not that of its leaves")
            while checkpoints.row is not None and checkpoints.row[0] == frontier.size:
                _size, old_size, text, items = checkpoints.take()
                if old_size != sealed:
                    self._fail(6, origin, index, f"a receipt begins at {old_size}, not {sealed}")
                sealed, newest = frontier.size, text
                self._checkpoint(6, text, origin, self._own.log, frontier)
                if line is not None:
                    self._items(line, decode_items(items), old_size, frontier.size)
            self._advance()
        if checkpoints.row is not None:
            self._fail(6, origin, -1, "a receipt was given over more entries than there are")
        if frontier.size != size or runs.next() is not None:
            self._fail(4, origin, -1, f"there are {frontier.size} entries where {size} are due")
        if frontier.encode() != encoded or blocks.next_row() is not None:
            self._fail(5, origin, -1, "the stored edge of the tree is not that of the entries")
        if line is None and note:
            self._old_checkpoint(note, origin, log)
        elif line is not None and note != newest:
            self._fail(6, origin, -1, "the newest checkpoint is not the last one given")
        root = (frontier.root() if frontier.size else EMPTY_ROOT).hex()
        self.report.checkpoints.append((origin, frontier.size, root))

    def _leaves(self, log: int, origin: str) -> Iterator[tuple[int, bytes]]:
        """Yield each entry's index and leaf; entries lie in two tables, read side by side."""
        messages = Cursor(
            self._db.execute(
                "SELECT idx, direction, stream, seq, id, created_us, time_us FROM message"
                " WHERE log = ? ORDER BY idx",
                (log,),
            )
        )
        records = Cursor(
            self._db.execute(
                "SELECT idx, kind, payload, time_us, salt FROM record WHERE log = ? ORDER BY idx",
                (log,),
            )
        )
        expected = 0
        while messages.row is not None or records.row is not None:
            take_message = records.row is None or (
                messages.row is not None and messages.row[0] <= records.row[0]
            )
            if take_message:
                index, direction, stream, seq, id_, created_us, time_us = messages.take()
                if direction == OUT:
                    leaf = sent_leaf(stream, seq, id_, created_us)
                    if time_us != created_us:
                        self._fail(4, origin, index, "entered at another time than composed")
                else:
                    leaf = received_leaf(stream, seq, id_, time_us)
            else:
                index, kind, payload, time_us, salt = records.take()
                leaf = own_leaf(kind, sha256(payload).digest(), time_us, salt)
            if index != expected:
                self._fail(4, origin, index, f"entry {index} where entry {expected} was due")
            expected = index + 1
            yield index, leaf

    def _items(self, line: _Line, items: tuple[ReceiptItem, ...], old_size: int, size: int) -> None:
        """Check that a receipt names exactly the messages received since the one before."""
        named = [
            (item.stream, item.first_seq + i, item.first_index + i, item.time_us)
            for item in items
            for i in range(item.count)
        ]
        received = self._db.execute(
            "SELECT stream, seq, idx, time_us FROM message"
            " WHERE log = ? AND idx >= ? AND idx < ? AND direction = ? ORDER BY idx",
            (line.log, old_size, size, IN),
        ).fetchall()
        if sorted(named, key=lambda item: item[2]) != received:
            self._fail(7, line.own_origin, size - 1, "a receipt does not name what was received")

    def _receipts_cover(self, line: _Line) -> None:
        sealed = self._db.execute(
            "SELECT coalesce(max(size), 0) FROM receipt_given WHERE log = ?", (line.log,)
        ).fetchone()[0]
        row = self._db.execute(
            "SELECT min(idx) FROM message WHERE log = ? AND idx >= ? AND direction = ?",
            (line.log, sealed, IN),
        ).fetchone()
        if row[0] is not None:
            self._fail(7, line.own_origin, row[0], "a received message has no receipt")

    # --- Steps 8 and 9, for the mirror of the peer's log ----------------------------------

    def _mirror(self, line: _Line, card: Card) -> None:
        size, encoded, note = self._db.execute(
            "SELECT size, frontier, note FROM log WHERE id = ?", (line.mirror,)
        ).fetchone()
        receipts = Cursor(
            self._db.execute(
                "SELECT idx, payload FROM record WHERE log = ? AND kind = 'receipt' ORDER BY idx",
                (line.log,),
            )
        )
        taken = Taken(self._db, line.log)
        frontier = Frontier()
        runs = LeafRuns(self._db, line.mirror)
        blocks = Blocks(self._db, line.mirror)
        receipted: dict[int, int] = {}
        while receipts.row is not None:
            index, payload = receipts.take()
            try:
                checkpoint, items, old_size = _read_receipt(payload, line.peer_origin, card.log)
            except HotlineError as error:
                self._fail(9, line.own_origin, index, str(error))
                continue
            self.report.signatures += 1
            window: dict[int, bytes] = {}
            while frontier.size < checkpoint.size and (hashed := runs.next()) is not None:
                if frontier.size >= old_size:
                    window[frontier.size] = hashed
                frontier.append(hashed)
                if not blocks.add(hashed):
                    self._fail(8, line.peer_origin, frontier.size - 1, "a block's root is wrong")
            if frontier.size != checkpoint.size or frontier.root() != checkpoint.root:
                self._fail(8, line.peer_origin, checkpoint.size - 1, "leaves contradict a receipt")
            if not taken.matches(items, index):
                self._fail(9, line.own_origin, index, "the outbox does not say what a receipt says")
            for item in items:
                if item.first_seq != receipted.get(item.stream, 0) + 1:
                    self._fail(9, line.own_origin, index, "receipts skip or repeat a message")
                receipted[item.stream] = item.first_seq + item.count - 1
                self._receipt_item(line, item, window, index)
        while (hashed := runs.next()) is not None:
            frontier.append(hashed)
            if not blocks.add(hashed):
                self._fail(8, line.peer_origin, frontier.size - 1, "a block's root is wrong")
        if frontier.size != size or frontier.encode() != encoded or blocks.next_row() is not None:
            self._fail(8, line.peer_origin, -1, "the mirror's edge is not that of its leaves")
        if size or note:
            self._checkpoint(8, note, line.peer_origin, card.log, frontier)
        if not taken.finished:
            self._fail(9, line.own_origin, -1, "the outbox names receipts that are no entries")
        marks = dict(
            self._db.execute(
                "SELECT stream, receipted FROM stream"
                " WHERE log = ? AND direction = ? AND receipted > 0",
                (line.log, OUT),
            ).fetchall()
        )
        if marks != receipted:
            self._fail(9, line.own_origin, -1, "the streams' receipt marks are not the receipts'")

    def _receipt_item(
        self, line: _Line, item: ReceiptItem, window: dict[int, bytes], index: int
    ) -> None:
        rows = self._db.execute(
            "SELECT m.seq, m.id FROM envelope e JOIN message m ON m.log = e.log"
            " AND m.idx >= e.first_idx AND m.idx < e.first_idx + e.count"
            " WHERE e.log = ? AND e.direction = ? AND e.stream = ?"
            " AND e.first_seq + e.count > ? AND e.first_seq < ? ORDER BY m.seq",
            (line.log, OUT, item.stream, item.first_seq, item.first_seq + item.count),
        ).fetchall()
        ids = dict(rows)
        for offset in range(item.count):
            seq = item.first_seq + offset
            id_ = ids.get(seq)
            leaf = received_leaf(item.stream, seq, id_, item.time_us) if id_ else b""
            if not id_ or window.get(item.first_index + offset) != leaf_hash(leaf):
                self._fail(9, line.own_origin, index, f"the receipt does not prove message {seq}")
                return

    # --- Step 10 --------------------------------------------------------------------------

    def _cosignatures(self, line: _Line, card: Card) -> None:
        status = Status(self._own.status)
        for log, origin, witness, key in (
            (line.log, line.own_origin, line.peer, card.witness),
            (line.mirror, line.peer_origin, self._own.centre, self._own.witness),
        ):
            cursor = Cursor(
                self._db.execute(
                    "SELECT size, witness, root, line FROM cosignature WHERE log = ? ORDER BY size",
                    (log,),
                )
            )
            frontier = Frontier()
            runs = LeafRuns(self._db, log)
            while cursor.row is not None:
                size, name, root, text = cursor.take()
                while frontier.size < size and (hashed := runs.next()) is not None:
                    frontier.append(hashed)
                if name != witness:
                    self._fail(10, origin, size - 1, f"{name} is no witness of this log")
                    continue
                if frontier.size != size or frontier.root() != root:
                    self._fail(10, origin, size - 1, "a cosignature is of another tree")
                    continue
                try:
                    verify_cosignature(
                        Checkpoint(origin, size, root).text(),
                        text.encode(),
                        key_name(status, name, Role.WITNESS),
                        key,
                    )
                    self.report.signatures += 1
                except HotlineError as error:
                    self._fail(10, origin, size - 1, str(error))

    # --- Inside ---------------------------------------------------------------------------

    def _checkpoint(
        self, step: int, note: bytes, origin: str, key: PublicKey, frontier: Frontier
    ) -> None:
        try:
            checkpoint = open_checkpoint(note, origin, key)
        except HotlineError as error:
            self._fail(step, origin, frontier.size - 1, str(error))
            return
        self.report.signatures += 1
        if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
            self._fail(step, origin, frontier.size - 1, "a checkpoint is of another tree")

    def _old_checkpoint(self, note: bytes, origin: str, log: int) -> None:
        """Check a checkpoint that need not be of the whole log: the node's own, between anchors."""
        try:
            checkpoint = open_checkpoint(note, origin, self._own.log)
        except HotlineError as error:
            self._fail(6, origin, -1, str(error))
            return
        self.report.signatures += 1
        frontier = Frontier()
        runs = LeafRuns(self._db, log)
        while frontier.size < checkpoint.size and (hashed := runs.next()) is not None:
            frontier.append(hashed)
        if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
            self._fail(6, origin, -1, "the newest checkpoint is of another tree")

    def _advance(self) -> None:
        self.report.entries += 1
        if self._progress is not None and self.report.entries % 256 == 0:
            self._progress(self.report.entries, self._total)

    def _fail(self, step: int, log: str, entry: int, text: str) -> None:
        if len(self.report.failures) < MAX_FAILURES:
            self.report.failures.append(Failure(step, log, entry, text))


class _Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of a ``receipt`` record."""

    checkpoint: bytes
    old_size: int
    items: tuple[tuple[int, int, int, int, int], ...]


def _read_receipt(
    payload: bytes, origin: str, key: PublicKey
) -> tuple[Checkpoint, tuple[ReceiptItem, ...], int]:
    """Return a receipt record's checkpoint, items and the size that it began at."""
    try:
        stored = msgspec.convert(unpack(payload), _Receipt)
    except msgspec.ValidationError as error:
        raise JournalError("journal.corrupt", f"the receipt cannot be read: {error}") from error
    items = tuple(ReceiptItem(*item) for item in stored.items)
    return open_checkpoint(stored.checkpoint, origin, key), items, stored.old_size
