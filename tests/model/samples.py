"""Messages that break no rule, to be changed by one thing at a time."""

from __future__ import annotations

import msgspec

from hotline.model.messages import Notice, ReadBack, Reply
from hotline.model.times import parse_time
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

NOW_US = parse_time("2026-03-01T10:00:00Z")
START = "2026-03-01T11:00:00Z"
END = "2026-03-01T13:00:00Z"
FL180 = Altitude(180.0, "fl", "standard")
FL240 = Altitude(240.0, "fl", "standard")
SQUARE = (
    Position(34.0, 33.0),
    Position(34.0, 33.5),
    Position(33.5, 33.5),
    Position(33.5, 33.0),
)


def polygon(*pairs: tuple[float, float]) -> Polygon:
    """Return a polygon of (latitude, longitude) pairs."""
    return Polygon(tuple(Position(lat, lon) for lat, lon in pairs))


def volume(**changes: object) -> Volume4D:
    """Return a square area from FL180 to FL240 for two hours, with ``changes``."""
    whole = Volume4D(
        outline_polygon=Polygon(SQUARE),
        altitude_lower=FL180,
        altitude_upper=FL240,
        time_start=START,
        time_end=END,
    )
    return msgspec.structs.replace(whole, **changes)


def shaped(outline: Polygon | Circle | Corridor) -> Volume4D:
    """Return the volume with another outline."""
    return volume(
        outline_polygon=outline if isinstance(outline, Polygon) else None,
        outline_circle=outline if isinstance(outline, Circle) else None,
        corridor=outline if isinstance(outline, Corridor) else None,
    )


def notice(**changes: object) -> Notice:
    """Return a notice of a patrol in one volume, with ``changes``."""
    whole = Notice(
        reference="IAF-0001",
        title="Patrol",
        activity="patrol",
        volumes=(volume(),),
        remarks="Two fighters",
        contact="Desk 1",
    )
    return msgspec.structs.replace(whole, **changes)


def read_back(**changes: object) -> ReadBack:
    """Return the right read-back of `notice`, with ``changes``."""
    whole = ReadBack(
        position=Position(33.75, 33.25),
        place="south of the island",
        time_start=START,
        time_end=END,
        altitude_lower=FL180,
        altitude_upper=FL240,
    )
    return msgspec.structs.replace(whole, **changes)


def reply(**changes: object) -> Reply:
    """Return an acceptance of `notice`, with ``changes``."""
    whole = Reply(
        to="ab" * 32,
        reference="IAF-0001",
        answer="accept",
        read_back=read_back(),
        officer="Lt. Example",
    )
    return msgspec.structs.replace(whole, **changes)
