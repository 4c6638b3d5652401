"""Footprints: where a volume lies on WGS 84, its height and times left out.

A footprint is a *core* (a point, a line, or a ring with what it encloses; edges are geodesics) and
a *reach* in metres around it: a circle is its centre and radius, a corridor its line and half its
width, a polygon has no reach. So a circle is never drawn with corners.

What a peer sent is taken as it stands: a ring may be reversed, closed, without area, or cross
itself. Whatever it goes round is inside, however often (`hotline.airspace.enclosed`); of the two
sides of a ring the inside is the smaller one, also at a pole. What has no such meaning is
`Uncomputable`, and never a footprint that is smaller than what was meant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace

from hotline.airspace.enclosed import SNAP_M, hull, walk_round
from hotline.airspace.geodesy import (
    HALF_EARTH_M,
    Plane,
    Point,
    Points,
    earth_centred,
    path_of,
    position_of,
)
from hotline.model.volume import Position, Volume4D

LARGEST_M = 3_000_000.0
"""A core must lie within this radius of its middle: far beyond what a letter allows."""
MOST_POINTS = 50_000
"""Points of a core after cutting its edges: 10 000 vertices on 400 000 km of edges."""
SLACK_M = 1.0
"""Added to the radius of a cap, so that rounding never makes it too small."""


class Uncomputable(msgspec.Struct, frozen=True, gc=False):
    """Why a volume can't be placed: a stable code, and one sentence for a human."""

    code: str
    text: str


TOO_TANGLED: Final = Uncomputable(
    "airspace.too-tangled",
    "the outline meets itself too often to be followed, so all that it may go round is taken",
)


class Cap(msgspec.Struct, frozen=True, gc=False):
    """A circle on the globe that holds a footprint, for what must be fast.

    ``xyz`` is the centre, earth-centred in metres. Two caps whose centres lie farther apart *on a
    straight line* than the sum of their radii and a distance hold nothing that is nearer than that
    distance: the straight line is never longer than the geodesic.
    """

    center: Position
    radius_m: float
    xyz: Point

    def gap_m(self, other: Cap) -> float:
        """Return metres that lie between two caps at least; negative where they overlap."""
        return math.dist(self.xyz, other.xyz) - self.radius_m - other.radius_m


class Footprint(msgspec.Struct, frozen=True, eq=False, gc=False):
    """All points within ``reach_m`` metres of the core."""

    path: Points
    """The core: earth-centred points along its geodesics (n x 3); of a ring the first is the
    last. One point is a core that is a point."""
    ring: bool
    """Whether what the path goes round belongs to the core."""
    reach_m: float
    cap: Cap
    """Holds core and reach."""
    larger: Uncomputable | None = None
    """Why it holds more than what was meant; None where it does not."""

    @property
    def start(self) -> Position:
        """The first position of the core."""
        return position_of(*self.path[0].tolist())

    def comes_first(self, other: Footprint) -> bool:
        """Say whether this one is measured first of the two, whichever was named first.

        What is rounded on the way is then the same from both sides.
        """
        own = (self.cap.xyz, self.reach_m, self.ring, len(self.path))
        its = (other.cap.xyz, other.reach_m, other.ring, len(other.path))
        return own < its if own != its else self.path.tobytes() <= other.path.tobytes()

    def widened(self, by_m: float) -> Footprint:
        """Return all within so many metres of this footprint."""
        cap = replace(self.cap, radius_m=self.cap.radius_m + by_m)
        return replace(self, reach_m=self.reach_m + by_m, cap=cap)

    def starts_near(self, other: Footprint) -> bool:
        """Say whether the first position lies in the cap of another footprint."""
        return math.dist(self.path[0], other.cap.xyz) <= other.cap.radius_m


def footprint_of(volume: Volume4D) -> Footprint | Uncomputable:
    """Return where a volume lies, or why that can't be told; raises nothing."""
    outlines = (volume.outline_polygon, volume.outline_circle, volume.corridor)
    given = sum(outline is not None for outline in outlines)
    if given > 1:
        return Uncomputable(
            "airspace.several-outlines", "the volume has more than one outline, so none is sure"
        )
    if volume.outline_polygon is not None:
        vertices = volume.outline_polygon.vertices
        return footprint_around((*vertices, *vertices[:1]), 0.0, ring=len(vertices) > 2)
    if volume.outline_circle is not None:
        circle = volume.outline_circle
        return footprint_around((circle.center,), circle.radius_m)
    if volume.corridor is not None:
        return footprint_around(volume.corridor.line, volume.corridor.width_m / 2)
    return Uncomputable("airspace.no-outline", "the volume has no outline")


def footprint_around(
    vertices: Sequence[Position], reach_m: float, *, ring: bool = False
) -> Footprint | Uncomputable:
    """Return all within ``reach_m`` metres of geodesics from vertex to vertex, or why not.

    With ``ring`` the last vertex must be the first, and what they go round belongs to it.
    """
    if not vertices:
        return Uncomputable("airspace.no-vertex", "the outline has no position")
    for vertex in vertices:
        if not (abs(vertex.lat) <= 90 and abs(vertex.lon) <= 180):
            return Uncomputable(
                "airspace.bad-position",
                f"latitude {vertex.lat:g}, longitude {vertex.lon:g} is no place on the globe",
            )
    if not 0 <= reach_m <= HALF_EARTH_M:
        return Uncomputable(
            "airspace.bad-reach",
            f"a radius or half width of {reach_m:g} m has no meaning on the globe",
        )
    path = path_of(vertices, most=MOST_POINTS)
    if path is None:
        return Uncomputable(
            "airspace.too-long", "the edges of the outline are too long to be followed"
        )
    center = position_of(*((path.min(axis=0) + path.max(axis=0)) / 2).tolist())
    xyz = earth_centred(center.lat, center.lon)
    radius_m = float(np.sqrt(((path - xyz) ** 2).sum(axis=1).max()))
    if radius_m > LARGEST_M:
        return Uncomputable(
            "airspace.too-large",
            f"the outline spans more than {2 * LARGEST_M / 1000:.0f} km, so its inside isn't sure",
        )
    cap = Cap(center, radius_m + reach_m + SLACK_M, xyz)
    if not ring or len(path) <= 3:
        return Footprint(path, False, reach_m, cap)
    plane = Plane.at(center)
    flat = plane.flat(path)
    outer = walk_round(flat)
    if outer is flat:
        return Footprint(path, True, reach_m, cap)
    larger = None
    if outer is None:
        # What is smaller than the precision is its hull, and no larger than what was meant.
        outer = hull(flat)
        larger = TOO_TANGLED if np.ptp(flat, axis=0).max() > 2 * SNAP_M else None
    return Footprint(plane.raised(outer), len(outer) > 3, reach_m, cap, larger)
