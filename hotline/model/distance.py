"""How far a position lies from a volume's outline: enough to check what was read back.

The exact distances of `hotline.airspace` are not at hand below it and not needed here: what was
read back is compared to the mile. Edges follow great circles of a sphere, which lie within 0.5 % of
their bulge next to the geodesics that they stand for: 200 m at 60 degrees north over 1 000 km.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from hotline.model.outline import METRES_PER_DEGREE
from hotline.model.volume import Position, Volume4D

PIECE = 20_000 / 6_371_000
"""Longer edges are cut, in radians."""

Offset = tuple[float, float]
"""Metres east and north of the position that is asked about."""


def distance_m(position: Position, volume: Volume4D) -> float:
    """Return the metres from a position to the nearest outline of a volume, 0 inside it.

    Measured on a plane that touches the globe at ``position``: exact to about one percent up to
    100 km, and never small for what is far. Infinite for a volume without an outline, and for a
    position that is none.
    """
    found = [math.inf]
    if not math.isfinite(position.lat):
        return math.inf
    if volume.outline_polygon is not None:
        vertices = volume.outline_polygon.vertices
        ring = _offsets(position, _cut((*vertices, *vertices[:1])))
        found.append(0.0 if _inside(ring) else _to_line(ring))
    if volume.outline_circle is not None:
        circle = volume.outline_circle
        (center,) = _offsets(position, (circle.center,))
        found.append(max(0.0, math.hypot(*center) - circle.radius_m))
    if volume.corridor is not None:
        line = _offsets(position, _cut(volume.corridor.line))
        found.append(max(0.0, _to_line(line) - volume.corridor.width_m / 2))
    return min(found)


def _cut(line: Sequence[Position]) -> Sequence[Position]:
    """Return a line with points set into its long edges, along the great circle.

    Straight in latitude and longitude, an edge of 20 km lies within 14 m of the great circle up to
    60 degrees of latitude; edges that long are cut. Positions that are none stay as they are.
    """
    cut = list(line[:1])
    for one, other in pairwise(line):
        turn = (other.lon - one.lon + 180) % 360 - 180
        if not (math.isfinite(turn) and abs(one.lat) <= 90 and abs(other.lat) <= 90):
            cut.append(other)
            continue
        south, north, across = (math.radians(angle) for angle in (one.lat, other.lat, turn))
        half = math.sin((north - south) / 2) ** 2
        half += math.cos(south) * math.cos(north) * math.sin(across / 2) ** 2
        angle = 2 * math.asin(min(1.0, math.sqrt(half)))
        pieces = math.ceil(angle / PIECE) if 0 < angle < math.pi else 1
        for step in range(1, pieces):
            of_one = math.sin(angle * (1 - step / pieces))
            of_other = math.sin(angle * step / pieces)
            x = of_one * math.cos(south) + of_other * math.cos(north) * math.cos(across)
            y = of_other * math.cos(north) * math.sin(across)
            z = of_one * math.sin(south) + of_other * math.sin(north)
            lon = one.lon + math.degrees(math.atan2(y, x))
            cut.append(Position(math.degrees(math.atan2(z, math.hypot(x, y))), lon))
        cut.append(other)
    return cut


def _offsets(origin: Position, points: Sequence[Position]) -> list[Offset]:
    east_scale = METRES_PER_DEGREE * math.cos(math.radians(origin.lat))
    return [
        (
            ((point.lon - origin.lon + 180) % 360 - 180) * east_scale,
            (point.lat - origin.lat) * METRES_PER_DEGREE,
        )
        for point in points
    ]


def _inside(ring: Sequence[Offset]) -> bool:
    """Say whether a ray from the origin to the east cuts a ring an odd number of times."""
    inside = False
    for (x0, y0), (x1, y1) in pairwise([*ring, *ring[:1]]):
        if (y0 > 0) != (y1 > 0) and x0 + (x1 - x0) * (0 - y0) / (y1 - y0) > 0:
            inside = not inside
    return inside


def _to_line(line: Sequence[Offset]) -> float:
    """Return the distance from the origin to the nearest point of a line of segments."""
    nearest = min((math.hypot(*point) for point in line), default=math.inf)
    for (x0, y0), (x1, y1) in pairwise(line):
        dx, dy = x1 - x0, y1 - y0
        length2 = dx * dx + dy * dy
        if length2 > 0:
            along = min(1.0, max(0.0, -(x0 * dx + y0 * dy) / length2))
            nearest = min(nearest, math.hypot(x0 + along * dx, y0 + along * dy))
    return nearest
