"""How far apart two footprints lie, and where they meet or are closest.

Limits are closed: footprints that touch meet. Distances are taken to the centimetre, as F3548 has
it: below half of one there is none (`TOUCH_M`).

The work is done in three steps, each of which ends most comparisons that come to it:

1. two circles on the globe around the footprints rule out what is far away;
2. both cores are laid on one `Plane`, where geodesics are straight lines, and are compared there:
   whether they cross, whether one lies within the other, and about how far apart they are;
3. only those that do not meet but may be near are measured exactly (`hotline.airspace.nearest`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import shapely  # type: ignore[import-untyped]

from hotline.airspace.footprint import Footprint
from hotline.airspace.geodesy import (
    Plane,
    Points,
    position_of,
    towards,
)
from hotline.airspace.nearest import Approach, approach_between, closest_approach
from hotline.model.volume import Position

TOUCH_M = 0.005
"""Footprints so near each other touch: what rounds to no centimetre."""
FLAT_ERROR_M = 0.02
"""How far a straight line on the plane may lie from its geodesic, at any distance that is used."""
APART_M = 1_000_000.0
"""Footprints farther apart than this are not laid on one plane."""
MOST_CUT = 500
"""Points of two paths up to which what they share is cut out, to find a place in its middle."""
PREPARE_FROM = 200
"""Points from which an index of a path is worth its making."""


@dataclass(frozen=True, slots=True)
class Lateral:
    """Where two footprints meet (``distance_m`` is 0) or come closest.

    ``near`` is a position of the one, ``far`` of the other; ``place`` lies midway, or is a
    position of both, and then all three are the same.
    """

    distance_m: float
    place: Position
    near: Position
    far: Position


def lateral(one: Footprint, other: Footprint, *, beyond_m: float = math.inf) -> Lateral | None:
    """Return how two footprints lie to each other; None where surely more than ``beyond_m`` apart.

    Symmetric to the last bit, with ``near`` and ``far`` exchanged. Right to 1 cm where they are up
    to 10 km apart, and to 2 cm at 100 km; of two outlines that have thousands of long edges side by
    side, the distance may be less than it is, never more.
    """
    if not one.comes_first(other):
        turned = lateral(other, one, beyond_m=beyond_m)
        return turned and replace(turned, near=turned.far, far=turned.near)
    gap_m = one.cap.gap_m(other.cap)
    if gap_m > beyond_m + TOUCH_M:
        return None
    reach_m = one.reach_m + other.reach_m
    within_m = beyond_m + TOUCH_M + reach_m
    if len(one.path) == len(other.path) == 1 or gap_m > APART_M:
        found, least_m = approach_between(one.start, other.start), gap_m + reach_m
    else:
        found, least_m = _on_plane(one, other)
    if least_m > within_m:
        return None
    if found.distance_m > 0 and (len(one.path) > 1 or len(other.path) > 1):
        found = closest_approach(found, one.path, other.path, within_m)
        if not found.exact:
            found = replace(found, distance_m=max(0.0, least_m))
    return _between(one, other, found, beyond_m)


def _between(
    one: Footprint, other: Footprint, approach: Approach, beyond_m: float
) -> Lateral | None:
    """Return what the reaches leave of the closest approach of two cores."""
    apart_m = approach.distance_m
    left_m = apart_m - one.reach_m - other.reach_m
    if left_m > beyond_m + TOUCH_M:
        return None
    near, far = approach.near, approach.far
    if left_m <= TOUCH_M:
        # The middle of what both reach on the way from core to core.
        middle_m = (max(0.0, apart_m - other.reach_m) + min(apart_m, one.reach_m)) / 2
        place = towards(near, far, middle_m)
        return Lateral(0.0, place, place, place)
    return Lateral(
        left_m,
        towards(near, far, one.reach_m + left_m / 2),
        towards(near, far, one.reach_m) if one.reach_m else near,
        towards(far, near, other.reach_m) if other.reach_m else far,
    )


def _on_plane(one: Footprint, other: Footprint) -> tuple[Approach, float]:
    """Return an approach of two cores and the metres that lie between them at least.

    The distance is 0 if any point is in both; otherwise the approach need not be the closest yet.
    """
    plane = _plane_between(one, other)
    path, other_path = plane.flat(one.path), plane.flat(other.path)
    line, other_line = _line(path), _line(other_path)
    if len(path) >= PREPARE_FROM or len(other_path) >= PREPARE_FROM:
        shapely.prepare(line)
    (x, y), end = shapely.get_coordinates(shapely.shortest_line(line, other_line)).tolist()
    flat_m = math.dist((x, y), end)
    if flat_m > 0:
        if one.ring and other.starts_near(one) and goes_round(path, other_path[0]):
            (x, y), flat_m = other_path[0].tolist(), 0.0
        elif other.ring and one.starts_near(other) and goes_round(other_path, path[0]):
            (x, y), flat_m = path[0].tolist(), 0.0
    if flat_m == 0:
        place = plane.position(*(_within_both(one, path, other, other_path) or (x, y)))
        return Approach(0.0, place, place), 0.0
    radius_m = float(max(np.hypot(*path.T).max(), np.hypot(*other_path.T).max()))
    least_m = flat_m / plane.stretch(radius_m) - FLAT_ERROR_M
    return approach_between(plane.position(x, y), plane.position(*end)), least_m


def _within_both(
    one: Footprint, path: Points, other: Footprint, other_path: Points
) -> tuple[float, float] | None:
    """Return a point well within what two cores share; None where that is too much to ask."""
    if len(path) + len(other_path) > MOST_CUT:
        return None
    cores = [
        shapely.polygons(flat) if core.ring else _line(flat)
        for core, flat in ((one, path), (other, other_path))
    ]
    if not shapely.is_valid(cores).all():
        return None
    shared = shapely.point_on_surface(shapely.intersection(*cores))
    return None if shared.is_empty else (float(shared.x), float(shared.y))


def _plane_between(one: Footprint, other: Footprint) -> Plane:
    """Return the plane that touches the globe between two footprints, where they are closest."""
    apart_m = math.dist(one.cap.xyz, other.cap.xyz)
    share = 0.5
    if apart_m > 0:
        own = one.cap.radius_m - one.reach_m
        gap = apart_m - own - other.cap.radius_m + other.reach_m
        share = min(1.0, max(0.0, (own + gap / 2) / apart_m))
    return Plane.at(
        position_of(*(a + share * (b - a) for a, b in zip(one.cap.xyz, other.cap.xyz, strict=True)))
    )


def _line(path: Points) -> shapely.Geometry:
    return shapely.points(path[0]) if len(path) == 1 else shapely.linestrings(path)


def goes_round(ring: Points, point: Points) -> bool:
    """Say whether a ring (n x 2) winds round a point that it does not touch, were it twice."""
    x, y = point.tolist()
    xs, ys = ring[:, 0], ring[:, 1]
    above = ys > y
    rising = above[1:].astype(np.int8) - above[:-1]
    (cut,) = np.nonzero(rising)
    x0, y0 = xs[cut], ys[cut]
    right = x0 + (xs[cut + 1] - x0) * (y - y0) / (ys[cut + 1] - y0) > x
    return int(rising[cut][right].sum()) != 0
