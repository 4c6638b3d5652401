"""What this node found two notices to be to each other, entered in the log of their line.

Each beginning, change and end of a relation is a ``conflict`` record. It names the two messages
that were compared, so that anybody who holds the log can compare them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hotline.journal.records import append_record
from hotline.journal.state import IN, OUT, LineState
from hotline.wire.records import Related, encode_record

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

CONFLICT = "conflict"
"""The kind of the record."""


def enter_relations(
    journal: Journal, line: LineState, found: Iterable[Related], now_us: int
) -> None:
    """Enter what was found; what is about a message that is not in the log is left out.

    That happens only where the commit that should have taken the message has failed: it comes
    again, and is compared again.
    """
    for one in found:
        if (
            _is_here(journal, line, one.own, (OUT,))
            and _is_here(journal, line, one.other, (IN,))
            and (one.caused_by is None or _is_here(journal, line, one.caused_by, (OUT, IN)))
        ):
            append_record(journal, line, CONFLICT, encode_record(one), now_us)


def _is_here(journal: Journal, line: LineState, id_: bytes, directions: tuple[int, ...]) -> bool:
    rows = journal.execute(
        "SELECT 1 FROM message WHERE id = ? AND log = ? AND direction IN (?, ?)",
        (id_, line.log, directions[0], directions[-1]),
    )
    return rows.fetchone() is not None
