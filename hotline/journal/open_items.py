"""What is open at a desk: unread messages, answers that are awaited, messages without a receipt.

Read for the brief of a relieving officer: at most so many of each, the gravest first.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from hotline.journal.queries import StoredMessage, find_message
from hotline.journal.state import IN, OUT

MOST_LOOKED_AT = 5_000
"""Newest received messages of a line among which unread ones are looked for."""


@dataclass(frozen=True, slots=True)
class OpenItems:
    """The first of each sort, the most urgent precedence first, then the oldest.

    ``unanswered`` wait for an answer of either side: (message, due in us).
    """

    unread: list[StoredMessage]
    unanswered: list[tuple[StoredMessage, int]]
    unanswered_total: int
    unreceipted: list[StoredMessage]


def open_items(connection: sqlite3.Connection, limit: int) -> OpenItems:
    """Return what is open now, at most ``limit`` of each sort."""
    return OpenItems(
        _unread(connection, limit),
        *_unanswered(connection, limit),
        _unreceipted(connection, limit),
    )


def _unread(connection: sqlite3.Connection, limit: int) -> list[StoredMessage]:
    found: list[tuple[int, int, bytes]] = []
    for (log,) in connection.execute("SELECT log FROM line").fetchall():
        found += connection.execute(
            "SELECT stream, time_us, id FROM (SELECT * FROM message WHERE log = ?1 AND"
            " direction = ?2 AND kind <> 'line-check' ORDER BY idx DESC LIMIT ?3) m"
            " WHERE NOT EXISTS (SELECT 1 FROM reading WHERE message = m.id)",
            (log, IN, MOST_LOOKED_AT),
        ).fetchall()
    return [find_message(connection, id_.hex()) for _, _, id_ in sorted(found)[:limit]]


def _unanswered(
    connection: sqlite3.Connection, limit: int
) -> tuple[list[tuple[StoredMessage, int]], int]:
    (total,) = connection.execute("SELECT count(*) FROM deadline").fetchone()
    rows = connection.execute(
        "SELECT m.id, d.due_us FROM deadline d JOIN message m ON m.log = d.log AND m.idx = d.idx"
        " ORDER BY d.due_us LIMIT ?",
        (limit,),
    ).fetchall()
    return [(find_message(connection, id_.hex()), due) for id_, due in rows], total


def _unreceipted(connection: sqlite3.Connection, limit: int) -> list[StoredMessage]:
    found: list[bytes] = []
    for log, stream, receipted in connection.execute(
        "SELECT log, stream, receipted FROM stream WHERE direction = ? ORDER BY stream, log",
        (OUT,),
    ).fetchall():
        rows = connection.execute(
            "SELECT m.id FROM envelope e JOIN message m ON m.log = e.log"
            " AND m.idx >= e.first_idx AND m.idx < e.first_idx + e.count"
            " WHERE e.log = ?1 AND e.direction = ?2 AND e.stream = ?3"
            " AND e.first_seq + e.count > ?4 + 1 AND m.seq > ?4"
            " AND m.log IN (SELECT log FROM line) ORDER BY e.first_seq, m.seq LIMIT ?5",
            (log, OUT, stream, receipted, limit - len(found)),
        )
        found += [id_ for (id_,) in rows]
    return [find_message(connection, id_.hex()) for id_ in found]
