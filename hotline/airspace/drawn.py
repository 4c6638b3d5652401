"""What can be said of many pairs of outlines by looking at them on their planes.

Cheap looks at all pairs together, each of which is sure of what it says: how far apart two outlines
are at least, a point that both hold, whether one goes round a point of the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hotline.airspace.geodesy import Mask, Numbers, Points
from hotline.airspace.planes import Pairs, Planes

DIRECTIONS = tuple((math.cos(i * math.pi / 8), math.sin(i * math.pi / 8)) for i in range(8))
"""In which two outlines are looked at for a line that lies between them."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The paths of n pairs, each pair on its plane.

    Path 2 k is the first of pair k, 2 k + 1 the second one; the points stand in this order.
    """

    x: Points
    y: Points
    begins: Numbers
    """Where each path begins among the points (2 n)."""
    of: Numbers
    """The path of each point."""
    rings: Mask
    """Whether each path is a ring (2 n)."""

    @classmethod
    def on(cls, planes: Planes, pairs: Pairs) -> Drawn:
        """Draw pairs on their planes."""
        counts = pairs.points.ravel()
        of = np.repeat(np.arange(len(counts)), counts)
        x, y = planes.flat(np.concatenate(pairs.paths), of >> 1)
        return cls(x, y, np.cumsum(counts) - counts, of, pairs.rings.ravel())

    def take(self, rows: Numbers) -> Drawn:
        """Return some of the pairs."""
        paths = np.column_stack((2 * rows, 2 * rows + 1)).ravel()
        counts = np.diff(self.begins, append=len(self.x))[paths]
        begins = np.cumsum(counts) - counts
        points = np.arange(counts.sum()) + np.repeat(self.begins[paths] - begins, counts)
        of = np.repeat(np.arange(len(paths)), counts)
        return Drawn(self.x[points], self.y[points], begins, of, self.rings[paths])

    @property
    def radii_m(self) -> Points:
        """How far from the middle of its plane each pair reaches."""
        far = np.maximum.reduceat(self.x * self.x + self.y * self.y, self.begins)
        radii: Points = np.sqrt(np.maximum(far[::2], far[1::2]))
        return radii

    def apart(self) -> Points:
        """Return metres on the plane that lie between each two at least; 0 if that is not known.

        A line between the two, square to one of a few directions, keeps them apart.
        """
        apart = np.zeros(len(self.begins) // 2)
        for cosine, sine in DIRECTIONS:
            along = self.x * cosine + self.y * sine
            low = np.minimum.reduceat(along, self.begins)
            high = np.maximum.reduceat(along, self.begins)
            np.maximum(apart, low[::2] - high[1::2], out=apart)
            np.maximum(apart, low[1::2] - high[::2], out=apart)
        return apart

    def shared(self) -> tuple[Numbers, Points, Points]:
        """Return pairs that share a point as far as a look along one line shows, and that point.

        The line goes through the middle of the heights at which both are. Of what both hold of it,
        the point is the middle of the widest stretch. At least one of the two must be a ring for
        that; a core that is no ring is its line.
        """
        low = np.minimum.reduceat(self.y, self.begins)
        high = np.maximum.reduceat(self.y, self.begins)
        level = (np.maximum(low[::2], low[1::2]) + np.minimum(high[::2], high[1::2])) / 2
        paths, x, rise = self._cut(level)
        # A path that is a point is cut by the line through it.
        alone = np.flatnonzero(np.diff(self.begins, append=len(self.x)) == 1)
        alone = alone[self.y[self.begins[alone]] == level[alone >> 1]]
        paths = np.concatenate((paths, alone))
        x = np.concatenate((x, self.x[self.begins[alone]]))
        rise = np.concatenate((rise, np.zeros(len(alone), np.int8)))
        order = np.lexsort((x, paths >> 1))
        paths, x, rise = paths[order], x[order], np.where(self.rings[paths], rise, 0)[order]
        # Rings are closed, so each has wound round nothing again when its pair is over.
        first = paths % 2 == 0
        within = [np.cumsum(np.where(mine, rise, 0)) != 0 for mine in (first, ~first)]
        # What is no ring holds where it is cut, and nothing up to the next cut.
        line = ~self.rings[paths]
        held = (within[0] | (line & first)) & (within[1] | (line & ~first))
        pair = paths >> 1
        following = np.append(pair[1:], -1) == pair
        wide = np.where(following, np.append(x[1:], 0.0) - x, 0.0)
        (found,) = np.nonzero(held & (line | (wide > 0)))
        # The widest of each pair.
        found = found[np.lexsort((-wide[found], pair[found]))]
        found = found[np.diff(pair[found], prepend=-1) > 0]
        middle = np.where(line[found], x[found], x[found] + wide[found] / 2)
        return pair[found], middle, level[pair[found]]

    def gone_round(self) -> tuple[Mask, Mask]:
        """Say of each pair whether its first path winds round where the second begins; and v.v.

        As `hotline.airspace.lateral.goes_round` has it: the beginning must not lie on the ring.
        """
        around = []
        for ring in (0, 1):
            start = self.begins[1 - ring :: 2]
            paths, x, rise = self._cut(self.y[start])
            right = (paths % 2 == ring) & self.rings[paths] & (x > self.x[start][paths >> 1])
            wound = np.bincount(paths[right] >> 1, rise[right], minlength=len(start))
            around.append(wound != 0)
        return around[0], around[1]

    def _cut(self, level: Points) -> tuple[Numbers, Points, Points]:
        """Return which paths are cut by the line at a height y of each pair, where, and how.

        1 where they go up, -1 where down.
        """
        above = self.y > level[self.of >> 1]
        rise = above[1:].astype(np.int8) - above[:-1]
        (cut,) = np.nonzero((rise != 0) & (self.of[1:] == self.of[:-1]))
        paths = self.of[cut]
        x0, y0 = self.x[cut], self.y[cut]
        x = x0 + (self.x[cut + 1] - x0) * (level[paths >> 1] - y0) / (self.y[cut + 1] - y0)
        return paths, x, rise[cut]
