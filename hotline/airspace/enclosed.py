"""What a ring goes round: all that its edges keep from the outside, however they cross and touch.

A ring that meets itself has no inside of its own. Winding numbers give it one, and so does counting
crossings, but both leave holes in it: where an outer ring is joined to an inner one that runs the
other way, neither calls what lies within the inner one inside. No outline of a notice has holes
(ASTM F3548-21, section 4 of docs/spec/notice.md), so whoever sends such a ring must not make a
place clear by it. Here everything is inside from which no way leads out over none of its edges.

So a ring is replaced by a walk along the outer side of its edges, as one that keeps a hand on the
wall: that walk winds once round all of it, and spikes belong to it, there and back. Whoever asks
whether a point is inside (`hotline.airspace.lateral`, `hotline.airspace.drawn`) need only ask
whether the walk winds round it. A ring that does not meet itself stays as it is, to the last bit.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import shapely  # type: ignore[import-untyped]

from hotline.airspace.geodesy import Mask, Numbers, Points

SNAP_M: Final = 0.005
"""Edges of a ring so near each other touch: what rounds to no centimetre."""
MOST_PAIRS: Final = 200_000
"""Pairs of edges that may lie beside each other; more are not looked at (some 20 ms)."""
MOST_CROSSINGS: Final = 2_000
"""Pairs of edges that may cross; more are not followed (some 20 ms)."""
PIECE_M: Final = 9_000.0
"""Edges of a hull are cut into pieces of at most this length on the plane."""

_Side = tuple[int, bool]
"""One side of a wall, by its number, and whether it is walked along as it is written."""


def walk_round(ring: Points) -> Points | None:
    """Return the walk round a ring on a plane (n x 2, the first point is the last), outside of it.

    The ring itself if it does not meet itself; None if it meets itself too often to be followed,
    or is so small that nothing of it is left on a grid of `SNAP_M`.
    """
    if _turns_round_the_middle(ring):
        return ring
    pairs = _beside(ring)
    if pairs is None:
        return None
    if not len(pairs):
        return ring
    if np.count_nonzero(_crossing(ring, *pairs.T)) > MOST_CROSSINGS:
        return None
    try:
        noded = shapely.unary_union(shapely.linestrings(ring), grid_size=SNAP_M)
    except shapely.errors.GEOSException:
        return None
    lines = [shapely.get_coordinates(wall) for wall in shapely.get_parts(noded)]
    lines = [line for line in lines if len(line) > 1]
    if not lines:
        return None
    # What goes twice along the same edges is one closed line too, but of fewer points.
    once = sum(len(line) - 1 for line in lines) == len(ring) - 1
    return ring if once and not _branches(lines) else _walk(lines)


def hull(ring: Points) -> Points:
    """Return the smallest ring without bays around a ring, in pieces of at most `PIECE_M`."""
    around = shapely.segmentize(shapely.convex_hull(shapely.linestrings(ring)), PIECE_M)
    corners: Points = shapely.get_coordinates(around)
    # What lies on one line is gone round there and back; of a point there is nothing more.
    closed = bool((corners[0] == corners[-1]).all())
    return corners if closed else np.concatenate((corners, corners[-2::-1]))


def _turns_round_the_middle(ring: Points) -> bool:
    """Say whether a ring, seen from the middle of its plane, goes round it once and never back.

    Such a ring does not meet itself; most outlines are such.
    """
    x, y = ring[:, 0], ring[:, 1]
    turns = x[:-1] * y[1:] - x[1:] * y[:-1]
    if not ((turns > 0).all() or (turns < 0).all()):
        return False
    above = y > 0
    return int(np.count_nonzero(above[1:] != above[:-1])) == 2


def _beside(ring: Points) -> Numbers | None:
    """Return pairs of edges (n x 2) that may meet, though neither follows the other.

    None where there are too many to look at.
    """
    low = np.minimum(ring[1:], ring[:-1]) - SNAP_M
    high = np.maximum(ring[1:], ring[:-1]) + SNAP_M
    edges = len(low)
    best: tuple[int, int, Numbers, Numbers] | None = None
    for axis in (0, 1):
        # Of two edges that share a part of an axis, one begins where the other already is.
        order = np.argsort(low[:, axis], kind="stable")
        until = np.searchsorted(low[order, axis], high[order, axis], side="right")
        counts = until - np.arange(1, edges + 1)
        total = int(counts.sum())
        if best is None or total < best[0]:
            best = total, axis, order, counts
    assert best is not None  # noqa: S101 - there are two axes
    total, axis, order, counts = best
    if total > MOST_PAIRS:
        return None
    first = np.repeat(np.arange(edges), counts)
    second = first + 1 + np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    one, other = order[first], order[second]
    across = 1 - axis
    apart = np.abs(one - other)
    meet = (
        (low[one, across] <= high[other, across])
        & (low[other, across] <= high[one, across])
        & (apart > 1)
        & (apart < edges - 1)
    )
    return np.column_stack((one[meet], other[meet]))


def _crossing(ring: Points, one: Numbers, other: Numbers) -> Mask:
    """Say of pairs of edges whether each has the ends of the other on both sides, or touches."""
    sides = []
    for edge, its in ((one, other), (other, one)):
        start, along = ring[edge], ring[edge + 1] - ring[edge]
        ends = [ring[its] - start, ring[its + 1] - start]
        near, far = (along[:, 0] * end[:, 1] - along[:, 1] * end[:, 0] for end in ends)
        sides.append(np.sign(near) * np.sign(far) <= 0)
    crossing: Mask = sides[0] & sides[1]
    return crossing


def _branches(lines: list[Points]) -> bool:
    """Say whether lines that meet at their ends only are anything but one closed line."""
    ends: dict[tuple[float, float], int] = {}
    for line in lines:
        for end in (line[0], line[-1]):
            point = (float(end[0]), float(end[1]))
            ends[point] = ends.get(point, 0) + 1
    return any(count != 2 for count in ends.values())


def _walk(lines: list[Points]) -> Points | None:
    """Return the closed way along the outer side of lines that meet at their ends only.

    None where rounding leaves no way back to its beginning.
    """
    leaving: dict[tuple[float, float], list[tuple[float, _Side]]] = {}
    for number, line in enumerate(lines):
        for forward in (True, False):
            way = _way(line, forward=forward)
            leaving.setdefault(_place(way), []).append((_angle(way), (number, forward)))
    first = side = _lowest(lines)
    walked = []
    for _ in range(2 * len(lines)):
        way = _way(lines[side[0]], forward=side[1])
        walked.append(way[:-1])
        back = _way(way, forward=False)
        came = _angle(back)
        # The sharpest turn to the right: the first wall counter-clockwise of the way back.
        _, side = min(
            ((angle - came) % math.tau or math.tau, after) for angle, after in leaving[_place(back)]
        )
        if side == first:
            return np.concatenate((*walked, walked[0][:1]))
    return None


def _lowest(lines: list[Points]) -> _Side:
    """Return the side of a line that runs from its lowest point with nothing to its right."""
    points = np.concatenate(lines)
    lowest = points[np.lexsort((points[:, 0], points[:, 1]))[0]]
    found = []
    for number, line in enumerate(lines):
        for index in np.flatnonzero((line == lowest).all(axis=1)).tolist():
            if index + 1 < len(line):
                found.append((_angle(line[index:]), (number, True)))
            if index > 0:
                found.append((_angle(line[index::-1]), (number, False)))
    return min(found)[1]


def _way(line: Points, *, forward: bool) -> Points:
    return line if forward else line[::-1]


def _place(way: Points) -> tuple[float, float]:
    return float(way[0, 0]), float(way[0, 1])


def _angle(way: Points) -> float:
    """Return the direction in which a way leaves its start: 0 to the east, to the left of it up."""
    (x, y), (x_next, y_next) = way[:2].tolist()
    return math.atan2(y_next - y, x_next - x)
