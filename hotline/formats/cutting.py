"""Rings and lines cut where the map ends: RFC 7946, section 3.1.9, asks for it.

In the plane of longitude and latitude, in which such maps are drawn: pieces lie within 180
degrees west and east and meet at the antimeridian. A ring around a pole gets the pole's edge of
the map. Rings come out closed and counter-clockwise (section 3.1.6).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from shapely import (  # type: ignore[import-untyped]
    Geometry,
    LineString,
    box,
    get_parts,
    make_valid,
)
from shapely import Polygon as PlanePolygon
from shapely.affinity import translate  # type: ignore[import-untyped]

from hotline.formats.drawing import Point


def cut_ring(points: Sequence[Point]) -> list[list[Point]]:
    """Return the closed rings on the map that stand for one ring on the globe.

    ``points`` are at least 3 corners, the first not repeated.
    """
    unrolled = _unrolled([*points, points[0]])
    around = unrolled[-1][0] - unrolled[0][0]
    if abs(around) < 180 and all(abs(lon) <= 180 for lon, _ in unrolled):
        # Most rings: not a digit of their corners is touched.
        return [list(unrolled) if _turns_left(unrolled) else unrolled[::-1]]
    if abs(around) >= 180:
        pole = math.copysign(90.0, sum(lat for _, lat in points))
        unrolled += [(unrolled[-1][0], pole), (unrolled[0][0], pole)]
    area = make_valid(PlanePolygon(unrolled))
    return [
        _oriented([(float(x), float(y)) for x, y in part.exterior.coords])
        for part in _by_world(area, unrolled)
        if isinstance(part, PlanePolygon) and part.area > 0
    ]


def cut_line(points: Sequence[Point]) -> list[list[Point]]:
    """Return the lines on the map that stand for one line on the globe."""
    unrolled = _unrolled(points)
    if all(abs(lon) <= 180 for lon, _ in unrolled):
        return [unrolled]
    return [
        [(float(x), float(y)) for x, y in part.coords]
        for edge in pairwise(unrolled)
        for part in _by_world(LineString(edge), edge)
        if isinstance(part, LineString) and part.length > 0
    ]


def _unrolled(points: Sequence[Point]) -> list[Point]:
    """Return points whose longitudes go on beyond 180 degrees instead of jumping."""
    found = [points[0]]
    for lon, lat in points[1:]:
        turns = math.floor((found[-1][0] - lon + 180) / 360)
        found.append((lon + 360 * turns, lat))
    return found


def _by_world(shape: Geometry, points: Sequence[Point]) -> Iterator[Geometry]:
    """Yield the parts of a shape in each copy of the map, brought back to the first one."""
    longitudes = [lon for lon, _ in points]
    first = math.floor((min(longitudes) + 180) / 360)
    last = math.floor((max(longitudes) + 180) / 360)
    for world in range(first, last + 1):
        west = -180.0 + 360 * world
        inside = shape.intersection(box(west, -90, west + 360, 90))
        yield from get_parts(translate(inside, -360.0 * world))


def _turns_left(ring: Sequence[Point]) -> bool:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) >= 0


def _oriented(ring: list[Point]) -> list[Point]:
    return ring if _turns_left(ring) else ring[::-1]
