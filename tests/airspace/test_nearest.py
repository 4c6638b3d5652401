"""The closest approach of paths: found wherever it is, and given up in time."""

from __future__ import annotations

import numpy as np
import pytest

from hotline.airspace import nearest
from hotline.airspace.geodesy import Points, path_of
from hotline.airspace.nearest import MOST_RUNS, Pieces, approach_between, closest_approach
from hotline.model.volume import Position
from tests.airspace.shapes import around
from tests.airspace.slow_geodesics import apart

HERE = Position(33, 34)


def path(*corners: Position) -> Points:
    """Return a path that is not too long."""
    found = path_of(corners, most=200_000)
    assert found is not None
    return found


def ring(metres: float, count: int) -> list[Position]:
    """Return places all round, at a distance."""
    return around(HERE, *((360 * i / count, metres) for i in range(count + 1)))


@pytest.mark.parametrize("count", [50, 100, 101, 3000])
def test_every_piece_of_a_path_is_in_a_run_and_in_its_ball(count: int) -> None:
    """However many runs there are, they hold all pieces, and balls hold what they are round."""
    whole = path(*ring(5000, count))
    pieces = Pieces.of(whole)
    held = {tuple(start) for start in pieces.starts.reshape(-1, 3).tolist()}
    assert held == {tuple(start) for start in whole[:-1].tolist()}
    for ends in (pieces.starts, pieces.ends):
        off = np.linalg.norm(ends - pieces.run_middles[:, None], axis=-1)
        assert (off <= pieces.run_radii_m[:, None] + 1e-6).all()
        assert (np.linalg.norm(ends - pieces.middles, axis=-1) <= pieces.radii_m + 1e-6).all()


def test_the_one_near_place_of_two_long_paths_is_found() -> None:
    """A dent of 40 m in one of 3 000 corners round the other is where they are closest."""
    inner, outer = ring(5000, 3000), ring(5100, 3000)
    (outer[1234],) = around(HERE, (360 * 1234 / 3000, 5060.0))
    first = approach_between(inner[0], outer[1500])
    found = closest_approach(first, path(*inner), path(*outer), 1e6)
    assert found.exact
    assert found.distance_m == pytest.approx(60, abs=0.01)
    assert apart(found.far, outer[1234]) < 0.01
    assert apart(found.near, inner[1234]) < 0.01


def test_what_lies_beyond_the_limit_is_not_searched_for() -> None:
    """The approach that is known is given back where nothing is within the limit."""
    inner, outer = ring(5000, 300), ring(9000, 300)
    first = approach_between(inner[0], outer[150])
    assert closest_approach(first, path(*inner), path(*outer), 100.0) == first


def test_runs_that_lie_near_with_nothing_near_in_them_are_passed_over() -> None:
    """Balls that overlap though no piece is near do not end the search."""
    inner, outer = ring(5000, 300), ring(5400, 300)
    first = approach_between(inner[0], outer[150])
    assert closest_approach(first, path(*inner), path(*outer), 150.0) == first


def test_paths_with_too_many_near_runs_are_given_up() -> None:
    """Two clouds of places, each all over the other, are not looked at to the end."""
    count = int(MOST_RUNS**0.5 + 10) * 32
    seeded = np.random.default_rng(7)
    clouds = []
    for _ in range(2):
        polar = seeded.uniform((0, 0), (360, 3000), (count, 2))
        clouds.append(around(HERE, *((azimuth, metres) for azimuth, metres in polar.tolist())))
    first = approach_between(clouds[0][0], clouds[1][0])
    found = closest_approach(first, path(*clouds[0]), path(*clouds[1]), 1e6)
    assert not found.exact
    assert found.distance_m < first.distance_m


def test_so_much_is_measured_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two combs of thousands of long teeth side by side do not hold whoever compares them."""
    measured = 0
    ways = nearest._ways

    def counted(starts: Points, *others: Points) -> nearest.Ways:
        nonlocal measured
        measured += len(starts)
        return ways(starts, *others)

    monkeypatch.setattr(nearest, "_ways", counted)
    combs = [
        [
            Position(HERE.lat + 0.5 * (i % 4 in (1, 2)), HERE.lon + east + 0.4 * i / 9000)
            for i in range(9000)
        ]
        for east in (0.0, 0.42)
    ]
    first = approach_between(combs[0][0], combs[1][0])
    closest_approach(first, path(*combs[0]), path(*combs[1]), 9300.0)
    assert 0 < measured < 50_000
