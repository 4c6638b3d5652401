"""What this node found two notices to be to each other, entered in the log of their line.

Each beginning, change and end of a relation is a ``conflict`` record. It names the two messages
that were compared, so that anybody who holds the log can compare them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

from hotline.journal.records import append_record
from hotline.journal.state import IN, OUT, LineState
from hotline.wire.records import MAX_NAME, Related, encode_record

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

CONFLICT = "conflict"
"""The kind of the record."""

_DIGEST_DIGITS = 64


def entered_name(reference: str) -> str:
    """Return the name by which a notice is entered: its reference, or what stands for a long one.

    One of fewer than `MAX_NAME` characters stands as it is. Of any other the last characters of
    that many are ``…`` and the SHA-256 of the whole in UTF-8, in hex. So no two references have one
    name: a peer chooses its own, and may have them share all but the end.
    """
    if len(reference) < MAX_NAME:
        return reference
    digest = sha256(reference.encode()).hexdigest()
    return f"{reference[: MAX_NAME - _DIGEST_DIGITS - 1]}…{digest}"


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
