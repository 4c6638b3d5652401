"""What stood on a line by what was entered until a moment: for a stopped node, or the past.

A running node has what stands now in memory. Here the log itself is read, newest entry first, as
far back as is bounded below; that it was cut is said, never hidden.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import Final

from hotline.errors import HotlineError
from hotline.journal.relations import CONFLICT
from hotline.journal.steps import Said, steps_between
from hotline.wire.records import Related, decode_record

STRETCH: Final = 4096
"""Entries that are read at once."""
MAX_STEPS: Final = 50_000
"""Messages about notices that are gone through: a second or two of work."""
MAX_RECORDS: Final = 50_000
"""Records of relations that are gone through."""


@dataclass(frozen=True, slots=True)
class Stood:
    """A relation that had not ended: what was entered of it last, and since when it was so.

    Microseconds since 1970; the oldest moment that was met where that was entered too long ago.
    """

    related: Related
    since_us: int


def lines_then(connection: sqlite3.Connection, by_us: int) -> dict[str, int]:
    """Return the log of each line that had an entry by a moment, by peer: of its last epoch."""
    rows = connection.execute(
        "SELECT peer, log FROM line l WHERE"
        " EXISTS (SELECT 1 FROM message WHERE log = l.log AND idx = 0 AND time_us <= ?1)"
        " OR EXISTS (SELECT 1 FROM record WHERE log = l.log AND idx = 0 AND time_us <= ?1)"
        " ORDER BY peer, epoch",
        (by_us,),
    )
    return dict(rows.fetchall())


def peers_of(connection: sqlite3.Connection) -> list[str]:
    """Return the peers of all lines."""
    return [peer for (peer,) in connection.execute("SELECT DISTINCT peer FROM line ORDER BY peer")]


def steps_by(
    connection: sqlite3.Connection, log: int, by_us: int, most: int = MAX_STEPS
) -> tuple[list[Said], bool]:
    """Return what was said of notices by a moment, oldest first, and whether that is all of it."""
    found: list[Said] = []
    (size,) = connection.execute("SELECT size FROM log WHERE id = ?", (log,)).fetchone()
    end: int = size
    while end > 0 and len(found) < most:
        first = max(0, end - STRETCH)
        stretch = steps_between(connection, log, first, end)
        found += [said for said in stretch if said.time_us <= by_us]
        end = first
    whole = end == 0 and len(found) <= most
    return found[:most][::-1], whole


def relations_by(
    connection: sqlite3.Connection, log: int, by_us: int, most: int = MAX_RECORDS
) -> list[Stood]:
    """Return the relations that had begun and not ended by a moment, the newest change first."""
    rows = connection.execute(
        "SELECT time_us, payload FROM record WHERE log = ? AND kind = ? AND time_us <= ?"
        " ORDER BY idx DESC LIMIT ?",
        (log, CONFLICT, by_us, most),
    )
    found: dict[tuple[str, str], Stood] = {}
    # Pairs of which the beginning of what stands, or an end, is met: what lies before is over.
    settled: set[tuple[str, str]] = set()
    for time_us, payload in rows:
        try:
            related = decode_record(payload, Related, CONFLICT)
        except HotlineError:
            continue
        pair = related.reference, related.other_reference
        if pair in settled:
            continue
        held = found.get(pair)
        if related.relation == "clear" or (held and related.relation != held.related.relation):
            settled.add(pair)
        else:
            held = held or Stood(related, time_us)
            found[pair] = replace(held, since_us=time_us)
            if related.before != related.relation:
                settled.add(pair)
    return list(found.values())
