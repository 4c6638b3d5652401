"""How far apart many pairs of footprints lie, and where they meet: many at once, and fast.

`hotline.airspace.lateral` compares one pair, whatever it is. Here hundreds of pairs of short paths
go through the same steps together, and each step ends what it is sure of:

1. caps that are too far apart;
2. a line on the plane that keeps the two far enough apart;
3. a point that both cores share;
4. two points of the cores so near each other that the reaches surely meet between them;
5. what is left is measured exactly.

What comes out for a pair does not depend on which others are with it, and is what `lateral` says:
the same distances, and places of which it is as true that both footprints hold them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import shapely  # type: ignore[import-untyped]

from hotline.airspace.approaches import Ways, closest_approaches
from hotline.airspace.drawn import Drawn
from hotline.airspace.footprint import Footprint
from hotline.airspace.geodesy import Mask, Numbers, Points
from hotline.airspace.lateral import APART_M, FLAT_ERROR_M, TOUCH_M, lateral
from hotline.airspace.planes import Pairs, Planes, degrees
from hotline.model.volume import Position

MOST_POINTS: Final = 200
"""Points of two paths up to which a pair is compared together with others."""
AT_ONCE: Final = 512
"""Pairs that are compared together: a few MB, some milliseconds; tenths of a second at worst."""
MEASURED_AT_ONCE: Final = 200_000
"""Pairs of pieces that are held against each other together."""


class Between(NamedTuple):
    """What lies between two footprints: `hotline.airspace.lateral.Lateral`, without the ends."""

    distance_m: float
    place: Position


Footprints = tuple[Footprint, Footprint]


def is_short(one: Footprint, other: Footprint) -> bool:
    """Say whether a pair takes next to no time, so that it is compared together with others."""
    return len(one.path) + len(other.path) <= MOST_POINTS


def laterals(pairs: Sequence[Footprints], *, beyond_m: float) -> list[Between | None]:
    """Return how the two of each pair lie to each other; None if surely over ``beyond_m`` apart.

    The order within a pair does not matter, to the last bit of the place.
    """
    pairs = [(one, other) if one.comes_first(other) else (other, one) for one, other in pairs]
    found: list[Between | None] = [None] * len(pairs)
    short: list[int] = []
    # With so great a minimum not all pairs could be laid on planes.
    together_at_all = beyond_m <= APART_M
    for number, (one, other) in enumerate(pairs):
        if together_at_all and is_short(one, other):
            short.append(number)
        else:
            alone = lateral(one, other, beyond_m=beyond_m)
            found[number] = None if alone is None else Between(alone.distance_m, alone.place)
    for begin in range(0, len(short), AT_ONCE):
        rows = short[begin : begin + AT_ONCE]
        together = _Together(Pairs.of([pairs[row] for row in rows]), beyond_m)
        for row, lat, lon, distance_m in together.compare():
            found[rows[row]] = Between(distance_m, Position(lat, lon))
    return found


class _Together:
    """Pairs of short paths that are being compared; each has a row."""

    def __init__(self, pairs: Pairs, beyond_m: float) -> None:
        self._pairs = pairs
        self._beyond_m = beyond_m
        self._reach_m = pairs.reaches_m[0] + pairs.reaches_m[1]
        self._within_m = beyond_m + TOUCH_M + self._reach_m
        self._found: list[tuple[Numbers, Points, Points, Points]] = []

    def compare(self) -> list[tuple[int, float, float, float]]:
        """Return row, latitude, longitude and distance of those that are near enough."""
        gaps = self._pairs.gaps_m
        rows = np.flatnonzero(gaps <= self._beyond_m + TOUCH_M)
        straight = (self._pairs.points[rows] == 1).all(axis=1)
        self._measure(rows[straight], self._starts(rows[straight]))
        self._on_planes(rows[~straight])
        return [
            (row, lat, lon, distance_m)
            for columns in self._found
            for row, lat, lon, distance_m in zip(*(c.tolist() for c in columns), strict=True)
        ]

    def _starts(self, rows: Numbers) -> Ways:
        """Return the ways from start to start."""
        near = np.array([self._pairs.one[row].path[0] for row in rows.tolist()]).reshape(-1, 3)
        far = np.array([self._pairs.other[row].path[0] for row in rows.tolist()]).reshape(-1, 3)
        return Ways.of(degrees(*near.T), degrees(*far.T))

    def _on_planes(self, rows: Numbers) -> None:
        """Compare pairs of which one at least is no point, on the plane between them."""
        if not len(rows):
            return
        pairs = self._pairs.take(rows)
        planes = Planes.between(pairs)
        drawn = Drawn.on(planes, pairs)
        stretch = planes.stretches(drawn.radii_m)
        least = drawn.apart() / stretch - FLAT_ERROR_M
        left = least <= self._within_m[rows]

        met, x, y = drawn.shared()
        self._meet(rows, met, planes.positions(x, y, met))
        left[met] = False

        (those,) = np.nonzero(left)
        if not len(those):
            return
        drawn = drawn.take(those)
        ends = _nearest(drawn)
        flat = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
        ends = _gone_round(drawn, ends, flat)
        flat = np.where(flat > 0, np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]), 0.0)
        self._judge(rows, those, planes, ends, flat, stretch[those])

    def _judge(
        self,
        rows: Numbers,
        those: Numbers,
        planes: Planes,
        ends: Points,
        flat: Points,
        stretch: Points,
    ) -> None:
        """Decide by the closest approach on the plane, or measure what that can't decide."""
        of = rows[those]
        reaches = [reach[of] for reach in self._pairs.reaches_m]
        # Lengths on the plane are never less than they are, but for its error.
        sure = (flat == 0) | (flat <= self._reach_m[of] - 2 * FLAT_ERROR_M)
        middle = (np.maximum(0.0, flat - reaches[1]) + np.minimum(flat, reaches[0])) / 2
        share = np.where(flat > 0, middle / np.where(flat > 0, flat, 1.0), 0.0)
        x = ends[:, 0] + share * (ends[:, 2] - ends[:, 0])
        y = ends[:, 1] + share * (ends[:, 3] - ends[:, 1])
        (met,) = np.nonzero(sure)
        self._meet(of, met, planes.positions(x[met], y[met], those[met]))
        far = flat / stretch - FLAT_ERROR_M > self._within_m[of]
        (open_,) = np.nonzero(~sure & ~far)
        at = those[open_]
        near = planes.positions(ends[open_, 0], ends[open_, 1], at)
        self._approach(
            of[open_], Ways.of(near, planes.positions(ends[open_, 2], ends[open_, 3], at))
        )

    def _approach(self, rows: Numbers, found: Ways) -> None:
        """Measure pairs, some of them at a time."""
        sizes = np.cumsum(self._pairs.points[rows].prod(axis=1))
        while len(rows):
            count = max(1, int(np.searchsorted(sizes, MEASURED_AT_ONCE)))
            some = np.arange(count)[: len(rows)]
            cores = self._pairs.take(rows[some])
            ways = closest_approaches(found.take(some), cores, self._within_m[rows[some]])
            self._measure(rows[some], ways)
            rest = np.arange(len(some), len(rows))
            rows, found, sizes = rows[rest], found.take(rest), sizes[rest] - sizes[some[-1]]

    def _meet(self, rows: Numbers, met: Numbers, places: tuple[Points, Points]) -> None:
        """Say of some pairs that they meet."""
        self._found.append((rows[met], *places, np.zeros(len(met))))

    def _measure(self, rows: Numbers, ways: Ways) -> None:
        """Say what the reaches leave of the closest approaches of cores."""
        one, other = (reach[rows] for reach in self._pairs.reaches_m)
        left = ways.metres - self._reach_m[rows]
        meets = left <= TOUCH_M
        middle = (np.maximum(0.0, ways.metres - other) + np.minimum(ways.metres, one)) / 2
        lats, lons = ways.along(np.where(meets, middle, one + left / 2))
        (near,) = np.nonzero(left <= self._beyond_m + TOUCH_M)
        distances = np.where(meets, 0.0, left)
        self._found.append((rows[near], lats[near], lons[near], distances[near]))


def _nearest(drawn: Drawn) -> Points:
    """Return the ends of the shortest line between the two paths of each pair (n x 4)."""
    points = np.column_stack((drawn.x, drawn.y))
    counts = np.diff(drawn.begins, append=len(points))
    alone = counts == 1
    lines = np.empty(len(counts), dtype=object)
    lines[alone] = shapely.points(points[drawn.begins[alone]])
    in_line = np.repeat(~alone, counts)
    number = np.cumsum(~alone) - 1
    lines[~alone] = shapely.linestrings(
        points[in_line], indices=np.repeat(number[~alone], counts[~alone])
    )
    shortest: Points = shapely.get_coordinates(shapely.shortest_line(lines[::2], lines[1::2]))
    return shortest.reshape(-1, 4)


def _gone_round(drawn: Drawn, ends: Points, flat: Points) -> Points:
    """Return the ends, both where one path begins if the other goes round it."""
    around: tuple[Mask, Mask] = drawn.gone_round()
    for ring, winds in enumerate(around):
        start = drawn.begins[1 - ring :: 2]
        place = np.column_stack((drawn.x[start], drawn.y[start]))
        ends = np.where((winds & (flat > 0))[:, None], np.hstack((place, place)), ends)
    return ends
