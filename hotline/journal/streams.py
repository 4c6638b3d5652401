"""Finding stored messages by their place in a stream rather than in the log."""

from __future__ import annotations

import sqlite3


def stored_ids(
    connection: sqlite3.Connection,
    log: int,
    direction: int,
    stream: int,
    first_seq: int,
    limit: int,
) -> list[tuple[bytes, int]]:
    """Return (id, entry) of messages ``first_seq`` .. of a stream, in order, at most ``limit``.

    Goes from group to group, so that what other streams have in between costs nothing.
    """
    return connection.execute(
        "SELECT m.id, m.idx FROM envelope e CROSS JOIN message m ON m.log = e.log"
        " AND m.idx >= e.first_idx AND m.idx < e.first_idx + e.count"
        " WHERE e.log = ?1 AND e.direction = ?2 AND e.stream = ?3 AND e.first_seq >= coalesce("
        "(SELECT max(first_seq) FROM envelope WHERE log = ?1 AND direction = ?2 AND stream = ?3"
        " AND first_seq <= ?4), 0) AND m.seq >= ?4 ORDER BY e.first_seq, m.idx LIMIT ?5",
        (log, direction, stream, first_seq, limit),
    ).fetchall()
