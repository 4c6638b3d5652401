"""A coarse test of which notices can have anything to do with each other, before any is computed.

Most notices meet no other one, so most need no footprint: a circle on the globe and a period, for
the price of a few sines, are enough to tell. The circle is larger than the notice, never smaller,
and what cannot be told is taken to be everywhere and always; heights are not looked at.

The globe is taken as a sphere on which an angle of one radian is at least `METRES_A_RADIAN` long:
the shortest on WGS 84, along a meridian at the equator. So two places are never nearer to each
other than their angle says.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from hotline.airspace.periods import ALWAYS_US, period_of
from hotline.airspace.terms import Terms
from hotline.model.volume import Position, Volume4D

Name = TypeVar("Name", bound=Hashable)

METRES_A_RADIAN: Final = 6_335_000.0
EDGES: Final = 1.02
"""Edges between corners bend outwards by less: what is in a circle that is no larger than half of
the globe stays in it, but for the flattening."""
ROUNDING: Final = 1e-6
MAX_RADIUS: Final = 0.45
"""Radians beyond which a notice is taken to be everywhere: less than 3 000 km, beyond which the
comparison takes it so too (docs/spec/airspace.md, section 2)."""
MAX_POINTS: Final = 64
"""Corners beyond which it is taken so: to look at each would take as long as to compare it."""
EVERYWHERE: Final = 4.0
"""More than the distance of any two points of a sphere with radius 1."""

_FIRST_ROWS: Final = 64
_ANYWHERE: Final = (0.0, 0.0, 0.0, EVERYWHERE)
_NEVER: Final = (2**63 - 1, -(2**63 - 1))


class Coarse(NamedTuple):
    """A period in microseconds, and a circle: centre on the unit sphere and radius in radians."""

    start_us: int
    end_us: int
    x: float
    y: float
    z: float
    radius: float


def coarse(volumes: Iterable[Volume4D]) -> Coarse:
    """Return a period and a circle that hold all of some volumes."""
    start_us, end_us, reach_m = ALWAYS_US, -ALWAYS_US, 0.0
    points: list[Position] = []
    placed = True
    for volume in volumes:
        period = period_of(volume)
        start_us, end_us = min(start_us, period.start_us), max(end_us, period.end_us)
        polygon, circle, corridor = (
            volume.outline_polygon,
            volume.outline_circle,
            volume.corridor,
        )
        corners = volume.points
        here_m = 0.0
        if circle is not None:
            here_m = circle.radius_m
        elif corridor is not None:
            here_m = corridor.width_m / 2
        several = (polygon is not None) + (circle is not None) + (corridor is not None) > 1
        points += corners
        # Not a number is not at least 0 either.
        placed = placed and here_m >= 0 and bool(corners) and not several
        reach_m = max(reach_m, here_m)
        if len(points) > MAX_POINTS:
            placed = False
            points = []
    if end_us < start_us:  # no volume at all
        start_us, end_us = -ALWAYS_US, ALWAYS_US
    circle_ = _circle(points, reach_m) if placed and points else _ANYWHERE
    return Coarse(start_us, end_us, *circle_)


def _circle(points: Sequence[Position], reach_m: float) -> tuple[float, float, float, float]:
    """Return a circle that holds points and what lies between them, and ``reach_m`` around."""
    corners = []
    x = y = z = 0.0
    for point in points:
        if not (abs(point.lat) <= 90 and abs(point.lon) <= 180):
            return _ANYWHERE
        lat, lon = math.radians(point.lat), math.radians(point.lon)
        flat = math.cos(lat)
        corner = flat * math.cos(lon), flat * math.sin(lon), math.sin(lat)
        corners.append(corner)
        x, y, z = x + corner[0], y + corner[1], z + corner[2]
    length = math.sqrt(x * x + y * y + z * z)
    if length < len(corners) / 2:  # all round the globe
        return _ANYWHERE
    x, y, z = x / length, y / length, z / length
    chord = math.sqrt(
        max((a - x) * (a - x) + (b - y) * (b - y) + (c - z) * (c - z) for a, b, c in corners)
    )
    radius = 2 * math.asin(min(1.0, chord / 2)) * EDGES + reach_m / METRES_A_RADIAN + ROUNDING
    return (x, y, z, radius) if radius <= MAX_RADIUS else _ANYWHERE


class Sieve(Generic[Name]):
    """The coarse circles and periods of one side of a line."""

    def __init__(self, terms: Terms) -> None:
        self._time_us = terms.time_us
        self._lateral = terms.lateral_m / METRES_A_RADIAN
        self._rows: dict[Name, int] = {}
        self._names: list[Name | None] = [None] * _FIRST_ROWS
        self._free = list(range(_FIRST_ROWS - 1, -1, -1))
        self._start_us = np.full(_FIRST_ROWS, _NEVER[0], np.int64)
        self._end_us = np.full(_FIRST_ROWS, _NEVER[1], np.int64)
        self._circle = np.zeros((_FIRST_ROWS, 4))

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, name: Name, where: Coarse) -> None:
        """Hold a notice, in place of what is held by that name."""
        row = self._rows.get(name)
        if row is None:
            if not self._free:
                self._grow()
            row = self._rows[name] = self._free.pop()
            self._names[row] = name
        self._start_us[row], self._end_us[row] = where.start_us, where.end_us
        self._circle[row] = where[2:]

    def remove(self, name: Name) -> None:
        """Forget a notice; a name that is not held changes nothing."""
        row = self._rows.pop(name, None)
        if row is not None:
            self._start_us[row], self._end_us[row] = _NEVER
            self._names[row] = None
            self._free.append(row)

    def near(self, where: Coarse) -> list[Name]:
        """Return the names of all that may be near, and of some that are not."""
        if not self._rows:
            return []
        rows = np.flatnonzero(
            (self._end_us >= where.start_us - self._time_us)
            & (self._start_us <= where.end_us + self._time_us)
        )
        if not len(rows):
            return []
        circles = self._circle[rows]
        away = circles[:, :3] - where[2:5]
        reach = circles[:, 3] + (where.radius + self._lateral)
        found = rows[(away * away).sum(axis=1) <= reach * reach]
        return [name for row in found.tolist() if (name := self._names[row]) is not None]

    def during(self, from_us: int, until_us: int) -> list[Name]:
        """Return the names of what may be in use at a moment from the first to the last."""
        rows = np.flatnonzero((self._end_us >= from_us) & (self._start_us <= until_us))
        return [name for row in rows.tolist() if (name := self._names[row]) is not None]

    def _grow(self) -> None:
        count = len(self._start_us)
        self._free.extend(range(2 * count - 1, count - 1, -1))
        self._names += [None] * count
        self._start_us = _longer(self._start_us, _NEVER[0])
        self._end_us = _longer(self._end_us, _NEVER[1])
        self._circle = np.concatenate((self._circle, np.zeros_like(self._circle)))


def _longer(column: npt.NDArray[np.int64], free: int) -> npt.NDArray[np.int64]:
    return np.concatenate((column, np.full_like(column, free)))
