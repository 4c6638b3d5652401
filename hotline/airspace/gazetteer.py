"""The region's places by name, in English, Russian (every case) and Hebrew.

Towns come from GeoNames (CC BY 4.0, `places/LICENCE`), countries, seas and airfields from a list
of our own; `tools/make_gazetteer.py` makes the one, the other is kept by hand. Both are read from
the package on first use. A name may stand for several places: all of them are returned.
"""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from hotline.airspace.said.words import fold
from hotline.model.volume import Position

_FILES: Final = ("own.tsv", "geonames.tsv")

KNOWN_TO_ALL: Final = frozenset({"city", "country", "region", "sea", "airfield"})
"""Kinds of places that a title may name without a preposition, and still be understood."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place by its usual English name: a point, or the extent of a country, region or sea.

    ``kind`` is one of `KNOWN_TO_ALL` or ``town``, ``country`` an ISO 3166 code or empty; limits
    in degrees, equal ones for a point. An extent is a box as people speak of it, not a border.
    """

    name: str
    kind: str
    country: str
    south: float
    west: float
    north: float
    east: float

    @property
    def is_extent(self) -> bool:
        """Say whether the place has an extent, so that it has a north and a south itself."""
        return self.north > self.south

    @property
    def middle(self) -> Position:
        """The place, or the middle of its extent."""
        return Position((self.south + self.north) / 2, (self.west + self.east) / 2)


class _Names:
    """What may follow the words so far: the places that they name, and longer names."""

    __slots__ = ("longer", "places")

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.longer: dict[str, _Names] = {}


class Gazetteer:
    """Places by the folded words of their names, one word after the other."""

    def __init__(self, places: Sequence[tuple[Place, Sequence[str]]]) -> None:
        """Take places, each with its names as they are written in any of the languages."""
        self.places = tuple(place for place, _ in places)
        self._names = _Names()
        for place, names in places:
            for name in names:
                ends = [self._names]
                for word in name.replace("-", " ").split():
                    forms = case_forms(fold(word))
                    ends = [end.longer.setdefault(form, _Names()) for end in ends for form in forms]
                for end in ends:
                    if place not in end.places:
                        end.places.append(place)

    def begins(self, key: str) -> bool:
        """Say whether a folded word begins a name."""
        return key in self._names.longer

    def find(self, keys: Sequence[str], first: int) -> tuple[int, tuple[Place, ...]]:
        """Return how many folded words, from number ``first``, are a name, and the places.

        The longest name is taken; 0 and nothing where there is none.
        """
        found: tuple[int, tuple[Place, ...]] = (0, ())
        names = self._names
        for number in range(first, len(keys)):
            following = names.longer.get(keys[number])
            if following is None:
                break
            names = following
            if names.places:
                found = (number + 1 - first, tuple(names.places))
        return found


@cache
def gazetteer() -> Gazetteer:
    """Return the shipped places; read once."""
    return Gazetteer(list(_shipped()))


def _shipped() -> Iterator[tuple[Place, list[str]]]:
    for file in _FILES:
        text = (resources.files("hotline.airspace") / "places" / file).read_text(encoding="utf-8")
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            kind, country, where, *columns = line.split("\t")
            numbers = [float(number) for number in where.split()]
            south, west, north, east = numbers if len(numbers) == 4 else numbers * 2
            names = [name for column in columns for name in column.split("|") if name]
            yield Place(names[0], kind, country, south, west, north, east), names


# Russian endings of the dictionary form, the first that fits, and those of the other cases.
_ENDINGS: Final = (
    ("ия", "ия ии ию ией"),
    ("ая", "ая ой ую"),
    ("ое", "ое ого ому ым ом"),
    ("ий", "ий ого ому им ом ия ию ием ии"),
    ("ый", "ый ого ому ым ом"),
    ("ие", "ие их им ими"),
    ("ье", "ье ья ью ьем"),
    ("а", "а ы и е у ой ей"),
    ("я", "я и е ю ей"),
    ("е", "е я ю ем"),
    ("ь", "ь я и ю ем е ью"),
    ("й", "й я ю ем е и"),
    ("ы", "ы ов ам ами ах "),
)
_CONSONANTS: Final = "бвгджзклмнпрстфхцчшщ"
_AFTER_CONSONANT: Final = ("", "а", "у", "ом", "ем", "е")


@cache
def case_forms(word: str) -> frozenset[str]:
    """Return a folded name in every case that it may stand in; itself, if it is not Russian.

    The rules are coarser than the grammar: forms that no Russian would write do no harm.
    """
    if not "а" <= word[:1] <= "я":
        return frozenset((word,))
    if word[-1] in _CONSONANTS:
        return frozenset(word + ending for ending in _AFTER_CONSONANT)
    for ending, others in _ENDINGS:
        if word.endswith(ending):
            stem = word[: -len(ending)]
            return frozenset(stem + other for other in others.split(" "))
    return frozenset((word,))
