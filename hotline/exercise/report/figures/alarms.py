"""Alarms beside the figures of ISA-18.2 and EEMUA 191, and how soon somebody took notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil

import msgspec

from hotline.exercise.report.collected import Side
from hotline.exercise.report.document import LIFE, AlarmPace, AlarmRate, AlarmRow
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.moments import SECOND_US, us_or_none
from hotline.exercise.report.spread import spread_of
from hotline.model.alarm_priority import AlarmPriority, priority_of

WINDOW_S = 600
"""Ten minutes, for which both sources give their figures."""
MANAGEABLE = 1
"""About this many alarms in 10 minutes are manageable."""
FLOOD = 10
"""From this many in 10 minutes on it is a flood."""


def alarm_rows(span: Span) -> list[AlarmRow]:
    """Return every alarm that rang from STARTEX to ENDEX, or stood then, in order of time."""
    rows = []
    for side in span.sides:
        raised = {int(entry.what.get("alarm", 0)): entry for entry in side.of_kind("alarm-raised")}
        for alarm in side.alarms:
            rang = span.until_endex(side.centre, alarm.raised_at)
            standing = _standing(span, side, alarm.cleared_at, alarm.acknowledged_at)
            if not rang and not (standing and not span.played(side.centre, alarm.raised_at)):
                continue
            entry = raised.get(alarm.id)
            rows.append(
                AlarmRow(
                    centre=side.centre,
                    alarm=alarm.id,
                    code=alarm.code,
                    text=alarm.text,
                    raised=alarm.raised_at,
                    t=span.t(side.centre, alarm.raised_at),
                    cleared=alarm.cleared_at,
                    acknowledged=alarm.acknowledged_at,
                    acknowledged_by=alarm.acknowledged_by or "",
                    acknowledge_s=span.lasted_s(
                        side.centre, alarm.raised_at, alarm.acknowledged_at
                    ),
                    standing=standing,
                    evidence=side.ref(entry) if entry is not None else None,
                    acknowledge_scenario_s=span.lasted_scenario_s(
                        side.centre, alarm.raised_at, alarm.acknowledged_at
                    ),
                )
            )
    return sorted(rows, key=lambda row: span.common_us(row.centre, row.raised))


def alarm_rates(span: Span, rows: Sequence[AlarmRow]) -> list[AlarmRate]:
    """Return the rate of each centre, of what rang from STARTEX to ENDEX, by its crew's clock."""
    found = []
    for side in span.sides:
        mine = [row for row in rows if row.centre == side.centre]
        rang = [row for row in mine if span.until_endex(side.centre, row.raised)]
        clock = span.clock(side.centre)
        pace = _pace(span, rang, clock)
        found.append(
            AlarmRate(
                **msgspec.structs.asdict(pace),
                centre=side.centre,
                total=len(rang),
                codes=dict(Counter(row.code for row in rang).most_common()),
                unacknowledged=sum(row.acknowledged is None for row in rang),
                standing=sum(row.standing for row in mine),
                clock=clock,
                simulated=span.simulated(side.centre, ""),
                life=_pace(span, rang, LIFE) if span.told_twice(side.centre) else None,
                priorities=by_priority(row.code for row in rang),
            )
        )
    return found


def by_priority(codes: Iterable[str]) -> dict[str, int]:
    """Count alarms by their priority; each is named, the gravest first."""
    found = Counter(priority_of(code) for code in codes)
    return {priority.value: found[priority] for priority in AlarmPriority}


def _pace(span: Span, rang: Sequence[AlarmRow], clock: str) -> AlarmPace:
    """Return how densely alarms came by one clock; the scenario's stands while play is paused."""
    play = span.play
    if clock == LIFE:
        length_s = (play.ends_us - play.starts_us) / SECOND_US
        moments = [
            (span.common_us(row.centre, row.raised) - play.starts_us) / SECOND_US for row in rang
        ]
    else:
        length_s = play.ending.t or 0.0
        moments = [row.t or 0.0 for row in rang]
    buckets = [0] * max(1, ceil(length_s / WINDOW_S))
    for second in moments:
        buckets[min(len(buckets) - 1, int(second // WINDOW_S))] += 1
    peak = peak_of(moments)
    return AlarmPace(
        buckets=buckets,
        peak=peak,
        average=round(len(rang) * WINDOW_S / length_s, 3) if length_s >= WINDOW_S else None,
        verdict=verdict_of(peak),
        acknowledged=spread_of(
            row.acknowledge_s if clock == LIFE else row.acknowledge_scenario_s for row in rang
        ),
    )


def peak_of(moments: Sequence[float]) -> int:
    """Return the most alarms within any 10 minutes; moments in seconds, in any order."""
    ordered = sorted(moments)
    peak = first = 0
    for place, second in enumerate(ordered):
        while second - ordered[first] >= WINDOW_S:
            first += 1
        peak = max(peak, place - first + 1)
    return peak


def verdict_of(peak: int) -> str:
    """Return what a peak of so many alarms in 10 minutes means to whoever has to answer them."""
    if peak == 0:
        return "quiet"
    if peak <= MANAGEABLE:
        return "manageable"
    return "demanding" if peak < FLOOD else "flood"


def _standing(span: Span, side: Side, cleared: str | None, acknowledged: str | None) -> bool:
    """Return whether an alarm stood at ENDEX: its cause was there, or nobody had seen it."""
    ends_us = span.play.ends_us

    def done(at: str | None) -> bool:
        us = us_or_none(at)
        return us is not None and span.clocks.common_us(side.centre, us) <= ends_us

    return not (done(cleared) and done(acknowledged))
