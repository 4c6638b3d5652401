"""Places that mock notices speak of, in three languages; where they lie, the gazetteer says.

So what words say and what is checked go by the same positions. Russian names stand in the
genitive, which "north of" and "near" take; Hebrew ones without the letters that are written onto
them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from hotline.airspace.gazetteer import gazetteer
from hotline.airspace.said.words import fold
from hotline.exercise.traffic.plane import Middle

_NAMES = (
    ("Latakia", "Латакии", "לטקיה"),
    ("Tartus", "Тартуса", "טרטוס"),
    ("Homs", "Хомса", "חומס"),
    ("Damascus", "Дамаска", "דמשק"),
    ("Palmyra", "Пальмиры", "תדמור"),
    ("Aleppo", "Алеппо", "חלב"),
    ("Idlib", "Идлиба", "אדלב"),
    ("Beirut", "Бейрута", "ביירות"),
    ("Tripoli", "Триполи", "טריפולי"),
    ("Sidon", "Сидона", "צידון"),
    ("Haifa", "Хайфы", "חיפה"),
    ("Tiberias", "Тверии", "טבריה"),
    ("Ashdod", "Ашдода", "אשדוד"),
    ("Irbid", "Ирбида", "אירביד"),
    ("Limassol", "Лимасола", "לימסול"),
    ("Larnaca", "Ларнаки", "לרנקה"),
    ("Nicosia", "Никозии", "ניקוסיה"),
    ("Famagusta", "Фамагусты", "פמגוסטה"),
    ("Kyrenia", "Кирении", "קירניה"),
    ("Antakya", "Антакьи", "אנטיוכיה"),
    ("Adana", "Аданы", "אדנה"),
)

DIRECTIONS = ("north", "north-east", "east", "south-east", "south", "south-west", "west",
              "north-west")  # fmt: skip
"""The eight that words name, clockwise."""
_SLOPE = 0.41421356
"""Tangent of 22.5 degrees: beyond it a direction lies between two of the four."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A place as it is spoken of: its name in each language, and where it is."""

    en: str
    ru: str
    he: str
    lat: float
    lon: float

    def name(self, language: str) -> str:
        """Return its name in a language: en, ru (genitive) or he."""
        return {"ru": self.ru, "he": self.he}.get(language, self.en)

    def km_to(self, middle: Middle) -> float:
        """Return the kilometres to the middle of an area."""
        east, north = middle.seen_from(self.lat, self.lon)
        return math.sqrt(east * east + north * north)

    def direction_of(self, middle: Middle) -> str:
        """Return in which of the eight directions the middle of an area lies."""
        east, north = middle.seen_from(self.lat, self.lon)
        to_north = "north" if north > _SLOPE * abs(east) else ""
        to_south = "south" if -north > _SLOPE * abs(east) else ""
        to_east = "east" if east > _SLOPE * abs(north) else ""
        to_west = "west" if -east > _SLOPE * abs(north) else ""
        return "-".join(part for part in (to_north or to_south, to_east or to_west) if part)


@cache
def places() -> tuple[Spoken, ...]:
    """Return all of them, in a fixed order; the gazetteer is read once."""
    return tuple(_placed(*names) for names in _NAMES)


def _placed(en: str, ru: str, he: str) -> Spoken:
    _, found = gazetteer().find([fold(en)], 0)
    middle = found[0].middle
    return Spoken(en, ru, he, middle.lat, middle.lon)


def nearest(middle: Middle, from_km: float, to_km: float) -> Spoken | None:
    """Return the nearest place that lies so far from the middle of an area, None without one."""
    fitting = [
        (distance_km, place.en, place)
        for place in places()
        if from_km <= (distance_km := round(place.km_to(middle), 6)) <= to_km
    ]
    return min(fitting)[2] if fitting else None


def opposite(direction: str) -> str:
    """Return the direction on the other side."""
    return DIRECTIONS[(DIRECTIONS.index(direction) + 4) % 8]
