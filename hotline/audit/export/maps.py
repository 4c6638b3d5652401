"""Outlines as a map shows them: geometry in degrees, and the box that holds it.

A shape is a *core* (points, lines, rings in degrees, x is longitude) and a *reach* in metres around
it: a circle is its centre and radius, a corridor its line and half its width, a polygon has no
reach. Corners stay what was announced, and edges are drawn from one to the next as GeoJSON and map
tools do it; docs/spec/notice.md, section 4, says how far that is from the geodesics that are meant.
What meets what is never decided with these: that is `hotline.airspace`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import shapely  # type: ignore[import-untyped]
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box  # type: ignore[import-untyped]
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

from hotline.model.outline import (
    METRES_PER_DEGREE,
    STEPS_PER_DEGREE,
    GridPoint,
    crossing_edges,
    is_convex,
)
from hotline.model.volume import Position, Volume4D

NEAR_M = 0.01
"""Two things so near each other touch: the precision of F3548."""
EARTH_M = METRES_PER_DEGREE * 180 / math.pi
CIRCLE_CORNERS = 64
DIGITS = 7
"""Decimals of a degree that are about a centimetre."""
_TURN = 360.0


@dataclass(frozen=True, slots=True)
class Shape:
    """All points within ``reach_m`` metres of ``core``, whose coordinates are degrees.

    ``crossed`` says that the core is a ring that meets itself. What it goes round an odd number of
    times is in it too; it is never cut up into clean parts, which could take a peer's ring of
    10 000 corners for ever.
    """

    core: BaseGeometry
    reach_m: float = 0.0
    crossed: bool = False


def shapes_of(volume: Volume4D) -> Iterator[Shape]:
    """Yield the outlines of a volume that can be placed on the globe; others have no shape."""
    if volume.outline_polygon is not None:
        ring = ring_shape(volume.outline_polygon.vertices)
        if ring is not None:
            yield ring
    if volume.outline_circle is not None:
        circle = volume.outline_circle
        yield from _shape(line_of((circle.center,)), circle.radius_m)
    if volume.corridor is not None:
        yield from _shape(line_of(volume.corridor.line), volume.corridor.width_m / 2)


def point_shape(position: Position) -> Iterator[Shape]:
    """Yield the shape of a position, if it is one on the globe."""
    yield from _shape(line_of((position,)), 0.0)


def _shape(core: BaseGeometry | None, reach_m: float) -> Iterator[Shape]:
    if core is not None and math.isfinite(reach_m) and 0 <= reach_m <= EARTH_M * math.pi:
        yield Shape(core, reach_m)


def ring_shape(points: Sequence[Position]) -> Shape | None:
    """Return what a ring encloses, one over a pole with the pole; None for what is no ring."""
    run = unwrapped(points)
    if run is None or len(run) < 3:
        return None if run is None else Shape(_line(run))
    if abs(_nearer(run[0][0], run[-1][0]) - run[0][0]) > 180:
        # Once round the globe: what is meant is the cap of the nearer pole.
        end = run[0][0] + (_TURN if run[-1][0] > run[0][0] else -_TURN)
        pole = math.copysign(90.0, sum(lat for _, lat in run))
        run = [*run, (end, run[0][1]), (end, pole), (run[0][0], pole)]
    grid = [(round(x * STEPS_PER_DEGREE), round(y * STEPS_PER_DEGREE)) for x, y in run]
    if not is_convex(grid):
        if _in_line(grid):
            return Shape(_line([*run, run[0]]))
        if crossing_edges(grid) is not None:
            return Shape(LineString([*run, run[0]]), crossed=True)
    return Shape(Polygon(run))


def _in_line(points: Sequence[GridPoint]) -> bool:
    """Say whether all points lie on one line, so that they enclose nothing."""
    (x0, y0), (x1, y1) = min(points), max(points)
    return all((x1 - x0) * (y - y0) == (y1 - y0) * (x - x0) for x, y in points)


def line_of(points: Sequence[Position]) -> BaseGeometry | None:
    """Return a line, or the point that it is; None without a place on the globe."""
    run = unwrapped(points)
    return None if run is None else _line(run)


def _line(run: Sequence[tuple[float, float]]) -> BaseGeometry:
    return Point(run[0]) if len(set(run)) == 1 else LineString(run)


def unwrapped(points: Sequence[Position]) -> list[tuple[float, float]] | None:
    """Return (longitude, latitude) of each point, each edge going the shorter way round.

    None where there is no point, or one that is not on the globe. Positions are taken to the
    centimetre, as F3548 has them: nearer points are one.
    """
    run: list[tuple[float, float]] = []
    for point in points:
        if not (abs(point.lat) <= 90 and abs(point.lon) <= _TURN):
            return None
        lon = _nearer(point.lon, run[-1][0]) if run else point.lon
        run.append((round(lon, DIGITS), round(point.lat, DIGITS)))
    return run or None


def _nearer(lon: float, other: float) -> float:
    """Return a longitude that many turns on, so that it lies within half a turn of ``other``."""
    return lon - _TURN * math.floor((lon - other + 180) / _TURN)


def drawn(shapes: Iterable[Shape]) -> BaseGeometry | None:
    """Return shapes as a map can show them: in degrees, cut at the antimeridian (RFC 7946).

    Circles and corridors become polygons; a ring that crosses itself stays as it is. None without
    shapes.
    """
    parts = [
        Polygon(shape.core.coords) if shape.crossed else _cut(_outlined(shape)) for shape in shapes
    ]
    whole = [part for part in parts if not part.is_empty]
    if not whole:
        return None
    return whole[0] if len(whole) == 1 else shapely.geometrycollections(whole)


def bounds(shapes: Iterable[Shape]) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north in degrees; west is greater over the antimeridian."""
    edges = [_outlined(shape).bounds for shape in shapes]
    if not edges:
        return None
    # Each to the turn of the first.
    shifts = [_nearer(edge[0], edges[0][0]) - edge[0] for edge in edges]
    west = min(edge[0] + shift for edge, shift in zip(edges, shifts, strict=True))
    east = max(edge[2] + shift for edge, shift in zip(edges, shifts, strict=True))
    south = max(-90.0, min(edge[1] for edge in edges))
    north = min(90.0, max(edge[3] for edge in edges))
    if east - west >= _TURN:
        west, east = -180.0, 180.0
    found = (_nearer(west, 0.0), south, _nearer(east, 0.0), north)
    west, south, east, north = (round(degrees, DIGITS) for degrees in found)
    return west, south, (180.0 if east == -180.0 and west >= 0 else east), north


def outlined(shapes: Iterable[Shape]) -> list[Shape]:
    """Return shapes whose reach has become an outline, to be drawn and bounded at one cost."""
    return [
        Shape(_outlined(shape), crossed=shape.crossed) if shape.reach_m else shape
        for shape in shapes
    ]


def _outlined(shape: Shape) -> BaseGeometry:
    """Return a shape whose reach has become an outline, in degrees."""
    if not shape.reach_m:
        return shape.core
    _, south, _, north = shape.core.bounds
    scale = max(0.01, math.cos(math.radians((south + north) / 2)))
    flat = affinity.scale(shape.core, scale, 1.0, origin=(0, 0))
    wide = flat.buffer(shape.reach_m / METRES_PER_DEGREE, quad_segs=CIRCLE_CORNERS // 4)
    # To the centimetre that positions have: what lies beyond is noise of the approximation.
    rounded: BaseGeometry = shapely.transform(wide, lambda xy: (xy / (scale, 1.0)).round(DIGITS))
    return rounded


def _cut(geometry: BaseGeometry) -> BaseGeometry:
    """Return a geometry whose longitudes run on, cut into -180 to 180 and moved there."""
    west, _, east, _ = geometry.bounds
    if west >= -180 and east <= 180:
        return geometry
    parts = []
    for turn in range(math.floor((west + 180) / _TURN), math.floor((east + 180) / _TURN) + 1):
        middle = turn * _TURN
        inside = geometry.intersection(box(middle - 180, -90, middle + 180, 90))
        if not inside.is_empty:
            parts.append(affinity.translate(inside, -middle))
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)
