"""Chance that is the same everywhere: the only source of randomness of mock traffic.

Python promises for all time that `random.Random.random` gives the same numbers for the same seed,
and promises it of nothing else. So everything is made from those numbers here, by comparison,
addition and multiplication alone: these are exact in IEEE 754 on every machine, where the
logarithm or the sine of a C library may differ in the last place.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws by a seed, which is any text: ``random.Random`` hashes it with SHA-512."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, nothing secret

    def unit(self) -> float:
        """Return a number from 0 up to, but not, 1."""
        return self._random.random()

    def happens(self, share: float) -> bool:
        """Return true in ``share`` of all cases; always draws once."""
        return self.unit() < share

    def between(self, low: float, high: float) -> float:
        """Return a number from ``low`` to ``high``, all alike."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included, all alike."""
        return low + int(self.unit() * (high - low + 1))

    def stepped(self, low: int, high: int, step: int) -> int:
        """Return a multiple of ``step`` above ``low``, at most ``high``: round figures."""
        return low + step * self.whole(0, (high - low) // step)

    def skewed(self, low: float, high: float) -> float:
        """Return a number from ``low`` to ``high``, more often a low one (a unit squared)."""
        drawn = self.unit()
        return low + (high - low) * drawn * drawn

    def one_of(self, several: Sequence[T]) -> T:
        """Return one of several, all alike."""
        return several[int(self.unit() * len(several))]

    def weighed(self, weights: Mapping[str, float]) -> str:
        """Return a name by its weight. Names are taken in alphabetical order, whatever theirs."""
        names = sorted(name for name, weight in weights.items() if weight > 0)
        left = self.unit() * sum(weights[name] for name in names)
        for name in names[:-1]:
            left -= weights[name]
            if left < 0:
                return name
        return names[-1]

    def waiting(self) -> float:
        """Return a waiting time with the mean 1, exponentially distributed.

        By von Neumann's comparison of uniform numbers (1951), which takes no logarithm: the length
        of a falling run of numbers is odd with the probability e to the minus first of them.
        """
        whole = 0
        while True:
            first = last = self.unit()
            falling = 1
            while (following := self.unit()) < last:
                last = following
                falling += 1
            if falling % 2:
                return whole + first
            whole += 1
