"""Outlines: crossing edges are found exactly and fast, areas and poles are told apart."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.model.outline import (
    STEPS_PER_DEGREE,
    GridPoint,
    area_m2,
    crossing_edges,
    encloses_pole,
    is_convex,
    on_grid,
)
from hotline.model.volume import Position

coordinates = st.integers(0, 5)
rings = st.lists(st.tuples(coordinates, coordinates), min_size=4, max_size=9)


def side(a: GridPoint, b: GridPoint, p: GridPoint) -> int:
    """Return the sign of the turn a-b-p."""
    cross = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return (cross > 0) - (cross < 0)


def within(a: GridPoint, b: GridPoint, p: GridPoint) -> bool:
    """Say whether p, on the line a-b, lies between the two."""
    return min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])


def segments_meet(a: GridPoint, b: GridPoint, c: GridPoint, d: GridPoint) -> bool:
    """Compare two segments in the plainest way."""
    if side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b):
        return True
    return any(
        side(p, q, r) == 0 and within(p, q, r)
        for p, q, r in ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    )


def is_simple(ring: list[GridPoint]) -> bool:
    """Compare every edge with every other one."""
    edges = list(pairwise([*ring, ring[0]]))
    if len(set(ring)) < len(ring):
        return False
    for i, (a, b) in enumerate(edges):
        following = edges[(i + 1) % len(edges)][1]
        if side(a, b, following) == 0 and not within(a, following, b):
            return False
        for j in range(i + 2, len(edges)):
            if (i, j) != (0, len(edges) - 1) and segments_meet(a, b, *edges[j]):
                return False
    return True


@settings(max_examples=400)
@given(rings)
def test_the_sweep_agrees_with_comparing_all_pairs(ring: list[GridPoint]) -> None:
    """On a small grid, full of touching, overlapping and vertical edges, no case is missed."""
    assert (crossing_edges(ring) is None) == is_simple(ring)


@pytest.mark.parametrize(
    ("ring", "edges"),
    [
        ([(0, 0), (4, 0), (4, 4), (0, 4)], None),
        ([(0, 0), (4, 4), (4, 0), (0, 4)], (0, 2)),
        ([(0, 0), (4, 0), (2, 2), (4, 4), (0, 4), (2, 2)], (2, 5)),
        ([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)], (0, 3)),
        ([(0, 0), (4, 4), (6, 4), (2, 2), (6, 0)], (0, 3)),
        ([(0, 0), (4, 0), (2, 0), (2, 3)], (0, 1)),
    ],
    ids=[
        "square",
        "bow tie",
        "a vertex twice",
        "a vertex on an edge",
        "a notch that touches",
        "a spike",
    ],
)
def test_the_edges_that_meet_are_named(
    ring: list[GridPoint], edges: tuple[int, int] | None
) -> None:
    """The error can say where to look."""
    assert crossing_edges(ring) == edges


def turns_one_way(ring: list[GridPoint]) -> bool:
    """Compare the turns at all vertices."""
    turns = {side(ring[i - 2], ring[i - 1], ring[i]) for i in range(len(ring))}
    return turns in ({1}, {-1})


@settings(max_examples=400)
@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=7))
def test_convex_is_what_turns_one_way_and_does_not_cross_itself(ring: list[GridPoint]) -> None:
    """The quick way calls no ring convex that a slow look would refuse, nor misses one."""
    assert is_convex(ring) == (turns_one_way(ring) and is_simple(ring))


@pytest.mark.parametrize(
    ("ring", "convex"),
    [
        ([(0, 0), (4, 0), (4, 4), (0, 4)], True),
        ([(0, 4), (4, 4), (4, 0), (0, 0)], True),
        ([(0, 0), (2, 0), (4, 0), (4, 4)], False),
        ([(0, 3), (5, 3), (1, 0), (2, 5), (4, 0)], False),
    ],
    ids=["left about", "right about", "a straight angle", "a star, twice round"],
)
def test_convex_rings_are_known(ring: list[GridPoint], convex: bool) -> None:
    """A pentagram turns one way at every point as well, and yet crosses itself."""
    assert is_convex(ring) is convex


def test_ten_thousand_vertices_of_the_worst_shape_are_swept_in_few_steps() -> None:
    """A comb of thin teeth, all cut by one line, takes n log n comparisons and not n squared."""
    calls = 0

    class Counted(int):
        """An ordinate that counts its comparisons' subtractions."""

        def __sub__(self, other: int) -> int:
            nonlocal calls
            calls += 1
            return int(self) - int(other)

    comb: list[GridPoint] = []
    for tooth in range(4_999):
        comb += [(tooth * 100, Counted(tooth % 7)), (tooth * 100 + 50, Counted(10**9))]
    comb += [(500_000, Counted(-100)), (-5, Counted(-100))]
    assert crossing_edges(comb) is None
    assert calls < 10_000 * 14 * 8


def test_edges_go_the_shorter_way_round_the_globe() -> None:
    """An area across the 180th meridian is as small as it looks."""
    ring = on_grid(
        [Position(0, 179.5), Position(0, -179.5), Position(1, -179.5), Position(1, 179.5)]
    )
    assert ring[1][0] == round(180.5 * STEPS_PER_DEGREE)
    assert crossing_edges(ring) is None
    assert area_m2(ring) == pytest.approx(111_195.0**2, rel=0.01)


def test_a_ring_around_a_pole_is_recognised() -> None:
    """Its inside can't be told from its vertices."""
    around = on_grid([Position(80, lon) for lon in (-120, 0, 120)])
    assert encloses_pole(around)
    assert not encloses_pole(on_grid([Position(80, lon) for lon in (-60, 0, 60)]))


def test_an_area_shrinks_with_latitude() -> None:
    """A degree square at 60 degrees is half as wide as at the equator."""
    ring = on_grid([Position(60, 10), Position(60, 11), Position(61, 11), Position(61, 10)])
    expected = 111_195.0**2 * math.cos(math.radians(60.5))
    assert area_m2(ring) == pytest.approx(expected, rel=0.001)
