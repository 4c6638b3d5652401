"""Verification: whether a journal holds exactly what it must, by keys and bytes alone.

The steps and their numbers are those of ``docs/spec/log.md``, section 5; each failure names its
step, log and entry. Nothing is believed because a table says so: every stored message is hashed
again, every tree is grown again, every signature is checked again. What is missing, extra or
unsigned fails. Memory stays flat: all tables are read in order, side by side.

Whoever can write the file may have put anything into it, so nothing stored is used before its
form is known: what is falsified is a failure in the report, never an exception.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from hotline.audit.verification.archived import (
    check_archives,
    check_segment,
    check_taken_out,
    segment_of,
)
from hotline.audit.verification.crew import Crew
from hotline.audit.verification.duty import check_duty
from hotline.audit.verification.findings import Begin, LineLogs, Progress, Report, Run
from hotline.audit.verification.groups import Groups, check_evidence
from hotline.audit.verification.node import check_anchors, check_recoveries
from hotline.audit.verification.opened import check_opened
from hotline.audit.verification.own import check_own_log
from hotline.audit.verification.peer import check_mirror
from hotline.audit.verification.projections import check_projections, check_readings
from hotline.audit.verification.relations import check_compared, check_relations
from hotline.audit.verification.replay import distinct
from hotline.audit.verification.soundness import Soundness, damage, too_large
from hotline.audit.verification.spans import MAX_VALUE, File
from hotline.audit.verification.starts import Start, anchored, start_of
from hotline.audit.verification.trusted import Trusted, begin_of, open_trusted, stored_edge
from hotline.audit.verification.voice import check_voice
from hotline.audit.verification.witnessed import check_witnessed
from hotline.journal.access_schema import ACCESS_TABLES
from hotline.journal.banner import EXERCISE
from hotline.journal.prune import SEGMENT, archived_lines
from hotline.journal.schema import SCHEMA, SCHEMA_VERSION, connect, store_error
from hotline.model.kinds import Status
from hotline.model.letter_rules import is_exercise_name
from hotline.trust.card import Card
from hotline.trust.cosignature import WitnessKey
from hotline.trust.names import line_log_origin, node_log_origin

_GENERATION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)

STEPS = {
    1: "the store is a journal of this centre and status",
    2: "every group is signed, and every message is the one that was signed",
    3: "sequences are contiguous and chained",
    4: "entries are complete, and every leaf is rebuilt from what is stored",
    5: "trees, blocks and edges agree with the leaves",
    6: "every checkpoint that was given is signed, and is of this tree",
    7: "every received message has its receipt, and no receipt has more",
    8: "the peer's leaves agree with its signed checkpoints",
    9: "every receipt taken proves our message in the peer's log",
    10: "every cosignature is of this tree and of its witness",
    11: "the desk's tables say what the entries say",
}


def verify_journal(
    path: Path,
    own: Card,
    peers: Mapping[str, Card],
    progress: Progress | None = None,
    *,
    witnesses: Mapping[str, WitnessKey] | None = None,
    segment: str = "",
    trusted: Sequence[bytes] = (),
    jobs: int = 1,
    report: Report | None = None,
) -> Report:
    """Verify the journal at ``path`` (a file), also while its node runs: one moment is read.

    ``own`` and ``peers`` are the public cards, ``witnesses`` the keys of outside witnesses by name.
    ``segment`` is the origin of the one log that an archived segment holds, as the place of the
    record says: a journal is no segment on its own word.
    ``trusted`` are notes with checkpoints of this record's logs: what lies before them is not
    verified again. ``jobs`` processes share the work, started where the record is large enough.
    ``report`` is filled while it goes, for whoever watches.

    Raises JournalError when there is nothing to read, TrustError (``verify.*``)
    for a note in ``trusted`` that is not of this record.
    """
    connection = connect(path, writable=False)
    try:
        with Crew(jobs) as crew:
            run = Run(
                connection,
                File.of(path),
                own,
                peers,
                progress,
                witnesses or {},
                crew,
                report or Report(),
            )
            connection.text_factory = run.text
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
            connection.execute("BEGIN")
            found = _check(run, path, trusted, segment)
            if found:
                run.void(found)
            else:
                run.finish()
            run.report.jobs = crew.shared_by
            return run.report
    except sqlite3.Error as error:
        raise store_error(error) from error
    finally:
        connection.close()


def _check(run: Run, path: Path, trusted: Sequence[bytes], segment: str) -> str:
    """Take all steps; return why the file cannot be believed, in which case nothing else counts.

    The database's own check reads every page, so it is left out unless the whole is verified. It
    runs beside the other steps, or before them where this process shall work alone.
    """
    if _tables(run.db) - _BESIDE != _TABLES:
        run.fail(1, "", -1, "the tables are not those of a journal")
        return ""
    if trusted:
        _walk(run, trusted, segment)
        return ""
    if run.crew.jobs == 1:
        found = damage(run.db)
        if not found:
            _walk(run, trusted, segment)
        return found
    with Soundness(path, run.db, MAX_VALUE) as soundness:
        try:
            _walk(run, trusted, segment)
        except Exception:
            # What a damaged file led to is no news.
            if found := soundness.damage():
                return found
            raise
        return soundness.damage()


def _walk(run: Run, trusted: Sequence[bytes], segment: str) -> None:
    """Take all steps but the database's own check; a value beyond what is read ends them."""
    try:
        _verify(run, trusted, segment)
    except sqlite3.DataError as error:  # beyond MAX_VALUE
        run.fail(1, "", -1, too_large(error))


def _verify(run: Run, trusted: Sequence[bytes], told: str) -> None:
    """Go through all steps, line by line."""
    if not check_store(run):
        return
    every = lines_of(run)
    segment = segment_of(run, told)
    node_logs = [] if segment else node_logs_of(run)
    gone = archived_lines(run.db)
    lines = [line for line in every if line.log not in gone]
    starts = _starts(run, lines, node_logs, open_trusted(run, trusted, lines, node_logs))
    sizes = run.db.execute("SELECT id, size FROM log WHERE own")
    run.total = sum(size - starts[log].size for log, size in sizes if log in starts)
    run.crew.expect(run.total)
    # Most of the work, and nothing waits for it: other processes begin with it.
    groups = [
        Groups(run, line, run.peers[line.peer], starts[line.log])
        for line in lines
        if line.peer in run.peers
    ]
    run.crew.pump()
    if not segment:
        check_opened(run, every, node_logs, starts, gone)
    check_archives(run, every, node_logs, starts, gone)
    check_logs(run, every, node_logs, gone)
    for line in every:
        card = run.peers.get(line.peer)
        if card is None:
            run.fail(1, line.own_origin, -1, f"no card of {line.peer} is pinned")
        elif line.log in gone:
            check_taken_out(run, line, gone[line.log], card)
        else:
            later = {
                other.log: starts[other.log].size
                for other in lines
                if (other.peer, other.epoch > line.epoch) == (line.peer, True)
            }
            check_line(run, line, card, starts[line.log], later)
    for log, origin in node_logs:
        check_own_log(run, log, origin, starts[log], None, None)
    if segment:
        check_segment(run, every, segment)
    else:
        check_anchors(run, lines, node_logs, starts, gone)
    check_recoveries(run, node_logs, starts)
    for log, origin in node_logs:
        for finding in check_duty(run.db, log, origin, starts[log].size, whole=not gone):
            run.fail(11, *finding)
    check_witnessed(run)
    for line in lines:
        start = starts.get(line.log)
        begin = start.size if start is not None else 0
        for check in (check_relations, check_compared, check_voice):
            for finding in check(run.db, line.log, line.own_origin, begin):
                run.fail(11, *finding)
    for finding in check_projections(
        run.db,
        {line.log: line.own_origin for line in lines},
        {log: start.size for log, start in starts.items()},
    ):
        run.fail(11, *finding)
    for one in groups:
        one.finish()


def check_line(
    run: Run, line: LineLogs, card: Card, start: Start, later: Mapping[int, int]
) -> None:
    """Take steps 2 to 11 for one line in one epoch: its log, its mirror, and who read what.

    ``later`` are the logs of the line's later epochs, and where each begins.
    """
    check_evidence(run, line, card, start)
    check_own_log(run, line.log, line.own_origin, start, line, card)
    check_mirror(run, line, card, start)
    for finding in check_readings(run.db, line.log, line.own_origin, start.size, later):
        run.fail(11, *finding)


def _starts(
    run: Run,
    lines: Sequence[LineLogs],
    node_logs: Sequence[tuple[int, str]],
    trusted: Sequence[Trusted],
) -> dict[int, Start]:
    """Return where each log of ours begins, by its id.

    A log of the node begins at the newest of its anchors that lies in a trusted part of a line.
    """
    starts = {}
    anchors = []
    for line in lines:
        begin, frontier = begin_of(run, line.log, line.own_origin, trusted)
        starts[line.log] = start_of(run, line.log, begin, frontier)
        anchors.append(anchored(run, line, begin.size))
    for log, origin in node_logs:
        begin, frontier = begin_of(run, log, origin, trusted)
        for anchor in anchors:
            if anchor is None or anchor.origin != origin or anchor.size <= begin.size:
                continue
            edge = stored_edge(run, log, anchor.size)
            if edge is not None and edge.root() == anchor.root:
                begin, frontier = Begin(origin, anchor.size, "anchor"), edge
        starts[log] = start_of(run, log, begin, frontier)
    run.report.begins += [start.begin for start in starts.values()]
    return starts


def check_store(run: Run) -> bool:
    """Step 1: check that the store belongs to this centre and status.

    Returns whether the other steps can be taken.
    """
    meta = dict(run.db.execute("SELECT key, value FROM meta"))
    fence = meta.pop("fence", None)
    if fence is not None:
        run.fail(1, "", -1, f"this node is fenced, its journal is not whole: {fence}")
    if meta.pop(SEGMENT, None) is not None:
        exercise = meta.pop(EXERCISE, "")
        if exercise and not (run.own.status is Status.EXERCISE and is_exercise_name(exercise)):
            run.fail(1, "", -1, f"exercise is {exercise[:70]!r}, which no exercise is named")
    generation = meta.pop("generation", "")
    if not _GENERATION.fullmatch(generation):
        run.fail(1, "", -1, f"generation is {generation[:40]!r} where a number is due")
    wanted = {
        "schema": str(SCHEMA_VERSION),
        "centre": run.own.centre,
        "status": str(run.own.status),
    }
    for key in sorted(meta.keys() | wanted.keys()):
        if meta.get(key) != wanted.get(key):
            due = repr(wanted[key]) if key in wanted else "nothing"
            run.fail(1, "", -1, f"{key} is {meta.get(key)!r} where {due} is due")
    return all(meta.get(key) == value for key, value in wanted.items())


def _tables(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Return every table and index of a database with its definition, however it is spaced."""
    rows = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master")
    return {(*names, " ".join(sql.split())) for *names, sql in rows}


def _due_tables(script: str) -> set[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        return _tables(connection)


_TABLES = _due_tables(SCHEMA)
_BESIDE = _due_tables(";".join(ACCESS_TABLES))
"""Tables that are no part of the record: who works at the console. A segment has none of them."""


def lines_of(run: Run) -> list[LineLogs]:
    """Step 1: return each line, its logs having the origins that it must have."""
    rows = run.db.execute(
        "SELECT l.log, l.mirror, l.peer, l.epoch, o.origin, m.origin FROM line l"
        " LEFT JOIN log o ON o.id = l.log LEFT JOIN log m ON m.id = l.mirror ORDER BY l.log"
    ).fetchall()
    status = Status(run.own.status)
    lines = []
    for row in rows:
        line = LineLogs(*row)
        own = line_log_origin(status, run.own.centre, line.peer, line.epoch)
        theirs = line_log_origin(status, line.peer, run.own.centre, line.epoch)
        if (line.own_origin, line.peer_origin) == (own, theirs):
            lines.append(line)
        else:
            run.fail(1, str(line.own_origin), -1, f"the line's logs are not {own}, {theirs}")
    return lines


def node_logs_of(run: Run) -> list[tuple[int, str]]:
    """Step 1: return (id, origin) of every generation of the node's own log, oldest first."""
    row = run.db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
    generation = int(row[0]) if row and _GENERATION.fullmatch(row[0]) else 1
    found = []
    for number in range(1, generation + 1):
        origin = node_log_origin(Status(run.own.status), run.own.centre, number)
        log = run.db.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
        if log is None:
            run.fail(1, origin, -1, "the node's own log is missing")
            break  # a number made up is not counted to its end
        found.append((int(log[0]), origin))
    return found


def check_logs(
    run: Run, lines: list[LineLogs], node_logs: list[tuple[int, str]], gone: Collection[int]
) -> None:
    """Step 1: check that each table has rows of those logs alone that it can have rows of.

    ``gone`` are the lines' logs that were taken out: of them only the edge and cosignatures stay.
    """
    of_lines = {line.log for line in lines if line.log not in gone}
    mirrors = {line.mirror for line in lines if line.log not in gone}
    own = of_lines | {log for log, _ in node_logs}
    kept = set(gone) | {line.mirror for line in lines if line.log in gone}
    for id_, origin, is_own in run.db.execute("SELECT id, origin, own FROM log"):
        if is_own != (id_ in own or id_ in gone):
            run.fail(1, origin, -1, "the log is said to be whose it is not")
    for table, logs in (
        ("log", own | mirrors | kept),
        ("message", of_lines),
        ("envelope", of_lines),
        ("stream", of_lines),
        ("receipt_given", of_lines),
        ("receipt_taken", of_lines),
        ("record", own),
        ("leaf_run", own | mirrors),
        ("subtree", own | mirrors),
        ("cosignature", own | mirrors | kept),
    ):
        for log in distinct(run.db, table, "id" if table == "log" else "log"):
            if log not in logs:
                run.fail(1, str(log), -1, f"the table {table} has rows of a log that has none")
