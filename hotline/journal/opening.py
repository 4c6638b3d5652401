"""That an epoch of a line was opened is entered in the node's own log, once.

Otherwise nobody would miss an epoch that is taken out with its line, nor see one that was put in:
whose log is empty has no signature to show, and of a line that is gone no table speaks.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import msgspec

from hotline.errors import HotlineError, TrustError
from hotline.journal.records import append_record
from hotline.wire.records import Record, decode_record, encode_record
from hotline.wire.shapes import Count

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

LINE_OPENED = "line-opened"
"""The kind of the record."""


class LineOpened(Record, frozen=True):
    """The payload of a ``line-opened`` record: the origins of a line's two logs in an epoch."""

    origin: Annotated[str, msgspec.Meta(max_length=256)]
    mirror: Annotated[str, msgspec.Meta(max_length=256)]
    peer: Annotated[str, msgspec.Meta(max_length=256)]
    epoch: Count


def read_line_opened(payload: bytes) -> LineOpened:
    """Decode the payload of a ``line-opened`` record. Raises TrustError (``line.unreadable``)."""
    try:
        return decode_record(payload, LineOpened, LINE_OPENED)
    except HotlineError as error:
        raise TrustError(
            "line.unreadable", f"what was entered about a line's epoch cannot be read: {error}"
        ) from error


def enter_opened(journal: Journal, now_us: int) -> None:
    """Enter each epoch of a line that has no record yet, in the order of their rows.

    A fenced node enters none: the log of its own affairs is one that it must not continue, and the
    recovery, which opens the next, does it there.
    """
    rows = journal.execute(
        "SELECT o.origin, m.origin, l.peer, l.epoch FROM line l JOIN log o ON o.id = l.log"
        " JOIN log m ON m.id = l.mirror ORDER BY l.log"
    ).fetchall()
    known = opened(journal.connection)
    for row in rows:
        said = LineOpened(*row)
        if said.origin not in known:
            payload = encode_record(said)
            append_record(journal, journal.node_log, LINE_OPENED, payload, now_us)


def opened(connection: sqlite3.Connection) -> set[str]:
    """Return the origins of the lines' logs that the node's own logs say were opened.

    Records that cannot be read are passed over: verification finds them.
    """
    found = set()
    for (payload,) in connection.execute(
        "SELECT r.payload FROM log g CROSS JOIN record r ON r.log = g.id AND r.kind = ?"
        " WHERE g.own AND g.id NOT IN (SELECT log FROM line)",
        (LINE_OPENED,),
    ):
        with suppress(TrustError):
            found.add(read_line_opened(payload).origin)
    return found
