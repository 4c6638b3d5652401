"""Steps 2 to 7: what this centre's own logs must hold, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from hotline.errors import HotlineError
from hotline.journal.findings import LineLogs, Run
from hotline.journal.incoming import decode_items
from hotline.journal.replay import Blocks, Cursor, LeafRuns
from hotline.journal.state import IN, NO_ID, OUT
from hotline.trust.card import Card
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.merkle import EMPTY_ROOT, Frontier, leaf_hash
from hotline.wire.body import decode_body, message_id
from hotline.wire.envelope import decode_envelope, verify_group
from hotline.wire.frames import ReceiptItem
from hotline.wire.leaf import own_leaf, received_leaf, sent_leaf


def check_envelopes(run: Run, line: LineLogs, card: Card) -> None:
    """Step 2: check each signature, and that the messages stored are the ones signed."""
    rows = run.db.execute(
        "SELECT id, direction, stream, first_seq, count, first_idx, bytes FROM envelope"
        " WHERE log = ? ORDER BY first_idx",
        (line.log,),
    )
    for id_, direction, stream, first_seq, count, first_idx, data in rows:
        key = run.own.signing if direction == OUT else card.signing
        try:
            envelope = decode_envelope(data)
            verify_group(envelope, key)
            bodies = [decode_body(body) for body in envelope.bodies]
        except HotlineError as error:
            run.fail(2, line.own_origin, first_idx, str(error))
            continue
        run.report.signatures += 1
        stored = run.db.execute(
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
            run.fail(2, line.own_origin, first_idx, "the messages are not those signed")
        names = (run.own.centre, line.peer)
        for offset, body in enumerate(bodies):
            expected = (
                *(names if direction == OUT else names[::-1]),
                line.epoch,
                stream,
                first_seq + offset,
                str(run.own.status),
            )
            said = (
                *(body.sender, body.recipient, body.epoch, body.precedence, body.seq),
                body.status,
            )
            if said != expected:
                run.fail(2, line.own_origin, first_idx + offset, f"the body says {said}")


def check_streams(run: Run, line: LineLogs) -> None:
    """Step 3: follow each stream's sequence and chain to its stored mark."""
    stored = {
        (direction, stream): (next_seq, last_id)
        for direction, stream, next_seq, last_id in run.db.execute(
            "SELECT direction, stream, next_seq, last_id FROM stream WHERE log = ?", (line.log,)
        )
    }
    marks: dict[tuple[int, int], tuple[int, bytes]] = {}
    for idx, direction, stream, seq, id_, body in run.db.execute(
        "SELECT m.idx, m.direction, m.stream, m.seq, m.id,"
        " substr(e.bytes, m.position + 1, m.length)"
        " FROM message m LEFT JOIN envelope e ON e.id = m.envelope"
        " WHERE m.log = ? ORDER BY m.idx",
        (line.log,),
    ):
        run.report.messages += 1
        next_seq, last_id = marks.get((direction, stream), (1, NO_ID))
        try:
            previous = decode_body(body or b"").previous
        except HotlineError as error:
            run.fail(2, line.own_origin, idx, str(error))
            continue
        if seq != next_seq:
            run.fail(3, line.own_origin, idx, f"sequence {seq} where {next_seq} was due")
        if previous != last_id:
            run.fail(3, line.own_origin, idx, "the chain of previous hashes is broken")
        marks[direction, stream] = (seq + 1, id_)
    if stored != marks:
        run.fail(3, line.own_origin, -1, "the streams' marks are not those of the messages")


def check_own_log(run: Run, log: int, origin: str, line: LineLogs | None) -> None:
    """Grow a log of ours again, steps 4 to 7; ``line`` is None for the node's own affairs."""
    row = run.db.execute("SELECT size, frontier, note FROM log WHERE id = ?", (log,)).fetchone()
    size, encoded, note = row
    runs = LeafRuns(run.db, log)
    blocks = Blocks(run.db, log)
    frontier = Frontier()
    checkpoints = Cursor(
        run.db.execute(
            "SELECT size, old_size, note, items FROM receipt_given WHERE log = ? ORDER BY size",
            (log,),
        )
    )
    sealed = 0
    newest = b""
    for index, leaf in _leaves(run, log, origin):
        hashed = leaf_hash(leaf)
        if runs.next() != hashed:
            run.fail(4, origin, index, "the stored leaf hash is not that of what is stored")
        frontier.append(hashed)
        if not blocks.add(hashed):
            run.fail(5, origin, index, "a stored block's root is not that of its leaves")
        while checkpoints.row is not None and checkpoints.row[0] == frontier.size:
            _size, old_size, text, items = checkpoints.take()
            if old_size != sealed:
                run.fail(6, origin, index, f"a receipt begins at {old_size}, not {sealed}")
            sealed, newest = frontier.size, text
            run.checkpoint(6, text, origin, run.own.log, frontier)
            if line is not None:
                _check_items(run, line, decode_items(items), old_size, frontier.size)
        run.advance()
    if checkpoints.row is not None:
        run.fail(6, origin, -1, "a receipt was given over more entries than there are")
    if frontier.size != size or runs.next() is not None:
        run.fail(4, origin, -1, f"there are {frontier.size} entries where {size} are due")
    if frontier.encode() != encoded or blocks.next_row() is not None:
        run.fail(5, origin, -1, "the stored edge of the tree is not that of the entries")
    if line is None and note:
        _check_old_checkpoint(run, note, origin, log)
    elif line is not None and note != newest:
        run.fail(6, origin, -1, "the newest checkpoint is not the last one given")
    root = (frontier.root() if frontier.size else EMPTY_ROOT).hex()
    run.report.checkpoints.append((origin, frontier.size, root))


def _leaves(run: Run, log: int, origin: str) -> Iterator[tuple[int, bytes]]:
    """Yield each entry's index and leaf; entries lie in two tables, read side by side."""
    messages = Cursor(
        run.db.execute(
            "SELECT idx, direction, stream, seq, id, created_us, time_us FROM message"
            " WHERE log = ? ORDER BY idx",
            (log,),
        )
    )
    records = Cursor(
        run.db.execute(
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
                    run.fail(4, origin, index, "entered at another time than composed")
            else:
                leaf = received_leaf(stream, seq, id_, time_us)
        else:
            index, kind, payload, time_us, salt = records.take()
            leaf = own_leaf(kind, sha256(payload).digest(), time_us, salt)
        if index != expected:
            run.fail(4, origin, index, f"entry {index} where entry {expected} was due")
        expected = index + 1
        yield index, leaf


def _check_items(
    run: Run, line: LineLogs, items: tuple[ReceiptItem, ...], old_size: int, size: int
) -> None:
    """Check that a receipt names exactly the messages received since the one before."""
    named = [
        (item.stream, item.first_seq + i, item.first_index + i, item.time_us)
        for item in items
        for i in range(item.count)
    ]
    received = run.db.execute(
        "SELECT stream, seq, idx, time_us FROM message"
        " WHERE log = ? AND idx >= ? AND idx < ? AND direction = ? ORDER BY idx",
        (line.log, old_size, size, IN),
    ).fetchall()
    if sorted(named, key=lambda item: item[2]) != received:
        run.fail(7, line.own_origin, size - 1, "a receipt does not name what was received")


def check_receipts_cover(run: Run, line: LineLogs) -> None:
    """Step 7: check that no received message is without a receipt."""
    sealed = run.db.execute(
        "SELECT coalesce(max(size), 0) FROM receipt_given WHERE log = ?", (line.log,)
    ).fetchone()[0]
    row = run.db.execute(
        "SELECT min(idx) FROM message WHERE log = ? AND idx >= ? AND direction = ?",
        (line.log, sealed, IN),
    ).fetchone()
    if row[0] is not None:
        run.fail(7, line.own_origin, row[0], "a received message has no receipt")


def _check_old_checkpoint(run: Run, note: bytes, origin: str, log: int) -> None:
    """Check a checkpoint that need not be of the whole log: the node's own, between anchors."""
    try:
        checkpoint = open_checkpoint(note, origin, run.own.log)
    except HotlineError as error:
        run.fail(6, origin, -1, str(error))
        return
    run.report.signatures += 1
    frontier = Frontier()
    runs = LeafRuns(run.db, log)
    while frontier.size < checkpoint.size and (hashed := runs.next()) is not None:
        frontier.append(hashed)
    if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
        run.fail(6, origin, -1, "the newest checkpoint is of another tree")
