"""Steps 8 to 10: what the peer has signed about our messages and both logs."""

from __future__ import annotations

import msgspec

from hotline.errors import HotlineError, JournalError
from hotline.journal.findings import LineLogs, Run
from hotline.journal.replay import Blocks, Cursor, LeafRuns, Taken
from hotline.journal.state import OUT
from hotline.model.kinds import Status
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.keys import PublicKey, Role
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.trust.names import key_name
from hotline.wire.codec import unpack
from hotline.wire.frames import ReceiptItem
from hotline.wire.leaf import received_leaf


def check_mirror(run: Run, line: LineLogs, card: Card) -> None:
    """Grow the mirror of the peer's log again, receipt by receipt, steps 8 and 9."""
    size, encoded, note = run.db.execute(
        "SELECT size, frontier, note FROM log WHERE id = ?", (line.mirror,)
    ).fetchone()
    receipts = Cursor(
        run.db.execute(
            "SELECT idx, payload FROM record WHERE log = ? AND kind = 'receipt' ORDER BY idx",
            (line.log,),
        )
    )
    taken = Taken(run.db, line.log)
    frontier = Frontier()
    runs = LeafRuns(run.db, line.mirror)
    blocks = Blocks(run.db, line.mirror)
    receipted: dict[int, int] = {}
    while receipts.row is not None:
        index, payload = receipts.take()
        try:
            checkpoint, items, old_size = _read_receipt(payload, line.peer_origin, card.log)
        except HotlineError as error:
            run.fail(9, line.own_origin, index, str(error))
            continue
        run.report.signatures += 1
        window: dict[int, bytes] = {}
        while frontier.size < checkpoint.size and (hashed := runs.next()) is not None:
            if frontier.size >= old_size:
                window[frontier.size] = hashed
            frontier.append(hashed)
            if not blocks.add(hashed):
                run.fail(8, line.peer_origin, frontier.size - 1, "a block's root is wrong")
        if frontier.size != checkpoint.size or frontier.root() != checkpoint.root:
            run.fail(8, line.peer_origin, checkpoint.size - 1, "leaves contradict a receipt")
        if not taken.matches(items, index):
            run.fail(9, line.own_origin, index, "the outbox does not say what a receipt says")
        for item in items:
            if item.first_seq != receipted.get(item.stream, 0) + 1:
                run.fail(9, line.own_origin, index, "receipts skip or repeat a message")
            receipted[item.stream] = item.first_seq + item.count - 1
            _check_item(run, line, item, window, index)
    while (hashed := runs.next()) is not None:
        frontier.append(hashed)
        if not blocks.add(hashed):
            run.fail(8, line.peer_origin, frontier.size - 1, "a block's root is wrong")
    if frontier.size != size or frontier.encode() != encoded or blocks.next_row() is not None:
        run.fail(8, line.peer_origin, -1, "the mirror's edge is not that of its leaves")
    if size or note:
        run.checkpoint(8, note, line.peer_origin, card.log, frontier)
    if not taken.finished:
        run.fail(9, line.own_origin, -1, "the outbox names receipts that are no entries")
    marks = dict(
        run.db.execute(
            "SELECT stream, receipted FROM stream"
            " WHERE log = ? AND direction = ? AND receipted > 0",
            (line.log, OUT),
        ).fetchall()
    )
    if marks != receipted:
        run.fail(9, line.own_origin, -1, "the streams' receipt marks are not the receipts'")


def _check_item(
    run: Run, line: LineLogs, item: ReceiptItem, window: dict[int, bytes], index: int
) -> None:
    rows = run.db.execute(
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
            run.fail(9, line.own_origin, index, f"the receipt does not prove message {seq}")
            return


def check_cosignatures(run: Run, line: LineLogs, card: Card) -> None:
    """Step 10: check each cosignature against the tree that it is over."""
    status = Status(run.own.status)
    for log, origin, witness, key in (
        (line.log, line.own_origin, line.peer, card.witness),
        (line.mirror, line.peer_origin, run.own.centre, run.own.witness),
    ):
        cursor = Cursor(
            run.db.execute(
                "SELECT size, witness, root, line FROM cosignature WHERE log = ? ORDER BY size",
                (log,),
            )
        )
        frontier = Frontier()
        runs = LeafRuns(run.db, log)
        while cursor.row is not None:
            size, name, root, text = cursor.take()
            while frontier.size < size and (hashed := runs.next()) is not None:
                frontier.append(hashed)
            if name != witness:
                run.fail(10, origin, size - 1, f"{name} is no witness of this log")
                continue
            if frontier.size != size or frontier.root() != root:
                run.fail(10, origin, size - 1, "a cosignature is of another tree")
                continue
            try:
                verify_cosignature(
                    Checkpoint(origin, size, root).text(),
                    text.encode(),
                    key_name(status, name, Role.WITNESS),
                    key,
                )
                run.report.signatures += 1
            except HotlineError as error:
                run.fail(10, origin, size - 1, str(error))


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
