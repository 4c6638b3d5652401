"""What the title and the remarks of a notice say, independent of its volumes; kept by text.

Reading is a pure function of the two texts, and costs more than comparing: the words of notices
come again (an update of the same plan, a patrol of every day), so results are kept for a bounded
number of texts of bounded length. A text that names no place and no number says nothing that is
compared, and is left after one look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeVar

from hotline.airspace.gazetteer import Place, gazetteer
from hotline.airspace.said.levels import Height, heights
from hotline.airspace.said.mentions import may_mention, mentions
from hotline.airspace.said.places import (
    Whereabouts,
    bare_direction,
    whereabouts,
    without_repeats,
)
from hotline.airspace.said.times import Date, Times, dates, times
from hotline.airspace.said.words import MAX_CHARACTERS, Text, read_words

MAX_PLACES: Final = 16
"""No more different statements about places are compared, so that the longest text takes no more
than milliseconds."""
KEPT_TEXTS: Final = 256
"""What so many titles and remarks say is kept, those that were read last."""
KEPT_CHARACTERS: Final = 1_000
"""Longer texts are read anew each time, so that a peer cannot fill the memory with them."""

Statement = TypeVar("Statement")

_DIGIT: Final = re.compile("[0-9]")
_ASCII_DIRECTION: Final = re.compile("(?i:north|south|east|west)|[NS][EW]")


@dataclass(frozen=True, slots=True)
class Said:
    """What words state about places, heights, times and days: each statement once."""

    where: tuple[Whereabouts, ...]
    heights: tuple[Height, ...]
    moments: tuple[Times | Date, ...]


@dataclass(frozen=True, slots=True)
class _Statements:
    """What one text states; ``countries`` are those that it names.

    ``words`` is None for a text that was not read, since it can state nothing.
    """

    said: Said
    countries: frozenset[Place]
    words: Text | None


_NOTHING: Final = _Statements(Said((), (), ()), frozenset(), None)


def read(title: str, remarks: str) -> Said:
    """Return what the words of a notice say, kept from an earlier reading where it can be."""
    if len(title) + len(remarks) <= KEPT_CHARACTERS:
        return _kept(title, remarks)
    return read_anew(title, remarks)


def read_anew(title: str, remarks: str) -> Said:
    """Return what the words of a notice say, at most `MAX_PLACES` statements about places."""
    texts = (("title", title), ("remarks", remarks))
    stated = [_statements(field, text) for field, text in texts]
    where = [one for each in stated for one in each.said.where]
    countries = frozenset[Place]().union(*(each.countries for each in stated))
    if len(countries) == 1:
        (country,) = countries
        for each, (field, text) in zip(stated, texts, strict=True):
            words = each.words or _directed(field, text)
            where += bare_direction(words, country) if words else ()
    return Said(
        tuple(without_repeats(where)[:MAX_PLACES]),
        _once(one for each in stated for one in each.said.heights),
        _once(one for each in stated for one in each.said.moments),
    )


_kept: Final = lru_cache(maxsize=KEPT_TEXTS)(read_anew)


def kept_readings() -> int:
    """Return of how many titles and remarks together it is kept what they say."""
    return _kept.cache_info().currsize


def forget() -> None:
    """Keep nothing; the next reading of any text is a new one."""
    _kept.cache_clear()


def _once(said: Iterable[Statement]) -> tuple[Statement, ...]:
    return tuple(dict.fromkeys(said))


def _statements(field: str, text: str) -> _Statements:
    """Return what one text states about places, heights and times."""
    text = text[:MAX_CHARACTERS]
    has_digit = _DIGIT.search(text) is not None
    has_name = may_mention(text, gazetteer())
    if not has_digit and not has_name:
        return _NOTHING
    words = read_words(field, text)
    named = mentions(words, gazetteer()) if has_name else []
    if named:
        numbers = (number for one in named for number in range(one.first, one.last + 1))
        words = replace(words, names=frozenset(numbers))
    return _Statements(
        Said(
            tuple(whereabouts(words, named)),
            tuple(heights(words)) if has_digit else (),
            tuple(_moments(words)) if has_digit else (),
        ),
        frozenset(place for one in named for place in one.places if place.kind == "country"),
        words,
    )


def _moments(text: Text) -> Iterator[Times | Date]:
    yield from times(text)
    yield from dates(text)


def _directed(field: str, text: str) -> Text | None:
    """Return the words of a text that may name a direction; None for one that surely doesn't."""
    text = text[:MAX_CHARACTERS]
    if text.isascii() and not _ASCII_DIRECTION.search(text.replace("'", "")):
        return None
    return read_words(field, text)
