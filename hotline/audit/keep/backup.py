"""A backup: the whole record of a node as it was at one moment, taken while the node runs.

SQLite's online backup copies page by page out of one read transaction: the copy is one state that
was committed, and the writer never waits for it. The copy is checked before it gets its name.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import disk_usage

from hotline.audit.directories import made_whole
from hotline.audit.keep.check import LogState, check_record
from hotline.audit.keep.record import (
    BACKUP_FILE,
    JOURNAL,
    Surroundings,
    hashes_of,
    mark_record,
    write_surroundings,
)
from hotline.errors import JournalError
from hotline.journal.access_schema import forget_sessions
from hotline.journal.schema import connect, store_error
from hotline.model.times import format_time

PAGES = 512
"""Pages copied at a time, between which progress is told."""

Progress = Callable[[int, int], None]
"""Told how many of how many bytes have been copied."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was backed up: where it lies now, its journal's bytes, and the state of each log."""

    directory: Path
    journal_bytes: int
    logs: tuple[LogState, ...]


def back_up(
    journal: Path,
    around: Surroundings,
    directory: Path,
    *,
    taken_us: int,
    check: Callable[[Path], None] | None = None,
    progress: Progress | None = None,
) -> Backup:
    """Make ``directory`` a backup of the journal's file and of what lies around it.

    The copy is fsynced and checked (``check_record``, then ``check`` with its node.toml) before it
    gets its name; ``taken_us`` is the time that ``backup.json`` states. Raises UsageError
    (``files.directory-in-use``), JournalError (``backup.no-space``, ``backup.does-not-hold``, or
    the journal cannot be read), and whatever ``check`` raises; then there is no backup.
    """
    with made_whole(directory, durable=True) as making:
        title = f"A backup of the node of {around.card.centre}, taken {format_time(taken_us)}."
        write_surroundings(making, around, title)
        copy_journal(journal, making / JOURNAL, progress)
        logs = check_record(making / JOURNAL, around.card, around.peers)
        traffic = mark_record(making)
        if check is not None:
            check(making / "node.toml")
        what = {
            "type": "hotline-backup",
            "version": 1,
            "centre": around.card.centre,
            "status": str(around.card.status),
            **({"traffic": traffic} if traffic else {}),
            "taken": format_time(taken_us),
            "logs": [asdict(log) for log in logs],
            "files": hashes_of(making),
        }
        (making / BACKUP_FILE).write_text(json.dumps(what, indent=2) + "\n", "utf-8")
        size = (making / JOURNAL).stat().st_size
    return Backup(directory, size, tuple(logs))


def copy_journal(source: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy one committed state of a journal's file, page by page, into one file without a WAL.

    Raises JournalError (``backup.no-space``, ``backup.cannot-write``, or as the store fails).
    """
    with closing(connect(source, writable=False)) as connection:
        # While a transaction is open, a backup keeps to its snapshot and never begins again.
        connection.execute("BEGIN")
        try:
            (page,) = connection.execute("PRAGMA page_size").fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
        except sqlite3.Error as error:
            raise store_error(error) from error
        size = pages * page
        free = disk_usage(target.parent).free
        if size > free:
            raise JournalError(
                "backup.no-space",
                f"the journal is {size} bytes, and {target.parent} has room for {free}",
                "name a directory on a larger disk; nothing was left behind",
            )
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            try:
                connection.backup(
                    copy,
                    pages=PAGES,
                    progress=lambda _, rest, total: (
                        progress and progress((total - rest) * page, total * page)
                    ),
                )
                # Whoever restores it must not bring a session of a past run.
                forget_sessions(copy)
                # One file, which reads the same from a medium that cannot be written.
                copy.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
                    raise store_error(error) from error
                raise JournalError(
                    "backup.cannot-write",
                    f"the copy could not be written ({error})",
                    "look at the disk that it was to be written to; nothing was left behind",
                ) from error
