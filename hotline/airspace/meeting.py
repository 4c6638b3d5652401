"""What the pairs of volumes of one kind say together: where, how high, when, how near."""

from __future__ import annotations

import math
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from hotline.airspace.activity import Extent, Key
from hotline.airspace.levels import Band, Level
from hotline.airspace.periods import bounded
from hotline.airspace.reason import Reason
from hotline.airspace.relation import MAX_PAIRS, MAX_REASONS
from hotline.airspace.terms import Terms
from hotline.model.kinds import Relation as RelationKind
from hotline.model.letter import AltitudeMargin
from hotline.model.times import SECOND_US
from hotline.model.volume import Position

Score = tuple[float, float]
"""How far apart two volumes are: the greatest of the three distances, and their sum, each counted
in minima. It never grows when one of the volumes does."""

Order = tuple[Score, int, tuple[float, float], tuple[float, int]]
"""What decides which pair of volumes is told of: score, begin, place, gaps in height and time."""

Limit = tuple[float, str]
"""A height in metres above WGS 84, and how it was written."""


class Gaps(NamedTuple):
    """How far apart two volumes are in height, in time and over ground.

    ``measured`` says whether ``distance_m`` was; it is 0 where an outline cannot be placed, since
    nothing then keeps the two apart.
    """

    vertical_m: float
    time_us: int
    margin_m: float
    distance_m: float = 0.0
    measured: bool = False
    place: Position | None = None


def score(distance_m: float, vertical_m: float, time_us: int, terms: Terms) -> Score:
    """Return the score of three distances; 1 m or 1 s stands for a minimum that is smaller."""
    parts = (
        distance_m / max(terms.lateral_m, 1.0),
        vertical_m / max(terms.vertical_m, 1.0),
        time_us / max(terms.time_us, SECOND_US),
    )
    return max(parts), sum(parts)


class Meeting:
    """All pairs of volumes of two activities that are in conflict, or near, or possibly so.

    The gaps and the place are those of the nearest pair, of the earliest among equals, and then of
    the southernmost place; heights and times reach over all pairs. Nothing in it depends on which
    of the two activities was named first, or in which order their volumes are.
    """

    __slots__ = (
        "_by_margin",
        "_count",
        "_from_us",
        "_gaps",
        "_lower",
        "_margin_m",
        "_order",
        "_reasons",
        "_terms",
        "_until_us",
        "_upper",
        "_volumes",
    )

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._gaps = Gaps(math.inf, 0, 0.0)
        self._order: Order = ((math.inf, math.inf), 2**63, (math.inf, math.inf), (math.inf, 0))
        self._lower: Limit = (math.inf, "")
        self._upper: Limit = (-math.inf, "")
        self._from_us = 2**63
        self._until_us = -(2**63)
        self._margin_m = math.inf
        self._by_margin: tuple[float, tuple[str, ...]] = (math.inf, ())
        self._volumes: list[tuple[Order, tuple[int, int]]] = []
        self._reasons: set[tuple[int, str, tuple[Reason, ...]]] = set()
        self._count = 0

    @property
    def score(self) -> Score:
        """How far apart the nearest pair is."""
        return self._order[0]

    def take(self, one: Extent, other: Extent, gaps: Gaps, keys: tuple[Key, Key]) -> None:
        """Add a pair of volumes."""
        lower, upper = _shared(one.band, other.band, self._terms.margin, apart=gaps.vertical_m > 0)
        from_us = max(one.period.start_us, other.period.start_us)
        until_us = min(one.period.end_us, other.period.end_us)
        if until_us < from_us:
            from_us, until_us = until_us, from_us
        order = (
            score(gaps.distance_m, gaps.vertical_m, gaps.time_us, self._terms),
            from_us,
            (math.inf, math.inf) if gaps.place is None else (gaps.place.lat, gaps.place.lon),
            (gaps.vertical_m, gaps.time_us),
        )
        if order < self._order:
            self._gaps, self._order = gaps, order
        self._lower, self._upper = min(self._lower, lower), max(self._upper, upper)
        self._from_us = min(self._from_us, from_us)
        self._until_us = max(self._until_us, until_us)
        # One pair that rests on no margin is enough to be sure.
        self._margin_m = min(self._margin_m, gaps.margin_m)
        # The least is the one that counts; a pair that meets as written comes before all others.
        rests = gaps.margin_m > 0 and gaps.vertical_m == 0
        apart = one.band.apart_as_written(other.band) if rests else ()
        self._by_margin = min(self._by_margin, (gaps.margin_m if apart else -1.0, apart))
        self._count += 1
        self._volumes.append((order, (one.number, other.number)))
        if len(self._volumes) >= 2 * MAX_PAIRS:
            self._volumes = sorted(self._volumes)[:MAX_PAIRS]
        if not one.reasons and not other.reasons:
            return
        for key, extent in zip(keys, (one, other), strict=True):
            self._reasons.add((extent.number, str(key), extent.reasons))

    def said(self, kind: RelationKind) -> dict[str, Any]:
        """Return what a `Relation` of a kind says of the pairs; at least one was taken."""
        gaps = self._gaps
        said: dict[str, Any] = {
            "distance_m": gaps.distance_m if gaps.measured else None,
            "vertical_m": gaps.vertical_m,
            "time_gap_us": gaps.time_us,
            "place": gaps.place,
            "margin_m": self._margin_m,
        }
        if kind is not RelationKind.CLEAR:
            said |= {
                "lower_m": _finite(self._lower[0]),
                "upper_m": _finite(self._upper[0]),
                "lower_text": self._lower[1],
                "upper_text": self._upper[1],
                "from_us": bounded(self._from_us),
                "until_us": bounded(self._until_us),
                "by_margin": self._by_margin[1],
                "reasons": self._named_reasons(),
                "volumes": tuple(sorted(pair for _, pair in sorted(self._volumes)[:MAX_PAIRS])),
                "pairs": self._count,
            }
        return said

    def _named_reasons(self) -> tuple[Reason, ...]:
        """Return the first reasons, each with the volume that it belongs to."""
        named = (
            Reason(reason.code, f"volume {number + 1} of {name}: {reason.text}")
            for number, name, reasons in sorted(self._reasons)
            for reason in reasons
        )
        return tuple(islice(dict.fromkeys(named), MAX_REASONS))


def _shared(one: Band, other: Band, margin: AltitudeMargin, *, apart: bool) -> tuple[Limit, Limit]:
    """Return the heights that two bands share, at the utmost; if they are ``apart``, those between.

    The levels that decide are named as they were given.
    """
    (low_m, high_m), (other_low_m, other_high_m) = one.span(margin), other.span(margin)
    lowers = (low_m, _text(one.lower), one.lower), (other_low_m, _text(other.lower), other.lower)
    uppers = (high_m, _text(one.upper), one.upper), (other_high_m, _text(other.upper), other.upper)
    # Of two levels at one height it is the text that decides, never which of them was named first.
    lower_m, lower_text, lower = max(lowers, key=itemgetter(0, 1))
    upper_m, upper_text, upper = min(uppers, key=itemgetter(0, 1))
    if apart and lower is not None and upper is not None:
        return (upper.span(margin)[0], upper_text), (lower.span(margin)[1], lower_text)
    return (lower_m, lower_text), (upper_m, upper_text)


def _text(level: Level | None) -> str:
    return "" if level is None else level.text


def _finite(metres: float) -> float | None:
    return metres if math.isfinite(metres) else None
