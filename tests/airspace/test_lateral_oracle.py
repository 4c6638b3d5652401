"""Distances between footprints agree with a slow oracle, and don't change with point of view."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.airspace.lateral import TOUCH_M, lateral
from hotline.model.volume import Position
from tests.airspace.shapes import around, placed, volume_of
from tests.airspace.slow_geodesics import Outline, ahead, slow_distance

CENTIMETRE = 0.01

centers = st.builds(
    Position,
    st.one_of(st.floats(-89.99, 89.99), st.sampled_from([0.0, 33.0, -60.0, 85.0, 89.99, -89.99])),
    st.one_of(st.floats(-180, 180), st.sampled_from([180.0, -180.0, 0.0, 179.999])),
)
sizes = st.sampled_from([1.0, 30.0, 1e3, 3e4, 3e5, 5e5])
directions = st.floats(0, 360)


@st.composite
def outlines(draw: st.DrawFn, center: Position, size: float) -> Outline:
    """Draw an outline of about that size: a circle, a star-shaped ring, or a corridor."""
    kind = draw(st.sampled_from(["circle", "ring", "corridor"]))
    if kind == "circle":
        return Outline([center], size * draw(st.floats(0.01, 1)))
    count = draw(st.integers(3, 6))
    shares = draw(st.lists(st.floats(0.2, 1), min_size=count, max_size=count))
    if kind == "ring":
        turn = draw(directions)
        step = 360 / count
        return Outline(
            around(center, *((turn + i * step, size * share) for i, share in enumerate(shares))),
            ring=True,
        )
    turns = draw(st.lists(directions, min_size=count, max_size=count))
    line = around(
        center, *((turn, size * share) for turn, share in zip(turns, shares, strict=True))
    )
    return Outline(line, size * draw(st.floats(0, 0.3)))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Outline, Outline]:
    """Draw two outlines of like or unlike size, over each other or up to a few sizes apart."""
    center, size = draw(centers), draw(sizes)
    one = draw(outlines(center, size))
    away = ahead(center, draw(directions), size * draw(st.floats(0, 3)))
    return one, draw(outlines(away, size * draw(st.sampled_from([1.0, 0.1, 0.01]))))


def distance(one: Outline, other: Outline) -> float:
    """Return what is to be checked."""
    found = lateral(placed(volume_of(one)), placed(volume_of(other)))
    assert found is not None
    return found.distance_m


@given(pairs())
@settings(max_examples=40, deadline=None)
def test_distances_agree_with_the_oracle_to_a_centimetre(pair: tuple[Outline, Outline]) -> None:
    """Any two outlines, anywhere and of any size, are as far apart as the oracle says."""
    assert distance(*pair) == pytest.approx(slow_distance(*pair), abs=CENTIMETRE, rel=0)


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_the_order_of_two_footprints_is_the_same_to_a_millimetre(
    pair: tuple[Outline, Outline],
) -> None:
    """What is compared with what changes only which position is near and which is far."""
    one, other = (placed(volume_of(outline)) for outline in pair)
    there, back = lateral(one, other), lateral(other, one)
    assert there is not None
    assert back is not None
    assert there.distance_m == pytest.approx(back.distance_m, abs=1e-3)
    assert (there.distance_m == 0) == (back.distance_m == 0)


def moved(outline: Outline, lon: float, *, mirrored: bool) -> Outline:
    """Return an outline turned about the axis of the earth, and put to the other hemisphere."""
    corners = [
        Position(-at.lat if mirrored else at.lat, (at.lon + lon + 180) % 360 - 180)
        for at in outline.corners
    ]
    return replace(outline, corners=corners)


@given(pairs(), st.floats(-360, 360), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_globe_looks_the_same_from_every_meridian_and_from_both_hemispheres(
    pair: tuple[Outline, Outline],
    lon: float,
    mirrored: bool,
    reversed_: bool,
) -> None:
    """Turning both about the earth's axis, mirroring both, or drawing backwards moves nothing."""
    turned = [moved(outline, lon, mirrored=mirrored) for outline in pair]
    if reversed_:
        turned = [replace(outline, corners=outline.corners[::-1]) for outline in turned]
    assert distance(*turned) == pytest.approx(distance(*pair), abs=CENTIMETRE)


@given(centers, sizes, st.floats(0.1, 3), st.floats(0.01, 2), directions, st.data())
@settings(max_examples=60, deadline=None)
def test_what_lies_around_a_place_is_as_far_in_every_direction(
    center: Position, size: float, away: float, share: float, turn: float, data: st.DataObject
) -> None:
    """A line that begins at some metres from a place and leads away from it is that far from it."""
    reach = size * share
    begin = ahead(center, turn, size * away)
    line = around(center, (turn, size * away), (turn, size * (away + data.draw(st.floats(0, 2)))))
    assert line[0] == begin
    expected = max(0.0, size * away - reach)
    assert distance(Outline([center], reach), Outline(line)) == pytest.approx(
        expected, abs=CENTIMETRE
    )


@given(pairs(), st.floats(0, 1000), st.sampled_from([0.0, 1.0, 1e3, 1e5]))
@settings(max_examples=60, deadline=None)
def test_a_larger_reach_never_takes_a_footprint_farther_away(
    pair: tuple[Outline, Outline], more: float, beyond: float
) -> None:
    """With more radius or width, distances shrink by as much, and what was near stays near."""
    one, other = (placed(volume_of(outline)) for outline in pair)
    wider = other.widened(more)
    before, after = lateral(one, other), lateral(one, wider)
    assert before is not None
    assert after is not None
    assert after.distance_m == pytest.approx(max(0.0, before.distance_m - more), abs=CENTIMETRE)
    assert after.distance_m <= before.distance_m + 1e-6
    if lateral(one, other, beyond_m=beyond) is not None:
        assert lateral(one, wider, beyond_m=beyond) is not None


@given(pairs(), st.floats(0, 3))
@settings(max_examples=60, deadline=None)
def test_stopping_early_changes_no_answer(pair: tuple[Outline, Outline], share: float) -> None:
    """None is said of footprints beyond the limit only, and of all of them but at the limit."""
    one, other = (placed(volume_of(outline)) for outline in pair)
    whole = lateral(one, other)
    assert whole is not None
    beyond = whole.distance_m * share
    found = lateral(one, other, beyond_m=beyond)
    if found is None:
        assert whole.distance_m > beyond + TOUCH_M - 1e-3
    else:
        assert found.distance_m == pytest.approx(whole.distance_m, abs=1e-3)
        assert found.distance_m <= beyond + TOUCH_M + 1e-3


@given(pairs())
@settings(max_examples=40, deadline=None)
def test_the_positions_lie_where_they_are_said_to(pair: tuple[Outline, Outline]) -> None:
    """Near is on the one, far on the other, place midway or on both, to a centimetre."""
    found = lateral(*(placed(volume_of(outline)) for outline in pair))
    assert found is not None
    one, other = pair
    half = found.distance_m / 2
    for position, expected in (
        (found.near, (0.0, found.distance_m)),
        (found.place, (half, half)),
        (found.far, (found.distance_m, 0.0)),
    ):
        at = Outline([position])
        assert slow_distance(at, one) == pytest.approx(expected[0], abs=2 * CENTIMETRE)
        assert slow_distance(at, other) == pytest.approx(expected[1], abs=2 * CENTIMETRE)
    assert math.isfinite(found.distance_m)
