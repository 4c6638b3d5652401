"""Areas as a map can draw them: outlines of volumes, and where two notices meet.

Effort is bounded for each answer, by corners and by time: what comes after that is said in words
only. Nothing here decides anything; that two meet is what the airspace has found.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Final

from shapely import Geometry, MultiPolygon, make_valid, union_all  # type: ignore[import-untyped]
from shapely import Polygon as PlanePolygon
from shapely.errors import ShapelyError  # type: ignore[import-untyped]

from hotline.airspace.levels import Level, band_of, gap_m
from hotline.airspace.periods import bounded, period_of
from hotline.api.airspace_shapes import DrawnVolume
from hotline.api.schema import Outline
from hotline.audit.export.values import time_text
from hotline.formats.cutting import cut_ring
from hotline.formats.drawing import dense, ring_of, straight_edge_error_m, undrawable
from hotline.model.letter import AltitudeMargin
from hotline.model.volume import Volume4D

MOST_CORNERS: Final = 100_000
"""Corners of all outlines of one answer; what would be more is not drawn."""
MOST_S: Final = 0.5
"""How long areas where two meet are looked for, for one answer."""
MOST_MEETING: Final = 100
"""Pairs of volumes that are laid over each other for one relation."""
CORNERS_MEETING: Final = 5_000
"""Corners of two outlines that are laid over each other."""
BENT_M: Final = 250.0
"""An edge that a map draws further off than this is divided."""
KEPT_CORNERS: Final = 300
"""Outlines of more corners are not kept from one answer to the next."""
_DIGITS: Final = 5
_MARGIN: Final = AltitudeMargin()

TOO_MUCH: Final = "there is too much to draw at once"


class Pen:
    """Draws for one answer, until that is as large as it may be."""

    def __init__(self) -> None:
        self._corners = MOST_CORNERS
        self._seconds = MOST_S

    def volumes(
        self, centre: str, announced: Sequence[Volume4D], off_nominal: Sequence[Volume4D]
    ) -> list[DrawnVolume]:
        """Return each volume of a notice of ``centre``, the announced ones first."""
        return [
            self._volume(centre, volume, outside)
            for outside, volumes in ((False, announced), (True, off_nominal))
            for volume in volumes
        ]

    def meeting(
        self,
        own: Sequence[Volume4D],
        other: Sequence[Volume4D],
        from_us: int | None,
        until_us: int | None,
    ) -> Outline | None:
        """Return the area where volumes of two notices meet between two moments.

        None where they only touch, or where it cannot be drawn with the effort that is left.
        """
        began = time.perf_counter()
        try:
            found = _met(own, other, from_us, until_us) if self._seconds > 0 else None
        except ShapelyError:  # an outline of the peer's that no geometry can be made of
            found = None
        self._seconds -= time.perf_counter() - began
        return found

    def _volume(self, centre: str, volume: Volume4D, outside: bool) -> DrawnVolume:
        geometry, undrawn = self._outline(volume)
        band, period = band_of(volume), period_of(volume)
        starts_us, ends_us = bounded(period.start_us), bounded(period.end_us)
        return DrawnVolume(
            centre=centre,
            geometry=geometry,
            undrawn=undrawn,
            lower=_words(band.lower),
            upper=_words(band.upper),
            lower_m=_metres(band.lower),
            upper_m=_metres(band.upper),
            starts_at=None if starts_us is None else time_text(starts_us),
            ends_at=None if ends_us is None else time_text(ends_us),
            off_nominal=outside,
        )

    def _outline(self, volume: Volume4D) -> tuple[Outline | None, str]:
        if len(volume.points) > self._corners:
            return None, TOO_MUCH
        found = outline_of(volume)
        if isinstance(found, str):
            return None, found
        corners = sum(len(ring) for polygon in found.coordinates for ring in polygon)
        if corners > self._corners:
            return None, TOO_MUCH
        self._corners -= corners
        return found, ""


def outline_of(volume: Volume4D) -> Outline | str:
    """Return the area of a volume, or why it cannot be drawn."""
    return _kept_outline(volume) if len(volume.points) <= KEPT_CORNERS else _outline(volume)


def _outline(volume: Volume4D) -> Outline | str:
    reason = undrawable(volume)
    if reason is not None:
        return reason
    try:
        points = ring_of(volume).points
        if straight_edge_error_m(points) > BENT_M:
            points = dense(points)
        rings = cut_ring(points)
    except ShapelyError:
        return "its outline crosses itself"
    if not rings:
        return "its outline has no area"
    return Outline(coordinates=[[_rounded(ring)] for ring in rings])


_kept_outline = lru_cache(maxsize=2048)(_outline)


def _rounded(ring: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(round(x, _DIGITS), round(y, _DIGITS)) for x, y in ring]


def _words(level: Level | None) -> str | None:
    return None if level is None else level.text


def _metres(level: Level | None) -> float | None:
    return None if level is None else round(level.metres, 1)


def _met(
    own: Sequence[Volume4D],
    other: Sequence[Volume4D],
    from_us: int | None,
    until_us: int | None,
) -> Outline | None:
    few = sum(len(volume.points) for volume in (*own, *other)) <= KEPT_CORNERS
    find = _kept_meeting if few else _meeting
    return find(tuple(own), tuple(other), from_us, until_us)


def _meeting(
    own: Sequence[Volume4D],
    other: Sequence[Volume4D],
    from_us: int | None,
    until_us: int | None,
) -> Outline | None:
    one, its = _within(own, from_us, until_us), _within(other, from_us, until_us)
    parts: list[Geometry] = []
    for number, (left, right) in enumerate(product(one, its)):
        if number >= MOST_MEETING:
            return None
        if gap_m(band_of(left), band_of(right), _MARGIN)[0] > 0:
            continue
        if len(left.points) + len(right.points) > CORNERS_MEETING:
            return None
        parts.append(_area(left).intersection(_area(right)))
    whole = union_all(parts)
    rings = [
        [_rounded(list(line.coords)) for line in (part.exterior, *part.interiors)]
        for part in getattr(whole, "geoms", [whole])
        if isinstance(part, PlanePolygon) and not part.is_empty
    ]
    return Outline(coordinates=rings) if rings else None


def _within(
    volumes: Sequence[Volume4D], from_us: int | None, until_us: int | None
) -> list[Volume4D]:
    """Return the drawable volumes in use between two moments.

    All of them where none is by its times: what flies early or late is taken to be in them.
    """
    sound = [volume for volume in volumes if isinstance(outline_of(volume), Outline)]
    periods = [(volume, period_of(volume)) for volume in sound]
    return [
        volume
        for volume, period in periods
        if (until_us is None or period.start_us <= until_us)
        and (from_us is None or period.end_us >= from_us)
    ] or sound


def _area(volume: Volume4D) -> Geometry:
    """Return an area in the plane of longitude and latitude, in which the map draws it."""
    outline = outline_of(volume)
    rings = outline.coordinates if isinstance(outline, Outline) else []
    area = MultiPolygon([PlanePolygon(polygon[0]) for polygon in rings])
    return area if area.is_valid else make_valid(area)


_kept_meeting = lru_cache(maxsize=1024)(_meeting)
