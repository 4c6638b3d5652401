"""One page of entries, and the cursor with which the next one is asked for.

A cursor says how far each log has been seen, as ``<row>.<entry>`` joined by ``-``, and ``0`` for
the beginning. It stays good however the logs grow, and means nothing to anybody but this journal.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from hotline.audit.search.finding import Found, find, logs_for
from hotline.audit.search.terms import Search
from hotline.errors import UsageError
from hotline.model.times import shorten

BEGINNING = "0"
_CURSOR = re.compile(r"[0-9]{1,9}\.[0-9]{1,18}(?:-[0-9]{1,9}\.[0-9]{1,18}){0,999}")


@dataclass(frozen=True, slots=True)
class Page:
    """Entries that fit, and cursors: what comes ``after`` all of them, what lies ``before``.

    ``more`` says that the search goes on beyond this page in its own direction.
    """

    found: list[Found]
    after: str
    before: str
    more: bool


def read_page(
    connection: sqlite3.Connection,
    search: Search,
    *,
    limit: int,
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """Return the newest entries that fit, newest first; with ``after`` those next, oldest first.

    Raises UsageError (``search.bad-cursor``, ``search.two-cursors``, ``node.unknown-log``).
    """
    if after is not None and before is not None:
        raise UsageError(
            "search.two-cursors", "both after and before are given", "a page goes one way: give one"
        )
    from_, to = _parse(after), _parse(before)
    connection.execute("BEGIN")  # one moment for all logs, so that no entry falls between pages
    try:
        logs = logs_for(connection, search)
        bounds = {
            log.id: (
                from_.get(log.id, 0),
                log.size if before is None else min(log.size, to.get(log.id, 0)),
            )
            for log in logs
        }
        stream = find(connection, search, logs, bounds=bounds, newest_first=after is None)
        found = list(islice(stream, limit + 1))
    finally:
        connection.execute("ROLLBACK")
    more = len(found) > limit
    found = found[:limit]
    firsts = {row: first for row, (first, _) in bounds.items()}
    ends = {row: end for row, (_, end) in bounds.items()}
    for log, entry in found if more else ():
        # A full page ends, in each log, at the last entry that it took from it.
        if after is not None:
            firsts[log.id] = entry.index + 1
        else:
            ends[log.id] = entry.index
    if after is not None:
        return Page(found, _written(firsts if more else ends), _written(_parse(after)), more)
    return Page(
        found,
        _written({row: end for row, (_, end) in bounds.items()}),
        _written(ends if more else firsts),
        more,
    )


def _parse(cursor: str | None) -> dict[int, int]:
    if cursor is None or cursor == BEGINNING:
        return {}
    if not _CURSOR.fullmatch(cursor):
        raise UsageError(
            "search.bad-cursor",
            f"{shorten(cursor)} is not a place in this record",
            "give what an earlier page has as `after` or `before`, or 0 for the beginning",
        )
    pairs = (pair.split(".") for pair in cursor.split("-"))
    return {int(row): int(entry) for row, entry in pairs}


def _written(places: Mapping[int, int]) -> str:
    return "-".join(f"{row}.{entry}" for row, entry in sorted(places.items())) or BEGINNING
