"""Cosigning: what this node has vouched for, and whether it may vouch for more.

One rule stands above all (C2SP tlog-cosignature, tlog-witness): of one log, never two trees of
which one is not a prefix of the other, and never a smaller one after a larger one. There are two
ways to a cosignature, the line and ``add-checkpoint``; both go through what is known here of the
newest tree, in the journal's own transaction, and both store before they answer. The line's is
``incoming.witness``. The rules are those of ``docs/spec/witness.md``.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from hotline.errors import TrustError
from hotline.journal.forks import find_fork, keep_fork, lean
from hotline.journal.log import stored_root
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import split_cosignature
from hotline.trust.merkle import EMPTY_ROOT, verify_consistency
from hotline.trust.notes import NoteKey, NoteSignature

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

FRESH_S = 60
"""Seconds for which the same checkpoint, asked about again, gets the stored cosignature: whoever
repeats what somebody else has signed can cause no write with it."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest tree of a log that this node has cosigned, by whichever way; size 0 for none.

    ``timestamp_s`` is when it did so last, and ``line`` the cosignature given by
    ``add-checkpoint`` over this very tree, empty where the line gave it.
    """

    size: int = 0
    root: bytes = EMPTY_ROOT
    timestamp_s: int = 0
    line: str = ""


def newest_cosigned(connection: sqlite3.Connection, centre: str, origin: str) -> Newest:
    """Return what ``centre``, this node, has cosigned last of a log of somebody else."""
    asked = connection.execute(
        "SELECT size, root, line FROM witnessed WHERE origin = ?", (origin,)
    ).fetchone()
    sent = connection.execute(
        "SELECT c.size, c.root, c.line FROM log g JOIN cosignature c ON c.log = g.id"
        " WHERE g.origin = ? AND NOT g.own AND c.witness = ? ORDER BY c.size DESC LIMIT 1",
        (origin, centre),
    ).fetchone()
    found = [row for row in (asked, sent) if row is not None]
    if not found:
        return Newest()
    size, root, line = max(found, key=lambda row: int(row[0]))
    timestamp_s = max(timestamp_of(row[2]) for row in found)
    return Newest(size, root, timestamp_s, line if asked and asked[0] == size else "")


def timestamp_of(line: str) -> int:
    """Return the second since 1970 in a cosignature's line. Raises TrustError."""
    return split_cosignature(NoteSignature.parse(line.removesuffix("\n")).signature)[0]


# --- By add-checkpoint --------------------------------------------------------------------


class Verdict(Enum):
    """What is answered to a submitted checkpoint whose signature holds."""

    COSIGNED = "cosigned"
    STALE = "stale"
    FORKED = "forked"
    NOT_CONSISTENT = "not-consistent"


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint for ``add-checkpoint``, known to be signed by the log's ``key``.

    ``old`` is the size that ``proof``, hashes of 32 bytes, begins at; at most the checkpoint's.
    """

    key: NoteKey
    note: bytes
    checkpoint: Checkpoint
    old: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict, with the cosignature's line or the size that was cosigned last."""

    verdict: Verdict
    line: str = ""
    size: int = 0


def add_checkpoint(journal: Journal, submission: Submission, now_us: int) -> Answer:
    """Decide about a submitted checkpoint, and store it before it is answered.

    All of it is one transaction, so that two submissions cannot pass the same check. Raises
    FencedError.
    """
    journal.signer.require_unfenced()
    checkpoint, key = submission.checkpoint, submission.key
    newest = newest_cosigned(journal.connection, journal.centre, checkpoint.origin)
    fork = find_fork(journal.connection, key, submission.note)
    if fork is not None:
        keep_fork(journal, fork, now_us)
    if submission.old != newest.size:
        return Answer(Verdict.STALE, size=newest.size)
    if fork is not None or (checkpoint.size == newest.size and checkpoint.root != newest.root):
        return Answer(Verdict.FORKED)
    try:
        verify_consistency(
            newest.size, newest.root, checkpoint.size, checkpoint.root, submission.proof
        )
    except TrustError:
        return Answer(Verdict.NOT_CONSISTENT)
    now_s = max(now_us // 1_000_000, newest.timestamp_s)
    if newest.line and checkpoint.size == newest.size and now_s < newest.timestamp_s + FRESH_S:
        return Answer(Verdict.COSIGNED, newest.line)
    line = journal.signer.cosign(checkpoint, now_s).decode()
    journal.execute(
        "INSERT OR REPLACE INTO witnessed VALUES (?, ?, ?, ?, ?, ?)",
        (
            checkpoint.origin,
            key.vkey(),
            checkpoint.size,
            checkpoint.root,
            lean(submission.note, key),
            line,
        ),
    )
    return Answer(Verdict.COSIGNED, line)


# --- Of outside witnesses -----------------------------------------------------------------


def take_outside(
    journal: Journal, log: int, checkpoint: Checkpoint, witness_name: str, line: str
) -> None:
    """Keep the verified cosignature of an outside witness over a checkpoint of ours.

    Raises TrustError when that is not our tree.
    """
    if stored_root(journal.connection, log, checkpoint.size) != checkpoint.root:
        raise TrustError(
            "trust.cosignature-of-another-tree",
            f"{witness_name} cosigned a tree of size {checkpoint.size} that is not this log's",
            "compare both journals with `hotline log verify` on each side",
        )
    journal.execute(
        "INSERT OR REPLACE INTO cosignature VALUES (?, ?, ?, ?, ?)",
        (log, checkpoint.size, witness_name, checkpoint.root, line),
    )
