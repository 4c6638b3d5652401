from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.formats.cutting import cut_line, cut_ring
from hotline.formats.drawing import (
    CIRCLE_POINTS,
    EDGE_M,
    centre_of,
    dense,
    ring_of,
    straight_edge_error_m,
    undrawable,
)
from hotline.model.outline import crossing_edges, on_grid
from hotline.model.volume import Circle, Corridor, Position, Volume4D
from tests.formats.plans import GEOD
from tests.formats.test_round_trips import MODEST, winds_around
from tests.model.samples import polygon, shaped


def corridor(width_m: float, *pairs: tuple[float, float]) -> Volume4D:
    """Return a corridor along (latitude, longitude) pairs."""
    return shaped(Corridor(tuple(Position(lat, lon) for lat, lon in pairs), width_m))


@given(
    lat=st.floats(-88, 88),
    lon=st.floats(-180, 180),
    radius=st.floats(10, 150_000),
    azimuth=st.floats(0, 360),
)
@MODEST
def test_a_drawn_circle_holds_the_true_one(
    lat: float, lon: float, radius: float, azimuth: float
) -> None:
    """Every point on the true circle is inside; no corner is more than a thousandth outside."""
    ring = ring_of(shaped(Circle(Position(lat, lon), radius))).points
    assert len(ring) == CIRCLE_POINTS
    edge = GEOD.fwd(lon, lat, azimuth, radius * (1 - 1e-6))
    assert winds_around(list(ring), (edge[0], edge[1]))
    for corner in ring:
        assert radius <= GEOD.inv(lon, lat, *corner)[2] <= radius * 1.001


def test_a_corridor_is_not_much_wider_than_announced() -> None:
    """Along a straight line of 1 000 km every corner of a side is half the width away."""
    ring = ring_of(corridor(20_000.0, (34, 30), (35, 41))).points
    lons, lats = zip(*[(30, 34), *GEOD.npts(30, 34, 41, 35, 2000), (41, 35)], strict=True)
    for lon, lat in ring:
        apart = GEOD.inv([lon] * len(lons), [lat] * len(lats), list(lons), list(lats))[2]
        assert 10_000 < min(apart) < 10_080


def test_a_long_thin_corridor_far_north_does_not_cross_itself() -> None:
    """Drawn straight, a side of 240 km bends more than the corridor is wide: both get corners."""
    thin = corridor(100.0, (74, 0), (74.02556201375124, 0.0301663577), (76.0494251508, 2.77756074))
    ring = ring_of(thin)
    grid = on_grid([Position(lat, lon) for lon, lat in ring.points])
    assert crossing_edges(grid) is None
    assert not ring.filled
    assert len(ring.points) > 40


def test_a_corridor_round_a_racetrack_is_filled_and_says_so() -> None:
    """The gap inside a loop is inside the ring."""
    track = [(34.0, 33.0), (34.0, 34.0), (34.4, 34.0), (34.4, 33.0), (34.0, 33.0)]
    ring = ring_of(corridor(4_000.0, *track))
    assert ring.filled
    assert winds_around(list(ring.points), (33.5, 34.2))


def test_a_corridor_of_very_many_corners_gets_a_simpler_ring() -> None:
    """No ring has more corners than F3548 allows."""
    zigzag = [(30 + index / 2000, 30 + (index % 2) / 10) for index in range(2_000)]
    ring = ring_of(corridor(20.0, *zigzag))
    assert ring.filled
    assert len(ring.points) < 10_000


@pytest.mark.parametrize(
    "line", [[(0, 0), (0, 0)], [(90, 0), (90, 50)], [(89, 0), (89, 180)], [(10, 179), (11, -179)]]
)
def test_odd_corridors_are_drawn_all_the_same(line: list[tuple[float, float]]) -> None:
    """One place twice, a pole, over a pole, over the antimeridian."""
    ring = ring_of(corridor(2_000.0, *line)).points
    assert winds_around(list(ring), (line[0][1], line[0][0] - 1e-4))


@pytest.mark.parametrize(
    ("volume", "reason"),
    [
        (Volume4D(), "no outline"),
        (
            Volume4D(outline_circle=Circle(Position(0, 0), 5.0), corridor=Corridor()),
            "more than one outline",
        ),
        (shaped(polygon((91, 0), (0, 0), (0, 1))), "outside the globe"),
        (shaped(polygon((math.nan, 0), (0, 0), (0, 1))), "outside the globe"),
        (shaped(polygon(*[(index / 1000, 0) for index in range(10_001)])), "vertices"),
        (shaped(polygon((1, 0), (0, 0))), "only 2 corners"),
        (shaped(polygon((80, 0), (80, 120), (80, -120))), "goes round a pole"),
        (
            shaped(polygon(*[(index, 100 * index % 360 - 180) for index in range(8)], (0, -180))),
            "goes round a pole",
        ),
        (shaped(Circle(Position(0, 0), 0.0)), "radius"),
        (shaped(Circle(Position(0, 0), math.nan)), "radius"),
        (corridor(math.inf, (0, 0), (1, 1)), "width"),
        (corridor(5.0, (0, 0)), "only 1 points"),
        (corridor(5.0, (0, 0), (0, 100)), "too long"),
    ],
)
def test_what_cannot_be_drawn_says_why(volume: Volume4D, reason: str) -> None:
    """A lenient volume may hold anything; nothing of it reaches the geometry."""
    found = undrawable(volume)
    assert found is not None
    assert reason in found


def test_edges_are_divided_along_the_geodesic() -> None:
    """Corners stay, edges are short, and what a map draws straight is then as good as true."""
    ring = [(0.0, 60.0), (10.0, 60.0), (10.0, 61.0)]
    divided = dense(ring)
    assert set(ring) <= set(divided)
    for one, other in pairwise(divided):
        assert GEOD.inv(*one, *other)[2] <= EDGE_M * 1.001
    assert straight_edge_error_m(ring) > 10_000
    assert straight_edge_error_m(divided) < 2


def test_the_middle_of_points_is_on_their_side_of_the_globe() -> None:
    """Across the antimeridian the middle is there, and not at Greenwich."""
    (lon, lat), reach = centre_of([(179.0, 10.0), (-179.0, 10.0)])
    assert abs(lon) == pytest.approx(180)
    assert lat == pytest.approx(10, abs=0.01)
    assert reach == pytest.approx(GEOD.inv(179, 10, 180, 10)[2], rel=0.01)


def test_a_ring_over_the_antimeridian_is_cut_there() -> None:
    """Two closed rings, counter-clockwise, that meet at 180 degrees (RFC 7946, 3.1.9 and 3.1.6)."""
    west, east = sorted(cut_ring([(179, 10), (-179, 10), (-179, 12), (179, 12)]), reverse=True)
    assert {lon for lon, _ in west} == {179, 180}
    assert {lon for lon, _ in east} == {-180, -179}
    for ring in (west, east):
        assert ring[0] == ring[-1]
        assert area(ring) == pytest.approx(2)


def test_a_clockwise_ring_is_turned() -> None:
    """Without a cut the corners stay as they are, to the digit, in the other order."""
    (ring,) = cut_ring([(0.1, 0.2), (0.1, 1.2), (1.3, 1.2)])
    assert ring == [(0.1, 0.2), (1.3, 1.2), (0.1, 1.2), (0.1, 0.2)]


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_ring_around_a_pole_reaches_to_the_edge_of_the_map(pole: float) -> None:
    """A cap around a pole is the strip between its ring and the pole."""
    ring = [(lon, pole * 0.95) for lon in range(-180, 180, 10)]
    parts = cut_ring([(float(lon), lat) for lon, lat in ring])
    assert sum(area(part) for part in parts) == pytest.approx(360 * 4.5)
    assert {lat for part in parts for _, lat in part} == {pole, pole * 0.95}


def test_a_crossed_ring_is_drawn_as_what_it_encloses() -> None:
    """A figure of eight over the antimeridian becomes its two triangles on either side."""
    parts = cut_ring([(179, 0), (-179, 2), (-179, 0), (179, 2)])
    assert sum(area(part) for part in parts) == pytest.approx(2)


def test_a_line_is_cut_where_the_map_ends() -> None:
    """Each piece lies on one side; a line that stays on the map is left alone."""
    assert cut_line([(1, 2), (3, 4)]) == [[(1, 2), (3, 4)]]
    assert cut_line([(179, 0), (-179, 2)]) == [[(179, 0), (180, 1)], [(-180, 1), (-179, 2)]]


def area(ring: list[tuple[float, float]]) -> float:
    """Return the signed area of a closed ring in square degrees."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2
