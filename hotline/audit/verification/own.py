"""Steps 4 to 7 and 10: what this centre's own logs must hold, entry by entry."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any

from hotline.audit.verification.findings import PASSES, LineLogs, Pass, Run
from hotline.audit.verification.records import check_record
from hotline.audit.verification.replay import ALL, Cursor, LeafRuns, Tree, after, clipped, since
from hotline.audit.verification.signed import MAX_PAYLOAD, Signed, Signer, check_given
from hotline.audit.verification.starts import Start
from hotline.audit.verification.witness import Cosignatures, witnesses_of
from hotline.journal.state import IN, OUT
from hotline.trust.card import Card
from hotline.trust.merkle import EMPTY_ROOT, MAX_TREE_SIZE, leaf_hash
from hotline.trust.notes import MAX_NOTE_SIZE
from hotline.wire.frames import ReceiptItem
from hotline.wire.leaf import own_leaf, received_leaf, sent_leaf

SALT = 16
"""Bytes of salt in a leaf that the peer must not be able to guess."""
TOLD_EVERY = 64
"""Entries between two words on how far the pass has come."""


def check_own_log(
    run: Run, log: int, origin: str, start: Start, line: LineLogs | None, witness: Card | None
) -> None:
    """Grow a log of ours again, steps 4 to 7, and hold its cosignatures against it, step 10.

    ``line`` and ``witness``, the peer's card, are None for the log of the node's own affairs.
    """
    size, encoded, note = run.db.execute(
        f"SELECT size, frontier, {clipped('note')} FROM log WHERE id = ?",
        (MAX_NOTE_SIZE + 1, log),
    ).fetchone()
    done = Pass(run, start.size, size, weight=1 if line is not None else PASSES)
    runs = LeafRuns(run.db, log, start.size)
    tree = Tree(run.db, log, start.frontier)
    frontier = tree.frontier
    witnesses = witnesses_of(run, origin, witness, outside=True)
    cosignatures = Cosignatures(run, log, witnesses, start.size)
    receipts = _Given(run, log, origin, line, start)
    for index, leaf in _leaves(run, log, origin, start.size, of_line=line is not None):
        hashed = leaf_hash(leaf)
        if runs.next() != hashed:
            run.fail(4, origin, index, "the stored leaf hash is not that of what is stored")
        if not tree.add(hashed):
            run.fail(5, origin, index, "a stored block's root is not that of its leaves")
        if receipts.size <= frontier.size:
            receipts.check(tree)
        if cosignatures.size <= frontier.size:
            cosignatures.check(tree)
        run.report.entries += 1
        if not frontier.size % TOLD_EVERY:
            done.reach(frontier.size)
    done.close()
    cosignatures.check(None)
    receipts.finish(note)
    if frontier.size != size or runs.next() is not None or not runs.sound:
        run.fail(4, origin, -1, f"there are {frontier.size} entries where {size} are due")
    if frontier.encode() != encoded or not tree.finished:
        run.fail(5, origin, -1, "the stored edge of the tree is not that of the entries")
    root = (frontier.root() if frontier.size else EMPTY_ROOT).hex()
    run.report.checkpoints.append((origin, frontier.size, root))


def _leaves(
    run: Run, log: int, origin: str, begin: int, *, of_line: bool
) -> Iterator[tuple[int, bytes]]:
    """Yield each entry's index and leaf; entries lie in two tables, read side by side."""
    messages = Cursor(
        run.db.execute(
            "SELECT idx, direction, stream, seq, id, created_us, time_us FROM message"
            " WHERE log = ? AND idx >= ? ORDER BY idx",
            (log, since(begin)),
        )
    )
    records = Cursor(
        run.db.execute(
            "SELECT idx, kind, payload, time_us, salt FROM record"
            " WHERE log = ? AND idx >= ? ORDER BY idx",
            (log, since(begin)),
        )
    )
    expected = begin
    while messages.row is not None or records.row is not None:
        take_message = records.row is None or (
            messages.row is not None and messages.row[0] <= records.row[0]
        )
        if take_message:
            index, direction, stream, seq, id_, created_us, time_us = messages.take()
            if direction == OUT:
                leaf = sent_leaf(stream, seq, id_, created_us)
                if time_us != created_us:
                    run.fail(4, origin, index, "entered at another time than composed")
            else:
                leaf = received_leaf(stream, seq, id_, time_us)
        else:
            index, kind, payload, time_us, salt = records.take()
            leaf = own_leaf(kind, sha256(payload).digest(), time_us, salt)
            if len(salt) != SALT:
                run.fail(4, origin, index, "an entry has a leaf that it cannot have")
            wrong = check_record(kind, payload, of_line=of_line)
            if wrong:
                run.fail(4, origin, index, wrong)
        if index != expected:
            run.fail(4, origin, index, f"entry {index} where entry {expected} was due")
        expected = index + 1
        yield index, leaf


class _Given:
    """The receipts and updates given over one log, steps 6 and 7, checked as it is grown again.

    ``size`` is that of the next one: whoever grows the log calls ``check`` when it has come so far.
    """

    __slots__ = ("_line", "_newest", "_next", "_opened", "_origin", "_received", "_run", "_sealed")

    def __init__(
        self, run: Run, log: int, origin: str, line: LineLogs | None, start: Start
    ) -> None:
        self._run = run
        self._origin = origin
        self._line = line
        self._sealed = start.sealed
        (self._newest,) = run.db.execute(
            f"SELECT coalesce((SELECT {clipped('note')} FROM receipt_given"
            " WHERE log = ? AND size = ?), x'')",
            (MAX_NOTE_SIZE + 1, log, start.sealed or ALL),
        ).fetchone()
        # No honest receipt has more items than a payload that can be read, nor a longer note.
        rows: sqlite3.Cursor = run.db.execute(
            f"SELECT size, old_size, {clipped('note')}, {clipped('items')}"
            " FROM receipt_given"
            " WHERE log = ? AND size >= ? ORDER BY size",
            (MAX_NOTE_SIZE + 1, MAX_PAYLOAD + 1, log, after(start.size)),
        )
        self._opened = run.crew.map(
            partial(check_given, Signer(origin, run.own.log.raw)),
            rows,
            lambda row: len(row[2]) + len(row[3]),
        )
        self._next = next(self._opened, None)
        # Of a log that no line has, nothing is received.
        self._received = Cursor(
            run.db.execute(
                "SELECT stream, seq, idx, time_us FROM message"
                " WHERE log = ? AND idx >= ? AND direction = ? ORDER BY idx",
                (log, since(start.sealed), IN),
            )
        )

    @property
    def size(self) -> int:
        """The size of the tree that the next receipt is of."""
        return MAX_TREE_SIZE + 1 if self._next is None else self._next[0][0]

    def check(self, tree: Tree) -> None:
        """Check all receipts up to the tree's size."""
        while self._next is not None and self.size <= tree.frontier.size:
            (at, old_size, note, _), (signed, items) = self._next
            self._next = next(self._opened, None)
            self._newest = note
            if at != tree.frontier.size:
                self._run.fail(6, self._origin, at - 1, "a checkpoint was given over no entries")
                continue
            if old_size != self._sealed:
                text = f"a receipt begins at {old_size}, not {self._sealed}"
                self._run.fail(6, self._origin, at - 1, text)
            if isinstance(signed, str):
                self._run.fail(6, self._origin, at - 1, signed)
            else:
                self._run.report.signatures += 1
                if signed != Signed(at, tree.root()):
                    self._run.fail(6, self._origin, at - 1, "a checkpoint is of another tree")
            if self._line is not None:
                self._check_items(items, at)
            self._sealed = at

    def _check_items(self, items: tuple[ReceiptItem, ...] | str, size: int) -> None:
        """Check that a receipt names exactly the messages received since the one before."""
        if isinstance(items, str):
            self._run.fail(7, self._origin, size - 1, items)
            self._skip_to(size)
            return
        named = (
            (item.stream, item.first_seq + i, item.first_index + i, item.time_us)
            for item in sorted(items, key=lambda item: item.first_index)
            for i in range(item.count)
        )
        # Both sides are read only as far as they agree, so a count made up costs nothing.
        while True:
            item = next(named, None)
            message = self._message_before(size)
            if message != item:
                text = f"a receipt names {item} where {message} was received"
                self._run.fail(7, self._origin, size - 1, text)
                self._skip_to(size)
                return
            if message is None:
                return
            self._received.take()

    def _message_before(self, size: int) -> tuple[Any, ...] | None:
        """Return the next message received, if it is an entry below ``size``."""
        row = self._received.row
        return row if row is not None and row[2] < size else None

    def _skip_to(self, size: int) -> None:
        while self._message_before(size) is not None:
            self._received.take()

    def finish(self, note: bytes) -> None:
        """Check what is left: receipts over too much, messages without one, the newest note."""
        if self._next is not None:
            text = "a receipt was given over more entries than there are"
            self._run.fail(6, self._origin, -1, text)
        if self._line is None:
            return
        message = self._received.row
        if message is not None:
            self._run.fail(7, self._origin, message[2], "a received message has no receipt")
        if note != self._newest:
            text = "the newest checkpoint is not the last one given"
            self._run.fail(6, self._origin, -1, text)
