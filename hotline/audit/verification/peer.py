"""Steps 8 to 10: what the peer has signed about our messages and its own log."""

from __future__ import annotations

from functools import partial

from hotline.audit.verification.findings import LineLogs, Pass, Run
from hotline.audit.verification.replay import LeafRuns, Outbox, Tree, clipped, since
from hotline.audit.verification.signed import MAX_PAYLOAD, Signer, check_receipt
from hotline.audit.verification.starts import Start, mirror_start
from hotline.audit.verification.witness import Cosignatures, witnesses_of
from hotline.journal.state import OUT, STREAMS
from hotline.trust.card import Card
from hotline.trust.merkle import leaf_hash
from hotline.trust.notes import MAX_NOTE_SIZE
from hotline.wire.frames import MAX_RECEIPT_HASHES, ReceiptItem
from hotline.wire.leaf import received_leaf


def check_mirror(run: Run, line: LineLogs, card: Card, start: Start) -> None:
    """Grow the mirror of the peer's log again, receipt by receipt, steps 8 to 10.

    ``start`` is that of our own log: the mirror begins at the newest receipt before it.
    """
    own_size, size, encoded, note = run.db.execute(
        f"SELECT o.size, m.size, m.frontier, {clipped('m.note')} FROM log o, log m"
        " WHERE o.id = ? AND m.id = ?",
        (MAX_NOTE_SIZE + 1, line.log, line.mirror),
    ).fetchone()
    mirror = mirror_start(run, line, card, start)
    run.report.begins.append(mirror.begin)
    rows = run.db.execute(
        f"SELECT idx, time_us, {clipped('payload')} FROM record"
        " WHERE log = ? AND idx >= ? AND kind = 'receipt' ORDER BY idx",
        (MAX_PAYLOAD + 1, line.log, since(start.size if mirror.begin.size else 0)),
    )
    outbox = Outbox(run.db, line.log, mirror.receipted)
    runs = LeafRuns(run.db, line.mirror, mirror.begin.size)
    tree = Tree(run.db, line.mirror, mirror.frontier)
    frontier = tree.frontier
    witnesses = witnesses_of(run, line.peer_origin, run.own, outside=False)
    cosignatures = Cosignatures(run, line.mirror, witnesses, mirror.begin.size)
    receipted = list(mirror.receipted)
    done = Pass(run, start.size, own_size)

    def grow() -> bytes | None:
        hashed = runs.next()
        if hashed is not None:
            if not tree.add(hashed):
                run.fail(8, line.peer_origin, frontier.size - 1, "a block's root is wrong")
            if cosignatures.size <= frontier.size:
                cosignatures.check(tree)
        return hashed

    for (index, taken_us, _), receipt in run.crew.map(
        partial(check_receipt, Signer(line.peer_origin, card.log.raw)),
        rows,
        lambda row: len(row[2]),
    ):
        done.reach(index)
        if isinstance(receipt, str):
            run.fail(9, line.own_origin, index, receipt)
            continue
        run.report.signatures += 1
        old_size = receipt.old_size
        if not 0 < receipt.size - old_size <= MAX_RECEIPT_HASHES or old_size < frontier.size:
            run.fail(9, line.own_origin, index, f"a receipt cannot begin at {old_size}")
            old_size = receipt.size
        # Updates that are no entries lie between two receipts; only this one's leaves are kept.
        while frontier.size < old_size and grow() is not None:
            pass
        window = []
        while frontier.size < receipt.size and (hashed := grow()) is not None:
            window.append(hashed)
        if frontier.size != receipt.size or tree.root() != receipt.root:
            run.fail(8, line.peer_origin, receipt.size - 1, "leaves contradict a receipt")
        for item in receipt.items:
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
    done.close()
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
