"""The closest approach of two paths, exactly, however many corners they have.

Two geodesics that don't cross are closest where one of them ends, for on a globe they bend towards
each other. So it is enough to measure from the ends of every piece of one path to the pieces of
the other. Pieces are first ruled out by balls around runs of them and around each of them: paths
of 10 000 pieces leave a few thousand pairs to measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotline.airspace.geodesy import (
    ELLIPSOID,
    EQUATOR_M,
    MEAN_M,
    SQUEEZED,
    Points,
    position_of,
)
from hotline.model.volume import Position

Numbers = npt.NDArray[np.int64]

RUN = 32
"""Pieces that share a ball."""
RUNS_AT_ONCE = 64
"""Pairs of runs that are looked at together, before what is found rules out more."""
FINALISTS = 16
"""Pairs that are measured along the geodesic, the rest being surely farther."""
SLACK_M = 0.01
"""What straight lines in place of geodesics can hide."""


@dataclass(frozen=True, slots=True, eq=False)
class Approach:
    """Where two paths are closest: the metres between them, and the position on either."""

    distance_m: float
    near: Position
    far: Position


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A path as straight pieces, those that lie together in one run, with a ball around each."""

    starts: Points
    ends: Points
    middles: Points
    halves_m: Points
    run_middles: Points
    run_radii_m: Points

    @classmethod
    def of(cls, path: Points) -> Pieces:
        """Return the pieces of a path of earth-centred points (n x 3); one point is one piece."""
        starts, ends = (path, path) if len(path) == 1 else (path[:-1], path[1:])
        middles = (starts + ends) / 2
        if len(starts) > RUN:
            order = _together(middles)
            starts, ends, middles = starts[order], ends[order], middles[order]
        halves = _norms(ends - starts) / 2
        first = np.arange(0, len(starts), RUN)
        lows = np.minimum.reduceat(middles, first)
        run_middles = (lows + np.maximum.reduceat(middles, first)) / 2
        reaches = _norms(middles - run_middles[np.arange(len(starts)) // RUN]) + halves
        return cls(starts, ends, middles, halves, run_middles, np.maximum.reduceat(reaches, first))


def _together(middles: Points) -> Numbers:
    """Return an order in which neighbours in space are mostly neighbours, in strips."""
    spread = np.argsort(middles.min(axis=0) - middles.max(axis=0))
    across, along = middles[:, spread[0]], middles[:, spread[1]]
    rank = np.empty(len(middles), dtype=np.int64)
    rank[np.argsort(across, kind="stable")] = np.arange(len(middles))
    strip = rank // (RUN * max(1, round((len(middles) / RUN) ** 0.5)))
    order: Numbers = np.lexsort((along, strip))
    return order


def _norms(vectors: Points) -> Points:
    lengths: Points = np.sqrt((vectors * vectors).sum(axis=-1))
    return lengths


def closest_approach(one: Points, other: Points, within_m: float) -> Approach | None:
    """Return where two paths that don't cross are closest; None where surely beyond ``within_m``.

    Right to a millimetre up to 10 km apart, to 2 cm at 100 km.
    """
    a, b = Pieces.of(one), Pieces.of(other)
    limit = within_m + SLACK_M
    gaps = _norms(a.run_middles[:, None] - b.run_middles[None])
    gaps -= a.run_radii_m[:, None]
    gaps -= b.run_radii_m[None]
    of_a, of_b = np.nonzero(gaps <= limit)
    order = np.argsort(gaps[of_a, of_b], kind="stable")
    of_a, of_b, ordered = of_a[order], of_b[order], gaps[of_a[order], of_b[order]]
    best: tuple[Points, Points, Points] | None = None
    for start in range(0, len(of_a), RUNS_AT_ONCE):
        block = slice(start, start + RUNS_AT_ONCE)
        if ordered[start] > limit:
            break
        i, j = _pairs(a, b, of_a[block], of_b[block], limit)
        if not len(i):
            continue
        found = _finalists(a, b, i, j)
        if best is not None:
            found = _shortest(*(np.concatenate(both) for both in zip(best, found, strict=True)))
        best = found
        limit = min(limit, float(best[0][0]) + SLACK_M)
    return None if best is None else _measured(best)


def _pairs(
    a: Pieces, b: Pieces, of_a: Numbers, of_b: Numbers, limit: float
) -> tuple[Numbers, Numbers]:
    """Return the pairs of pieces, in pairs of runs, whose balls are no farther apart."""
    step = np.arange(RUN)
    i, j = np.broadcast_arrays(
        (of_a[:, None] * RUN + step)[:, :, None], (of_b[:, None] * RUN + step)[:, None, :]
    )
    i, j = i.ravel(), j.ravel()
    kept = (i < len(a.starts)) & (j < len(b.starts))
    i, j = i[kept], j[kept]
    gap = _norms(a.middles[i] - b.middles[j]) - a.halves_m[i] - b.halves_m[j]
    kept = gap <= limit
    return i[kept], j[kept]


def _finalists(a: Pieces, b: Pieces, i: Numbers, j: Numbers) -> tuple[Points, Points, Points]:
    """Return the shortest ways between pairs of pieces: metres, and the point of either."""
    a0, a1, b0, b1 = a.starts[i], a.ends[i], b.starts[j], b.ends[j]
    points = np.concatenate((a0, a1, b0, b1))
    starts = np.concatenate((b0, b0, a0, a0))
    edges = np.concatenate((b1, b1, a1, a1)) - starts
    squares = (edges * edges).sum(axis=1)
    along = ((points - starts) * edges).sum(axis=1) / np.where(squares > 0, squares, 1.0)
    along = np.clip(along, 0.0, 1.0)
    feet = starts + along[:, None] * edges
    # A straight piece runs below the ellipsoid by up to 2 m: back up along the normal.
    normals = feet * (1.0, 1.0, 1 / SQUEEZED)
    sag = along * (1 - along) * squares / (2 * MEAN_M)
    feet += normals * (sag / _norms(normals))[:, None]
    from_one = (np.arange(len(points)) < 2 * len(i))[:, None]
    return _shortest(
        _norms(points - feet), np.where(from_one, points, feet), np.where(from_one, feet, points)
    )


def _shortest(lengths: Points, near: Points, far: Points) -> tuple[Points, Points, Points]:
    order = np.argsort(lengths, kind="stable")[:FINALISTS]
    return lengths[order], near[order], far[order]


def _measured(finalists: tuple[Points, Points, Points]) -> Approach:
    lengths, near, far = finalists
    # On straight lines, two ways through the earth differ from those over it by so much.
    worth = lengths <= lengths[0] + SLACK_M + 0.015 * lengths[0] ** 3 / (24 * EQUATOR_M**2)
    ways = []
    for point, other in zip(near[worth].tolist(), far[worth].tolist(), strict=True):
        start, end = position_of(*point), position_of(*other)
        metres = float(ELLIPSOID.inv(start.lon, start.lat, end.lon, end.lat)[2])
        ways.append(Approach(metres, start, end))
    return min(ways, key=lambda way: way.distance_m)
