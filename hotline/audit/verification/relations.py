"""Step 11: that what was found is of messages that are there, and settles what was left open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from hotline.audit.verification.projections import Finding, entered
from hotline.journal.compared import COMPARED, LATER, compared_before
from hotline.journal.relations import CONFLICT
from hotline.journal.state import IN, OUT
from hotline.model.kinds import Kind
from hotline.model.lifecycle import ORIGINATOR_ONLY
from hotline.wire.records import ComparedLater, Flag, Related

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


def check_compared(db: sqlite3.Connection, log: int, origin: str, begin: int) -> Iterator[Finding]:
    """Yield each ``compared`` record of a line's log that settles no flag before it.

    The message must have been received and flagged as one that is compared later, and be settled
    once.
    """
    for idx, said in entered(db, log, begin, COMPARED, ComparedLater):
        if said is None:
            yield origin, idx, "what a message was found to mean cannot be read"
            continue
        row = db.execute(
            "SELECT idx, flags FROM message WHERE id = ? AND log = ? AND direction = ?",
            (said.message, log, IN),
        ).fetchone()
        if row is None or row[0] >= idx or not _flagged_later(row[1]):
            yield origin, idx, "it settles no message that was to be compared later"
        elif compared_before(db, log, said.message, idx):
            yield origin, idx, "what it settles was settled before"


def _flagged_later(flags: str | None) -> bool:
    """Whether a message, by the flags that the desk shows, was to be compared later.

    That these are the flags that were entered, is checked too.
    """
    try:
        said = msgspec.json.decode(flags or "[]", type=list[Flag])
    except msgspec.MsgspecError:
        return False
    return any(flag.code == LATER for flag in said)


def _message(db: sqlite3.Connection, log: int, id_: bytes) -> tuple[int, int, str] | None:
    found: tuple[int, int, str] | None = db.execute(
        "SELECT idx, direction, kind FROM message WHERE id = ? AND log = ?", (id_, log)
    ).fetchone()
    return found
