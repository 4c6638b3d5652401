"""Distances from a position to an outline, good enough to check a read-back."""

from __future__ import annotations

import math

import pytest

from hotline.model.distance import distance_m
from hotline.model.volume import Circle, Corridor, Polygon, Position, Volume4D
from tests.model.samples import SQUARE, shaped

MILE_OF_LATITUDE = 1852 / 111_195


def test_inside_a_polygon_is_no_distance() -> None:
    """A position in the area is in it, whichever way round the corners go."""
    for vertices in (SQUARE, SQUARE[::-1]):
        assert distance_m(Position(33.75, 33.25), shaped(Polygon(vertices))) == 0


def test_outside_a_polygon_counts_from_the_nearest_edge() -> None:
    """A mile east of the eastern edge is a mile."""
    east = max(vertex.lon for vertex in SQUARE)
    where = Position(33.75, east + MILE_OF_LATITUDE / math.cos(math.radians(33.75)))
    assert distance_m(where, shaped(Polygon(SQUARE))) == pytest.approx(1852, rel=0.01)


def test_circles_and_corridors_count_from_their_edge() -> None:
    """Radius and half the width are taken off, and no distance is negative."""
    circle = shaped(Circle(Position(34, 33), 1000.0))
    assert distance_m(Position(34, 33), circle) == 0
    assert distance_m(Position(34 + MILE_OF_LATITUDE, 33), circle) == pytest.approx(852, rel=0.01)
    corridor = shaped(Corridor((Position(33, 34), Position(34, 34)), 1000.0))
    assert distance_m(Position(33.5, 34), corridor) == 0
    beside = Position(33.5, 34 + MILE_OF_LATITUDE / math.cos(math.radians(33.5)))
    assert distance_m(beside, corridor) == pytest.approx(1352, rel=0.01)


def test_the_180th_meridian_does_not_part_neighbours() -> None:
    """A position just across it is near."""
    circle = shaped(Circle(Position(0, 179.99), 1.0))
    assert distance_m(Position(0, -179.99), circle) == pytest.approx(2223, rel=0.01)


def test_what_has_no_outline_or_no_position_is_infinitely_far() -> None:
    """Received volumes may be incomplete, and nothing is near to them."""
    assert distance_m(Position(34, 33), Volume4D()) == math.inf
    assert distance_m(Position(34, 33), shaped(Corridor())) == math.inf
    assert distance_m(Position(math.inf, 33), shaped(Polygon(SQUARE))) == math.inf


def test_a_repeated_vertex_is_a_point() -> None:
    """An edge without length is measured to as the point that it is."""
    corridor = shaped(Corridor((Position(34, 33), Position(34, 33)), 0.0))
    where = Position(34 + MILE_OF_LATITUDE, 33)
    assert distance_m(where, corridor) == pytest.approx(1852, rel=0.01)


def test_long_edges_follow_the_great_circle() -> None:
    """At 60 degrees north an edge of 1 000 km runs 34 km north of the parallel of its ends."""
    ends = Position(60, 0), Position(60, 17.937)
    area = shaped(Polygon((*ends, Position(55, 17.937), Position(55, 0))))
    middle = Position(60 + 33_894.7 / 111_412, 17.937 / 2)
    assert distance_m(middle, shaped(Corridor(ends, 0.0))) < 300
    assert distance_m(Position(middle.lat - 0.05, middle.lon), area) == 0
    assert distance_m(Position(middle.lat + 0.05, middle.lon), area) > 5000


def test_what_is_no_position_is_not_cut_at() -> None:
    """An edge to nowhere has no points, opposite ends have no great circle, and nothing fails."""
    nowhere = Corridor((Position(0, 0), Position(95, 0), Position(0, math.inf)), 0.0)
    assert distance_m(Position(0, 0), shaped(nowhere)) == 0
    opposite = Corridor((Position(0, 0), Position(0, 180)), 0.0)
    assert distance_m(Position(0, 0), shaped(opposite)) == 0
