"""Which volumes may be near a given one: columns of numbers, and one test over all of them.

Each row is one volume: a circle that holds it (`Cap`), its band above WGS 84 with the widest
margin, and its period. 10 000 rows are tested in a fraction of a millisecond, and what passes is
compared exactly. The test never leaves out what is near: circles and bands are too large, not too
small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hotline.airspace.activity import Extent
from hotline.airspace.levels import Band, Level
from hotline.airspace.periods import ALWAYS_US
from hotline.airspace.terms import Terms
from hotline.model.kinds import Reference
from hotline.model.letter import AltitudeMargin

Rows = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Limit = tuple[float, float, int]
"""A limit of height: metres above WGS 84 at the utmost, metres as given, and from what."""

_FIRST_ROWS = 256
_REFERENCES = {reference: number for number, reference in enumerate(Reference)}
_NO_REFERENCE = -1
_NEVER_US = 2**63 - 1
"""A row that is free begins after all times, and ends before them."""


class Index:
    """All volumes that are held.

    ``terms`` are the widest by which any two are judged, ``margins`` those of every letter.
    """

    def __init__(self, terms: Terms, margins: Sequence[AltitudeMargin]) -> None:
        self.terms = terms
        self._margins = margins
        # A metre more than is needed, so that rounding leaves nothing out.
        self._lateral_m, self._vertical_m = terms.lateral_m + 1.0, terms.vertical_m + 1.0
        self._count = 0
        self._free: list[int] = []
        self._start_us = np.full(_FIRST_ROWS, _NEVER_US, np.int64)
        self._end_us = np.full(_FIRST_ROWS, -_NEVER_US, np.int64)
        self._low_m = np.zeros(_FIRST_ROWS)
        self._high_m = np.zeros(_FIRST_ROWS)
        self._lower_m = np.zeros(_FIRST_ROWS)
        self._upper_m = np.zeros(_FIRST_ROWS)
        self._lower_from = np.zeros(_FIRST_ROWS, np.int8)
        self._upper_from = np.zeros(_FIRST_ROWS, np.int8)
        self._xyz = np.zeros((3, _FIRST_ROWS))
        self._radius_m = np.zeros(_FIRST_ROWS)
        self._owner = np.zeros(_FIRST_ROWS, np.int64)
        self._volume = np.zeros(_FIRST_ROWS, np.int64)
        self._side = np.zeros(_FIRST_ROWS, np.int64)
        self._first_us = np.zeros(_FIRST_ROWS, np.int64)

    def add(self, owner: int, side: int, extents: Sequence[Extent]) -> Rows:
        """Add the volumes of an activity; return their rows.

        ``owner`` names the activity, ``side`` the group that it belongs to.
        """
        rows = []
        first_us = min(extent.period.start_us for extent in extents)
        # All that may fail comes before the first row is taken.
        computed = [(one.period, self._limits(one.band), _circle(one)) for one in extents]
        for place, (period, (low, high), circle) in enumerate(computed):
            row = self._take_row()
            rows.append(row)
            self._start_us[row], self._end_us[row] = period.start_us, period.end_us
            self._low_m[row], self._lower_m[row], self._lower_from[row] = low
            self._high_m[row], self._upper_m[row], self._upper_from[row] = high
            self._xyz[:, row], self._radius_m[row] = circle
            self._owner[row], self._volume[row], self._side[row] = owner, place, side
            self._first_us[row] = first_us
        return np.array(rows, np.intp)

    def remove(self, rows: Rows) -> None:
        """Forget rows that `add` returned."""
        self._start_us[rows], self._end_us[rows] = _NEVER_US, -_NEVER_US
        self._free.extend(rows.tolist())

    def near(self, rows: Rows, *, only: int | None = None, but: int | None = None) -> Rows:
        """Return the rows that may be near one of ``rows``, these among them.

        ``only`` of one group, or of all ``but`` one.
        """
        time_us = self.terms.time_us
        far = self._during(
            int(self._start_us[rows].min()) - time_us, int(self._end_us[rows].max()) + time_us
        )
        if only is not None:
            far = far[self._side[far] == only]
        if but is not None:
            far = far[self._side[far] != but]
        found = []
        for row in rows.tolist():
            # What is near one of them is not asked about again: all may overlap with all.
            close = self._near(row, far)
            found.append(close)
            if len(close) and len(rows) > 1:
                far = np.setdiff1d(far, close, assume_unique=True)
        return np.concatenate(found)

    def pairs(self, one: Rows, other: Rows) -> list[tuple[int, int]]:
        """Return which volumes of two activities may be near each other, by their places in both.

        ``one`` and ``other`` are rows of the two that `near` has found.
        """
        return [
            (int(self._volume[row]), volume)
            for row in one.tolist()
            for volume in self._volume[self._near(row, other)].tolist()
        ]

    def owners(self, rows: Rows) -> Numbers:
        """Return the activities of rows."""
        return self._owner[rows]

    def sides(self, rows: Rows) -> Numbers:
        """Return the groups to which the activities of rows belong."""
        return self._side[rows]

    def volumes(self, rows: Rows) -> Numbers:
        """Return which volumes of their activities rows are."""
        return self._volume[rows]

    def begins_us(self, rows: Rows) -> Numbers:
        """Return when the activities of rows begin."""
        return self._first_us[rows]

    def during(self, from_us: int, until_us: int) -> Numbers:
        """Return the owners of volumes that are in use at a moment from the first to the last."""
        return np.unique(self._owner[self._during(from_us, until_us)])

    def over(self, now_us: int) -> Numbers:
        """Return the owners of which no volume is in use at ``now_us`` or later."""
        end_us = self._end_us[: self._count]
        ended = np.flatnonzero((end_us < now_us) & (end_us >= -ALWAYS_US))
        if not len(ended):
            return self._owner[ended]
        lasting = self._owner[: self._count][end_us >= now_us]
        return np.setdiff1d(self._owner[ended], lasting)

    @property
    def octets(self) -> int:
        """How much memory the columns take."""
        return sum(column.nbytes for column in self._columns().values())

    def _during(self, from_us: int, until_us: int) -> Rows:
        return np.flatnonzero(
            (self._end_us[: self._count] >= from_us) & (self._start_us[: self._count] <= until_us)
        )

    def _near(self, row: int, rows: Rows) -> Rows:
        """Return those of ``rows`` that may be near one; each test leaves fewer to the next."""
        time_us, vertical_m = self.terms.time_us, self._vertical_m
        rows = rows[
            (self._end_us[rows] >= self._start_us[row] - time_us)
            & (self._start_us[rows] <= self._end_us[row] + time_us)
        ]
        above = np.where(
            self._upper_from[rows] == self._lower_from[row],
            self._lower_m[row] - self._upper_m[rows],
            self._low_m[row] - self._high_m[rows],
        )
        rows = rows[above <= vertical_m]
        above = np.where(
            self._lower_from[rows] == self._upper_from[row],
            self._lower_m[rows] - self._upper_m[row],
            self._low_m[rows] - self._high_m[row],
        )
        rows = rows[above <= vertical_m]
        away = self._xyz[:, rows] - self._xyz[:, row, None]
        reach = self._radius_m[rows] + (self._radius_m[row] + self._lateral_m)
        close: Rows = rows[(away * away).sum(axis=0) <= reach * reach]
        return close

    def _limits(self, band: Band) -> tuple[Limit, Limit]:
        """Return the lower and the upper limit of a band.

        One that a letter takes to be of all heights has to be found by all of them.
        """
        if any(band.under(margin) is not band for margin in self._margins):
            band = Band()
        low_m, high_m = band.span(self.terms.margin)
        return _limit(low_m, band.lower), _limit(high_m, band.upper)

    def _take_row(self) -> int:
        if self._free:
            return self._free.pop()
        if self._count == len(self._start_us):
            for name, column in self._columns().items():
                more = np.zeros_like(column)
                setattr(self, name, np.concatenate((column, more), axis=-1))
        self._count += 1
        return self._count - 1

    def _columns(self) -> dict[str, npt.NDArray[np.generic]]:
        return {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}


def _circle(extent: Extent) -> tuple[tuple[float, float, float], float]:
    """Return the circle that holds a volume, which is everywhere if it cannot be placed."""
    if extent.footprint is None:
        return (0.0, 0.0, 0.0), math.inf
    cap = extent.footprint.cap
    return cap.xyz, cap.radius_m


def _limit(metres: float, level: Level | None) -> Limit:
    if level is None:
        return metres, metres, _NO_REFERENCE
    return metres, level.metres, _REFERENCES[level.reference]
