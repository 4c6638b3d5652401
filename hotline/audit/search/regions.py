"""The parts of an area that is looked for, and whether a volume shares a point with one of them.

Both are footprints of `hotline.airspace`: what a search finds in an area is what the airspace would
say meets it, edges being geodesics on WGS 84 and limits closed. A box alone is bounded by
parallels, which are no geodesics; these are followed to the metre.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hotline.airspace.footprint import (
    SLACK_M,
    Cap,
    Footprint,
    Uncomputable,
    footprint_around,
    footprint_of,
)
from hotline.airspace.geodesy import EQUATOR_M, earth_centred
from hotline.airspace.lateral import lateral
from hotline.model.volume import Position, Volume4D

TILE_DEGREES = 20.0
"""A box is cut into parts of at most this many degrees either way, each small on the globe."""
OFF_M = 1.0
"""How far an edge of a box may lie from its parallel."""
FEW_POINTS = 50
"""Points of a volume up to which a circle around them costs less than its footprint."""
ROUGHLY = 1.01
"""By how much the globe may differ from a sphere, where circles hold geodesics."""


@dataclass(frozen=True, slots=True)
class Region:
    """A footprint without its holes: all of it but what lies in one of them and off its edges."""

    footprint: Footprint
    holes: tuple[Footprint, ...] = ()
    rims: tuple[Footprint, ...] = ()
    """The edges of the holes, which belong to the region."""

    def meets(self, other: Footprint) -> bool:
        """Say whether a footprint shares a point with this region."""
        return _meet(self.footprint, other) and not any(
            _meet(hole, other) and not _meet(rim, other)
            for hole, rim in zip(self.holes, self.rims, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Box(Region):
    """A part of a box in degrees; ``east`` is not less than ``west``, and may be beyond 180."""

    south: float = 0.0
    west: float = 0.0
    north: float = 0.0
    east: float = 0.0

    def meets(self, other: Footprint) -> bool:
        """Say whether a footprint shares a point with this box."""
        start = other.start
        if self.south <= start.lat <= self.north and _within(self.west, start.lon, self.east):
            return True
        return _meet(self.footprint, other)


def meets_any(volume: Volume4D, regions: Sequence[Region]) -> bool:
    """Say whether a volume shares a point with one of some regions; without a place it does not."""
    around = _around_all(volume)
    if around is not None:
        regions = [region for region in regions if region.footprint.cap.gap_m(around) <= 0]
    return bool(regions) and any(
        region.meets(found) for found in footprints_of(volume) for region in regions
    )


def _around_all(volume: Volume4D) -> Cap | None:
    """Return a circle that holds a volume and costs next to nothing; None where that is not sure.

    Geodesics between points of a circle of less than half the globe stay within it.
    """
    points = volume.points
    if not 0 < len(points) <= FEW_POINTS:
        return None
    if not all(abs(point.lat) <= 90 and abs(point.lon) <= 180 for point in points):
        return None
    first, *others = [earth_centred(point.lat, point.lon) for point in points]
    radius_m = ROUGHLY * max((math.dist(first, other) for other in others), default=0.0)
    if volume.outline_circle is not None:
        radius_m += max(0.0, volume.outline_circle.radius_m)
    if volume.corridor is not None:
        radius_m += max(0.0, volume.corridor.width_m / 2)
    return Cap(points[0], radius_m + SLACK_M, first) if math.isfinite(radius_m) else None


def footprints_of(volume: Volume4D) -> Iterator[Footprint]:
    """Yield where each outline of a volume lies; those that cannot be placed lie nowhere.

    A volume that has more than one outline, against the rules, is found by any of them.
    """
    for alone in (
        Volume4D(outline_polygon=volume.outline_polygon),
        Volume4D(outline_circle=volume.outline_circle),
        Volume4D(corridor=volume.corridor),
    ):
        placed = footprint_of(alone)
        if isinstance(placed, Footprint):
            yield placed


def ring_region(
    outer: Sequence[Position], holes: Sequence[Sequence[Position]]
) -> Region | Uncomputable:
    """Return what a ring goes round, without some holes, or why that cannot be told."""
    found = [_around(ring, ring=True) for ring in (outer, *holes)]
    rims = [_around(ring, ring=False) for ring in holes]
    for placed in (*found, *rims):
        if isinstance(placed, Uncomputable):
            return placed
        if placed.larger is not None:
            return placed.larger
    whole, *without = [placed for placed in found if isinstance(placed, Footprint)]
    edges = [placed for placed in rims if isinstance(placed, Footprint)]
    return Region(whole, tuple(without), tuple(edges))


def box_regions(south: float, west: float, north: float, east: float) -> Iterator[Region]:
    """Yield the parts of a box in degrees; east less than west goes over the antimeridian."""
    east = east if east >= west else east + 360
    high = max(1, math.ceil((north - south) / TILE_DEGREES))
    wide = max(1, math.ceil((east - west) / TILE_DEGREES))
    lats = [south + (north - south) * part / high for part in range(high)] + [north]
    lons = [west + (east - west) * part / wide for part in range(wide)] + [east]
    for low, up in pairwise(lats):
        for left, right in pairwise(lons):
            yield _box(low, left, up, right)


def _box(south: float, west: float, north: float, east: float) -> Box:
    flat = south == north or west == east
    corners = [*_parallel(south, west, east)]
    if not flat:
        corners += reversed(_parallel(north, west, east))
    elif south != north:
        corners = [Position(south, west), Position(north, west)]
    placed = _around(corners, ring=not flat)
    assert isinstance(placed, Footprint)  # noqa: S101 - a part of a box on the globe is small
    return Box(placed, south=south, west=west, north=north, east=east)


def _parallel(lat: float, west: float, east: float) -> list[Position]:
    """Return positions from west to east between which geodesics follow a parallel."""
    phi = math.radians(abs(lat))
    length_m = math.radians(east - west) * EQUATOR_M * math.cos(phi)
    # In the middle of a chord of d metres, a geodesic is d squared times tan / 8 R off.
    pieces = math.ceil(length_m * math.sqrt(math.tan(phi) / (8 * EQUATOR_M * OFF_M)))
    pieces = max(1, pieces)
    return [
        Position(lat, on_globe(west + (east - west) * part / pieces)) for part in range(pieces)
    ] + [Position(lat, on_globe(east))]


def _around(points: Sequence[Position], *, ring: bool) -> Footprint | Uncomputable:
    return footprint_around((*points, *points[:1]), 0.0, ring=ring and len(points) > 2)


def on_globe(lon: float) -> float:
    """Return a longitude of up to a turn beyond 180 degrees, to the east or west, within them."""
    return lon - 360 * math.copysign(1, lon) if abs(lon) > 180 else lon


def _within(west: float, lon: float, east: float) -> bool:
    return west <= lon <= east or west <= lon + 360 <= east


def _meet(one: Footprint, other: Footprint) -> bool:
    found = lateral(one, other, beyond_m=0.0)
    return found is not None and found.distance_m == 0
