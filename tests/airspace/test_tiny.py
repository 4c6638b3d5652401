"""Rings of no size to speak of: placed where they are, however their corners lie, never refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.airspace.footprint import Footprint, footprint_of
from hotline.airspace.lateral import lateral
from hotline.airspace.laterals import laterals
from hotline.model.volume import Position, Volume4D
from tests.airspace.shapes import circle, placed, polygon

LATITUDES = (0.0, 33.7, 60.0, 85.0, 89.9999, 90.0, -90.0, -33.7)
LONGITUDES = (0.0, 32.7, 179.9999999, 180.0, -180.0)
SIZES = (0.0, 1e-15, 1e-12, 1e-9, 1e-8, 4e-8, 1e-7, 1e-6, 1e-3, 1.0, 20.0)
"""Degrees: from nothing, over what is less than the 5 mm that count, to what is large."""


def bow_tie(lat: float, lon: float, size: float) -> Volume4D:
    """Return a ring of four corners that crosses itself."""
    toward_lat = size if lat < 89 else -size
    toward_lon = size if lon < 179 else -size
    return polygon(
        Position(lat, lon),
        Position(lat + toward_lat, lon + toward_lon),
        Position(lat + toward_lat, lon),
        Position(lat, lon + toward_lon),
    )


@st.composite
def rings(draw: st.DrawFn) -> Volume4D:
    """Draw a ring on a coarse grid of some size: repeated and collinear corners are common."""
    lat, lon = draw(st.sampled_from(LATITUDES)), draw(st.sampled_from(LONGITUDES))
    size = draw(st.sampled_from(SIZES))
    step = st.sampled_from((-1.0, -0.5, 0.0, 0.3, 1.0))
    corners = draw(st.lists(st.tuples(step, step), max_size=9))
    return polygon(
        *(
            Position(
                max(-90.0, min(90.0, lat + up * size)), max(-180.0, min(180.0, lon + east * size))
            )
            for up, east in corners
        )
    )


@settings(max_examples=400, deadline=None)
@given(rings(), rings())
def test_no_ring_is_too_small_to_be_placed_and_compared(one: Volume4D, other: Volume4D) -> None:
    """Whatever the corners of two rings, both are placed and measured without an exception."""
    first, second = footprint_of(one), footprint_of(other)
    if isinstance(first, Footprint) and isinstance(second, Footprint):
        lateral(first, second)
        laterals([(first, second), (second, first)], beyond_m=9_260.0)


@pytest.mark.parametrize("lat", LATITUDES)
@pytest.mark.parametrize("size", [size for size in SIZES if size < 1e-5])
def test_a_tiny_ring_meets_what_it_lies_in(lat: float, size: float) -> None:
    """A ring smaller than the precision meets a circle around it, and none that lies 100 m away."""
    tiny = placed(bow_tie(lat, 32.7, size))
    over = lateral(tiny, placed(circle(Position(lat, 32.7), 10.0)))
    away = Position(lat - 0.001 if lat > 0 else lat + 0.001, 32.7)
    beside = lateral(tiny, placed(circle(away, 1.0)))
    assert over is not None
    assert over.distance_m == 0
    assert beside is not None
    assert beside.distance_m == pytest.approx(110.0, abs=3)
    assert tiny.larger is None
