"""A read-only SQLite file that Datasette, or anybody with SQL, opens well.

Written in one transaction into a new file, in the order of the entries, so that the same record
and arguments give the same bytes with the same release of SQLite.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from hotline.audit.export.database_rows import AlarmChange, Filled, MessageRows, RecordRows
from hotline.audit.export.database_schema import APPLICATION_ID, FINISH, SCHEMA, VERSION
from hotline.audit.export.selection import Record
from hotline.audit.export.values import json_text
from hotline.model.text import printable


def write_database(
    path: Path, record: Record, filled: Iterable[Filled], stated: dict[str, object]
) -> int:
    """Fill a new file with what the entries fill in, in order; return how many entries there were.

    Raises OSError when the disk does not take it.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # The file is renamed into its place when it is whole, so nothing has to be rolled back.
        connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;"
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
            f"BEGIN;{SCHEMA}"
        )
        count = _Writer(connection, record).write(filled, stated)
        connection.executescript(f"BEGIN;{FINISH}COMMIT;")
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
        raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error
    finally:
        connection.close()
    return count


class _Writer:
    """Numbers rows and inserts them, each where the one before left off: the bytes hang on it."""

    def __init__(self, connection: sqlite3.Connection, record: Record) -> None:
        self._connection = connection
        self._record = record
        self._messages = self._records = self._volumes = 0

    def write(self, entries: Iterable[Filled], stated: dict[str, object]) -> int:
        self._state(stated)
        for filled in entries:
            if isinstance(filled, MessageRows):
                self._message(filled)
            else:
                self._entered(filled)
        return self._messages + self._records

    def _state(self, stated: dict[str, object]) -> None:
        about = {
            "centre": self._record.centre,
            "status": self._record.status,
            "traffic": printable(self._record.traffic),
            "filter": json_text(stated),
            "form": f"hotline-sqlite/{VERSION}, as docs/spec/export.md has it",
            "checked": "every entry against the signed roots when this was written; the rest of the"
            " record is checked by `hotline log verify`",
        }
        for item in about.items():
            self._insert("about", item)
        for number, part in enumerate(self._record.parts):
            self._insert(
                "checkpoints",
                (
                    number + 1,
                    part.log.origin,
                    part.log.peer,
                    part.log.epoch,
                    part.size,
                    part.root.hex(),
                    part.note.decode(),
                    printable(self._record.traffic_of(part)),
                ),
            )

    def _message(self, rows: MessageRows) -> None:
        self._messages += 1
        message = self._messages
        self._insert("messages", (message, *rows.message))
        for volume in rows.volumes:
            self._volumes += 1
            self._insert("volumes", (self._volumes, message, *volume))
        if rows.receipt is not None:
            self._insert("receipts", (None, message, *rows.receipt))
        for reading in rows.readings:
            self._insert("readings", (None, message, *reading))

    def _entered(self, rows: RecordRows) -> None:
        self._records += 1
        self._insert("records", (self._records, *rows.record))
        if rows.alarm is not None:
            self._alarm(rows.record[0], rows.alarm)

    def _alarm(self, checkpoint: object, alarm: AlarmChange) -> None:
        if alarm.raised is not None:
            self._insert("alarms", (None, checkpoint, alarm.number, *alarm.raised, self._records))
            return
        columns = ", ".join(f"{column} = ?" for column in alarm.columns)
        self._connection.execute(
            f"UPDATE alarms SET {columns} WHERE alarm = (SELECT max(alarm) FROM alarms"
            " WHERE checkpoint = ? AND number = ?)",
            (*alarm.values, checkpoint, alarm.number),
        )

    def _insert(self, table: str, values: Sequence[object]) -> None:
        self._connection.execute(
            f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values
        )
