"""Many planes at once, each with the two paths that are compared on it.

`hotline.airspace.geodesy.Plane` in columns of numbers: what `hotline.airspace.lateral` does for one
pair of footprints is done here for hundreds, with the same sums. All of it is pair by pair: what
comes out for a pair does not depend on which others are with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hotline.airspace.footprint import Footprint
from hotline.airspace.geodesy import EQUATOR_M, SQUEEZED, Mask, Numbers, Points


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of footprints in columns: an entry or row for each of n pairs."""

    one: Sequence[Footprint]
    other: Sequence[Footprint]
    centers: tuple[Points, Points]
    """Earth-centred centres of the caps (n x 3)."""
    radii_m: tuple[Points, Points]
    """Of the caps."""
    reaches_m: tuple[Points, Points]
    points: Numbers
    """How many points the paths of each pair have (n x 2)."""
    rings: Mask
    """Whether these are rings (n x 2)."""

    @classmethod
    def of(cls, pairs: Sequence[tuple[Footprint, Footprint]]) -> Pairs:
        """Return pairs, of which there is at least one, in columns."""
        one, other = zip(*pairs, strict=True)
        # One of the two is mostly the same in all pairs.
        several = {id(footprint): footprint for footprint in (*one, *other)}
        place = dict(zip(several, range(len(several)), strict=True))
        rows = np.array(
            [(*f.cap.xyz, f.cap.radius_m, f.reach_m, len(f.path), f.ring) for f in several.values()]
        )
        a, b = (rows[[place[id(f)] for f in footprints]] for footprints in (one, other))
        return cls(
            one,
            other,
            (a[:, :3], b[:, :3]),
            (a[:, 3], b[:, 3]),
            (a[:, 4], b[:, 4]),
            np.column_stack((a[:, 5], b[:, 5])).astype(np.intp),
            np.column_stack((a[:, 6], b[:, 6])).astype(np.bool_),
        )

    def take(self, rows: Numbers) -> Pairs:
        """Return some of the pairs."""
        chosen = rows.tolist()
        return Pairs(
            [self.one[row] for row in chosen],
            [self.other[row] for row in chosen],
            (self.centers[0][rows], self.centers[1][rows]),
            (self.radii_m[0][rows], self.radii_m[1][rows]),
            (self.reaches_m[0][rows], self.reaches_m[1][rows]),
            self.points[rows],
            self.rings[rows],
        )

    @property
    def paths(self) -> list[Points]:
        """The paths, those of a pair side by side."""
        return [found.path for pair in zip(self.one, self.other, strict=True) for found in pair]

    @property
    def gaps_m(self) -> Points:
        """Metres between the caps at least; negative where they overlap."""
        away = lengths(self.centers[1] - self.centers[0])
        gaps: Points = away - self.radii_m[0] - self.radii_m[1]
        return gaps


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """A plane for each pair, that touches the globe between the two footprints."""

    sines: tuple[Points, Points]
    """Of the latitudes and longitudes where the planes touch."""
    cosines: tuple[Points, Points]
    depths_m: Points
    """How far below each plane its eye lies."""
    eyes_m: Points
    """Where on the earth's axis the eyes are, northward of its middle."""

    @classmethod
    def between(cls, pairs: Pairs) -> Planes:
        """Return the planes of pairs."""
        a, b = pairs.centers
        apart = lengths(b - a)
        own = pairs.radii_m[0] - pairs.reaches_m[0]
        gap = apart - own - pairs.radii_m[1] + pairs.reaches_m[1]
        share = np.clip((own + gap / 2) / np.where(apart > 0, apart, 1.0), 0.0, 1.0)
        share = np.where(apart > 0, share, 0.5)
        x, y, z = (a + share[:, None] * (b - a)).T
        phi, lam = np.arctan2(z, SQUEEZED * np.hypot(x, y)), np.arctan2(y, x)
        sp, cp = np.sin(phi), np.cos(phi)
        depth = EQUATOR_M / np.sqrt(1 - (1 - SQUEEZED) * sp * sp)
        return cls((sp, np.sin(lam)), (cp, np.cos(lam)), depth, -(1 - SQUEEZED) * depth * sp)

    def flat(self, points: Points, of: Numbers) -> tuple[Points, Points]:
        """Return x and y of earth-centred points (m x 3), ``of`` saying which plane each is on."""
        sp, sl = (column[of] for column in self.sines)
        cp, cl = (column[of] for column in self.cosines)
        x, y, z = points[:, 0], points[:, 1], points[:, 2] - self.eyes_m[of]
        out = cl * x + sl * y
        scale = self.depths_m[of] / (cp * out + sp * z)
        return (cl * y - sl * x) * scale, (cp * z - sp * out) * scale

    def positions(self, x: Points, y: Points, of: Numbers) -> tuple[Points, Points]:
        """Return latitudes and longitudes in degrees of points of planes."""
        sp, sl = (column[of] for column in self.sines)
        cp, cl = (column[of] for column in self.cosines)
        up, height = self.depths_m[of], self.eyes_m[of]
        out = cp * up - sp * y
        vx, vy, vz = cl * out - sl * x, sl * out + cl * x, sp * up + cp * y
        # Where the ray from the eye leaves the ellipsoid: the greater root of a square equation.
        a = vx * vx + vy * vy + vz * vz / SQUEEZED
        b = vz * height / SQUEEZED
        c = height * height / SQUEEZED - EQUATOR_M * EQUATOR_M
        far = (-b + np.sqrt(b * b - a * c)) / a
        return degrees(far * vx, far * vy, height + far * vz)

    def stretches(self, radii_m: Points) -> Points:
        """Return by how much lengths are at most too great within radii of the planes."""
        stretched: Points = 1 + 1.05 * (radii_m / self.depths_m) ** 2
        return stretched


def degrees(x: Points, y: Points, z: Points) -> tuple[Points, Points]:
    """Return latitudes and longitudes of earth-centred points on the ellipsoid or next to it."""
    lats: Points = np.degrees(np.arctan2(z, SQUEEZED * np.hypot(x, y)))
    lons: Points = np.degrees(np.arctan2(y, x))
    return lats, lons


def lengths(vectors: Points) -> Points:
    """Return the lengths of vectors (n x 3)."""
    # Not `sum`: how that adds up depends on how many there are.
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    found: Points = np.sqrt(x * x + y * y + z * z)
    return found
