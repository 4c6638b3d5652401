"""Views of messages as the API gives them, for tests of what is printed."""

from __future__ import annotations

from typing import Any

from hotline.api.airspace_shapes import ActivityView, AirspaceView
from hotline.api.schema import MessageView, RelationView
from hotline.model.times import format_time

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


def related(relation: str = "conflict", **changes: Any) -> RelationView:
    """Return a relation between two notices, changed as the test needs it."""
    fields: dict[str, Any] = {
        "line": "iaf",
        "relation": relation,
        "own": "HMEIMIM-0201",
        "other": "IAF-0101",
        "own_id": "cd" * 32,
        "other_id": "ab" * 32,
        "by_right": False,
        "text": f"HMEIMIM-0201: {relation} with IAF-0101 from 2026-03-01 10:20 to 10:45 UTC",
        "from_": "2026-03-01T10:20:00.000000Z",
        "until": "2026-03-01T10:45:00.000000Z",
    }
    return RelationView(**(fields | changes))


def activity(**changes: Any) -> ActivityView:
    """Return a planned patrol of iaf, changed as the test needs it."""
    fields: dict[str, Any] = {
        "line": "iaf",
        "reference": "IAF-0101",
        "centre": "iaf",
        "direction": "in",
        "state": "planned",
        "phase": "later",
        "revision": 0,
        "precedence": "ROUTINE",
        "activity": "patrol",
        "title": "Patrol",
        "starts_at": "2026-03-01T10:12:00.000000Z",
        "ends_at": "2026-03-01T12:00:00.000000Z",
        "starts_in_s": 720.0,
        "ends_in_s": 7200.0,
        "levels": "FL180 to FL200",
        "outline": "polygon of 4 corners",
        "volumes": 1,
        "off_nominal": 0,
        "middle": None,
        "entered_at": "2026-03-01T09:59:59.500000Z",
        "id": "ab" * 32,
        "relations": {},
    }
    return ActivityView(**(fields | changes))


def seen(*activities: ActivityView, **changes: Any) -> AirspaceView:
    """Return a picture at the samples' moment, changed as the test needs it."""
    fields: dict[str, Any] = {
        "centre": "hmeimim",
        "at": format_time(NOW_US),
        "known_at": format_time(NOW_US),
        "activities": list(activities),
        "relations": [],
        "count": len(activities),
        "relation_count": 0,
        "more": False,
        "whole": True,
    }
    return AirspaceView(**(fields | changes))
