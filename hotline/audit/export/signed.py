"""That the entries of an export are those that were signed, before any of them is given away.

An export bears a signed root. Whoever reads a table believes that its rows are what was signed, so
every leaf of the exported logs is rebuilt from what is stored, with a filter too, and what lies
beside the leaves is held against the bytes that they bind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from operator import itemgetter

from hotline.audit.entries import Log
from hotline.audit.export.selection import Part, Record
from hotline.audit.verification.projections import check_message, check_remarks, is_list
from hotline.errors import HotlineError, JournalError
from hotline.journal.schema import store_error
from hotline.journal.state import OUT
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.wire.body import decode_body, message_id
from hotline.wire.leaf import own_leaf, received_leaf, sent_leaf

Progress = Callable[[int, int], None]
"""Told how many of how many entries have been looked at, or written."""
_STEP = 256


def require_signed(record: Record, progress: Progress | None = None) -> None:
    """Return when each part of a record holds exactly what its checkpoint was signed over.

    Every leaf is rebuilt and the root compared; each message's bytes must hash to its id, each
    record's to what its leaf says (docs/spec/log.md, section 2), and a message's kind, number,
    time, reference and what it answers must be those in its bytes, its flags those entered behind
    it. Memory stays flat.

    Raises JournalError (``export.tree-differs``) where the journal does not hold what was signed,
    TrustError for a checkpoint that the centre's log key did not sign.
    """
    total = sum(part.size for part in record.parts)
    before = 0
    for part in record.parts:
        _require_root(part, record.card.log)
        frontier = Frontier()
        for leaf in whole(part.log, part.size, _leaves(record.connection, part)):
            frontier.append(leaf_hash(leaf))
            if progress is not None and not frontier.size % _STEP:
                progress(before + frontier.size, total)
        if frontier.root() != part.root:
            raise differs(part.log, f"its {part.size} entries do not have the root that was signed")
        for _, index, wrong in check_remarks(record.connection, part.log.id, part.log.origin, 0):
            if index < part.size:
                raise differs(part.log, f"entry {index}: {wrong}")
        before += part.size


def whole(log: Log, size: int, leaves: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    """Yield leaves 0 .. size-1 of a log; ``leaves`` come with their indices, in order.

    Raises JournalError: ``export.tree-differs`` where one lacks or cannot be made from what is
    stored, and for what SQLite cannot read.
    """
    expected = 0
    try:
        for index, leaf in leaves:
            if index != expected:
                break
            yield leaf
            expected += 1
    except sqlite3.Error as error:
        raise store_error(error) from error
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        # SQLite keeps any type in any column: what is no number, or no bytes, was put there.
        raise differs(log, f"entry {expected} is not stored as an entry is") from error
    if expected != size:
        raise differs(log, f"entry {expected} of {size} is missing or cannot be one")


def differs(log: Log, what: str) -> HotlineError:
    """Return the error for a record that is not the one that was signed."""
    return JournalError(
        "export.tree-differs",
        f"the record of {log.origin} is not the one that was signed: {what}",
        "run `hotline log verify`, which names what does not hold; keep the file as evidence",
    )


def _require_root(part: Part, log_key: PublicKey) -> None:
    checkpoint = open_checkpoint(part.note, part.log.origin, log_key)
    if (checkpoint.size, checkpoint.root) != (part.size, part.root):
        raise differs(part.log, f"the checkpoint over {part.size} entries says {checkpoint.size}")


def _leaves(connection: sqlite3.Connection, part: Part) -> Iterator[tuple[int, bytes]]:
    records = (
        (index, own_leaf(kind, message_id(payload), time_us, salt))
        for index, kind, time_us, salt, payload in connection.execute(
            "SELECT idx, kind, time_us, salt, payload FROM record"
            " WHERE log = ? AND idx < ? ORDER BY idx",
            (part.log.id, part.size),
        )
    )
    yield from merge(_messages(connection, part), records, key=itemgetter(0))


def _messages(connection: sqlite3.Connection, part: Part) -> Iterator[tuple[int, bytes]]:
    """Yield index and leaf of each message, once what lies beside the leaf is what it binds."""
    rows = connection.execute(
        "SELECT m.idx, m.direction, m.stream, m.seq, m.id, m.created_us, m.time_us, m.kind,"
        " CAST(m.reference AS BLOB), m.about, m.flags,"
        " (SELECT substr(e.bytes, m.position + 1, m.length) FROM envelope e"
        " WHERE e.id = m.envelope)"
        " FROM message m WHERE m.log = ? AND m.idx < ? ORDER BY m.idx",
        (part.log.id, part.size),
    )
    for index, direction, stream, seq, id_, created_us, time_us, *desk, data in rows:
        kind, reference, about, flags = desk
        if message_id(data) != id_:
            raise differs(part.log, f"the bytes of the message at entry {index} were changed")
        try:
            body = decode_body(data)
        except HotlineError as error:
            raise differs(part.log, f"the message at entry {index} cannot be read") from error
        said = (body.kind, body.precedence, body.seq, body.created_us)
        if said != (kind, stream, seq, created_us):
            raise differs(part.log, f"entry {index} says something else than its message")
        remarks = None if flags is None else is_list(flags)
        for wrong in check_message(body, direction, reference, about, remarks):
            raise differs(part.log, f"entry {index}: {wrong}")
        if direction == OUT:
            if time_us != created_us:
                raise differs(part.log, f"entry {index} is not of the time that was signed")
            yield index, sent_leaf(stream, seq, id_, created_us)
        else:
            yield index, received_leaf(stream, seq, id_, time_us)
