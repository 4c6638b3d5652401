"""The quick check of a record: whether it is sound, and what its newest signatures are about.

It reads the edges and the newest checkpoints, not every entry: a copy that was cut short, mixed
up, or written to a bad disk is found; what was falsified before it was copied is the business of
``hotline log verify``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hotline.audit.checkpoints import newest_given
from hotline.audit.entries import Log, logs_of
from hotline.errors import HotlineError, JournalError
from hotline.journal.log import load_log, stored_root
from hotline.journal.schema import connect, store_error
from hotline.trust.card import Card
from hotline.trust.checkpoint import open_checkpoint


@dataclass(frozen=True, slots=True)
class LogState:
    """One log of a record: its entries, and size and root (hex) of its newest checkpoint.

    ``root`` is empty and ``size`` 0 where no checkpoint was signed yet.
    """

    origin: str
    own: bool
    entries: int
    size: int
    root: str


def check_record(journal: Path, card: Card, peers: Mapping[str, Card]) -> list[LogState]:
    """Return the state of each log of a journal's file, once the file is sound.

    Its pages fit together, it is this centre's, the edge of each tree is that of its leaf hashes,
    and the newest checkpoint of each log is signed by its key and is of its tree. Raises
    JournalError (``backup.does-not-hold``) naming the first thing that does not hold.
    """
    with closing(connect(journal, writable=False)) as connection:
        try:
            (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if sound != "ok":
                raise does_not_hold(f"its pages do not fit together: {sound}")
            meta = dict(connection.execute("SELECT key, value FROM meta"))
            due = {"centre": card.centre, "status": str(card.status)}
            if {key: meta.get(key) for key in due} != due:
                raise does_not_hold(f"it is not of {card.centre} for {card.status} traffic")
            keys = {None: card} | {peer: peers.get(peer) for peer in peers}
            return [
                _state(connection, log, keys.get(None if log.own else log.peer))
                for log in logs_of(connection)
            ]
        except sqlite3.Error as error:
            raise store_error(error) from error


def does_not_hold(what: str) -> JournalError:
    """Return the error for a copy that is not a whole record."""
    return JournalError(
        "backup.does-not-hold",
        f"the copy is not kept, because the record in it does not hold: {what}",
        "run `hotline log verify` on the node's own record; if that holds, look at the disk that"
        " the copy was written to",
    )


def _state(connection: sqlite3.Connection, log: Log, signer: Card | None) -> LogState:
    """Return the state of one log, its newest checkpoint checked under the signer's log key."""
    try:
        load_log(connection, log.id)
        newest = newest_given(connection, log) if log.own else _of_mirror(log)
        if newest is None:
            return LogState(log.origin, log.own, log.size, 0, "")
        size, note = newest
        if signer is None:
            raise does_not_hold(f"no card of {log.peer} is pinned")
        checkpoint = open_checkpoint(note, log.origin, signer.log)
        root = stored_root(connection, log.id, checkpoint.size)
    except HotlineError as error:
        if error.code == "backup.does-not-hold":
            raise
        raise does_not_hold(error.message) from error
    if (checkpoint.size, checkpoint.root) != (size, root):
        raise does_not_hold(f"the newest checkpoint of {log.origin} is of another tree")
    return LogState(log.origin, log.own, log.size, size, root.hex())


def _of_mirror(log: Log) -> tuple[int, bytes] | None:
    return (log.size, log.note) if log.note else None
