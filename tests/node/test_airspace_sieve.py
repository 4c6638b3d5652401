"""The coarse test never leaves out what is near, whatever the notices look like."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hotline.airspace.activity import plan
from hotline.airspace.comparison import relate
from hotline.airspace.periods import ALWAYS_US
from hotline.airspace.terms import DEFAULT_TERMS
from hotline.model.kinds import Precedence, Relation
from hotline.model.messages import Notice
from hotline.model.times import SECOND_US, format_time
from hotline.model.volume import Circle, Corridor, Polygon, Position, Volume4D
from hotline.node.airspace.sieve import EVERYWHERE, Sieve, coarse
from hotline.node.airspace.standing import bounds_of

DAY_US = 20_000 * 86_400 * SECOND_US


def near(one: tuple[Volume4D, ...], other: tuple[Volume4D, ...]) -> bool:
    """Say whether the sieve finds two to be near, which does not depend on their order."""
    found = []
    for here, there in ((one, other), (other, one)):
        sieve: Sieve[str] = Sieve(DEFAULT_TERMS)
        sieve.put("it", coarse(there))
        found.append(sieve.near(coarse(here)) == ["it"])
    return any(found)


def elsewhere(corners: int = 3) -> Volume4D:
    """Return a ring of so many corners, far from everything else and years later."""
    turn = math.tau / corners
    ring = (
        Position(50 + 0.1 * math.cos(turn * at), 50 + 0.1 * math.sin(turn * at))
        for at in range(corners)
    )
    return Volume4D(
        outline_polygon=Polygon(tuple(ring)),
        time_start=format_time(3 * DAY_US),
        time_end=format_time(3 * DAY_US + 600 * SECOND_US),
    )


def wrapped(lon: float) -> float:
    """Return a longitude from -180 to 180."""
    return (lon + 180) % 360 - 180


@st.composite
def volumes(draw: st.DrawFn) -> Volume4D:
    """Draw a volume near one of a few places: on the equator, at the antimeridian, far north."""
    lat, lon = draw(st.sampled_from([(0.0, 0.0), (34.0, 33.0), (60.0, 179.9), (79.0, -179.9)]))
    spread = draw(st.sampled_from([0.05, 1.0, 12.0]))
    place = st.floats(-spread, spread)
    points = tuple(
        Position(min(90.0, lat + draw(place)), wrapped(lon + draw(place)))
        for _ in range(draw(st.integers(1, 5)))
    )
    shape = draw(st.sampled_from(["polygon", "circle", "corridor"]))
    start_us = DAY_US + draw(st.integers(0, 3)) * 600 * SECOND_US
    times = Volume4D(
        time_start=format_time(start_us),
        time_end=format_time(start_us + 600 * SECOND_US),
    )
    reach_m = draw(st.sampled_from([0.0, 500.0, 90_000.0]))
    if shape == "polygon":
        return replace(times, outline_polygon=Polygon(points))
    if shape == "circle":
        return replace(times, outline_circle=Circle(points[0], reach_m))
    return replace(times, corridor=Corridor(points, reach_m))


@given(
    st.lists(volumes(), min_size=1, max_size=2).map(tuple),
    st.lists(volumes(), min_size=1, max_size=2).map(tuple),
)
@settings(max_examples=300, deadline=None)
def test_nothing_near_is_left_out(one: tuple[Volume4D, ...], other: tuple[Volume4D, ...]) -> None:
    """Where the comparison finds anything, the sieve has found it before."""
    plans = [
        plan(centre, Notice(centre, "", "patrol", volumes), Precedence.ROUTINE)
        for centre, volumes in (("iaf", one), ("hmeimim", other))
    ]
    if not relate(plans[0], plans[1], DEFAULT_TERMS, nearest=False).clear:
        assert near(one, other)


def square(lat: float, lon: float, size: float = 0.2) -> Volume4D:
    """Return a square without times."""
    corners = ((0, 0), (0, size), (size, size), (size, 0))
    return Volume4D(outline_polygon=Polygon(tuple(Position(lat + a, lon + b) for a, b in corners)))


def test_what_is_far_is_left_out() -> None:
    """Or it would be no sieve: far over ground, or in time."""
    one = square(34, 33)
    assert near((one,), (square(34, 33.25),))
    assert not near((one,), (square(34, 34),))
    assert not near((one,), (square(35, 33),))
    early, late = (
        msgspec.structs.replace(one, time_start=format_time(at), time_end=format_time(at + 1))
        for at in (DAY_US, DAY_US + 301 * SECOND_US)
    )
    assert not near((early,), (late,))


@pytest.mark.parametrize(
    "volume",
    [
        Volume4D(),
        Volume4D(outline_polygon=Polygon(())),
        square(math.nan, 33),
        square(34, math.inf),
        square(90.5, 33),
        square(34, 181),
        square(34, -179, 359),
        square(79.95, 33),
        Volume4D(outline_circle=Circle(Position(34, 33), math.nan)),
        Volume4D(outline_circle=Circle(Position(34, 33), -1.0)),
        Volume4D(outline_circle=Circle(Position(34, 33), 1e300)),
        Volume4D(corridor=Corridor((), 10.0)),
        msgspec.structs.replace(square(34, 33), outline_circle=Circle(Position(34, 33), 1.0)),
        Volume4D(outline_polygon=Polygon((Position(1.0, 1.0), Position(9.0, 9.0)) * 5000)),
    ],
)
def test_what_cannot_be_told_is_everywhere(volume: Volume4D) -> None:
    """So it is compared with everything, which then says that it cannot be computed."""
    where = coarse((volume,))
    assert (where.south, where.north, where.west, where.east) == EVERYWHERE
    assert near((volume,), (square(-20, -60),))


@pytest.mark.parametrize(
    "changes",
    [{}, {"time_start": "noon"}, {"time_end": ""}, {"outline_polygon": Polygon()}],
)
def test_one_volume_is_where_it_is_with_its_double(changes: dict[str, object]) -> None:
    """The quick way for a notice with one volume says the same as the way for several."""
    one = msgspec.structs.replace(
        square(34, 33),
        time_start="2026-03-01T10:00:00Z",
        time_end="2026-03-01T11:00:00Z",
    )
    one = msgspec.structs.replace(one, **changes)
    assert coarse((one,)) == coarse((one, one))


def test_no_volume_is_everywhere_and_always() -> None:
    """A notice that says nothing of where and when may meet any other."""
    where = coarse(())
    assert (where.start_us, where.end_us) == (-ALWAYS_US, ALWAYS_US)


def test_rows_are_used_again() -> None:
    """Held by name: replaced, removed, and many more than at first."""
    sieve: Sieve[int] = Sieve(DEFAULT_TERMS)
    here = coarse((square(34, 33),))
    for number in range(500):
        sieve.put(number, here)
    for number in range(490):
        sieve.remove(number)
    sieve.remove(7)
    sieve.put(495, coarse((square(50, 33),)))
    assert len(sieve) == 10
    assert sorted(sieve.near(here)) == [490, 491, 492, 493, 494, 496, 497, 498, 499]
    assert len(sieve.during(0, 0)) == 10


@pytest.mark.parametrize(
    "many",
    [
        (elsewhere(),) * 101,
        (elsewhere(6_000), elsewhere(6_000)),
        (elsewhere(10_001),),
    ],
    ids=["volumes", "vertices of two", "vertices of one"],
)
def test_what_is_too_much_is_everywhere_and_always(many: tuple[Volume4D, ...]) -> None:
    """Past 100 volumes or 10 000 vertices a notice may be anywhere, as the comparison has it."""
    here = Volume4D(
        outline_circle=Circle(Position(-40.0, -100.0), 500.0),
        time_start=format_time(DAY_US),
        time_end=format_time(DAY_US + 600 * SECOND_US),
    )
    parts = (
        plan("iaf", Notice("A", volumes=many), Precedence.ROUTINE),
        plan("hmeimim", Notice("B", volumes=(here,)), Precedence.ROUTINE),
    )
    assert relate(*parts, DEFAULT_TERMS).kind is Relation.POSSIBLE
    assert near(many, (here,))
    starts_us, ends_us, where = bounds_of(many)
    assert ends_us is None
    assert where == coarse(())
    assert starts_us is not None
