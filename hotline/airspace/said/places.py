"""What a text says about where: "north of Latakia", "над Хомсом", "בצפון סוריה".

A place counts only where a preposition or a direction puts the activity there, or where it stands
in a title. The phrase is read backwards from the name. Words beside it that speak of something
else (whom to call, where an aircraft comes from, what is not done) take it out altogether:
an officer who is warned for nothing stops reading warnings.
"""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hotline.airspace.gazetteer import KNOWN_TO_ALL, Place
from hotline.airspace.said.lexicon import Role
from hotline.airspace.said.mentions import Mention
from hotline.airspace.said.subject import is_elsewhere, is_labelled, is_titled
from hotline.airspace.said.words import Text

OVER_M: Final = 50_000.0
"""Farther than this from the area, a place is not one that the activity is over, at or in."""
NEAR_M: Final = 100_000.0
"""The same for near, off or around, for a title, and for a route from one place to another."""
DIRECTION_M: Final = 200_000.0
"""The same for a direction: "north of" reaches farther than "near"."""
PROVINCE_M: Final = 250_000.0
"""The same for a province that is named after its town."""

_LONGEST_PHRASE: Final = 12
_LONGEST_DISTANCE_M: Final = 2_000_000.0


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The words ``quote`` put the activity within ``limit_m`` of one of ``places``.

    ``bearings`` are the directions from there, in degrees, of which one must hold; none where the
    words name no direction. ``limit_m`` is infinite where they say nothing about nearness.
    """

    field: str
    quote: str
    places: tuple[Place, ...]
    bearings: tuple[float, ...]
    limit_m: float


@dataclass(slots=True)
class _Phrase:
    """What stands in front of a name, as far as it has been read backwards to word ``first``."""

    first: int
    bearings: list[float]
    relation: Role | None = None
    limit_m: float = 0.0
    is_province: bool = False
    is_elsewhere: bool = False


def whereabouts(text: Text, named: Sequence[Mention]) -> Iterator[Whereabouts]:
    """Yield what a text says about where, given the places that it names."""
    number = 0
    while number < len(named):
        mention = named[number]
        group = _group(text, named, number)
        number += len(group)
        phrase = _phrase(text, mention, len(group) > 1)
        last = _read_after(text, group[-1], phrase)
        if phrase.is_elsewhere or is_titled(text, phrase.first):
            continue
        if is_elsewhere(text, phrase.first, last):
            continue
        limit_m = _limit(text, phrase, group)
        if limit_m:
            kept = [mention]
            kept += [other for other in group[1:] if not mention.is_qualified_by(other)]
            yield Whereabouts(
                text.field,
                text.quote(phrase.first, last),
                tuple(place for member in kept for place in member.places),
                tuple(phrase.bearings),
                limit_m,
            )


def _group(text: Text, named: Sequence[Mention], first: int) -> list[Mention]:
    """Return the mention of number ``first`` and those that are joined to it: A, B and C."""
    group = [named[first]]
    for following in named[first + 1 :]:
        between = text.words[group[-1].last + 1 : following.first]
        joined = len(between) <= 3 and all(
            word.tag.role in (Role.AND, Role.COMMA, Role.TO, Role.AT, Role.FILL, Role.PROVINCE)
            for word in between
        )
        if not joined:
            break
        group.append(following)
    return group


def _phrase(text: Text, mention: Mention, is_list: bool) -> _Phrase:
    """Read backwards from a name what it is to the activity."""
    phrase = _Phrase(mention.first, [])
    _read_prefix(text, mention, phrase)
    number = mention.first - 1
    while number > 0 and phrase.relation is None and mention.first - number <= _LONGEST_PHRASE:
        tag = text.words[number].tag
        before = text.words[number - 1].tag
        if ":" in text.text[text.words[number].end : text.words[number + 1].start]:
            break
        match tag.role:
            case Role.DIRECTION:
                if tag.lead == "letter" and text.words[number + 1].tag.role is not Role.OF:
                    break
                length, bearing = _compass(text, number)
                if bearing is None:
                    phrase.is_elsewhere = True
                    break
                phrase.bearings.append(bearing)
                number -= length - 1
                _read_lead(text.words[number].tag.lead, mention, phrase)
            case Role.FILL | Role.OF:
                pass
            case Role.PROVINCE:
                phrase.is_province = True
            case Role.COMMA | Role.AND if phrase.bearings and before.role is Role.DIRECTION:
                pass
            case Role.FROM if not phrase.bearings and before.role in (
                Role.DIRECTION,
                Role.UNIT,
                Role.NEAR,
            ):
                pass
            case Role.TO if phrase.bearings or before.role is Role.NEAR:
                pass
            case Role.UNIT if before.role is Role.NUMBER:
                phrase.limit_m = _metres(text.words[number - 1].key, tag.value)
                phrase.relation = None if phrase.bearings else Role.NEAR
                number -= 1
            case Role.AT | Role.ABOVE | Role.NEAR:
                phrase.relation = Role.NEAR if tag.role is Role.NEAR else Role.AT
            case Role.FROM:
                # An origin; but a route, where it leads on to another place.
                phrase.relation = Role.NEAR
                phrase.is_elsewhere = not is_list or bool(phrase.bearings)
            case Role.TO | Role.MOTION:
                phrase.is_elsewhere = True
                break
            case _:
                break
        phrase.first = number
        number -= 1
    return phrase


def _read_prefix(text: Text, mention: Mention, phrase: _Phrase) -> None:
    """Take note of the preposition that Hebrew writes onto a name, and of Russian motion."""
    before = text.words[mention.first - 1].tag.role
    beside = before in (Role.DIRECTION, Role.NEAR, Role.FILL, Role.UNIT, Role.OF)
    if "ב" in mention.prefix:
        phrase.relation = Role.AT
    elif ("ל" in mention.prefix or "מ" in mention.prefix) and not beside:
        phrase.is_elsewhere = True
    key = text.words[mention.last].key
    if text.words[mention.first - 1].key in ("в", "на") and key[-1:] in ("у", "ю"):
        phrase.is_elsewhere = True  # the accusative: flown to, not flown at


def _read_lead(lead: str, mention: Mention, phrase: _Phrase) -> None:
    """Take note of the preposition that Hebrew writes onto a direction."""
    if lead == "at":
        phrase.relation = Role.AT
    elif lead == "to" or (lead == "from" and "ל" not in mention.prefix):
        phrase.is_elsewhere = True


def _read_after(text: Text, mention: Mention, phrase: _Phrase) -> int:
    """Read what follows a name: Syria's north, Homs province, and in a title Syria North.

    Returns the number of the last word that belongs to it.
    """
    word, after = text.words[mention.last], text.words[mention.last + 1]
    if after.tag.role is Role.PROVINCE:
        phrase.is_province = True
        return mention.last + 1
    if after.tag.role is Role.DIRECTION and not phrase.bearings and after.tag.lead != "letter":
        last = mention.last + 1
        while text.words[last + 1].tag.role is Role.DIRECTION:
            last += 1
        _, bearing = _compass(text, last)
        ends = text.words[last + 1].tag.role is Role.STOP and text.field == "title"
        if bearing is not None and (word.possessive or ends):
            phrase.bearings.append(bearing)
            return last
    return mention.last


def _compass(text: Text, last: int) -> tuple[int, float | None]:
    """Return how many words up to ``last`` are one direction, and its bearing in degrees.

    North-west is halfway between, north-north-west halfway again. None for what is no direction,
    as in north-south.
    """
    bearing: float | None = text.words[last].tag.value
    length = 1
    while text.words[last - length].tag.role is Role.DIRECTION:
        turn = (text.words[last - length].tag.value - (bearing or 0.0) + 180) % 360 - 180
        bearing = None if bearing is None or abs(turn) > 90 else (bearing + turn / 2) % 360
        length += 1
    return length, bearing


def _metres(number: str, unit_m: float) -> float:
    """Return a distance in metres, a comma or point being a decimal one; bounded."""
    whole, _, part = number.replace(",", ".").partition(".")
    digits = f"{whole}.{part}" if part.isdecimal() else whole.partition(":")[0]
    return min(float(digits) * unit_m, _LONGEST_DISTANCE_M)


def _limit(text: Text, phrase: _Phrase, group: Sequence[Mention]) -> float:
    """Return how far the area may be from the place; 0 where nothing was said about it."""
    if phrase.bearings:
        limit_m = DIRECTION_M
    elif phrase.relation is Role.NEAR or (phrase.relation and len(group) > 1):
        limit_m = NEAR_M
    elif phrase.relation:
        limit_m = OVER_M
    elif (text.field == "title" or is_labelled(text, phrase.first)) and any(
        place.kind in KNOWN_TO_ALL for member in group for place in member.places
    ):
        limit_m = NEAR_M
    else:
        return 0.0
    if phrase.is_province:
        limit_m = max(limit_m, PROVINCE_M)
    return limit_m + phrase.limit_m


def bare_direction(text: Text, country: Place) -> Iterator[Whereabouts]:
    """Yield each "in the north" that stands alone, as meant of the one country that is named."""
    words = text.words
    number = 1
    while number < len(words) - 1:
        if words[number].tag.role is not Role.DIRECTION:
            number += 1
            continue
        first = number
        while words[number + 1].tag.role is Role.DIRECTION:
            number += 1
        _, bearing = _compass(text, number)
        lead = words[first].tag.lead
        opening = first - 1 if words[first - 1].tag.role is Role.FILL else first
        is_at = lead == "at" or (not lead and words[opening - 1].key in ("in", "на"))
        ends = words[number + 1].tag.role in (Role.STOP, Role.COMMA, Role.AT, Role.NUMBER)
        opening -= lead != "at"
        if bearing is not None and is_at and ends and not is_elsewhere(text, opening, number):
            yield Whereabouts(
                text.field, text.quote(opening, number), (country,), (bearing,), math.inf
            )
        number += 1


def without_repeats(said: Sequence[Whereabouts]) -> list[Whereabouts]:
    """Return statements without those that say the same again in the same field."""
    kept = {replace(one, quote=""): one for one in reversed(said)}
    return list(reversed(kept.values()))
