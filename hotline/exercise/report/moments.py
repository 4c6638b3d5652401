"""The centres' clocks beside the director's.

A centre's times are by its own clock, which an exercise may set wrong on purpose; what its node has
entered of that takes it away again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from hotline.errors import HotlineError
from hotline.exercise.record.line import time_text
from hotline.exercise.report.document import ClockFault, ClockMoment, ClockPart
from hotline.model.times import parse_time

SECOND_US = 1_000_000
END_US = 2**62
"""Later than any moment."""
SAME_CLOCK_US = 2 * SECOND_US
"""STARTEX reaches a node within this time: a greater difference is one of clocks."""


def text_of(us: int) -> str:
    """Return RFC 3339 in UTC with six decimals; "" for what is in no calendar."""
    try:
        return time_text(us)
    except HotlineError:
        return ""


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
    """A centre's clock was ahead by ``ahead_us`` more than as a rule.

    ``since_us`` and ``until_us`` are by that clock as it shows as a rule, without this fault.
    """

    since_us: int
    until_us: int
    ahead_us: int

    def has(self, us: int) -> bool:
        """Return whether a moment of the clock as it is as a rule lies within."""
        return self.since_us <= us < self.until_us


class Clocks:
    """Moves moments of a centre to the director's clock.

    ``ahead_us`` is how far each centre's clock is ahead of the director's as a rule, ``shifts``
    what was added to that for a time. A clock that was set there and back may have stated a moment
    twice, with a fault and without: ``settled`` has what had been added at such moments.
    """

    def __init__(
        self,
        ahead_us: Mapping[str, int] | None = None,
        shifts: Mapping[str, Sequence[Shift]] | None = None,
        settled: Mapping[str, Mapping[int, int]] | None = None,
    ) -> None:
        self._ahead_us = dict(ahead_us or {})
        self._shifts = {centre: tuple(each) for centre, each in (shifts or {}).items()}
        self._settled = {
            centre: {
                us: each[us] for us in sorted(each) if self._possible(centre, us) != [each[us]]
            }
            for centre, each in (settled or {}).items()
        }
        self._moments = {centre: tuple(each) for centre, each in self._settled.items()}

    @classmethod
    def of(cls, parts: Iterable[ClockPart]) -> Self:
        """Return the clocks as a report has them. Raises ModelError for what is no time."""
        known = tuple(parts)
        return cls(
            {one.centre: round(one.ahead_s * SECOND_US) for one in known},
            {
                one.centre: [
                    Shift(
                        us_of(fault.since),
                        END_US if fault.until is None else us_of(fault.until),
                        round(fault.ahead_s * SECOND_US),
                    )
                    for fault in one.faults
                ]
                for one in known
            },
            {
                one.centre: {us_of(each.at): round(each.ahead_s * SECOND_US) for each in one.twice}
                for one in known
            },
        )

    def parts(self, centres: Iterable[str]) -> list[ClockPart]:
        """Return them as a report has them."""
        return [
            ClockPart(
                centre=centre,
                ahead_s=self._ahead_us.get(centre, 0) / SECOND_US,
                faults=[
                    ClockFault(
                        since=text_of(one.since_us),
                        until=None if one.until_us == END_US else text_of(one.until_us),
                        ahead_s=one.ahead_us / SECOND_US,
                    )
                    for one in self._shifts.get(centre, ())
                ],
                twice=[
                    ClockMoment(at=text_of(us), ahead_s=added_us / SECOND_US)
                    for us, added_us in self._settled.get(centre, {}).items()
                ],
            )
            for centre in centres
        ]

    def common_us(self, centre: str, us: int) -> int:
        """Return a moment of a centre's clock on the director's."""
        return us - self._ahead_us.get(centre, 0) - self.added_us(centre, us)

    def added_us(self, centre: str, us: int) -> int:
        """Return by how much a fault had a centre's clock ahead when it stated a moment.

        Where it may have stated that twice, or never, what is settled of the nearest entry holds.
        """
        settled = self._settled.get(centre, {})
        if us in settled:
            return settled[us]
        possible = self._possible(centre, us)
        if len(possible) == 1:
            return possible[0]
        near = [
            moment
            for moment in _neighbours(self._moments.get(centre, ()), us)
            if not possible or settled[moment] in possible
        ]
        if near:
            return settled[min(near, key=lambda moment: abs(moment - us))]
        return possible[0] if possible else 0

    def _possible(self, centre: str, us: int) -> list[int]:
        """Return what may have been added to a clock that states a moment, 0 first."""
        shifts = self._shifts.get(centre, ())
        whole = [] if any(shift.has(us) for shift in shifts) else [0]
        return whole + [one.ahead_us for one in shifts if one.has(us - one.ahead_us)]


def _neighbours(moments: Sequence[int], us: int) -> Sequence[int]:
    """Return what comes before and after a moment, of moments in order."""
    place = bisect_left(moments, us)
    return moments[max(0, place - 1) : place + 1]
