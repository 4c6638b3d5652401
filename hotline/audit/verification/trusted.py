"""Checkpoints on whose word nothing before them is verified again (``--from``).

Whoever kept a signed checkpoint of one of our logs, better one that witnesses cosigned, has kept
all of the log up to there: the tree that is stored today must have that root at that size, or the
record was rewritten since. Such a checkpoint is refused when it is not one of this record, and is
evidence when it is one of another history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotline.audit.verification.findings import Begin, LineLogs, Run
from hotline.errors import HotlineError, JournalError, TrustError
from hotline.journal.forks import Fork
from hotline.journal.log import node_reader
from hotline.model.kinds import Status
from hotline.model.times import shorten
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.cosignature import WitnessKey
from hotline.trust.keys import Role
from hotline.trust.merkle import (
    Frontier,
    consistency_path,
    frontier_at,
    root_at,
)
from hotline.trust.names import key_name
from hotline.trust.notes import Note, NoteKey

_HINT = (
    "give a checkpoint of a log of this record, such as the file `checkpoint` that"
    " `hotline log export` writes for tlog-tiles"
)


@dataclass(frozen=True, slots=True)
class Trusted:
    """A checkpoint that was given, opened: its note, and the names of those who cosigned it."""

    checkpoint: Checkpoint
    note: bytes
    witnesses: tuple[str, ...]


def open_trusted(
    run: Run,
    notes: Sequence[bytes],
    lines: Sequence[LineLogs],
    node_logs: Sequence[tuple[int, str]],
) -> list[Trusted]:
    """Open the notes that a verification may begin from; none is held against the tree yet.

    Raises TrustError: ``verify.unreadable-checkpoint``, ``verify.other-log`` for a log that is not
    ours, ``verify.unsigned-checkpoint`` for a signature that fails or a key that is unknown,
    ``verify.checkpoint-ahead`` for more entries than the log holds.
    """
    peers = {line.own_origin: line.peer for line in lines}
    logs = {line.own_origin: line.log for line in lines} | {name: log for log, name in node_logs}
    return [_open(run, note, logs, peers) for note in notes]


def _open(run: Run, data: bytes, logs: dict[str, int], peers: dict[str, str]) -> Trusted:
    try:
        note = Note.parse(data)
        checkpoint = Checkpoint.parse(note.text)
    except TrustError as error:
        raise TrustError(
            "verify.unreadable-checkpoint", f"a checkpoint cannot be read: {error.message}", _HINT
        ) from error
    origin = checkpoint.origin
    if origin not in logs:
        raise TrustError(
            "verify.other-log",
            f"a checkpoint is of {shorten(origin, 100)}, which is no log of this record's own",
            _HINT,
        )
    log_key = NoteKey(origin, run.own.log)
    witnesses = _witness_keys(run, peers.get(origin))
    try:
        note.verified_by([log_key])
        signers = note.verified_by([log_key, *witnesses.values()])
    except TrustError as error:
        raise TrustError(
            "verify.unsigned-checkpoint",
            f"the checkpoint of {shorten(origin, 100)} is not to be trusted: {error.message}",
            "the log's own key must have signed it, and every witness whose line it bears",
        ) from error
    run.report.signatures += len(signers)
    (size,) = run.db.execute("SELECT size FROM log WHERE id = ?", (logs[origin],)).fetchone()
    if checkpoint.size > size:
        raise TrustError(
            "verify.checkpoint-ahead",
            f"the checkpoint has {checkpoint.size} entries of {shorten(origin, 100)}, the record"
            f" only {size}: it is an older copy, or was cut",
            "find the newest copy of the record, and compare with what the peer holds",
        )
    names = tuple(name for name, key in witnesses.items() if key in signers)
    return Trusted(checkpoint, data, names)


def _witness_keys(run: Run, peer: str | None) -> dict[str, WitnessKey]:
    """Return who may have cosigned a log of ours, by the names that a report uses."""
    keys = dict(run.witnesses)
    card = run.peers.get(peer) if peer is not None else None
    if card is not None:
        name = key_name(Status(run.own.status), card.centre, Role.WITNESS)
        keys[card.centre] = WitnessKey(name, card.witness)
    return keys


def begin_of(run: Run, log: int, origin: str, trusted: Sequence[Trusted]) -> tuple[Begin, Frontier]:
    """Return where a log of ours is verified from: the largest given checkpoint of its tree.

    One of another tree is a failure, and a fork where our own key signed both; that log is then
    verified whole.
    """
    begin, frontier = Begin(origin, 0), Frontier()
    sound = True
    for each in trusted:
        if each.checkpoint.origin != origin:
            continue
        at = _edge(run, log, each.checkpoint)
        if at is None:
            sound = False
            _contradict(run, log, each)
        elif at.size > begin.size:
            begin = Begin(origin, at.size, "checkpoint", each.witnesses)
            frontier = at
    return (begin, frontier) if sound else (Begin(origin, 0), Frontier())


def _edge(run: Run, log: int, checkpoint: Checkpoint) -> Frontier | None:
    """Return the edge of the stored tree at a checkpoint; None where it is of another tree."""
    frontier = stored_edge(run, log, checkpoint.size)
    return frontier if frontier is not None and frontier.root() == checkpoint.root else None


def stored_edge(run: Run, log: int, size: int) -> Frontier | None:
    """Return the edge of a log's stored tree at a size, from few rows; None where some lack."""
    try:
        return frontier_at(size, node_reader(run.db, log))
    except (JournalError, TrustError):
        return None


def _contradict(run: Run, log: int, trusted: Trusted) -> None:
    """Report a checkpoint of ours that the stored tree contradicts."""
    checkpoint = trusted.checkpoint
    fork = _fork(run, log, trusted)
    if fork is None:
        text = f"the stored tree is not that of the trusted checkpoint of {checkpoint.size} entries"
        run.fail(5, checkpoint.origin, checkpoint.size - 1, text)
    else:
        run.report.forks.append(fork)
        run.fail(6, checkpoint.origin, checkpoint.size - 1, f"FORK: {fork}")


def _fork(run: Run, log: int, trusted: Trusted) -> Fork | None:
    """Return the proof that the log's key signed two histories; None where it is not proven.

    The other checkpoint is the next in the record of at least that size. A larger one contradicts
    only where the stored tree leads up to it; otherwise what is stored is merely damaged.
    """
    origin, size = trusted.checkpoint.origin, trusted.checkpoint.size
    (note,) = run.db.execute(
        "SELECT note FROM (SELECT size, note FROM receipt_given WHERE log = ?1 AND size >= ?2"
        " ORDER BY size LIMIT 1) UNION ALL SELECT note FROM log WHERE id = ?1",
        (log, size),
    ).fetchone()
    key = NoteKey(origin, run.own.log)
    read = node_reader(run.db, log)
    try:
        kept = open_checkpoint(note, origin, run.own.log)
        root, path = kept.root, b""
        if kept.size > size:
            root, path = root_at(size, read), b"".join(consistency_path(size, kept.size, read))
        fork = Fork(origin, key.vkey(), trusted.note, bytes(note), root, path)
        fork.check()
    except HotlineError:
        return None
    return fork
