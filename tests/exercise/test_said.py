"""What a node's view of a message says to whoever works at the desk, or reports on it."""

from __future__ import annotations

from typing import Any

from hotline.api.schema import MessageView
from hotline.exercise.said import is_answered, message_in
from hotline.model.messages import Advisory
from tests.cli.samples import view as view_of


def view(kind: str, message: dict[str, Any] | None) -> MessageView:
    """Return a view of a message."""
    return view_of(kind=kind, message=message)


def test_nobody_answers_what_has_stopped_play() -> None:
    """Neither a simulated officer nor the report's deadlines, but every other advisory."""
    assert not is_answered(view("advisory", {"text": "Fire", "phrases": [513]}))
    assert is_answered(view("advisory", {"text": "Fire", "phrases": [101]}))
    assert not is_answered(view("service", {"text": "Good morning"}))


def test_what_cannot_be_read_is_no_message() -> None:
    """A view without a message, of a later kind, or of another form; its kind alone counts."""
    for one in (view("advisory", None), view("advisory", {"text": 7})):
        assert message_in(one) is None
        assert is_answered(one)
    assert message_in(view("telegram", {"text": "Stop"})) is None
    assert message_in(view("advisory", {"text": "Fire"})) == Advisory("Fire")
