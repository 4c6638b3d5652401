"""Entries that fit a search, log by log or as one stream by time, in either direction.

SQL decides by key, kind, stream, time, reference and id; only what passes is decoded, and only for
terms that need it: area, operator, text, and the receipts of a message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge

from hotline.audit.entries import Entry, Log, MessageEntry, RecordEntry, logs_of
from hotline.audit.search.area import Area, place_told, places_of
from hotline.audit.search.decoding import folded, message_in, texts_in, told_in
from hotline.audit.search.terms import Search
from hotline.errors import UsageError
from hotline.journal.compared import COMPARED
from hotline.journal.relations import CONFLICT
from hotline.journal.state import IN, OUT
from hotline.model.kinds import Kind
from hotline.model.times import shorten
from hotline.trust.merkle import MAX_TREE_SIZE
from hotline.trust.names import status_and_centre_of

NODE = "node"
"""The name that stands for the logs of the node's own affairs."""
SAID_BY_PEER = ("receipt", "rejection", "equivocation")
"""Records that hold what the peer said."""
ABOUT_MESSAGES = (*SAID_BY_PEER, "read", "remarked", "answer-due", "voice", CONFLICT, COMPARED)
PLACED = (
    Kind.NOTICE.value,
    Kind.REVISION.value,
    Kind.ADVISORY.value,
    Kind.REPLY.value,
    Kind.NONCONFORMANCE.value,
    Kind.CONTINGENCY.value,
    Kind.CONFLICT.value,
)
"""Kinds of messages that may say where something is."""
NAMES_MESSAGE = ("message", "own", "other", "caused_by")
"""Fields of records that hold the id of a message that they are about."""
OFFICERS = frozenset({"officer", "operator", "relieved", "by"})
"""Fields of payloads that name who composed, read, replied, acknowledged, or had the watch."""

Found = tuple[Log, Entry]


@dataclass(frozen=True, slots=True)
class Subjects:
    """The messages that a search by id or reference is about: their ids, and places if sent."""

    ids: frozenset[bytes]
    sent: frozenset[tuple[int, int, int]]  # log, stream, seq


def logs_for(connection: sqlite3.Connection, search: Search) -> list[Log]:
    """Return our logs that a search is about, in rows' order. Raises UsageError.

    ``node.unknown-log`` for a name that no log has, ``search.unknown-centre`` for a centre that
    has no part in this record.
    """
    own = [log for log in logs_of(connection) if log.own]
    known = {log.peer for log in own} | {_owner(log) for log in own}
    for centre in search.centres:
        if centre not in known:
            raise UsageError(
                "search.unknown-centre",
                f"{shorten(centre)} has no part in this record",
                f"the centres are {', '.join(sorted(one for one in known if one))}",
            )
    found = [log for log in own if search.status in (None, _status(log))]
    if search.log is not None:
        found = _named(own, found, search.log)
    if search.line is not None:
        found = [log for log in _named(own, found, search.line) if log.peer is not None]
    return found


def find(
    connection: sqlite3.Connection,
    search: Search,
    logs: Sequence[Log],
    *,
    bounds: Mapping[int, tuple[int, int]] | None = None,
    newest_first: bool = False,
) -> Iterator[Found]:
    """Yield what fits, of all logs as one stream by time, each log in the order of its leaves.

    ``bounds`` are the first entry and the end of those that are looked at, by the log's row.
    """
    streams = [
        find_in(connection, search, log, (bounds or {}).get(log.id), newest_first=newest_first)
        for log in logs
    ]
    tagged = [_of(log, entries) for log, entries in zip(logs, streams, strict=True)]
    yield from merge(*tagged, key=lambda found: found[1].time_us, reverse=newest_first)


def _of(log: Log, entries: Iterator[Entry]) -> Iterator[Found]:
    for entry in entries:
        yield log, entry


def find_in(
    connection: sqlite3.Connection,
    search: Search,
    log: Log,
    bounds: tuple[int, int] | None = None,
    *,
    newest_first: bool = False,
) -> Iterator[Entry]:
    """Yield the entries [first, end) of one log that fit, in the order of their leaves or back."""
    first, end = bounds or (0, MAX_TREE_SIZE)
    subjects = _subjects(connection, search, log, end)
    order = "DESC" if newest_first else "ASC"
    both = merge(
        _messages(connection, search, log, (first, end), order),
        _records(connection, search, log, (first, end), order, subjects),
        key=lambda entry: entry.index,
        reverse=newest_first,
    )
    for entry in both:
        if _fits(search, log, entry, subjects):
            yield entry


def said_by(log: Log, entry: Entry) -> str:
    """Return the centre that said what an entry holds: of records, the peer's own and ours."""
    theirs = (
        entry.direction == "in" if isinstance(entry, MessageEntry) else entry.kind in SAID_BY_PEER
    )
    return (log.peer if theirs else None) or _owner(log)


def _messages(
    connection: sqlite3.Connection,
    search: Search,
    log: Log,
    bounds: tuple[int, int],
    order: str,
) -> Iterator[Entry]:
    if log.peer is None:
        return
    where, values = _common(search, "m", bounds)
    # A plus keeps SQLite from the key where a better index is there.
    by_key = "m.log = ?"
    directions = {OUT, IN}
    if search.direction is not None:
        directions &= {OUT if search.direction == "out" else IN}
    if search.centres:
        directions &= {OUT} if _owner(log) in search.centres else set[int]()
        if log.peer in search.centres:
            directions |= {IN} if search.direction != "out" else set[int]()
    if not directions:
        return
    if len(directions) == 1:
        where.append(f"m.direction = {next(iter(directions))}")
    if search.precedences:
        where.append(f"m.stream IN ({','.join(map(str, search.precedences))})")
    if search.area is not None:
        where.append(f"m.kind IN ({','.join('?' * len(PLACED))})")
        values.extend(PLACED)
    if search.flagged:
        where.append("m.flags IS NOT NULL AND m.flags <> '[]'")
    if search.reference is not None:
        by_key = "+m.log = ?"
        where.append("m.reference IN (?, ?)")
        values.extend((search.reference, search.reference.upper()))
    if search.id is not None:
        by_key = "+m.log = ?"
        low, high = _ends(search.id)
        where.append("(m.id BETWEEN ? AND ? OR m.about BETWEEN ? AND ?)")
        values.extend((low, high, low, high))
    for index, kind, time_us, direction, *rest in connection.execute(
        "SELECT m.idx, m.kind, m.time_us, m.direction, m.stream, m.seq, m.id, m.created_us,"
        " (SELECT substr(e.bytes, m.position + 1, m.length) FROM envelope e"
        " WHERE e.id = m.envelope), m.reference, m.about, m.flags, m.envelope"
        f" FROM message m WHERE {by_key} AND {' AND '.join(where)} ORDER BY m.idx {order}",
        (log.id, *values),
    ):
        yield MessageEntry(index, kind, time_us, "out" if direction == OUT else "in", *rest)


def _records(
    connection: sqlite3.Connection,
    search: Search,
    log: Log,
    bounds: tuple[int, int],
    order: str,
    subjects: Subjects | None,
) -> Iterator[Entry]:
    if search.direction is not None or search.flagged:
        return
    where, values = _common(search, "r", bounds)
    if search.area is not None:
        # What this node found of two notices is the one record that has a place.
        where.append("r.kind = ?")
        values.append(CONFLICT)
    if search.centres:
        ours, theirs = _owner(log) in search.centres, log.peer in search.centres
        if not (ours or theirs):
            return
        if ours is not theirs:
            where.append(f"r.kind {'NOT ' if ours else ''}IN ({','.join('?' * len(SAID_BY_PEER))})")
            values.extend(SAID_BY_PEER)
    if search.precedences or subjects is not None:
        about = ABOUT_MESSAGES if subjects is not None else SAID_BY_PEER
        if subjects is not None and not subjects.ids:
            return
        where.append(f"r.kind IN ({','.join('?' * len(about))})")
        values.extend(about)
    yield from (
        RecordEntry(*row)
        for row in connection.execute(
            "SELECT r.idx, r.kind, r.time_us, r.salt, r.payload FROM record r"
            f" WHERE r.log = ? AND {' AND '.join(where)} ORDER BY r.idx {order}",
            (log.id, *values),
        )
    )


def _common(search: Search, table: str, bounds: tuple[int, int]) -> tuple[list[str], list[object]]:
    """Return the conditions that messages and records share, with their values."""
    where, values = [f"{table}.idx >= ? AND {table}.idx < ?"], list[object](bounds)
    if search.kinds:
        where.append(f"{table}.kind IN ({','.join('?' * len(search.kinds))})")
        values.extend(search.kinds)
    if search.since_us is not None:
        where.append(f"{table}.time_us >= ?")
        values.append(search.since_us)
    if search.until_us is not None:
        where.append(f"{table}.time_us <= ?")
        values.append(search.until_us)
    return where, values


def _subjects(
    connection: sqlite3.Connection, search: Search, log: Log, end: int
) -> Subjects | None:
    """Return the messages that a search by id or reference names; None for other searches."""
    if search.id is None and search.reference is None:
        return None
    where, values = ["+m.log = ? AND +m.idx < ?"], list[object]((log.id, end))
    if search.id is not None:
        where.append("m.id BETWEEN ? AND ?")
        values.extend(_ends(search.id))
    if search.reference is not None:
        where.append("m.reference IN (?, ?)")
        values.extend((search.reference, search.reference.upper()))
    rows = connection.execute(
        f"SELECT m.id, m.direction, m.stream, m.seq FROM message m WHERE {' AND '.join(where)}",
        values,
    ).fetchall()
    return Subjects(
        frozenset(row[0] for row in rows),
        frozenset((log.id, stream, seq) for _, way, stream, seq in rows if way == OUT),
    )


def _fits(search: Search, log: Log, entry: Entry, subjects: Subjects | None) -> bool:
    if search.area is not None and not _lies_in(search.area, entry):
        return False
    if (
        isinstance(entry, RecordEntry)
        and (subjects is not None or search.precedences)
        and not _is_about(search, log, entry, subjects)
    ):
        return False
    if search.operator is not None and not any(
        search.operator in folded(text) for name, text in texts_in(entry) if name in OFFICERS
    ):
        return False
    return search.text is None or any(search.text in folded(text) for text in _searched(entry))


def _searched(entry: Entry) -> Iterable[str]:
    if isinstance(entry, MessageEntry) and entry.reference is not None:
        yield entry.reference
    for _, text in texts_in(entry):
        yield text


def _lies_in(area: Area, entry: Entry) -> bool:
    if isinstance(entry, RecordEntry):
        return any(area.touches(place) for place in place_told(told_in(entry.payload)))
    message = message_in(entry.body)
    return message is not None and any(area.touches(place) for place in places_of(message))


def _is_about(search: Search, log: Log, entry: RecordEntry, subjects: Subjects | None) -> bool:
    """Say whether a record concerns the messages, or the precedence, that are looked for."""
    told = told_in(entry.payload)
    stream, seq = told.get("stream"), told.get("seq")
    runs = [(stream, seq, 1)] if isinstance(stream, int) and isinstance(seq, int) else []
    items = told.get("items")
    runs.extend(
        (item[0], item[1], item[2])
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, list) and len(item) >= 3 and all(isinstance(n, int) for n in item[:3])
    )
    if search.precedences and not any(stream in search.precedences for stream, _, _ in runs):
        return False
    if subjects is None:
        return True
    named = [told.get(name) for name in NAMES_MESSAGE]
    if any(isinstance(id_, bytes) and id_ in subjects.ids for id_ in named):
        return True
    return any(
        of == log.id and stream == one and first <= number < first + count
        for of, stream, number in subjects.sent
        for one, first, count in runs
    )


def _ends(digits: str) -> tuple[bytes, bytes]:
    """Return the smallest and the largest id that begins with these digits."""
    return bytes.fromhex(digits.ljust(64, "0")), bytes.fromhex(digits.ljust(64, "f"))


def _named(own: Sequence[Log], among: Sequence[Log], name: str) -> list[Log]:
    def fits(log: Log) -> bool:
        return name in (log.origin, log.peer) or (name == NODE and log.peer is None)

    if not any(fits(log) for log in own):
        raise UsageError(
            "node.unknown-log",
            f"this journal has no log {shorten(name)}",
            "give a peer's id, `node`, or a log's whole name as `hotline log show` prints it",
        )
    return [log for log in among if fits(log)]


def _owner(log: Log) -> str:
    found = status_and_centre_of(log.origin)
    return "" if found is None else found[1]


def _status(log: Log) -> str:
    found = status_and_centre_of(log.origin)
    return "" if found is None else str(found[0])
