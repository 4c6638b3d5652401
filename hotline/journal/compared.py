"""What a message that was taken before there was time to compare it was found to mean.

Its flags are bound as they were entered with it, so what is found later is a record of its own: the
``compared`` record, one for each message flagged `LATER`. Whoever shows the message joins the two.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from hotline.errors import HotlineError
from hotline.journal.records import append_record
from hotline.journal.remarks import REMARKED
from hotline.journal.state import IN, LineState
from hotline.wire.records import ComparedLater, Flag, Remarked, decode_record, encode_record

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

COMPARED: Final = "compared"
"""The kind of the record."""
LATER: Final = "airspace.compared-later"
"""The code of the flag of a message that was taken before it was compared."""

_OF_MESSAGE: Final = (
    "SELECT idx, time_us, payload FROM record"
    " WHERE log = ? AND kind = 'compared' AND substr(payload, 12, 32) = ? ORDER BY idx LIMIT 1"
)
"""What finds the first record of a message, by the index over them."""


def enter_compared(
    journal: Journal, line: LineState, compared: Iterable[ComparedLater], now_us: int
) -> None:
    """Enter what messages were found to mean, each once.

    What is about a message that is not in the log is left out: the commit that should have taken
    it has failed, and it comes again.
    """
    for one in compared:
        here = journal.execute(
            "SELECT 1 FROM message WHERE id = ? AND log = ? AND direction = ?",
            (one.message, line.log, IN),
        ).fetchone()
        if here is not None and not compared_before(journal.connection, line.log, one.message):
            append_record(journal, line, COMPARED, encode_record(one), now_us)


def compared_before(
    connection: sqlite3.Connection, log: int, message: bytes, idx: int = 2**62
) -> bool:
    """Whether an entry before ``idx`` says what a message was found to mean."""
    row = connection.execute(_OF_MESSAGE, (log, message)).fetchone()
    return row is not None and row[0] < idx


def compared_later(
    connection: sqlite3.Connection, log: int, message: bytes
) -> tuple[int, ComparedLater] | None:
    """Return when a message was compared, in microseconds since 1970, and what it means.

    None while it is not compared, or where that cannot be read.
    """
    row = connection.execute(_OF_MESSAGE, (log, message)).fetchone()
    if row is None:
        return None
    _, time_us, payload = row
    try:
        return time_us, decode_record(payload, ComparedLater, COMPARED)
    except HotlineError:
        return None


def uncompared_between(
    connection: sqlite3.Connection, log: int, first: int, end: int
) -> dict[bytes, tuple[Flag, ...]]:
    """Return the flags of messages that were never compared, by id.

    They are those of which entries ``first`` to ``end`` (not included) say that they will be.
    """
    rows = connection.execute(
        "SELECT payload FROM record WHERE log = ? AND idx >= ? AND idx < ? AND kind = ?",
        (log, first, end, REMARKED),
    )
    found = {}
    for (payload,) in rows:
        try:
            said = decode_record(payload, Remarked, REMARKED)
        except HotlineError:
            continue
        later = any(flag.code == LATER for flag in said.flags)
        if later and not compared_before(connection, log, said.message):
            found[said.message] = said.flags
    return found
