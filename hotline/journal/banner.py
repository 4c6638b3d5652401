"""What everything that is read from a journal is marked with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from hotline.journal.opening import LineOpened, opened
from hotline.model.kinds import Status
from hotline.model.letter import banner

EXERCISE = "exercise"
"""The row of ``meta`` in which an archived segment names its exercise: the node's own log, which
says it elsewhere, is not in it."""


def banner_of(connection: sqlite3.Connection) -> str:
    """Return ``EXERCISE`` and its name, ``TEST``, or nothing for a journal of actual traffic.

    The name is that of each line's newest epoch. A journal that does not say its status is marked
    ``EXERCISE``: what may be none must not pass for actual traffic.
    """
    known = {str(status): status for status in Status}
    status = known.get(_meta(connection, "status"), Status.EXERCISE)
    return banner(status, _newest(opened(connection).values()) or [_meta(connection, EXERCISE)])


def banners_by_log(connection: sqlite3.Connection) -> dict[int, str]:
    """Return what the entries of each line's log are marked with, by the log's row.

    An older epoch may be the record of another exercise than the one that is on.
    """
    known = {str(status): status for status in Status}
    status = known.get(_meta(connection, "status"), Status.EXERCISE)
    said, bare = opened(connection), _meta(connection, EXERCISE)
    rows = connection.execute("SELECT g.id, g.origin FROM line l JOIN log g ON g.id = l.log")
    return {
        log: banner(status, [said[origin].exercise if origin in said else bare])
        for log, origin in rows
    }


def exercise_of(connection: sqlite3.Connection, origin: str) -> str:
    """Return how a journal names the exercise that a line's log is the record of, or nothing."""
    said = opened(connection).get(origin)
    return said.exercise if said is not None else _meta(connection, EXERCISE)


def exercises_in(connection: sqlite3.Connection, origin: str, size: int) -> tuple[str, ...]:
    """Return the names of the exercises that the first ``size`` entries of a log are about.

    The log of a line is about that of its epoch, the node's own about the newest of each line. What
    comes later changes nothing.
    """
    if (name := exercise_of(connection, origin)) != "":
        return (name,)
    return tuple(_newest(opened(connection, origin, size).values()))


def _newest(said: Iterable[LineOpened]) -> list[str]:
    """Return the exercise of each line's newest epoch, where it has a name."""
    newest: dict[str, tuple[int, str]] = {}
    for one in said:
        newest[one.peer] = max(newest.get(one.peer, (0, "")), (one.epoch, one.exercise))
    return sorted({name for _, name in newest.values() if name})


def _meta(connection: sqlite3.Connection, key: str) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row is not None else ""
