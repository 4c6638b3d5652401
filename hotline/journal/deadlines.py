"""Which messages still want a human's answer, and until when.

A deadline starts when a message that the letter wants answered becomes durable, on both sides:
the one owes the answer, the other waits for it. An answer settles it; a stand-by starts it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hotline.journal.state import LineState

if TYPE_CHECKING:
    from hotline.journal.journal import Journal


def start_deadlines(
    journal: Journal, line: LineState, deadlines: Sequence[tuple[bytes, float]], now_us: int
) -> None:
    """Let each message (id, seconds to answer) wait for an answer from now on."""
    if deadlines:
        journal.executemany(
            "INSERT OR REPLACE INTO deadline VALUES (?, ?, ?)",
            [(id_, line.log, now_us + round(within * 1e6)) for id_, within in deadlines],
        )


def settle(journal: Journal, line: LineState, ids: Sequence[bytes]) -> None:
    """End the wait for answers to these messages."""
    if ids:
        journal.executemany(
            "DELETE FROM deadline WHERE message = ? AND log = ?", [(id_, line.log) for id_ in ids]
        )
