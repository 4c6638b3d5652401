"""Periods: closed, in whole microseconds, and through all times where they cannot be understood."""

from __future__ import annotations

import pytest

from hotline.airspace.periods import ALWAYS_US, Period, bounded, gap_us, period_of
from hotline.model.volume import Volume4D
from tests.airspace.plans import BEGIN_US, HOUR_US


def period(start: str, end: str) -> Period:
    """Return the period of a volume with these times."""
    return period_of(Volume4D(time_start=start, time_end=end))


def test_a_period_holds_its_first_and_its_last_moment() -> None:
    """Limits are closed: what begins as the other one ends meets it, a microsecond later not."""
    one = Period(BEGIN_US, BEGIN_US + HOUR_US)
    assert gap_us(one, Period(BEGIN_US + HOUR_US, BEGIN_US + 2 * HOUR_US)) == 0
    later = Period(BEGIN_US + HOUR_US + 1, BEGIN_US + 2 * HOUR_US)
    assert gap_us(one, later) == gap_us(later, one) == 1


def test_an_absent_time_bounds_nothing() -> None:
    """F3548 allows it to be left out, and that is not unknown."""
    found = period("2026-03-01T10:00:00Z", "")
    assert found == Period(BEGIN_US, ALWAYS_US)
    assert bounded(found.start_us) == BEGIN_US
    assert bounded(found.end_us) is None
    assert gap_us(found, Period(BEGIN_US + 10**6 * HOUR_US, ALWAYS_US)) == 0


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("noon", "2026-03-01T10:00:00Z", "airspace.time-unknown"),
        ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00", "airspace.time-unknown"),
        ("2026-03-01T10:00:00Z", "2026-03-01T09:00:00Z", "airspace.times-backwards"),
    ],
)
def test_what_is_not_understood_lasts_through_all_times(start: str, end: str, code: str) -> None:
    """One time that is wrong makes the other one worth nothing, and the reason says why."""
    found = period(start, end)
    assert (found.start_us, found.end_us) == (-ALWAYS_US, ALWAYS_US)
    assert [reason.code for reason in found.reasons] == [code]
