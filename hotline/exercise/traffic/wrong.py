"""What is wrong with a notice on purpose, and which flag the receiver's node puts on it.

Only what a node sends: composing refuses crossed outlines, upper levels that are surely below the
lower ones, times without a zone. What remains is what officers really get wrong.
"""

from __future__ import annotations

import math
from dataclasses import replace
from enum import StrEnum

from hotline.exercise.traffic.activities import Levels
from hotline.exercise.traffic.chance import Chance
from hotline.exercise.traffic.places import Spoken, nearest, opposite, places
from hotline.exercise.traffic.plan import Plan
from hotline.exercise.traffic.plane import disc
from hotline.exercise.traffic.terms import Terms
from hotline.exercise.traffic.words import Where, chosen
from hotline.model.months import MONTHS

DAY_S = 86_400
ELSEWHERE_KM = (120.0, 400.0)
"""How far beyond the area's reach a place lies that a wrong title names: farther than near."""
OPPOSED_KM = 180.0
"""No direction is told from farther than this."""
LARGEST_KM = 480.0
HIGHEST_SAID = 450
LONGEST_HORIZON_DAYS = 380.0


class Wrong(StrEnum):
    """One error; the value names it in the description of its inject."""

    DIRECTION = "direction"
    PLACE = "place"
    LEVEL = "level"
    DAY = "day"
    SHORT = "short notice"
    AREA = "area"
    HORIZON = "date"
    EARLY = "early activation"
    LATE = "late activation"
    OVERRUN = "overrun"


FLAGS = {
    Wrong.DIRECTION: "airspace.direction-differs",
    Wrong.PLACE: "airspace.place-differs",
    Wrong.LEVEL: "airspace.level-differs",
    Wrong.DAY: "airspace.time-differs",
    Wrong.SHORT: "notice.short-warning",
    Wrong.AREA: "airspace.area-too-large",
    Wrong.HORIZON: "airspace.beyond-horizon",
    Wrong.EARLY: "notice.activation-early",
    Wrong.LATE: "notice.activation-late",
    Wrong.OVERRUN: "notice.overrun",
}
"""The flag of the receiving node, by error."""

SAID = {
    Wrong.DIRECTION: "the title names the opposite direction",
    Wrong.PLACE: "the title names a place that is far away",
    Wrong.LEVEL: "the remarks name other levels than the volume has",
    Wrong.DAY: "the remarks name a day of years ago",
    Wrong.SHORT: "less warning than the letter asks for",
    Wrong.AREA: "the radius is many times too large",
    Wrong.HORIZON: "the start lies beyond the letter's horizon",
    Wrong.EARLY: "activated before its start",
    Wrong.LATE: "activated later than the letter allows",
    Wrong.OVERRUN: "ended after the end of its times",
}
"""What an evaluator reads about each."""


def possible(plan: Plan, terms: Terms) -> tuple[Wrong, ...]:
    """Return the errors that a notice can have, in fixed order; there is always one."""
    found = [Wrong.SHORT, Wrong.DAY]
    if _opposed(plan) is not None:
        found.append(Wrong.DIRECTION)
    if _elsewhere(plan):
        found.append(Wrong.PLACE)
    if plan.levels.lower is not None:
        found.append(Wrong.LEVEL)
    if terms.letter is not None:
        limits = terms.letter.limits
        if _radius_km(limits.area_km2) <= LARGEST_KM:
            found.append(Wrong.AREA)
        if limits.horizon_days <= LONGEST_HORIZON_DAYS:
            found.append(Wrong.HORIZON)
    return tuple(found)


def spoiled(plan: Plan, wrong: Wrong, chance: Chance, terms: Terms) -> Plan:
    """Return a plan with one error of `possible`; all else of it stays right."""
    match wrong:
        case Wrong.DIRECTION if (place := _opposed(plan)) is not None:
            direction = opposite(place.direction_of(plan.middle))
            return replace(plan, where=Where(place, direction))
        case Wrong.PLACE:
            return replace(plan, where=Where(chance.one_of(_elsewhere(plan))))
        case Wrong.LEVEL:
            return replace(plan, said_levels=_other_levels(plan.levels))
        case Wrong.DAY:
            return replace(plan, more=_some_day(chance, plan.language))
        case Wrong.AREA if terms.letter is not None:
            radius_km = math.ceil(_radius_km(terms.letter.limits.area_km2))
            return replace(plan, outline=disc(radius_km))
        case Wrong.HORIZON if terms.letter is not None:
            ahead_s = math.ceil(terms.letter.limits.horizon_days * DAY_S)
            return replace(plan, lead_s=ahead_s + DAY_S * chance.whole(1, 5))
    # With no warning asked for, it is short only where it has begun.
    needed_s = 0.0 if terms.letter is None else terms.warning_needed_s(
        plan.precedence, plan.activity.value
    )  # fmt: skip
    return replace(plan, lead_s=int(needed_s * chance.between(0.05, 0.6)) // 60 * 60)


def _opposed(plan: Plan) -> Spoken | None:
    """Return the nearest place that an area is so far from that none of it is on the other side."""
    return nearest(plan.middle, 1.5 * plan.outline.reach_km + 10.0, OPPOSED_KM)


def _elsewhere(plan: Plan) -> list[Spoken]:
    """Return places that nobody would call near."""
    low, high = (away + plan.outline.reach_km for away in ELSEWHERE_KM)
    return [place for place in places() if low <= place.km_to(plan.middle) <= high]


def _radius_km(area_km2: float) -> float:
    """Return the radius of a circle that is a tenth larger than an area."""
    return math.sqrt(area_km2 * 1.1 / 3.14159265)


def _other_levels(levels: Levels) -> Levels:
    """Return a thin block well above a block, or below it where it is high."""
    apart, thin = {"fl": (40, 40), "ft": (4000, 2000), "m": (1200, 600)}[levels.unit]
    lower = levels.upper + apart
    if levels.unit == "fl" and lower + thin > HIGHEST_SAID:
        lower = (levels.lower or 0) - apart - thin
    return Levels(levels.unit, lower, lower + thin)


def _some_day(chance: Chance, language: str) -> str:
    """Return a day of the years before 2020, as left over from another notice."""
    day, month, year = chance.whole(10, 28), chance.one_of(MONTHS), chance.whole(2015, 2019)
    name = chosen((month.english, month.russian, f"ב{month.hebrew}"), language)
    return chosen(
        (f"Flights on {day} {name} {year} only.", f"Полёты только {day} {name} {year}.",
         f"פעילות {day} {name} {year}."),
        language,
    )  # fmt: skip
