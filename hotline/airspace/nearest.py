"""The closest approach of two paths, exactly, however many corners they have.

Two geodesics that don't cross are closest where one of them ends, for on a globe they bend towards
each other. So it is enough to measure from the ends of every piece of one path to the pieces of
the other. Pieces are first ruled out by balls around runs of them and around each of them: paths
of 10 000 pieces leave a few thousand pairs to measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hotline.airspace.geodesy import (
    EQUATOR_M,
    MEAN_M,
    SQUEEZED,
    Points,
    metres_between,
    position_of,
)
from hotline.model.volume import Position

Numbers = npt.NDArray[np.int64]
Ways = tuple[Points, Points, Points]
"""Metres of each way (n), shortest first, and the points (n x 3) where it begins and ends."""

RUN = 32
"""Pieces that share a ball."""
ONE_RUN = 100
"""A path of no more pieces is one run."""
RUNS_AT_ONCE = 16
"""Pairs of runs that are looked at together, before what is found rules out more."""
MOST_PAIRS = 30_000
MOST_RUNS = 2_500
"""Pairs of pieces, and of runs, after which no more are looked at: under a tenth of a second."""
FINALISTS = 16
"""Pairs that are measured along the geodesic, the rest being surely farther."""
SLACK_M = 0.01
"""What straight lines in place of geodesics can hide."""
ROUNDING_M = 1.0
"""How wrong the distance between middles may come out: it is a difference of great squares."""


@dataclass(frozen=True, slots=True, eq=False)
class Approach:
    """Where two paths are closest: the metres between them, and the position on either."""

    distance_m: float
    near: Position
    far: Position
    exact: bool = True
    """Whether no other place can be closer."""


def approach_between(near: Position, far: Position) -> Approach:
    """Return the approach of two positions."""
    return Approach(metres_between(near, far), near, far)


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A path as straight pieces in runs of those that lie together, with balls around both.

    The geodesic of a piece lies in the ball that has the straight piece for its diameter.
    """

    starts: Points
    """Earth-centred metres: runs x pieces x 3. The last piece is repeated to fill its run."""
    ends: Points
    middles: Points
    radii_m: Points
    """Runs x pieces."""
    run_middles: Points
    """Runs x 3."""
    run_radii_m: Points

    @classmethod
    def of(cls, path: Points) -> Pieces:
        """Return the pieces of a path of earth-centred points (n x 3); one point is one piece."""
        starts, ends = (path, path) if len(path) == 1 else (path[:-1], path[1:])
        count = len(starts)
        if count <= ONE_RUN:
            shape = (1, count, 3)
        else:
            shape = (-(-count // RUN), RUN, 3)
            order = _together((starts + ends) / 2)
            order = np.append(order, np.full(shape[0] * RUN - count, order[-1]))
            starts, ends = starts[order], ends[order]
        starts, ends = starts.reshape(shape), ends.reshape(shape)
        middles = (starts + ends) / 2
        radii = _norms(ends - starts) / 2
        run_middles = middles.mean(axis=1)
        run_radii = (_norms(middles - run_middles[:, None]) + radii).max(axis=1)
        return cls(starts, ends, middles, radii, run_middles, run_radii)


def _together(middles: Points) -> Numbers:
    """Return an order in which neighbours in space are mostly neighbours, in strips."""
    spread = np.argsort(middles.min(axis=0) - middles.max(axis=0))
    across, along = middles[:, spread[0]], middles[:, spread[1]]
    rank = np.empty(len(middles), dtype=np.int64)
    rank[np.argsort(across, kind="stable")] = np.arange(len(middles))
    strip = rank // (RUN * round((len(middles) / RUN) ** 0.5))
    order: Numbers = np.lexsort((along, strip))
    return order


def _norms(vectors: Points) -> Points:
    lengths: Points = np.sqrt((vectors * vectors).sum(axis=-1))
    return lengths


def _gaps(middles: Points, radii: Points, others: Points, other_radii: Points) -> Points:
    """Return metres between balls (... x n x 3) and others (... x m x 3) at least (... x n x m)."""
    origin = middles[..., :1, :]
    middles, others = middles - origin, others - origin
    squares = (middles * middles).sum(axis=-1)[..., None] - 2 * (middles @ others.swapaxes(-1, -2))
    squares += (others * others).sum(axis=-1)[..., None, :]
    gaps: Points = np.sqrt(np.maximum(squares, 0.0))
    gaps -= radii[..., None]
    gaps -= other_radii[..., None, :] + ROUNDING_M
    return gaps


def closest_approach(found: Approach, one: Points, other: Points, within_m: float) -> Approach:
    """Return where two paths that don't cross are closest, ``found`` being one of their approaches.

    What lies beyond ``within_m`` need not be found. Right to a millimetre up to 10 km apart, to
    2 cm at 100 km. Of paths that have more near pieces than can be measured in a moment
    (thousands of long edges side by side) some are left out: then it isn't exact.
    """
    a, b = Pieces.of(one), Pieces.of(other)
    limit = min(within_m, found.distance_m) + SLACK_M
    gaps = _gaps(a.run_middles, a.run_radii_m, b.run_middles, b.run_radii_m)
    runs, other_runs = np.nonzero(gaps <= limit)
    nearest_first = np.argsort(gaps[runs, other_runs], kind="stable")
    runs, other_runs = runs[nearest_first], other_runs[nearest_first]
    best: Ways | None = None
    measured = 0
    for start in range(0, len(runs), RUNS_AT_ONCE):
        of_a, of_b = runs[start : start + RUNS_AT_ONCE], other_runs[start : start + RUNS_AT_ONCE]
        if gaps[of_a[0], of_b[0]] > limit:
            break
        if measured > MOST_PAIRS or start > MOST_RUNS:
            return replace(_shorter(found, best), exact=False)
        near = _gaps(a.middles[of_a], a.radii_m[of_a], b.middles[of_b], b.radii_m[of_b]) <= limit
        k, i, j = np.nonzero(near)
        if not len(k):
            continue
        pair, other_pair = (of_a[k], i), (of_b[k], j)
        ways = _ways(a.starts[pair], a.ends[pair], b.starts[other_pair], b.ends[other_pair])
        if best is not None:
            ways = _shortest(*(np.concatenate(both) for both in zip(best, ways, strict=True)))
        best = ways
        limit = min(limit, float(best[0][0]) + SLACK_M)
        measured += len(k)
    return _shorter(found, best)


def _ways(a0: Points, a1: Points, b0: Points, b1: Points) -> Ways:
    """Return the shortest ways between pieces from a0 to a1 and those from b0 to b1 (n x 3)."""
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
    from_one = (np.arange(len(points)) < 2 * len(a0))[:, None]
    return _shortest(
        _norms(points - feet), np.where(from_one, points, feet), np.where(from_one, feet, points)
    )


def _shortest(lengths: Points, near: Points, far: Points) -> Ways:
    order = np.argsort(lengths, kind="stable")[:FINALISTS]
    return lengths[order], near[order], far[order]


def _shorter(found: Approach, ways: Ways | None) -> Approach:
    """Return the shortest of some ways, measured along the geodesic, if it is shorter."""
    if ways is None:
        return found
    lengths, near, far = ways
    # On straight lines, two ways through the earth differ from those over it by so much.
    worth = lengths <= lengths[0] + SLACK_M + 0.015 * lengths[0] ** 3 / (24 * EQUATOR_M**2)
    measured = [
        approach_between(position_of(*point), position_of(*other))
        for point, other in zip(near[worth].tolist(), far[worth].tolist(), strict=True)
    ]
    return min(found, *measured, key=lambda way: way.distance_m)
