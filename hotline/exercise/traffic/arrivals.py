"""When messages come: a Poisson process whose rate follows a curve over the day.

Thinning (Lewis and Shedler, 1979): moments are drawn at the highest rate, and each is kept with
the share that the rate has of it at that moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hotline.exercise.scenario.shape import Rate
from hotline.exercise.traffic.chance import Chance

HOUR_S = 3600.0
DAY_H = 24.0
STEADY = (Rate(hour=0.0, per_hour=6.0),)
"""The curve of a traffic that names none: ten minutes between two messages, day and night."""


def rate_at(rates: Sequence[Rate], hour: float) -> float:
    """Return messages an hour at an hour of the day: straight between two, across midnight too.

    ``rates`` may be in any order; before the first and after the last of a day the curve goes on
    straight from the last to the first. Of two at one hour the later one in the file counts.
    """
    points = sorted({rate.hour: rate.per_hour for rate in rates or STEADY}.items())
    hour %= DAY_H
    before = (points[-1][0] - DAY_H, points[-1][1])
    for after in (*points, (points[0][0] + DAY_H, points[0][1])):
        if hour < after[0]:
            return before[1] + (after[1] - before[1]) * (hour - before[0]) / (after[0] - before[0])
        before = after
    return before[1]


def arrivals(
    chance: Chance, rates: Sequence[Rate], from_s: float, until_s: float, hour: float
) -> Iterator[float]:
    """Yield the moments of messages, in seconds, in order, to the millisecond.

    ``hour`` is the hour of the day at the second 0.
    """
    highest = max(rate.per_hour for rate in rates or STEADY)
    if highest <= 0:
        return
    at_s = from_s
    while (at_s := at_s + chance.waiting() * HOUR_S / highest) < until_s:
        if chance.happens(rate_at(rates, hour + at_s / HOUR_S) / highest):
            yield round(at_s, 3)
