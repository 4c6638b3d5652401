"""The airspace as a map can draw it: outlines, where two meet, and how much effort that takes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape  # type: ignore[import-untyped]

from hotline.api import drawn
from hotline.api.drawn import TOO_MUCH, Pen, outline_of
from hotline.api.schema import Outline
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D
from tests.api.conftest import Pair, ask
from tests.api.test_airspace import OURS, PATROL, THEIRS, about, meeting, patrol
from tests.centres import example

DAY = "2026-03-01T"


def square(
    south: float, west: float, *, lower: float = 18_000, upper: float = 28_000, hour: int = 6
) -> Volume4D:
    """Return one degree by one, in feet, for an hour."""
    corners = [(0, 0), (0, 1), (1, 1), (1, 0)]
    return Volume4D(
        outline_polygon=Polygon(tuple(Position(south + up, west + right) for up, right in corners)),
        altitude_lower=Altitude(lower),
        altitude_upper=Altitude(upper),
        time_start=f"{DAY}{hour:02}:00:00Z",
        time_end=f"{DAY}{hour + 1:02}:00:00Z",
    )


def bounds(outline: Outline | str | None) -> tuple[float, ...]:
    """Return west, south, east and north of an outline, to a hundredth of a degree."""
    assert isinstance(outline, Outline)
    area = shape({"type": "MultiPolygon", "coordinates": outline.coordinates})
    assert area.is_valid
    return tuple(round(float(edge), 2) for edge in area.bounds)


async def test_the_picture_is_drawn_where_that_is_asked_for(pair: Pair) -> None:
    """Outline, levels in words and metres, times and owner of both; and where they meet."""
    await meeting(pair)
    plain = await pair.a.airspace()
    assert [one.drawn for one in plain.activities] == [None, None]
    assert [one.drawn for one in plain.relations] == [None]
    found = await pair.a.airspace(drawn=True)
    for activity, centre in zip(found.activities, ("hmeimim", "iaf"), strict=True):
        assert activity.drawn is not None
        (volume,) = activity.drawn
        assert (volume.centre, volume.lower, volume.upper) == (centre, "FL180", "FL280")
        assert (volume.lower_m, volume.upper_m) == (5486.4, 8534.4)
        assert (volume.starts_at, volume.ends_at) == (activity.starts_at, activity.ends_at)
        assert (volume.undrawn, volume.off_nominal) == ("", False)
        corners = [
            (round(corner["lng"], 2), round(corner["lat"], 2))
            for corner in example(PATROL)["volumes"][0]["outline_polygon"]["vertices"]
        ]
        wests, souths = zip(*corners, strict=True)
        assert bounds(volume.geometry) == (min(wests), min(souths), max(wests), max(souths))
    (relation,) = found.relations
    assert {relation.own, relation.other} == {OURS, THEIRS}
    assert bounds(relation.drawn) == bounds(found.activities[0].drawn[0].geometry)  # type: ignore[index]


async def test_what_is_outside_of_what_was_announced_is_drawn_too(pair: Pair) -> None:
    """A volume off nominal is marked; a moment that has passed is drawn as it stood."""
    await pair.a.send(patrol(OURS))
    before = (await pair.a.airspace()).at
    (volume,) = example(PATROL)["volumes"]
    elsewhere = {"center": {"lat": 35.0, "lng": 33.0}, "radius_m": 5000}
    outside = {k: v for k, v in volume.items() if k != "outline_polygon"}
    outside |= {"outline_circle": elsewhere, "time_start": "+0s"}
    await pair.a.send(about("contingency", at="+0s", reason="engine out", volumes=[outside]))
    (now,) = (await pair.a.airspace(drawn=True)).activities
    assert now.drawn is not None
    assert [one.off_nominal for one in now.drawn] == [False, True]
    assert bounds(now.drawn[1].geometry) == (32.95, 34.95, 33.05, 35.05)
    (then,) = (await pair.a.airspace(at=before, drawn=True)).activities
    assert then.drawn is not None
    assert [one.off_nominal for one in then.drawn] == [False]


async def test_drawn_is_true_or_false(pair: Pair) -> None:
    """Anything else is refused, as with every such parameter."""
    asked = await ask(pair.iaf, "GET", "/v1/airspace?drawn=perhaps")
    assert (asked.status, asked.body["code"]) == (400, "api.bad-flag")


def test_two_meet_where_their_volumes_do() -> None:
    """In area, at levels and at times that both have; what only touches has no area."""
    pen = Pen()
    mine = [square(33, 33)]

    def area(*other: Volume4D) -> Outline | None:
        return pen.meeting(mine, other, None, None)

    assert bounds(area(square(33.5, 33.5))) == (33.5, 33.5, 34.0, 34.0)
    assert area(square(40, 33)) is None
    assert area(square(33, 34)) is None
    assert area(square(33.5, 33.5, lower=40_000, upper=45_000)) is None
    both = [square(33.5, 33.5), square(33.2, 32.5, hour=9)]
    start_us, end_us = mine[0].start_us, mine[0].end_us
    assert bounds(pen.meeting(mine, both, start_us, end_us)) == (33.5, 33.5, 34.0, 34.0)


def test_what_crosses_the_antimeridian_is_cut_there() -> None:
    """Both pieces lie within the map, and so does where two of them meet."""
    across = square(10, 179.5)
    corners = tuple(
        Position(point.lat, point.lon if point.lon <= 180 else point.lon - 360)
        for point in across.points
    )
    across = Volume4D(outline_polygon=Polygon(corners))
    outline = outline_of(across)
    assert isinstance(outline, Outline)
    assert len(outline.coordinates) == 2
    assert bounds(outline) == (-180.0, 10.0, 180.0, 11.0)
    assert bounds(Pen().meeting([across], [across], None, None)) == (-180.0, 10.0, 180.0, 11.0)


def test_a_long_edge_is_drawn_along_the_geodesic() -> None:
    """An edge along the parallel bulges north by a third of a degree, and so does what is drawn."""
    corners = (Position(60, 20), Position(60, 40), Position(55, 30))
    outline = outline_of(Volume4D(outline_polygon=Polygon(corners)))
    assert bounds(outline)[3] == 60.38


def test_what_cannot_be_drawn_says_why() -> None:
    """No outline, a wrong one, and more than one answer may hold."""
    nowhere, beyond = Volume4D(), Volume4D(outline_circle=Circle(Position(200, 0), 10))
    first, second = Pen().volumes("iaf", [nowhere], [beyond])
    assert (first.geometry, first.undrawn) == (None, "it has no outline")
    assert (second.geometry, second.undrawn) == (None, "it lies outside the globe")
    assert (first.lower, first.starts_at, first.off_nominal) == (None, None, False)


def test_an_answer_holds_only_so_many_corners(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes first is drawn; the rest says that it is too much."""
    monkeypatch.setattr(drawn, "MOST_CORNERS", 12)
    found = Pen().volumes("iaf", [square(33, number) for number in range(4)], [])
    assert [one.undrawn for one in found] == ["", "", TOO_MUCH, TOO_MUCH]


def test_meeting_takes_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many pairs of volumes, too many corners, or no time left: no area."""
    many = [square(33, 33)] * 11
    assert Pen().meeting(many, many, None, None) is None
    monkeypatch.setattr(drawn, "MOST_S", 0.0)
    assert Pen().meeting(many[:1], many[:1], None, None) is None


degrees = st.floats(-200, 400) | st.sampled_from([0.0, 90.0, -90.0, 180.0, -180.0])
positions = st.builds(Position, degrees, degrees)
lines = st.lists(positions, max_size=6).map(tuple)
volumes = st.builds(
    Volume4D,
    outline_polygon=st.none() | st.builds(Polygon, lines),
    outline_circle=st.none() | st.builds(Circle, positions, st.floats(-1, 1e7)),
    corridor=st.none() | st.builds(Corridor, lines, st.floats(-1, 1e6)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(volumes, max_size=3), st.lists(volumes, max_size=3))
def test_nothing_that_a_peer_can_say_breaks_the_picture(
    own: list[Volume4D], other: list[Volume4D]
) -> None:
    """Each volume is drawn inside the map, or says why not; and it does not take long."""
    pen, began = Pen(), time.perf_counter()
    for one in pen.volumes("iaf", own, other):
        assert (one.geometry is None) == bool(one.undrawn)
        if one.geometry is not None:
            west, south, east, north = shape(
                {"type": "MultiPolygon", "coordinates": one.geometry.coordinates}
            ).bounds
            assert -180 <= west <= east <= 180
            assert -90 <= south <= north <= 90
    pen.meeting(own, other, None, None)
    assert time.perf_counter() - began < 5
