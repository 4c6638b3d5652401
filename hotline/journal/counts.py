"""What waits for an officer, counted without walking through all messages."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits for an officer; line checks are nobody's to read.

    ``unanswered`` and ``overdue_in`` wait for an answer of ours, ``overdue_out`` for a peer's;
    ``node_entries`` is the size of the node's own log, ``offered`` how many drafts wait to be
    released by a second officer.
    """

    unread: int
    unread_flash: int
    unanswered: int
    overdue_in: int
    overdue_out: int
    node_entries: int
    offered: int


OVERDUE_OUT = """
FROM deadline d
JOIN message m ON m.log = d.log AND m.idx = d.idx
JOIN receipt_taken r ON r.log = m.log AND r.stream = m.stream
    AND r.first_seq = (SELECT max(first_seq) FROM receipt_taken
        WHERE log = m.log AND stream = m.stream AND first_seq <= m.seq)
    AND m.seq < r.first_seq + r.count
WHERE d.direction = 0 AND d.due_us < ?1 AND d.due_us + r.taken_us - m.created_us < ?1
"""
"""Our messages whose answer is overdue at ``?1``: the peer's time runs from its receipt."""


def counts(connection: sqlite3.Connection, now_us: int) -> Counts:
    """Count what waits, without walking through all messages.

    CROSS JOIN keeps SQLite from beginning with the large table.
    """
    row = connection.execute(
        "SELECT (SELECT coalesce(sum(next_seq - 1), 0)"  # noqa: S608 - of constants only
        " FROM stream WHERE direction = 1)"
        " - (SELECT count(*) FROM message WHERE kind = 'line-check' AND direction = 1)"
        " - (SELECT count(*) FROM (SELECT DISTINCT r.message FROM reading r CROSS JOIN message m"
        "   ON m.id = r.message WHERE m.direction = 1 AND m.kind <> 'line-check')),"
        " (SELECT count(*) FROM envelope e CROSS JOIN message m ON m.log = e.log"
        "   AND m.idx >= e.first_idx AND m.idx < e.first_idx + e.count"
        "   WHERE e.direction = 1 AND e.stream = 0 AND e.log IN (SELECT log FROM line)"
        "   AND NOT EXISTS (SELECT 1 FROM reading WHERE message = m.id)),"
        " coalesce(sum(direction = 1), 0),"
        " coalesce(sum(direction = 1 AND due_us < ?1), 0),"
        f" (SELECT count(*) {OVERDUE_OUT}),"
        " (SELECT size FROM log WHERE own = 1 AND id NOT IN (SELECT log FROM line)"
        "   ORDER BY id DESC LIMIT 1),"
        " (SELECT count(*) FROM draft WHERE offered_us IS NOT NULL)"
        " FROM deadline",
        (now_us,),
    ).fetchone()
    return Counts(*row)
