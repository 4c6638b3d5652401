"""Step 11: that each relation entered is one of two messages that are there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from hotline.audit.verification.projections import Finding, entered
from hotline.journal.relations import CONFLICT
from hotline.journal.state import IN, OUT
from hotline.model.kinds import Kind
from hotline.model.lifecycle import ORIGINATOR_ONLY
from hotline.wire.records import Related

FLYING = frozenset(kind.value for kind in ORIGINATOR_ONLY - {Kind.WITHDRAWAL, Kind.END})
"""Kinds that say that something flies: by its volumes, or, as an activation of what was over does,
in those that were announced before."""


def check_relations(db: sqlite3.Connection, log: int, origin: str, begin: int) -> Iterator[Finding]:
    """Yield each ``conflict`` record of a line's log that is about no two messages before it.

    One must have been sent and the other received, and both must say that something flies; what
    brought the relation about must lie before its record too.
    """
    for idx, said in entered(db, log, begin, CONFLICT, Related):
        if said is None:
            yield origin, idx, "what two notices are to each other cannot be read"
            continue
        for id_, direction, whose in ((said.own, OUT, "sent"), (said.other, IN, "received")):
            row = _message(db, log, id_)
            if row is None or row[0] >= idx or row[1] != direction or row[2] not in FLYING:
                yield origin, idx, f"it is a relation to no notice that was {whose} before"
                break
        else:
            if said.caused_by is not None:
                row = _message(db, log, said.caused_by)
                if row is None or row[0] >= idx or row[2] != said.cause:
                    yield origin, idx, "what brought the relation about is not there before it"


def _message(db: sqlite3.Connection, log: int, id_: bytes) -> tuple[int, int, str] | None:
    found: tuple[int, int, str] | None = db.execute(
        "SELECT idx, direction, kind FROM message WHERE id = ? AND log = ?", (id_, log)
    ).fetchone()
    return found
