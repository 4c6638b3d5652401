"""Verification: whether a journal holds exactly what it must, by keys and bytes alone.

The steps and their numbers are those of ``docs/spec/log.md``, section 5; each failure names its
step, log and entry. Nothing is believed because a table says so: every stored message is hashed
again, every tree is grown again, every signature is checked again. What is missing, extra or
unsigned fails. Memory stays flat: all tables are read in order, side by side.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from hotline.journal.findings import LineLogs, Progress, Report, Run
from hotline.journal.projections import check_projections
from hotline.journal.schema import SCHEMA_VERSION, connect, store_error
from hotline.journal.verify_own import (
    check_envelopes,
    check_own_log,
    check_receipts_cover,
    check_streams,
)
from hotline.journal.verify_peer import check_cosignatures, check_mirror
from hotline.model.kinds import Status
from hotline.trust.card import Card
from hotline.trust.names import line_log_origin, node_log_origin

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
    path: Path, own: Card, peers: dict[str, Card], progress: Progress | None = None
) -> Report:
    """Verify the journal at ``path`` (a file), also while its node runs: one moment is read.

    ``own`` and ``peers`` are the public cards. Raises JournalError when there is nothing to read.
    """
    connection = connect(path, writable=False)
    try:
        connection.execute("BEGIN")
        run = Run(connection, own, peers, progress)
        _verify(run)
        return run.report
    except sqlite3.Error as error:
        raise store_error(error) from error
    finally:
        connection.close()


def _verify(run: Run) -> None:
    """Go through all steps, line by line."""
    if not check_store(run):
        return
    run.total = int(
        run.db.execute("SELECT coalesce(sum(size), 0) FROM log WHERE own").fetchone()[0]
    )
    known: set[int] = set()
    for line in lines_of(run):
        known |= {line.log, line.mirror}
        card = run.peers.get(line.peer)
        if card is None:
            run.fail(1, line.own_origin, -1, f"no card of {line.peer} is pinned")
            continue
        check_envelopes(run, line, card)
        check_streams(run, line)
        check_own_log(run, line.log, line.own_origin, line)
        check_receipts_cover(run, line)
        check_mirror(run, line, card)
        check_cosignatures(run, line, card)
    for log, origin in node_logs_of(run):
        known.add(log)
        check_own_log(run, log, origin, None)
    check_strangers(run, known)
    for where, entry, text in check_projections(run.db):
        run.fail(11, where, entry, text)


def check_store(run: Run) -> bool:
    """Step 1: check that the store is sound and belongs to this centre and status."""
    for (finding,) in run.db.execute("PRAGMA quick_check(10)"):
        if finding != "ok":
            run.fail(1, "", -1, f"the database is damaged: {finding}")
            return False
    meta = dict(run.db.execute("SELECT key, value FROM meta"))
    wanted = {
        "schema": str(SCHEMA_VERSION),
        "centre": run.own.centre,
        "status": str(run.own.status),
    }
    for key, value in wanted.items():
        if meta.get(key) != value:
            run.fail(1, "", -1, f"{key} is {meta.get(key)!r} where {value!r} is due")
            return False
    return True


def lines_of(run: Run) -> Iterator[LineLogs]:
    """Step 1: yield each line, its logs having the origins that it must have."""
    rows = run.db.execute(
        "SELECT l.log, l.mirror, l.peer, l.epoch, o.origin, m.origin FROM line l"
        " LEFT JOIN log o ON o.id = l.log LEFT JOIN log m ON m.id = l.mirror ORDER BY l.log"
    ).fetchall()
    status = Status(run.own.status)
    for row in rows:
        line = LineLogs(*row)
        own = line_log_origin(status, run.own.centre, line.peer, line.epoch)
        theirs = line_log_origin(status, line.peer, run.own.centre, line.epoch)
        if (line.own_origin, line.peer_origin) != (own, theirs):
            run.fail(1, str(line.own_origin), -1, f"the line's logs are not {own}, {theirs}")
            continue
        yield line


def node_logs_of(run: Run) -> list[tuple[int, str]]:
    """Step 1: return (id, origin) of every generation of the node's own log."""
    generation = int(
        run.db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0]
    )
    status = Status(run.own.status)
    found = []
    for number in range(1, generation + 1):
        origin = node_log_origin(status, run.own.centre, number)
        row = run.db.execute("SELECT id FROM log WHERE origin = ?", (origin,)).fetchone()
        if row is None:
            run.fail(1, origin, -1, "the node's own log is missing")
        else:
            found.append((int(row[0]), origin))
    return found


def check_strangers(run: Run, known: set[int]) -> None:
    """Fail on rows of logs that belong to no line and no generation of the node."""
    for table, column in (
        ("log", "id"),
        ("message", "log"),
        ("record", "log"),
        ("envelope", "log"),
        ("leaf_run", "log"),
        ("subtree", "log"),
        ("stream", "log"),
        ("receipt_given", "log"),
        ("receipt_taken", "log"),
        ("cosignature", "log"),
    ):
        for (log,) in run.db.execute(f"SELECT DISTINCT {column} FROM {table}"):
            if log not in known:
                run.fail(1, str(log), -1, f"the table {table} has rows of a log of no line")
