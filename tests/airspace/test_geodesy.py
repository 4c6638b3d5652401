"""Earth-centred points, cut geodesics, and the plane on which geodesics are straight."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic

from hotline.airspace.geodesy import PIECE_M, Plane, earth_centred, path_of, position_of, towards
from hotline.model.volume import Position
from tests.airspace.slow_geodesics import GLOBE, ahead, apart

PLACES = [
    Position(0, 0),
    Position(33, 34),
    Position(-60, 180),
    Position(85, -179.9),
    Position(89.9999, 12),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_comes_back_from_the_centre_of_the_earth(place: Position) -> None:
    """Degrees to metres and back lose less than a micrometre."""
    assert apart(position_of(*earth_centred(place.lat, place.lon)), place) < 1e-6


def test_the_axes_are_those_of_the_ellipsoid() -> None:
    """The equator is 6 378 137 m from the centre, the pole 6 356 752.3142 m."""
    assert earth_centred(0, 90) == pytest.approx((0, 6_378_137, 0), abs=1e-6)
    assert earth_centred(-90, 0) == pytest.approx((0, 0, -6_356_752.3142), abs=1e-4)


def test_long_edges_are_cut_along_the_geodesic() -> None:
    """Every point of a path lies on its edge, the corners to the last bit, none too far apart."""
    corners = [Position(33, 179), Position(40, -179), Position(40, -179), Position(40.01, -179)]
    path = path_of(corners, most=1000)
    assert path is not None
    points = [position_of(*point) for point in path.tolist()]
    assert len(points) == math.ceil(apart(*corners[:2]) / PIECE_M) + 2
    assert all(apart(*pair) <= PIECE_M + 1e-3 for pair in pairwise(points))
    for corner in corners:
        here = np.array(earth_centred(corner.lat, corner.lon))
        assert np.abs(path - here).max(axis=1).min() < 1e-8
    whole = apart(*corners[:2])
    for point in points[:-1]:
        assert apart(corners[0], point) + apart(point, corners[1]) == pytest.approx(whole, abs=1e-4)


def test_repeated_places_and_places_at_a_pole_are_one() -> None:
    """A path that stays where it is has one point, whatever longitude a pole is given."""
    here = [Position(33, 34)] * 3
    poles = [Position(90, lon) for lon in (0.0, 50.0, -170.0)]
    seam = [Position(5, 180), Position(5, -180)]
    for corners in (here, here[:1], poles, seam):
        path = path_of(corners, most=1000)
        assert path is not None
        assert len(path) == 1


def test_a_path_of_too_many_points_is_not_made() -> None:
    """Edges that need more points than asked for give none."""
    assert path_of([Position(0, 0), Position(0, 10)], most=112) is None
    assert path_of([Position(0, 0), Position(0, 10)], most=113) is not None


@pytest.mark.parametrize("place", PLACES)
def test_a_place_comes_back_from_the_plane(place: Position) -> None:
    """Flattened and thrown back, a place 900 km off is where it was to a micrometre."""
    plane = Plane.at(place)
    there = ahead(place, 70, 900_000)
    ((x, y),) = plane.flat(np.array([earth_centred(there.lat, there.lon)])).tolist()
    assert apart(plane.position(x, y), there) < 1e-6
    assert apart(plane.position(0, 0), place) < 1e-6


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("away", "most"), [(100_000, 0.00025), (1_000_000, 0.0025)])
def test_a_piece_of_a_geodesic_is_straight_on_the_plane(
    place: Position, away: float, most: float
) -> None:
    """The middle of a piece lies on the straight line of its ends, to what the module promises."""
    plane = Plane.at(place)
    for azimuth in range(0, 360, 30):
        for turn in (90, 40):
            begin = ahead(place, azimuth, away)
            line = GLOBE.DirectLine(begin.lat, begin.lon, azimuth + turn, PIECE_M)
            found = [line.Position(part * PIECE_M) for part in (0, 0.5, 1)]
            points = np.array([earth_centred(at["lat2"], at["lon2"]) for at in found])
            (x0, y0), (x, y), (x1, y1) = plane.flat(points).tolist()
            off = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
            assert abs(off) / math.hypot(x1 - x0, y1 - y0) < most


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("away", [0, 10_000, 300_000, 2_000_000, 6_500_000])
def test_the_plane_shows_nothing_too_small_and_nothing_too_great(
    place: Position, away: float
) -> None:
    """Lengths on the plane are at least the true ones, at most as much greater as it says."""
    plane = Plane.at(place)
    for azimuth in range(0, 360, 45):
        begin = ahead(place, azimuth, away)
        for turn in (0, 45, 90):
            end = ahead(begin, azimuth + turn, 1000)
            points = np.array([earth_centred(at.lat, at.lon) for at in (begin, end)])
            one, other = plane.flat(points).tolist()
            radius = max(math.hypot(*one), math.hypot(*other))
            assert 1 - 1e-8 < math.dist(one, other) / 1000 < plane.stretch(radius) + 1e-8


def test_one_goes_along_the_geodesic_towards_an_aim() -> None:
    """Some metres towards a place are those metres nearer to it."""
    start, aim = Position(33, 34), Position(60, -170)
    there = towards(start, aim, 1234.5)
    assert apart(start, there) == pytest.approx(1234.5, abs=1e-6)
    assert apart(there, aim) == pytest.approx(apart(start, aim) - 1234.5, abs=1e-6)
    assert Geodesic.WGS84.a == 6_378_137.0
