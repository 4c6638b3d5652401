"""Where an area lies as seen from a place, to the precision of words: bearing and distance.

Everything is on a sphere, in a plane that keeps bearings and distances from the place (azimuthal
equidistant): good to half a percent at any range, where words are good to tens of kilometres.
Conflicts are never computed with it; see `hotline.airspace.lateral`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from hotline.airspace.gazetteer import Place
from hotline.airspace.said.places import Whereabouts
from hotline.model.outline import METRES_PER_DEGREE
from hotline.model.volume import Position, Volume4D

DIRECTION_TOLERANCE_DEG: Final = 67.5
"""How far an area may lie off a direction from a place and still be in it: six points."""
PART_TOLERANCE_DEG: Final = 60.0
"""The same for the part of a country: its extent makes the direction a clearer one."""
BESIDE_M: Final = 5_000.0
"""So near to a place no direction is told: a town is no point."""
MIDDLE: Final = 0.25
"""Share of half an extent within which an area lies in its middle, and no direction is told."""

_MOST_PLAIN: Final = 4
_PLAIN_DEG: Final = 0.5
_PLAIN_M: Final = 100.0
"""By so much a corner must keep a limit to be plainly within it, more than rounding may move."""

_EARTH_RADIUS_M: Final = 6_371_009.0
_MOST_POINTS: Final = 48
_LONGEST_STEP_DEG: Final = 0.25

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """One volume's outline as points in degrees (latitude, longitude), with ``reach_m`` around.

    ``is_ring`` says that the points enclose the area.
    """

    points: tuple[Point, ...]
    reach_m: float
    is_ring: bool


@dataclass(frozen=True, slots=True)
class Area:
    """What a notice's volumes cover, and its middle."""

    parts: tuple[Part, ...]
    middle: Position


def area_of(volumes: Sequence[Volume4D]) -> Area | None:
    """Return what volumes cover, or None where one of them can't be placed."""
    most = max(4, _MOST_POINTS * 4 // max(1, len(volumes)))
    parts = [_part(volume, min(_MOST_POINTS, most)) for volume in volumes]
    kept = tuple(part for part in parts if part is not None)
    if not kept or len(kept) < len(parts):
        return None
    x = y = z = 0.0
    for part in kept:
        for lat, lon in part.points:
            phi, lam = math.radians(lat), math.radians(lon)
            x += math.cos(phi) * math.cos(lam) / len(part.points)
            y += math.cos(phi) * math.sin(lam) / len(part.points)
            z += math.sin(phi) / len(part.points)
    middle = Position(math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))
    return Area(kept, middle)


def _part(volume: Volume4D, most: int) -> Part | None:
    points = volume.points
    if not points or not all(abs(at.lat) <= 90 and abs(at.lon) <= 180 for at in points):
        return None
    reach_m = 0.0
    if volume.outline_circle is not None:
        reach_m = volume.outline_circle.radius_m
    if volume.corridor is not None:
        reach_m = max(reach_m, volume.corridor.width_m / 2)
    if not 0 <= reach_m < math.inf:
        return None
    is_ring = volume.outline_polygon is not None
    corners = [(at.lat, at.lon) for at in points]
    if len(corners) > most:
        corners = _thinned(corners, most)
    if is_ring:
        corners.append(corners[0])
    return Part(tuple(_stepped(corners, most)), reach_m, is_ring)


def _thinned(corners: Sequence[Point], most: int) -> list[Point]:
    """Return the outermost points of each stretch of a long outline, in their order."""
    stretch = -(-len(corners) // max(1, most // 4))
    axes = tuple(zip(*corners, strict=True))
    kept: list[Point] = []
    for begin in range(0, len(corners), stretch):
        part = range(begin, min(begin + stretch, len(corners)))
        outermost = {
            chosen
            for axis in axes
            for chosen in (min(part, key=axis.__getitem__), max(part, key=axis.__getitem__))
        }
        kept += [corners[index] for index in sorted(outermost)]
    return kept


def _stepped(corners: Sequence[Point], most: int) -> Iterator[Point]:
    """Yield corners with points between those that lie far apart."""
    yield corners[0]
    allowance = max(1, most // len(corners))
    for (lat, lon), (to_lat, to_lon) in pairwise(corners):
        turn = (to_lon - lon + 180) % 360 - 180
        steps = math.ceil(max(abs(to_lat - lat), abs(turn)) / _LONGEST_STEP_DEG)
        steps = min(max(1, steps), allowance)
        for step in range(1, steps + 1):
            share = step / steps
            yield lat + (to_lat - lat) * share, (lon + turn * share + 180) % 360 - 180


@dataclass(frozen=True, slots=True)
class Sight:
    """An area seen from a place.

    ``distance_m`` is that of its nearest part, 0 where it reaches the place; ``bearing`` that of
    its middle in degrees from true north.
    """

    place: Place
    area: Area
    distance_m: float
    bearing: float

    def reaches(self, bearing: float) -> bool:
        """Say whether any of the area lies in a direction, or too near to tell."""
        if self.place.is_extent:
            return any(_is_in_part(self.place, part, bearing) for part in self.area.parts)
        if self.distance_m <= BESIDE_M:
            return True
        middle = self.place.middle
        return any(_is_in_direction(middle, part, bearing) for part in self.area.parts)


def sight(place: Place, area: Area) -> Sight:
    """Return how an area is seen from a place."""
    middle = place.middle
    if place.is_extent:
        distance_m = min(_to_extent(place, part) for part in area.parts)
        x, y = _share(place, area.middle.lat, area.middle.lon)
    else:
        distance_m = min(_to_point(middle, part) for part in area.parts)
        x, y = _offset(middle, area.middle.lat, area.middle.lon)
    return Sight(place, area, distance_m, math.degrees(math.atan2(x, y)) % 360)


def plainly_agrees(said: Whereabouts, volumes: Sequence[Volume4D]) -> bool:
    """Say whether a corner alone shows that volumes lie where words put them.

    True only where `sight` would find it so as well, which is the slower: a corner of an outline
    is near enough to a place, and well within a direction from there. False decides nothing.
    """
    if len(volumes) > _MOST_PLAIN:
        return False
    for volume in volumes:
        points = volume.points[: _MOST_PLAIN + 1]
        if len(points) > _MOST_PLAIN:
            return False
        for at in points:
            if any(_is_plain(place, at, said) for place in said.places):
                return True
    return False


def _is_plain(place: Place, at: Position, said: Whereabouts) -> bool:
    if not (abs(at.lat) <= 90 and abs(at.lon) <= 180):
        return False
    if place.is_extent:
        tolerance, point = PART_TOLERANCE_DEG, _share(place, at.lat, at.lon)
        closest = Position(
            min(max(at.lat, place.south), place.north), min(max(at.lon, place.west), place.east)
        )
        away_m = math.hypot(*_offset(closest, at.lat, at.lon))
    else:
        tolerance, point = DIRECTION_TOLERANCE_DEG, _offset(place.middle, at.lat, at.lon)
        away_m = math.hypot(*point)
    if not away_m <= said.limit_m - _PLAIN_M:
        return False
    if not said.bearings:
        return True
    return any(abs(_off(point, bearing)) <= tolerance - _PLAIN_DEG for bearing in said.bearings)


def _offset(origin: Position, lat: float, lon: float) -> Point:
    """Return metres east and north of ``origin`` in the plane around it."""
    phi0, phi = math.radians(origin.lat), math.radians(lat)
    turn = math.radians(lon - origin.lon)
    east = math.cos(phi) * math.sin(turn)
    north = math.cos(phi0) * math.sin(phi) - math.sin(phi0) * math.cos(phi) * math.cos(turn)
    up = math.sin(phi0) * math.sin(phi) + math.cos(phi0) * math.cos(phi) * math.cos(turn)
    across = math.hypot(east, north)
    if across == 0:
        return 0.0, 0.0
    scale = _EARTH_RADIUS_M * math.atan2(across, up) / across
    return east * scale, north * scale


def _share(place: Place, lat: float, lon: float) -> Point:
    """Return a position in halves of an extent, east and north of its middle."""
    middle = place.middle
    turn = (lon - middle.lon + 180) % 360 - 180
    return (
        turn / ((place.east - place.west) / 2),
        (lat - middle.lat) / ((place.north - place.south) / 2),
    )


def _off(point: Point, bearing: float) -> float:
    """Return by how many degrees a point lies off a bearing, to the right positive."""
    return (math.degrees(math.atan2(*point)) - bearing + 180) % 360 - 180


def _is_in_direction(origin: Position, part: Part, bearing: float) -> bool:
    offsets = [_offset(origin, lat, lon) for lat, lon in part.points]
    return _reaches(offsets, part.reach_m, bearing, DIRECTION_TOLERANCE_DEG)


def _is_in_part(place: Place, part: Part, bearing: float) -> bool:
    shares = [_share(place, lat, lon) for lat, lon in part.points]
    narrow = (place.east - place.west) / 2 * math.cos(math.radians(place.middle.lat))
    halves_m = METRES_PER_DEGREE * min(narrow, (place.north - place.south) / 2)
    reach = part.reach_m / halves_m
    if min(math.hypot(*share) for share in shares) <= MIDDLE + reach:
        return True
    return _reaches(shares, reach, bearing, PART_TOLERANCE_DEG)


def _reaches(points: Sequence[Point], reach: float, bearing: float, tolerance: float) -> bool:
    """Say whether an outline comes within a sector, its points widened by ``reach``."""
    before: float | None = None
    for point in points:
        off = _off(point, bearing)
        away = math.hypot(*point)
        widening = 180.0 if away <= reach else math.degrees(math.asin(reach / away))
        if abs(off) <= tolerance + widening:
            return True
        # An edge may cross the sector though both of its ends lie beside it.
        if before is not None and before * off < 0 and abs(before - off) < 180:
            return True
        before = off
    return False


def _to_point(origin: Position, part: Part) -> float:
    """Return the metres from a position to a part, 0 inside it."""
    offsets = [_offset(origin, lat, lon) for lat, lon in part.points]
    if part.is_ring and _encloses(offsets):
        return 0.0
    nearest = min(math.hypot(*offset) for offset in offsets)
    for (x0, y0), (x1, y1) in pairwise(offsets):
        dx, dy = x1 - x0, y1 - y0
        length2 = dx * dx + dy * dy
        if length2 > 0:
            along = min(1.0, max(0.0, -(x0 * dx + y0 * dy) / length2))
            nearest = min(nearest, math.hypot(x0 + along * dx, y0 + along * dy))
    return max(0.0, nearest - part.reach_m)


def _to_extent(place: Place, part: Part) -> float:
    """Return the metres from an extent to a part, 0 where they overlap."""
    if part.is_ring and _encloses([_share(place, lat, lon) for lat, lon in part.points]):
        return 0.0
    nearest = math.inf
    for lat, lon in part.points:
        closest = Position(
            min(max(lat, place.south), place.north), min(max(lon, place.west), place.east)
        )
        nearest = min(nearest, math.hypot(*_offset(closest, lat, lon)))
    return max(0.0, nearest - part.reach_m)


def _encloses(ring: Sequence[Point]) -> bool:
    """Say whether a closed ring goes round the origin."""
    inside = False
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (y0 > 0) != (y1 > 0) and x0 + (x1 - x0) * (0 - y0) / (y1 - y0) > 0:
            inside = not inside
    return inside
