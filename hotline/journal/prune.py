"""Taking a closed epoch of a line out of the journal, once it is kept as an archived segment.

An epoch is closed when the line is in a later one: nothing is ever entered in its logs again. Its
entries go in one transaction; what stays are the rows of its two logs (size, edge, newest note),
the newest cosignature of each witness over them, and a record in the node's own log that says what
was taken out. The same transaction signs that log and enters its checkpoint in the lines: a record
that no checkpoint covers could be anybody's. So the journal goes on knowing what it had, can be
held to it, and as a witness never forgets what it cosigned.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from hotline.errors import ConfigError, HotlineError, JournalError, TrustError, UsageError
from hotline.journal.forks import FORK
from hotline.journal.records import anchor, append_record
from hotline.trust.merkle import Frontier
from hotline.wire.records import Reading, Record, decode_record, encode_record
from hotline.wire.shapes import Count, Hash

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.journal.state import LineState

ARCHIVED = "archived"
"""The kind of the record."""
SEGMENT = "segment"
"""Key in ``meta`` of an archived segment: the origin of the one line's log that it holds."""
MAX_NOTE = 64 * 1024
HELD = "line.rolled-back"
"""The alarm that stands while nothing may be signed on a line, since its peer claims to hold more
of this node's log than there is here."""
REPLY_OVERDUE, EPOCH_CLOSED = "desk.reply-overdue", "line.epoch-closed"
"""Alarms about the messages of an epoch; the subject of the first ends with digits of an id."""

OF_A_LOG = (
    "message",
    "envelope",
    "stream",
    "record",
    "leaf_run",
    "subtree",
    "receipt_given",
    "receipt_taken",
    "cosignature",
    "deadline",
)
"""Every table whose rows belong to a log by its column ``log``, but ``line``, which stays."""


class Archived(Record, frozen=True):
    """The payload of an ``archived`` record: the two logs of one closed epoch, as they ended.

    ``anchor`` is the newest checkpoint of the node's own log that was entered in the line's log,
    empty where there was none: it may be the only one of its generation. ``unread``,
    ``unanswered`` and ``alarms`` count what was left unsettled, on purpose.
    """

    origin: Annotated[str, msgspec.Meta(max_length=256)]
    size: Count
    root: Hash
    mirror: Annotated[str, msgspec.Meta(max_length=256)]
    mirror_size: Count
    mirror_root: Hash
    anchor: Annotated[bytes, msgspec.Meta(max_length=MAX_NOTE)]
    officer: str
    unread: Count = 0
    unanswered: Count = 0
    alarms: Count = 0


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What still waits for somebody in one epoch: messages unread, unanswered here; alarms."""

    unread: int
    unread_flash: int
    unanswered: int
    alarms: int

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self.unread or self.unanswered or self.alarms)

    def __str__(self) -> str:
        """Say it in one line."""
        flash = f" ({self.unread_flash} FLASH)" if self.unread_flash else ""
        return (
            f"{self.unread} unread{flash}, {self.unanswered} waiting for this centre's answer,"
            f" {self.alarms} in standing alarms"
        )


def unsettled(connection: sqlite3.Connection, peer: str, log: int) -> Unsettled:
    """Count what waits for somebody in the epoch with ``peer`` whose own log has the row ``log``.

    Line checks are nobody's to read. An alarm is of the epoch when it is about a message of it, or
    about what a closed epoch never got a receipt for.
    """
    unread, flash = connection.execute(
        "SELECT count(*), coalesce(sum(stream = 0), 0) FROM message m WHERE log = ?"
        " AND direction = 1 AND kind <> 'line-check'"
        " AND NOT EXISTS (SELECT 1 FROM reading WHERE message = m.id)",
        (log,),
    ).fetchone()
    (unanswered,) = connection.execute(
        "SELECT count(*) FROM deadline WHERE log = ? AND direction = 1", (log,)
    ).fetchone()
    standing = connection.execute(
        "SELECT code, subject FROM alarm WHERE peer = ? AND code IN (?, ?)"
        " AND (acknowledged_us IS NULL OR cleared_us IS NULL)",
        (peer, REPLY_OVERDUE, EPOCH_CLOSED),
    ).fetchall()
    alarms = sum(code == EPOCH_CLOSED or _is_about(connection, log, s) for code, s in standing)
    return Unsettled(unread, flash, unanswered, alarms)


def _is_about(connection: sqlite3.Connection, log: int, subject: str) -> bool:
    """Whether an alarm's subject, which ends with eight digits of an id, is a message of a log."""
    try:
        prefix = bytes.fromhex(subject[-8:])
    except ValueError:
        return False
    found = connection.execute(
        "SELECT 1 FROM message WHERE id BETWEEN ? AND ? AND log = ?",
        (prefix, prefix + b"\xff" * 12, log),
    )
    return found.fetchone() is not None


def read_archived(payload: bytes) -> Archived:
    """Decode the payload of an ``archived`` record. Raises TrustError (``archive.unreadable``)."""
    try:
        return decode_record(payload, Archived, ARCHIVED)
    except HotlineError as error:
        raise TrustError(
            "archive.unreadable", f"what was entered about an archive cannot be read: {error}"
        ) from error


def archived_lines(connection: sqlite3.Connection) -> dict[int, Archived]:
    """Return what was taken out of a journal, by the id of the line's own log.

    Only logs whose leaves are not here are looked for, so a journal that holds everything costs
    nothing. Records that cannot be read are passed over: verification finds them.
    """
    gone = dict(
        connection.execute(
            "SELECT g.origin, g.id FROM line l JOIN log g ON g.id = l.log WHERE g.size > 0"
            " AND NOT EXISTS (SELECT 1 FROM leaf_run r WHERE r.log = l.log)"
        ).fetchall()
    )
    found: dict[int, Archived] = {}
    for (payload,) in _records(connection) if gone else ():
        try:
            said = read_archived(payload)
        except TrustError:
            continue
        if said.origin in gone:
            found[gone[said.origin]] = said
    return found


def _records(connection: sqlite3.Connection) -> sqlite3.Cursor:
    """Return the payloads of the ``archived`` records, which only the node's own logs have."""
    return connection.execute(
        "SELECT r.payload FROM log g CROSS JOIN record r ON r.log = g.id AND r.kind = ?"
        " WHERE g.own AND g.id NOT IN (SELECT log FROM line) ORDER BY r.log, r.idx",
        (ARCHIVED,),
    )


def closed_line(connection: sqlite3.Connection, peer: str, epoch: int) -> tuple[int, int]:
    """Return the ids of a closed epoch's two logs, the line's own and the mirror.

    Raises UsageError: ``archive.no-such-epoch``, ``archive.epoch-in-force``,
    ``archive.taken-out`` when its entries are here no more.
    """
    epochs = connection.execute(
        "SELECT epoch, log, mirror FROM line WHERE peer = ? ORDER BY epoch", (peer,)
    ).fetchall()
    found = [(log, mirror) for number, log, mirror in epochs if number == epoch]
    if not found:
        known = ", ".join(str(number) for number, *_ in epochs)
        raise UsageError(
            "archive.no-such-epoch",
            f"this journal has no epoch {epoch} of a line with {peer!r}",
            f"it has {known}" if known else "`hotline status` lists the lines and their epochs",
        )
    if epochs[-1][0] == epoch:
        raise UsageError(
            "archive.epoch-in-force",
            f"epoch {epoch} is the newest of the line with {peer}: it is not closed",
            "an epoch is closed once both sides hold a letter with the next one and the line"
            " has been up under it",
        )
    if found[0][0] in archived_lines(connection):
        raise UsageError(
            "archive.taken-out",
            f"epoch {epoch} of the line with {peer} was archived and taken out before",
            "read it in its segment: hotline --config SEGMENT/node.toml",
        )
    return found[0]


def log_end(connection: sqlite3.Connection, log: int) -> tuple[str, int, bytes]:
    """Return origin, size and root (32 bytes) of a log by its row. Raises JournalError."""
    origin, size, encoded = connection.execute(
        "SELECT origin, size, frontier FROM log WHERE id = ?", (log,)
    ).fetchone()
    try:
        frontier = Frontier.decode(encoded)
    except TrustError as error:
        raise JournalError(
            "journal.corrupt",
            f"the log {origin} is damaged: its frontier cannot be read",
            "stop the node, keep the damaged file as evidence, restore the newest backup",
        ) from error
    return origin, size, frontier.root()


def prune(
    journal: Journal,
    peer: str,
    epoch: int,
    archived: Archived,
    now_us: int,
    *,
    leave_unsettled: bool = False,
) -> Unsettled:
    """Take a closed epoch out, and enter that; to be run in a transaction, by a stopped node.

    ``archived`` is what its segment, which the caller has verified, ends with. Returns what was
    left unsettled, on purpose. Raises UsageError as ``closed_line`` does, and
    ``archive.holds-a-fork``, ``archive.not-settled``; ConfigError (``archive.epoch-in-force``)
    while the letter names the epoch, and ``archive.no-line`` where no line may be signed on;
    JournalError (``archive.of-another-record``) when the segment is not of these logs; FencedError.
    Nothing is changed then.
    """
    journal.signer.require_unfenced()
    log, mirror = closed_line(journal.connection, peer, epoch)
    line = journal.lines.get(peer)
    if line is not None and line.epoch <= epoch:
        raise ConfigError(
            "archive.epoch-in-force",
            f"the letter with {peer} still names epoch {line.epoch}",
            "agree on a letter with the next epoch first",
        )
    said = (archived.origin, archived.size, archived.root)
    theirs = (archived.mirror, archived.mirror_size, archived.mirror_root)
    if (said, theirs) != (log_end(journal.connection, log), log_end(journal.connection, mirror)):
        raise JournalError(
            "archive.of-another-record",
            f"the segment does not end as epoch {epoch} of the line with {peer} does here",
            "nothing was taken out; archive the epoch again, into a new directory",
        )
    if journal.execute("SELECT 1 FROM record WHERE log = ? AND kind = ?", (log, FORK)).fetchone():
        raise UsageError(
            "archive.holds-a-fork",
            f"the log of epoch {epoch} holds the proof that {peer} signed two histories",
            "a fork stays at hand: keep this epoch in the journal",
        )
    waits = unsettled(journal.connection, peer, log)
    if waits and not leave_unsettled:
        raise UsageError(
            "archive.not-settled",
            f"epoch {epoch} of the line with {peer} holds what nobody has settled: {waits}",
            "nothing was taken out; start the node and see to it with `hotline inbox` and"
            " `hotline alarms`, or say --unsettled to take it off the desk as it is",
        )
    lines = _signable(journal)
    what = msgspec.structs.replace(
        archived, unread=waits.unread, unanswered=waits.unanswered, alarms=waits.alarms
    )
    append_record(journal, journal.node_log, ARCHIVED, encode_record(what), now_us)
    for each in lines:
        anchor(journal, each, now_us)
        each.seal_wanted = True
    for (payload,) in journal.execute(
        "SELECT payload FROM record WHERE log = ? AND kind = 'read'", (log,)
    ).fetchall():
        read = decode_record(payload, Reading, "read")
        journal.execute(
            "DELETE FROM reading WHERE message = ? AND officer = ?", (read.message, read.officer)
        )
    newest = journal.execute(
        "SELECT log, witness, max(size) FROM cosignature WHERE log IN (?, ?) GROUP BY log, witness",
        (log, mirror),
    ).fetchall()
    journal.executemany(
        "DELETE FROM cosignature WHERE log = ? AND witness = ? AND size < ?", newest
    )
    for table in OF_A_LOG:
        if table != "cosignature":
            sql = f"DELETE FROM {table} WHERE log IN (?, ?)"  # noqa: S608  # our own tables' names
            journal.execute(sql, (log, mirror))
    return waits


def _signable(journal: Journal) -> list[LineState]:
    """Return the lines that may be signed on: all but those whose peer claims to hold more."""
    held = {
        peer
        for (peer,) in journal.execute(
            "SELECT peer FROM alarm WHERE code = ? AND cleared_us IS NULL", (HELD,)
        )
    }
    lines = [line for peer, line in journal.lines.items() if peer not in held]
    if not lines:
        raise ConfigError(
            "archive.no-line",
            "nothing may be signed on any line, so nobody would witness what was taken out",
            "have a line come up first: an epoch is taken out under its checkpoint only",
        )
    return lines
