"""The groups of a line cut into spans, each of which any process can read and check by itself.

Groups are read in the order of the entries, with the messages that are stored in their place. A
span says from which group to which, and from which message to which, so that all spans together
read just what one process would, whatever the tables say.

Another process reads the file by itself, at a later moment than the one that is verified. Rows are
never changed in these two tables, and only added behind a span or, with an archived epoch, taken
out: what it finds sound, all groups being there, is as it was. What it does not is checked again
where that moment is read.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from hotline.audit.verification.replay import clipped, since
from hotline.journal.schema import store_error
from hotline.wire.body import MAX_BODY
from hotline.wire.envelope import MAX_ENVELOPE, MAX_GROUP

MAX_REFERENCE = 1024
"""Bytes of a reference that are kept as they are; of a longer one, which only a peer chooses to
have, its length and hash: a group can hold hundreds of them."""
MAX_VALUE = 128 * 1024 * 1024
"""Bytes in one value: far more than any node writes, and what a verification may need at once."""
REFERENCE_COLUMN = 10
"""Column of the reference in a message's row."""
SIGNATURE, SPAN = 10, 2_000
"""A signature takes as long as so many messages, and a span as long as so many: some 20 ms."""

_LAST = (1 << 63) - 1
"""The largest entry that a row can state."""


class File(NamedTuple):
    """A journal's file, wherever its name may lead by now."""

    path: str
    device: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> File:
        """Return what is there now. Raises JournalError."""
        try:
            status = path.stat()
        except OSError as error:
            raise store_error(error) from error
        return cls(os.fspath(path), status.st_dev, status.st_ino)


class GroupSpan(NamedTuple):
    """Groups that follow each other in the order of the entries, and the messages in their place.

    ``streams`` are direction, stream, and the sequences of the first and last group of each;
    messages are those from entry ``first`` to ``last``. ``following`` is the entry at which the
    next group claims to begin, None after the last.
    """

    log: int
    streams: tuple[tuple[int, int, int, int], ...]
    groups: int
    first: int
    last: int
    following: int | None


GroupRow = tuple[int, int, int, int, int, int, bytes]
"""A row of ``envelope``: id, direction, stream, first sequence, count, first entry, and the bytes,
cut after the longest envelope that there can be."""

MessageRow = tuple[Any, ...]
"""A row of ``message``: entry, direction, stream, sequence, id, kind, time, group, position in it,
length, reference (`held_reference`), about, flags."""

HeldReference = bytes | tuple[int, bytes]
"""A reference's bytes; of a long one how many, and their SHA-256. So no two references are held
alike, whatever either of them says."""


def group_spans(
    db: sqlite3.Connection, log: int, first: int, seqs: dict[tuple[int, int], int]
) -> Iterator[GroupSpan]:
    """Cut the groups of a line into spans; ``seqs`` is where each (direction, stream) begins.

    There is at least one, also where there are no groups: messages may be.
    """
    # The groups of each stream are stored in its order, so entries' order needs no sorting.
    rows = merge(
        *(
            db.execute(
                "SELECT first_idx, count, direction, stream, first_seq FROM envelope"
                " WHERE log = ? AND direction = ? AND stream = ? AND first_seq >= ?"
                " ORDER BY first_seq",
                (log, *place, first_seq),
            )
            for place, first_seq in seqs.items()
        ),
        key=itemgetter(0),
    )
    begin = reached = since(first)
    streams: dict[tuple[int, int], tuple[int, int]] = {}
    groups = weight = 0
    row = next(rows, None)
    while row is not None:
        first_idx, count, direction, stream, seq = row
        row = next(rows, None)
        following = None if row is None else row[0]
        end = end_of(first_idx, count, following)
        if end < first_idx:
            end = first_idx
        if end > reached:
            reached = end
        place = direction, stream
        streams[place] = (streams[place][0] if place in streams else seq, seq)
        groups += 1
        weight += SIGNATURE
        if count > 0:
            weight += min(count, MAX_GROUP)
        if weight >= SPAN and following is not None:
            yield GroupSpan(
                log,
                _placed(seqs, streams),
                groups,
                begin,
                min(reached - 1, _LAST),
                following,
            )
            begin, streams, groups, weight = reached, {}, 0, 0
    yield GroupSpan(log, _placed(seqs, streams), groups, begin, _LAST, None)


def _placed(
    order: dict[tuple[int, int], int], streams: dict[tuple[int, int], tuple[int, int]]
) -> tuple[tuple[int, int, int, int], ...]:
    """Return the streams in the one order in which they are read: it tells of equals."""
    return tuple((*place, *streams[place]) for place in order if place in streams)


def end_of(first_idx: int, count: int, following: int | None) -> int:
    """Return the entry at which the place of a group ends.

    Of two groups that claim one place, the first keeps less.
    """
    end = first_idx + min(count, MAX_GROUP)
    if following is None or end <= following:
        return end
    return following if following > first_idx else min(end, first_idx)


def read_span(
    db: sqlite3.Connection, span: GroupSpan
) -> Iterator[tuple[GroupRow | None, list[MessageRow]]]:
    """Yield each group in the order of the entries, with the messages stored in its place.

    Without a group: messages that lie in no group's place.
    """
    reads = [
        db.execute(
            f"SELECT id, direction, stream, first_seq, count, first_idx, {clipped('bytes')}"
            " FROM envelope WHERE log = ? AND direction = ? AND stream = ?"
            " AND first_seq BETWEEN ? AND ? ORDER BY first_seq",
            (MAX_ENVELOPE + 1, span.log, *place),
        )
        for place in span.streams
    ]
    groups: Iterator[GroupRow] = reads[0] if len(reads) == 1 else merge(*reads, key=itemgetter(5))
    messages = _messages(db, span) if span.first <= span.last else iter(())
    group, message = next(groups, None), next(messages, None)
    while group is not None:
        row = group
        group = next(groups, None)
        first_idx = row[5]
        end = end_of(first_idx, row[4], span.following if group is None else group[5])
        while message is not None and message[0] < first_idx:
            yield None, [message]
            message = next(messages, None)
        within = []
        while message is not None and message[0] < end:
            within.append(message)
            message = next(messages, None)
        yield row, within
    while message is not None:
        yield None, [message]
        message = next(messages, None)


def held_reference(reference: bytes) -> HeldReference:
    """Return what is kept of a reference, stored or signed, to hold one against the other."""
    if len(reference) <= MAX_REFERENCE:
        return reference
    return len(reference), sha256(reference).digest()


def _messages(db: sqlite3.Connection, span: GroupSpan) -> Iterator[MessageRow]:
    rows = db.execute(
        "SELECT idx, direction, stream, seq, id, kind, created_us, envelope, position, length,"
        # Bytes, since text would be cut at its first NUL; SQL has NULL for those of no text.
        " iif(reference = '', '', substr(CAST(reference AS BLOB), 1, ?)), about, flags"
        " FROM message WHERE log = ? AND idx BETWEEN ? AND ? ORDER BY idx",
        # One behind the longest body: what is cut is of no message, and not taken for one.
        (MAX_BODY + 1, span.log, span.first, span.last),
    )
    for row in rows:
        reference = row[REFERENCE_COLUMN]
        if isinstance(reference, bytes) and len(reference) > MAX_REFERENCE:
            yield (
                *row[:REFERENCE_COLUMN],
                held_reference(reference),
                *row[REFERENCE_COLUMN + 1 :],
            )
        else:
            yield row
