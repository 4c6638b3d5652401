"""A coarse test of which notices can have anything to do with each other, before any is computed.

Most notices meet no other one, so most need no footprint: a box of latitudes and longitudes and a
period, for the price of a few comparisons, are enough to tell. The box is larger than the notice,
never smaller, and what cannot be told is taken to be everywhere or always; heights are not looked
at.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Final, Generic, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from hotline.airspace.periods import ALWAYS_US, period_of
from hotline.airspace.terms import Terms
from hotline.model.volume import Position, Volume4D
from hotline.model.volume_rules import MAX_VERTICES, MAX_VOLUMES

Name = TypeVar("Name", bound=Hashable)
Number = TypeVar("Number", np.int64, np.float64)

METRES_A_DEGREE: Final = 110_000.0
"""No degree of latitude on WGS 84 is shorter, nor one of longitude at the equator."""
MAX_LATITUDE: Final = 80.0
"""Degrees beyond which a notice is taken to be everywhere: a circle there may go round a pole."""
MAX_SPAN: Final = 24.0
"""Degrees beyond which it is taken so: the comparison does, too, from 3 000 km around its middle
(docs/spec/airspace.md, section 2)."""
MAX_REACH_M: Final = 500_000.0
BULGE: Final = 0.0022
"""An edge between two corners of one latitude bends polewards by less than this part of the square
of the longitude between them, in degrees: on a sphere it is less than half of that."""
MAX_PIECES: Final = 40_000
"""Corners and tens of kilometres of edges beyond which a notice is taken to be everywhere, as the
comparison does from 50 000 on."""

_FIRST_ROWS: Final = 64
_NEVER: Final = (2**63 - 1, -(2**63 - 1))


class Coarse(msgspec.Struct, frozen=True, gc=False):
    """A period in microseconds and a box in degrees, all limits within."""

    start_us: int
    end_us: int
    south: float
    north: float
    west: float
    east: float


Box = tuple[float, float, float, float]
"""South, north, west and east."""

EVERYWHERE: Final = (-math.inf, math.inf, -math.inf, math.inf)


def coarse(volumes: Sequence[Volume4D]) -> Coarse:
    """Return a period and a box that hold all of some volumes; without any, always, everywhere."""
    if len(volumes) == 1:  # as most have, and most of these say what is needed
        (only,) = volumes
        start_us, end_us, area = only.start_us, only.end_us, only.outline_polygon
        if (
            start_us is not None
            and end_us is not None
            and start_us <= end_us
            and area is not None
            and 0 < len(area.vertices) <= MAX_VERTICES
            and only.outline_circle is None
            and only.corridor is None
        ):
            return Coarse(start_us, end_us, *_box(area.vertices, 0.0))
    return _coarse(volumes)


def _coarse(volumes: Sequence[Volume4D]) -> Coarse:
    if len(volumes) > MAX_VOLUMES or sum(len(one.points) for one in volumes) > MAX_VERTICES:
        # One that is anywhere at any time stands for those that are too many.
        return Coarse(-ALWAYS_US, ALWAYS_US, *EVERYWHERE)
    start_us, end_us, reach_m = ALWAYS_US, -ALWAYS_US, 0.0
    points: list[Position] = []
    placed = True
    for volume in volumes:
        period = period_of(volume)
        start_us, end_us = min(start_us, period.start_us), max(end_us, period.end_us)
        outlines = 0
        here: tuple[Position, ...] = ()
        here_m = 0.0
        if volume.outline_polygon is not None:
            outlines, here = 1, volume.outline_polygon.vertices
        if volume.outline_circle is not None:
            outlines, here = outlines + 1, (volume.outline_circle.center,)
            here_m = volume.outline_circle.radius_m
        if volume.corridor is not None:
            outlines, here = outlines + 1, volume.corridor.line
            here_m = volume.corridor.width_m / 2
        # A reach that is not a number is not at least 0 either.
        placed = placed and outlines == 1 and bool(here) and 0 <= here_m <= MAX_REACH_M
        points += here
        reach_m = max(reach_m, here_m)
    if end_us < start_us:  # no volume at all
        start_us, end_us = -ALWAYS_US, ALWAYS_US
    box = _box(points, reach_m) if placed and points else EVERYWHERE
    return Coarse(start_us, end_us, *box)


def _box(points: Sequence[Position], reach_m: float) -> Box:
    """Return a box that holds points and what lies between them, and ``reach_m`` around."""
    lats, lons = [point.lat for point in points], [point.lon for point in points]
    if not math.isfinite(sum(lats) + sum(lons)):
        return EVERYWHERE
    south, north, west, east = min(lats), max(lats), min(lons), max(lons)
    high, wide = north - south, east - west
    if west < -180 or east > 180 or high > MAX_SPAN or wide > MAX_SPAN:
        return EVERYWHERE
    if len(points) * (1 + (high + wide) * 12) > MAX_PIECES:
        return EVERYWHERE
    bulge = BULGE * wide * wide
    return widened((south - bulge, north + bulge, west, east), reach_m)


def widened(box: Box, by_m: float) -> Box:
    """Return a box that holds all that is within ``by_m`` metres of another one."""
    south, north, west, east = box
    up = by_m / METRES_A_DEGREE * 1.01 + 1e-6
    south, north = south - up, north + up
    if south < -MAX_LATITUDE or north > MAX_LATITUDE:
        return EVERYWHERE
    # 1.2: a circle reaches farther east than its middle's parallel does.
    aside = up / math.cos(math.radians(max(-south, north))) * 1.2
    west, east = west - aside, east + aside
    if west < -180 or east > 180:  # it goes on at the other side
        west, east = -math.inf, math.inf
    return south, north, west, east


class Sieve(Generic[Name]):
    """The coarse boxes and periods of one side of a line."""

    def __init__(self, terms: Terms) -> None:
        self._time_us = terms.time_us
        self._lateral_m = terms.lateral_m
        self._rows: dict[Name, int] = {}
        self._names: list[Name | None] = [None] * _FIRST_ROWS
        self._free = list(range(_FIRST_ROWS - 1, -1, -1))
        self._start_us = np.full(_FIRST_ROWS, _NEVER[0], np.int64)
        self._end_us = np.full(_FIRST_ROWS, _NEVER[1], np.int64)
        self._south, self._north, self._west, self._east = np.zeros((4, _FIRST_ROWS))

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
        self._south[row], self._north[row] = where.south, where.north
        self._west[row], self._east[row] = where.west, where.east

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
        box = where.south, where.north, where.west, where.east
        south, north, west, east = widened(box, self._lateral_m)
        found = rows[
            (self._south[rows] <= north)
            & (self._north[rows] >= south)
            & (self._west[rows] <= east)
            & (self._east[rows] >= west)
        ]
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
        self._south, self._north = _longer(self._south, 0), _longer(self._north, 0)
        self._west, self._east = _longer(self._west, 0), _longer(self._east, 0)


def _longer(column: npt.NDArray[Number], free: int) -> npt.NDArray[Number]:
    return np.concatenate((column, np.full_like(column, free)))
