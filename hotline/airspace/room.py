"""How many relations are held: whoever floods a line with notices does not decide it.

A relation takes about a kilobyte, and of notices that all overlap there are as many relations as
pairs. So they are counted: what one activity has with those of one centre, and what any two centres
have with each other. Past a limit no more are looked for, until there is room for a tenth again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from hotline.airspace.activity import Key


@dataclass(frozen=True, slots=True)
class Limits:
    """How many relations an activity may find with one centre, and two centres with each other."""

    activity: int = 1_000
    line: int = 100_000


LIMITS: Final = Limits()
"""100 MB for a line; more than a human could ever look at."""


class Room:
    """The relations that are held, by activity and by line, and whether there may be more."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._again = Limits(limits.activity * 9 // 10, limits.line * 9 // 10)
        self._activities: Counter[tuple[Key, str]] = Counter()
        self._lines: Counter[frozenset[str]] = Counter()

    def enter(self, one: Key, other: Key) -> None:
        """Count a relation between two activities."""
        self._lines[frozenset((one.centre, other.centre))] += 1
        self._activities[one, other.centre] += 1
        self._activities[other, one.centre] += 1

    def leave(self, one: Key, other: Key) -> bool:
        """Count one less; say whether that has just made room for more of their line or of one."""
        line = frozenset((one.centre, other.centre))
        self._lines[line] -= 1
        made = self._lines[line] == self._again.line
        for key in ((one, other.centre), (other, one.centre)):
            self._activities[key] -= 1
            made = made or self._activities[key] == self._again.activity
            if not self._activities[key]:
                del self._activities[key]
        return made

    def full(self, key: Key, centre: str) -> bool:
        """Say whether an activity must find no more relations with those of a centre."""
        of_line, of_activity = self._held(key, centre)
        return of_line >= self._limits.line or of_activity >= self._limits.activity

    def again(self, key: Key, centre: str) -> bool:
        """Say whether one that was full has enough room to go on."""
        of_line, of_activity = self._held(key, centre)
        return of_line <= self._again.line and of_activity <= self._again.activity

    def _held(self, key: Key, centre: str) -> tuple[int, int]:
        return self._lines[frozenset((key.centre, centre))], self._activities[key, centre]
