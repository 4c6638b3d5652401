"""Where each pass over a log begins, found by keys: what lies before costs next to nothing.

A log that is verified whole begins at its first entry with nothing known. One with a trusted
checkpoint begins there, with what its trusted part says: how far each stream had come, and the
newest receipt of the peer, up to which the mirror is trusted too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hotline.audit.verification.findings import Begin, LineLogs, Run
from hotline.audit.verification.replay import ALL, clipped, since
from hotline.audit.verification.signed import MAX_PAYLOAD, Signer, read_receipt
from hotline.audit.verification.trusted import stored_edge
from hotline.errors import HotlineError
from hotline.journal.state import IN, NO_ID, OUT, STREAMS
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.merkle import Frontier
from hotline.wire.envelope import MAX_GROUP
from hotline.wire.records import Anchored, decode_record

LOOK_BACK = 4096
"""Records before a checkpoint that are looked through for the newest anchor."""

Marks = dict[tuple[int, int], tuple[int, bytes]]
"""For each (direction, stream): the next sequence number and the id of the newest message."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a log of ours begins: its size and edge there, and the newest receipt given by then."""

    begin: Begin
    frontier: Frontier = field(default_factory=Frontier)
    sealed: int = 0

    @property
    def size(self) -> int:
        """The first entry that is verified."""
        return self.frontier.size


@dataclass(frozen=True, slots=True)
class Streams:
    """Where the groups of a line begin: first entry, and of each stream first sequence and mark."""

    first: int
    seqs: dict[tuple[int, int], int]
    marks: Marks


@dataclass(frozen=True, slots=True)
class MirrorStart:
    """Where a mirror begins: its edge, and how far each stream had its receipts by then."""

    begin: Begin
    frontier: Frontier
    receipted: tuple[int, ...]


def start_of(run: Run, log: int, begin: Begin, frontier: Frontier) -> Start:
    """Return where a log of ours begins, given its trusted part."""
    (sealed,) = run.db.execute(
        "SELECT coalesce(max(size), 0) FROM receipt_given WHERE log = ? AND size <= ?",
        (log, begin.size),
    ).fetchone()
    return Start(begin, frontier, sealed if begin.size else 0)


def entered_since(
    run: Run, kind: str, logs: Sequence[tuple[int, str]], starts: Mapping[int, Start]
) -> bool:
    """Whether any of these logs, (id, origin), has a record of a kind that is to be verified."""
    return any(
        run.db.execute(
            "SELECT 1 FROM record WHERE log = ? AND idx >= ? AND kind = ? LIMIT 1",
            (log, since(starts[log].size), kind),
        ).fetchone()
        for log, _ in logs
    )


def streams_from(db: sqlite3.Connection, log: int, size: int) -> Streams:
    """Return where each stream of a line's log stood when the log had ``size`` entries.

    Read backwards from each stream's newest group: as many rows as are new, and one.
    """
    first = size
    seqs: dict[tuple[int, int], int] = {}
    marks: Marks = {}
    for direction in (OUT, IN):
        for stream in range(STREAMS):
            seqs[direction, stream] = ALL
            if not size:
                continue
            for first_seq, count, first_idx in db.execute(
                "SELECT first_seq, count, first_idx FROM envelope"
                " WHERE log = ? AND direction = ? AND stream = ? ORDER BY first_seq DESC",
                (log, direction, stream),
            ):
                if first_idx + min(count, MAX_GROUP) > size:
                    # A checkpoint may end within a group: that one is verified as a whole.
                    first = min(first, first_idx)
                    continue
                row = db.execute(
                    "SELECT seq, id FROM message WHERE log = ? AND idx = ?",
                    (log, first_idx + count - 1),
                ).fetchone()
                seqs[direction, stream] = first_seq + 1
                marks[direction, stream] = (row[0] + 1, row[1]) if row else (1, NO_ID)
                break
    return Streams(first, seqs, marks)


def mirror_start(run: Run, line: LineLogs, card: Card, start: Start) -> MirrorStart:
    """Return where the mirror begins: at the newest receipt in the trusted part of our log.

    That receipt bears the peer's signature, and its root must be that of the stored mirror;
    otherwise the mirror is verified whole, which finds what is wrong with it.
    """
    whole = MirrorStart(Begin(line.peer_origin, 0), Frontier(), (0,) * STREAMS)
    if not start.size:
        return whole
    receipted, newest = _receipted(run.db, line.log, start.size)
    row = run.db.execute(
        f"SELECT {clipped('payload')} FROM record WHERE log = ? AND idx = ? AND kind = 'receipt'",
        (MAX_PAYLOAD + 1, line.log, newest),
    ).fetchone()
    if row is None:
        return whole
    try:
        checkpoint, _ = read_receipt(Signer(line.peer_origin, card.log.raw), row[0])
    except HotlineError:
        return whole
    run.report.signatures += 1
    frontier = stored_edge(run, line.mirror, checkpoint.size)
    if frontier is None or frontier.root() != checkpoint.root:
        return whole
    begin = Begin(line.peer_origin, checkpoint.size, "receipt")
    return MirrorStart(begin, frontier, receipted)


def _receipted(db: sqlite3.Connection, log: int, size: int) -> tuple[tuple[int, ...], int]:
    """Return how far each stream had its receipts, and which entry is the newest of them, or -1."""
    receipted = [0] * STREAMS
    newest = -1
    for stream in range(STREAMS):
        for first_seq, count, record in db.execute(
            "SELECT first_seq, count, record_idx FROM receipt_taken"
            " WHERE log = ? AND stream = ? ORDER BY first_seq DESC",
            (log, stream),
        ):
            if record < size:
                receipted[stream] = first_seq + count - 1
                newest = max(newest, record)
                break
    return tuple(receipted), newest


def read_anchor(payload: bytes) -> bytes:
    """Return the note in an ``anchor`` record. Raises WireError."""
    return decode_record(payload, Anchored, "an anchor").checkpoint


def anchored(run: Run, line: LineLogs, size: int) -> Checkpoint | None:
    """Return the newest checkpoint of the node's own log in the trusted part of a line's log.

    None where there is none near its end, or none that is signed.
    """
    if not size:
        return None
    before = run.db.execute(
        "SELECT idx, kind FROM record WHERE log = ? AND idx < ? ORDER BY idx DESC LIMIT ?",
        (line.log, size, LOOK_BACK),
    )
    row = run.db.execute(
        f"SELECT {clipped('payload')} FROM record WHERE log = ? AND idx = ?",
        (MAX_PAYLOAD + 1, line.log, next((idx for idx, kind in before if kind == "anchor"), None)),
    ).fetchone()
    if row is None:
        return None
    try:
        note = read_anchor(row[0])
        origin = note.partition(b"\n")[0].decode(errors="replace")
        checkpoint = open_checkpoint(note, origin, run.own.log)
    except HotlineError:
        return None
    run.report.signatures += 1
    return checkpoint
