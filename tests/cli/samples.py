"""Views of messages as the API gives them, for tests of what is printed."""

from __future__ import annotations

from typing import Any

from hotline.api.schema import MessageView

NOW_US = 1_772_359_200_000_000
"""2026-03-01T10:00:00Z."""


def view(**changes: Any) -> MessageView:
    """Return a received notice that is unread, changed as the test needs it."""
    fields: dict[str, Any] = {
        "id": "ab" * 32,
        "peer": "iaf",
        "direction": "in",
        "kind": "notice",
        "precedence": "ROUTINE",
        "seq": 1,
        "entry": 4,
        "created_at": "2026-03-01T09:59:59.000000Z",
        "entered_at": "2026-03-01T09:59:59.500000Z",
        "state": "unread",
        "reference": "IAF-0101",
        "about": None,
        "title": "Patrol",
        "receipt": None,
        "read_by": None,
        "read_at": None,
        "answer": None,
        "answered_by": None,
        "answered_at": None,
        "due_at": None,
        "warning_s": None,
        "life": "planned",
        "flags": [],
        "message": None,
        "text": "NOTICE IAF-0101 Patrol",
    }
    return MessageView(**(fields | changes))
