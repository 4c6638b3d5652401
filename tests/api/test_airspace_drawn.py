"""The airspace as a map can draw it: outlines, where two meet, and how much effort that takes."""

from __future__ import annotations

import asyncio
import math
import time
from random import Random
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import make_valid  # type: ignore[import-untyped]
from shapely.geometry import shape  # type: ignore[import-untyped]

from hotline.api import drawn, outlines
from hotline.api.drawn import LATER, ONLY_BOUNDS, TOO_MUCH, Pen
from hotline.api.outlines import Outlines, bounds_of, circle_around, corners_of, outline_of
from hotline.api.schema import Outline, SendRequest
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D
from tests.api.conftest import Pair, ask
from tests.api.test_airspace import OURS, PATROL, THEIRS, about, meeting, patrol
from tests.centres import eventually, example

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


def area_of(outline: Outline | str | None) -> Any:
    """Return an outline as a plane area."""
    assert isinstance(outline, Outline)
    return make_valid(shape({"type": "MultiPolygon", "coordinates": outline.coordinates}))


def wild_corridor(points: int, seed: int, width_m: float = 100_000.0) -> Volume4D:
    """Return a corridor that goes to and fro over the sea: some seconds of work to draw."""
    chance = Random(seed)
    line = tuple(
        Position(round(chance.uniform(31, 37), 3), round(chance.uniform(30, 38), 3))
        for _ in range(points)
    )
    return Volume4D(corridor=Corridor(line, width_m))


def ragged(corners: int) -> Volume4D:
    """Return a round area of very many corners."""
    return Volume4D(
        outline_polygon=Polygon(
            tuple(
                Position(
                    34 + math.sin(turn) * (1 + number % 2 / 9),
                    34 + math.cos(turn) * (1 + number % 2 / 9),
                )
                for number in range(corners)
                for turn in [2 * math.pi * number / corners]
            )
        )
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
    """What comes first is drawn, then the bounds alone; the rest says that it is too much."""
    monkeypatch.setattr(drawn, "MOST_CORNERS", 22)
    monkeypatch.setattr(drawn, "CORNERS_FOR_BOUNDS", 10)
    found = Pen().volumes("iaf", [square(33, number) for number in range(6)], [])
    assert [one.undrawn for one in found] == ["", "", *[ONLY_BOUNDS] * 2, TOO_MUCH, TOO_MUCH]
    assert [one.geometry is None for one in found] == [False] * 4 + [True] * 2
    assert not any(one.later for one in found)


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
    for volume, one in zip((*own, *other), pen.volumes("iaf", own, other), strict=True):
        assert one.undrawn or one.geometry is not None
        bounds = bounds_of(circle_around(volume))
        if bounds is not None and one.geometry is not None:
            assert area_of(bounds).buffer(1e-5).covers(area_of(one.geometry))
        if one.geometry is not None:
            west, south, east, north = shape(
                {"type": "MultiPolygon", "coordinates": one.geometry.coordinates}
            ).bounds
            assert -180 <= west <= east <= 180
            assert -90 <= south <= north <= 90
    pen.meeting(own, other, None, None)
    assert time.perf_counter() - began < 5


# --- What takes long ------------------------------------------------------------------------------


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Outlines:
    """Give a process that has drawn nothing yet."""
    fresh = Outlines()
    monkeypatch.setattr(drawn, "OUTLINES", fresh)
    return fresh


async def test_what_takes_long_is_drawn_once_and_meanwhile_by_its_bounds(
    kept: Outlines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many ask, one thread draws; each has an answer at once, with the bounds of it."""
    done: list[Volume4D] = []
    go_on = Event()

    def slow(volume: Volume4D) -> Outline | str:
        done.append(volume)
        assert go_on.wait(30)
        return outline_of(volume)

    monkeypatch.setattr(outlines, "outline_of", slow)
    heavy = [wild_corridor(300, seed) for seed in range(3)]
    for _ in range(4):
        found = Pen().volumes("iaf", heavy, [])
        assert [(one.later, one.undrawn) for one in found] == [(True, LATER)] * 3
        assert Pen().meeting(heavy[:1], heavy[1:], None, None) is None
    go_on.set()
    drawings = Pen(wait_s=30).volumes("iaf", heavy, [])
    assert [(one.later, one.undrawn) for one in drawings] == [(False, "")] * 3
    for before, after in zip(found, drawings, strict=True):
        assert area_of(before.geometry).covers(area_of(after.geometry))
    assert sorted(done, key=hash) == sorted(heavy, key=hash)
    assert Pen().meeting(heavy[:1], heavy[1:], None, None) is not None
    await eventually(lambda: kept.idle)


def test_what_is_least_work_is_drawn_first(kept: Outlines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's heavy areas keep a light one waiting longer than the one that is being drawn."""
    begun, go_on, order = Event(), Event(), []

    def slow(volume: Volume4D) -> Outline | str:
        begun.set()
        assert go_on.wait(30)
        order.append(len(volume.points))
        return "drawn"

    monkeypatch.setattr(outlines, "outline_of", slow)
    until = time.monotonic()
    for points in (400, 500, 300, 200):
        assert kept.draw(wild_corridor(points, 1), until) is None
        assert begun.wait(30)
    go_on.set()
    assert kept.wait(wild_corridor(500, 1), time.monotonic() + 30) == "drawn"
    assert order == [400, 200, 300, 500]


def test_what_fails_to_be_drawn_stops_nothing(
    kept: Outlines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours says that it is one, and the next outline is drawn."""

    def faulty(volume: Volume4D) -> Outline | str:
        if len(volume.points) == 200:
            raise ZeroDivisionError
        return "drawn"

    monkeypatch.setattr(outlines, "outline_of", faulty)
    for points, said in ((200, "this program cannot draw it"), (300, "drawn")):
        kept.draw(wild_corridor(points, 1), 0.0)
        assert kept.wait(wild_corridor(points, 1), time.monotonic() + 30) == said


def test_only_so_many_corners_are_kept(kept: Outlines, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for last stays; what was dropped is drawn again, not refused."""
    monkeypatch.setattr(outlines, "KEPT_CORNERS", 12)
    drawings = 0

    def counted(volume: Volume4D) -> Outline | str:
        nonlocal drawings
        drawings += 1
        return outline_of(volume)

    monkeypatch.setattr(outlines, "outline_of", counted)
    first, second, third = (square(33, west) for west in range(3))
    for volume in (first, second, first, third, first, second):
        assert isinstance(kept.draw(volume, time.monotonic() + 30), Outline)
    assert drawings == 4


@pytest.mark.parametrize(
    ("volume", "limit"),
    [(ragged(3_000), 2_000), (wild_corridor(120, 7, 4_000.0), 400), (wild_corridor(200, 8), 200)],
)
def test_a_simplified_outline_is_never_smaller(
    volume: Volume4D, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has few corners, holds the whole one, and lies within a fiftieth of its extent."""
    monkeypatch.setattr(outlines, "PLAIN_CORNERS", limit)
    plain = outline_of(volume)
    monkeypatch.setattr(outlines, "PLAIN_CORNERS", 1_000_000)
    whole = outline_of(volume)
    assert isinstance(plain, Outline)
    assert isinstance(whole, Outline)
    west, south, east, north = area_of(whole).bounds
    assert area_of(plain).covers(area_of(whole))
    assert area_of(whole).buffer(max(east - west, north - south) / 50).covers(area_of(plain))
    assert corners_of(plain) <= limit < corners_of(whole)


@pytest.mark.parametrize(
    "volume",
    [
        Volume4D(outline_circle=Circle(Position(0, 179.9), 50_000)),
        Volume4D(outline_circle=Circle(Position(89.9, 0), 50_000)),
        Volume4D(corridor=Corridor((Position(60, 20), Position(60, 40)), 10_000)),
        square(33, 33),
    ],
)
def test_bounds_hold_the_whole_area(volume: Volume4D) -> None:
    """Across the antimeridian, around a pole, and where a geodesic bulges."""
    assert (
        area_of(bounds_of(circle_around(volume))).buffer(1e-5).covers(area_of(outline_of(volume)))
    )


async def test_heavy_notices_keep_no_picture_waiting(pair: Pair, kept: Outlines) -> None:
    """Four who ask at once, while eight corridors stand that take seconds each, have answers."""
    (volume,) = example(PATROL)["volumes"]
    for number in range(8):
        line = [
            {"lat": point.lat, "lng": point.lon} for point in wild_corridor(1_500, number).points
        ]
        heavy = {k: v for k, v in volume.items() if k != "outline_polygon"}
        heavy["corridor"] = {"line": line, "width_m": 100_000}
        await pair.b.send(
            SendRequest(
                document=example(PATROL) | {"reference": f"HEAVY-{number}", "volumes": [heavy]},
                officer="orlov",
            )
        )
    await eventually(lambda: pair.iaf.lines["hmeimim"].airspace.current.count("hmeimim") == 8)
    began = time.monotonic()
    views = await asyncio.gather(*(pair.a.airspace(drawn=True) for _ in range(4)))
    # A bound that holds on a machine with much else to do; drawing them all took many times that.
    assert time.monotonic() - began < 8
    for view in views:
        assert view.count == 8
        for activity in view.activities:
            assert activity.middle is not None
            assert [one.geometry is None for one in activity.drawn or ()] == [False]
    assert any(one.later for activity in views[0].activities for one in activity.drawn or ())
