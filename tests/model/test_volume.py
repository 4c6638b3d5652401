"""Volumes hold what was sent, also where it breaks a rule."""

from __future__ import annotations

import pytest

from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D
from tests.model.samples import START, volume


def test_altitudes_convert_to_metres() -> None:
    """Feet and flight levels are exact multiples; an unknown unit has no value."""
    assert Altitude(1000, "m").metres == 1000
    assert Altitude(1000, "ft").metres == pytest.approx(304.8)
    assert Altitude(180, "fl", "standard").metres == pytest.approx(5486.4)
    assert Altitude(1000, "furlong").metres is None


def test_times_are_read_where_they_can_be() -> None:
    """Airspace asks for numbers, and gets None for what nobody can read."""
    assert volume().start_us == 1_772_362_800_000_000
    assert volume().end_us == 1_772_370_000_000_000
    assert volume(time_start="soon").start_us is None
    assert volume(time_end="").end_us is None
    assert volume().time_start == START


def test_points_are_those_of_every_outline() -> None:
    """All outlines are drawn from, even where only one is allowed."""
    a, b, c = Position(1, 2), Position(3, 4), Position(5, 6)
    everything = Volume4D(Polygon((a,)), Circle(b, 1.0), Corridor((c, a), 1.0))
    assert everything.points == (a, b, c, a)
    assert Volume4D().points == ()
