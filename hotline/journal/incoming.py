"""What one transaction does with what the peer says: take groups, seal receipts, witness."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from hotline.errors import HotlineError, JournalError, TrustError
from hotline.journal.deadlines import Waits, enter_answer_time
from hotline.journal.forks import fork_behind, keep_fork
from hotline.journal.log import stored_root
from hotline.journal.records import append_record
from hotline.journal.relations import enter_relations
from hotline.journal.remarks import enter_remarks, flags_text
from hotline.journal.state import IN, LineState
from hotline.journal.streams import stored_ids
from hotline.journal.witnessing import newest_cosigned
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import leaf_hash
from hotline.wire.body import Body
from hotline.wire.codec import pack, unpack
from hotline.wire.frames import (
    MAX_RECEIPT_HASHES,
    MAX_RECEIPT_ITEMS,
    Cosignature,
    Receipt,
    ReceiptItem,
)
from hotline.wire.leaf import received_leaf
from hotline.wire.records import Flag, Related

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

MAX_CONTRADICTIONS = 64
"""Contradictions of a peer that are kept as evidence each time the journal is open: one is proof
enough, and a hostile peer can sign as many as it likes."""


class Presentation(msgspec.Struct, frozen=True, gc=False):
    """What the desk made of a message before it is entered: how it will be shown."""

    reference: str | None = None
    about: bytes | None = None
    # What is wrong or remarkable.
    flags: tuple[Flag, ...] = ()
    # Seconds within which the letter wants an answer: to this message, or, when this is a
    # stand-by, to the one that it is about. None when it wants none.
    answer_within_s: float | None = None
    # Whether this message answers `about` for good; a stand-by only moves its deadline.
    settles: bool = False
    # What the notice in it has become to notices of ours.
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A group that is entered here, with the time that its receipt will state."""

    stream: int
    first_seq: int
    first_index: int
    time_us: int


def take(
    journal: Journal,
    line: LineState,
    *,
    stream: int,
    first_seq: int,
    envelope: bytes,
    bodies: Sequence[Body],
    ids: Sequence[bytes],
    spans: Sequence[tuple[int, int]],
    presentations: Sequence[Presentation],
    now_us: int,
) -> Taken:
    """Enter a group that the line has verified, and present its messages to the desk.

    The receipt is sealed at the end of the same transaction, so a fenced node takes nothing:
    raises FencedError. Raises JournalError when the group does not follow what is durable, such
    as after a commit that failed.
    """
    journal.signer.require_unfenced()
    state = line.incoming[stream]
    if first_seq != state.next_seq or bodies[0].previous != state.last_id:
        raise JournalError(
            "journal.not-next",
            f"message {first_seq} of stream {stream} came where {state.next_seq} was due",
            "the association is closed and resumes from what is durable",
        )
    enter_answer_time(journal, line, stream, presentations, now_us)
    log, first_index = line.log, line.own.size
    envelope_id = journal.execute(
        "INSERT INTO envelope(log, direction, stream, first_seq, count, first_idx, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (log, IN, stream, first_seq, len(bodies), first_index, envelope),
    ).lastrowid
    rows = []
    waits = Waits(stream)
    flagged = []
    for body, id_, span, shown in zip(bodies, ids, spans, presentations, strict=True):
        index = line.append(leaf_hash(received_leaf(stream, body.seq, id_, now_us)))
        at = (log, index, IN, stream, body.seq, id_, body.kind, body.created_us, now_us)
        flags = None
        if shown.flags:
            flags = flags_text(shown.flags)
            flagged.append((id_, shown.flags))
        rows.append((*at, envelope_id, *span, shown.reference, shown.about, flags))
        waits.note(index, id_, body.kind, shown)
    journal.executemany("INSERT INTO message VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
    enter_remarks(journal, line, flagged, now_us)
    enter_relations(journal, line, chain.from_iterable(s.related for s in presentations), now_us)
    waits.enter(journal, line, IN, now_us)
    state.next_seq = first_seq + len(bodies)
    state.last_id = ids[-1]
    line.changed.add((IN, stream))
    line.items.append(ReceiptItem(stream, first_seq, len(bodies), first_index, now_us))
    return Taken(stream, first_seq, first_index, now_us)


def seal(journal: Journal, line: LineState) -> Receipt | None:
    """Sign a checkpoint over all entries so far: the receipt for what this transaction took.

    Returns the newest receipt frame, None when there is nothing new. What does not fit into one
    frame takes several, each with its own checkpoint; whoever sends reads them by size. A frame
    names exactly the groups whose leaves it brings, so a group is never cut.
    """
    frame = None
    items = line.items
    while line.unsealed:
        old_size = line.sealed.size
        size = old_size + min(len(line.unsealed), MAX_RECEIPT_HASHES)
        named = [i for i in items[:MAX_RECEIPT_ITEMS] if i.first_index + i.count <= size]
        items = items[len(named) :]
        if items:
            size = min(size, items[0].first_index)
        chunk = line.unsealed[: size - old_size]
        del line.unsealed[: len(chunk)]
        line.sealed.extend(chunk)
        checkpoint = Checkpoint(line.own.origin, size, line.sealed.root())
        line.own.note = journal.signer.sign_checkpoint(checkpoint)
        line.own.dirty = True
        frame = Receipt(line.own.note, old_size, b"".join(chunk), tuple(named))
        journal.execute(
            "INSERT INTO receipt_given VALUES (?, ?, ?, ?, ?)",
            (line.log, size, old_size, line.own.note, encode_items(named)),
        )
    line.items.clear()
    line.seal_wanted = False
    return frame


def encode_items(items: Sequence[ReceiptItem]) -> bytes:
    """Encode a receipt's items as the journal stores them."""
    return pack([[i.stream, i.first_seq, i.count, i.first_index, i.time_us] for i in items])


def decode_items(data: bytes) -> tuple[ReceiptItem, ...]:
    """Decode what ``encode_items`` wrote; raises JournalError for anything else."""
    try:
        rows = unpack(data)
        return tuple(ReceiptItem(*row) for row in rows)  # type: ignore[attr-defined]
    except (HotlineError, TypeError) as error:
        raise JournalError(
            "journal.corrupt",
            "a stored receipt's items cannot be read",
            "stop the node, keep the damaged file as evidence, restore the newest backup",
        ) from error


def repeated(
    journal: Journal,
    line: LineState,
    *,
    stream: int,
    first_seq: int,
    ids: Sequence[bytes],
    envelope: bytes,
    now_us: int,
) -> int | None:
    """Decide about an authentic group whose sequence numbers were taken before.

    The same messages again: returns the size of the receipt that answered the last of them, so
    that the stored receipt can be sent again. Other messages under the same numbers: the peer
    equivocates; both are kept as evidence, and None is returned. Raises JournalError for
    numbers that are not taken at all, which a commit that failed can lead to.
    """
    stored = stored_ids(journal.connection, line.log, IN, stream, first_seq, len(ids))
    if not stored:
        raise JournalError(
            "journal.not-next",
            f"message {first_seq} of stream {stream} is not here, though it was taken before",
            "the association is closed and resumes from what is durable",
        )
    # A group may straddle what we have: only the part that we have can contradict.
    if all(old == new for (old, _), new in zip(stored, ids, strict=False)):
        if line.items:  # the same transaction took them
            journal.seal_taken()
        row = journal.execute(
            "SELECT min(size) FROM receipt_given WHERE log = ? AND size > ?",
            (line.log, stored[-1][1]),
        ).fetchone()
        return int(row[0])
    evidence = sha256(envelope).digest()
    if evidence not in line.contradictions and len(line.contradictions) < MAX_CONTRADICTIONS:
        line.contradictions.add(evidence)
        what = {"stream": stream, "seq": first_seq, "envelope": envelope}
        append_record(journal, line, "equivocation", pack(what), now_us)
    return None


def witness(journal: Journal, line: LineState, now_us: int) -> Cosignature | None:
    """Cosign the newest checkpoint of the peer's log that we hold; None while we hold none.

    None, too, while we have cosigned more of it by ``add-checkpoint``: a witness never signs a
    smaller tree after a larger one. Once the mirror has come as far, it must contain that tree; if
    it does not, the peer has two logs, which is kept as proof, and the line's is not cosigned any
    more.

    Asked again for the same checkpoint, it gives the stored cosignature. The cosignature is stored
    before it is sent: a witness never signs two trees of one size. Raises FencedError.
    """
    journal.signer.require_unfenced()
    tree = line.mirror
    if not tree.note:
        return None
    checkpoint = Checkpoint(tree.origin, tree.size, tree.frontier.root())
    if tree.size == line.cosigned:
        row = journal.execute(
            "SELECT line FROM cosignature WHERE log = ? AND size = ? AND witness = ?",
            (tree.id, tree.size, line.centre),
        ).fetchone()
        return Cosignature(tree.size, checkpoint.root, row[0])
    newest = newest_cosigned(journal.connection, line.centre, tree.origin)
    if newest.size > tree.size:
        return None
    if newest.size > line.cosigned:
        # To look into the tree, the rows of what this very transaction has added are needed.
        tree.flush(journal.connection)
        if stored_root(journal.connection, tree.id, newest.size) != newest.root:
            fork = fork_behind(journal.connection, tree.origin)
            if fork is not None:
                keep_fork(journal, fork, now_us)
            return None
    text = journal.signer.cosign(checkpoint, max(now_us // 1_000_000, newest.timestamp_s))
    journal.execute(
        "INSERT OR REPLACE INTO cosignature VALUES (?, ?, ?, ?, ?)",
        (tree.id, tree.size, line.centre, checkpoint.root, text.decode()),
    )
    line.cosigned = tree.size
    return Cosignature(tree.size, checkpoint.root, text.decode())


def take_cosignature(journal: Journal, line: LineState, cosignature: Cosignature) -> None:
    """Keep the peer's cosignature over our log. Raises TrustError when that is not our tree."""
    ours = (
        stored_root(journal.connection, line.log, cosignature.size)
        if cosignature.size <= line.own.written
        else None
    )
    if ours != cosignature.root:
        raise TrustError(
            "trust.cosignature-of-another-tree",
            f"the peer cosigned a tree of size {cosignature.size} that is not this log's",
            "compare both journals with `hotline log verify` on each side",
        )
    journal.execute(
        "INSERT OR REPLACE INTO cosignature VALUES (?, ?, ?, ?, ?)",
        (line.log, cosignature.size, line.peer, cosignature.root, cosignature.line),
    )


def cosigned_by(connection: sqlite3.Connection, line: LineState) -> int:
    """Return the size of the largest tree of our log that the peer has cosigned on the line."""
    (size,) = connection.execute(
        "SELECT coalesce(max(size), 0) FROM cosignature WHERE log = ? AND witness = ?",
        (line.log, line.peer),
    ).fetchone()
    return int(size)


def fence_reason(journal: Journal, line: LineState, note: bytes, log_public: bytes) -> str | None:
    """Say why ``note``, a checkpoint of our own log that the peer holds, fences this node.

    None when our log contains it. A note that our log key did not sign proves nothing about us
    and raises TrustError: a peer cannot fence us with a forgery.
    """
    if not note:
        return None
    checkpoint = open_checkpoint(note, line.own.origin, PublicKey(log_public))
    # What only this transaction has added is not in the tree that the note can be about.
    if checkpoint.size > line.own.written:
        return (
            f"its log {line.own.origin} has {line.own.written} entries, "
            f"but {line.peer} holds its signature over {checkpoint.size}"
        )
    if stored_root(journal.connection, line.log, checkpoint.size) != checkpoint.root:
        return (
            f"its log {line.own.origin} contradicts its own signature "
            f"over the first {checkpoint.size} entries, which {line.peer} holds"
        )
    return None
