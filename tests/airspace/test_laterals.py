"""Many pairs at once: what one at a time and the exact way say, in dense scenes and at limits."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.airspace import laterals as fast
from hotline.airspace.footprint import Footprint
from hotline.airspace.lateral import TOUCH_M, lateral
from hotline.airspace.laterals import Between, laterals
from hotline.model.volume import Position, Volume4D
from tests.airspace.shapes import around, circle, corridor, placed, polygon, volume_of
from tests.airspace.slow_geodesics import Outline, ahead
from tests.airspace.test_lateral_oracle import outlines

MINIMUM_M = 5_556.0
CENTER = Position(33.5, 34.0)
Pair = tuple[Footprint, Footprint]

centers = st.builds(
    Position,
    st.sampled_from([0.0, 33.0, -60.0, 85.0, 89.99]),
    st.sampled_from([0.0, 180.0, -179.99, 34.5]),
)


def assert_as_exact(pairs: Sequence[Pair], beyond_m: float = MINIMUM_M) -> list[Between | None]:
    """Check many pairs against one at a time, the exact way and the other order; return them."""
    found = laterals(pairs, beyond_m=beyond_m)
    for (one, other), between in zip(pairs, found, strict=True):
        assert laterals([(one, other)], beyond_m=beyond_m) == [between]
        (turned,) = laterals([(other, one)], beyond_m=beyond_m)
        exact = lateral(one, other, beyond_m=beyond_m)
        assert (between is None) == (exact is None) == (turned is None)
        if between is None or exact is None or turned is None:
            continue
        assert between.distance_m == pytest.approx(exact.distance_m, abs=1e-6)
        assert turned.distance_m == pytest.approx(exact.distance_m, abs=1e-3)
        assert (between.distance_m == 0) == (exact.distance_m == 0) == (turned.distance_m == 0)
        at = placed(circle(between.place, 0.0))
        for footprint in (one, other):
            away = lateral(footprint, at)
            assert away is not None
            assert away.distance_m == pytest.approx(between.distance_m / 2, abs=0.02)
    return found


@st.composite
def scenes(draw: st.DrawFn) -> list[Footprint]:
    """Draw outlines of like size that lie over and beside each other."""
    center, size = draw(centers), draw(st.sampled_from([30.0, 3e3, 3e4, 2e5]))
    places = st.builds(
        lambda azimuth, share: ahead(center, azimuth, size * share),
        st.floats(0, 360),
        st.floats(0, 2),
    )
    chosen = draw(st.lists(places, min_size=4, max_size=8))
    return [placed(volume_of(draw(outlines(place, size)))) for place in chosen]


@given(scenes(), st.sampled_from([0.0, MINIMUM_M]))
@settings(max_examples=60, deadline=None)
def test_dense_scenes_are_what_the_exact_way_says(scene: list[Footprint], beyond: float) -> None:
    """All pairs of a scene at once, whichever they are with, however they are turned."""
    pairs = [(one, other) for i, one in enumerate(scene) for other in scene[: i + 1]]
    assert_as_exact(pairs, beyond)


def neighbours(middle: Position, size: float, gap: float) -> list[tuple[Volume4D, Volume4D]]:
    """Return outlines of every kind that are just so far apart."""
    west, east = around(middle, (250, size), (70, size))
    area = polygon(west, east, ahead(east, -20, size), ahead(west, -20, size))
    corner = ahead(middle, 160, gap)
    line = [ahead(middle, 160, metres) for metres in (size / 10 + gap, size, 2 * size)]
    beyond = ahead(middle, 160, size * 0.8 + gap)
    return [
        (circle(middle, size), circle(ahead(middle, 70, size * 1.3 + gap), size * 0.3)),
        (area, circle(beyond, size * 0.8)),
        (area, corridor(size / 5, *line)),
        (area, polygon(corner, *(ahead(corner, azimuth, size / 2) for azimuth in (140, 185)))),
        (corridor(size / 5, *line), circle(middle, 0.0)),
    ]


@pytest.mark.parametrize("gap", [-0.01, -0.004, 0.0, 0.004, 0.006, 0.01, 1.0])
def test_gaps_of_a_centimetre_are_what_the_exact_way_says(gap: float) -> None:
    """What touches meets and what is a centimetre apart does not, at any size and latitude."""
    volumes = [
        pair
        for lat in (0.0, 33.0, -60.0, 85.0)
        for size in (10.0, 1e3, 1e5, 3e5)
        for pair in neighbours(Position(lat, 179.95), size, gap)
    ]
    pairs = [(placed(one), placed(other)) for one, other in volumes]
    for between in assert_as_exact(pairs):
        assert between is not None
        if gap <= 0:
            assert between.distance_m == 0
        elif gap >= 2 * TOUCH_M:
            assert between.distance_m == pytest.approx(gap, abs=0.002)


def test_what_is_inside_or_crosses_or_has_no_area_is_what_the_exact_way_says() -> None:
    """Rings that go round, cross themselves, go there and back; lines through, along and within."""
    square = around(CENTER, *((azimuth, 40_000.0) for azimuth in (45, 135, 225, 315)))
    small = around(CENTER, *((azimuth, 900.0) for azimuth in (20, 110, 200, 290)))
    star = around(CENTER, *((i * 144.0, 50_000.0) for i in range(5)))
    eight = [Position(33, 33), Position(34, 35), Position(33, 35), Position(34, 33)]
    there, back = Position(33.5, 33.5), Position(33.5, 34.5)
    # A comb with its teeth to the south: on the line in the middle there is only its spine.
    comb = [Position(33.4 + 0.2 * (i % 2 == 0), 33.6 + i * 0.1) for i in range(8)]
    shapes = [
        placed(volume)
        for volume in (
            polygon(*square),
            polygon(*small),
            polygon(*star),
            polygon(*eight),
            polygon(there, back, there),
            polygon(there, there, there),
            polygon(*comb, Position(33.7, 34.3), Position(33.7, 33.6)),
            polygon(*small[::-1], small[-1]),
            corridor(0.0, there, back),
            corridor(0.0, CENTER, ahead(CENTER, 30, 300)),
            corridor(500.0, *square, square[0]),
            corridor(0.0, Position(33.45, 33.0), Position(33.45, 35.0)),
            corridor(0.0, Position(33.0, 34.0), Position(34.0, 34.0)),
            circle(CENTER, 0.0),
            circle(ahead(CENTER, 90, 20_000), 1000.0),
            circle(Position(33.5, 33.3), 10.0),
        )
    ]
    assert_as_exact([(one, other) for one in shapes for other in shapes])


def test_what_is_far_or_long_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of kilometres without a limit, paths of many corners, many pieces in small lots."""
    far = placed(polygon(*around(Position(-33, -140), (0, 3e3), (120, 3e3), (240, 3e3))))
    near = [
        placed(
            polygon(*around(ahead(CENTER, 90, 9_000.0 * i), *((a, 4e3) for a in range(0, 360, 9))))
        )
        for i in range(4)
    ]
    many = placed(polygon(*around(CENTER, *((a / 2, 5e3) for a in range(720)))))
    monkeypatch.setattr(fast, "MEASURED_AT_ONCE", 2_000)
    monkeypatch.setattr(fast, "AT_ONCE", 5)
    pairs = [(one, other) for one in (*near, many) for other in near]
    assert laterals([], beyond_m=MINIMUM_M) == []
    assert_as_exact(pairs)
    for between, exact in zip(
        laterals([(far, near[0]), (many, far)], beyond_m=math.inf),
        [lateral(far, near[0]), lateral(many, far)],
        strict=True,
    ):
        assert between is not None
        assert exact is not None
        assert between.distance_m == pytest.approx(exact.distance_m, abs=1e-6)


def test_a_place_of_meeting_lies_in_the_middle_of_what_is_shared() -> None:
    """Of two areas that overlap by 10 km, the place is well inside both."""
    squares = [
        around(center, *((azimuth, 28_000.0) for azimuth in (45, 135, 225, 315)))
        for center in (CENTER, ahead(CENTER, 90, 30_000))
    ]
    one, other = (placed(polygon(*corners)) for corners in squares)
    (between,) = laterals([(one, other)], beyond_m=MINIMUM_M)
    assert between is not None
    for corners in squares:
        fence = placed(corridor(0.0, *corners, corners[0]))
        inside = lateral(fence, placed(circle(between.place, 0.0)))
        assert inside is not None
        assert inside.distance_m > 2000


def test_outlines_made_to_harm_are_measured_in_a_moment() -> None:
    """As many pairs as go together, of as many corners, none of which is ruled out: under 2 s."""
    comb = [Position(33.0 + 0.05 * (i % 4 in (1, 2)), 34.0 + i // 2 * 4e-4) for i in range(98)]
    beside = [Position(at.lat + 0.01, at.lon + 1e-4) for at in comb]
    one, other = placed(corridor(0.0, *comb)), placed(corridor(0.0, *beside))
    fence = placed(corridor(0.0, *(Position(at.lat + 0.051, at.lon) for at in comb)))
    outline = Outline(comb)
    assert fast.is_short(one, other)
    assert placed(volume_of(outline)).cap.radius_m == one.cap.radius_m
    began = time.process_time()
    found = laterals([(one, other), (one, fence)] * 128, beyond_m=MINIMUM_M)
    assert time.process_time() - began < 2
    assert None not in found
