"""Step 10, for what this node has vouched for by ``add-checkpoint``, and the forks that it keeps.

A kept fork is the peer's failure, or a stranger's, and not this record's: it is checked to be the
proof that it claims to be, and told in the report. The rules are those of ``docs/spec/witness.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotline.audit.verification.findings import Run
from hotline.audit.verification.replay import clipped
from hotline.errors import HotlineError, JournalError, TrustError
from hotline.journal.forks import FORK, read_fork
from hotline.journal.log import HASH, stored_root
from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint, open_lone_checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.keys import PublicKey, Role
from hotline.trust.names import key_name, status_and_centre_of
from hotline.trust.notes import MAX_NOTE_SIZE, NoteKey

MAX_PAYLOAD = 3 * MAX_NOTE_SIZE
"""Bytes of a ``fork`` record that are read: two notes and a proof are fewer."""


@dataclass(frozen=True, slots=True)
class _Mirror:
    """Our mirror of a peer's log: its row, its size, the log key on the pinned card, its line."""

    id: int
    size: int
    key: PublicKey | None
    line: int


def check_witnessed(run: Run) -> None:
    """Check every row of ``witnessed`` and every ``fork`` record.

    1. Each fork proves itself, under the pinned key where its log is a peer's, and lies in the log
       that it belongs in.
    2. Each row's note is signed by the key in its vkey (of a peer's log, by the pinned one), and is
       of the size and root that the row states.
    3. This centre's witness key cosigned it.
    4. A mirror that has come as far contains it, unless a fork says why not.
    """
    mirrors = _mirrors(run)
    forked = _check_forks(run, mirrors)
    for row in run.db.execute(
        f"SELECT origin, vkey, size, {clipped('root')}, {clipped('note')}, {clipped('line')}"
        " FROM witnessed ORDER BY origin",
        (HASH + 1, MAX_NOTE_SIZE + 1, MAX_NOTE_SIZE),
    ):
        if tuple(map(type, row)) != (str, str, int, bytes, bytes, bytes):
            run.fail(10, str(row[0]), -1, "what was cosigned of it is not of the form that it has")
            continue
        origin, vkey, size, root, note, line = row
        mirror = mirrors.get(origin)
        try:
            key = _key_of(run, origin, vkey, mirror)
            checkpoint = open_lone_checkpoint(note, key)
            if (checkpoint.size, checkpoint.root) != (size, root):
                raise TrustError("verify.other-checkpoint", "its note is of another tree")
            _verify_line(run, checkpoint, line)
        except HotlineError as error:
            run.fail(10, origin, -1, f"what was cosigned of it does not hold: {error}")
            continue
        run.report.signatures += 2
        if mirror is None or mirror.size < size or origin in forked:
            continue
        try:
            contained = stored_root(run.db, mirror.id, size) == root
        except JournalError:
            continue  # the mirror lacks leaves: it was archived, or step 8 says so
        if not contained:
            run.fail(10, origin, size - 1, "what was cosigned is not in the mirror, nor a fork")


def _mirrors(run: Run) -> dict[str, _Mirror]:
    rows = run.db.execute(
        "SELECT g.origin, g.id, g.size, l.peer, l.log FROM line l JOIN log g ON g.id = l.mirror"
    )
    found = {}
    for origin, id_, size, peer, line in rows:
        card = run.peers.get(peer)
        found[origin] = _Mirror(id_, size, card.log if card is not None else None, line)
    return found


def _key_of(run: Run, origin: str, vkey: str, mirror: _Mirror | None) -> NoteKey:
    """Return the key of a log of somebody else. Raises TrustError."""
    key = NoteKey.from_vkey(vkey)
    declared = status_and_centre_of(origin)
    if key.name != origin:
        raise TrustError("verify.other-key", "its vkey is another log's")
    if declared is None or declared[0] != run.own.status or declared[1] == run.own.centre:
        raise TrustError("verify.not-witnessed-here", "it is no log that this node can witness")
    if mirror is not None and key.public != mirror.key:
        raise TrustError("verify.other-key", "its vkey is not the key on the peer's card")
    return key


def _verify_line(run: Run, checkpoint: Checkpoint, line: bytes) -> None:
    name = key_name(Status(run.own.status), run.own.centre, Role.WITNESS)
    verify_cosignature(checkpoint.text(), line, name, run.own.witness)


def _check_forks(run: Run, mirrors: dict[str, _Mirror]) -> set[str]:
    """Check every ``fork`` record; return the origins of the logs that are proved to be two."""
    forked = set()
    for log, origin, index, payload in run.db.execute(
        f"SELECT r.log, g.origin, r.idx, {clipped('r.payload')} FROM record r"
        f" JOIN log g ON g.id = r.log WHERE r.kind = '{FORK}' ORDER BY r.log, r.idx",
        (MAX_PAYLOAD,),
    ):
        try:
            fork = read_fork(payload)
            mirror = mirrors.get(fork.origin)
            _key_of(run, fork.origin, fork.vkey, mirror)
            fork.check()
        except HotlineError as error:
            run.fail(10, origin, index, f"a fork is no proof: {error}")
            continue
        of_a_line = {each.line for each in mirrors.values()}
        if log in of_a_line and (mirror is None or mirror.line != log):
            run.fail(10, origin, index, "a fork of another log is kept here")
            continue
        run.report.signatures += 2
        run.report.kept_forks.append((origin, index, str(fork)))
        forked.add(fork.origin)
    return forked
