"""Which messages owe their sender a human's answer: one rule for desk, verification and reports.

A notice, a revision and an advisory do. The one exception is what stops an exercise
(docs/spec/phrases.md, section 3): from there on nobody plays, so nobody answers it. That it arrived
is said by its receipt, that it was heeded by the name at the alarm it raises.
"""

from __future__ import annotations

from typing import Final

from hotline.model.kinds import Kind
from hotline.model.messages import Message
from hotline.model.play import stops_play

ANSWERED: Final = frozenset({Kind.NOTICE.value, Kind.REVISION.value, Kind.ADVISORY.value})
"""Kinds that a human answers within the letter's time."""


def wants_answer(kind: str, message: Message | None, status: str) -> bool:
    """Whether a message wants a human's answer within the letter's time.

    ``kind`` is as it was signed, also where this version knows no such. ``message`` is None where
    it cannot be read, and is then answered as its kind is. ``status`` holds a `Status`.
    """
    return kind in ANSWERED and not stops_play(message, status)
