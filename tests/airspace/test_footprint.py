"""Footprints: what can be placed, what can't and why, and the caps that hold them."""

from __future__ import annotations

import math

import pytest

from hotline.airspace.footprint import MOST_POINTS, Uncomputable, footprint_of
from hotline.airspace.lateral import lateral
from hotline.model.volume import Circle, Corridor, Polygon, Position, Volume4D
from tests.airspace.shapes import around, circle, corridor, placed, polygon
from tests.airspace.slow_geodesics import ahead

HERE = Position(33, 34)


@pytest.mark.parametrize(
    ("code", "volume"),
    [
        ("airspace.no-outline", Volume4D()),
        ("airspace.no-vertex", polygon()),
        ("airspace.no-vertex", corridor(10)),
        (
            "airspace.several-outlines",
            Volume4D(outline_circle=Circle(HERE, 10), corridor=Corridor((HERE,), 10)),
        ),
        (
            "airspace.several-outlines",
            Volume4D(outline_circle=Circle(HERE, 10), outline_polygon=Polygon()),
        ),
        ("airspace.bad-position", circle(Position(91, 0), 10)),
        ("airspace.bad-position", circle(Position(0, 181), 10)),
        ("airspace.bad-position", circle(Position(0, -180.1), 10)),
        ("airspace.bad-position", polygon(HERE, Position(math.nan, 0), Position(0, 0))),
        ("airspace.bad-position", corridor(10, HERE, Position(0, math.inf))),
        ("airspace.bad-reach", circle(HERE, -1.0)),
        ("airspace.bad-reach", circle(HERE, math.nan)),
        ("airspace.bad-reach", circle(HERE, math.inf)),
        ("airspace.bad-reach", corridor(1e308, HERE)),
        ("airspace.too-large", corridor(10, HERE, Position(33, 120))),
        ("airspace.too-large", polygon(*(Position(0, lon) for lon in (0, 120, -120)))),
        (
            "airspace.too-long",
            polygon(*(Position(33 + (i % 2) * 5, 34 + i * 1e-4) for i in range(1000))),
        ),
    ],
)
def test_what_has_no_place_says_why(code: str, volume: Volume4D) -> None:
    """An outline that means no place on the globe, or not surely one, is uncomputable."""
    found = footprint_of(volume)
    assert isinstance(found, Uncomputable)
    assert found.code == code
    assert found.text
    assert not found.text.endswith(".")


def test_ten_thousand_corners_are_not_too_long() -> None:
    """As many corners as a notice may have can be placed, round an area as large as it may be."""
    ring = polygon(*around(HERE, *((i * 0.036, 500_000.0) for i in range(10_000))))
    assert 10_000 <= len(placed(ring).path) <= MOST_POINTS


@pytest.mark.parametrize("lat", [0.0, 33.0, 89.99])
@pytest.mark.parametrize("size", [1.0, 1e4, 1e6])
def test_a_cap_holds_its_footprint(lat: float, size: float) -> None:
    """Whatever belongs to a footprint lies no farther from its cap's centre than the cap says."""
    center = Position(lat, 180)
    corners = around(center, *((azimuth, size) for azimuth in (10, 100, 200)))
    for volume, edge in (
        (polygon(*corners), 0.0),
        (corridor(size, *corners), size / 2),
        (circle(corners[0], size), size),
    ):
        footprint = placed(volume)
        for corner in corners if edge != size else corners[:1]:
            for azimuth in (0, 60, 120, 180, 240, 300):
                point = placed(circle(ahead(corner, azimuth, edge), 0.0))
                assert footprint.cap.gap_m(point.cap) <= 0
        assert footprint.cap.radius_m < 1.3 * size + edge + 2


def test_caps_never_lie_farther_apart_than_what_they_hold() -> None:
    """The gap of two caps is at most the distance of the footprints, also round the globe."""
    one = placed(circle(HERE, 5000))
    for azimuth in (0, 70, 200):
        for metres in (1e4, 1e6, 1.9e7):
            other = placed(corridor(10, *around(HERE, (azimuth, metres), (azimuth + 1, metres))))
            found = lateral(one, other)
            assert found is not None
            assert one.cap.gap_m(other.cap) <= found.distance_m


def test_a_circle_as_wide_as_the_globe_meets_everything() -> None:
    """A radius of half the equator reaches the other side."""
    found = lateral(placed(circle(HERE, 2.0037e7)), placed(circle(Position(-33, -146), 1.0)))
    assert found is not None
    assert found.distance_m == 0
