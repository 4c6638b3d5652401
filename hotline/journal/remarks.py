"""What this node remarks on a message that it takes, entered with it: its flags.

The desk shows them from the table of messages, which anybody who can write the file can change.
The ``remarked`` record is a leaf of the line's log, so the flags, and that there were none, are
bound by the same checkpoint as the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from hotline.journal.records import append_record
from hotline.journal.state import LineState
from hotline.wire.records import Flag, Remarked, encode_record

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

REMARKED = "remarked"
"""The kind of the record."""


def flags_text(flags: Sequence[Flag]) -> str:
    """Return flags as the table of messages has them, a JSON list; without any it has no text."""
    return msgspec.json.encode(flags).decode()


def enter_remarks(
    journal: Journal, line: LineState, flagged: Sequence[tuple[bytes, Sequence[Flag]]], now_us: int
) -> None:
    """Enter the flags of messages (id, flags) of one group, in its order and just behind it.

    A receipt names a group as one run of entries, so nothing may lie between its messages. Nothing
    else lies between them and their remarks, so whoever reads on knows soon what is missing.
    """
    for id_, flags in flagged:
        payload = encode_record(Remarked(id_, tuple(flags)))
        append_record(journal, line, REMARKED, payload, now_us)
