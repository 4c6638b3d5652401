"""Limits to the centimetre, poles, antimeridian, what goes round what, and outlines that harm."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.airspace.footprint import Footprint, Uncomputable, footprint_of
from hotline.airspace.lateral import Lateral, lateral
from hotline.model.volume import Circle, Corridor, Polygon, Position, Volume4D
from tests.airspace.shapes import around, circle, corridor, placed, polygon
from tests.airspace.slow_geodesics import ahead, apart, bearing

LATITUDES = [0.0, 33.0, -33.0, 60.0, 85.0]
SIZES = [10.0, 1e3, 1e5, 5e5]
GAPS = [-0.01, 0.0, 0.01, 1.0]
SECONDS = 3.0
"""Far more than any comparison takes, far less than one that looks at every pair."""


def compared(one: Volume4D, other: Volume4D) -> Lateral:
    """Return how two volumes lie to each other."""
    found = lateral(placed(one), placed(other))
    assert found is not None
    return found


def assert_gap(one: Volume4D, other: Volume4D, gap: float) -> None:
    """Two volumes with a gap are apart by it, to 2 mm; those without one meet."""
    for found in (compared(one, other), compared(other, one)):
        if gap <= 0:
            assert found.distance_m == 0
        else:
            assert found.distance_m == pytest.approx(gap, abs=0.002)


@pytest.fixture(params=LATITUDES, ids=lambda lat: f"lat{lat:g}")
def middle(request: pytest.FixtureRequest) -> Position:
    """Return the middle of the edge that is to be touched."""
    return Position(request.param, 179.95)


@pytest.fixture(params=SIZES, ids=lambda size: f"{size:g}m")
def size(request: pytest.FixtureRequest) -> float:
    """Half the length of that edge."""
    return float(request.param)


@pytest.fixture(params=GAPS, ids=lambda gap: f"gap{gap:g}")
def gap(request: pytest.FixtureRequest) -> float:
    """Metres between the outlines, negative where they overlap."""
    return float(request.param)


@pytest.fixture
def area(middle: Position, size: float) -> Volume4D:
    """Return a quadrangle north of an edge that goes through the middle in direction 70."""
    west, east = around(middle, (250, size), (70, size))
    return polygon(west, east, ahead(east, -20, size), ahead(west, -20, size))


def outside(middle: Position, metres: float) -> Position:
    """Return the position that lies that far outside the area, straight off its edge."""
    return ahead(middle, 160, metres)


def test_circles_touch_to_the_centimetre(middle: Position, size: float, gap: float) -> None:
    """Two circles as far apart as their radii and the gap say are just that."""
    other = ahead(middle, 70, size * 1.3 + gap)
    assert_gap(circle(middle, size), circle(other, size * 0.3), gap)


def test_a_circle_touches_a_polygon_to_the_centimetre(
    area: Volume4D, middle: Position, size: float, gap: float
) -> None:
    """A circle off the middle of a geodesic edge is as near as its radius says."""
    radius = size * 0.8
    assert_gap(area, circle(outside(middle, radius + gap), radius), gap)


def test_a_corridor_touches_a_polygon_to_the_centimetre(
    area: Volume4D, middle: Position, size: float, gap: float
) -> None:
    """A corridor that leads away from an edge begins half its width before its first position."""
    half = size * 0.1
    line = [outside(middle, metres) for metres in (half + gap, half + size, 2 * size)]
    assert_gap(area, corridor(2 * half, *line), gap)


def test_a_polygon_touches_a_polygon_to_the_centimetre(
    area: Volume4D, middle: Position, size: float, gap: float
) -> None:
    """A corner before the middle of an edge is as near as it is, on either side of the edge."""
    corner = outside(middle, gap)
    far = [ahead(corner, azimuth, size / 2) for azimuth in (140, 185)]
    assert_gap(area, polygon(corner, *far), gap)


def test_an_edge_bulges_as_its_geodesic_does() -> None:
    """At 60 degrees north an edge of 1 000 km runs 33 km north of the parallel of its corners."""
    area = polygon(Position(60, 0), Position(60, 18), Position(55, 18), Position(55, 0))
    top = around(Position(60, 0), (bearing(Position(60, 0), Position(60, 18)), 499_000.0))[0]
    assert apart(top, Position(60, top.lon)) > 30_000
    assert compared(area, circle(Position(top.lat - 0.01, top.lon), 0.0)).distance_m == 0
    assert compared(area, circle(Position(top.lat + 0.01, top.lon), 1000.0)).distance_m > 50


def test_the_antimeridian_is_no_border() -> None:
    """An area over 180 degrees meets what lies on either side, and longitude 180 is -180."""
    area = polygon(Position(10, 179), Position(10, -179), Position(11, -179), Position(11, 179))
    assert compared(area, circle(Position(10.5, 179.5), 1.0)).distance_m == 0
    assert compared(area, circle(Position(10.5, -179.5), 1.0)).distance_m == 0
    assert compared(area, circle(Position(10.5, 0.0), 1.0)).distance_m > 1e7
    seam = compared(circle(Position(0, 180), 1.0), circle(Position(0, -180), 1.0))
    assert seam.distance_m == 0


@pytest.mark.parametrize("lat", [89.99, 89.0, 80.0])
def test_a_ring_round_a_pole_holds_the_pole(lat: float) -> None:
    """The inside of a ring round a pole is the smaller side, where the pole is."""
    for side in (1, -1):
        ring = polygon(*(Position(side * lat, lon) for lon in (-170.0, -50.0, 70.0)))
        assert compared(ring, circle(Position(side * 90, 12.0), 0.0)).distance_m == 0
        assert compared(ring, circle(Position(side * (lat - 0.3), 0), 1.0)).distance_m > 30_000


def test_distances_run_over_the_pole() -> None:
    """Two circles on opposite meridians by the pole are near each other."""
    across = compared(circle(Position(89.99, 0), 100.0), circle(Position(89.99, 180), 100.0))
    assert across.distance_m == pytest.approx(
        apart(Position(89.99, 0), Position(89.99, 180)) - 200, abs=0.001
    )
    assert across.place.lat == pytest.approx(90, abs=1e-6)


def square(center: Position, half: float) -> list[Position]:
    """Return the corners of a square."""
    return around(center, *((azimuth, half * math.sqrt(2)) for azimuth in (45, 135, 225, 315)))


CENTER = Position(33.5, 34.0)


@pytest.mark.parametrize(
    "inner",
    [
        polygon(*square(CENTER, 1000)),
        circle(CENTER, 0.0),
        corridor(0.0, CENTER, ahead(CENTER, 30, 2000)),
    ],
    ids=["polygon", "point", "line"],
)
def test_what_lies_wholly_inside_meets(inner: Volume4D) -> None:
    """An area meets what it holds though no edges are near, and a corridor round it does not."""
    corners = square(CENTER, 40_000)
    assert compared(polygon(*corners), inner).distance_m == 0
    assert compared(inner, polygon(*corners)).distance_m == 0
    fence = corridor(2.0, *corners, corners[0])
    assert compared(fence, inner).distance_m > 37_000


def test_a_place_of_meeting_lies_in_the_middle_of_what_is_shared() -> None:
    """Of two areas that overlap by 10 km, the place is well inside both."""
    one = square(CENTER, 20_000)
    other = square(ahead(CENTER, 90, 30_000), 20_000)
    place = compared(polygon(*one), polygon(*other)).place
    for corners in (one, other):
        fence = compared(corridor(0.0, *corners, corners[0]), circle(place, 0.0))
        assert fence.distance_m > 2000


def test_a_crossed_ring_holds_whatever_it_goes_round() -> None:
    """Both loops of an eight are inside, and so is the middle of a five-pointed star."""
    east, west = Position(33, 35), Position(33, 33)
    eight = polygon(Position(32, 33), Position(34, 35), Position(32, 35), Position(34, 33))
    star = polygon(*around(CENTER, *((i * 144.0, 50_000.0) for i in range(5))))
    for inside in (Position(33, 33.3), Position(33, 34.7)):
        assert compared(eight, circle(inside, 0.0)).distance_m == 0
    for outer in (Position(33.8, 34), Position(32.2, 34)):
        assert compared(eight, circle(outer, 0.0)).distance_m > 20_000
    assert compared(star, circle(CENTER, 0.0)).distance_m == 0
    assert compared(star, eight).distance_m == 0
    assert apart(east, west) > 100_000


def test_a_ring_without_area_is_the_line_that_it_draws() -> None:
    """There and back again, or to the same place: nothing is inside, but the line is there."""
    there, back = Position(33, 34), Position(33, 35)
    for corners in ([there, back], [there, back, there], [there, back, there, back]):
        flat = polygon(*corners)
        assert compared(flat, circle(Position(33.0015, 34.5), 1000.0)).distance_m == 0
        assert compared(flat, circle(Position(33.1, 34.5), 1000.0)).distance_m > 9000
    point = polygon(there, there, there)
    assert compared(point, circle(there, 0.0)).distance_m == 0
    assert compared(point, circle(back, 0.0)).distance_m == pytest.approx(apart(there, back))


def test_closed_rings_and_repeated_corners_change_nothing() -> None:
    """A ring that repeats its first corner, or any, is the ring without."""
    corners = square(CENTER, 3000)
    other = circle(ahead(CENTER, 10, 9000), 100.0)
    expected = compared(polygon(*corners), other).distance_m
    doubled = [corner for corner in corners for _ in range(3)]
    for ring in ([*corners, corners[0]], doubled, corners[::-1], corners[2:] + corners[:2]):
        assert compared(polygon(*ring), other).distance_m == pytest.approx(expected, abs=1e-6)


def test_what_is_far_is_none_beyond_the_limit_and_measured_without_one() -> None:
    """The other side of the globe has a distance, but not for who asks about 50 km."""
    one = placed(polygon(*square(CENTER, 3000)))
    other = placed(polygon(*square(Position(-33, -140), 3000)))
    assert lateral(one, other, beyond_m=50_000) is None
    found = lateral(one, other)
    assert found is not None
    assert found.distance_m == pytest.approx(apart(CENTER, Position(-33, -140)), rel=1e-3)


def test_what_the_caps_cannot_rule_out_is_ruled_out_by_the_outlines() -> None:
    """The limit holds where the circles round two footprints overlap, for circles and for lines."""
    one = placed(corridor(0.0, Position(33, 34), Position(34, 35)))
    other = placed(corridor(0.0, Position(33.1, 34.3), Position(33.4, 34.9)))
    whole = lateral(one, other)
    assert whole is not None
    assert 10_000 < whole.distance_m < 20_000
    assert lateral(one, other, beyond_m=9_000) is None
    assert lateral(one, other, beyond_m=whole.distance_m - 0.1) is None
    assert lateral(one, other, beyond_m=whole.distance_m) == whole
    # The cap of a circle is a metre wider than the circle.
    circles = [placed(circle(ahead(CENTER, 90, metres), 1000.0)) for metres in (0, 2001)]
    assert lateral(*circles, beyond_m=0.5) is None


def wave(center: Position, half: float, count: int) -> list[Position]:
    """Return a ring of many corners, round with small waves."""
    polar = ((360 * i / count, half * (1 + 0.0002 * math.sin(i * 0.7))) for i in range(count))
    return around(center, *polar)


def timed(one: Footprint, other: Footprint, beyond_m: float = math.inf) -> Lateral | None:
    """Compare, and check that it took no longer than any comparison may."""
    began = time.process_time()
    found = lateral(one, other, beyond_m=beyond_m)
    assert time.process_time() - began < SECONDS
    return found


@pytest.fixture(scope="module")
def large() -> Sequence[Footprint]:
    """Rings of 10 000 corners: one, another 3 km beside it, one over it, one that holds it."""
    return [
        placed(polygon(*wave(ahead(CENTER, 90, away), half, 10_000)))
        for away, half in ((0, 10_000), (23_000, 10_000), (9_000, 10_000), (0, 10_050))
    ]


def test_ten_thousand_corners_are_compared_in_a_moment(large: Sequence[Footprint]) -> None:
    """Beside, over and within each other, at the limit of a notice."""
    one, beside, over, around_it = large
    found = timed(one, beside)
    assert found is not None
    assert found.distance_m == pytest.approx(3000, abs=10)
    assert timed(one, beside, beyond_m=2000) is None
    for other in (over, around_it, one):
        met = timed(one, other)
        assert met is not None
        assert met.distance_m == 0
    fences = [Footprint(ring.path, False, 0.0, ring.cap) for ring in (one, around_it)]
    between = timed(*fences)
    assert between is not None
    assert between.distance_m == pytest.approx(48, abs=2.5)


def teeth(south: float, north: float, lon: float, count: int) -> list[Position]:
    """Return a line that goes up and down between two latitudes, two steps for each tooth."""
    return [
        Position(lat, lon + i * 4e-4 + wide)
        for i in range(count)
        for lat, wide in ((south, 0.0), (north, 0.0), (north, 1e-5), (south, 1e-5))
    ]


def test_outlines_made_to_harm_end_in_time_and_are_never_taken_for_farther() -> None:
    """Combs with thousands of teeth in each other take a moment; what is said is at most true."""
    # Longitudes 2e-4 - 1e-5 apart, at the northern end where they are narrowest.
    expected = apart(Position(33.05, 34.0), Position(33.05, 34.0 + 1.9e-4))
    few = timed(
        placed(corridor(0.0, *teeth(33.0, 33.05, 34, 3))),
        placed(corridor(0.0, *teeth(33.06, 33.01, 34.0002, 3))),
    )
    many = timed(
        placed(corridor(0.0, *teeth(33.0, 33.05, 34, 2500))),
        placed(corridor(0.0, *teeth(33.06, 33.01, 34.0002, 2500))),
    )
    assert few is not None
    assert many is not None
    assert few.distance_m == pytest.approx(expected, abs=0.01)
    assert expected * 0.99 < many.distance_m <= expected + 0.01


numbers = st.one_of(
    st.floats(),
    st.floats(-90, 90),
    st.floats(33, 33.1),
    st.sampled_from([91.0, 181.0, -180.0, 1e308, -0.0, 5e-324, math.nan, math.inf]),
)
positions = st.builds(Position, numbers, numbers)
lines = st.lists(positions, max_size=8).map(tuple)
volumes = st.one_of(
    st.builds(Volume4D, outline_polygon=st.builds(Polygon, lines)),
    st.builds(Volume4D, outline_circle=st.builds(Circle, positions, numbers)),
    st.builds(Volume4D, corridor=st.builds(Corridor, lines, numbers)),
    st.builds(
        Volume4D,
        outline_polygon=st.none() | st.builds(Polygon, lines),
        outline_circle=st.none() | st.builds(Circle, positions, numbers),
    ),
)


@given(volumes, volumes, numbers.map(abs))
@settings(max_examples=200, deadline=None)
def test_whatever_a_peer_sends_is_computed_or_said_to_be_uncomputable(
    one: Volume4D, other: Volume4D, beyond: float
) -> None:
    """No outline makes the comparison fail, and without a limit it always has an answer."""
    footprints = [footprint_of(one), footprint_of(other)]
    placed_ones = [found for found in footprints if not isinstance(found, Uncomputable)]
    assert all(bad.code.startswith("airspace.") for bad in footprints if bad not in placed_ones)
    for footprint in placed_ones:
        itself = lateral(footprint, footprint, beyond_m=beyond)
        assert itself is None or itself.distance_m == 0
        assert itself is not None or math.isnan(beyond)
    if len(placed_ones) == 2:
        lateral(*placed_ones, beyond_m=beyond)
        found = lateral(*placed_ones)
        assert found is not None
        assert 0 <= found.distance_m <= 2.1e7
