"""The tables of a journal, and how a connection to one is opened.

Two tables hold all entries: ``message`` (what crossed the line, bound to its bytes in
``envelope``) and ``record`` (everything else, with its payload beside it). Together they cover
each log's leaves 0 .. size-1 without a gap. All other tables can be rebuilt from these two and
are checked against them by ``hotline log verify``.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from hotline.errors import JournalError

SCHEMA_VERSION = 2

SCHEMA = """
-- What this journal is: schema version, centre, status, generation, fence.
CREATE TABLE meta(
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A log is an RFC 6962 tree: our own (one a line and epoch, one for the node's affairs) or the
-- mirror of a peer's. `frontier` holds its complete subtrees, `note` the newest signed checkpoint.
CREATE TABLE log(
    id       INTEGER PRIMARY KEY,
    origin   TEXT NOT NULL UNIQUE,
    own      INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    note     BLOB NOT NULL
) STRICT;

CREATE TABLE line(
    log    INTEGER PRIMARY KEY REFERENCES log(id),
    mirror INTEGER NOT NULL REFERENCES log(id),
    peer   TEXT NOT NULL,
    epoch  INTEGER NOT NULL,
    UNIQUE(peer, epoch)
) STRICT;

-- Where each stream stands. direction 0 is out, 1 is in; stream is the precedence, 0 FLASH.
CREATE TABLE stream(
    log       INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    stream    INTEGER NOT NULL,
    next_seq  INTEGER NOT NULL,
    last_id   BLOB NOT NULL,
    receipted INTEGER NOT NULL,
    PRIMARY KEY(log, direction, stream)
) STRICT, WITHOUT ROWID;

-- One signed group, byte for byte as it was sent or received.
CREATE TABLE envelope(
    id        INTEGER PRIMARY KEY,
    log       INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    stream    INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    first_idx INTEGER NOT NULL,
    bytes     BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX envelope_by_seq ON envelope(log, direction, stream, first_seq);

-- One entry of a line's log: a message sent or received. `position` and `length` find its body
-- in the envelope's bytes; its leaf is rebuilt from direction, stream, seq, id and time_us.
CREATE TABLE message(
    log        INTEGER NOT NULL,
    idx        INTEGER NOT NULL,
    direction  INTEGER NOT NULL,
    stream     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    id         BLOB NOT NULL,
    kind       TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    time_us    INTEGER NOT NULL,
    envelope   INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    length     INTEGER NOT NULL,
    reference  TEXT,
    about      BLOB,
    flags      TEXT,
    PRIMARY KEY(log, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_by_id ON message(id);
CREATE INDEX message_by_reference ON message(reference) WHERE reference IS NOT NULL;
CREATE INDEX message_by_about ON message(about) WHERE about IS NOT NULL;
-- Line checks are counted apart from what an officer has to read.
CREATE INDEX line_check ON message(direction) WHERE kind = 'line-check';

-- One entry of any log that is not a message: a receipt taken, a refusal, an alarm, a reading ...
CREATE TABLE record(
    log     INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    salt    BLOB NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY(log, idx)
) STRICT, WITHOUT ROWID;
-- Forks that are kept as proof are few, and looked for at each start.
CREATE INDEX fork ON record(log, idx) WHERE kind = 'fork';
-- What was compared after it was taken is looked for by its message: the first thing that is said.
CREATE INDEX compared ON record(log, substr(payload, 12, 32)) WHERE kind = 'compared';

-- Which exercise a line's epoch is the record of is asked at each start.
CREATE INDEX line_opened ON record(log, idx) WHERE kind = 'line-opened';
-- Where play, faults and the watch stand is asked at each start too.
CREATE INDEX duty ON record(log, idx) WHERE kind IN ('exercise', 'fault', 'watch');

-- Leaf hashes in runs, as they were committed (our logs) or announced (mirrors).
CREATE TABLE leaf_run(
    log    INTEGER NOT NULL,
    first  INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY(log, first)
) STRICT, WITHOUT ROWID;

-- Roots of complete subtrees of 256 and 65 536 ... leaves, so that a proof reads few rows.
CREATE TABLE subtree(
    log   INTEGER NOT NULL,
    level INTEGER NOT NULL,
    idx   INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY(log, level, idx)
) STRICT, WITHOUT ROWID;

-- Receipts and checkpoint updates that we gave, so that a repeated message gets the same answer.
CREATE TABLE receipt_given(
    log      INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    old_size INTEGER NOT NULL,
    note     BLOB NOT NULL,
    items    BLOB NOT NULL,
    PRIMARY KEY(log, size)
) STRICT, WITHOUT ROWID;

-- What the peer's receipts said of our messages; `record_idx` is the entry that holds the receipt.
CREATE TABLE receipt_taken(
    log         INTEGER NOT NULL,
    stream      INTEGER NOT NULL,
    first_seq   INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    first_index INTEGER NOT NULL,
    time_us     INTEGER NOT NULL,
    taken_us    INTEGER NOT NULL,
    record_idx  INTEGER NOT NULL,
    PRIMARY KEY(log, stream, first_seq)
) STRICT, WITHOUT ROWID;

-- Cosignatures over checkpoints: the peer's over ours, ours over the peer's. `witness` is the
-- centre that gave it, or the name in an outside witness's vkey.
CREATE TABLE cosignature(
    log     INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    witness TEXT NOT NULL,
    root    BLOB NOT NULL,
    line    TEXT NOT NULL,
    PRIMARY KEY(log, size, witness)
) STRICT, WITHOUT ROWID;

-- The newest checkpoint of each log that we cosigned by `add-checkpoint`, with our line over it;
-- `vkey` is the log's key. It follows from nothing else, and may lie ahead of the log's mirror.
CREATE TABLE witnessed(
    origin TEXT PRIMARY KEY,
    vkey   TEXT NOT NULL,
    size   INTEGER NOT NULL,
    root   BLOB NOT NULL,
    note   BLOB NOT NULL,
    line   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who read which message, and when; from the `read` records.
CREATE TABLE reading(
    message BLOB NOT NULL,
    officer TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    PRIMARY KEY(message, officer)
) STRICT, WITHOUT ROWID;

-- Messages that a human has to answer, until answered; from the messages and the letter. Found by
-- entry and not by id, so that new ones lie side by side: hashes would dirty a page each.
CREATE TABLE deadline(
    log       INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    due_us    INTEGER NOT NULL,
    PRIMARY KEY(log, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX deadline_by_due ON deadline(due_us);

-- Alarms, from the `alarm-*` records of the node's log.
CREATE TABLE alarm(
    id              INTEGER PRIMARY KEY,
    code            TEXT NOT NULL,
    peer            TEXT NOT NULL,
    subject         TEXT NOT NULL,
    text            TEXT NOT NULL,
    raised_us       INTEGER NOT NULL,
    cleared_us      INTEGER,
    acknowledged_us INTEGER,
    acknowledged_by TEXT
) STRICT;
"""


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """Open the journal at ``path``; the caller begins and commits transactions itself.

    The writer runs in WAL with ``synchronous=FULL``: a commit returns after fsync. A reader
    sees the last commit and never blocks the writer; a file that nobody can be writing to is read
    also where nothing may be written beside it. Raises JournalError.
    """
    uri = f"{path.absolute().as_uri()}?mode=rwc" if writable else reading_uri(path)
    connection = None
    try:
        if writable and not path.exists():
            # Made here, so that nobody but the node's user can read it; SQLite fills it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            uri,
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("PRAGMA cache_size = -65536")
        if writable:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_autocheckpoint = 4000")
            connection.execute("PRAGMA journal_size_limit = 67108864")
        else:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if connection is not None:
            connection.close()
        raise store_error(error) from error
    except OSError as error:
        raise store_error(error) from error
    return connection


def reading_uri(path: Path) -> str:
    """Return the URI by which SQLite reads the journal at ``path``.

    A reader of a file in WAL mode makes the index of the log beside it. Where it cannot, as on a
    read-only disk, it is told that the file does not change (``immutable``): only when the
    directory is not writable, and no log or index of it shows a node that has it open or was cut
    off. SQLite would then read pages that are half of one commit.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    log, index = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    if index.exists() or os.access(path.absolute().parent, os.W_OK):
        return uri
    try:
        alone = log.stat().st_size == 0
    except FileNotFoundError:
        alone = True
    except OSError:
        alone = False
    return f"{uri}&immutable=1" if alone else uri


def create_or_check(connection: sqlite3.Connection, identity: dict[str, str]) -> None:
    """Make the tables of a new journal, or check that an old one belongs to ``identity``.

    ``identity`` is what ``meta`` must say, for example ``{"centre": "iaf", "status": "test"}``.
    Raises JournalError: another schema, another node's journal, not a journal at all.
    """
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            connection.executescript("BEGIN IMMEDIATE;" + SCHEMA)
            rows = {"schema": str(SCHEMA_VERSION), "generation": "1", **identity}
            connection.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())
            connection.execute("COMMIT")
            return
        if not tables >= {"meta", "log", "line"}:
            raise JournalError(
                "journal.not-a-journal",
                "the file is an SQLite database but not a hotline journal",
                "point `data` in node.toml at an empty directory or at this node's own",
            )
        meta = dict(connection.execute("SELECT key, value FROM meta"))
    except sqlite3.Error as error:
        raise store_error(error) from error
    if meta.get("schema") != str(SCHEMA_VERSION):
        raise JournalError(
            "journal.other-schema",
            f"the journal has schema {meta.get('schema')}, this program reads {SCHEMA_VERSION}",
            "run the release of hotline that wrote it",
        )
    for key, value in identity.items():
        if meta.get(key) != value:
            raise JournalError(
                "journal.of-another-node",
                f"the journal belongs to {key} {meta.get(key)!r}, this node is {value!r}",
                "point `data` in node.toml at this node's own directory; never share one",
            )


def store_error(error: sqlite3.Error | OSError | UnicodeDecodeError) -> JournalError:
    """Say what a failed call of the store means for the journal, as a JournalError with a mend.

    A UnicodeDecodeError is SQLite's complaint about a damaged schema, which it quotes as it is.
    """
    text = str(error)
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL" or getattr(error, "errno", None) == errno.ENOSPC:
        return JournalError(
            "journal.full",
            "the disk is full: nothing more can be recorded, so nothing more is sent or receipted",
            "free space on the data directory's file system; the node goes on by itself",
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or isinstance(
        error, UnicodeDecodeError
    ):
        return JournalError(
            "journal.corrupt",
            f"the journal's file is damaged ({text})",
            "stop the node, keep the damaged file as evidence, restore the newest backup",
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")) or isinstance(error, OSError):
        return JournalError(
            "journal.cannot-open",
            f"the journal cannot be opened ({text})",
            "check that the data directory exists, can be written, and belongs to the node's user",
        )
    return JournalError(
        "journal.store-failed",
        f"the store failed: {text}",
        "look at the disk's health and the system log; the node reopens the journal by itself",
    )
