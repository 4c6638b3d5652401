"""Reading a journal: messages, records, alarms, and what the line needs to resume.

Every function takes a connection, so that the same reading serves the running node (through
``Reader``), a stopped node's directory, and a copy. Rows come out as frozen dataclasses.
"""

from __future__ import annotations

import asyncio
import heapq
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from hotline.errors import UsageError
from hotline.journal.incoming import decode_items
from hotline.journal.log import joined_hashes
from hotline.journal.schema import connect, store_error
from hotline.journal.state import IN, OUT, OutGroup
from hotline.journal.streams import stored_ids
from hotline.wire.body import Body, decode_body, message_id
from hotline.wire.envelope import decode_envelope
from hotline.wire.frames import Receipt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as the journal knows it. Times are microseconds since 1970, UTC.

    ``direction`` is ``out`` or ``in``; ``time_us`` is when it was entered here. For an outgoing
    message ``receipted_us`` is when it was durable at the peer by the peer's clock and
    ``receipt_taken_us`` when that receipt was verified here; ``receipt_index`` is its entry in the
    peer's log; all None without a receipt.
    """

    peer: str
    epoch: int
    log: int
    index: int
    direction: str
    stream: int
    seq: int
    id: bytes
    kind: str
    created_us: int
    time_us: int
    reference: str | None
    about: bytes | None
    flags: str | None
    body: bytes
    receipted_us: int | None
    receipt_taken_us: int | None
    read_by: str | None
    read_us: int | None
    due_us: int | None
    receipt_index: int | None

    def decoded(self) -> Body:
        """Decode the stored body."""
        return decode_body(self.body)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One entry that is not a message."""

    origin: str
    log: int
    index: int
    kind: str
    time_us: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class StoredAlarm:
    """One alarm with its history; cleared means that its cause is gone."""

    id: int
    code: str
    peer: str
    subject: str
    text: str
    raised_us: int
    cleared_us: int | None
    acknowledged_us: int | None
    acknowledged_by: str | None


def centre_of(connection: sqlite3.Connection) -> str:
    """Return the centre whose journal this is."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'centre'").fetchone()
    return "" if row is None else str(row[0])


MAX_ROW = 2**63 - 1
"""More than the number of any row."""
_MESSAGE = """
SELECT l.peer, l.epoch, m.log, m.idx, CASE m.direction WHEN 0 THEN 'out' ELSE 'in' END, m.stream,
       m.seq, m.id, m.kind, m.created_us, m.time_us, m.reference, m.about, m.flags,
       (SELECT substr(e.bytes, m.position + 1, m.length) FROM envelope e WHERE e.id = m.envelope),
       r.time_us, r.taken_us,
       (SELECT officer FROM reading WHERE message = m.id ORDER BY time_us LIMIT 1),
       (SELECT min(time_us) FROM reading WHERE message = m.id),
       (SELECT due_us FROM deadline WHERE log = m.log AND idx = m.idx),
       r.first_index + m.seq - r.first_seq
FROM message m
JOIN line l ON l.log = m.log
LEFT JOIN receipt_taken r ON m.direction = 0 AND r.log = m.log AND r.stream = m.stream
     AND r.first_seq = (SELECT max(first_seq) FROM receipt_taken WHERE log = m.log
                        AND stream = m.stream AND first_seq <= m.seq)
     AND m.seq < r.first_seq + r.count
"""


def messages(
    connection: sqlite3.Connection,
    *,
    direction: str | None = None,
    peer: str | None = None,
    kinds: Sequence[str] = (),
    since_us: int | None = None,
    limit: int = 100,
    awaiting: bool = False,
    unread: bool = False,
    among: Sequence[bytes] | None = None,
    before: Mapping[int, int] | None = None,
) -> list[StoredMessage]:
    """Return the newest messages that fit, newest first.

    ``awaiting`` is whether only those that still want an answer are meant, ``unread`` only those
    of the peer that nobody here has opened, ``among`` only those of these ids.
    ``before`` has by log the entry that a page ends before; a log that it lacks is read from its
    newest entry.
    """
    where: list[str] = ["m.log = ?1", "m.idx < ?2"]
    values: list[object] = []
    if unread:
        where.append(
            "m.direction = 1 AND m.kind <> 'line-check'"
            " AND NOT EXISTS (SELECT 1 FROM reading WHERE message = m.id)"
        )
    if awaiting:
        # Those are few: they are looked up one by one, however many messages there are.
        where.append("m.idx IN (SELECT idx FROM deadline WHERE log = ?1)")
    if among is not None:
        where.append(f"m.id IN ({','.join('?' * len(among))})")
        values.extend(among)
    if direction is not None:
        where.append("m.direction = ?")
        values.append(0 if direction == "out" else 1)
    if kinds:
        where.append(f"m.kind IN ({','.join('?' * len(kinds))})")
        values.extend(kinds)
    if since_us is not None:
        where.append("m.time_us >= ?")
        values.append(since_us)
    ends = before or {}
    # Log by log, newest entry first: the key's own order, so a page costs the same at any size.
    sql = f"{_MESSAGE} WHERE {' AND '.join(where)} ORDER BY m.idx DESC LIMIT ?"
    logs = connection.execute("SELECT log FROM line WHERE ?1 IS NULL OR peer = ?1", (peer,))
    found = [
        [
            StoredMessage(*row)
            for row in connection.execute(sql, (log, ends.get(log, MAX_ROW), *values, limit))
        ]
        for (log,) in logs.fetchall()
    ]
    # Each log in its own order, so that a page ends at one entry of each, whatever a clock did.
    newest = heapq.merge(*found, key=lambda m: (-m.time_us, -m.index))
    return [*islice(newest, limit)]


def find_message(
    connection: sqlite3.Connection, name: str, direction: str | None = None
) -> StoredMessage:
    """Return the message with that id (at least 6 hex digits of it) or reference.

    A reference stands for its newest notice, whose amendments are found with ``thread``. Each
    centre names its own notices: where both centres of a line have given one reference, that of
    ``direction`` is meant, if one is given, and ``centre:reference`` says whose always. A peer
    chooses its references, so none passes for an id, nor for a reference of anybody else's: a
    whole id is only ever an id, and a name that fits in two ways is refused.
    Raises UsageError when there is none, or more than one.
    """
    # Bytes of a command line that are no text name nothing, and SQLite takes none of them.
    name = name.encode(errors="replace").decode()
    digits = name.lower().replace("…", "")
    rows = []
    if 6 <= len(digits) <= 64 and set(digits) <= set("0123456789abcdef"):
        ends = [bytes.fromhex(digits.ljust(64, digit)) for digit in "0f"]
        rows = [
            StoredMessage(*row)
            for row in connection.execute(f"{_MESSAGE} WHERE m.id >= ? AND m.id <= ? LIMIT 9", ends)
        ]
    if len(digits) < 64:
        known = {row.id for row in rows}
        notices = _notices_named(connection, name)
        asked = [row for row in notices if row.direction == direction]
        rows.extend(row for row in asked or notices if row.id not in known)
    if not rows:
        raise UsageError(
            "node.no-such-message",
            f"there is no message {name!r} in this journal",
            "give the id's first 6 or more digits, or the reference, as `hotline inbox` shows them",
        )
    if len(rows) > 1:
        raise _ambiguous(connection, name, rows)
    return rows[0]


def _notices_named(connection: sqlite3.Connection, name: str) -> list[StoredMessage]:
    """Return the newest notices of a name: a reference, or a centre's, as ``centre:reference``."""
    centre, colon, reference = name.partition(":")
    own, peers = centre_of(connection), _peers(connection)
    owner = next((one for one in (own, *peers) if one == centre.lower()), None) if colon else None
    if owner is None:
        return _newest_notices(connection, name.upper())
    # So begins no reference that counts, and a peer's that does hides nothing.
    return [
        one for one in _newest_notices(connection, reference.upper()) if owner_of(one, own) == owner
    ]


def owner_of(notice: StoredMessage, own: str) -> str:
    """Return the centre that gave a notice, in the journal of the centre ``own``."""
    return own if notice.direction == "out" else notice.peer


def _ambiguous(
    connection: sqlite3.Connection, name: str, rows: Sequence[StoredMessage]
) -> UsageError:
    own = centre_of(connection)
    owners = list(dict.fromkeys(owner_of(one, own) for one in rows))
    if len(owners) == len(rows) and all(one.reference == name.upper() for one in rows):
        which = " or ".join(f"{owner}:{name.upper()}" for owner in owners)
        return UsageError(
            "node.ambiguous-id",
            f"{name.upper()} is a notice of {' and one of '.join(owners)}",
            f"say whose is meant: {which}, or the first digits of its id",
        )
    return UsageError(
        "node.ambiguous-id", f"{name!r} fits {len(rows)} messages", "give more digits of the id"
    )


def find_notice(
    connection: sqlite3.Connection, peer: str, reference: str, *, ours: bool = False
) -> StoredMessage | None:
    """Return the newest notice of a line under a reference; ours count before the peer's.

    ``ours`` is whether only those of this centre are meant.
    """
    found = [one for one in _newest_notices(connection, reference) if one.peer == peer]
    if ours:
        found = [one for one in found if one.direction == "out"]
    return min(found, key=lambda one: one.direction != "out", default=None)


def _peers(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT DISTINCT peer FROM line ORDER BY peer")
    return [peer for (peer,) in rows.fetchall()]


def _newest_notices(connection: sqlite3.Connection, reference: str) -> list[StoredMessage]:
    """Return the newest notice under a reference of each side of each line that has one."""
    sql = (
        f"{_MESSAGE} WHERE m.reference = ? AND l.peer = ? AND m.direction = ?"
        " AND m.kind IN ('notice', 'advisory') ORDER BY m.time_us DESC, m.idx DESC LIMIT 1"
    )
    return [
        StoredMessage(*row)
        for peer in _peers(connection)
        for direction in (OUT, IN)
        for row in connection.execute(sql, (reference, peer, direction))
    ]


def thread(connection: sqlite3.Connection, message: StoredMessage) -> list[StoredMessage]:
    """Return all that belongs to a message: same notice, and answers to it; oldest first.

    What carries the same reference belongs to the same notice, unless both centres of the line
    have given one of that reference: then each has its own, and what was said of it.
    """
    found: dict[bytes, StoredMessage] = {message.id: message}
    # Each side has its own share, or the one could crowd the other out.
    for direction in (OUT, IN) if message.reference is not None else ():
        for row in connection.execute(
            f"{_MESSAGE} WHERE m.reference = ? AND l.peer = ? AND m.direction = ? LIMIT 1000",
            (message.reference, message.peer, direction),
        ):
            other = StoredMessage(*row)
            found.setdefault(other.id, other)
    if _given_by_both(connection, message, found):
        side = _side(message, found)
        found = {id_: one for id_, one in found.items() if _side(one, found) == side}
    for id_ in list(found):
        for row in connection.execute(
            f"{_MESSAGE} WHERE m.about = ? AND l.peer = ? LIMIT 1000", (id_, message.peer)
        ):
            other = StoredMessage(*row)
            found.setdefault(other.id, other)
    return sorted(found.values(), key=lambda m: (m.time_us, m.index))


def _given_by_both(
    connection: sqlite3.Connection, message: StoredMessage, found: Mapping[bytes, StoredMessage]
) -> bool:
    """Whether both centres of a message's line have given a notice of its reference."""
    if message.reference is None or len({one.direction for one in found.values()}) == 1:
        return False
    notices = _newest_notices(connection, message.reference)
    return len([one for one in notices if one.peer == message.peer]) > 1


def _side(message: StoredMessage, known: Mapping[bytes, StoredMessage]) -> str:
    """Return the direction of the notice that a message is about, where there are two.

    Everything is said of the speaker's own notice but a reply, which is about what it answers.
    """
    if message.kind != "reply":
        return message.direction
    answered = known.get(message.about or b"")
    if answered is not None and answered.kind != "reply":
        return answered.direction
    return "in" if message.direction == "out" else "out"


def readers_of(connection: sqlite3.Connection, id_: bytes) -> list[tuple[str, int]]:
    """Return who opened a message here and when (microseconds since 1970), the first 50."""
    return connection.execute(
        "SELECT officer, time_us FROM reading WHERE message = ? ORDER BY time_us LIMIT 50", (id_,)
    ).fetchall()


def highest_reference(connection: sqlite3.Connection, prefix: str) -> int:
    """Return the highest number that we gave as ``<prefix>-<number>``; 0 without any."""
    row = connection.execute(
        "SELECT max(CAST(substr(reference, ?) AS INTEGER)) FROM message"
        " WHERE reference >= ? AND reference < ? AND direction = ?",
        (len(prefix) + 2, f"{prefix}-", f"{prefix}.", OUT),
    ).fetchone()
    return int(row[0] or 0)


def kinds_sent(connection: sqlite3.Connection, limit: int) -> dict[bytes, tuple[str, int]]:
    """Return kind and stream of the newest messages sent, by id, the oldest first."""
    rows = connection.execute(
        "SELECT m.id, m.kind, m.stream FROM line l JOIN log g ON g.id = l.log"
        " CROSS JOIN message m ON m.log = l.log AND m.idx >= g.size - ? AND m.direction = ?"
        " ORDER BY m.time_us LIMIT ?",
        (limit, OUT, limit),
    )
    return {id_: (kind, stream) for id_, kind, stream in rows}


def records(
    connection: sqlite3.Connection,
    *,
    kinds: Sequence[str] = (),
    since_us: int | None = None,
    limit: int = 100,
) -> list[StoredRecord]:
    """Return the newest records that fit, newest first."""
    where: list[str] = ["1"]
    values: list[object] = []
    if kinds:
        where.append(f"kind IN ({','.join('?' * len(kinds))})")
        values.extend(kinds)
    if since_us is not None:
        where.append("time_us >= ?")
        values.append(since_us)
    rows = connection.execute(
        "SELECT g.origin, r.log, r.idx, r.kind, r.time_us, r.payload FROM record r"
        f" JOIN log g ON g.id = r.log WHERE {' AND '.join(where)}"
        " ORDER BY r.time_us DESC, r.idx DESC LIMIT ?",
        (*values, limit),
    )
    return [StoredRecord(*row) for row in rows]


def replies_to(connection: sqlite3.Connection, ids: Sequence[bytes]) -> dict[bytes, StoredMessage]:
    """Return the newest reply to each of these messages that has one, ours or the peer's.

    Only the other side of the same line can answer; what others say about a message is no reply.
    """
    rows = connection.execute(
        f"{_MESSAGE} WHERE m.about IN ({','.join('?' * len(ids))}) AND m.kind = 'reply'"
        " AND EXISTS (SELECT 1 FROM message o JOIN line k ON k.log = o.log WHERE o.id = m.about"
        " AND k.peer = l.peer AND o.direction <> m.direction) ORDER BY m.time_us, m.idx",
        tuple(ids),
    )
    replies = (StoredMessage(*row) for row in rows)
    return {reply.about: reply for reply in replies if reply.about is not None}


def of_references(
    connection: sqlite3.Connection, references: Sequence[str], limit: int = 5000
) -> list[StoredMessage]:
    """Return the messages that carry one of these references, oldest first.

    At most ``limit`` of each side of each line: one could crowd the others out otherwise.
    """
    sql = (
        f"{_MESSAGE} WHERE m.reference IN ({','.join('?' * len(references))})"
        " AND l.peer = ? AND m.direction = ? ORDER BY m.time_us, m.idx LIMIT ?"
    )
    found = [
        StoredMessage(*row)
        for peer in _peers(connection)
        for direction in (OUT, IN)
        for row in connection.execute(sql, (*references, peer, direction, limit))
    ]
    return sorted(found, key=lambda message: (message.time_us, message.index))


def alarms(
    connection: sqlite3.Connection,
    *,
    standing_only: bool = True,
    before: int | None = None,
    limit: int | None = None,
) -> list[StoredAlarm]:
    """Return alarms, oldest first; standing ones are unacknowledged or their cause remains.

    At most ``limit`` of them, the newest of those that were raised before the one numbered
    ``before``.
    """
    rows = connection.execute(
        "SELECT id, code, peer, subject, text, raised_us, cleared_us, acknowledged_us,"
        " acknowledged_by FROM alarm"
        " WHERE (NOT ?1 OR acknowledged_us IS NULL OR cleared_us IS NULL)"
        " AND id < ?2 ORDER BY id DESC LIMIT ?3",
        (standing_only, MAX_ROW if before is None else before, -1 if limit is None else limit),
    )
    return [StoredAlarm(*row) for row in rows][::-1]


def groups_from(
    connection: sqlite3.Connection,
    log: int,
    stream: int,
    first_seq: int,
    *,
    max_messages: int,
    max_bytes: int,
) -> list[OutGroup]:
    """Return outgoing groups from ``first_seq`` on, at least one if there is any, in order."""
    rows = connection.execute(
        "SELECT e.first_seq, e.count, e.bytes, e.first_idx, m.created_us FROM envelope e"
        " JOIN message m ON m.log = e.log AND m.idx = e.first_idx"
        " WHERE e.log = ? AND e.direction = ? AND e.stream = ? AND e.first_seq >= coalesce("
        "(SELECT max(first_seq) FROM envelope WHERE log = ?1 AND direction = ?2 AND stream = ?3"
        " AND first_seq <= ?4), 0) ORDER BY e.first_seq LIMIT ?5",
        (log, OUT, stream, first_seq, max(1, max_messages)),
    )
    groups: list[OutGroup] = []
    count_total = bytes_total = 0
    for seq, count, envelope, first_index, created_us in rows:
        if seq + count <= first_seq:
            break
        count_total += count
        bytes_total += len(envelope)
        if groups and (count_total > max_messages or bytes_total > max_bytes):
            break
        ids = tuple(message_id(body) for body in decode_envelope(envelope).bodies)
        groups.append(OutGroup(stream, seq, ids, envelope, created_us, first_index))
    return groups


def last_taken_us(connection: sqlite3.Connection, log: int) -> int | None:
    """Return when the newest message or receipt of a line's peer was entered, None for none yet.

    Each stream's newest is found by its index, however long the log is. Heartbeats are not entered,
    so the peer may have been heard later than this.
    """
    (us,) = connection.execute(
        "SELECT max(us) FROM ("
        " SELECT (SELECT m.time_us FROM envelope e JOIN message m"
        "   ON m.log = e.log AND m.idx = e.first_idx + e.count - 1"
        "   WHERE e.log = s.log AND e.direction = 1 AND e.stream = s.stream"
        "   ORDER BY e.first_seq DESC LIMIT 1) AS us"
        " FROM stream s WHERE s.log = ?1 AND s.direction = 1"
        " UNION ALL SELECT (SELECT taken_us FROM receipt_taken r"
        "   WHERE r.log = s.log AND r.stream = s.stream ORDER BY r.first_seq DESC LIMIT 1)"
        " FROM stream s WHERE s.log = ?1 AND s.direction = 0)",
        (log,),
    ).fetchone()
    return us if us is None else int(us)


def ids_from(
    connection: sqlite3.Connection, log: int, stream: int, first_seq: int, limit: int
) -> list[bytes]:
    """Return the ids of outgoing messages ``first_seq`` .. of a stream, at most ``limit``."""
    return [id_ for id_, _ in stored_ids(connection, log, OUT, stream, first_seq, limit)]


def receipts_after(
    connection: sqlite3.Connection, log: int, size: int, limit: int
) -> Iterator[Receipt]:
    """Yield the receipts and updates that bring a mirror of ``size`` leaves forward, in order."""
    rows = connection.execute(
        "SELECT size, note, items FROM receipt_given WHERE log = ? AND size > ?"
        " ORDER BY size LIMIT ?",
        (log, size, limit),
    ).fetchall()
    for new_size, note, items in rows:
        hashes = joined_hashes(connection, log, size, new_size)
        yield Receipt(note, size, hashes, decode_items(items))
        size = new_size


def stored_receipt(connection: sqlite3.Connection, log: int, size: int) -> Receipt | None:
    """Return the very receipt that was given at ``size``, byte for byte."""
    row = connection.execute(
        "SELECT old_size, note, items FROM receipt_given WHERE log = ? AND size = ?", (log, size)
    ).fetchone()
    if row is None:
        return None
    hashes = joined_hashes(connection, log, row[0], size)
    return Receipt(row[1], row[0], hashes, decode_items(row[2]))


class Reader:
    """A read-only connection in a thread of its own, for one event loop.

    It sees each commit of the journal at ``path`` as soon as it is durable and never delays the
    writer.
    """

    def __init__(self, path: Path) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self.path = path
        self._connection: sqlite3.Connection | None = None

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``query`` with the connection. Raises JournalError when the store fails."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._run, query)

    def _run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            self._connection = connect(self.path, writable=False)
        try:
            return query(self._connection)
        except sqlite3.Error as error:
            raise store_error(error) from error

    def close(self) -> None:
        """End the thread and close the connection."""
        self._executor.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
