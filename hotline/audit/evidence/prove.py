"""One entry of a record's own logs as a C2SP tlog-proof, for tools that are not ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from hotline.audit.entries import Log, logs_of, read_entries
from hotline.audit.evidence.gather import does_not_hold
from hotline.audit.evidence.held import HeldLog
from hotline.errors import RemoteError, UsageError
from hotline.journal.queries import find_message
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import WitnessKey
from hotline.trust.notes import Note, NoteKey
from hotline.trust.proof import Proof

MAX_ENTRY_DIGITS = 19


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry, its leaf's bytes, and the tlog-proof; ``size`` is that of the checkpoint."""

    origin: str
    index: int
    kind: str
    leaf: bytes
    size: int
    proof: str


def prove(
    connection: sqlite3.Connection,
    peers: Mapping[str, Card],
    witnesses: Mapping[str, WitnessKey],
    name: str,
    which: str | None = None,
    *,
    newest: bool = False,
) -> ProvenEntry:
    """Return the proof of an entry (its number) or of a message (id or reference).

    The checkpoint is the smallest that the peer has cosigned and that covers the entry, with
    ``newest`` the newest cosigned one; where there is none, the smallest that was signed.

    ``which`` names the log of a number: a peer's id, ``node``, or an origin; needed where there is
    more than one. Raises UsageError for what is not there or under no checkpoint yet, JournalError
    for a record that does not hold.
    """
    if name.isascii() and name.isdigit() and len(name) <= MAX_ENTRY_DIGITS:
        log, index = _the_log(connection, which), int(name)
    else:
        found = find_message(connection, name)
        log = next(one for one in logs_of(connection) if one.id == found.log)
        index = found.index
    within = index < log.size
    entry = next(read_entries(connection, log.id, index, index + 1), None) if within else None
    if entry is None:
        raise UsageError(
            "evidence.no-such-entry",
            f"the log {log.origin} has no entry {index}",
            "`hotline log show` lists the entries with their numbers",
        )
    peer = peers.get(log.peer or "")
    keys: dict[str, NoteKey] = dict(witnesses)
    if peer is not None:
        keys[peer.centre] = peer.note_keys()[-1]
    held = HeldLog(connection, log, log.peer or "", keys)
    chosen = held.newest_cosigned() if newest else None
    if chosen is None or chosen[0] <= index:
        chosen = held.choose(index)
    if chosen is None:
        raise UsageError(
            "evidence.not-signed-yet",
            f"no checkpoint covers entry {index} of {log.origin} yet",
            "a running node signs one within its heartbeat; try again then",
        )
    leaf = entry.leaf()
    try:
        proof = held.prove(index, leaf, chosen)
        Proof.parse(proof).verify(leaf, Checkpoint.parse(Note.parse(chosen[1]).text))
    except RemoteError as error:
        raise does_not_hold(error.message) from error
    return ProvenEntry(log.origin, index, entry.kind, leaf, chosen[0], proof)


def _the_log(connection: sqlite3.Connection, which: str | None) -> Log:
    """Return the own log that is named; without a name the only line's, of its newest epoch."""
    own = [log for log in logs_of(connection) if log.own]
    if which is not None:
        named = [log for log in own if which in (log.origin, log.peer or "node")]
    else:
        named = [log for log in own if log.peer is not None]
    if len({log.peer for log in named}) != 1:
        raise UsageError(
            "node.unknown-log",
            f"this record has no log {which!r}" if which is not None else "there are several logs",
            "give --log with a peer's id, `node`, or a log's whole name",
        )
    return max(named, key=lambda log: (log.epoch or 0, log.id))
