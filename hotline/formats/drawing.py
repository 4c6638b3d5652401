"""Outlines as rings of points: what a map, or a format that knows polygons only, can hold.

Edges are geodesics on WGS 84, as docs/spec/notice.md has it, so a drawn edge is divided until
the straight line of a map is as good. What stands for a circle or a corridor lies outside it, by
a thousandth of its size at most and a little more where a long line bends: drawn areas are never
smaller than what was announced.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from shapely import Polygon as PlanePolygon  # type: ignore[import-untyped]
from shapely import buffer, is_valid, linearrings, orient_polygons, polygons, union_all

from hotline.model.outline import STEPS_PER_DEGREE, crossing_edges, encloses_pole, on_grid
from hotline.model.volume import Circle, Corridor, Polygon, Position, Volume4D
from hotline.model.volume_rules import MAX_VERTICES, RADIUS_M, WIDTH_M

Point = tuple[float, float]
"""Longitude and latitude in degrees, in this order."""

CIRCLE_POINTS = 72
EDGE_M = 5_000.0
"""A drawn edge is not longer, unless the ring would get more points than `RING_POINTS`."""
RING_POINTS = 2_000
SIDE_M = 25_000.0
"""A side of a corridor is divided into pieces of this length at most."""
REACH_M = 8_000_000.0
"""A corridor within this distance of its first point can be drawn in one plane."""

_GEOD = Geod(ellps="WGS84")
_SAFE = (1.0005, 0.1)  # half widths times, metres more: above what plane edges take away
_BAY = 0.5 / 6_371_000.0  # half a metre in the plane, whose unit is the radius of the Earth
_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ring:
    """A drawn outline: corners in order, not repeated at the end.

    ``filled`` says that gaps and bays of the true area are inside of the ring.
    """

    points: tuple[Point, ...]
    filled: bool = False


def undrawable(volume: Volume4D) -> str | None:
    """Return why a volume cannot be drawn, or None where it can be."""
    outlines = [
        outline
        for outline in (volume.outline_polygon, volume.outline_circle, volume.corridor)
        if outline is not None
    ]
    if len(outlines) != 1:
        return "it has more than one outline" if outlines else "it has no outline"
    points = volume.points
    if not all(abs(point.lat) <= 90 and abs(point.lon) <= 180 for point in points):
        return "it lies outside the globe"
    if len(points) > MAX_VERTICES:
        return f"it has more than {MAX_VERTICES} vertices"
    outline = outlines[0]
    match outline:
        case Circle():
            fits = 0 < outline.radius_m <= RADIUS_M[1]
            return None if fits else "its radius is no size of an area"
        case Corridor():
            return _corridor_undrawable(outline)
    return _polygon_undrawable(outline)


def ring_of(volume: Volume4D) -> Ring:
    """Return the outline of a volume that is not `undrawable`, with as few points as do."""
    if volume.outline_polygon is not None:
        return Ring(tuple(points_of(volume.outline_polygon.vertices)))
    if volume.outline_circle is not None:
        return Ring(tuple(_circle(volume.outline_circle)))
    assert volume.corridor is not None  # noqa: S101 - a volume without outline is not drawn
    return _corridor(volume.corridor)


def dense(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return a ring whose edges are divided along the geodesic, for maps that draw them straight.

    No corner is moved; what is added lies on the edges.
    """
    lons, lats = np.array(points).T
    azimuths, _, lengths = _GEOD.inv(lons, lats, np.roll(lons, -1), np.roll(lats, -1))
    step = max(EDGE_M, float(lengths.sum()) / RING_POINTS)
    counts = np.maximum(1, np.ceil(lengths / step).astype(int))
    which = np.repeat(np.arange(len(points)), counts)
    part = np.concatenate([np.arange(count) / count for count in counts])
    lon, lat, _ = _GEOD.fwd(lons[which], lats[which], azimuths[which], lengths[which] * part)
    return tuple(
        points[int(index)] if share == 0 else (float(x), float(y))
        for index, share, x, y in zip(which, part, lon, lat, strict=True)
    )


def straight_edge_error_m(points: Sequence[Point]) -> float:
    """Return by how many metres edges drawn straight in latitude and longitude are off, at most.

    Measured in the middle of each edge of a ring.
    """
    lons, lats = np.array(points).T
    ends = np.roll(lons, -1), np.roll(lats, -1)
    azimuths, _, lengths = _GEOD.inv(lons, lats, *ends)
    true_lon, true_lat, _ = _GEOD.fwd(lons, lats, azimuths, lengths / 2)
    middle_lon = lons + ((ends[0] - lons + 180) % 360 - 180) / 2
    _, _, off = _GEOD.inv(true_lon, true_lat, middle_lon, (lats + ends[1]) / 2)
    return float(off.max())


def centre_of(points: Sequence[Point]) -> tuple[Point, float]:
    """Return a middle of some points, and the metres within which all of them lie around it.

    Nearly the smallest such circle: the middle is moved towards the farthest point again and
    again, less each time (Badoiu and Clarkson, 2003).
    """
    lons, lats = np.radians(np.array(points)).T
    unit = np.column_stack([np.cos(lats) * np.cos(lons), np.cos(lats) * np.sin(lons), np.sin(lats)])
    middle = unit.mean(axis=0)
    for step in range(2, 80):
        farthest = int(((unit - middle) ** 2).sum(axis=1).argmax())
        middle = middle + (unit[farthest] - middle) / step
    x, y, z = (float(part) for part in middle)
    lon, lat = math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))
    count = len(points)
    _, _, away = _GEOD.inv(np.full(count, lon), np.full(count, lat), *np.array(points).T)
    return (lon, lat), float(away.max())


def points_of(positions: Sequence[Position]) -> list[Point]:
    """Return positions as points of a map."""
    return [(position.lon, position.lat) for position in positions]


def _polygon_undrawable(polygon: Polygon) -> str | None:
    if len(polygon.vertices) < 3:
        return f"it has only {len(polygon.vertices)} corners"
    grid = on_grid(polygon.vertices)
    across = [x for x, _ in grid]
    if encloses_pole(grid) or max(across) - min(across) > 360 * STEPS_PER_DEGREE:
        return "it goes round a pole, so its inside cannot be told"
    return None


def _corridor_undrawable(corridor: Corridor) -> str | None:
    if not 0 < corridor.width_m <= WIDTH_M[1]:
        return "its width is no size of an area"
    if len(corridor.line) < 2:
        return f"its line has only {len(corridor.line)} points"
    lons, lats = np.array(points_of(corridor.line)).T
    _, _, away = _GEOD.inv(np.full_like(lons, lons[0]), np.full_like(lats, lats[0]), lons, lats)
    return "it is too long to be drawn in one piece" if away.max() > REACH_M else None


def _circle(circle: Circle) -> list[Point]:
    """Return corners whose edges touch the circle from outside."""
    azimuths = np.arange(CIRCLE_POINTS) * (360.0 / CIRCLE_POINTS)
    reach = circle.radius_m / math.cos(math.pi / CIRCLE_POINTS)
    same = np.ones(CIRCLE_POINTS)
    lon, lat, _ = _GEOD.fwd(
        same * circle.center.lon, same * circle.center.lat, -azimuths, same * reach
    )
    return [(float(x), float(y)) for x, y in zip(lon, lat, strict=True)]


def _corridor(corridor: Corridor) -> Ring:
    """Return the outline of the capsules around all pieces of the line, without gaps inside."""
    line = np.array(points_of(corridor.line))
    middle = centre_of(points_of(corridor.line))[0]
    capsules = _capsules(line, corridor.width_m / 2 * _SAFE[0] + _SAFE[1])
    # All at once: one by one, thousands of pieces would hold the interpreter for seconds.
    which = np.repeat(np.arange(len(capsules)), [len(capsule) for capsule in capsules])
    plane = polygons(linearrings(_to_plane(np.concatenate(capsules), middle), indices=which))
    # What is rounded to nothing has no area, and can stand aside.
    whole = union_all(_sound(plane))
    # Bays narrower than a metre are filled, and corners that differ by millimetres are one.
    whole = whole.buffer(_BAY, join_style="mitre").buffer(-_BAY, join_style="mitre")
    parts = getattr(whole, "geoms", [whole])
    largest = max(parts, key=lambda part: float(part.area))
    outline = PlanePolygon(largest.exterior)
    filled = len(largest.interiors) > 0
    plain = outline.simplify(_BAY / 10)
    # Where a long side has fewer corners than the other one, the two may cross on a map that draws
    # them straight; with all corners they do not.
    for drawn in (plain, outline):
        ring = _from_plane(drawn, middle)
        if len(ring) <= MAX_VERTICES and not _crosses(ring):
            return Ring(tuple(ring), filled)
    return Ring(tuple(_from_plane(plain.convex_hull, middle)), True)


def _sound(plane: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return plane polygons with those mended that meet themselves."""
    bad = ~is_valid(plane)
    plane[bad] = buffer(plane[bad], 0)
    return plane


def _crosses(ring: Sequence[Point]) -> bool:
    """Say whether a ring, on the model's grid of a centimetre, would cross or touch itself."""
    grid = on_grid([Position(lat, lon) for lon, lat in ring])
    return not encloses_pole(grid) and crossing_edges(grid) is not None


def _capsules(line: _Array, half: float) -> list[_Array]:
    """Return the corners around each piece of a line: its sides, and a half ring at each end.

    The edges of the half rings touch the true ones from outside. The sides are divided, and
    between two of their points run outside of the true one too.
    """
    (lons, lats), (next_lons, next_lats) = line[:-1].T, line[1:].T
    azimuths, backs, lengths = _GEOD.inv(lons, lats, next_lons, next_lats)
    count = 16 if len(lengths) <= 400 else 4
    steps = (np.arange(count) + 0.5) * (180.0 / count)
    turns = np.concatenate([[0.0], steps, [180.0]])
    reach = np.full(count + 2, half / math.cos(math.pi / (2 * count)))
    reach[[0, -1]] = half
    # From the right of the end round its head to the left, then round the tail.
    heads = _around(next_lons, next_lats, backs + 180 + 90, -turns, reach)
    tails = _around(lons, lats, azimuths - 90, -turns, reach)
    inner = np.ceil(lengths / max(SIDE_M, float(lengths.sum()) / RING_POINTS)).astype(int) - 1
    inner = np.maximum(0, inner)
    which = np.repeat(np.arange(len(lengths)), inner)
    part = np.concatenate([np.arange(1, count + 1) / (count + 1) for count in inner])
    lon, lat, back = _GEOD.fwd(lons[which], lats[which], azimuths[which], lengths[which] * part)
    sides = _around(lon, lat, back + 180, np.array([-90.0, 90.0]), np.array([half, half]))
    found, at = [], 0
    for head, tail, points in zip(heads, tails, inner, strict=True):
        left, right = sides[at : at + points].transpose(1, 0, 2)
        found.append(np.concatenate([head, left[::-1], tail, right]))
        at += points
    return found


def _around(lon: _Array, lat: _Array, first: _Array, turns: _Array, reach: _Array) -> _Array:
    shape = (len(lon), len(turns))
    x, y, _ = _GEOD.fwd(
        np.broadcast_to(lon[:, None], shape).ravel(),
        np.broadcast_to(lat[:, None], shape).ravel(),
        (first[:, None] + turns).ravel(),
        np.broadcast_to(reach, shape).ravel(),
    )
    return np.stack([x, y], axis=-1).reshape(*shape, 2)


def _to_plane(points: _Array, middle: Point) -> _Array:
    """Return points in the stereographic plane around ``middle``; only what is where counts."""
    lon, lat = np.radians(points[:, 0] - middle[0]), np.radians(points[:, 1])
    tilt = math.radians(middle[1])
    ahead = np.sin(lat) * math.sin(tilt) + np.cos(lat) * math.cos(tilt) * np.cos(lon)
    x = np.cos(lat) * np.sin(lon)
    y = np.sin(lat) * math.cos(tilt) - np.cos(lat) * math.sin(tilt) * np.cos(lon)
    return np.column_stack([x, y]) * (2 / (1 + ahead))[:, None]


def _from_plane(outline: PlanePolygon, middle: Point) -> list[Point]:
    """Return the corners of a plane polygon, counter-clockwise, the first not repeated."""
    x, y = np.array(orient_polygons(outline).exterior.coords)[:-1].T / 2
    scale = 1 / (1 + x * x + y * y)
    ahead, x, y = (1 - x * x - y * y) * scale, 2 * x * scale, 2 * y * scale
    tilt = math.radians(middle[1])
    lat = np.arcsin(np.clip(ahead * math.sin(tilt) + y * math.cos(tilt), -1, 1))
    lon = np.arctan2(x, ahead * math.cos(tilt) - y * math.sin(tilt))
    lons = (np.degrees(lon) + middle[0] + 180) % 360 - 180
    return [(float(a), float(b)) for a, b in zip(lons, np.degrees(lat), strict=True)]
