"""What one transaction does with what we say: compose groups, take the peer's receipts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from hotline.errors import JournalError
from hotline.journal.deadlines import Waits, enter_answer_time
from hotline.journal.log import HASH
from hotline.journal.records import append_record
from hotline.journal.state import OUT, LineState, OutGroup
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.wire.body import Body, encode_body, message_id
from hotline.wire.codec import pack
from hotline.wire.envelope import VERSION, Envelope, encode_envelope
from hotline.wire.frames import Receipt, ReceiptItem
from hotline.wire.leaf import sent_leaf

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

MAX_GROUP_BYTES = 256 * 1024


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A message that waits to be signed: its kind, its encoded payload, what it refers to."""

    kind: str
    payload: bytes
    # The notice's number, such as IAF-0007, where the message has one.
    reference: str | None = None
    # Id of the message that this one answers.
    about: bytes | None = None
    # Seconds within which the letter wants an answer: to this message, or, when this is a
    # stand-by, to the one that it is about. None when it wants none.
    answer_within_s: float | None = None
    # Whether this message answers `about` for good; a stand-by does not.
    settles: bool = False


class Composed(msgspec.Struct, frozen=True, gc=False):
    """A message that is signed and durable here."""

    id: bytes
    stream: int
    seq: int
    index: int
    created_us: int


def groups_of(drafts: Sequence[Draft], limit: int) -> Iterator[Sequence[Draft]]:
    """Cut waiting drafts into groups of at most ``limit`` messages and 256 KiB."""
    first = total = 0
    for position, draft in enumerate(drafts):
        size = len(draft.payload) + 256
        if position > first and (position - first >= limit or total + size > MAX_GROUP_BYTES):
            yield drafts[first:position]
            first, total = position, 0
        total += size
    if first < len(drafts):
        yield drafts[first:]


def compose(
    journal: Journal, line: LineState, stream: int, drafts: Sequence[Draft], now_us: int
) -> OutGroup:
    """Sign ``drafts`` as one group of ``stream`` and enter them in the line's log.

    Nothing leaves the node before the transaction is committed. Raises FencedError.
    """
    state = line.outgoing[stream]
    seq, previous = state.next_seq, state.last_id
    bodies: list[bytes] = []
    ids: list[bytes] = []
    for offset, draft in enumerate(drafts):
        body = encode_body(
            Body(
                sender=line.centre,
                recipient=line.peer,
                epoch=line.epoch,
                precedence=stream,
                seq=seq + offset,
                previous=previous,
                status=journal.status,
                kind=draft.kind,
                created_us=now_us,
                payload=draft.payload,
            )
        )
        previous = message_id(body)
        bodies.append(body)
        ids.append(previous)
    signatures = [journal.signer.sign_group(bodies)]
    envelope = encode_envelope(signatures, bodies)
    spans = Envelope(VERSION, tuple(signatures), tuple(bodies)).spans()
    enter_answer_time(journal, line, stream, drafts, now_us)
    first_index = line.own.size
    log = line.log
    envelope_id = journal.execute(
        "INSERT INTO envelope(log, direction, stream, first_seq, count, first_idx, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (log, OUT, stream, seq, len(bodies), first_index, envelope),
    ).lastrowid
    rows = []
    waits = Waits(stream)
    for offset, (draft, id_, span) in enumerate(zip(drafts, ids, spans, strict=True)):
        number = seq + offset
        index = line.append(leaf_hash(sent_leaf(stream, number, id_, now_us)))
        at = (log, index, OUT, stream, number, id_, draft.kind, now_us, now_us)
        rows.append((*at, envelope_id, *span, draft.reference, draft.about, None))
        waits.note(index, id_, draft.kind, draft)
    journal.executemany("INSERT INTO message VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
    waits.enter(journal, line, OUT, now_us)
    state.next_seq = seq + len(bodies)
    state.last_id = previous
    line.changed.add((OUT, stream))
    return OutGroup(stream, seq, tuple(ids), envelope, now_us, first_index)


def take_receipt(
    journal: Journal,
    line: LineState,
    receipt: Receipt,
    frontier: Frontier,
    items: Sequence[ReceiptItem],
    now_us: int,
) -> int | None:
    """Enter a receipt that the line has verified; move the mirror of the peer's log.

    A receipt that names messages becomes an entry of our log; a mere checkpoint update only
    moves the mirror, or two idle nodes would answer each other's entries for ever.
    Returns the entry's index, or None for an update. Raises JournalError when the receipt does
    not follow what is durable, such as after a commit that failed.
    """
    hashes = receipt.leaf_hashes
    expected = [stream.receipted + 1 for stream in line.outgoing]
    for item in items:
        if item.first_seq != expected[item.stream]:
            raise _not_next(f"for message {item.first_seq} of stream {item.stream}")
        expected[item.stream] += item.count
    if (receipt.old_size, frontier.size) != (
        line.mirror.size,
        line.mirror.size + len(hashes) // HASH,
    ):
        raise _not_next(f"of the peer's log from {receipt.old_size} to {frontier.size}")
    line.mirror.adopt((hashes[i : i + HASH] for i in range(0, len(hashes), HASH)), frontier)
    line.mirror.note = receipt.checkpoint
    line.mirror.dirty = True
    if not items:
        return None
    payload = pack(
        {
            "checkpoint": receipt.checkpoint,
            "old_size": receipt.old_size,
            "items": [[i.stream, i.first_seq, i.count, i.first_index, i.time_us] for i in items],
        }
    )
    index = append_record(journal, line, "receipt", payload, now_us)
    journal.executemany(
        "INSERT INTO receipt_taken VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (line.log, i.stream, i.first_seq, i.count, i.first_index, i.time_us, now_us, index)
            for i in items
        ],
    )
    for item in items:
        line.outgoing[item.stream].receipted = item.first_seq + item.count - 1
        line.changed.add((OUT, item.stream))
    return index


def _not_next(what: str) -> JournalError:
    return JournalError(
        "journal.not-next",
        f"a receipt {what} does not follow those that are durable here",
        "the association is closed and resumes from what is durable",
    )
