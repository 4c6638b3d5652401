"""What the line needs to know of the journal when a connection comes up, read at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotline.journal.queries import ids_from
from hotline.journal.state import LineState
from hotline.trust.merkle import Frontier

if TYPE_CHECKING:
    from hotline.journal.journal import Journal


@dataclass(frozen=True, slots=True)
class Resume:
    """One line as it is durable now; tuples have one element a stream, FLASH first.

    ``unreceipted_ids`` are the ids of messages that may have been sent but have no receipt.
    """

    receipted: tuple[int, ...]
    durable: tuple[int, ...]
    unreceipted_ids: tuple[tuple[bytes, ...], ...]
    next_expected: tuple[int, ...]
    last_ids: tuple[bytes, ...]
    own_size: int
    own_note: bytes
    mirror: Frontier
    mirror_note: bytes
    sealed: int


def resume(journal: Journal, line: LineState, window: int) -> Resume:
    """Read a line's state in the writer's own order; at most ``window`` ids a stream."""
    return Resume(
        receipted=tuple(stream.receipted for stream in line.outgoing),
        durable=tuple(stream.next_seq - 1 for stream in line.outgoing),
        unreceipted_ids=tuple(
            tuple(ids_from(journal.connection, line.log, number, stream.receipted + 1, window))
            for number, stream in enumerate(line.outgoing)
        ),
        next_expected=tuple(stream.next_seq for stream in line.incoming),
        last_ids=tuple(stream.last_id for stream in line.incoming),
        own_size=line.own.size,
        own_note=line.own.note,
        mirror=line.mirror.frontier.copy(),
        mirror_note=line.mirror.note,
        sealed=line.sealed.size,
    )
