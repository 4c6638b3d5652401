"""Steps 2 and 3: the groups of a line, what they say, and the messages that are stored for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from heapq import merge
from operator import itemgetter
from typing import Any

import msgspec

from hotline.audit.verification.findings import LineLogs, Pass, Run
from hotline.audit.verification.projections import is_list
from hotline.audit.verification.replay import Cursor, clipped, distinct, since
from hotline.audit.verification.signed import (
    Group,
    GroupRow,
    Parties,
    StoredGroup,
    check_group,
)
from hotline.audit.verification.starts import Marks, Start, Streams, streams_from
from hotline.errors import HotlineError
from hotline.journal.state import IN, NO_ID, OUT, STREAMS
from hotline.journal.streams import stored_ids
from hotline.trust.card import Card
from hotline.wire.body import decode_body, message_id
from hotline.wire.codec import unpack
from hotline.wire.envelope import MAX_ENVELOPE, MAX_GROUP, decode_envelope, verify_group
from hotline.wire.shapes import Seq, Stream

MAX_REFERENCE = 1024
"""Bytes of a stored reference that are read: far more than any message has."""
ENVELOPE = 7
"""Column of the group in a message's row."""


def check_messages(run: Run, line: LineLogs, card: Card, start: Start) -> None:
    """Check each group and its messages, side by side: steps 2 and 3, and what the desk shows."""
    parties = Parties(
        own=run.own.centre,
        peer=line.peer,
        epoch=line.epoch,
        status=str(run.own.status),
        own_signing=run.own.signing.raw,
        peer_signing=card.signing.raw,
    )
    (size,) = run.db.execute("SELECT size FROM log WHERE id = ?", (line.log,)).fetchone()
    done = Pass(run, start.size, size)
    streams = streams_from(run.db, line.log, start.size)
    marks = dict(streams.marks)
    stored = _stored_groups(run, line, streams)
    for (row, messages), group in run.crew.map(
        partial(check_group, parties), stored, StoredGroup.size
    ):
        run.report.messages += len(messages)
        if row is None:
            _report_strays(run, line, marks, messages)
        else:
            _check_group(run, line, marks, row, messages, group)
            done.reach(row.first_idx + row.length)
    done.close()
    _check_streams(run, line, marks)


def _check_streams(run: Run, line: LineLogs, marks: Marks) -> None:
    """Check that groups are of the streams that there are, and each stream's mark."""
    known = {(direction, stream) for direction in (OUT, IN) for stream in range(STREAMS)}
    for direction in distinct(run.db, "envelope", "direction", "log = ?", line.log):
        for stream in distinct(
            run.db, "envelope", "stream", "log = ? AND direction = ?", line.log, direction
        ):
            if (direction, stream) not in known:
                text = "groups are stored of streams that there are not"
                run.fail(2, line.own_origin, -1, text)
    told = {
        (direction, stream): (next_seq, last_id)
        for direction, stream, next_seq, last_id in run.db.execute(
            "SELECT direction, stream, next_seq, last_id FROM stream WHERE log = ?", (line.log,)
        )
    }
    if told != marks:
        run.fail(3, line.own_origin, -1, "the streams' marks are not those of the messages")


def _stored_groups(run: Run, line: LineLogs, streams: Streams) -> Iterator[StoredGroup]:
    """Yield each group in the order of the entries, with the messages stored in its place."""
    # The groups of each stream are stored in its order, so entries' order needs no sorting.
    groups = Cursor(
        merge(
            *(
                run.db.execute(
                    "SELECT id, direction, stream, first_seq, count, first_idx,"
                    f" {clipped('bytes')} FROM envelope"
                    " WHERE log = ? AND direction = ? AND stream = ? AND first_seq >= ?"
                    " ORDER BY first_seq",
                    (MAX_ENVELOPE + 1, line.log, direction, stream, first_seq),
                )
                for (direction, stream), first_seq in streams.seqs.items()
            ),
            key=itemgetter(5),
        )
    )
    messages = Cursor(
        run.db.execute(
            "SELECT idx, direction, stream, seq, id, kind, created_us, envelope, position, length,"
            # Bytes, since text would be cut at its first NUL; SQL has NULL for those of no text.
            " iif(reference = '', '', substr(CAST(reference AS BLOB), 1, ?)), about, flags"
            " FROM message WHERE log = ? AND idx >= ?"
            " ORDER BY idx",
            (MAX_REFERENCE, line.log, since(streams.first)),
        )
    )
    while groups.row is not None:
        row = GroupRow(*groups.take())
        end = row.first_idx + min(row.length, MAX_GROUP)
        if groups.row is not None:  # of two groups that claim one place, the first keeps less
            end = min(end, max(groups.row[5], row.first_idx))
        while messages.row is not None and messages.row[0] < row.first_idx:
            yield StoredGroup(None, [_read_flags(messages.take())])
        within = []
        while messages.row is not None and messages.row[0] < end:
            within.append(_read_flags(messages.take()))
        yield StoredGroup(row, within)
    while messages.row is not None:
        yield StoredGroup(None, [_read_flags(messages.take())])


def _read_flags(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Put in the place of a message's remarks whether they can be read; None without any."""
    return row if row[-1] is None else (*row[:-1], is_list(row[-1]))


def _check_group(
    run: Run,
    line: LineLogs,
    marks: Marks,
    row: GroupRow,
    messages: list[tuple[Any, ...]],
    group: Group,
) -> None:
    """Hold what a group says of itself against what came before it in its stream."""
    if group.unreadable:
        run.fail(2, line.own_origin, row.first_idx, group.unreadable)
        # What is known to be of this group is not reported again.
        strays = [message for message in messages if message[ENVELOPE] != row.id]
        _report_strays(run, line, marks, strays)
        _pass_over(marks, [message for message in messages if message[ENVELOPE] == row.id])
        return
    run.report.signatures += 1
    place = (row.direction, row.stream)
    next_seq, last_id = marks.get(place, (1, NO_ID))
    if row.first_seq != next_seq:
        text = f"sequence {row.first_seq} where {next_seq} was due"
        run.fail(3, line.own_origin, row.first_idx, text)
    if group.previous != last_id:
        text = "the chain of previous hashes is broken"
        run.fail(3, line.own_origin, row.first_idx, text)
    for step, entry, text in group.findings:
        run.fail(step, line.own_origin, entry, text)
    marks[place] = (row.first_seq + group.length, group.last_id)


def _report_strays(run: Run, line: LineLogs, marks: Marks, messages: list[tuple[Any, ...]]) -> None:
    """Report messages that no group accounts for."""
    for message in messages:
        run.fail(2, line.own_origin, message[0], "a message lies in no group")
    _pass_over(marks, messages)


def _pass_over(marks: Marks, messages: list[tuple[Any, ...]]) -> None:
    """Take the streams' marks from messages that cannot be checked."""
    for _, direction, stream, seq, id_, *_ in messages:
        marks[direction, stream] = (seq + 1, id_)


def check_evidence(run: Run, line: LineLogs, card: Card, start: Start) -> None:
    """Step 2: check that each contradiction kept against the peer is signed, and is one."""
    for index, payload in run.db.execute(
        "SELECT idx, payload FROM record WHERE log = ? AND idx >= ? AND kind = 'equivocation'"
        " ORDER BY idx",
        (line.log, since(start.size)),
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


class _Equivocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of an ``equivocation`` record."""

    stream: Stream
    seq: Seq
    envelope: bytes
