"""What everything that is read from a journal is marked with."""

from __future__ import annotations

import sqlite3

from hotline.journal.opening import opened
from hotline.model.kinds import Status
from hotline.model.letter import banner


def banner_of(connection: sqlite3.Connection) -> str:
    """Return ``EXERCISE`` and its name, ``TEST``, or nothing for a journal of actual traffic.

    The name is that of each line's newest epoch. A journal that does not say its status is marked
    ``EXERCISE``: what may be none must not pass for actual traffic.
    """
    row = connection.execute("SELECT value FROM meta WHERE key = 'status'").fetchone()
    known = {str(status): status for status in Status}
    status = known.get(str(row[0]) if row else "", Status.EXERCISE)
    newest: dict[str, tuple[int, str]] = {}
    for said in opened(connection).values():
        held = newest.get(said.peer, (0, ""))
        newest[said.peer] = max(held, (said.epoch, said.exercise))
    return banner(status, [name for _, name in newest.values()])
