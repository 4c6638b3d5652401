"""What chance decides for a crew: by the seed and what it is about, never by when it happens.

Message ids differ from run to run and so does the timing; references, kinds and ordinals do not.
Each decision hashes its own key, so that the same seed makes the same decisions in any order, and
after a restart too.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

_NORMAL = NormalDist()
_TAIL = 1e-3
"""Nobody reacts faster or slower than one in a thousand does."""


class Dice:
    """The decisions of one centre's crew.

    ``mark`` is what references have behind them in this run only: no decision goes by it.
    """

    def __init__(self, seed: int, centre: str, mark: str = "") -> None:
        self._seed = f"{seed}/{centre}"
        self._mark = f"-{mark}" if mark else ""

    def unit(self, *key: str) -> float:
        """Return a number from 0 up to, but not, 1, which is always the same for a key."""
        text = "\0".join((self._seed, *(one.replace(self._mark, "") for one in key))).encode()
        return (int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 11) / 2**53

    def happens(self, share: float, *key: str) -> bool:
        """Return true for ``share`` of all keys."""
        return self.unit(*key) < share

    def one_of(self, several: Sequence[T], *key: str) -> T:
        """Return one of several, all alike."""
        return several[int(self.unit(*key) * len(several))]

    def seconds(self, median_s: float, spread: float, *key: str) -> float:
        """Return a reaction time, log-normally distributed, to the millisecond.

        ``spread`` is the standard deviation of its logarithm: with 0.4 two in three lie between
        0.67 and 1.5 times the median.
        """
        share = min(max(self.unit(*key), _TAIL), 1 - _TAIL)
        return round(median_s * math.exp(spread * _NORMAL.inv_cdf(share)), 3)
