"""Signed checkpoints as the journal keeps them, with the cosignatures that lie beside them."""

from __future__ import annotations

import sqlite3

from hotline.audit.entries import Log
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.notes import Note


def newest_given(
    connection: sqlite3.Connection, log: Log, at: int | None = None
) -> tuple[int, bytes] | None:
    """Return size and note of the newest checkpoint of one of our logs, of at most ``at`` entries.

    None when none was signed. Of the node's own log only the newest is kept, besides its anchors.
    """
    if log.peer is None:
        size = Checkpoint.parse(Note.parse(log.note).text).size if log.note else 0
        return (size, log.note) if log.note and (at is None or size <= at) else None
    row = connection.execute(
        "SELECT size, note FROM receipt_given WHERE log = ?1 AND (?2 IS NULL OR size <= ?2)"
        " ORDER BY size DESC LIMIT 1",
        (log.id, at),
    ).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


def cosigned(connection: sqlite3.Connection, log: int, size: int, note: bytes) -> bytes:
    """Return a checkpoint's note with the cosignatures that are kept over that size, by witness."""
    lines = connection.execute(
        "SELECT line FROM cosignature WHERE log = ? AND size = ? ORDER BY witness", (log, size)
    )
    return note + b"".join(line.encode() for (line,) in lines)
