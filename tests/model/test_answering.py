"""Which messages owe their sender an answer."""

from __future__ import annotations

import pytest

from hotline.model.answering import ANSWERED, wants_answer
from hotline.model.kinds import Kind, Status
from hotline.model.messages import Advisory, LineCheck, Notice, Service

STOP = Advisory("Engine fire on approach", phrases=(101, 513))
PLAYED = (Status.EXERCISE, Status.TEST)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("kind", [*(kind.value for kind in Kind), "telegram"])
def test_what_cannot_be_read_is_answered_as_its_kind_is(kind: str, status: Status) -> None:
    """A notice, a revision and an advisory are answered, whatever is in them; nothing else is."""
    assert wants_answer(kind, None, status) is (kind in ANSWERED)


def test_what_stops_play_is_not_answered() -> None:
    """From there on nobody plays; among actual traffic it stops nothing, and is answered."""
    for status in PLAYED:
        assert not wants_answer(Kind.ADVISORY, STOP, status)
        assert wants_answer(Kind.ADVISORY, Advisory("Two aircraft", phrases=(101,)), status)
        assert wants_answer(Kind.NOTICE, Notice("IAF-0001"), status)
    assert wants_answer(Kind.ADVISORY, STOP, Status.ACTUAL)


def test_what_is_never_answered_is_not_answered_for_the_phrase() -> None:
    """A service message that stops play, and a line check, owe as little as any other."""
    for status in Status:
        assert not wants_answer(Kind.SERVICE, Service("Fire", phrases=(513,)), status)
        assert not wants_answer(Kind.LINE_CHECK, LineCheck(phrases=(513,)), status)
