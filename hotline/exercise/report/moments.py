"""Three clocks brought together: each centre's, the director's, and the scenario's.

A centre's times are by its own clock, which an exercise may set wrong on purpose; what both have
entered of it takes that away again. The scenario's clock is known at every entry of the record, and
runs evenly between two of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hotline.errors import HotlineError
from hotline.model.times import format_time, parse_time

SECOND_US = 1_000_000
SAME_CLOCK_US = 2 * SECOND_US
"""STARTEX reaches a node within this time: a greater difference is one of clocks."""


def text_of(us: int) -> str:
    """Return RFC 3339 in UTC with six decimals."""
    try:
        text = format_time(us)
    except HotlineError:
        return ""
    return text if "." in text else f"{text[:-1]}.000000Z"


def text_or_none(us: int | None) -> str | None:
    """Return RFC 3339 in UTC with six decimals; None for None."""
    return None if us is None else text_of(us)


def us_of(text: str) -> int:
    """Return microseconds since 1970. Raises ModelError."""
    return parse_time(text)


def us_or_none(text: str | None) -> int | None:
    """Return microseconds since 1970; None for None. Raises ModelError."""
    return None if text is None else parse_time(text)


@dataclass(frozen=True, slots=True)
class Shift:
    """A centre's clock was ``ahead_us`` ahead from ``since_us`` until ``until_us``, by itself."""

    since_us: int
    until_us: int
    ahead_us: int


class Clocks:
    """Moves moments of a centre to the director's clock.

    ``ahead_us`` is how far each centre's clock is ahead of the director's as a rule, ``shifts``
    what was added to that for a time.
    """

    def __init__(
        self,
        ahead_us: Mapping[str, int] | None = None,
        shifts: Mapping[str, Sequence[Shift]] | None = None,
    ) -> None:
        self._ahead_us = dict(ahead_us or {})
        self._shifts = {centre: tuple(each) for centre, each in (shifts or {}).items()}

    def common_us(self, centre: str, us: int) -> int:
        """Return a moment of a centre's clock on the director's."""
        ahead_us = self._ahead_us.get(centre, 0)
        for shift in self._shifts.get(centre, ()):
            if shift.since_us <= us < shift.until_us:
                ahead_us += shift.ahead_us
        return us - ahead_us

    def centre_us(self, centre: str, us: int) -> int:
        """Return a moment of the director's clock on a centre's, as a rule."""
        return us + self._ahead_us.get(centre, 0)


class ScenarioTime:
    """Where the scenario's clock stood at a moment of the director's.

    ``points`` are (director's microseconds, scenario's seconds), as the record's entries have them;
    after the last the clock stands.
    """

    def __init__(self, points: Sequence[tuple[int, float]]) -> None:
        known: dict[int, float] = {}
        for at_us, t in sorted(points):
            known[at_us] = max(t, known.get(at_us, t))
        self._at = list(known)
        self._t = list(known.values())

    def at(self, us: int) -> float | None:
        """Return the scenario's seconds at a moment; None before STARTEX."""
        if not self._at or us < self._at[0]:
            return None
        place = bisect_right(self._at, us)
        if place == len(self._at):
            return self._t[-1]
        before, after = self._at[place - 1], self._at[place]
        share = (us - before) / (after - before)
        return self._t[place - 1] + share * (self._t[place] - self._t[place - 1])

    def between(self, since_us: int, until_us: int) -> float | None:
        """Return how long something took on the scenario's clock; None where it is not known."""
        since, until = self.at(since_us), self.at(until_us)
        return None if since is None or until is None else until - since
