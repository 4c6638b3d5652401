"""What the alarms of the last day were like: rates, floods, shares (ISA-18.2, EEMUA 191)."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hotline.journal.access_shelf import raised_since
from hotline.model.alarm_priority import AlarmPriority, priority_of
from hotline.model.times import SECOND_US

HOUR_US: Final = 3600 * SECOND_US
TEN_MINUTES_US: Final = 600 * SECOND_US
DAY_HOURS: Final = 24
FLOOD: Final = 10
"""More than so many alarms in ten minutes are a flood: nobody can look at each."""


@dataclass(frozen=True, slots=True)
class Flood:
    """A time of more than `FLOOD` alarms in any ten minutes; microseconds since 1970."""

    from_us: int
    until_us: int
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """The alarms raised until ``at_us``; each count is of the time from its moment on."""

    at_us: int
    total: int
    hours: tuple[tuple[int, int], ...]
    ten_minutes: tuple[tuple[int, int], ...]
    floods: tuple[Flood, ...]
    by_code: tuple[tuple[str, int], ...]
    by_priority: dict[AlarmPriority, float]
    mean_acknowledge_s: float | None


def statistics(connection: sqlite3.Connection, now_us: int) -> Statistics:
    """Return what the alarms of the last 24 hours were like."""
    first_hour = now_us - now_us % HOUR_US - (DAY_HOURS - 1) * HOUR_US
    first_ten = now_us - now_us % TEN_MINUTES_US - (DAY_HOURS * 6 - 1) * TEN_MINUTES_US
    raised = raised_since(connection, min(first_hour, first_ten))
    times = [time_us for time_us, _ in raised if first_ten <= time_us <= now_us]
    codes = Counter(code for time_us, code in raised if first_ten <= time_us <= now_us)
    (mean_us,) = connection.execute(
        "SELECT avg(acknowledged_us - raised_us) FROM alarm"
        " WHERE raised_us >= ? AND acknowledged_us IS NOT NULL",
        (first_ten,),
    ).fetchone()
    graves = Counter(priority_of(code) for code in codes.elements())
    return Statistics(
        at_us=now_us,
        total=len(times),
        hours=_counts([time_us for time_us, _ in raised], first_hour, HOUR_US, DAY_HOURS),
        ten_minutes=_counts(times, first_ten, TEN_MINUTES_US, DAY_HOURS * 6),
        floods=floods(times),
        by_code=tuple(sorted(codes.items(), key=lambda item: (-item[1], item[0]))),
        by_priority={one: graves[one] / max(1, len(times)) for one in AlarmPriority},
        mean_acknowledge_s=None if mean_us is None else mean_us / SECOND_US,
    )


def floods(times: Sequence[int]) -> tuple[Flood, ...]:
    """Return the floods among these times (microseconds, ascending), oldest first.

    A flood lasts from the first alarm of any ten minutes with too many to the last of them; floods
    that overlap are one.
    """
    found: list[tuple[int, int]] = []
    begin = 0
    for end, time_us in enumerate(times):
        while time_us - times[begin] >= TEN_MINUTES_US:
            begin += 1
        if end - begin + 1 <= FLOOD:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return tuple(Flood(times[first], times[last], last - first + 1) for first, last in found)


def _counts(
    times: Sequence[int], first_us: int, length_us: int, number: int
) -> tuple[tuple[int, int], ...]:
    counted = Counter((time_us - first_us) // length_us for time_us in times)
    return tuple((first_us + at * length_us, counted[at]) for at in range(number))
