"""Step 1: the database's own check of its file, which reads every page, beside all other steps.

Nothing that is read from a damaged file means anything, so what the other steps found counts only
once this check found nothing. It runs in a thread, on a connection of its own: SQLite works without
holding up Python. Where it finds something, the walk over the tables is cut short, since pages that
point at each other could keep it busy for ever.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from hotline.journal.schema import connect, store_error

WORST = 10
"""Findings that SQLite is asked for; the first is told."""
AGAIN_S = 0.05
"""Seconds after which the walk is cut short again: between two queries it cannot be."""


def damage(db: sqlite3.Connection) -> str:
    """Return what is wrong with the file by SQLite's own check, empty for nothing."""
    try:
        for (finding,) in db.execute(f"PRAGMA integrity_check({WORST})"):
            if finding != "ok":
                return f"the database is damaged: {finding}"
    except sqlite3.DataError as error:
        return too_large(error)
    return ""


def too_large(error: sqlite3.DataError) -> str:
    """Say that a value is beyond what is read."""
    return f"a stored value is larger than any that a node writes: {error}"


class Soundness:
    """That check of the journal at ``path``, while ``walking`` is used by the caller.

    A context manager: on leaving the check has ended, or was cut short.
    """

    def __init__(self, path: Path, walking: sqlite3.Connection, max_value: int) -> None:
        self._db = connect(path, writable=False)
        self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max_value)
        self._db.execute("PRAGMA cache_size = -8192")
        self._db.text_factory = lambda data: data.decode(errors="replace")
        self._walking = walking
        self._heard = threading.Event()
        self._damage = ""
        self._error: sqlite3.Error | None = None
        self._thread = threading.Thread(target=self._check, name="soundness")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._heard.set()
        while self._thread.is_alive():
            self._db.interrupt()
            self._thread.join(AGAIN_S)
        self._db.close()

    def damage(self) -> str:
        """Wait for the check; return what it found, empty for nothing. Raises JournalError."""
        while self._thread.is_alive() and not (self._damage or self._error):
            self._thread.join(AGAIN_S)
        self._heard.set()
        self._thread.join()
        if self._error is not None:
            raise store_error(self._error) from self._error
        return self._damage

    def _check(self) -> None:
        try:
            self._damage = damage(self._db)
        except sqlite3.Error as error:
            self._error = error
        while (self._damage or self._error) and not self._heard.is_set():
            self._walking.interrupt()
            self._heard.wait(AGAIN_S)
