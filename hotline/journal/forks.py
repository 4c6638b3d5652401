"""Forks: two checkpoints of one log, both signed by its key, that no one log can have had.

Of one size they are a fork because their roots differ. Of two sizes they are one where the larger
tree is known to begin with another tree than the smaller one: a consistency proof from there shows
it to anybody. A fork is kept as an entry, so that it is proof for ever; one is enough, and a
hostile log can sign as many as it likes, so only a few of each log are kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from hotline.errors import HotlineError, TrustError
from hotline.journal.log import HASH, node_reader, stored_root
from hotline.journal.records import append_record
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.merkle import consistency_path, node_hash, root_at, verify_consistency
from hotline.trust.notes import MAX_NOTE_SIZE, Note, NoteKey
from hotline.wire.codec import pack, unpack

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.trust.merkle import NodeReader

FORK = "fork"
"""The kind of the record."""
MAX_FORKS = 4
"""Forks of one log that are kept."""
MAX_PATH = 64
"""Hashes in a consistency proof: no tree of 2^63 leaves needs more."""

_NoteBytes = Annotated[bytes, msgspec.Meta(max_length=MAX_NOTE_SIZE)]


class Fork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of a ``fork`` record.

    ``vkey`` is the log's key, ``first`` and ``second`` are the notes, the second not smaller.
    ``root`` (32 bytes) is what the second's tree had at the first's size, and ``path`` the joined
    hashes of the consistency proof from there to the second: empty where the sizes are equal.
    """

    origin: str
    vkey: str
    first: _NoteBytes
    second: _NoteBytes
    root: Annotated[bytes, msgspec.Meta(min_length=HASH, max_length=HASH)]
    path: Annotated[bytes, msgspec.Meta(max_length=MAX_PATH * HASH)]

    def check(self) -> tuple[Checkpoint, Checkpoint]:
        """Return both checkpoints, once they are known to be a fork of the log ``origin``.

        1. ``vkey`` is a log's key under the name ``origin``, and signed both notes.
        2. The path proves that the second's tree began with ``root``.
        3. The first has another root.

        Raises TrustError: ``witness.not-a-fork``, and those of notes, keys and proofs. Whether the
        key is that log's, the caller has to know.
        """
        key = NoteKey.from_vkey(self.vkey)
        if key.name != self.origin:
            raise _not_a_fork("its key is another log's")
        first = open_checkpoint(self.first, self.origin, key.public)
        second = open_checkpoint(self.second, self.origin, key.public)
        path = [self.path[at : at + HASH] for at in range(0, len(self.path), HASH)]
        verify_consistency(first.size, self.root, second.size, second.root, path)
        if first.root == self.root:
            raise _not_a_fork("its two checkpoints are consistent")
        return first, second

    def __str__(self) -> str:
        sizes = [Checkpoint.parse(Note.parse(note).text).size for note in (self.first, self.second)]
        return (
            f"two checkpoints of {self.origin}, of {sizes[0]} and {sizes[1]} entries, "
            "contradict each other under its own signature"
        )


def read_fork(payload: bytes) -> Fork:
    """Decode the payload of a ``fork`` record. Raises TrustError (``witness.not-a-fork``)."""
    try:
        return msgspec.convert(unpack(payload), Fork)
    except (HotlineError, msgspec.ValidationError) as error:
        raise _not_a_fork(f"it cannot be read: {error}") from error


def lean(note: bytes, key: NoteKey) -> bytes:
    """Return a note with the first signature of ``key`` only; what others signed is not kept.

    It has a few hundred bytes, however many signatures somebody hung on it. Raises TrustError
    (``trust.unsigned-note``, ``trust.bad-signature``) when that key did not sign it.
    """
    opened = Note.parse(note)
    opened.verified_by((key,))
    named = (s for s in opened.signatures if (s.name, s.key_id) == (key.name, key.key_id))
    return Note(opened.text, (next(named),)).encode()


def find_fork(connection: sqlite3.Connection, key: NoteKey, note: bytes) -> Fork | None:
    """Compare a checkpoint with all that is known of its log.

    That is our mirror of it, where we have one, and what we cosigned by ``add-checkpoint``. Raises
    TrustError for a note that the log's ``key`` did not sign.
    """
    origin = key.name
    checkpoint = open_checkpoint(note, origin, key.public)
    kept = lean(note, key)
    # Of a mirror that was archived and taken out there is nothing left to compare with.
    row = connection.execute(
        "SELECT id, size, note FROM log WHERE origin = ? AND NOT own"
        " AND EXISTS (SELECT 1 FROM leaf_run WHERE log = id)",
        (origin,),
    ).fetchone()
    if row is not None and row[2] and checkpoint.size <= row[1]:
        mirror, size, newest = row
        root = stored_root(connection, mirror, checkpoint.size)
        # Of a log whose key was replaced meanwhile the two notes would prove nothing.
        if root != checkpoint.root and _signed(newest, key):
            path = consistency_path(checkpoint.size, size, node_reader(connection, mirror))
            return Fork(origin, key.vkey(), kept, lean(newest, key), root, b"".join(path))
    row = connection.execute(
        "SELECT root, note FROM witnessed WHERE origin = ? AND size = ?", (origin, checkpoint.size)
    ).fetchone()
    if row is not None and row[0] != checkpoint.root:
        return Fork(origin, key.vkey(), kept, row[1], row[0], b"")
    return None


def _signed(note: bytes, key: NoteKey) -> bool:
    try:
        open_checkpoint(note, key.name, key.public)
    except TrustError:
        return False
    return True


def fork_behind(connection: sqlite3.Connection, origin: str) -> Fork | None:
    """Compare what we cosigned by ``add-checkpoint`` with a mirror that has come as far.

    None while the mirror is smaller, and where there is none.
    """
    row = connection.execute(
        "SELECT w.vkey, w.note FROM witnessed w JOIN log g ON g.origin = w.origin"
        " WHERE w.origin = ? AND NOT g.own AND g.size >= w.size",
        (origin,),
    ).fetchone()
    return None if row is None else find_fork(connection, NoteKey.from_vkey(row[0]), row[1])


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """What a receipt beyond the mirror passes: the checkpoint that its sender said HELLO with.

    ``leaf_hashes`` lead from the mirror to the receipt's own checkpoint.
    """

    claimed: bytes
    leaf_hashes: Sequence[bytes]


def fork_ahead(
    connection: sqlite3.Connection, key: NoteKey, note: bytes, way: OnTheWay
) -> Fork | None:
    """Compare two checkpoints beyond the mirror, ``note`` and the one that was claimed before.

    None unless that lies on the way to ``note`` and the leaves lead there. Raises TrustError for a
    note that the log's key did not sign.
    """
    claimed, leaf_hashes = way.claimed, way.leaf_hashes
    row = connection.execute(
        "SELECT id, size FROM log WHERE origin = ? AND NOT own", (key.name,)
    ).fetchone()
    if row is None:
        return None
    first = open_checkpoint(claimed, key.name, key.public)
    second = open_checkpoint(note, key.name, key.public)
    mirror, size = row
    if not size <= first.size <= second.size == size + len(leaf_hashes):
        return None
    read = _lengthened(node_reader(connection, mirror), size, leaf_hashes)
    root = root_at(first.size, read)
    if root == first.root or root_at(second.size, read) != second.root:
        return None
    path = consistency_path(first.size, second.size, read)
    return Fork(key.name, key.vkey(), lean(claimed, key), lean(note, key), root, b"".join(path))


def _lengthened(read: NodeReader, size: int, leaf_hashes: Sequence[bytes]) -> NodeReader:
    """Read the nodes of a tree of ``size`` leaves with more leaves behind it."""

    def node(level: int, index: int) -> bytes:
        if (index + 1) << level <= size:
            return read(level, index)
        if level == 0:
            return leaf_hashes[index - size]
        return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node


def keep_fork(journal: Journal, fork: Fork, now_us: int) -> bool:
    """Enter a fork as proof: in the log of the line whose peer it is, or in the node's own.

    Once the transaction is durable the node alarms, whether it was entered or not: False where this
    one is known already, or enough of that log are. Raises TrustError when it is none: nothing is
    entered that does not prove itself.
    """
    fork.check()
    journal.found_forks.append(fork)
    known = [kept for kept in kept_forks(journal.connection) if kept.origin == fork.origin]
    # The mirror's end, which is the second note, moves on while the first contradicts it.
    told = {Note.parse(kept.first).text for kept in known}
    if len(known) >= MAX_FORKS or Note.parse(fork.first).text in told:
        return False
    what = {name: getattr(fork, name) for name in fork.__struct_fields__}
    lines = (line for line in journal.lines.values() if line.mirror.origin == fork.origin)
    append_record(journal, next(lines, journal.node_log), FORK, pack(what), now_us)
    return True


def note_said(
    journal: Journal, key: NoteKey, note: bytes, now_us: int, on_the_way: OnTheWay | None = None
) -> None:
    """Hold a checkpoint that a peer said on the line against what is known of its log.

    A fork that it proves is kept. A note that the log's key did not sign proves nothing.
    """
    with suppress(TrustError):
        fork = find_fork(journal.connection, key, note)
        if fork is None and on_the_way is not None:
            fork = fork_ahead(journal.connection, key, note, on_the_way)
        if fork is not None:
            keep_fork(journal, fork, now_us)


def kept_forks(connection: sqlite3.Connection) -> list[Fork]:
    """Return the forks that are kept in any log of this journal."""
    rows = connection.execute("SELECT payload FROM record WHERE kind = 'fork' ORDER BY log, idx")
    return [read_fork(payload) for (payload,) in rows]


def _not_a_fork(what: str) -> TrustError:
    return TrustError("witness.not-a-fork", f"this proves no fork: {what}")
