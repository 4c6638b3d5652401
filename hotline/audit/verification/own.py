"""Steps 2 to 7: what this centre's own logs must hold, entry by entry."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from heapq import merge
from operator import itemgetter

import msgspec

from hotline.audit.verification.findings import LineLogs, Run
from hotline.audit.verification.projections import check_message
from hotline.audit.verification.replay import Cursor, LeafRuns, Tree
from hotline.audit.verification.witness import Cosignatures
from hotline.errors import HotlineError
from hotline.journal.state import IN, NO_ID, OUT, STREAMS
from hotline.trust.card import Card
from hotline.trust.merkle import EMPTY_ROOT, MAX_TREE_SIZE, leaf_hash
from hotline.wire.body import Body, decode_body, message_id
from hotline.wire.codec import unpack
from hotline.wire.envelope import Envelope, decode_envelope, verify_group
from hotline.wire.frames import ReceiptItem
from hotline.wire.leaf import RECEIVED, SENT, own_leaf, received_leaf, sent_leaf

SALT = 16
"""Bytes of salt in a leaf that the peer must not be able to guess."""

Marks = dict[tuple[int, int], tuple[int, bytes]]
"""For each (direction, stream): the next sequence number and the id of the newest message."""


def check_messages(run: Run, line: LineLogs, card: Card) -> None:
    """Check each group and its messages, side by side: steps 2 and 3, and what the desk shows."""
    # The groups of each stream are stored in its order, so entries' order needs no sorting.
    groups = merge(
        *(
            run.db.execute(
                "SELECT id, direction, stream, first_seq, count, first_idx, bytes FROM envelope"
                " WHERE log = ? AND direction = ? AND stream = ? ORDER BY first_seq",
                (line.log, direction, stream),
            )
            for direction in (OUT, IN)
            for stream in range(STREAMS)
        ),
        key=itemgetter(5),
    )
    seen = 0
    messages = Cursor(
        run.db.execute(
            "SELECT idx, direction, stream, seq, id, kind, created_us, envelope, position, length,"
            " reference, about, flags FROM message WHERE log = ? ORDER BY idx",
            (line.log,),
        )
    )
    marks: Marks = {}
    for id_, direction, stream, first_seq, count, first_idx, data in groups:
        seen += 1
        _pass_over(run, line, messages, marks, first_idx)
        try:
            envelope = decode_envelope(data)
            verify_group(envelope, run.own.signing if direction == OUT else card.signing)
            bodies = [decode_body(body) for body in envelope.bodies]
        except HotlineError as error:
            run.fail(2, line.own_origin, first_idx, str(error))
            _pass_over(run, line, messages, marks, first_idx + count, of=id_)
            continue
        run.report.signatures += 1
        if len(bodies) != count:
            run.fail(2, line.own_origin, first_idx, f"{len(bodies)} messages where {count} are due")
        place = (id_, direction, stream, first_seq, first_idx)
        _check_group(run, line, messages, marks, place, envelope, bodies)
    _pass_over(run, line, messages, marks, None)
    (groups_stored,) = run.db.execute(
        "SELECT count(*) FROM envelope WHERE log = ?", (line.log,)
    ).fetchone()
    if groups_stored != seen:
        run.fail(2, line.own_origin, -1, "groups are stored of streams that there are not")
    stored = {
        (direction, stream): (next_seq, last_id)
        for direction, stream, next_seq, last_id in run.db.execute(
            "SELECT direction, stream, next_seq, last_id FROM stream WHERE log = ?", (line.log,)
        )
    }
    if stored != marks:
        run.fail(3, line.own_origin, -1, "the streams' marks are not those of the messages")


def _check_group(
    run: Run,
    line: LineLogs,
    messages: Cursor,
    marks: Marks,
    place: tuple[int, int, int, int, int],
    envelope: Envelope,
    bodies: list[Body],
) -> None:
    """Hold the messages stored of one group against its bodies, which are known to be signed."""
    id_, direction, stream, seq, index = place
    names = (run.own.centre, line.peer) if direction == OUT else (line.peer, run.own.centre)
    status = str(run.own.status)
    next_seq, last_id = marks.get((direction, stream), (1, NO_ID))
    for body, raw, span in zip(bodies, envelope.bodies, envelope.spans(), strict=True):
        hashed = message_id(raw)
        due = (index, direction, stream, seq, hashed, body.kind, body.created_us, id_, *span)
        if messages.row is not None and messages.row[0] == index:
            row = messages.take()
            run.report.messages += 1
            if row[:10] != due:
                run.fail(2, line.own_origin, index, "the message stored is not the one signed")
            for text in check_message(body, direction, *row[10:]):
                run.fail(11, line.own_origin, index, text)
        else:
            run.fail(2, line.own_origin, index, "a message that was signed is not stored")
        said = (body.sender, body.recipient, body.epoch, body.precedence, body.seq, body.status)
        if said != (*names, line.epoch, stream, seq, status):
            run.fail(2, line.own_origin, index, f"the body says {said}")
        if seq != next_seq:
            run.fail(3, line.own_origin, index, f"sequence {seq} where {next_seq} was due")
        if body.previous != last_id:
            run.fail(3, line.own_origin, index, "the chain of previous hashes is broken")
        seq += 1
        index += 1
        next_seq, last_id = seq, hashed
    marks[direction, stream] = (next_seq, last_id)


def _pass_over(
    run: Run,
    line: LineLogs,
    messages: Cursor,
    marks: Marks,
    end: int | None,
    of: int | None = None,
) -> None:
    """Step over messages before entry ``end`` that no group accounts for.

    Those ``of`` a group that is reported already are not reported again.
    """
    while messages.row is not None and (end is None or messages.row[0] < end):
        index, direction, stream, seq, id_, _, _, envelope, *_ = messages.row
        if of is None:
            run.fail(2, line.own_origin, index, "a message lies in no group")
        elif envelope != of:
            return
        marks[direction, stream] = (seq + 1, id_)
        run.report.messages += 1
        messages.take()


def check_own_log(
    run: Run, log: int, origin: str, line: LineLogs | None, witness: Card | None
) -> None:
    """Grow a log of ours again, steps 4 to 7, and hold its cosignatures against it, step 10.

    ``line`` and ``witness``, the peer's card, are None for the log of the node's own affairs.
    """
    size, encoded, note = run.db.execute(
        "SELECT size, frontier, note FROM log WHERE id = ?", (log,)
    ).fetchone()
    runs = LeafRuns(run.db, log)
    tree = Tree(run.db, log)
    frontier = tree.frontier
    cosignatures = Cosignatures(run, log, origin, witness) if witness is not None else None
    receipts = Cursor(
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
        if not tree.add(hashed):
            run.fail(5, origin, index, "a stored block's root is not that of its leaves")
        while receipts.row is not None and receipts.row[0] <= frontier.size:
            at, old_size, newest, items = receipts.take()
            if at != frontier.size:
                run.fail(6, origin, at - 1, "a checkpoint was given over no entries")
                continue
            if old_size != sealed:
                run.fail(6, origin, index, f"a receipt begins at {old_size}, not {sealed}")
            run.checkpoint(6, newest, origin, run.own.log, frontier)
            if line is not None:
                _check_items(run, line, items, sealed, at)
            sealed = at
        if cosignatures is not None and cosignatures.size <= frontier.size:
            cosignatures.check(frontier)
        run.advance()
    if cosignatures is not None:
        cosignatures.check(None)
    if receipts.row is not None:
        run.fail(6, origin, -1, "a receipt was given over more entries than there are")
    if frontier.size != size or runs.next() is not None or not runs.sound:
        run.fail(4, origin, -1, f"there are {frontier.size} entries where {size} are due")
    if frontier.encode() != encoded or not tree.finished:
        run.fail(5, origin, -1, "the stored edge of the tree is not that of the entries")
    if line is not None:
        _check_sealed(run, line, sealed)
        if note != newest:
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
            if len(salt) != SALT or kind in (SENT, RECEIVED):
                run.fail(4, origin, index, "an entry has a leaf that it cannot have")
        if index != expected:
            run.fail(4, origin, index, f"entry {index} where entry {expected} was due")
        expected = index + 1
        yield index, leaf


def _check_items(run: Run, line: LineLogs, stored: bytes, old_size: int, size: int) -> None:
    """Check that a receipt names exactly the messages received since the one before."""
    try:
        items = msgspec.convert(unpack(stored), tuple[ReceiptItem, ...])
    except (HotlineError, msgspec.ValidationError) as error:
        run.fail(7, line.own_origin, size - 1, f"a receipt's items cannot be read: {error}")
        return
    named = (
        (item.stream, item.first_seq + i, item.first_index + i, item.time_us)
        for item in sorted(items, key=lambda item: item.first_index)
        for i in range(item.count)
    )
    received = _received(run.db, line.log, old_size, size)
    # Both sides are read only as far as they agree, so a count made up costs nothing.
    while (message := received.fetchone()) == (item := next(named, None)):
        if item is None:
            return
    run.fail(7, line.own_origin, size - 1, f"a receipt names {item} where {message} was received")


def _check_sealed(run: Run, line: LineLogs, sealed: int) -> None:
    """Step 7: check that no received message is without a receipt."""
    message = _received(run.db, line.log, sealed, MAX_TREE_SIZE).fetchone()
    if message is not None:
        run.fail(7, line.own_origin, message[2], "a received message has no receipt")


def _received(db: sqlite3.Connection, log: int, first: int, end: int) -> sqlite3.Cursor:
    """Return (stream, seq, idx, time_us) of the messages received as entries [first, end)."""
    return db.execute(
        "SELECT stream, seq, idx, time_us FROM message"
        " WHERE log = ? AND idx >= ? AND idx < ? AND direction = ? ORDER BY idx",
        (log, first, end, IN),
    )
