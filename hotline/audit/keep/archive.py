"""An archived segment: the record of one closed epoch of one line, and of nothing else.

It has the line's own log, the mirror of the peer's, and what the tables say of them, in a journal
of its own that states which log it is of. The log of the node's own affairs is not in it: the
anchors are, and the node's journal keeps that log whole. So a segment shows nothing of other lines.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from hotline.audit.directories import made_whole
from hotline.audit.keep.check import check_record, does_not_hold
from hotline.audit.keep.record import (
    ARCHIVE_FILE,
    JOURNAL,
    Surroundings,
    hashes_of,
    mark_record,
    write_surroundings,
)
from hotline.errors import HotlineError, JournalError, UsageError
from hotline.journal.banner import EXERCISE, exercise_of
from hotline.journal.prune import OF_A_LOG, SEGMENT, Archived, closed_line, log_end
from hotline.journal.schema import SCHEMA, SCHEMA_VERSION, connect, reading_uri, store_error
from hotline.model.times import format_time
from hotline.trust.names import line_log_origin
from hotline.wire.codec import unpack


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment on disk, and how its two logs end; the officer in ``ends`` is not said yet."""

    directory: Path
    peer: str
    epoch: int
    ends: Archived


def archive(
    journal: Path,
    around: Surroundings,
    peer: str,
    epoch: int,
    directory: Path,
    *,
    archived_us: int,
    check: Callable[[Path], None],
) -> Segment:
    """Make ``directory`` a segment of a closed epoch of a journal's file, whose node may run.

    ``check`` is given the segment's node.toml before it gets its name, and raises unless all of it
    verifies. Raises UsageError (``files.directory-in-use``, as ``closed_line``), JournalError
    (``backup.does-not-hold``), KeysError for a peer without a card.
    """
    around = _narrowed(around, peer)
    with made_whole(directory, durable=True) as making:
        centre, moment = around.card.centre, format_time(archived_us)
        title = f"Epoch {epoch} of the line of {centre} with {peer}, archived {moment}."
        segment = line_log_origin(around.card.status, centre, peer, epoch)
        write_surroundings(making, around, title, segment=segment)
        ends = _extract(journal, making / JOURNAL, peer, epoch)
        check_record(making / JOURNAL, around.card, around.peers)
        traffic = mark_record(making)
        check(making / "node.toml")
        what = {
            "type": "hotline-archive",
            "version": 1,
            "centre": centre,
            "status": str(around.card.status),
            **({"traffic": traffic} if traffic else {}),
            "peer": peer,
            "epoch": epoch,
            "archived": moment,
            "log": {"origin": ends.origin, "size": ends.size, "root": ends.root.hex()},
            "mirror": {
                "origin": ends.mirror,
                "size": ends.mirror_size,
                "root": ends.mirror_root.hex(),
            },
            "files": hashes_of(making),
        }
        (making / ARCHIVE_FILE).write_text(json.dumps(what, indent=2) + "\n", "utf-8")
    return Segment(directory, peer, epoch, ends)


def open_segment(directory: Path, peer: str, epoch: int) -> Segment:
    """Return a segment that was made before; what it holds the caller has to verify.

    Raises UsageError (``archive.not-a-segment``) for anything else than a segment of that epoch.
    """
    try:
        with closing(connect(directory / JOURNAL, writable=False)) as connection:
            meta = dict(connection.execute("SELECT key, value FROM meta"))
            row = connection.execute(
                "SELECT l.log, l.mirror FROM line l JOIN log g ON g.id = l.log"
                " WHERE l.peer = ? AND l.epoch = ? AND g.origin = ?",
                (peer, epoch, meta.get(SEGMENT)),
            ).fetchone()
            ends = None if row is None else _ends(connection, *row)
    except (sqlite3.Error, HotlineError):
        ends = None
    if ends is None:
        raise UsageError(
            "archive.not-a-segment",
            f"{directory} is not a segment of epoch {epoch} of the line with {peer}",
            "name a directory that is not there yet, or the segment of that epoch",
        )
    return Segment(directory, peer, epoch, ends)


def _narrowed(around: Surroundings, peer: str) -> Surroundings:
    """Return what concerns one line alone."""
    return replace(
        around,
        peers={centre: card for centre, card in around.peers.items() if centre == peer},
        letters={centre: letter for centre, letter in around.letters.items() if centre == peer},
    )


def _extract(source: Path, target: Path, peer: str, epoch: int) -> Archived:
    """Write a journal with the rows of one epoch's two logs alone; return how they end."""
    with closing(connect(source, writable=False)) as connection:
        try:
            log, mirror = closed_line(connection, peer, epoch)
            (origin,) = connection.execute("SELECT origin FROM log WHERE id = ?", (log,)).fetchone()
            named = exercise_of(connection, origin)
        except sqlite3.Error as error:
            raise store_error(error) from error
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    uri = target.absolute().as_uri()
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as copy:
        try:
            copy.executescript(SCHEMA)
            copy.execute("ATTACH ? AS live", (reading_uri(source),))
            # A closed epoch changes no more: what was looked up before is still so.
            copy.execute("BEGIN")
            ends = _copy_rows(copy, log, mirror)
            if named:
                copy.execute("INSERT INTO meta VALUES (?, ?)", (EXERCISE, named))
            copy.execute("COMMIT")
        except sqlite3.Error as error:
            raise store_error(error) from error
    return ends


def _copy_rows(copy: sqlite3.Connection, log: int, mirror: int) -> Archived:
    meta = dict(copy.execute("SELECT key, value FROM live.meta"))
    if meta.get("schema") != str(SCHEMA_VERSION):
        raise JournalError(
            "journal.other-schema",
            f"the journal has schema {meta.get('schema')}, this program reads {SCHEMA_VERSION}",
            "run the release of hotline that wrote it",
        )
    copy.execute("INSERT INTO log SELECT * FROM live.log WHERE id IN (?, ?)", (log, mirror))
    copy.execute("INSERT INTO line SELECT * FROM live.line WHERE log = ?", (log,))
    for table in OF_A_LOG:
        copy.execute(
            f"INSERT INTO {table} SELECT * FROM live.{table} WHERE log IN (?, ?)", (log, mirror)
        )
    for (payload,) in copy.execute(
        "SELECT payload FROM record WHERE log = ? AND kind = 'read' ORDER BY idx", (log,)
    ).fetchall():
        read = _payload(payload)
        copy.execute(
            "INSERT INTO reading SELECT * FROM live.reading WHERE message = ? AND officer = ?",
            (read.get("message"), read.get("officer")),
        )
    ends = _ends(copy, log, mirror)
    rows = {key: meta[key] for key in ("schema", "centre", "status", "generation") if key in meta}
    copy.executemany("INSERT INTO meta VALUES (?, ?)", (rows | {SEGMENT: ends.origin}).items())
    return ends


def _ends(connection: sqlite3.Connection, log: int, mirror: int) -> Archived:
    row = connection.execute(
        "SELECT payload FROM record WHERE log = ? AND kind = 'anchor' ORDER BY idx DESC LIMIT 1",
        (log,),
    ).fetchone()
    anchor = b"" if row is None else _payload(row[0]).get("checkpoint")
    theirs = log_end(connection, mirror)
    try:
        return msgspec.convert(
            dict(
                zip(
                    Archived.__struct_fields__,
                    (*log_end(connection, log), *theirs, anchor, ""),
                    # What is left unsettled is known, and counted, when it is taken out.
                    strict=False,
                )
            ),
            Archived,
        )
    except msgspec.ValidationError as error:
        raise does_not_hold(f"its newest anchor cannot be read: {error}") from error


def _payload(payload: bytes) -> dict[str, object]:
    try:
        said = unpack(payload)
    except HotlineError as error:
        raise does_not_hold(f"a record cannot be read: {error.message}") from error
    if not isinstance(said, dict):
        raise does_not_hold("a record is not a map")
    return said
