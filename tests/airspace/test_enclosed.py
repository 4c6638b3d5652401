"""What a ring goes round: holes are none, whatever way round the edges of an outline run."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.airspace.activity import plan
from hotline.airspace.comparison import relate
from hotline.airspace.enclosed import hull, walk_round
from hotline.airspace.footprint import Uncomputable, footprint_of
from hotline.airspace.lateral import lateral
from hotline.airspace.laterals import laterals
from hotline.airspace.terms import Terms
from hotline.model.kinds import Precedence, Relation
from hotline.model.letter import AltitudeMargin
from hotline.model.messages import Notice
from hotline.model.rules import problems
from hotline.model.volume import Polygon, Position, Volume4D
from tests.airspace.shapes import around, circle, placed, polygon

STEP = 0.01
"""Degrees of a step of the rings that are drawn on squared paper."""
MIDDLE = Position(0.055, 33.055)
SECONDS = 3.0
"""Far more than any outline takes, far less than one whose crossings are all followed."""

Step = tuple[int, int]


def on_paper(*corners: Step) -> Volume4D:
    """Return a ring whose corners are counted in steps to the east and to the north."""
    return polygon(*(Position(y * STEP, 33 + x * STEP) for x, y in corners))


def spot(x: float, y: float, radius_m: float = 0.0) -> Volume4D:
    """Return a circle on the squared paper; the middle of a square is at a half."""
    return circle(Position(y * STEP, 33 + x * STEP), radius_m)


def meets(one: Volume4D, other: Volume4D) -> bool:
    """Say whether two volumes meet: the same alone, among others, and either way round."""
    first, second = placed(one), placed(other)
    found = lateral(first, second)
    (between,) = laterals([(second, first)], beyond_m=0.0)
    assert found is not None
    assert (found.distance_m == 0) == (between is not None and between.distance_m == 0)
    return found.distance_m == 0


OUTER = [(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)]
INNER = [(2, 2), (2, 7), (7, 7), (7, 2), (2, 2)]
RINGS = {
    "keyhole": [*OUTER, *INNER],
    "keyhole whose inner ring runs the same way": [*OUTER, *INNER[::-1]],
    "keyhole with a bridge of other corners": [*OUTER, (1, 1), *INNER, (1, 1)],
    "inner ring that touches the outer one": [
        *[(0, 0), (4, 0), (2, 7), (7, 7), (7, 2), (4, 0)],
        *[(9, 0), (9, 9), (0, 9)],
    ],
    "twice round, there and back": [*OUTER, *OUTER[::-1]],
    "a ring within the hole": [*OUTER, *INNER, (4, 4), (6, 4), (6, 6), (4, 6), (4, 4), (2, 2)],
}


@pytest.mark.parametrize("corners", RINGS.values(), ids=RINGS)
def test_what_lies_in_the_hole_of_a_keyhole_is_inside(corners: list[Step]) -> None:
    """Neither where the inner ring runs, nor whether it is joined or touches, makes a place clear.

    Outside, and in the corner between two edges, nothing is inside that was not.
    """
    ring = on_paper(*corners)
    for x, y in ((3.5, 5.5), (5.1, 5.1), (8.5, 5.5), (1.5, 8.5)):
        assert meets(ring, spot(x, y))
        assert meets(ring, spot(x, y, 30.0))
    for x, y in ((-0.5, 4.5), (9.5, 9.5), (4.5, -0.5)):
        assert not meets(ring, spot(x, y, 30.0))
    assert meets(ring, on_paper((3, 3), (4, 3), (4, 4)))
    assert meets(ring, on_paper((-5, -5), (20, -5), (20, 20)))


@pytest.mark.parametrize("corners", RINGS.values(), ids=RINGS)
def test_composing_refuses_what_receiving_fills(corners: list[Step]) -> None:
    """Every ring that is replaced by what it goes round breaks a rule, so it is flagged as well."""
    said = {found.code for found in problems(notice(on_paper(*corners)))}
    assert said & {"model.crossing-edges", "model.repeated-vertex"}


def test_a_bay_that_is_open_is_no_hole() -> None:
    """A ring that bends round a place, and leaves a way out of it, does not enclose it."""
    bent = on_paper((0, 0), (9, 0), (9, 9), (0, 9), (0, 5), (2, 5), (2, 7), (7, 7), (7, 2), (0, 2))
    assert not meets(bent, spot(4.5, 4.5, 100.0))
    assert meets(bent, spot(8.0, 4.5))


@pytest.mark.parametrize(("way_m", "inside"), [(0.002, True), (0.1, False)])
def test_a_way_out_is_at_least_a_centimetre_wide(way_m: float, inside: bool) -> None:
    """Edges that touch to the centimetre leave no way between them."""
    half = math.degrees(way_m / 2 / 6_371_009)
    lips = [Position(0.055 - half, 33.0), Position(0.055 + half, 33.0)]
    inner = [(3, 8), (8, 8), (8, 3), (3, 3)]
    corners = [
        *[Position(0.1, 33.0), Position(0.1, 33.1), Position(0.0, 33.1), Position(0.0, 33.0)],
        *[lips[0], Position(lips[0].lat, 33.03)],
        *[Position(y * STEP, 33 + x * STEP) for x, y in inner[::-1]],
        *[Position(lips[1].lat, 33.03), lips[1]],
    ]
    assert meets(polygon(*corners), spot(5.5, 6.5)) is inside


def test_spikes_belong_to_what_is_gone_round() -> None:
    """An edge there and back encloses nothing, and what it touches is met all the same."""
    spiked = on_paper(
        (0, 0), (4, 0), (4, 2), (9, 2), (4, 2), (4, 4), (0, 4), (2, 2), (0, 0), (4, 4)
    )
    assert meets(spiked, spot(8, 2))
    assert not meets(spiked, spot(8, 2.5))


walks = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9)


def stairs(corners: Sequence[Step]) -> list[Step]:
    """Return the closed way from corner to corner by steps to one of four sides."""
    way = [corners[0]]
    for x, y in (*corners[1:], corners[0]):
        while way[-1][0] != x:
            way.append((way[-1][0] + (1 if x > way[-1][0] else -1), way[-1][1]))
        while way[-1][1] != y:
            way.append((way[-1][0], way[-1][1] + (1 if y > way[-1][1] else -1)))
    return way


def outside_of(way: Sequence[Step]) -> set[Step]:
    """Return the squares, by their lower left corner, from which a way leads out over no edge."""
    walls = {frozenset(edge) for edge in pairwise(way)}
    found, waiting = {(-1, -1)}, [(-1, -1)]
    while waiting:
        x, y = waiting.pop()
        for square, wall in (
            ((x + 1, y), ((x + 1, y), (x + 1, y + 1))),
            ((x - 1, y), ((x, y), (x, y + 1))),
            ((x, y + 1), ((x, y + 1), (x + 1, y + 1))),
            ((x, y - 1), ((x, y), (x + 1, y))),
        ):
            near = -1 <= square[0] <= 6 and -1 <= square[1] <= 6
            if near and square not in found and frozenset(wall) not in walls:
                found.add(square)
                waiting.append(square)
    return found


@given(walks)
@settings(max_examples=60, deadline=None)
def test_inside_is_what_no_way_leads_out_of(corners: list[Step]) -> None:
    """On squared paper, where that can be found out square by square."""
    way = stairs(corners)
    outside = outside_of(way)
    ring = placed(on_paper(*way))
    for x in range(-1, 7):
        for y in range(-1, 7):
            found = lateral(ring, placed(spot(x + 0.5, y + 0.5, 30.0)))
            assert found is not None
            assert (found.distance_m > 0) == ((x, y) in outside), (x, y)


def winding(ring: Sequence[Step], x: Fraction, y: Fraction) -> tuple[int, int]:
    """Return how often a ring winds round a point, and how often a line from there crosses it."""
    wound = crossed = 0
    for (x0, y0), (x1, y1) in pairwise([*ring, ring[0]]):
        if (y0 > y) != (y1 > y) and x0 + (x1 - x0) * (y - y0) / (y1 - y0) > x:
            wound += 1 if y1 > y0 else -1
            crossed += 1
    return wound, crossed


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=12),
    st.lists(st.tuples(st.fractions(0, 9), st.fractions(0, 9)), min_size=4, max_size=4),
)
@settings(max_examples=80, deadline=None)
def test_what_winding_or_crossing_calls_inside_is_never_clear(
    corners: list[Step], points: list[tuple[Fraction, Fraction]]
) -> None:
    """Any ring at all, joined to itself turned round, so that its windings cancel too."""
    keyhole = [*corners, *[(y, x) for x, y in corners[::-1]]]
    for ring in (corners, keyhole):
        found = footprint_of(on_paper(*ring))
        assert not isinstance(found, Uncomputable)
        for x, y in points:
            wound, crossed = winding(ring, x, y)
            if wound or crossed % 2:
                gap = lateral(found, placed(spot(float(x), float(y))))
                # Edges on squared paper and geodesics differ by a millimetre at this size.
                assert gap is not None
                assert gap.distance_m < 0.01


def tangle(corners: int) -> Volume4D:
    """Return a star each of whose edges crosses nearly all others."""
    turn = 360 * (corners // 2) / corners
    return polygon(*around(MIDDLE, *((turn * n, 4_000.0) for n in range(corners))))


def notice(volume: Volume4D) -> Notice:
    """Return what announces a volume."""
    return Notice(reference="IAF-0001", volumes=(volume,))


@pytest.mark.parametrize("corners", [301, 9999])
def test_a_tangle_that_is_not_followed_is_possible_as_far_as_it_may_reach(corners: int) -> None:
    """A ring of too many crossings takes no time, and is a possible conflict all over its hull."""
    began = time.process_time()
    found = placed(tangle(corners))
    assert time.process_time() - began < SECONDS
    assert found.larger is not None
    assert found.larger.code == "airspace.too-tangled"
    terms = Terms(1.0, 1.0, 1, AltitudeMargin())
    tangled = plan("KRN", notice(tangle(corners)), Precedence.ROUTINE)
    for metres, kind in (
        (0, Relation.POSSIBLE),
        (3_900, Relation.POSSIBLE),
        (4_100, Relation.CLEAR),
    ):
        (there,) = around(MIDDLE, (17, metres))
        other = plan("CLV", notice(circle(there, 10.0)), Precedence.ROUTINE)
        assert relate(tangled, other, terms).kind == kind


def test_a_line_there_and_back_too_often_is_still_that_line() -> None:
    """Ten thousand corners on one line enclose nothing, and are possible along it alone."""
    along = [Position(33.0, 35 + (n % 2) * 0.1 + n * 1e-6) for n in range(9000)]
    found = placed(polygon(*along))
    assert found.larger is not None
    beside = lateral(found, placed(circle(Position(33.01, 35.05), 0.0)))
    on_it = lateral(found, placed(circle(Position(33.00001, 35.05), 0.0)))
    assert beside is not None
    assert on_it is not None
    assert beside.distance_m == pytest.approx(1109, abs=3)
    assert on_it.distance_m < 2


@pytest.mark.parametrize("corners", [3, 4, 7, 60, 2000])
@pytest.mark.parametrize("rough", [0.0, 0.4])
def test_a_ring_that_does_not_meet_itself_stays_as_it_is(corners: int, rough: float) -> None:
    """To the last bit: the walk is for rings that need it."""
    turns = np.linspace(0, math.tau, corners + 1)
    reach = 1e4 * (1 + rough * np.sin(7 * turns))
    ring = np.column_stack((reach * np.cos(turns) + 9e3, reach * np.sin(turns)))
    ring[-1] = ring[0]
    assert walk_round(ring) is ring


def test_a_hull_of_one_line_comes_back_to_its_start() -> None:
    """So that it is a ring like any other."""
    flat = hull(np.array([(0.0, 0.0), (30_000.0, 0.0), (10_000.0, 0.0), (0.0, 0.0)]))
    assert flat[0].tolist() == flat[-1].tolist()
    assert flat[:, 0].max() == 30_000
    assert np.hypot(*np.diff(flat, axis=0).T).max() <= 9_000


def test_a_hole_is_met_wherever_on_the_globe() -> None:
    """Over the antimeridian and next to a pole, with edges of a hundred kilometres."""
    for middle in (Position(33, 180), Position(-89.9, 10), Position(60, -179.9)):
        outer = around(middle, *((turn, 200_000.0) for turn in (0, 90, 180, 270, 0)))
        inner = around(middle, *((turn, 90_000.0) for turn in (0, 270, 180, 90, 0)))
        ring = Volume4D(outline_polygon=Polygon((*outer, *inner)))
        assert meets(ring, circle(middle, 5.0))
        assert not meets(ring, circle(around(middle, (45, 160_000.0))[0], 5.0))
