"""How values lie, in five numbers: few enough to read, and none of them an average of extremes."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from statistics import median

from hotline.exercise.report.document import Spread

VALUES_MOST = 400
"""Values that are kept for the pictures."""


def spread_of(values: Iterable[float | None]) -> Spread:
    """Return the distribution of those values that are known."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return Spread(n=0)
    return Spread(
        n=len(known),
        min=_short(known[0]),
        median=_short(median(known)),
        p90=_short(known[ceil(0.9 * len(known)) - 1]),
        max=_short(known[-1]),
        values=[_short(value) for value in _thinned(known)],
    )


def share_within(values: Iterable[float], limit: float) -> float | None:
    """Return which share of the values is at most ``limit``; None of none."""
    known = list(values)
    return sum(value <= limit for value in known) / len(known) if known else None


def _thinned(known: list[float]) -> list[float]:
    if len(known) <= VALUES_MOST:
        return known
    step = (len(known) - 1) / (VALUES_MOST - 1)
    return [known[round(place * step)] for place in range(VALUES_MOST)]


def _short(value: float) -> float:
    return round(value, 6)
