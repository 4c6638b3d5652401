"""Plain text: a fixed layout that no sender can break."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from hotline.model.languages.language import Language
from hotline.model.messages import (
    Activation,
    Advisory,
    Conflict,
    End,
    LineCheck,
    Message,
    Notice,
    ReadBack,
    Reply,
    Revision,
    Service,
    Withdrawal,
)
from hotline.model.phrasing import (
    altitude_text,
    duration_text,
    metres_text,
    position_text,
    span_text,
    time_text,
)
from hotline.model.rendering import LABEL_WIDTH, render
from hotline.model.text import unsafe_character
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position
from tests.model.samples import END, START, notice, reply, shaped, volume
from tests.model.strategies import messages

HEBREW = "שלום"

NOTICE = f"""\
NOTICE IAF-0001 Patrol
Activity    patrol
Area 1      polygon of 4 corners
              340000N 0330000E
              340000N 0333000E
              333000N 0333000E
              333000N 0330000E
Levels      FL180 to FL240
From        2026-03-01 11:00:00 UTC
To          2026-03-01 13:00:00 UTC (2 h)
Area 2      circle of 9260 m (5.0 NM) around 340000N 0330000E
Levels      ground to FL240
From        2026-03-01 11:00:00 UTC
To          2026-03-01 13:00:00 UTC (2 h)
Remarks     Two fighters
            {HEBREW}
Contact     Desk 1"""

REPLY = f"""\
REPLY COUNTER IAF-0001
To          {"ab" * 32}
Read back   334500N 0331500E
            south of the island
            FL180 to FL240
            2026-03-01 11:00:00 UTC to 2026-03-01 13:00:00 UTC
Reason      Occupied
Proposal    corridor 1000 m (0.5 NM) wide along 1 point
              340000N 0330000E
Levels      FL180 to FL240
From        2026-03-01 11:00:00 UTC
To          2026-03-01 13:00:00 UTC (2 h)
Officer     Lt. Example"""

ADVISORY = """\
ADVISORY Two fast aircraft
Text        Exercise
Position    340000N 0330000E
Altitude    FL260
Track       195 degrees true
Speed       480 kt"""

REVISION = """\
REVISION 2 OF IAF-0001 Patrol
Activity    not given
Area        not given
Reason      Weather"""


def test_a_conflict_is_said_as_officers_say_it() -> None:
    """Both notices, what they are to each other, and the levels in whole metres, once."""
    levels = Altitude(4497.8, "m", "wgs84"), Altitude(8536.6, "m", "wgs84")
    found = Conflict("IAF-1", 0, "HM-2", 1, "conflict", None, *levels)
    lines = {language: render(found, language).split("\n") for language in Language}
    assert lines[Language.EN][0] == "CONFLICT between IAF-1 and HM-2"
    assert lines[Language.EN][3] == "Levels      4498 to 8537 m above the WGS 84 ellipsoid"
    assert lines[Language.RU][0] == "КОНФЛИКТ между IAF-1 и HM-2"
    assert lines[Language.RU][3].endswith("4498 — 8537 м над эллипсоидом WGS 84")
    assert lines[Language.HE][0] == "קונפליקט בין IAF-1 לבין HM-2"
    heading = {
        relation: render(Conflict("IAF-1", 0, "HM-2", 1, relation)).split("\n")[0]
        for relation in ("proximity", "possible", "clear", "new")
    }
    assert heading == {
        "proximity": "PROXIMITY of IAF-1 and HM-2",
        "possible": "POSSIBLE CONFLICT between IAF-1 and HM-2",
        "clear": "RESOLVED: IAF-1 and HM-2",
        "new": "CONFLICT, NEW: IAF-1 and HM-2",
    }


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (Altitude(1e308, "m", "wgs84"), Altitude(1e308, "m", "wgs84")),
        (Altitude(float("nan"), "m", "wgs84"), Altitude(1.0, "m", "wgs84")),
        (Altitude(1.0, "ft", "wgs84"), Altitude(2.0, "ft", "wgs84")),
        (Altitude(1.0, "m", "msl"), Altitude(2.0, "m", "wgs84")),
        (None, Altitude(2.0, "m", "wgs84")),
    ],
)
def test_levels_that_are_no_two_heights_in_metres_are_said_one_by_one(
    lower: Altitude | None, upper: Altitude
) -> None:
    """Whatever came is shown as it came."""
    assert span_text(lower, upper) is None
    found = Conflict("IAF-1", 0, "HM-2", 1, "conflict", None, lower, upper)
    assert altitude_text(upper) in render(found)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            notice(
                volumes=(
                    volume(),
                    volume(
                        outline_polygon=None,
                        outline_circle=Circle(Position(34, 33), 9260.0),
                        altitude_lower=Altitude(0.0, "ft", "ground"),
                    ),
                ),
                remarks=f"Two fighters\n{HEBREW}",
            ),
            NOTICE,
        ),
        (
            reply(
                answer="counter",
                reason="Occupied",
                proposal=(shaped(Corridor((Position(34, 33),), 1000.0)),),
            ),
            REPLY,
        ),
        (
            Advisory(
                "Exercise",
                "Two fast aircraft",
                Position(34, 33),
                Altitude(260.0, "fl", "standard"),
                195.0,
                480.0,
            ),
            ADVISORY,
        ),
        (Revision("IAF-0001", 2, "Patrol", reason="Weather"), REVISION),
        (Advisory("a"), "ADVISORY\nText        a\nPosition    not given"),
        (Withdrawal("IAF-0001", "Weather"), "WITHDRAWAL IAF-0001\nReason      Weather"),
        (Activation("IAF-0001", START), "ACTIVATION IAF-0001\nAt          2026-03-01 11:00:00 UTC"),
        (
            End("IAF-0001", START, "Levy \x1b[2J"),
            "END IAF-0001\nAt          2026-03-01 11:00:00 UTC\nOfficer     Levy \\x1b[2J",
        ),
        (
            Service("Relief", "Ops", "Levy"),
            "SERVICE\nText        Relief\nOperator    Ops\nOfficer     Levy",
        ),
        (End("IAF-0001"), "END IAF-0001\nAt          not given"),
        (LineCheck("Fox", "Ops"), "LINE CHECK\nPhrase      Fox\nOperator    Ops"),
        (Service("Relief"), "SERVICE\nText        Relief"),
        (Reply(answer="stand-by"), "REPLY STAND-BY\nTo          not given\nOfficer     not given"),
    ],
)
def test_every_kind_has_its_layout(message: Message, text: str) -> None:
    """The layout is what an officer learns to read at a glance."""
    assert render(message) == text


def test_what_is_missing_says_so() -> None:
    """An empty field is not the same as a field that is not shown."""
    text = render(
        notice(
            volumes=(
                volume(
                    outline_polygon=None, altitude_lower=None, time_start="", time_end="at noon"
                ),
            )
        )
    )
    assert "Area        not given\n" in text
    assert "Levels      not given to FL240\n" in text
    assert "From        not given\nTo          at noon\n" in text
    empty = render(Reply(read_back=ReadBack()))
    assert "Read back   not given\n" in empty


def test_long_outlines_are_cut() -> None:
    """A terminal is not flooded with ten thousand corners."""
    corners = tuple(Position(index / 100, 33) for index in range(100))
    text = render(notice(volumes=(shaped(Polygon(corners)),)))
    assert "polygon of 100 corners" in text
    assert "  and 76 more" in text
    assert len(text.splitlines()) < 40


def test_remarks_can_not_pass_for_fields() -> None:
    """A hostile remark stays in its column, and steers no terminal."""
    text = render(notice(title="A\nArea        nowhere", remarks="x\nArea        b\x1b[2J\u202e"))
    assert r"NOTICE IAF-0001 A\nArea        nowhere" in text
    assert r"            Area        b\x1b[2J\u202e" in text.splitlines()


@settings(max_examples=150)
@given(messages)
def test_any_message_is_rendered_safely(message: Message) -> None:
    """Whatever is held is shown, in lines that begin with a label or the margin."""
    first, *lines = render(message).split("\n")
    assert first.split(" ")[0].isupper()
    for line in lines:
        assert unsafe_character(line) is None
        assert line == "" or line[:LABEL_WIDTH].isascii()


def test_positions_are_rounded_to_seconds() -> None:
    """No minute has 60 seconds, and the equator is north."""
    assert position_text(Position(33.999999, -0.5)) == "340000N 0003000W"
    assert position_text(Position(-0.00001, -179.99999)) == "000000N 1800000W"
    assert position_text(Position(-33.5, 7.0)) == "333000S 0070000E"
    assert position_text(Position(91.0, float("nan"))) == "latitude 91 longitude nan"


@pytest.mark.parametrize(
    ("altitude", "text"),
    [
        (Altitude(95.0, "fl", "standard"), "FL095"),
        (Altitude(95, "fl", "standard"), "FL095"),
        (Altitude(95.5, "fl", "standard"), "FL95.5"),
        (Altitude(1e300, "fl", "standard"), "FL1e+300"),
        (Altitude(95.0, "fl", "msl"), "95 FL above mean sea level"),
        (Altitude(0.0, "m", "ground"), "ground"),
        (Altitude(50.0, "m", "ground"), "50 m above ground"),
        (Altitude(900.0, "m", "wgs84"), "900 m above the WGS 84 ellipsoid"),
        (Altitude(900, "m", "wgs84"), "900 m above the WGS 84 ellipsoid"),
        (Altitude(5000.0, "ft", "standard"), "5000 ft on standard pressure"),
        (Altitude(1.0, "\x1b", "the\nmoon"), r"1 \x1b above the\nmoon"),
        (Altitude(float("nan"), "fl", "standard"), "FLnan"),
    ],
)
def test_altitudes_are_shown_as_they_are_spoken(altitude: Altitude, text: str) -> None:
    """Flight levels have three digits, and every reference is said in words."""
    assert altitude_text(altitude) == text


def test_times_and_durations_are_shown_in_words() -> None:
    """What is no time is shown as it came, made safe."""
    assert time_text("2026-03-01T13:00:00+03:00") == "2026-03-01 10:00:00 UTC"
    assert time_text(1_500_000) == "1970-01-01 00:00:01.500000 UTC"
    assert time_text("no\x1bon") == r"no\x1bon"
    assert time_text(-1) == "-1"
    assert duration_text(9_000_000_000) == "2 h 30 min"
    assert duration_text((1134 * 24 + 22) * 3_600_000_000) == "1134 d 22 h"
    assert duration_text(48 * 3_600_000_000) == "2 d"
    assert duration_text(48 * 3_600_000_000 - 1_000_000) == "47 h 59 min 59 s"
    assert duration_text(-(72 * 3600 + 60) * 1_000_000, Language.RU) == "-3 сут 1 мин"
    assert duration_text(-61_000_000) == "-1 min 1 s"
    assert duration_text(999_999) == "0 s"


def test_sizes_are_shown_in_both_units() -> None:
    """Metres as sent, nautical miles as spoken; nonsense stays short."""
    assert metres_text(9260.0) == "9260 m (5.0 NM)"
    assert metres_text(1e300) == "1e+300 m"
    assert metres_text(float("nan")) == "nan m"


def test_a_notice_of_nothing_is_rendered() -> None:
    """The empty message that a peer might send has a title and says what is missing."""
    assert render(Notice()) == "NOTICE\nActivity    not given\nArea        not given"
    assert END > START
