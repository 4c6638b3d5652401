"""What takes too long to be measured between two other things, and so is measured elsewhere.

Two outlines of thousands of corners take tens of milliseconds. Whoever must not be held for so long
gives the comparison an `Elsewhere`: a pair of such outlines then ends it as a used-up budget does,
and is `wanted`; it may be measured in a thread, since it depends on nothing else, and the
comparison goes on with what was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hotline.airspace.footprint import Footprint
from hotline.airspace.laterals import Between, laterals
from hotline.airspace.reason import Reason

LONG: Final = 4_000
"""Points of two paths beyond which a pair is measured elsewhere; below it takes some 10 ms."""
MOST: Final = 16
"""Results that are held until they are asked for; what is let go is measured again."""

MISSING: Final = Reason("airspace.unfinished", "it has not been measured yet")
"""Stands for a result that is not there yet."""


def is_long(one: Footprint, other: Footprint) -> bool:
    """Say whether a pair takes so long that it is measured elsewhere."""
    return len(one.path) + len(other.path) > LONG


@dataclass(frozen=True, slots=True, eq=False)
class Long:
    """A pair of footprints to be measured; None is more than ``beyond_m`` metres apart."""

    one: Footprint
    other: Footprint
    beyond_m: float

    def measure(self) -> Between | None:
        """Measure it; may be called in any thread."""
        return laterals([(self.one, self.other)], beyond_m=self.beyond_m)[0]


class Elsewhere:
    """What was measured of long pairs, and which one is wanted next."""

    def __init__(self) -> None:
        # By what the two are in memory; they are held with it, so that nothing else is there.
        self._found: dict[tuple[int, int], tuple[Long, Between | Reason | None]] = {}
        self.wanted: Long | None = None
        """The pair at which a comparison was ended last."""

    def take(self, one: Footprint, other: Footprint, beyond_m: float) -> Between | Reason | None:
        """Return what was found of a pair; without that `MISSING`, and the pair is wanted.

        `STUMBLED` where measuring it has raised an exception.
        """
        found = self._found.pop((id(one), id(other)), None)
        if found is not None and found[0].beyond_m == beyond_m:
            return found[1]
        self.wanted = Long(one, other, beyond_m)
        return MISSING

    def put(self, pair: Long, between: Between | Reason | None) -> None:
        """Take what was measured of a pair; `STUMBLED` where that could not be."""
        while len(self._found) >= MOST:
            del self._found[next(iter(self._found))]
        self._found[id(pair.one), id(pair.other)] = pair, between
