"""The messages of both sides with all their moments, for the timeline and the warning times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from hotline.audit.reconcile.exchanged import stream_name
from hotline.audit.reconcile.findings import Exchange, SideName
from hotline.audit.reconcile.loading import Loaded
from hotline.audit.reconcile.tables import Tables
from hotline.audit.search.decoding import message_in
from hotline.model.kinds import Kind
from hotline.model.messages import Reply, Revision, composer_of
from hotline.model.title import start_of, title_of

MAX_EXCHANGES = 2000
"""Messages that are told one by one; the most recent ones, the others are counted."""
_NOTICES = (Kind.NOTICE.value, Kind.REVISION.value)
_SIDES: tuple[SideName, SideName] = ("a", "b")

# One row a message: as sent, as received, or both where number and id are the same. The index is
# named because without statistics SQLite takes the key, which would read all entries for each.
_MESSAGES = """
SELECT o.side AS sender, o.epoch, o.stream, o.seq, o.id, o.kind, o.created_us,
       o.idx AS sent, o.place AS sent_place, i.idx AS received, i.place AS received_place,
       i.time_us AS durable_us
FROM entry o LEFT JOIN entry i INDEXED BY entry_by_seq ON i.side = 1 - o.side AND i.epoch = o.epoch
     AND i.direction = 'in' AND i.stream = o.stream AND i.seq = o.seq AND i.id = o.id
WHERE o.direction = 'out'
UNION ALL
SELECT 1 - i.side, i.epoch, i.stream, i.seq, i.id, i.kind, i.created_us,
       NULL, NULL, i.idx, i.place, i.time_us
FROM entry i
WHERE i.direction = 'in' AND NOT EXISTS (
    SELECT 1 FROM entry o INDEXED BY entry_by_seq WHERE o.side = 1 - i.side
    AND o.epoch = i.epoch AND o.direction = 'out' AND o.stream = i.stream AND o.seq = i.seq
    AND o.id = i.id)
"""
_WANTED = "kind <> ? AND created_us >= ? AND created_us < ?"


@dataclass(frozen=True, slots=True)
class Span:
    """Which messages are wanted, by when they were composed: from ``since_us`` to ``until_us``.

    ``until_us`` itself is not in it; None is without a bound.
    """

    since_us: int | None = None
    until_us: int | None = None


def list_exchanges(
    tables: Tables, sides: tuple[Loaded, Loaded], epochs: Sequence[int], span: Span
) -> tuple[list[Exchange], int]:
    """Return the most recent messages of these epochs, oldest first, and how many are left out.

    Line checks are neither.
    """
    lowest, highest = -(1 << 63), (1 << 63) - 1
    chosen = f"{_WANTED} AND epoch IN ({','.join('?' * len(epochs))})"
    wanted = (
        Kind.LINE_CHECK.value,
        lowest if span.since_us is None else span.since_us,
        highest if span.until_us is None else span.until_us,
        *epochs,
    )
    (count,) = tables.db.execute(
        f"SELECT count(*) FROM ({_MESSAGES}) WHERE {chosen}", wanted
    ).fetchone()
    rows = tables.db.execute(
        f"SELECT * FROM ({_MESSAGES}) WHERE {chosen}"
        " ORDER BY created_us DESC, sender, epoch, stream, seq DESC LIMIT ?",
        (*wanted, MAX_EXCHANGES),
    ).fetchall()
    found = [_exchange(tables, sides, _Row(*row)) for row in reversed(rows)]
    return with_standing(found), count - len(found)


class _Row(msgspec.Struct, frozen=True, gc=False):
    """A message as the query gives it; ``sender`` is the number of a side."""

    sender: int
    epoch: int
    stream: int
    seq: int
    id: bytes
    kind: str
    created_us: int
    sent: int | None
    sent_place: int | None
    received: int | None
    received_place: int | None
    durable_us: int | None


def _exchange(tables: Tables, sides: tuple[Loaded, Loaded], row: _Row) -> Exchange:
    """Return one message with what both records tell of it."""
    recipient = 1 - row.sender
    holder, place = row.sender, row.sent_place
    if place is None:
        holder, place = recipient, row.received_place
    message = message_in(sides[holder].record.body(row.epoch, place or 0))
    told = tables.db.execute(
        "SELECT time_us, taken_us FROM item WHERE side = ?1 AND epoch = ?2 AND stream = ?3"
        " AND first_seq = (SELECT max(first_seq) FROM item WHERE side = ?1 AND epoch = ?2"
        " AND stream = ?3 AND first_seq <= ?4) AND first_seq + count > ?4",
        (row.sender, row.epoch, row.stream, row.seq),
    ).fetchone()
    receipt_says_us, taken_us = told if told is not None and row.sent is not None else (None, None)
    read = tables.db.execute(
        "SELECT officer, time_us FROM reading WHERE side = ? AND message = ?"
        " ORDER BY time_us LIMIT 1",
        (recipient, row.id),
    ).fetchone()
    different = tables.db.execute("SELECT 1 FROM different WHERE id = ?", (row.id,)).fetchone()
    return Exchange(
        sender=_SIDES[row.sender],
        kind=row.kind,
        precedence=stream_name(row.stream),
        seq=row.seq,
        message=row.id,
        reference=getattr(message, "reference", "") or None,
        about=_about(message),
        title=title_of(message),
        composed_by=(composer_of(message) or None) if message is not None else None,
        created_us=row.created_us,
        durable_us=row.durable_us,
        receipt_says_us=receipt_says_us,
        taken_us=taken_us,
        start_us=start_of(message),
        read_by=read[0] if read is not None else None,
        read_us=read[1] if read is not None else None,
        different=different is not None,
        sent_entry=row.sent,
        received_entry=row.received,
        revision=message.number if isinstance(message, Revision) else None,
    )


def with_standing(found: Sequence[Exchange]) -> list[Exchange]:
    """Mark each notice and revision that a later message of its sender replaced or withdrew."""
    marked = []
    replaced: set[tuple[SideName, str]] = set()
    withdrawn: dict[tuple[SideName, str], int] = {}
    for one in reversed(found):
        if one.reference is None:
            marked.append(one)
            continue
        key = (one.sender, one.reference)
        if one.kind in _NOTICES:
            one = replace(one, superseded=key in replaced, withdrawn_us=withdrawn.get(key))
        if one.kind == Kind.REVISION:
            replaced.add(key)
        elif one.kind == Kind.WITHDRAWAL:
            withdrawn[key] = one.created_us
        elif one.kind == Kind.NOTICE:
            # A notice begins anew under its reference: what comes before is another one.
            replaced.discard(key)
            withdrawn.pop(key, None)
        marked.append(one)
    return marked[::-1]


def _about(message: object) -> bytes | None:
    """Return the id of the message that a reply answers."""
    if not isinstance(message, Reply) or len(message.to) != 64:
        return None
    try:
        return bytes.fromhex(message.to)
    except ValueError:
        return None
