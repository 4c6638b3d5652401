"""Notices that break no rule, of every kind of outline, level and time, to be carried around."""

from __future__ import annotations

import math

import msgspec
from hypothesis import strategies as st
from pyproj import Geod

from hotline.formats.announcement import Announcement
from hotline.formats.carries import Format
from hotline.model.kinds import Activity, Precedence, Reference, Status, Unit
from hotline.model.messages import Notice, Revision
from hotline.model.rules import problems
from hotline.model.times import format_time
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

GEOD = Geod(ellps="WGS84")
READABLE = (Format.JSON, Format.GEOJSON, Format.KML, Format.F3548)
"""The formats that can be read as well as written."""

_words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co")),
    min_size=1,
    max_size=12,
).filter(lambda text: bool(text.strip()))
_longitudes = st.floats(-180, 180) | st.floats(179, 180) | st.floats(-180, -179)
_centres = st.builds(Position, st.floats(-80, 80), _longitudes)


@st.composite
def _polygons(draw: st.DrawFn) -> Polygon:
    """Draw a star-shaped ring around a centre, to the left or to the right."""
    centre = draw(_centres)
    count = draw(st.integers(3, 9))
    reaches = draw(st.lists(st.floats(2_000, 90_000), min_size=count, max_size=count))
    first, side = draw(st.floats(0, 360)), draw(st.sampled_from([-1, 1]))
    vertices = []
    for index, reach in enumerate(reaches):
        azimuth = first + side * 360 * index / count
        lon, lat, _ = GEOD.fwd(centre.lon, centre.lat, azimuth, reach)
        vertices.append(Position(lat, lon))
    return Polygon(tuple(vertices))


_corridors = st.builds(
    lambda start, steps, width: Corridor(_walk(start, steps), width),
    _centres,
    st.lists(st.tuples(st.floats(0, 360), st.floats(3_000, 300_000)), min_size=1, max_size=4),
    st.floats(100, 50_000),
)


def _walk(start: Position, steps: list[tuple[float, float]]) -> tuple[Position, ...]:
    line = [start]
    for azimuth, metres in steps:
        lon, lat, _ = GEOD.fwd(line[-1].lon, line[-1].lat, azimuth, metres)
        line.append(Position(max(-85.0, min(85.0, lat)), lon))
    return tuple(line)


outlines = _polygons() | st.builds(Circle, _centres, st.floats(1, 300_000)) | _corridors
_heights = st.floats(-400, 20_000) | st.integers(0, 20_000).map(float)


@st.composite
def _levels(draw: st.DrawFn) -> tuple[Altitude, Altitude]:
    unit = draw(st.sampled_from(list(Unit)))
    reference = draw(st.sampled_from(list(Reference)))
    if unit is Unit.FLIGHT_LEVEL:
        reference = Reference.STANDARD
    low, high = sorted(draw(st.tuples(_heights, _heights)))
    scale = 0.01 if unit is Unit.FLIGHT_LEVEL else 1.0
    lower, upper = (Altitude(value * scale, unit, reference) for value in (low, high))
    if draw(st.booleans()):
        lower = Altitude(0.0, Unit.FEET.value, Reference.GROUND.value)
    return lower, upper


@st.composite
def volumes(draw: st.DrawFn) -> Volume4D:
    """Draw a volume that keeps every rule."""
    outline = draw(outlines)
    lower, upper = draw(_levels())
    start = draw(st.integers(0, 4_000_000_000)) * 1_000_000 + draw(st.sampled_from([0, 1, 500_000]))
    end = start + draw(st.integers(0, 86_400)) * 1_000_000
    return Volume4D(
        outline_polygon=outline if isinstance(outline, Polygon) else None,
        outline_circle=outline if isinstance(outline, Circle) else None,
        corridor=outline if isinstance(outline, Corridor) else None,
        altitude_lower=lower,
        altitude_upper=upper,
        time_start=format_time(start),
        time_end=format_time(end),
    )


def _sound(announcement: Announcement) -> bool:
    return not problems(announcement.message)


_common = {
    "reference": st.sampled_from(["IAF-0007", "HM-12", "X"]),
    "title": _words,
    "activity": st.sampled_from([activity.value for activity in Activity]),
    "volumes": st.lists(volumes(), min_size=1, max_size=3).map(tuple),
    "remarks": st.just("") | st.lists(_words, min_size=1, max_size=3).map("\n".join),
    "contact": st.just("") | _words,
    "officer": st.just("") | _words,
}
messages = st.builds(Notice, **_common) | st.builds(
    Revision, **_common, number=st.integers(1, 1_000_000), reason=st.just("") | _words
)
announcements = st.builds(
    Announcement,
    messages,
    st.sampled_from(list(Precedence)),
    st.just("iaf"),
    st.sampled_from(list(Status)),
).filter(_sound)
"""Notices and revisions that could have been sent."""

_anything = st.floats() | st.sampled_from([math.nan, math.inf, 1e308, 91.0, 181.0, 0.0])
wild_positions = st.builds(Position, _anything | st.floats(-90, 90), _anything | _longitudes)
wild_volumes = st.builds(
    Volume4D,
    outline_polygon=st.none()
    | st.lists(wild_positions, max_size=5).map(lambda found: Polygon(tuple(found))),
    outline_circle=st.none() | st.builds(Circle, wild_positions, _anything),
    corridor=st.none()
    | st.builds(Corridor, st.lists(wild_positions, max_size=4).map(tuple), _anything),
    altitude_lower=st.none()
    | st.builds(Altitude, _anything, st.text(max_size=3), st.text(max_size=3)),
    altitude_upper=st.none()
    | st.builds(Altitude, _anything, st.sampled_from([*Unit]), st.sampled_from([*Reference])),
    time_start=st.sampled_from(["", "soon", "2026-03-01T10:00:00Z", "9999-12-31T23:59:59Z"]),
    time_end=st.sampled_from(["", "2026-03-01T10:00:00", "2026-03-01T09:00:00Z"]),
)
wild = st.builds(
    Announcement,
    st.builds(
        Notice,
        reference=st.text(max_size=5),
        title=st.text(max_size=5),
        activity=st.text(max_size=5),
        volumes=st.lists(wild_volumes, max_size=3).map(tuple),
        remarks=st.text(max_size=9),
    ),
    st.sampled_from(list(Precedence)),
    st.text(max_size=4),
    st.none() | st.sampled_from(list(Status)),
)
"""What a peer might send instead: typed, and nothing more."""


def changed(announcement: Announcement, **fields: object) -> Announcement:
    """Return an announcement with other fields of its message."""
    return Announcement(
        msgspec.structs.replace(announcement.message, **fields),
        announcement.precedence,
        announcement.centre,
        announcement.status,
    )
