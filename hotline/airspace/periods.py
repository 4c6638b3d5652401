"""Closed intervals of time: from the first moment to the last, both inside.

Whole microseconds, so that every comparison is exact. A time that is absent bounds nothing; one
that cannot be read, or has no zone, makes its volume reach through all times, with the reason.
"""

from __future__ import annotations

from typing import Final

import msgspec

from hotline.airspace.reason import Reason
from hotline.errors import ModelError
from hotline.model.times import parse_time
from hotline.model.volume import Volume4D

ALWAYS_US: Final = 2**62
"""Farther than any time that can be written, and so that sums of two fit into 64 bits less one."""


class Period(msgspec.Struct, frozen=True, gc=False):
    """From ``start_us`` to ``end_us``, both inside; ∓`ALWAYS_US` where nothing bounds it."""

    start_us: int = -ALWAYS_US
    end_us: int = ALWAYS_US
    reasons: tuple[Reason, ...] = ()


def period_of(volume: Volume4D) -> Period:
    """Return when a volume is in use, through all times where that cannot be understood.

    It cannot when a time is no RFC 3339 time with a zone, or the end is before the start.
    """
    reasons: list[Reason] = []
    start_us = _moment(volume.time_start, "start", -ALWAYS_US, reasons)
    end_us = _moment(volume.time_end, "end", ALWAYS_US, reasons)
    if end_us < start_us:
        reasons.append(Reason("airspace.times-backwards", "its end is before its start"))
    return Period(reasons=tuple(reasons)) if reasons else Period(start_us, end_us)


def gap_us(one: Period, other: Period) -> int:
    """Return the microseconds between two periods; 0 where they meet, if only for a moment."""
    return max(0, one.start_us - other.end_us, other.start_us - one.end_us)


def bounded(moment_us: int) -> int | None:
    """Return a bound of a period, or None where it bounds nothing."""
    return moment_us if -ALWAYS_US < moment_us < ALWAYS_US else None


def _moment(text: str, which: str, absent_us: int, reasons: list[Reason]) -> int:
    if not text:
        return absent_us
    try:
        return parse_time(text)
    except ModelError as error:
        reasons.append(Reason("airspace.time-unknown", f"its {which} is unknown: {error.message}"))
        return absent_us
