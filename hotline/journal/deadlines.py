"""Which messages still want a human's answer, and until when.

A deadline starts when a message that the letter wants answered becomes durable, on both sides:
the one owes the answer, the other waits for it. An answer settles it, a stand-by moves it, and
what replaces or ends a notice retires it. Only what the other side says about a message of the
same line counts as an answer: nobody answers for us, and nothing that a peer makes up can touch
another line.

How long an answer may take is in the letter, which the log does not hold. So the time of each
precedence is entered before the first message that it is for, once each time the journal is opened
and whenever it changes: a due time then follows from the entries, and no message costs a second
entry. What a stand-by makes of it is entered one by one: stand-bys are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hotline.journal.records import append_record
from hotline.journal.state import LineState
from hotline.model.kinds import Answer, Kind
from hotline.wire.records import AnswerDue, AnswerTime, encode_record

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

ANSWER_TIME, ANSWER_DUE = "answer-time", "answer-due"
"""The kinds of the records."""
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


def enter_answer_time(
    journal: Journal, line: LineState, stream: int, group: Sequence[Said], now_us: int
) -> None:
    """Enter how long the messages of a group, which is entered next, may wait for an answer.

    Nothing is entered where none of them wants one, or where that is in the log by now.
    """
    for said in group:
        if said.answer_within_s is not None and said.about is None:
            within_us = _microseconds(said.answer_within_s)
            if line.answer_within_us.get(stream) != within_us:
                payload = encode_record(AnswerTime(stream, within_us))
                append_record(journal, line, ANSWER_TIME, payload, now_us)
                line.answer_within_us[stream] = within_us
            return


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6)


@dataclass(slots=True)
class Waits:
    """What the messages of one group, all of one stream and direction, do to deadlines."""

    stream: int
    wanting: list[tuple[int, bytes, int]] = field(default_factory=list)
    stand_bys: list[tuple[bytes, int]] = field(default_factory=list)
    answered: list[bytes] = field(default_factory=list)
    retired: list[tuple[str, int]] = field(default_factory=list)

    def note(self, index: int, id_: bytes, kind: str, said: Said) -> None:
        """Take note of one message, which is entry ``index``."""
        if said.settles and said.about is not None:
            self.answered.append(said.about)
        elif said.answer_within_s is not None and said.about is not None:
            self.stand_bys.append((said.about, _microseconds(said.answer_within_s)))
        elif said.answer_within_s is not None:
            self.wanting.append((index, id_, _microseconds(said.answer_within_s)))
        if kind in RETIRING and said.reference is not None:
            self.retired.append((said.reference, index))

    def enter(self, journal: Journal, line: LineState, direction: int, now_us: int) -> None:
        """Change the table of deadlines; what is answered, or wants no answer, stays so.

        The group's messages are entered before: what is entered here lies behind all of them.
        """
        log = line.log
        usual_us = line.answer_within_us.get(self.stream)
        moved = []
        rows = []
        for index, id_, us in self.wanting:
            rows.append((log, index, direction, now_us + us))
            if us != usual_us:
                moved.append((id_, now_us + us))
        if rows:
            journal.executemany(_START, rows)
        for about, us in self.stand_bys:
            if journal.execute(_MOVE, (about, log, direction, now_us + us)).rowcount:
                moved.append((about, now_us + us))
        for id_, due_us in moved:
            payload = encode_record(AnswerDue(id_, due_us))
            append_record(journal, line, ANSWER_DUE, payload, now_us)
        if self.answered:
            journal.executemany(_SETTLE, [(id_, log, direction) for id_ in self.answered])
        if self.retired:
            gone = [(name, log, direction, before) for name, before in self.retired]
            journal.executemany(_RETIRE, gone)
