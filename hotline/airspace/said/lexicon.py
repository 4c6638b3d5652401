"""What single words are worth to a reader of positions, levels and times, in three languages.

Keys are folded (`words.fold`). A word that is not listed is worth nothing: it ends a phrase.
`Role.ASIDE` marks words about something else than the announced activity (whom to call, what the
weather does, where an aircraft comes from, what was said yesterday): what stands beside them is
not compared. `Role.OBJECT` does so too, unless a word of `Role.STRIKE` says that it is struck.
"""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

from hotline.airspace.said import english, hebrew, russian


class Role(Enum):
    """What a word does in a phrase."""

    OTHER = auto()
    NUMBER = auto()
    COMMA = auto()
    STOP = auto()
    DIRECTION = auto()
    FILL = auto()
    OF = auto()
    FROM = auto()
    TO = auto()
    AND = auto()
    AT = auto()
    NEAR = auto()
    PROVINCE = auto()
    UNIT = auto()
    MOTION = auto()
    NOT = auto()
    ASIDE = auto()
    OBJECT = auto()
    STRIKE = auto()
    ABOVE = auto()
    BELOW = auto()
    LEVEL = auto()
    BEFORE_AFTER = auto()


class Tag(NamedTuple):
    """A word's role; ``value`` is a bearing in degrees or the metres of a unit of distance.

    ``lead`` is the preposition that a Hebrew word of direction holds: ``at``, ``from`` or ``to``.
    """

    role: Role
    value: float = 0.0
    lead: str = ""


_ROLES: Final = {
    "fill": Role.FILL,
    "of": Role.OF,
    "from": Role.FROM,
    "to": Role.TO,
    "and": Role.AND,
    "at": Role.AT,
    "near": Role.NEAR,
    "province": Role.PROVINCE,
    "motion": Role.MOTION,
    "not": Role.NOT,
    "aside": Role.ASIDE,
    "object": Role.OBJECT,
    "strike": Role.STRIKE,
    "above": Role.ABOVE,
    "below": Role.BELOW,
    "level": Role.LEVEL,
    "before_after": Role.BEFORE_AFTER,
}


def _lexicon() -> dict[str, Tag]:
    found: dict[str, Tag] = {}
    for language in (english, russian, hebrew):
        for name, words in language.WORDS.items():
            for word in words.split():
                found[word] = Tag(_ROLES[name])
        for metres, words in language.UNITS.items():
            for word in words.split():
                found[word] = Tag(Role.UNIT, metres)
        for (bearing, lead), words in language.DIRECTIONS.items():
            for word in words.split():
                found[word] = Tag(Role.DIRECTION, bearing, lead)
    return found


LEXICON: Final = _lexicon()

COMPASS_LETTERS: Final = {
    letters: Tag(Role.DIRECTION, bearing, lead)
    for letters, bearing, lead in (
        # One letter alone is a direction only in "N of Homs": it is an initial or a hemisphere
        # otherwise.
        ("N", 0.0, "letter"),
        ("E", 90.0, "letter"),
        ("S", 180.0, "letter"),
        ("W", 270.0, "letter"),
        ("NE", 45.0, ""),
        ("SE", 135.0, ""),
        ("SW", 225.0, ""),
        ("NW", 315.0, ""),
        ("NNE", 22.5, ""),
        ("ENE", 67.5, ""),
        ("ESE", 112.5, ""),
        ("SSE", 157.5, ""),
        ("SSW", 202.5, ""),
        ("WSW", 247.5, ""),
        ("WNW", 292.5, ""),
        ("NNW", 337.5, ""),
        ("СВ", 45.0, ""),
        ("ЮВ", 135.0, ""),
        ("ЮЗ", 225.0, ""),
        ("СЗ", 315.0, ""),
    )
}
"""Compass letters as they are written, in capitals only."""
