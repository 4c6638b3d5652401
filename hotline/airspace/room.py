"""How many relations are held: whoever floods a line with notices does not decide it.

A relation takes about a kilobyte, and of notices that all overlap there are as many relations as
pairs. So they are counted: what one activity has with those of one centre, and what any two centres
have with each other. Past a limit no more are looked for, until there is room for a tenth again.
"""

from __future__ import annotations

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
        self._activities: dict[tuple[Key, str], int] = {}
        self._lines: dict[tuple[str, str], int] = {}

    def enter(self, one: Key, other: Key) -> None:
        """Count a relation between two activities."""
        line = _line(one.centre, other.centre)
        self._lines[line] = self._lines.get(line, 0) + 1
        for end in ((one, other.centre), (other, one.centre)):
            self._activities[end] = self._activities.get(end, 0) + 1

    def leave(self, one: Key, other: Key) -> bool:
        """Count one less; say whether that has just made room for more of their line or of one."""
        line = _line(one.centre, other.centre)
        self._lines[line] -= 1
        made = self._lines[line] == self._again.line
        for end in ((one, other.centre), (other, one.centre)):
            self._activities[end] -= 1
            made = made or self._activities[end] == self._again.activity
            if not self._activities[end]:
                del self._activities[end]
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
        line = _line(key.centre, centre)
        return self._lines.get(line, 0), self._activities.get((key, centre), 0)


def _line(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
