"""Relations of which nothing is known but that they had begun, since their notices were lost.

When a node reads back what stood, it keeps so much and no more. What it lets go of stands in for
itself as something that may be anywhere until its times have passed
(`hotline.node.airspace.waiting`).
A relation that the log says has begun and that is not found again may have to do with that: it is
not said to be over before what stands in is.
"""

from __future__ import annotations

from collections.abc import Iterable

from hotline.airspace.activity import Key
from hotline.node.airspace.current import Current
from hotline.node.airspace.findings import Pair

StandIn = tuple[Key, Key]
"""The notice that was lost, with the name that it is entered as (without one any of a centre), and
what stands in for it."""


class Doubtful:
    """The pairs of one line that may still be what the log says they were."""

    def __init__(self, own: str, peer: str) -> None:
        self._own, self._peer = own, peer
        # What stands in for one notice of a pair, or may.
        self._pairs: dict[Pair, frozenset[Key]] = {}

    def holds(self, pair: Pair, stand_ins: Iterable[StandIn]) -> bool:
        """Whether one notice of a pair may be lost; that is held in mind."""
        own, other = pair
        lost = {
            Key(self._own, own),
            Key(self._peer, other),
            Key(self._own, ""),
            Key(self._peer, ""),
        }
        held = frozenset(put for key, put in stand_ins if key in lost)
        if held:
            self._pairs[pair] = held
        return bool(held)

    def over(self, current: Current) -> list[Pair]:
        """Return, once, the pairs of which nothing stands in for a notice any more."""
        found = [
            pair
            for pair, held in self._pairs.items()
            if all(current.get(key) is None for key in held)
        ]
        for pair in found:
            del self._pairs[pair]
        return found
