"""Our mirror of the peer's log, and the verification of a receipt.

A receipt brings the hash of every leaf that the peer's log has gained. We rebuild the leaves of
our own messages, fold all hashes into the frontier that we hold, and compare with the signed
root: that proves, at once, that our messages are in the log and that the log was only added to.
The numbered steps are those of ``docs/spec/wire.md``, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotline.errors import LineError, TrustError
from hotline.line.events import Acknowledgement
from hotline.line.outgoing import OutgoingStream
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.wire.frames import HASH_SIZE, Receipt
from hotline.wire.leaf import received_leaf


def check_not_behind(checkpoint: Checkpoint, mirror: Frontier) -> None:
    """Check the checkpoint that a peer says HELLO with against what we mirrored of its log.

    Raises ``LineError`` ``line.peer-rolled-back`` (smaller) and ``line.forked-log`` (other root
    at the same size).
    """
    if checkpoint.size < mirror.size:
        raise LineError(
            "line.peer-rolled-back",
            f"the peer's log has {checkpoint.size} entries, but had {mirror.size}",
            "the peer has lost part of its journal; its operators must recover it",
        )
    check_not_forked(checkpoint, mirror)


def check_not_forked(checkpoint: Checkpoint, mirror: Frontier) -> None:
    """Raise ``TrustError`` ``line.forked-log`` if the peer signed two roots for the mirror's size.

    The two notes together are proof of it to anyone.
    """
    if checkpoint.size == mirror.size and checkpoint.root != mirror.root():
        raise TrustError(
            "line.forked-log", f"the peer signed two logs of {mirror.size} entries that differ"
        )


def verify_receipt(
    receipt: Receipt,
    checkpoint: Checkpoint,
    mirror: Frontier,
    streams: Sequence[OutgoingStream],
    claimed: Checkpoint | None = None,
) -> tuple[Frontier, list[Acknowledgement]]:
    """Verify a receipt that goes beyond the mirror (steps 3 to 6); changes nothing.

    ``checkpoint`` is the one in the receipt, its signature verified (step 2); ``claimed`` the one
    that the peer said HELLO with, which may lie ahead of the mirror. Returns the mirror as it is
    afterwards and what was acknowledged, in order.

    Raises ``LineError``: ``line.receipt-gap``, ``line.receipt-count``, ``line.receipt-order``,
    ``line.receipt-not-sent``; ``TrustError``: ``line.forged-leaf``, ``line.inconsistent-root``,
    ``line.forked-log``.
    """
    # 3. It begins where the mirror ends, and brings exactly as many hashes as the log has grown.
    if receipt.old_size != mirror.size:
        raise LineError(
            "line.receipt-gap",
            f"a receipt from {receipt.old_size} on, but the mirror ends at {mirror.size}",
        )
    hashes = receipt.leaf_hashes
    leaves = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
    if len(leaves) != checkpoint.size - mirror.size:
        raise LineError(
            "line.receipt-count",
            f"{len(leaves)} leaf hashes for {checkpoint.size - mirror.size} new entries",
        )
    acknowledged = []
    next_seq = [stream.receipted_through + 1 for stream in streams]
    next_index = mirror.size
    for item in receipt.items:
        # 4. Receipts of a stream come in order, none left out, and leaves do too.
        if item.first_seq != next_seq[item.stream] or item.first_index < next_index:
            raise LineError("line.receipt-order", f"{receipt} is not in order")
        if item.first_index + item.count > checkpoint.size:
            raise LineError("line.receipt-order", f"{receipt} points beyond the log")
        ids = streams[item.stream].under_way(item.first_seq, item.count)
        # 5. The leaf rebuilt from what we sent is the leaf in the log.
        at = item.first_index - mirror.size
        for offset, sent_id in enumerate(ids):
            rebuilt = received_leaf(item.stream, item.first_seq + offset, sent_id, item.time_us)
            if leaf_hash(rebuilt) != leaves[at + offset]:
                raise TrustError(
                    "line.forged-leaf",
                    f"the receipt's leaf {item.first_index + offset} is not that of message "
                    f"{item.first_seq + offset} of stream {item.stream}",
                )
        next_seq[item.stream] += item.count
        next_index = item.first_index + item.count
        acknowledged.append(
            Acknowledgement(item.stream, item.first_seq, item.count, item.first_index, item.time_us)
        )
    # 6. Old frontier and new leaves together give the signed root.
    grown = mirror.copy()
    passing = claimed is not None and mirror.size < claimed.size <= checkpoint.size
    reached = claimed.size - mirror.size if claimed is not None and passing else 0
    grown.extend(leaves[:reached])
    there = grown.copy()
    grown.extend(leaves[reached:])
    if grown.root() != checkpoint.root:
        raise TrustError(
            "line.inconsistent-root",
            f"the peer's log of {checkpoint.size} entries does not continue the one of "
            f"{mirror.size}",
        )
    # On its way it passes what the peer signed in its HELLO.
    if claimed is not None and passing:
        check_not_forked(claimed, there)
    return grown, acknowledged
