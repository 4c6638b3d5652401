"""Which messages still want a human's answer, and until when.

A deadline starts when a message that the letter wants answered becomes durable, on both sides:
the one owes the answer, the other waits for it. An answer settles it, a stand-by moves it, and
what replaces or ends a notice retires it. Only what the other side says about a message of the
same line counts as an answer: nobody answers for us, and nothing that a peer makes up can touch
another line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hotline.journal.state import LineState
from hotline.model.kinds import Answer, Kind

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

SETTLING = frozenset({Answer.ACCEPT.value, Answer.REJECT.value, Answer.COUNTER.value})
"""Answers after which nothing more is awaited; a stand-by, or any other text, is none of them."""
RETIRING = frozenset({Kind.REVISION.value, Kind.WITHDRAWAL.value, Kind.END.value})
"""Kinds after which nobody has to answer what was said under the same reference before."""

_START = "INSERT INTO deadline VALUES (?, ?, ?, ?)"
_MOVE = """
UPDATE deadline SET due_us = ?4 WHERE log = ?2 AND direction <> ?3
    AND idx IN (SELECT idx FROM message WHERE id = ?1 AND log = ?2)
"""
_SETTLE = """
DELETE FROM deadline WHERE log = ?2 AND direction <> ?3
    AND idx IN (SELECT idx FROM message WHERE id = ?1 AND log = ?2)
"""
_RETIRE = """
DELETE FROM deadline WHERE log = ?2 AND direction = ?3 AND idx < ?4
    AND idx IN (SELECT idx FROM message WHERE reference = ?1 AND log = ?2)
"""


class Said(Protocol):
    """What has to be known of a message, whether it was composed here or received."""

    @property
    def reference(self) -> str | None:
        """The notice's number, where the message has one."""

    @property
    def about(self) -> bytes | None:
        """Id of the message that this one answers."""

    @property
    def answer_within_s(self) -> float | None:
        """Seconds within which an answer is wanted; for a stand-by, to what it is about."""

    @property
    def settles(self) -> bool:
        """Whether this answers ``about`` for good."""


@dataclass(slots=True)
class Waits:
    """What the messages of one group, all of one direction, do to deadlines."""

    wanting: list[tuple[int, float]] = field(default_factory=list)
    stand_bys: list[tuple[bytes, float]] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    retired: list[tuple[str, int]] = field(default_factory=list)

    def note(self, index: int, kind: str, said: Said) -> None:
        """Take note of one message, which is entry ``index``."""
        if said.settles and said.about is not None:
            self.answered.append(said.about)
        elif said.answer_within_s is not None and said.about is not None:
            self.stand_bys.append((said.about, said.answer_within_s))
        elif said.answer_within_s is not None:
            self.wanting.append((index, said.answer_within_s))
        if kind in RETIRING and said.reference is not None:
            self.retired.append((said.reference, index))

    def enter(self, journal: Journal, line: LineState, direction: int, now_us: int) -> None:
        """Change the table of deadlines; what is answered, or wants no answer, stays so."""
        log = line.log
        for sql, rows in (
            (_START, [(log, i, direction, now_us + round(s * 1e6)) for i, s in self.wanting]),
            (_MOVE, [(i, log, direction, now_us + round(s * 1e6)) for i, s in self.stand_bys]),
            (_SETTLE, [(id_, log, direction) for id_ in self.answered]),
            (_RETIRE, [(name, log, direction, before) for name, before in self.retired]),
        ):
            if rows:
                journal.executemany(sql, rows)
