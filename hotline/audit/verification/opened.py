"""Step 1: the epochs of lines that are in the journal are those that the node's log says it opened.

A line's row is nothing that anybody signed, and where its logs are empty nothing else of it is. The
``line-opened`` records lie in the node's own log, whose checkpoints the peers witness.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from hotline.audit.verification.findings import LineLogs, Run
from hotline.audit.verification.replay import clipped
from hotline.audit.verification.starts import Start, entered_since
from hotline.errors import TrustError
from hotline.journal.opening import LINE_OPENED, LineOpened, read_line_opened

MAX_PAYLOAD = 64 * 1024
"""Bytes of a ``line-opened`` record that are read: far more than any node writes."""


def check_opened(
    run: Run,
    lines: list[LineLogs],
    node_logs: list[tuple[int, str]],
    starts: Mapping[int, Start],
    gone: Collection[int],
) -> None:
    """Step 1: check that each line has its ``line-opened`` record, and each record its line.

    ``lines`` are all, also those in ``gone``, whose entries were taken out. Nothing is read where
    each of the others has a trusted checkpoint, which shows that there is that epoch, and none was
    opened since those of the node's logs.
    """
    shown = all(starts[line.log].size for line in lines if line.log not in gone)
    if shown and not entered_since(run, LINE_OPENED, node_logs, starts):
        return
    due = {
        each.own_origin: LineOpened(each.own_origin, each.peer_origin, each.peer, each.epoch)
        for each in lines
    }
    named: set[str] = set()
    for log, origin in node_logs:
        for index, payload in run.db.execute(
            f"SELECT idx, {clipped('payload')} FROM record WHERE log = ? AND kind = ? ORDER BY idx",
            (MAX_PAYLOAD, log, LINE_OPENED),
        ):
            try:
                said = read_line_opened(payload)
            except TrustError as error:
                run.fail(1, origin, index, error.message)
                continue
            if said.origin in named:
                run.fail(1, origin, index, f"{said.origin} was opened before")
            elif due.get(said.origin) != replace(said, exercise=""):
                run.fail(1, origin, index, f"{said.origin} was opened, and is not here so")
            named.add(said.origin)
    for missing in sorted(due.keys() - named):
        run.fail(1, missing, -1, "the node's log does not say that this epoch was opened")
