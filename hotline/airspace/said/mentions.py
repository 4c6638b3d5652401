"""Places that a text names: which words, which places, and what a Hebrew name has in front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hotline.airspace.gazetteer import Gazetteer, Place
from hotline.airspace.said.lexicon import Role
from hotline.airspace.said.words import MAX_STATEMENTS, Text, Word, name_key, words_in

_HEBREW_PREFIXES: Final = frozenset("ובלמהשכ")
_MOST_PREFIXES: Final = 2


@dataclass(frozen=True, slots=True)
class Mention:
    """Words ``first`` to ``last`` of a text name one of ``places``.

    ``prefix`` holds the prepositions that Hebrew writes onto a name, such as ל.
    """

    first: int
    last: int
    places: tuple[Place, ...]
    prefix: str = ""

    def is_qualified_by(self, other: Mention) -> bool:
        """Say whether another mention only says in which country this one lies."""
        countries = {place.country for place in other.places if place.kind == "country"}
        return any(place.country in countries and place.kind != "country" for place in self.places)


def mentions(text: Text, places: Gazetteer) -> list[Mention]:
    """Return the places that a text names, in order; names begin with a capital letter.

    At most `MAX_STATEMENTS` of them.
    """
    words = text.words
    keys = [word.key for word in words]
    found: list[Mention] = []
    number, count = 0, len(words)
    while number < count and len(found) < MAX_STATEMENTS:
        word = words[number]
        mention = _mention(keys, number, places) if word.capital else None
        if mention is None or _is_call_sign(words, mention):
            number += 1
        else:
            found.append(mention)
            number = mention.last + 1
    return found


def may_mention(text: str, places: Gazetteer) -> bool:
    """Say whether any word of a text may begin a name; where none does, `mentions` finds none."""
    for word in words_in(text):
        if not word[0].islower():
            key = name_key(word)
            if places.begins(key) or "א" <= key[:1] <= "ת":
                return True
    return False


def _mention(keys: list[str], first: int, places: Gazetteer) -> Mention | None:
    length, named = places.find(keys, first)
    if length:
        return Mention(first, first + length - 1, named)
    key = keys[first]
    if not "א" <= key[:1] <= "ת":
        return None
    if key in _HEBREW_PREFIXES:  # written with a hyphen
        length, named = places.find(keys, first + 1)
        return Mention(first, first + length, named, key) if length else None
    for taken in range(1, _MOST_PREFIXES + 1):
        if len(key) < taken + 3 or key[taken - 1] not in _HEBREW_PREFIXES:
            return None
        length, named = places.find([key[taken:], *keys[first + 1 : first + 4]], 0)
        if length:
            return Mention(first, first + length - 1, named, key[:taken])
    return None


def _is_call_sign(words: Sequence[Word], mention: Mention) -> bool:
    """Say whether a find is a flight that is named after a place, as in HAIFA 21."""
    after = words[mention.last + 1]
    return after.tag.role is Role.NUMBER and len(after.key) <= 2
