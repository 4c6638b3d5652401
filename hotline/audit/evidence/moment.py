"""One moment of a journal: what is read inside belongs together, though the node goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hotline.journal.schema import connect, store_error


@contextmanager
def moment(journal: Path) -> Iterator[sqlite3.Connection]:
    """Open a journal for reading, as it stands now. Raises JournalError."""
    with closing(connect(journal, writable=False)) as connection:
        try:
            connection.execute("BEGIN")
            yield connection
        except sqlite3.Error as error:
            raise store_error(error) from error
