"""The tables of those who work here: officers, their sessions, failed attempts, drafts, the shelf.

They lie in the journal's database, so that what they say and its record in the node's log become
durable in one transaction, but they are no part of the record: nothing of them is in a tree, a
verification only looks whether they are the tables that they must be, an archived segment has
none of them, and a backup leaves the sessions out (docs/adr/0011).
"""

from __future__ import annotations

import sqlite3
from typing import Final

ACCESS_TABLES: Final = (
    # `name_key` is what names share that differ in case or encoding alone. `password` is in the
    # form of argon2, `secret` sealed by a key beside the journal; `last_step` is the newest time
    # step of which a code was taken. Numbers are never given twice.
    """CREATE TABLE IF NOT EXISTS officer(
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL UNIQUE,
    roles         TEXT NOT NULL,
    language      TEXT NOT NULL,
    password      TEXT NOT NULL,
    secret        BLOB NOT NULL,
    last_step     INTEGER NOT NULL,
    added_us      INTEGER NOT NULL,
    added_by      TEXT NOT NULL,
    disabled_us   INTEGER,
    disabled_by   TEXT NOT NULL,
    last_login_us INTEGER
) STRICT""",
    # A session is known by the SHA-256 of its token alone.
    """CREATE TABLE IF NOT EXISTS login(
    token      BLOB PRIMARY KEY,
    officer    INTEGER NOT NULL REFERENCES officer(id),
    address    TEXT NOT NULL,
    started_us INTEGER NOT NULL,
    used_us    INTEGER NOT NULL,
    ends_us    INTEGER NOT NULL
) STRICT, WITHOUT ROWID""",
    # Attempts to log in under one name or from one address, by the SHA-256 of which.
    """CREATE TABLE IF NOT EXISTS attempt(
    source   BLOB PRIMARY KEY,
    count    INTEGER NOT NULL,
    last_us  INTEGER NOT NULL,
    until_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID""",
    # `releasing_us` stands while a message is being signed.
    """CREATE TABLE IF NOT EXISTS draft(
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    author          TEXT NOT NULL,
    document        BLOB NOT NULL,
    precedence      TEXT NOT NULL,
    peer            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    about           TEXT NOT NULL,
    version         INTEGER NOT NULL,
    updated_us      INTEGER NOT NULL,
    updated_by      TEXT NOT NULL,
    offered_us      INTEGER,
    offered_by      TEXT NOT NULL,
    returned_us     INTEGER,
    returned_by     TEXT NOT NULL,
    returned_reason TEXT NOT NULL,
    releasing_us    INTEGER
) STRICT""",
    # Alarms that are kept quiet, from the `alarm-shelved` records.
    """CREATE TABLE IF NOT EXISTS shelf(
    alarm    INTEGER PRIMARY KEY,
    officer  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    since_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL
) STRICT""",
)


def make_access_tables(connection: sqlite3.Connection) -> None:
    """Make those of the tables that are not there: all of them in a journal of an older release."""
    for statement in ACCESS_TABLES:
        connection.execute(statement)


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a journal, which may be of an older release, has one of these tables."""
    found = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
    )
    return found.fetchone() is not None


def forget_sessions(connection: sqlite3.Connection) -> None:
    """Take all sessions and attempts out, leaving nothing of them in the file's free pages."""
    connection.execute("PRAGMA secure_delete = ON")
    for table in ("login", "attempt"):
        if has_table(connection, table):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables' names
