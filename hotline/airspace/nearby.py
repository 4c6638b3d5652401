"""Which activities may be near one, and which of them it is still to be compared with.

By the index alone, which leaves out nothing that is near: what they are to each other is for a
comparison to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import pairwise

import numpy as np

from hotline.airspace.index import Index, Rows
from hotline.airspace.opened import Approached, Held, Open, beyond


class Pairing(Enum):
    """Which activities are compared with each other."""

    OWN_AND_PEERS = "own-and-peers"
    """Ours with those of every peer."""
    CENTRES = "centres"
    """Those of different centres, so that two peers' are compared as well."""
    EVERY = "every"
    """All, so that our own are compared with each other too (F3548)."""


class Nearby:
    """Finds them in an index of all that are held.

    ``sides`` are the numbers of the centres there, ours 0, and ``by_serial`` the activities; both
    are the engine's, and change with it.
    """

    def __init__(
        self,
        index: Index,
        sides: Mapping[str, int],
        by_serial: Mapping[int, Held],
        pairing: Pairing,
    ) -> None:
        self._index = index
        self._sides = sides
        self._by_serial = by_serial
        self._pairing = pairing

    def near(self, held: Held) -> Rows:
        """Return the rows of volumes that may be near among those that are compared with these."""
        side = self._sides[held.planned.key.centre]
        if self._pairing is Pairing.EVERY:
            return self._index.near(held.rows)
        if side == 0 or self._pairing is Pairing.CENTRES:
            return self._index.near(held.rows, but=side)
        return self._index.near(held.rows, only=0)

    def waiting(self, opened: Open, *, crowded: bool = False) -> Rows:
        """Return the rows that an activity is still to be compared with, in the order of that.

        Without those for which there is no room; or, of ``crowded``, these alone.
        """
        if crowded and not opened.full:
            return np.array([], np.intp)
        rows = self.near(opened.held)
        rows = rows[self._index.owners(rows) < opened.held.serial]
        owners, first_us = self._index.owners(rows), self._index.begins_us(rows)
        last = ~np.isin(owners, np.array([*opened.again], np.int64))
        sides = self._index.sides(rows)
        waits = np.ones(len(rows), np.bool_)
        for centre, place in opened.after.items():
            waits &= (sides != self._sides[centre]) | beyond((last, first_us, owners), place)
        full = last & np.isin(sides, [self._sides[centre] for centre in opened.full])
        waits &= full == crowded
        order = np.lexsort((owners, first_us, last))
        return rows[order[waits[order]]]

    def approached(self, held: Held, waiting: Rows) -> Iterator[Approached]:
        """Yield the others and the pairs of volumes that may be near, in the order of the rows."""
        owners, volumes = self._index.owners(waiting), self._index.volumes(waiting).tolist()
        # The rows of one activity stand together.
        starts = np.flatnonzero(np.diff(owners, prepend=-1)).tolist()
        for begin, end in pairwise([*starts, len(owners)]):
            if len(held.rows) == 1:
                pairs = [(0, volume) for volume in volumes[begin:end]]
            else:
                pairs = self._index.pairs(held.rows, waiting[begin:end])
            yield self._by_serial[int(owners[begin])], pairs
