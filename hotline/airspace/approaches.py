"""The closest approaches of many pairs of short paths at once.

What `hotline.airspace.nearest` does for one pair of paths, with the same sums: there with balls
around runs of pieces, since paths may be long; here every piece is looked at, since they are short.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hotline.airspace.geodesy import ELLIPSOID, EQUATOR_M, MEAN_M, SQUEEZED, Numbers, Points
from hotline.airspace.nearest import FINALISTS, SLACK_M
from hotline.airspace.planes import Pairs, degrees, lengths


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Geodesics from one position to another: latitudes, longitudes in degrees, metres, azimuths.

    All are columns of the same length.
    """

    near: tuple[Points, Points]
    far: tuple[Points, Points]
    metres: Points
    azimuths: Points

    @classmethod
    def of(cls, near: tuple[Points, Points], far: tuple[Points, Points]) -> Ways:
        """Measure ways."""
        azimuths, _, metres = ELLIPSOID.inv(near[1], near[0], far[1], far[0])
        return cls(near, far, np.asarray(metres), np.asarray(azimuths))

    def along(self, metres: Points) -> tuple[Points, Points]:
        """Return the latitudes and longitudes so many metres from the near end."""
        lons, lats, _ = ELLIPSOID.fwd(self.near[1], self.near[0], self.azimuths, metres)
        return np.asarray(lats), np.asarray(lons)

    def take(self, rows: Numbers) -> Ways:
        """Return some of the ways."""
        near, far = self.near, self.far
        return Ways(
            (near[0][rows], near[1][rows]),
            (far[0][rows], far[1][rows]),
            self.metres[rows],
            self.azimuths[rows],
        )

    def and_those(self, other: Ways) -> Ways:
        """Return these ways and others, behind them."""
        return Ways(
            (_joined(self.near[0], other.near[0]), _joined(self.near[1], other.near[1])),
            (_joined(self.far[0], other.far[0]), _joined(self.far[1], other.far[1])),
            _joined(self.metres, other.metres),
            _joined(self.azimuths, other.azimuths),
        )


def _joined(one: Points, other: Points) -> Points:
    return np.concatenate((one, other))


def closest_approaches(found: Ways, cores: Pairs, within_m: Points) -> Ways:
    """Return where the two cores of each pair, which don't cross, are closest.

    ``found`` has one of their approaches. What lies beyond ``within_m`` need not be found. As
    `hotline.airspace.nearest.closest_approach`; the paths are short, as all pieces of one are held
    against all of the other.
    """
    limit = np.minimum(within_m, found.metres) + SLACK_M
    starts, ends, counts = _pieces(cores, limit)
    pair, one, other = _all_against_all(counts)
    middles, radii = (starts + ends) / 2, lengths(ends - starts) / 2
    gaps = lengths(middles[one] - middles[other]) - radii[one] - radii[other]
    (near,) = np.nonzero(gaps <= limit[pair])
    pair, one, other = pair[near], one[near], other[near]
    a0, a1, b0, b1 = starts[one], ends[one], starts[other], ends[other]
    points, others = np.concatenate((a0, a1, b0, b1)), np.concatenate((b0, b0, a0, a0))
    feet = _feet(points, others, np.concatenate((b1, b1, a1, a1)))
    straight = lengths(points - feet)
    pairs = np.concatenate((pair, pair, pair, pair))
    order = np.lexsort((straight, pairs))
    pairs, straight = pairs[order], straight[order]
    begins = np.diff(pairs, prepend=-1) > 0
    first = np.maximum.accumulate(np.where(begins, np.arange(len(pairs)), 0))
    # On straight lines, two ways through the earth differ from those over it by so much.
    shortest = straight[first]
    worth = straight <= shortest + SLACK_M + 0.015 * shortest**3 / (24 * EQUATOR_M**2)
    (worthy,) = np.nonzero(worth & (np.arange(len(pairs)) - first < FINALISTS))
    order, pairs = order[worthy], pairs[worthy]
    turned = (order >= 2 * len(one))[:, None]
    from_one = np.where(turned, feet[order], points[order])
    from_other = np.where(turned, points[order], feet[order])
    ways = found.and_those(Ways.of(degrees(*from_one.T), degrees(*from_other.T)))
    pairs = np.concatenate((np.arange(len(found.metres)), pairs))
    order = np.lexsort((ways.metres, pairs))
    return ways.take(order[np.diff(pairs[order], prepend=-1) > 0])


def _pieces(cores: Pairs, limit: Points) -> tuple[Points, Points, Numbers]:
    """Return where the pieces of all paths start and end, and how many each path has.

    Without those that are farther than a limit from all that the other path may be.
    """
    paths = cores.paths
    starts = np.concatenate([path if len(path) == 1 else path[:-1] for path in paths])
    ends = np.concatenate([path if len(path) == 1 else path[1:] for path in paths])
    of = np.repeat(np.arange(len(paths)), np.maximum(cores.points.ravel() - 1, 1))
    # A ball round the other core of the pair.
    centers = np.stack(cores.centers[::-1], axis=1).reshape(-1, 3)
    balls = [radius - reach for radius, reach in zip(cores.radii_m, cores.reaches_m, strict=True)]
    around = np.column_stack(balls[::-1]).ravel() + np.repeat(limit, 2)
    away = lengths((starts + ends) / 2 - centers[of]) - lengths(ends - starts) / 2
    (near,) = np.nonzero(away <= around[of])
    return starts[near], ends[near], np.bincount(of[near], minlength=len(paths))


def _all_against_all(counts: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return every piece of the first path of a pair with every one of the second, and the pair."""
    begins = np.cumsum(counts) - counts
    sizes = counts[::2] * counts[1::2]
    pair = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(pair)) - (np.cumsum(sizes) - sizes)[pair]
    wide = counts[1::2][pair]
    return pair, begins[::2][pair] + place // wide, begins[1::2][pair] + place % wide


def _feet(points: Points, starts: Points, ends: Points) -> Points:
    """Return the points of pieces that are nearest to points (n x 3)."""
    edges, away = ends - starts, points - starts
    squares = _products(edges, edges)
    along = np.clip(_products(away, edges) / np.where(squares > 0, squares, 1.0), 0.0, 1.0)
    feet = starts + along[:, None] * edges
    # A straight piece runs below the ellipsoid by up to 2 m: back up along the normal.
    normals = feet * (1.0, 1.0, 1 / SQUEEZED)
    sag = along * (1 - along) * squares / (2 * MEAN_M)
    feet += normals * (sag / lengths(normals))[:, None]
    return feet


def _products(one: Points, other: Points) -> Points:
    found: Points = one[:, 0] * other[:, 0] + one[:, 1] * other[:, 1] + one[:, 2] * other[:, 2]
    return found
