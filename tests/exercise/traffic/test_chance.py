"""Chance and arrivals: distributed as they say, from `random` alone."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from hotline.exercise.scenario.shape import Rate
from hotline.exercise.traffic.arrivals import HOUR_S, arrivals, rate_at
from hotline.exercise.traffic.chance import Chance


def test_waiting_times_are_exponential() -> None:
    """Mean, variance and the share beyond one, two and three are those of the distribution."""
    chance = Chance("waiting")
    drawn = [chance.waiting() for _ in range(20_000)]
    mean = sum(drawn) / len(drawn)
    variance = sum((one - mean) ** 2 for one in drawn) / len(drawn)
    assert mean == pytest.approx(1.0, abs=0.03)
    assert variance == pytest.approx(1.0, abs=0.08)
    for limit in (1, 2, 3):
        share = sum(one > limit for one in drawn) / len(drawn)
        assert share == pytest.approx(math.exp(-limit), abs=0.012)


def test_weights_decide_and_the_order_of_names_does_not() -> None:
    """Names come by their weights; the same seed gives the same one in any order of the table."""
    one, other = Chance("w"), Chance("w")
    drawn = [one.weighed({"b": 1.0, "a": 3.0, "c": 0.0}) for _ in range(4000)]
    assert drawn == [other.weighed({"c": 0.0, "a": 3.0, "b": 1.0}) for _ in range(4000)]
    counts = Counter(drawn)
    assert counts["a"] / 4000 == pytest.approx(0.75, abs=0.03)
    assert counts["c"] == 0


def test_whole_and_stepped_numbers_reach_both_ends() -> None:
    """Both ends are drawn, nothing beyond them, and only whole steps."""
    chance = Chance("whole")
    assert {chance.whole(2, 5) for _ in range(200)} == {2, 3, 4, 5}
    assert {chance.stepped(10, 30, 10) for _ in range(200)} == {10, 20, 30}


def test_the_rate_is_straight_between_hours_and_goes_round_midnight() -> None:
    """Between two hours the rate is on the line between them, also from the last to the first."""
    curve = (Rate(hour=18, per_hour=20), Rate(hour=6, per_hour=2))
    assert rate_at(curve, 6.0) == 2
    assert rate_at(curve, 12.0) == 11
    assert rate_at(curve, 0.0) == rate_at(curve, 24.0) == 11
    assert rate_at(curve, 21.0) == pytest.approx(15.5)
    assert rate_at((Rate(hour=0, per_hour=0), Rate(hour=24, per_hour=24)), 23.0) == 23


def test_arrivals_follow_the_curve_as_a_poisson_process() -> None:
    """Counts by hour have the curve's mean, and a variance like it, over 200 days."""
    curve = (Rate(hour=0, per_hour=2), Rate(hour=12, per_hour=14))
    counts = [
        Counter(
            int(at_s // HOUR_S)
            for at_s in arrivals(Chance(f"day {day}"), curve, 0.0, 24 * HOUR_S, 0.0)
        )
        for day in range(200)
    ]
    for hour in (0, 6, 11, 18):
        values = [of_day[hour] for of_day in counts]
        mean = sum(values) / len(values)
        expected = (rate_at(curve, hour) + rate_at(curve, hour + 1)) / 2
        assert mean == pytest.approx(expected, rel=0.12)
        variance = sum((one - mean) ** 2 for one in values) / len(values)
        assert variance == pytest.approx(mean, rel=0.35)


def test_nothing_comes_where_the_rate_is_nought() -> None:
    """A curve of zeros has no arrivals, and ends."""
    assert list(arrivals(Chance("z"), (Rate(hour=0, per_hour=0),), 0.0, 1e5, 0.0)) == []
