"""Which messages still want a human's answer, and until when.

A deadline starts when a message that the letter wants answered becomes durable, on both sides:
the one owes the answer, the other waits for it. An answer settles it; a stand-by moves it. Only
what the other side says about a message of the same line counts: nobody answers for us, and
nothing that a peer makes up can touch another line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hotline.journal.state import LineState

if TYPE_CHECKING:
    from hotline.journal.journal import Journal


_MOVE = """
UPDATE deadline SET due_us = ?4 WHERE log = ?2 AND direction <> ?3
    AND idx IN (SELECT idx FROM message WHERE id = ?1 AND log = ?2)
"""
_SETTLE = """
DELETE FROM deadline WHERE log = ?2 AND direction <> ?3
    AND idx IN (SELECT idx FROM message WHERE id = ?1 AND log = ?2)
"""


def start(
    journal: Journal,
    line: LineState,
    direction: int,
    deadlines: Sequence[tuple[int, float]],
    now_us: int,
) -> None:
    """Let each new message (entry, seconds to answer) wait for an answer from now on."""
    if deadlines:
        journal.executemany(
            "INSERT INTO deadline VALUES (?, ?, ?, ?)",
            [
                (line.log, index, direction, now_us + round(within * 1e6))
                for index, within in deadlines
            ],
        )


def move(
    journal: Journal,
    line: LineState,
    direction: int,
    stand_bys: Sequence[tuple[bytes, float]],
    now_us: int,
) -> None:
    """Begin the wait for answers (to id, seconds) again, as stand-bys said in ``direction`` ask.

    What is answered, or wants no answer, stays so.
    """
    if stand_bys:
        journal.executemany(
            _MOVE,
            [(id_, line.log, direction, now_us + round(within * 1e6)) for id_, within in stand_bys],
        )


def settle(journal: Journal, line: LineState, direction: int, ids: Sequence[bytes]) -> None:
    """End the wait for answers to these messages, which were answered in ``direction``."""
    if ids:
        journal.executemany(_SETTLE, [(id_, line.log, direction) for id_ in ids])
