"""How much is held of what stands on one line, and of what is over: of each side, in bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hotline.airspace.activity import Key
from hotline.node.airspace.standing import Standing

MAX_STANDING: Final = 100_000
"""Notices of one side of a line that are held; about 1 kB each."""
MAX_OCTETS: Final = 128 * 1024 * 1024
"""Octets of what they say, all of one side together."""
MAX_OVER: Final = 10_000
"""Notices of one side of a line that are remembered when they are over."""
MAX_OVER_OCTETS: Final = 16 * 1024 * 1024


class Holding:
    """The notices of two centres that stand, and the last of those that are over."""

    def __init__(self, own: str, peer: str) -> None:
        self._standing: dict[str, dict[str, Standing]] = {own: {}, peer: {}}
        self._over: dict[str, dict[str, Standing]] = {own: {}, peer: {}}
        # Octets of the contents that stand, and of those that are over, by centre.
        self._octets = {own: 0, peer: 0}
        self._over_octets = {own: 0, peer: 0}
        # Whether the newest come first, so that the older ones are not worth remembering.
        self.newest_first = False

    def __len__(self) -> int:
        return sum(map(len, self._standing.values()))

    def __iter__(self) -> Iterator[Standing]:
        for held in self._standing.values():
            yield from held.values()

    def get(self, key: Key) -> Standing | None:
        """Return a notice that stands, or None."""
        return self._standing[key.centre].get(key.reference)

    def known(self, key: Key) -> Standing | None:
        """Return a notice that stands or stood, or None."""
        return self.get(key) or self._over[key.centre].get(key.reference)

    def of(self, centre: str) -> list[Standing]:
        """Return the notices of a centre that stand."""
        return [*self._standing[centre].values()]

    def count(self, centre: str) -> int:
        """Return how many notices of a centre stand."""
        return len(self._standing[centre])

    def full(self, centre: str) -> bool:
        """Whether no more notices of a centre are held."""
        return len(self._standing[centre]) >= MAX_STANDING or self._octets[centre] >= MAX_OCTETS

    def room_for(self, held: Standing, more: int) -> bool:
        """Whether there is room for so many octets more of a notice that is held."""
        octets = self._octets[held.key.centre]
        if self.get(held.key) is not held:
            octets += held.octets
        return more <= 0 or octets + more <= MAX_OCTETS

    def keep(self, standing: Standing) -> None:
        """Hold a notice that stands."""
        self._standing[standing.key.centre][standing.key.reference] = standing
        self._octets[standing.key.centre] += standing.octets

    def take_out(self, standing: Standing) -> None:
        """Take a notice from where it is held, with the octets that it was held with."""
        centre, reference = standing.key
        for held, octets in (
            (self._standing[centre], self._octets),
            (self._over[centre], self._over_octets),
        ):
            if held.get(reference) is standing:
                del held[reference]
                octets[centre] -= standing.octets

    def remember(self, standing: Standing) -> None:
        """Hold a notice that is over, for as long as there is room."""
        centre, reference = standing.key
        over = self._over[centre]
        former = over.get(reference)
        if former is not None:
            self.take_out(former)
        while over and (
            len(over) >= MAX_OVER or self._over_octets[centre] + standing.octets > MAX_OVER_OCTETS
        ):
            if self.newest_first:
                return
            self.take_out(next(iter(over.values())))
        over[reference] = standing
        self._over_octets[centre] += standing.octets
