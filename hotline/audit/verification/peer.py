"""Steps 8 and 9: what the peer has signed about our messages and its own log."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hotline.audit.verification.findings import LineLogs, Run
from hotline.audit.verification.replay import LeafRuns, Outbox, Tree
from hotline.audit.verification.witness import Cosignatures
from hotline.errors import HotlineError, TrustError
from hotline.journal.state import IN, OUT, STREAMS
from hotline.journal.streams import stored_ids
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import leaf_hash
from hotline.wire.body import decode_body, message_id
from hotline.wire.codec import unpack
from hotline.wire.envelope import MAX_ENVELOPE, decode_envelope, verify_group
from hotline.wire.frames import MAX_RECEIPT_HASHES, MAX_RECEIPT_ITEMS, ReceiptItem
from hotline.wire.leaf import received_leaf
from hotline.wire.shapes import Count, Seq, Stream


def check_mirror(run: Run, line: LineLogs, card: Card) -> None:
    """Grow the mirror of the peer's log again, receipt by receipt, steps 8 to 10."""
    size, encoded, note = run.db.execute(
        "SELECT size, frontier, note FROM log WHERE id = ?", (line.mirror,)
    ).fetchone()
    receipts = run.db.execute(
        "SELECT idx, time_us, payload FROM record WHERE log = ? AND kind = 'receipt' ORDER BY idx",
        (line.log,),
    )
    outbox = Outbox(run.db, line.log)
    runs = LeafRuns(run.db, line.mirror)
    tree = Tree(run.db, line.mirror)
    frontier = tree.frontier
    cosignatures = Cosignatures(run, line.mirror, line.peer_origin, run.own)
    receipted = [0] * STREAMS

    def grow() -> bytes | None:
        hashed = runs.next()
        if hashed is not None:
            if not tree.add(hashed):
                run.fail(8, line.peer_origin, frontier.size - 1, "a block's root is wrong")
            if cosignatures.size <= frontier.size:
                cosignatures.check(frontier)
        return hashed

    for index, taken_us, payload in receipts:
        try:
            checkpoint, items, old_size = _read_receipt(payload, line.peer_origin, card.log)
        except HotlineError as error:
            run.fail(9, line.own_origin, index, str(error))
            continue
        run.report.signatures += 1
        if not 0 < checkpoint.size - old_size <= MAX_RECEIPT_HASHES or old_size < frontier.size:
            run.fail(9, line.own_origin, index, f"a receipt cannot begin at {old_size}")
            old_size = checkpoint.size
        # Updates that are no entries lie between two receipts; only this one's leaves are kept.
        while frontier.size < old_size and grow() is not None:
            pass
        window = []
        while frontier.size < checkpoint.size and (hashed := grow()) is not None:
            window.append(hashed)
        if frontier.size != checkpoint.size or frontier.root() != checkpoint.root:
            run.fail(8, line.peer_origin, checkpoint.size - 1, "leaves contradict a receipt")
        for item in items:
            if item.first_seq != receipted[item.stream] + 1:
                run.fail(9, line.own_origin, index, "receipts skip or repeat a message")
            receipted[item.stream] = item.first_seq + item.count - 1
            if not outbox.says(item, taken_us, index):
                run.fail(9, line.own_origin, index, "the outbox does not say what a receipt says")
            unproven = _first_unproven(item, outbox, window, old_size)
            if unproven is not None:
                run.fail(9, line.own_origin, index, f"a receipt does not prove message {unproven}")
    while grow() is not None:
        pass
    cosignatures.check(None)
    edge = (frontier.size, frontier.encode())
    if edge != (size, encoded) or not runs.sound or not tree.finished:
        run.fail(8, line.peer_origin, -1, "the mirror's edge is not that of its leaves")
    if frontier.size or size or note:
        run.checkpoint(8, note, line.peer_origin, card.log, frontier)
    if not outbox.finished:
        run.fail(9, line.own_origin, -1, "the outbox names receipts that are no entries")
    _check_marks(run, line, receipted)


def _first_unproven(
    item: ReceiptItem, outbox: Outbox, window: list[bytes], old_size: int
) -> int | None:
    """Return the number of the first message whose leaf is not where the receipt says."""
    place = item.first_index - old_size
    for offset, id_ in enumerate(outbox.ids(item)):
        seq = item.first_seq + offset
        at = place + offset
        if id_ is None or not 0 <= at < len(window):
            return seq
        if window[at] != leaf_hash(received_leaf(item.stream, seq, id_, item.time_us)):
            return seq
    return None


def _check_marks(run: Run, line: LineLogs, receipted: list[int]) -> None:
    """Step 9: check how far each stream is said to be receipted; what comes in never is."""
    for direction, stream, mark in run.db.execute(
        "SELECT direction, stream, receipted FROM stream WHERE log = ?", (line.log,)
    ):
        known = direction == OUT and 0 <= stream < STREAMS
        if mark != (receipted[stream] if known else 0):
            run.fail(9, line.own_origin, -1, "a stream's receipt mark is not the receipts'")


def check_evidence(run: Run, line: LineLogs, card: Card) -> None:
    """Step 2: check that each contradiction kept against the peer is signed, and is one."""
    for index, payload in run.db.execute(
        "SELECT idx, payload FROM record WHERE log = ? AND kind = 'equivocation' ORDER BY idx",
        (line.log,),
    ):
        try:
            said = msgspec.convert(unpack(payload, max_bytes=2 * MAX_ENVELOPE), _Equivocation)
            envelope = decode_envelope(said.envelope)
            verify_group(envelope, card.signing)
            first = decode_body(envelope.bodies[0])
        except (HotlineError, msgspec.ValidationError) as error:
            run.fail(2, line.own_origin, index, f"a contradiction cannot be read: {error}")
            continue
        run.report.signatures += 1
        ids = [message_id(body) for body in envelope.bodies]
        stored = stored_ids(run.db, line.log, IN, said.stream, said.seq, len(ids))
        due = (line.peer, line.epoch, said.stream, said.seq)
        if (first.sender, first.epoch, first.precedence, first.seq) != due or all(
            old == new for (old, _), new in zip(stored, ids, strict=False)
        ):
            run.fail(2, line.own_origin, index, "what is kept as a contradiction is none")


class _Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of a ``receipt`` record."""

    checkpoint: bytes
    old_size: Count
    items: Annotated[tuple[ReceiptItem, ...], Meta(max_length=MAX_RECEIPT_ITEMS)]


class _Equivocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of an ``equivocation`` record."""

    stream: Stream
    seq: Seq
    envelope: bytes


def _read_receipt(
    payload: bytes, origin: str, key: PublicKey
) -> tuple[Checkpoint, tuple[ReceiptItem, ...], int]:
    """Return a receipt record's checkpoint, items and the size that it began at."""
    try:
        stored = msgspec.convert(unpack(payload), _Receipt)
    except msgspec.ValidationError as error:
        raise TrustError(
            "journal.unreadable-receipt", f"a receipt cannot be read: {error}"
        ) from error
    return open_checkpoint(stored.checkpoint, origin, key), stored.items, stored.old_size
