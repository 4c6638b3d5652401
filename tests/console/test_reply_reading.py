"""What an officer types to read back, understood and held against the signed fields."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.console.language import Words
from hotline.console.pages.reply_proposal import proposals_in, proposals_of
from hotline.console.pages.reply_reading import FIELDS, hear, level_of, typed_in
from hotline.model.kinds import Reference, Unit
from hotline.model.languages.language import Language
from hotline.model.messages import Notice
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

NOW = "2026-03-01T10:00:00Z"
ENGLISH, HEBREW = Words(Language.EN), Words(Language.HE)
SQUARE = Polygon((Position(34, 33), Position(34, 34), Position(33, 34), Position(33, 33)))
VOLUME = Volume4D(
    outline_polygon=SQUARE,
    altitude_lower=Altitude(180, "fl", "standard"),
    altitude_upper=Altitude(280, "fl", "standard"),
    time_start="2026-03-01T11:00:00Z",
    time_end="2026-03-01T13:30:00Z",
)
NOTICE = Notice("IAF-0001", "Patrol", "patrol", (VOLUME,))
RIGHT = {
    "area": "3330N 03330E",
    "start": "1100",
    "end": "13:30",
    "lower": "FL180",
    "upper": "fl 280",
}


def test_what_was_signed_is_understood() -> None:
    """A read-back in an officer's own spelling is right, and keeps its meaning later on."""
    reading = hear(typed_in(RIGHT, ()), NOTICE, NOW, ENGLISH)
    assert reading.differences == 0
    assert reading.read_back is not None
    assert reading.read_back.time_end == "2026-03-01T13:30:00Z"
    later = hear(reading.canonical, NOTICE, "2026-03-04T23:00:00Z", ENGLISH)
    assert later.read_back == reading.read_back


@pytest.mark.parametrize(
    ("field", "typed", "signed"),
    [
        ("area", "36N 33E", "NM away from"),
        ("start", "1200", "2026-03-01 11:00:00 UTC"),
        ("end", "1430", "2026-03-01 13:30:00 UTC"),
        ("lower", "FL190", "FL180"),
        ("upper", "28000 ft", "FL280"),
    ],
)
def test_each_difference_stands_beside_its_field(field: str, typed: str, signed: str) -> None:
    """One wrong field is named with what was signed, and the others are right."""
    reading = hear(typed_in(RIGHT | {field: typed}, ()), NOTICE, NOW, ENGLISH)
    assert reading.read_back is None
    assert [name for name in FIELDS if reading.fields[name].wrong] == [field]
    assert signed in reading.fields[field].signed


def test_nothing_typed_is_completed_from_what_was_signed() -> None:
    """An empty field is missing, and what cannot be read is neither guessed nor taken as right."""
    typed = typed_in({"area": "somewhere", "start": "soon", "lower": "180"}, ())
    reading = hear(typed, NOTICE, NOW, ENGLISH)
    assert reading.differences == 5
    assert all(not one.signed for one in reading.fields.values())
    assert reading.fields["end"].wrong != reading.fields["start"].wrong


def test_groups_are_confirmed_one_by_one() -> None:
    """A confirmed group takes the signed fields; what is not confirmed has to be typed."""
    for some in ((), ("area",), ("area", "times"), ("times", "levels")):
        assert hear(typed_in({}, some), NOTICE, NOW, HEBREW).read_back is None
    whole = hear(typed_in({}, ("area", "times", "levels", "all")), NOTICE, NOW, HEBREW)
    assert whole.read_back is not None
    mixed = hear(typed_in(RIGHT, ("times",)), NOTICE, NOW, HEBREW)
    assert mixed.read_back is not None


def test_a_date_time_group_is_the_nearest() -> None:
    """``011100Z`` is the first of the month at eleven, also across the end of a month."""
    assert hear(typed_in(RIGHT | {"start": "011100Z"}, ()), NOTICE, NOW, ENGLISH).read_back
    night = hear(
        typed_in(RIGHT | {"start": "011100Z", "end": "2026-03-01 13:30"}, ()),
        NOTICE,
        "2026-02-28T22:00:00Z",
        ENGLISH,
    )
    assert night.read_back is not None
    assert not hear(typed_in(RIGHT | {"start": "311100Z"}, ()), NOTICE, NOW, ENGLISH).read_back
    assert not hear(typed_in(RIGHT | {"start": "991100Z"}, ()), NOTICE, NOW, ENGLISH).read_back


@pytest.mark.parametrize(
    ("text", "value", "unit", "reference"),
    [
        ("FL180", 180, Unit.FLIGHT_LEVEL, Reference.STANDARD),
        ("эшелон 180", 180, Unit.FLIGHT_LEVEL, Reference.STANDARD),
        ("2500 ft", 2500, Unit.FEET, Reference.MSL),
        ("2 500 feet above mean sea level", 2500, Unit.FEET, Reference.MSL),
        ("12,000ft msl", 12000, Unit.FEET, Reference.MSL),
        ("900 м над землёй", 900, Unit.METRES, Reference.GROUND),
        ("900,5 m", 900.5, Unit.METRES, Reference.MSL),
        ("900 מטר מעל פני הים", 900, Unit.METRES, Reference.MSL),
        ("300 m agl", 300, Unit.METRES, Reference.GROUND),
        ("4000 m wgs84", 4000, Unit.METRES, Reference.WGS84),
        ("GND", 0, Unit.FEET, Reference.GROUND),
        ("земля", 0, Unit.FEET, Reference.GROUND),
        ("קרקע", 0, Unit.FEET, Reference.GROUND),
    ],
)
def test_levels_in_three_languages(text: str, value: float, unit: str, reference: str) -> None:
    """A level is read in an officer's own words, with what it is measured from."""
    assert level_of(text) == Altitude(value, unit, reference)


@pytest.mark.parametrize("text", ["", "180", "high", "FL", "12 ft above my head", "1,2,3 ft", "-"])
def test_what_is_no_level_is_none(text: str) -> None:
    """A bare number has no unit, and an unknown reference is not guessed."""
    assert level_of(text) is None


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*FIELDS, "place"]), st.text(max_size=60)))
def test_whatever_is_typed_there_is_an_answer(fields: dict[str, str]) -> None:
    """Any text is understood, or is named as what cannot be: nothing is raised."""
    reading = hear(typed_in(fields, ()), NOTICE, NOW, ENGLISH)
    assert set(reading.fields) == set(FIELDS)


def test_a_proposal_begins_as_the_notice() -> None:
    """The form of the notice's own volumes makes these volumes again, whatever their outline."""
    circle = Volume4D(
        outline_circle=Circle(Position(34.5, 33.25), 9000.0),
        altitude_lower=Altitude(0, "ft", "ground"),
        altitude_upper=Altitude(900, "m", "wgs84"),
        time_start="2026-03-01T11:00:30Z",
        time_end="2026-03-01T13:30:00Z",
    )
    way = Corridor((Position(34, 33), Position(35, 34)), 9260.0)
    corridor = Volume4D(
        corridor=way,
        altitude_lower=VOLUME.altitude_lower,
        altitude_upper=VOLUME.altitude_upper,
        time_start=VOLUME.time_start,
        time_end=VOLUME.time_end,
    )
    whole = Notice("IAF-0001", "", "", (VOLUME, circle, corridor))
    form = {
        f"p{one.index}_{name}": text
        for one in proposals_of(whole)
        for name, text in one.texts.items()
    }
    made = proposals_in(form, NOW)
    assert [one.flaws for one in made] == [{}, {}, {}]
    assert made[0].volume["outline_polygon"]["vertices"][0] == {"lat": 34.0, "lng": 33.0}
    assert made[1].volume["outline_circle"]["radius_m"] == 9000.0
    assert made[1].volume["time_start"] == "2026-03-01T11:00:30Z"
    assert made[1].volume["altitude_lower"]["reference"] == "ground"
    assert made[2].volume["corridor"]["width_m"] == 9260.0


def test_flaws_of_a_proposal_stand_beside_their_fields() -> None:
    """A line that is no position is named by its number; what is left out is asked for."""
    (made,) = proposals_in({"p1_shape": "circle", "p1_points": "34 33\nnowhere"}, NOW)
    assert made.index == 1
    assert {name: flaw.word for name, flaw in made.flaws.items()} == {
        "points": "bad_line",
        "size": "bad_size",
        "lower": "nothing_typed",
        "upper": "nothing_typed",
        "start": "nothing_typed",
        "end": "nothing_typed",
    }
    assert made.flaws["points"].filled == {"number": 2}
    assert proposals_in({"p0_points": " \n "}, NOW) == []
