"""Contradictions: the case of 2018, limits of the letter, hostile texts and volumes, time taken."""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hotline.airspace.contradictions import MAX_FLAGS, compass, contradictions, degrees
from hotline.airspace.said.words import MAX_CHARACTERS, fold, read_words
from hotline.airspace.whereabouts import area_of
from hotline.model.letter import Limits
from hotline.model.messages import Notice, Revision
from hotline.model.problem import Problem
from hotline.model.rules import problems
from hotline.model.times import parse_time
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D
from tests.airspace.test_contradictions_sentences import AREAS, LETTER, circle, volume

NOW_US = parse_time("2026-03-01T09:59:00Z")
WIDE = replace(LETTER, limits=Limits(area_km2=1e9))
DAY_US = 86_400_000_000
LONGEST_S = 0.05
"""Ten times what the longest text may take, in time of the processor, for a slow machine."""


def said(remarks: str, *volumes: Volume4D, title: str = "Activity") -> list[Problem]:
    """Return the flags of a notice with these remarks."""
    notice = Notice(title=title, remarks=remarks, volumes=volumes or (AREAS["coast"],))
    return contradictions(notice, WIDE, NOW_US)


def codes(found: list[Problem]) -> list[str]:
    """Return the codes of flags in their order."""
    return [problem.code for problem in found]


def test_september_2018_is_flagged_with_both_sides_of_it() -> None:
    """The flag quotes the words, says what they mean, and where the area lies instead."""
    (problem,) = said("Targets in northern Syria.", circle(35.5, 35.8, 15_000.0))
    assert problem.code == "airspace.direction-differs"
    assert problem.field == "remarks"
    assert 'says "in northern Syria", north of the middle of Syria' in problem.text
    assert "the area lies west-north-west of it, bearing 287, at 35.5 N 35.8 E" in problem.text
    assert problem.hint


def test_place_level_and_time_are_named_with_the_numbers() -> None:
    """Each kind of flag shows the words and the numbers that they contradict."""
    place, level, moment = said("Over Damascus at FL300, 1300Z.")
    assert 'says "Over Damascus"; the area lies' in place.text
    assert "km from Damascus, north-north-west of it" in place.text
    assert level.text == 'says "at FL300"; the volumes reach only up to FL240'
    assert moment.text == (
        'says "1300Z"; the volumes are from 2026-03-01T10:00:00Z to 2026-03-01T11:30:00Z'
    )


def test_revision_is_compared_like_a_notice() -> None:
    """The whole new content of a revision is compared, its title too."""
    revision = Revision(title="Strikes, northern Syria", number=1, volumes=(AREAS["coast"],))
    assert codes(contradictions(revision, LETTER)) == ["airspace.direction-differs"]


def test_area_is_compared_with_the_letter() -> None:
    """Different outlines are added up, and layers of the same outline count once."""
    letter = replace(LETTER, limits=Limits(area_km2=1_000.0))
    ring = AREAS["cyprus"].outline_polygon
    line = Corridor((Position(35.0, 35.0), Position(35.0, 36.0)), 10_000.0)
    layers = (circle(35.5, 35.7, 15_000.0), replace(circle(35.5, 35.7, 15_000.0), time_end=""))
    notices = {
        layers: [],
        (*layers, circle(36.5, 35.7, 15_000.0)): ["airspace.area-too-large"],
        (Volume4D(outline_polygon=ring),): ["airspace.area-too-large"],
        (Volume4D(corridor=line),): [],
        (Volume4D(corridor=replace(line, width_m=20_000.0)),): ["airspace.area-too-large"],
        (Volume4D(corridor=Corridor()),): [],
        (Volume4D(outline_polygon=Polygon((Position(1.0, 1.0), Position(2.0, 2.0)))),): [],
        (Volume4D(outline_circle=Circle(Position(95.0, 0.0), 1e6)),): [],
        (Volume4D(outline_circle=Circle(Position(5.0, 0.0), math.inf)),): [],
    }
    for volumes, expected in notices.items():
        assert codes(contradictions(Notice(volumes=volumes), letter)) == expected
    (problem,) = contradictions(Notice(volumes=(Volume4D(outline_polygon=ring),)), letter)
    assert problem.text == "cover 2047 square km together; the letter allows 1000"


def test_horizon_is_thirty_days_unless_the_letter_says_otherwise() -> None:
    """A start beyond the horizon is flagged once; without a moment to count from it is not."""
    notice = Notice(volumes=(Volume4D(), AREAS["sea"], AREAS["sea"]))
    start_us = parse_time("2026-03-01T10:00:00Z")
    assert contradictions(notice, LETTER, start_us - 30 * DAY_US) == []
    assert contradictions(notice, LETTER, None) == []
    (problem,) = contradictions(notice, LETTER, start_us - 30 * DAY_US - 1)
    assert problem.code == "airspace.beyond-horizon"
    assert problem.field == "volumes[1].time_start"
    assert problem.text == "lies 30.0 days ahead; the letter allows 30"


def test_rules_of_the_model_flag_the_rest() -> None:
    """A start after the end and crossing edges are flagged by the model's own rules."""
    bow = Polygon(
        tuple(Position(*at) for at in ((35.0, 35.0), (36.0, 36.0), (36.0, 35.0), (35.0, 36.0)))
    )
    crossed = replace(volume(outline_polygon=bow), time_end="2026-03-01T09:00:00Z")
    found = {problem.code for problem in problems(Notice(volumes=(crossed,)))}
    assert {"model.crossing-edges", "model.time-order"} <= found


def test_unplaced_or_open_volumes_decide_nothing() -> None:
    """Where a volume cannot be placed or is open, words about it are not called wrong."""
    words = "Over Damascus at FL300, 1300Z, on 5 March, below FL100, above FL400."
    nowhere = Volume4D(outline_circle=Circle(Position(math.nan, 35.0), 1.0))
    for outline in (
        nowhere,
        Volume4D(),
        Volume4D(outline_circle=Circle(Position(35.0, 35.0), math.nan)),
        Volume4D(outline_circle=Circle(Position(35.0, 35.0), -1.0)),
    ):
        assert said(words, outline) == []
    assert said(words, AREAS["coast"], nowhere) == []
    assert said("Over Damascus.") != []
    assert contradictions(Notice(title=words), LETTER) == []


def test_several_volumes_agree_where_one_of_them_does() -> None:
    """What the words say must hold for one of a notice's volumes, not for all."""
    both = (AREAS["coast"], AREAS["homs"])
    assert said("East of Homs and over Latakia.", *both) == []
    low = replace(AREAS["coast"], altitude_lower=Altitude(0.0), altitude_upper=Altitude(9_000.0))
    assert said("At FL200, altitude 5000 ft.", AREAS["coast"], low) == []
    assert codes(said("All at FL140.", AREAS["coast"], low)) == []  # 14 000 ft may be below 9 000
    high = replace(
        AREAS["coast"],
        altitude_lower=Altitude(300.0, "fl", "standard"),
        altitude_upper=Altitude(340.0, "fl", "standard"),
    )
    (problem,) = said("Tanker at FL270.", AREAS["coast"], high)
    assert problem.text == 'says "at FL270"; it lies between the levels of the volumes'


def test_levels_of_different_references_are_given_the_letters_margin() -> None:
    """Feet above the sea differ from flight levels only beyond what the letter allows for."""
    assert said("At an altitude of 26 000 ft.") == []
    assert codes(said("At an altitude of 35 000 ft.")) == ["airspace.level-differs"]
    ground = replace(
        AREAS["coast"],
        altitude_lower=Altitude(0.0, "ft", "ground"),
        altitude_upper=Altitude(400.0, "ft", "ground"),
    )
    assert said("Height 300 ft AGL, below 500 ft.", ground) == []
    assert codes(said("Height 3000 ft AGL.", ground)) == ["airspace.level-differs"]


def test_levels_that_are_surely_upside_down_are_flagged() -> None:
    """Of different references, whatever the margin; the model has those of one reference."""
    sea, fl = Altitude(9_000.0, "m", "msl"), Altitude(100.0, "fl", "standard")
    odd = replace(circle(35.5, 33.5, 2e4), altitude_lower=sea, altitude_upper=fl)
    sound = replace(odd, altitude_lower=fl, altitude_upper=sea)
    near = replace(odd, altitude_lower=Altitude(3_300.0, "m", "msl"))
    same = replace(odd, altitude_upper=Altitude(8_000.0, "m", "msl"))
    found = said("", sound, odd, odd)
    assert codes(found) == ["airspace.levels-upside-down"]
    assert found[0].field == "volumes[1].altitude_upper"
    assert "FL100 is surely below the lower level, 9000 m above mean sea level" in found[0].text
    for right in (near, same, replace(odd, altitude_lower=None), replace(odd, altitude_upper=None)):
        assert said("", right) == []


def test_days_and_times_of_periods_across_midnight() -> None:
    """A period over midnight, over a day, or over a new year has the times that are in it."""
    night = replace(
        AREAS["coast"], time_start="2025-12-31T22:00:00Z", time_end="2026-01-01T02:00:00Z"
    )
    assert said("2200-0200Z, 2330Z, 31 December and on 1 January.", night) == []
    assert codes(said("Active 2100Z.", night)) == ["airspace.time-differs"]
    assert codes(said("Active on 4 January.", night)) == ["airspace.time-differs"]
    assert codes(said("Active on 1 January 2027.", night)) == ["airspace.time-differs"]
    day = replace(night, time_end="2026-01-02T02:00:00Z")
    assert said("0300Z, 1200Z, 2359Z.", day) == []
    open_ended = replace(night, time_end="")
    assert said("Active 0300Z on 5 May.", open_ended) == []
    assert codes(said("Active on 2 March.")) == ["airspace.time-differs"]
    assert codes(said("Active on 28 February.")) == ["airspace.time-differs"]
    assert said("Active on 45 March, on 3.14.2026, on 1 Mayday.") == []


def test_outlines_of_every_form_are_seen_from_a_place() -> None:
    """Corridors, rings around a place, long thin areas and ten thousand vertices are compared."""
    west = Volume4D(corridor=Corridor((Position(35.5, 34.5), Position(35.5, 35.2)), 5_000.0))
    assert codes(said("East of Latakia.", west)) == ["airspace.direction-differs"]
    assert said("West of Latakia.", west) == []
    assert said("Near Latakia.", west) == []
    around = Volume4D(outline_polygon=Polygon(ring(35.5, 35.8, 1.0, 10_000)))
    assert said("North of Latakia. South of Latakia. Over Latakia.", around) == []
    north = Volume4D(outline_polygon=Polygon(ring(36.4, 35.8, 0.2, 10_000)))
    assert codes(said("South of Latakia.", north)) == ["airspace.direction-differs"]
    assert codes(said("Over Latakia.", north)) == ["airspace.place-differs"]
    # An edge that crosses the north, with both of its ends far to the west and the east.
    across = Volume4D(corridor=Corridor((Position(35.6, 32.0), Position(35.6, 38.5)), 100.0))
    assert said("North of Latakia.", across) == []
    assert said("North of Latakia.", *[across] * 60) == []
    over_syria = Volume4D(outline_polygon=Polygon(ring(35.0, 39.0, 8.0, 12)))
    assert said("Over Syria. Over Lebanon. In northern Syria.", over_syria) == []
    at_town = Volume4D(outline_circle=Circle(Position(35.53125, 35.79088), 100.0))
    assert said("North of Latakia.", at_town) == []
    palmyra = circle(34.56, 38.28, 1_000.0)
    assert said("Northern Syria, southern Syria.", palmyra) == []
    twice = Volume4D(corridor=Corridor((Position(35.5, 35.0), Position(35.5, 35.0)), 100.0))
    assert codes(said("Over Damascus.", twice)) == ["airspace.place-differs"]


def ring(lat: float, lon: float, radius_deg: float, count: int) -> tuple[Position, ...]:
    """Return a ring of vertices around a position."""
    return tuple(
        Position(
            lat + radius_deg * math.cos(2 * math.pi * number / count),
            lon + radius_deg * math.sin(2 * math.pi * number / count),
        )
        for number in range(count)
    )


def test_one_statement_is_flagged_once_and_flags_have_an_end() -> None:
    """The same words twice are one flag, and a text of contradictions gives at most 20."""
    assert len(said("Over Damascus. Over Damascus.")) == 1
    text = " ".join(f"At FL{level}." for level in range(300, 400))
    assert len(said(text)) == MAX_FLAGS


def test_quoted_words_are_safe_to_show() -> None:
    """What steers a terminal or turns the writing is written out in a flag; long words are cut."""
    (problem,) = said("Over \u202e Damascus.")
    assert "\u202e" not in problem.text
    assert "\\u202e" in problem.text
    (problem,) = said("Over the" + " " * 200 + "city of Damascus.")
    assert "…" in problem.text


def test_folding_knows_accents_and_keeps_the_short_i() -> None:
    """Accents, vowel points and apostrophes do not matter; й is another letter than и."""
    assert fold("Ma'arrat") == "maarrat"
    assert fold("Türkiye") == "turkiye"
    assert fold("Чёрное") == "черное"
    assert fold("Дейр-эз") == fold("дейр-эз")
    assert fold("Хмеи\u0306мим") == "хмеймим"
    assert fold("לַטַקְיָה") == "לטקיה"


def test_only_so_much_of_a_text_is_read() -> None:
    """What stands after the characters that a notice may hold is not looked at."""
    assert said(" " * MAX_CHARACTERS + "Over Damascus.") == []
    assert len(read_words("remarks", "a " * 10_000).words) == MAX_CHARACTERS // 2 + 2


def test_words_for_bearings_and_positions() -> None:
    """Bearings are told to a sixteenth, positions to a tenth of a degree."""
    assert [compass(bearing) for bearing in (0.0, 359.0, 22.0, 265.0)] == [
        "north",
        "north",
        "north-north-east",
        "west",
    ]
    assert degrees(Position(-1.26, -35.0)) == "1.3 S 35.0 W"


def test_middle_of_an_area_over_the_antimeridian() -> None:
    """Halves on both sides of longitude 180 have their middle there."""
    area = area_of((circle(10.0, 179.0, 1.0), circle(10.0, -179.0, 1.0)))
    assert area is not None
    assert abs(area.middle.lon) == pytest.approx(180.0)


HOSTILE = [
    "north of Latakia, " * 300,
    "FL180-FL240 " * 400,
    "1" * 5_000,
    "1000-1130Z " * 400,
    "Al " * 1_400,
    "Deir " * 900,
    "north-" * 700,
    "ללטקיה " * 600,
    "север " * 700,
    "e\u0301" * 2_000,
    "\ufdfa" * 4_000,
    "\u200d" * 4_000,
    "a'" * 2_000,
    "of the " * 600 + "Latakia",
    "1 March " * 500,
    "1 000 " * 700,
    "not " * 1_000 + "over Damascus",
    "\x00\ud800\U0010ffff" * 1_000,
    "999999999.999 km north of Homs " * 100,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_longest_texts_take_milliseconds(text: str) -> None:
    """No text makes a pattern run long: the best of three readings of 4 000 characters is short."""
    said("Over Damascus.")
    best = math.inf
    for _ in range(3):
        began = time.process_time()
        said(text, title=text)
        best = min(best, time.process_time() - began)
    assert best < LONGEST_S


WORDS = st.sampled_from(
    [
        *(
            "north",
            "NW",
            "N",
            "of",
            "in the",
            "Latakia",
            "Syria",
            "Homs",
            "'s",
            ",",
            ".",
            "not",
            "over",
        ),
        *("к", "северу", "от", "Латакии", "Сирии", "ниже", "3000 м", "с", "до", "1 марта"),
        *("צפונית", "ל-לטקיה", "ללטקיה", "בצפון", "סוריה", 'ק"מ', "מ", "רמת טיסה 300"),
        *("FL180", "FL1", "1000Z", "-1130Z", "30", "km", "0", "99:99", "31.02.2026", "30 Feb 2000"),
        *("between", "and", "to", "from", "province", "contact", "north-south", "east", "1.2.3 km"),
    ]
)
NUMBERS = st.floats() | st.floats(-200, 200) | st.sampled_from([35.5, 35.7, 180.0, 90.0, 1e308])
POSITIONS = st.builds(Position, NUMBERS, NUMBERS)
VOLUMES = st.builds(
    Volume4D,
    outline_polygon=st.none() | st.builds(Polygon, st.lists(POSITIONS, max_size=5).map(tuple)),
    outline_circle=st.none() | st.builds(Circle, POSITIONS, NUMBERS),
    corridor=st.none() | st.builds(Corridor, st.lists(POSITIONS, max_size=4).map(tuple), NUMBERS),
    altitude_lower=st.none()
    | st.builds(
        Altitude, NUMBERS, st.sampled_from(["m", "fl", "?"]), st.sampled_from(["msl", "?"])
    ),
    altitude_upper=st.none() | st.builds(Altitude, NUMBERS),
    time_start=st.sampled_from(["", "2026-03-01T10:00:00Z", "1970-01-01T00:00:00Z", "soon"]),
    time_end=st.sampled_from(["", "2026-03-01T11:00:00Z", "9999-12-31T23:59:59Z", "later"]),
)


@settings(max_examples=150, deadline=None)
@given(
    title=st.text(max_size=60) | st.lists(WORDS, max_size=12).map(" ".join),
    remarks=st.text(max_size=200) | st.lists(WORDS, max_size=40).map(" ".join),
    volumes=st.lists(VOLUMES, max_size=3).map(tuple),
)
def test_nothing_is_raised_whatever_was_received(
    title: str, remarks: str, volumes: tuple[Volume4D, ...]
) -> None:
    """Any text beside any volumes gives flags that can be shown, at most so many, and no error."""
    notice = Notice(title=title, remarks=remarks, volumes=volumes)
    found = contradictions(notice, LETTER, NOW_US)
    assert len(found) <= MAX_FLAGS + 2
    for problem in found:
        assert problem.code.startswith("airspace.")
        assert problem.text.isprintable()
