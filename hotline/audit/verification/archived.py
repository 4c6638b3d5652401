"""What is not in a journal: epochs that were archived and taken out; and the segments they became.

A closed epoch that was taken out leaves the rows of its two logs, the newest cosignatures, and an
``archived`` record in the node's own log. These must agree with each other and with what was
signed; the entries are verified where they are now, in the segment, which ends with the same roots.

A segment says in ``meta`` that it is one. It holds both logs of one epoch and nothing else. Of the
node's own log it has the anchors; their trees are in the node's journal.
"""

from __future__ import annotations

from collections.abc import Mapping

from hotline.audit.verification.findings import LineLogs, Run
from hotline.audit.verification.replay import clipped
from hotline.audit.verification.signed import check_cosignature
from hotline.audit.verification.starts import Start, entered_since, read_anchor
from hotline.audit.verification.witness import witnesses_of
from hotline.errors import HotlineError, TrustError
from hotline.journal.log import HASH
from hotline.journal.prune import ARCHIVED, SEGMENT, Archived, read_archived
from hotline.model.kinds import Status
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint, open_lone_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import Frontier
from hotline.trust.names import node_log_origin
from hotline.trust.notes import MAX_NOTE_SIZE, NoteKey

MAX_PAYLOAD = 128 * 1024
"""Bytes of an ``archived`` or ``anchor`` record that are read: more than a note may have."""
MAX_EDGE = 4096
"""Bytes of a log's edge that are read: more than the largest tree's."""


def check_archives(
    run: Run,
    lines: list[LineLogs],
    node_logs: list[tuple[int, str]],
    starts: Mapping[int, Start],
    found: Mapping[int, Archived],
) -> None:
    """Step 1: check what was entered about epochs that were archived and taken out.

    Each ``archived`` record names a closed epoch whose entries are gone, and each only once. It is
    below the newest checkpoint of its log: what no key signed takes nothing out. ``found`` is what
    was taken out, by the id of the line's own log. Nothing is read where no such record was entered
    since the start of the node's logs.
    """
    if not entered_since(run, ARCHIVED, node_logs, starts):
        return
    newest: dict[str, int] = {}
    for each in lines:
        newest[each.peer] = max(newest.get(each.peer, 0), each.epoch)
    gone = {each.own_origin: each for each in lines if each.log in found}
    named: set[str] = set()
    for log, origin in node_logs:
        signed = _signed_size(run, log, origin)
        for index, payload in run.db.execute(
            f"SELECT idx, {clipped('payload')} FROM record WHERE log = ? AND kind = ? ORDER BY idx",
            (MAX_PAYLOAD, log, ARCHIVED),
        ):
            if index >= signed:
                run.fail(1, origin, index, "an epoch was taken out under no checkpoint")
            try:
                said = read_archived(payload)
            except TrustError as error:
                run.fail(1, origin, index, error.message)
                continue
            line = gone.get(said.origin)
            if line is None or said.origin in named:
                run.fail(1, origin, index, f"{said.origin} was not taken out, or not here")
            elif line.epoch == newest[line.peer]:
                run.fail(1, origin, index, f"{said.origin} was taken out while it was in force")
            named.add(said.origin)


def _signed_size(run: Run, log: int, origin: str) -> int:
    """Return how many entries the newest checkpoint of a log of the node is over; 0 without any.

    That it is of this tree, and entered in a line's log, is checked with the anchors.
    """
    (note,) = run.db.execute(
        f"SELECT {clipped('note')} FROM log WHERE id = ?", (MAX_NOTE_SIZE + 1, log)
    ).fetchone()
    try:
        checkpoint = open_lone_checkpoint(note, NoteKey(origin, run.own.log))
    except HotlineError:
        return 0
    run.report.signatures += 1
    return checkpoint.size


def check_taken_out(run: Run, line: LineLogs, said: Archived, card: Card) -> None:
    """Check what stays of an epoch that was taken out: steps 4 to 6, 8 and 10, seen from here."""
    ours = Checkpoint(line.own_origin, said.size, said.root)
    _check_end(run, line.log, ours, run.own.log, step=6)
    if said.mirror != line.peer_origin:
        run.fail(1, line.own_origin, -1, f"it was archived with the mirror {said.mirror[:200]}")
        return
    theirs = Checkpoint(line.peer_origin, said.mirror_size, said.mirror_root)
    _check_end(run, line.mirror, theirs, card.log, step=8)
    for log, end, witness in ((line.log, ours, card), (line.mirror, theirs, run.own)):
        _check_cosignatures(run, log, end, witness)
    run.report.archived.append((ours.origin, ours.size, ours.root.hex()))


def _check_end(run: Run, log: int, end: Checkpoint, key: PublicKey, *, step: int) -> None:
    """Hold a log's row against how it ended: its size, its edge, its newest note."""
    size, encoded, note = run.db.execute(
        f"SELECT size, {clipped('frontier')}, {clipped('note')} FROM log WHERE id = ?",
        (MAX_EDGE, MAX_NOTE_SIZE + 1, log),
    ).fetchone()
    if size != end.size:
        run.fail(4, end.origin, -1, f"it was archived with {end.size} entries, and says {size}")
    try:
        frontier = Frontier.decode(encoded)
    except TrustError as error:
        run.fail(5, end.origin, -1, error.message)
    else:
        if (frontier.size, frontier.root()) != (end.size, end.root):
            run.fail(5, end.origin, -1, "the stored edge is not that of the tree that was archived")
    if not note:
        return
    try:
        checkpoint = open_lone_checkpoint(note, NoteKey(end.origin, key))
    except HotlineError as error:
        run.fail(step, end.origin, -1, str(error))
        return
    run.report.signatures += 1
    if checkpoint.size > end.size or (checkpoint.size == end.size and checkpoint != end):
        run.fail(step, end.origin, -1, "the newest checkpoint is not of the tree that was archived")


def _check_cosignatures(run: Run, log: int, end: Checkpoint, witness: Card) -> None:
    witnesses = witnesses_of(run, end.origin, witness, outside=witness is not run.own)
    for row in run.db.execute(
        f"SELECT size, witness, {clipped('root')}, {clipped('line')} FROM cosignature"
        " WHERE log = ? ORDER BY size, witness",
        (HASH + 1, MAX_NOTE_SIZE, log),
    ):
        size, name, root, _ = row
        wrong = check_cosignature(witnesses, row)
        if size > end.size or (size == end.size and root != end.root):
            wrong = wrong or "a cosignature is of another tree"
        if wrong:
            run.fail(10, end.origin, size - 1, wrong)
            continue
        run.report.signatures += 1
        counts = run.report.cosigned.setdefault(end.origin, {})
        counts[name] = max(size, counts.get(name, 0))


def segment_of(run: Run, told: str) -> str:
    """Step 1: return the origin of the log that a segment holds, empty for a node's journal.

    ``told`` is what the record's place says. A journal that says otherwise is taken for what its
    place says, or a node's could do without the log of its own affairs.
    """
    row = run.db.execute("SELECT value FROM meta WHERE key = ?", (SEGMENT,)).fetchone()
    said = "" if row is None else row[0]
    if said != told:
        run.fail(1, said or told, -1, _OTHER_SEGMENT[bool(said), bool(told)])
    return told


_OTHER_SEGMENT = {
    (True, False): "the journal says that it is an archived segment, and its node.toml does not",
    (False, True): "its node.toml says that it is an archived segment, and the journal does not",
    (True, True): "the journal is another archived segment than its node.toml says",
}


def check_segment(run: Run, lines: list[LineLogs], segment: str) -> None:
    """Step 1 and 6 for a segment: it holds the one epoch that it says, and anchors of its centre.

    The trees that the anchors are of are not here, so only their signatures and sizes can be held
    against each other.
    """
    if [line.own_origin for line in lines] != [segment]:
        run.fail(
            1, segment[:200], -1, "a segment holds the two logs of the one epoch that it names"
        )
        return
    (line,) = lines
    newest: dict[str, Checkpoint] = {}
    last = b""
    for index, payload in run.db.execute(
        f"SELECT idx, {clipped('payload')} FROM record WHERE log = ? AND kind = 'anchor'"
        " ORDER BY idx",
        (MAX_PAYLOAD, line.log),
    ):
        if payload == last:
            continue
        last = payload
        try:
            checkpoint = _open_anchor(run, payload)
        except HotlineError as error:
            run.fail(6, line.own_origin, index, f"an anchor cannot be verified: {error}")
            continue
        before = newest.get(checkpoint.origin, checkpoint)
        if checkpoint.size < before.size or (
            checkpoint.size == before.size and checkpoint != before
        ):
            run.fail(6, line.own_origin, index, "an anchor contradicts the one before")
        newest[checkpoint.origin] = checkpoint
    run.report.segment = segment


def _open_anchor(run: Run, payload: bytes) -> Checkpoint:
    note = read_anchor(payload)
    origin = note.partition(b"\n")[0].decode(errors="replace")
    generation = origin.rpartition("/")[2]
    if not generation.isdecimal() or origin != node_log_origin(
        Status(run.own.status), run.own.centre, int(generation[:9])
    ):
        raise TrustError("trust.wrong-origin", "it is not of a log of this node")
    checkpoint = open_lone_checkpoint(note, NoteKey(origin, run.own.log))
    run.report.signatures += 1
    return checkpoint
