"""Steps 4 and 6 for the node's own log: its anchors in the lines, and what recoveries closed."""

from __future__ import annotations

from collections.abc import Mapping

from hotline.audit.verification.findings import LineLogs, Run
from hotline.audit.verification.replay import since
from hotline.audit.verification.starts import Start, read_anchor
from hotline.errors import HotlineError
from hotline.journal.log import stored_root
from hotline.journal.opening import LINE_OPENED
from hotline.journal.prune import Archived
from hotline.trust.checkpoint import Checkpoint, open_lone_checkpoint
from hotline.trust.notes import Note, NoteKey
from hotline.wire.records import Recovered, decode_record

RECOVERED = "recovered"


def read_recovered(payload: bytes) -> Recovered:
    """Return what a ``recovered`` record says. Raises WireError."""
    return decode_record(payload, Recovered, "a recovery")


def check_anchors(
    run: Run,
    lines: list[LineLogs],
    node_logs: list[tuple[int, str]],
    starts: Mapping[int, Start],
    gone: Mapping[int, Archived],
) -> None:
    """Step 6: check that each anchor is of the node's log, whose newest note is the newest anchor.

    Runs after the node's logs were grown again: their stored trees are known to be right, or
    reported. Where the newest anchor lies in a trusted part, the note is checked for itself.
    """
    logs = {origin: log for log, origin in node_logs}
    newest: dict[str, tuple[int, bytes]] = dict.fromkeys(logs, (0, b""))
    for line in lines:
        last = b""
        for index, payload in run.db.execute(
            "SELECT idx, payload FROM record WHERE log = ? AND idx >= ? AND kind = 'anchor'"
            " ORDER BY idx",
            (line.log, since(_size(starts, line.log))),
        ):
            if payload == last:
                continue
            try:
                note = read_anchor(payload)
                checkpoint = _open_anchor(run, note, logs)
            except HotlineError as error:
                run.fail(6, line.own_origin, index, f"an anchor cannot be verified: {error}")
                continue
            if checkpoint is None:
                run.fail(6, line.own_origin, index, "an anchor is of another tree")
                continue
            last = payload
            newest[checkpoint.origin] = max(newest[checkpoint.origin], (checkpoint.size, note))
    for said in gone.values():
        _add_archived(run, said, logs, newest)
    trusted = any(_size(starts, line.log) for line in lines)
    for log, origin in node_logs:
        (note,) = run.db.execute("SELECT note FROM log WHERE id = ?", (log,)).fetchone()
        if note == newest[origin][1]:
            continue
        believed = trusted or _precedes_lines(run, note, log)
        if not (believed and _holds(run, note, origin, newest[origin][0], logs)):
            run.fail(6, origin, -1, "the newest checkpoint is not the last one anchored")


def _add_archived(
    run: Run, said: Archived, logs: dict[str, int], newest: dict[str, tuple[int, bytes]]
) -> None:
    """Take the newest anchor of an epoch that was taken out among the anchors."""
    if not said.anchor:
        return
    try:
        checkpoint = _open_anchor(run, said.anchor, logs)
    except HotlineError as error:
        run.fail(6, said.origin, -1, f"its newest anchor cannot be verified: {error}")
        return
    if checkpoint is None:
        run.fail(6, said.origin, -1, "its newest anchor is of another tree")
    else:
        newest[checkpoint.origin] = max(newest[checkpoint.origin], (checkpoint.size, said.anchor))


def _size(starts: Mapping[int, Start], log: int) -> int:
    start = starts.get(log)
    return start.size if start is not None else 0


def _precedes_lines(run: Run, note: bytes, log: int) -> bool:
    """Whether a note of the node's log covers no opening of a line: then nothing could carry it.

    A node without a line, which only witnesses, signs its log by itself.
    """
    try:
        size = Checkpoint.parse(Note.parse(note).text).size
    except HotlineError:
        return False
    found = run.db.execute(
        "SELECT 1 FROM record WHERE log = ? AND idx < ? AND kind = ?", (log, size, LINE_OPENED)
    )
    return found.fetchone() is None


def _holds(run: Run, note: bytes, origin: str, known: int, logs: dict[str, int]) -> bool:
    """Whether a note is of that log of the node, and of more entries than are ``known``."""
    try:
        checkpoint = _open_anchor(run, note, logs)
    except HotlineError:
        return False
    return checkpoint is not None and checkpoint.origin == origin and checkpoint.size > known


def _open_anchor(run: Run, note: bytes, logs: dict[str, int]) -> Checkpoint | None:
    """Return a signed checkpoint of a log of the node; None where it is not of that tree."""
    origin = note.partition(b"\n")[0].decode(errors="replace")
    log = logs.get(origin)
    if log is None:
        return None
    checkpoint = open_lone_checkpoint(note, NoteKey(origin, run.own.log))
    run.report.signatures += 1
    (size,) = run.db.execute("SELECT size FROM log WHERE id = ?", (log,)).fetchone()
    if not 0 < checkpoint.size <= size:
        return None
    return checkpoint if stored_root(run.db, log, checkpoint.size) == checkpoint.root else None


def check_recoveries(
    run: Run, node_logs: list[tuple[int, str]], starts: Mapping[int, Start]
) -> None:
    """Step 4: check that each generation after the first begins by closing the ones before.

    A closed log never grows again, so the sizes that the recovery names stay those of the logs;
    that is checked wherever a log is verified from.
    """
    before = None
    for log, origin in node_logs:
        for index, payload in run.db.execute(
            "SELECT idx, payload FROM record WHERE log = ?1 AND idx = 0 AND kind = ?3 UNION ALL"
            " SELECT idx, payload FROM record WHERE log = ?1 AND idx >= ?2 AND idx <> 0"
            " AND kind = ?3",
            (log, since(_size(starts, log)), RECOVERED),
        ):
            if before is None or index:
                run.fail(4, origin, index, "a recovery is entered where no log begins")
                continue
            try:
                said = read_recovered(payload)
            except HotlineError as error:
                run.fail(4, origin, index, f"a recovery cannot be read: {error}")
                continue
            # Logs without entries are not named, and the one before ends with the recovery too.
            closed = {before: 0} | {each.origin: each.size for each in said.closed}
            for name, size in closed.items():
                row = run.db.execute(
                    "SELECT size FROM log WHERE origin = ? AND own", (name,)
                ).fetchone()
                if row != (size,):
                    run.fail(4, name, -1, f"the recovery closed this log with {size} entries")
        first = run.db.execute(
            "SELECT kind FROM record WHERE log = ? AND idx = 0", (log,)
        ).fetchone()
        if before is not None and first != (RECOVERED,):
            run.fail(4, origin, 0, "a later generation does not begin with a recovery")
        before = origin
