"""Plane geometry of an outline: do its edges cross, what does it enclose, how far off is a point.

Edges are straight in the plane of latitude and longitude here, where geodesics are meant: section 4
of docs/spec/notice.md says by how much that differs and why it does no harm. `crossing_edges` works
on whole steps of 1e-7 degree (about 1 cm, the precision of F3548), where every comparison is exact:
no rounding can make it miss a crossing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from hotline.model.volume import Position

STEPS_PER_DEGREE = 10_000_000
METRES_PER_DEGREE = 111_195.0
"""Length of a degree of a great circle on the sphere of 6 371 009 m."""

SHORT = 10.0
PLAIN = 1e-5
"""Degrees of an edge, and square degrees of a turn, with which a ring is convex at sight."""

GridPoint = tuple[int, int]
"""Longitude and latitude in steps of 1e-7 degree, longitude continued beyond 180 degrees."""


def on_grid(vertices: Sequence[Position]) -> list[GridPoint]:
    """Return finite vertices on the grid, each edge going the shorter way round the globe."""
    points: list[GridPoint] = []
    turn, half = 360 * STEPS_PER_DEGREE, 180 * STEPS_PER_DEGREE
    for vertex in vertices:
        x, y = round(vertex.lon * STEPS_PER_DEGREE), round(vertex.lat * STEPS_PER_DEGREE)
        if points:
            x += turn * ((points[-1][0] - x + half) // turn)
        points.append((x, y))
    return points


def encloses_pole(points: Sequence[GridPoint]) -> bool:
    """Say whether a ring goes once round the globe, so that its inside can't be told."""
    return abs(points[-1][0] - points[0][0]) > 180 * STEPS_PER_DEGREE


def is_convex(points: Sequence[GridPoint]) -> bool:
    """Say whether a ring of at least 3 points turns one way at every vertex, and round only once.

    No two edges of such a ring meet and no vertex is repeated. Most outlines are such, and this
    costs a few multiplications a vertex, exact as all that is done on the grid.
    """
    (x_before, y_before), (x, y) = points[-2], points[-1]
    dx, dy = x - x_before, y - y_before
    rising = dx > 0 or (dx == 0 and dy > 0)
    left = right = changes = 0
    for x_next, y_next in points:
        dx_next, dy_next = x_next - x, y_next - y
        turn = dx * dy_next - dy * dx_next
        left, right = left or turn >= 0, right or turn <= 0
        if left and right:
            return False
        # Once round means up once and down once, vertical edges counting by their direction.
        if (dx_next > 0 or (dx_next == 0 and dy_next > 0)) is not rising:
            rising = not rising
            changes += 1
        x, y, dx, dy = x_next, y_next, dx_next, dy_next
    return changes == 2


def is_convex_at_sight(vertices: Sequence[Position]) -> bool:
    """Say that a ring of at least 3 vertices is convex, sound and not tiny, if that is plain.

    True means that all vertices are on the globe, that `is_convex` is true of them on the grid,
    that the ring goes round no pole and that it encloses more than 500 square metres. False means
    nothing. It is told without the grid, whose rounding moves no vertex by more than 5e-8 degree,
    and so changes the turn between two edges of less than `SHORT` by less than 4.1e-6 square
    degrees: where every turn is more than `PLAIN`, all keep their way, and the ring goes round as
    often as before.
    """
    before, last = vertices[-2], vertices[-1]
    x, y = last.lon, last.lat
    dx, dy = x - before.lon, y - before.lat
    rising = dx > 0 or (dx == 0 and dy > 0)
    left = right = False
    changes = 0
    for vertex in vertices:
        x_next, y_next = vertex.lon, vertex.lat
        dx_next, dy_next = x_next - x, y_next - y
        turn = dx * dy_next - dy * dx_next
        if turn > PLAIN:
            left = True
        elif turn < -PLAIN:
            right = True
        else:
            return False
        if not (
            -SHORT < dx_next < SHORT
            and -SHORT < dy_next < SHORT
            and -89 <= y_next <= 89
            and -180 <= x_next <= 180
        ):
            return False
        if (dx_next > 0 or (dx_next == 0 and dy_next > 0)) is not rising:
            rising = not rising
            changes += 1
        x, y, dx, dy = x_next, y_next, dx_next, dy_next
    return changes == 2 and left is not right


def area_m2(points: Sequence[GridPoint]) -> float:
    """Return the area that a ring encloses, in square metres, to about one percent."""
    doubled = 0
    for (x0, y0), (x1, y1) in pairwise([*points, points[0]]):
        doubled += x0 * y1 - x1 * y0
    middle = sum(y for _, y in points) / len(points) / STEPS_PER_DEGREE
    metres_per_step = METRES_PER_DEGREE / STEPS_PER_DEGREE
    return abs(doubled) / 2 * metres_per_step**2 * math.cos(math.radians(middle))


def _side(a: GridPoint, b: GridPoint, p: GridPoint) -> int:
    """Positive where ``p`` is above (left of) the line from ``a`` to ``b``, 0 where it is on it."""
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _meet(a: GridPoint, b: GridPoint, c: GridPoint, d: GridPoint) -> bool:
    """Say whether two segments that the sweep line cuts at once, a-b and c-d, share a point.

    Being cut at once, two on one line overlap, so that case needs no comparing of ends.
    """
    of_c, of_d = _side(a, b, c), _side(a, b, d)
    of_a, of_b = _side(c, d, a), _side(c, d, b)
    return not (
        (of_c > 0 and of_d > 0)
        or (of_c < 0 and of_d < 0)
        or (of_a > 0 and of_b > 0)
        or (of_a < 0 and of_b < 0)
    )


def crossing_edges(points: Sequence[GridPoint]) -> tuple[int, int] | None:
    """Return the numbers of two edges of a ring that cross, touch or overlap, or None.

    Edge ``i`` joins vertex ``i`` to the next one. Edges that follow each other share a vertex by
    right, and are found only where one folds back onto the other.

    A line is swept over the plane from the smallest point to the largest (Shamos and Hoey, 1976).
    Two edges that are to meet are neighbours on it beforehand, so only neighbours are compared:
    10 000 vertices take about a tenth of a second whatever shape they are given. The points need
    not differ; those of a ring without area must not be asked about.
    """
    count = len(points)
    seen: dict[GridPoint, int] = {}
    for index, point in enumerate(points):
        if point in seen:
            return seen[point], index
        seen[point] = index
        before, after = points[index - 1], points[(index + 1) % count]
        if _side(before, point, after) == 0 and (before < point) == (after < point):
            return (index - 1) % count, index
    ends = [
        (min(pair), max(pair)) for pair in pairwise([*points, points[0]])
    ]  # of each edge, the end that the sweep meets first, then the other
    status: list[int] = []  # the edges that the sweep line cuts, lowest first

    def neighbours_meet(lower: int) -> tuple[int, int] | None:
        if not 0 <= lower < len(status) - 1:
            return None
        first, second = sorted((status[lower], status[lower + 1]))
        if second - first in (1, count - 1):
            return None
        return (first, second) if _meet(*ends[first], *ends[second]) else None

    for index in sorted(range(count), key=points.__getitem__):
        point = points[index]

        def height(edge: int, point: GridPoint = point) -> int:
            return -_side(*ends[edge], point)

        place = bisect_left(status, 0, key=height)
        edges = ((index - 1) % count, index)
        starting = [edge for edge in edges if ends[edge][0] == point]
        if len(starting) == 2:
            if place < len(status) and height(status[place]) == 0:
                return min(status[place], index), max(status[place], index)
            one, other = starting
            if _side(*ends[one], ends[other][1]) < 0:
                one, other = other, one
            status[place:place] = [one, other]
            met = neighbours_meet(place - 1) or neighbours_meet(place + 1)
        elif starting:
            status[place] = starting[0]
            met = neighbours_meet(place - 1) or neighbours_meet(place)
        else:
            del status[place : place + 2]
            met = neighbours_meet(place - 1)
        if met is not None:
            return met
    return None
