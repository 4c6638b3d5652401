"""One planned activity before it is a message: where, how high, when, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotline.exercise.traffic import activities, words
from hotline.exercise.traffic.activities import PROFILES, Levels
from hotline.exercise.traffic.chance import Chance
from hotline.exercise.traffic.places import nearest
from hotline.exercise.traffic.plane import DECIMALS, KM_PER_DEGREE, Middle, Outline, cosine
from hotline.exercise.traffic.terms import Terms
from hotline.exercise.traffic.words import Where
from hotline.model.kinds import Activity, Kind, Precedence

PRECEDENCES = {"FLASH": 2.0, "IMMEDIATE": 10.0, "PRIORITY": 28.0, "ROUTINE": 60.0}
"""How often each is given to a notice where a traffic says nothing about it."""

SPARE_MINUTES = {
    Precedence.FLASH: (2, 8),
    Precedence.IMMEDIATE: (3, 25),
    Precedence.PRIORITY: (10, 75),
    Precedence.ROUTINE: (20, 240),
}
"""Minutes of warning beyond what the letter asks for, more often few than many."""

NEARBY_KM = 12.0
"""So near to a place no direction is told; nor is one told from farther than `SPEAKING_KM`."""
SPEAKING_KM = 140.0

Area = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a notice announces. ``lead_s`` is from sending it to its start, ``lasts_s`` its time.

    ``short_forms`` are its levels as the message has them, ``said_levels`` as remarks have them;
    None leaves them out there.
    """

    activity: Activity
    precedence: Precedence
    language: str
    middle: Middle
    outline: Outline
    levels: Levels
    short_forms: tuple[str, str]
    said_levels: Levels | None
    lead_s: int
    lasts_s: int
    where: Where | None
    who: str
    more: str = ""

    def document(self, kind: Kind = Kind.NOTICE, reason: str = "") -> dict[str, Any]:
        """Return the message's file: a notice, or a revision with its reason.

        The reference is left out: whoever sends it knows which one it is.
        """
        lower, upper = self.short_forms
        found: dict[str, Any] = {
            "kind": kind.value,
            "precedence": self.precedence.name,
            "title": words.title(self.activity, self.where, self.language),
            "activity": self.activity.value,
            "volumes": [
                {
                    **self.outline.at(self.middle),
                    "altitude_lower": lower,
                    "altitude_upper": upper,
                    "time_start": offset(self.lead_s),
                    "time_end": offset(self.lead_s + self.lasts_s),
                }
            ],
            "remarks": words.remarks(self.who, self.said_levels, self.language, self.more),
        }
        return {**found, "reason": reason} if reason else found


def offset(seconds: int) -> str:
    """Return a time from now as a message's file has it: ``+2h30m``, ``+45m``, ``+0s``."""
    hours, minutes = divmod(seconds // 60, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds % 60, "s"))
    return "+" + ("".join(f"{value}{unit}" for value, unit in parts if value) or "0s")


def draw_plan(
    chance: Chance, *, activity: Activity, precedence: Precedence, language: str, area: Area,
    terms: Terms,
) -> Plan:  # fmt: skip
    """Draw an activity of which nothing is wrong: its words say what its geometry says."""
    profile = PROFILES[activity]
    outline = profile.outline(chance)
    middle = draw_middle(chance, area, outline.reach_km)
    levels = profile.levels(chance)
    low, high = SPARE_MINUTES[precedence]
    spare_s = 60 * round(chance.skewed(low, high))
    needed_s = round(terms.warning_needed_s(precedence, activity.value))
    return Plan(
        activity=activity,
        precedence=precedence,
        language=language,
        middle=middle,
        outline=outline,
        levels=levels,
        short_forms=levels.short_forms(),
        said_levels=levels if chance.happens(0.7) else None,
        lead_s=-(-(needed_s + spare_s) // 60) * 60,
        lasts_s=60 * chance.stepped(*profile.minutes, 5),
        where=where_is(middle),
        who=words.flying(chance, activity, language),
    )


def draw_middle(chance: Chance, area: Area, reach_km: float) -> Middle:
    """Draw the middle of what reaches so far, so that it lies within an area if it fits."""
    west, south, east, north = area
    high = reach_km / KM_PER_DEGREE
    wide = high / cosine((south + north) / 2)
    lat = _within(chance, south + high, north - high)
    lon = _within(chance, west + wide, east - wide)
    return Middle(round(lat, DECIMALS), round(lon, DECIMALS))


def _within(chance: Chance, low: float, high: float) -> float:
    drawn = chance.unit()
    return low + (high - low) * drawn if low < high else (low + high) / 2


def where_is(middle: Middle) -> Where | None:
    """Return how words say where something is; None where no place is near enough to name."""
    place = nearest(middle, 0.0, SPEAKING_KM)
    if place is None:
        return None
    if place.km_to(middle) < NEARBY_KM:
        return Where(place)
    return Where(place, place.direction_of(middle))


def weights_of(given: dict[str, float], otherwise: dict[str, float]) -> dict[str, float]:
    """Return what a traffic says about shares; what it says nothing about, as is usual here."""
    return given or otherwise


ACTIVITIES = activities.SHARES
LANGUAGES = words.SHARES
