"""What two centres agreed on that the airspace is judged by: minima, and the margin of heights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hotline.model.letter import AltitudeMargin, Letter
from hotline.model.times import SECOND_US


@dataclass(frozen=True, slots=True)
class Terms:
    """Minima in metres over ground, metres of height and microseconds; and the margin of heights.

    Nearer than all three minima at once is *proximity*. Where two activities meet in one of the
    three they are nearer than that minimum, even where it is 0.
    """

    lateral_m: float
    vertical_m: float
    time_us: int
    margin: AltitudeMargin


DEFAULT_TERMS: Final = Terms(5556.0, 304.8, 300 * SECOND_US, AltitudeMargin())
"""3 NM, 1 000 ft and 5 minutes: what is compared by where there is no letter."""


def terms_of(letter: Letter) -> Terms:
    """Return what a letter of agreement says about separation."""
    separation = letter.separation
    return Terms(
        separation.lateral_m,
        separation.vertical_m,
        round(separation.time_s * SECOND_US),
        letter.altitude_margin,
    )


def widest(terms: Iterable[Terms]) -> Terms:
    """Return the terms by which whatever is near by one of ``terms`` is near; at least one."""
    every = list(terms)
    margins = [one.margin for one in every]
    return Terms(
        max(one.lateral_m for one in every),
        max(one.vertical_m for one in every),
        max(one.time_us for one in every),
        AltitudeMargin(
            geoid_m=_hull([margin.geoid_m for margin in margins]),
            terrain_m=_hull([margin.terrain_m for margin in margins]),
            pressure_m=max(margin.pressure_m for margin in margins),
            pressure_percent=max(margin.pressure_percent for margin in margins),
        ),
    )


def _hull(ranges: list[tuple[float, float]]) -> tuple[float, float]:
    return min(low for low, _ in ranges), max(high for _, high in ranges)
