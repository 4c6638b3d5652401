"""The places that mock notices speak of are those of the gazetteer, in every language."""

from __future__ import annotations

import pytest

from hotline.airspace.said.reading import read
from hotline.exercise.traffic.places import DIRECTIONS, Spoken, nearest, opposite, places
from hotline.exercise.traffic.plane import Middle
from hotline.exercise.traffic.words import LANGUAGES, Where


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", places(), ids=lambda place: place.en)
def test_a_name_is_read_as_the_place_that_is_meant(place: Spoken, language: str) -> None:
    """In a title each name, with a direction or near, is understood as this place alone."""
    for where in (Where(place, "north-west"), Where(place)):
        (found,) = read(where.text(language)[:1].upper() + where.text(language)[1:], "").where
        for one in found.places:
            assert one.middle.lat == pytest.approx(place.lat, abs=0.02)
            assert one.middle.lon == pytest.approx(place.lon, abs=0.02)
        assert found.bearings == ((315.0,) if where.direction else ())


def test_directions_are_those_of_the_compass() -> None:
    """What lies east is said to be east, and the opposite of it is west."""
    place = places()[0]
    step = {"north": (1.0, 0.0), "north-east": (0.8, 1.0), "east": (0.0, 1.0),
            "south-west": (-0.8, -1.0)}  # fmt: skip
    for direction, (north, east) in step.items():
        assert place.direction_of(Middle(place.lat + north, place.lon + east)) == direction
    assert [opposite(one) for one in DIRECTIONS[:4]] == list(DIRECTIONS[4:])


def test_the_nearest_place_is_within_the_limits() -> None:
    """A place is found only within the limits that were asked for."""
    latakia = places()[0]
    beside = Middle(latakia.lat + 0.1, latakia.lon)
    assert nearest(beside, 0.0, 140.0) == latakia
    assert nearest(beside, 0.0, 1.0) is None
    further = nearest(beside, 30.0, 140.0)
    assert further is not None
    assert further != latakia
