"""Places by name: every case of Russian, spellings, longest names, and the shipped file itself."""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

from importlib import resources

import pytest

from hotline.airspace.gazetteer import KNOWN_TO_ALL, Gazetteer, Place, case_forms, gazetteer
from hotline.airspace.said.words import fold

MAX_BYTES = 300_000
REGION = (28.0, 28.0, 40.0, 48.0)


def found(name: str) -> list[str]:
    """Return the places that a name stands for, all of its words taken."""
    keys = [fold(word) for word in name.replace("-", " ").split()]
    length, places = gazetteer().find(keys, 0)
    return sorted(place.name for place in places) if length == len(keys) else []


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Latakia", "Latakia"),
        ("Lattakia", "Latakia"),
        ("LATAKIA", "Latakia"),
        ("Deir ez-Zor", "Deir ez-Zor"),
        ("Латакия", "Latakia"),
        ("Латакии", "Latakia"),
        ("Латакию", "Latakia"),
        ("Латакией", "Latakia"),
        ("Дамаска", "Damascus"),
        ("Дамаском", "Damascus"),
        ("Тель-Авива", "Tel Aviv"),
        ("Кипре", "Cyprus"),
        ("Ливаном", "Lebanon"),
        ("Израилем", "Israel"),
        ("Египта", "Egypt"),
        ("Средиземного моря", "Mediterranean"),
        ("Голанских высот", "Golan"),
        ("Саудовской Аравии", "Saudi Arabia"),
        ("Чёрное море", "Black Sea"),
        ("Хмеймиме", "Hmeimim"),
        ("לטקיה", "Latakia"),
        ("רמת הגולן", "Golan"),
        ("ח'מיימים", "Hmeimim"),
        ("Türkiye", "Turkey"),
    ],
)
def test_name_in_each_language_and_case(name: str, place: str) -> None:
    """A place is found however it is spelt, declined or accented."""
    assert place in found(name)


def test_longest_name_is_taken() -> None:
    """Western Galilee is not the west of Galilee, and the Dead Sea not a sea that is dead."""
    assert found("Western Galilee") == ["Western Galilee"]
    assert gazetteer().find(["gaza", "strip", "is"], 0)[0] == 2
    assert gazetteer().find(["gaza", "is"], 0)[0] == 1
    assert gazetteer().find(["sea", "of"], 0) == (0, ())


def test_one_name_may_stand_for_several_places() -> None:
    """All places of a name are returned, each once, since any of them may be meant."""
    one = Place("One", "town", "", 1.0, 1.0, 1.0, 1.0)
    other = Place("Other", "town", "", 2.0, 2.0, 2.0, 2.0)
    places = Gazetteer([(one, ["Same", "same"]), (other, ["Same", "Same Place"])])
    assert places.find(["same"], 0) == (1, (one, other))
    assert places.find(["same", "place"], 0) == (2, (other,))


def test_forms_of_words_without_cases() -> None:
    """A name that is not Russian, or ends as no Russian noun does, is only itself."""
    assert case_forms("haifa") == {"haifa"}
    assert case_forms("баку") == {"баку"}
    assert "хомсом" in case_forms("хомс")


def test_shipped_file_is_small_and_says_where_it_comes_from() -> None:
    """The files stay below 300 KB, and the licence with its attribution lies beside them."""
    places = resources.files("hotline.airspace") / "places"
    sizes = [len((places / name).read_bytes()) for name in ("geonames.tsv", "own.tsv")]
    assert sum(sizes) < MAX_BYTES
    assert "Contains data of GeoNames" in (places / "LICENCE").read_text(encoding="utf-8")
    head = (places / "geonames.tsv").read_text(encoding="utf-8").splitlines()[:4]
    assert "GeoNames" in head[0]
    assert "CC BY 4.0" in head[1]


def test_places_are_where_they_should_be() -> None:
    """Towns lie in the region, extents have their limits in order, kinds are known."""
    for place in gazetteer().places:
        assert place.kind in KNOWN_TO_ALL | {"town"}
        assert place.south <= place.north
        assert place.west <= place.east
        assert place.is_extent == (place.kind in {"country", "region", "sea"})
        if place.kind in {"city", "town", "airfield"}:
            south, west, north, east = REGION
            assert south <= place.middle.lat <= north
            assert west <= place.middle.lon <= east


def test_words_of_the_trade_are_no_places() -> None:
    """Words that towns share with the language of notices are not found as names."""
    for word in (
        "tower",
        "base",
        "side",
        "north",
        "рака",
        "бор",
        "אזור",
        "רמת",
        "פלוגה",
        "מודיעין",
    ):
        assert found(word) == []


def test_file_is_read_once() -> None:
    """The second question is answered from memory."""
    assert gazetteer() is gazetteer()
