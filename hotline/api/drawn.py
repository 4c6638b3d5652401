"""Areas as a map can draw them: outlines of volumes, and where two notices meet.

Effort is bounded for each answer, by corners and by time: what is not drawn by then has its bounds
drawn, which hold all of it, and comes when it is asked for again. Nothing here decides anything;
that two meet is what the airspace has found.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import product
from threading import Lock
from typing import Final

import msgspec
from shapely import Geometry, MultiPolygon, make_valid, union_all  # type: ignore[import-untyped]
from shapely import Polygon as PlanePolygon
from shapely.errors import ShapelyError  # type: ignore[import-untyped]

from hotline.airspace.levels import Level, band_of, gap_m
from hotline.airspace.periods import bounded, period_of
from hotline.api.airspace_shapes import DrawnVolume
from hotline.api.outlines import OUTLINES, Kept, bounds_of, corners_of, rounded
from hotline.api.schema import Outline
from hotline.audit.export.values import time_text
from hotline.model.letter import AltitudeMargin
from hotline.model.volume import Volume4D

MOST_CORNERS: Final = 100_000
"""Corners of all outlines of one answer; what would be more is not drawn."""
CORNERS_FOR_BOUNDS: Final = 20_000
"""Those of them that are left for what has only its bounds drawn."""
DRAWING_S: Final = 0.3
"""How long outlines are drawn for one answer that were not drawn before."""
MOST_S: Final = 0.5
"""How long areas where two meet are looked for, for one answer."""
MOST_MEETING: Final = 100
"""Pairs of volumes that are laid over each other for one relation."""
CORNERS_MEETING: Final = 5_000
"""Corners of two outlines that are laid over each other."""
_MARGIN: Final = AltitudeMargin()

TOO_MUCH: Final = "there is too much to draw at once"
LATER: Final = "these are its bounds; its outline is drawn later"
ONLY_BOUNDS: Final = "these are its bounds; there is too much to draw at once"

Areas = Mapping[Volume4D, Outline | str | None]
"""Outlines of volumes, or why they cannot be drawn."""
Times = tuple[int | None, int | None]
"""From when until when, in microseconds since 1970."""

_KEPT: Final = Kept()
_KEEPING: Final = Lock()


class Pen:
    """Draws for one answer, until that is as large as it may be.

    ``wait_s`` is how long it waits in all for outlines that take long to draw.
    """

    def __init__(self, wait_s: float = 0.0) -> None:
        self._corners = MOST_CORNERS
        self._seconds = MOST_S
        self._until = time.monotonic() + DRAWING_S
        self._waits_until = time.monotonic() + wait_s

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
        began = time.monotonic()
        if self._seconds <= 0 or not own or not other:
            return None
        # One whose outline is not drawn yet has no area yet either.
        areas = {volume: OUTLINES.draw(volume, self._until) for volume in (*own, *other)}
        if any(area is None for area in areas.values()):
            return None
        try:
            found = _met(own, other, (from_us, until_us), areas, began + self._seconds)
        except ShapelyError:  # an outline of the peer's that no geometry can be made of
            found = None
        self._seconds -= time.monotonic() - began
        return found

    def _volume(self, centre: str, volume: Volume4D, outside: bool) -> DrawnVolume:
        geometry, undrawn, later = self._outline(volume)
        band, period = band_of(volume), period_of(volume)
        starts_us, ends_us = bounded(period.start_us), bounded(period.end_us)
        return DrawnVolume(
            centre=centre,
            geometry=geometry,
            undrawn=undrawn,
            later=later,
            lower=_words(band.lower),
            upper=_words(band.upper),
            lower_m=_metres(band.lower),
            upper_m=_metres(band.upper),
            starts_at=None if starts_us is None else time_text(starts_us),
            ends_at=None if ends_us is None else time_text(ends_us),
            off_nominal=outside,
        )

    def _outline(self, volume: Volume4D) -> tuple[Outline | None, str, bool]:
        """Return an outline or its bounds, what is to be said of it, and whether it comes later."""
        found = OUTLINES.draw(volume, self._until)
        if found is None:
            found = OUTLINES.wait(volume, self._waits_until)
        if isinstance(found, str):
            return None, found, False
        if found is not None and self._take(found, CORNERS_FOR_BOUNDS):
            return found, "", False
        bounds = bounds_of(OUTLINES.around(volume))
        words = LATER if found is None else ONLY_BOUNDS
        if bounds is None or not self._take(bounds, 0):
            return None, LATER if found is None else TOO_MUCH, found is None
        return bounds, words, found is None

    def _take(self, found: Outline, left: int) -> bool:
        """Take the corners of an outline out of what the answer may have, where enough is left."""
        corners = corners_of(found)
        if self._corners - corners < left:
            return False
        self._corners -= corners
        return True


def _met(
    own: Sequence[Volume4D],
    other: Sequence[Volume4D],
    times: Times,
    areas: Areas,
    until: float,
) -> Outline | None:
    """Return where two notices meet, from what was found before where that is the same."""
    name = sha256(msgspec.msgpack.encode((own, other, times))).digest()
    with _KEEPING:
        kept = _KEPT.find(name)
    if kept is not None:
        return kept if isinstance(kept, Outline) else None
    found = _meeting(own, other, times, areas, until)
    if found is None:
        return None
    with _KEEPING:
        _KEPT.keep(name, found)
    return found if isinstance(found, Outline) else None


def _meeting(
    own: Sequence[Volume4D],
    other: Sequence[Volume4D],
    times: Times,
    areas: Areas,
    until: float,
) -> Outline | str | None:
    """Return where volumes meet, or why that is not drawn; None where the time is over."""
    one, its = _within(own, *times, areas), _within(other, *times, areas)
    parts: list[Geometry] = []
    for number, (left, right) in enumerate(product(one, its)):
        if number >= MOST_MEETING:
            return TOO_MUCH
        if gap_m(band_of(left), band_of(right), _MARGIN)[0] > 0:
            continue
        if sum(corners_of(areas[volume] or "") for volume in (left, right)) > CORNERS_MEETING:
            return TOO_MUCH
        if time.monotonic() > until:
            return None
        parts.append(_area(areas[left]).intersection(_area(areas[right])))
    whole = union_all(parts)
    rings = [
        [rounded([*line.coords]) for line in (part.exterior, *part.interiors)]
        for part in getattr(whole, "geoms", [whole])
        if isinstance(part, PlanePolygon) and not part.is_empty
    ]
    return Outline(coordinates=rings) if rings else "they only touch"


def _within(
    volumes: Sequence[Volume4D],
    from_us: int | None,
    until_us: int | None,
    areas: Areas,
) -> list[Volume4D]:
    """Return the drawable volumes in use between two moments.

    All of them where none is by its times: what flies early or late is taken to be in them.
    """
    sound = [volume for volume in volumes if isinstance(areas[volume], Outline)]
    periods = [(volume, period_of(volume)) for volume in sound]
    return [
        volume
        for volume, period in periods
        if (until_us is None or period.start_us <= until_us)
        and (from_us is None or period.end_us >= from_us)
    ] or sound


def _area(outline: Outline | str | None) -> Geometry:
    """Return an area in the plane of longitude and latitude, in which the map draws it."""
    rings = outline.coordinates if isinstance(outline, Outline) else []
    area = MultiPolygon([PlanePolygon(polygon[0]) for polygon in rings])
    return area if area.is_valid else make_valid(area)


def _words(level: Level | None) -> str | None:
    return None if level is None else level.text


def _metres(level: Level | None) -> float | None:
    return None if level is None else round(level.metres, 1)
