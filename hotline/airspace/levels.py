"""Heights that can be compared: metres above what they count from, and above the ellipsoid.

Two heights above the same reference differ by what they say, exactly. Two above different ones
are each taken to the metres above WGS 84 between which they may lie, by the letter's
``[altitude_margin]``: a conflict is rather said than missed. A height that is absent bounds
nothing (F3548 allows it); one that cannot be understood makes its volume reach to all heights,
with the reason.
"""

from __future__ import annotations

import math

import msgspec

from hotline.airspace.reason import Reason
from hotline.model.kinds import Reference, Unit
from hotline.model.letter import AltitudeMargin
from hotline.model.phrasing import altitude_text
from hotline.model.times import shorten
from hotline.model.volume import Altitude, Volume4D
from hotline.model.volume_rules import ALTITUDE_M

Span = tuple[float, float]
"""Least and greatest metres above the WGS 84 ellipsoid; infinite where nothing bounds them."""

_REFERENCES = {reference.value: reference for reference in Reference}


class Level(msgspec.Struct, frozen=True, gc=False):
    """One height: ``metres`` above ``reference``; ``text`` is how it was written, for people."""

    metres: float
    reference: Reference
    text: str

    def span(self, margin: AltitudeMargin) -> Span:
        """Return between which metres above WGS 84 the height may lie.

        A pressure altitude lies within ``pressure_m`` and ``pressure_percent`` of its value of
        the height above mean sea level; that within ``geoid_m`` of the ellipsoid; the ground
        within ``terrain_m`` of mean sea level. Above the ellipsoid it is what it is.
        """
        low = high = self.metres
        if self.reference is Reference.WGS84:
            return low, high
        if self.reference is Reference.GROUND:
            low, high = low + margin.terrain_m[0], high + margin.terrain_m[1]
        elif self.reference is Reference.STANDARD:
            off = margin.pressure_m + abs(self.metres) * margin.pressure_percent / 100
            low, high = low - off, high + off
        return low + margin.geoid_m[0], high + margin.geoid_m[1]


class Band(msgspec.Struct, frozen=True, gc=False):
    """Lowest and highest level of a volume, both inside it; None where nothing bounds it.

    ``reasons`` says why a band that was given could not be used and reaches to all heights.
    """

    lower: Level | None = None
    upper: Level | None = None
    reasons: tuple[Reason, ...] = ()

    def under(self, margin: AltitudeMargin) -> Band:
        """Return the band as it is under a letter: of all heights where it cannot be as given.

        Whether an upper level lies below a lower one that counts from another reference is a
        matter of the letter's margin.
        """
        lower, upper = self.lower, self.upper
        if lower is None or upper is None or lower.reference is upper.reference:
            return self
        low, high = self.span(margin)
        return self if low <= high else Band(reasons=(*self.reasons, _backwards(upper)))

    def apart_as_written(self, other: Band) -> tuple[str, ...]:
        """Return the lower level of one and the upper one of the other that it is above.

        As if all counted from one reference; empty where they meet so.
        """
        for lower, upper in ((self.lower, other.upper), (other.lower, self.upper)):
            if lower is not None and upper is not None and lower.metres > upper.metres:
                return lower.text, upper.text
        return ()

    def span(self, margin: AltitudeMargin) -> Span:
        """Return the metres above WGS 84 that the band may reach, from lowest to highest."""
        return (
            -math.inf if self.lower is None else self.lower.span(margin)[0],
            math.inf if self.upper is None else self.upper.span(margin)[1],
        )


def band_of(volume: Volume4D) -> Band:
    """Return a volume's band, as large as it may be where its levels cannot be understood.

    They cannot when a unit or reference is unknown, a flight level counts from something else
    than standard pressure, a value is not finite or out of the model's range, or the upper level
    is below the lower one of the same reference (for others, `Band.under` a letter says it).
    """
    reasons: list[Reason] = []
    lower = _level(volume.altitude_lower, "lower", reasons)
    upper = _level(volume.altitude_upper, "upper", reasons)
    if (
        lower is not None
        and upper is not None
        and lower.reference is upper.reference
        and upper.metres < lower.metres
    ):
        reasons.append(_backwards(upper))
    return Band(reasons=tuple(reasons)) if reasons else Band(lower, upper)


def gap_m(one: Band, other: Band, margin: AltitudeMargin) -> tuple[float, float]:
    """Return the metres of height between two bands, and the margin that this rests on.

    0 where they meet. The margin is 0 where the levels that decide count from the same reference;
    else it is how much higher and lower these may lie together: without it the gap would be larger
    by at most so much.
    """
    below, below_margin = _above(one.lower, other.upper, margin)
    above, above_margin = _above(other.lower, one.upper, margin)
    if max(below, above) > 0:
        return (below, below_margin) if below > above else (above, above_margin)
    return 0.0, max(below_margin, above_margin)


def _above(lower: Level | None, upper: Level | None, margin: AltitudeMargin) -> tuple[float, float]:
    """Return by how much ``lower`` surely is above ``upper``, and the margin in that."""
    if lower is None or upper is None:
        return -math.inf, 0.0
    if lower.reference is upper.reference:
        return lower.metres - upper.metres, 0.0
    low, high = lower.span(margin), upper.span(margin)
    # Surely below, wherever the two may lie: no margin was needed to say so.
    used = 0.0 if low[1] < high[0] else (low[1] - low[0]) + (high[1] - high[0])
    return low[0] - high[1], used


def _level(altitude: Altitude | None, which: str, reasons: list[Reason]) -> Level | None:
    """Return what can be compared of an altitude; None, with a reason if it was given, if not."""
    if altitude is None:
        return None
    metres, reference = altitude.metres, _REFERENCES.get(altitude.reference)
    said = f"its {which} level"
    if metres is None:
        text = f"{said} has the unknown unit {shorten(altitude.unit)}"
    elif reference is None:
        text = f"{said} counts from the unknown reference {shorten(altitude.reference)}"
    elif altitude.unit == Unit.FLIGHT_LEVEL and reference is not Reference.STANDARD:
        text = f"{said} is a flight level that does not count from standard pressure"
    elif not ALTITUDE_M[0] <= metres <= ALTITUDE_M[1]:
        text = f"{said} of {metres:.6g} m lies out of range"
    else:
        return Level(metres, reference, altitude_text(altitude))
    reasons.append(Reason("airspace.level-unknown", text))
    return None


def _backwards(upper: Level) -> Reason:
    return Reason("airspace.levels-backwards", f"its upper level, {upper.text}, is below the lower")
