"""The centres' clocks beside the director's.

A centre's times are by its own clock, which an exercise may set wrong on purpose; what its node has
entered of that takes it away again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from hotline.errors import HotlineError
from hotline.exercise.record.line import time_text
from hotline.exercise.report.document import ClockFault, ClockPart
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
            )
            for centre in centres
        ]

    def common_us(self, centre: str, us: int) -> int:
        """Return a moment of a centre's clock on the director's."""
        ahead_us = self._ahead_us.get(centre, 0)
        for shift in self._shifts.get(centre, ()):
            if shift.since_us <= us < shift.until_us:
                ahead_us += shift.ahead_us
        return us - ahead_us
