"""What is read out over a telephone: the layout of each kind, what is rounded, what is left out."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.errors import HotlineError, ModelError
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.items import MEANINGS, WORDS, Item, text_of
from hotline.formats.telephone.layout import differing, lay_out, subject_of
from hotline.formats.telephone.sheet import Sheet, sheet_of
from hotline.formats.telephone.wording import WITHIN_M, say_text
from hotline.model.kinds import Precedence, Status
from hotline.model.languages.language import Language
from hotline.model.messages import (
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Notice,
    Reply,
    Revision,
    Service,
    Withdrawal,
)
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position
from tests.formats.plans import GEOD, announcements
from tests.model.samples import notice, polygon, read_back, reply, shaped, volume
from tests.model.strategies import messages

ID = bytes.fromhex("8d41f0c2") + bytes(28)
MODEST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HEAD = "A EXERCISE FROM IAF TO HMEIMIM\n"


def sheet(message: Message, precedence: Precedence = Precedence.ROUTINE) -> Sheet:
    """Return what iaf reads out of a message to hmeimim, in an exercise."""
    return sheet_of(
        message,
        status=Status.EXERCISE,
        sender="iaf",
        recipient="hmeimim",
        precedence=precedence,
        id_=ID,
    )


def read_out(message: Message) -> str:
    """Return the canonical text of a message."""
    return text_of(lay_out(sheet(message)))


def items(message: Message) -> dict[str, str]:
    """Return the texts of a message's items by label."""
    return {item.label: item.text for item in lay_out(sheet(message))}


NOTICE = """\
A EXERCISE FROM IAF TO HMEIMIM
B NOTICE IAF-0001
C PRECEDENCE ROUTINE
D ACTIVITY PATROL
E TITLE PATROL
F1 AREA 1 OF 2 POLYGON 4 POINTS
F1.1 340000N 0330000E
F1.2 340000N 0333000E
F1.3 333000N 0333000E
F1.4 333000N 0330000E
G1 LEVELS FL180 TO FL240
H1 FROM 01 MAR 2026 1100 UTC
J1 UNTIL 01 MAR 2026 1300 UTC
F2 AREA 2 OF 2 CORRIDOR 2 POINTS WIDTH 4000 METRES
F2.1 010203S 1800000W
F2.2 010204S 1795959E
G2 LEVELS GROUND TO 2500 FT AMSL
H2 FROM 01 MAR 2026 110001 UTC
J2 UNTIL 01 MAR 2026 1300 UTC
U REMARKS 2 FIGHTERS
V CONTACT DESK 1
Z MESSAGE 8D41F0C2
"""
CORRIDOR = volume(
    outline_polygon=None,
    corridor=Corridor(
        (
            Position(-(1 + 2 / 60 + 3 / 3600), -180.0),
            Position(-(1 + 2 / 60 + 4 / 3600), 180 - 1 / 3600),
        ),
        4000.0,
    ),
    altitude_lower=Altitude(0.0, "m", "ground"),
    altitude_upper=Altitude(2500, "ft", "msl"),
    time_start="2026-03-01T13:00:01+02:00",
)


def test_a_notice_is_read_out_line_by_line() -> None:
    """Areas follow each other whole; every letter keeps its meaning."""
    said = notice(volumes=(volume(), CORRIDOR))
    assert read_out(said) == NOTICE
    assert subject_of(sheet(said)) == "NOTICE IAF-0001"


OTHERS: list[tuple[Message, str]] = [
    (
        Revision(
            "IAF-1", 2, "T", "uas", (shaped(Circle(Position(0.0, 0.0), 4999.5)),), reason="Why"
        ),
        (
            "B REVISION 2 OF IAF-1\nC PRECEDENCE ROUTINE\nD ACTIVITY UAS\nE TITLE T\n"
            "F1 AREA 1 OF 1 CIRCLE RADIUS 5000 METRES\nF1.1 000000N 0000000E\n"
            "G1 LEVELS FL180 TO FL240\n"
            "H1 FROM 01 MAR 2026 1100 UTC\nJ1 UNTIL 01 MAR 2026 1300 UTC\n"
            "T REASON WHY\n"
        ),
    ),
    (
        Withdrawal("IAF-1", "Weather"),
        "B WITHDRAWAL OF IAF-1\nC PRECEDENCE ROUTINE\nT REASON WEATHER\n",
    ),
    (
        Activation("IAF-1", "2026-03-01T11:00:00.9Z", "Levy"),
        "B ACTIVATION OF IAF-1\nC PRECEDENCE ROUTINE\nK AT 01 MAR 2026 1100 UTC\nW OFFICER LEVY\n",
    ),
    (
        End("IAF-1", "2026-03-01T11:00:00Z"),
        "B END OF IAF-1\nC PRECEDENCE ROUTINE\nK AT 01 MAR 2026 1100 UTC\n",
    ),
    (
        Nonconformance("IAF-1", "2026-03-01T11:00:00Z", "Late"),
        (
            "B NONCONFORMANCE OF IAF-1\nC PRECEDENCE ROUTINE\n"
            "K AT 01 MAR 2026 1100 UTC\nT REASON LATE\n"
        ),
    ),
    (
        Contingency(
            "IAF-1", "2026-03-01T11:00:00Z", "", (shaped(Circle(Position(1.0, 1.0), 9.0)),)
        ),
        (
            "B CONTINGENCY OF IAF-1\nC PRECEDENCE ROUTINE\n"
            "F1 AREA 1 OF 1 CIRCLE RADIUS 9 METRES\nF1.1 010000N 0010000E\n"
            "G1 LEVELS FL180 TO FL240\n"
            "H1 FROM 01 MAR 2026 1100 UTC\nJ1 UNTIL 01 MAR 2026 1300 UTC\n"
            "K AT 01 MAR 2026 1100 UTC\n"
        ),
    ),
    (
        Advisory("Climb!", "B-1", Position(-0.5, -0.5), Altitude(-12.4, "m", "wgs84"), 7.4, 99.6),
        (
            "B ADVISORY\nC PRECEDENCE ROUTINE\nL SUBJECT B 1\nN POSITION 003000S 0003000W\n"
            "P LEVEL MINUS 12 M WGS84\nQ TRACK 007\nR SPEED 100 KNOTS\nS TEXT CLIMB\n"
        ),
    ),
    (
        Advisory(phrases=(307, 401)),
        "B ADVISORY\nC PRECEDENCE ROUTINE\nX PHRASES 307 401\n",
    ),
    (
        reply(officer="Orlov"),
        (
            "B REPLY ACCEPT TO MESSAGE ABABABAB OF IAF-0001\nC PRECEDENCE ROUTINE\n"
            "G LEVELS FL180 TO FL240\nH FROM 01 MAR 2026 1100 UTC\nJ UNTIL 01 MAR 2026 1300 UTC\n"
            "M PLACE SOUTH OF THE ISLAND\nN POSITION 334500N 0331500E\nW OFFICER ORLOV\n"
        ),
    ),
    (
        Reply(
            "0" * 64,
            "",
            "stand-by",
            officer="Орлов",
            proposal=(shaped(Circle(Position(0.0, 0.0), 1.0)),),
        ),
        (
            "B REPLY STAND BY TO MESSAGE 00000000\nC PRECEDENCE ROUTINE\n"
            "F1 AREA 1 OF 1 CIRCLE RADIUS 1 METRES\nF1.1 000000N 0000000E\n"
            "G1 LEVELS FL180 TO FL240\n"
            "H1 FROM 01 MAR 2026 1100 UTC\nJ1 UNTIL 01 MAR 2026 1300 UTC\n"
            "W OFFICER NOT READ\n"
        ),
    ),
    (
        LineCheck("Radio check", "Levy"),
        "B LINE CHECK\nC PRECEDENCE ROUTINE\nS TEXT RADIO CHECK\nW OFFICER LEVY\n",
    ),
    (
        Service("We restart at 10:45", "Orlov"),
        "B SERVICE\nC PRECEDENCE ROUTINE\nS TEXT WE RESTART AT 10 45\nW OFFICER ORLOV\n",
    ),
]


@pytest.mark.parametrize(("said", "text"), OTHERS, ids=lambda value: type(value).__name__)
def test_each_kind_has_its_items(said: Message, text: str) -> None:
    """All that people compose can be read out, and heard as it was read."""
    assert read_out(said) == f"{HEAD}{text}Z MESSAGE 8D41F0C2\n"
    assert hear(read_out(said)).sheet == sheet(said)


def test_of_a_service_message_one_name_is_read() -> None:
    """The officer's; the operator's where no officer is named."""
    assert items(Service("x", "Levy", "Cohen"))["W"] == "OFFICER COHEN"


def test_every_letter_has_a_word_and_a_meaning_in_each_language() -> None:
    """I and O sound like figures and are none of them."""
    assert set(MEANINGS) == {*WORDS, "F."}
    assert not {"I", "O"} & set(WORDS)
    for label in ("A", "F1", "F1.2"):
        meanings = {Item(label, "x").meaning(language) for language in Language}
        assert len(meanings) == 3
    assert Item("F1.2", "x").meaning(Language.EN) == "point"


# --- Rounded outwards -----------------------------------------------------------------------------


def test_limits_are_rounded_outwards() -> None:
    """What is read holds what was signed: lower levels and starts down, upper and ends up."""
    wide = volume(
        altitude_lower=Altitude(180.9, "fl", "standard"),
        altitude_upper=Altitude(2000.1, "m", "msl"),
        time_start="2026-03-01T11:00:59.9Z",
        time_end="2026-03-01T13:00:00.1Z",
    )
    said = items(notice(volumes=(wide,)))
    assert said["G1"] == "LEVELS FL180 TO 2001 M AMSL"
    assert said["H1"] == "FROM 01 MAR 2026 110059 UTC"
    assert said["J1"] == "UNTIL 01 MAR 2026 130001 UTC"


def test_noise_of_a_conversion_is_not_rounded_outwards() -> None:
    """3 000 m that came out of feet as 3000.0000000001 stays 3 000 m."""
    near = volume(
        altitude_lower=Altitude(2999.9999999999, "m", "msl"),
        altitude_upper=Altitude(3000.0000000001, "m", "msl"),
    )
    assert items(notice(volumes=(near,)))["G1"] == "LEVELS 3000 M AMSL TO 3000 M AMSL"


def test_rounded_positions_are_said_to_be() -> None:
    """A place to the second needs no such item, nor one that is off by less than a centimetre."""
    assert "Y" not in items(notice())
    exact = notice(volumes=(shaped(polygon((34.00000009, 33), (34, 33.5), (33.5, 33.5))),))
    assert "Y" not in items(exact)
    off = notice(volumes=(shaped(polygon((34.0001, 33), (34, 33.5), (33.5, 33.5))),))
    assert items(off)["Y"] == "POSITIONS WITHIN 25 METRES"
    assert sheet(off).rounded


@given(st.floats(-90, 90), st.floats(-180, 180))
@MODEST
def test_a_rounded_position_lies_as_near_as_is_said(lat: float, lon: float) -> None:
    """Anywhere on the globe."""
    said = sheet(Advisory("x", position=Position(lat, lon))).message
    assert isinstance(said, Advisory)
    assert said.position is not None
    _, _, metres = GEOD.inv(lon, lat, said.position.lon, said.position.lat)
    assert metres <= WITHIN_M


@given(announcements)
@MODEST
def test_what_is_read_holds_what_was_signed(announcement: Any) -> None:
    """Every level, time, radius and width; and it is heard as it was read."""
    said = announcement.message
    try:
        made = sheet(said)
    except ModelError as error:
        assert error.code in ("formats.too-long-to-read", "formats.not-read-out")
        return
    assert isinstance(made.message, Notice | Revision)
    for one, other in zip(said.volumes, made.message.volumes, strict=True):
        for name, side in (("altitude_lower", -1), ("altitude_upper", 1)):
            signed, spoken = getattr(one, name), getattr(other, name)
            if signed.value == spoken.value == 0:
                continue
            assert (signed.unit, signed.reference) == (spoken.unit, spoken.reference) or (
                spoken == Altitude(0.0, "ft", "ground")
            )
            assert side * (spoken.metres - signed.metres) >= -1e-3
        assert other.start_us <= one.start_us
        assert other.end_us >= one.end_us
        if one.outline_circle is not None and other.outline_circle is not None:
            assert other.outline_circle.radius_m >= one.outline_circle.radius_m - 1e-3
        if one.corridor is not None and other.corridor is not None:
            assert other.corridor.width_m >= one.corridor.width_m - 1e-3
    assert hear(text_of(lay_out(made))).sheet == made


# --- Texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Two fighters.", "2 FIGHTERS"),
        ("at 10:45, 2.5 NM west; -3 C", "AT 10 45 2 DECIMAL 5 NM WEST MINUS 3 C"),
        ("1,000 ft / 50% + more (maybe)!", "1 COMMA 000 FT SLASH 50 PERCENT PLUS MORE MAYBE"),
        ("U-2 and\nFL-180\t'x'", "U 2 AND FL 180 X"),
        ("NINER fife", "9 5"),
        ("not read", None),
        ("café", None),
        ("Патруль", None),
        ("a@b", None),
        ("x" * 61, None),
        ("...", None),
    ],
)
def test_texts_are_spoken_in_letters_and_figures(text: str, spoken: str | None) -> None:
    """What cannot be dictated is left out as a whole, and its item says so."""
    assert say_text(text, 60) == spoken


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_what_is_spoken_is_spoken_the_same_again(text: str) -> None:
    """So a listener's text has the speaker's words."""
    spoken = say_text(text, 200)
    assert spoken is None or say_text(spoken, 200) == spoken


def test_what_is_not_read_is_named() -> None:
    """An empty text is no item; one that cannot be read is, so that the listener asks."""
    said = notice(title="Патруль", remarks="", contact="x" * 121)
    assert items(said)["E"] == "TITLE NOT READ"
    assert "U" not in items(said)
    assert items(said)["V"] == "CONTACT NOT READ"
    assert sheet(said).unread == {"title", "contact"}
    assert hear(read_out(said)).sheet == sheet(said)


def test_a_notice_without_a_title_says_so() -> None:
    """A title is required of a notice, and so is its item."""
    assert items(notice(title=""))["E"] == "TITLE NOT READ"


# --- What is not read out -----------------------------------------------------------------------

CROWD = tuple(Position(30 + index / 100, 30.0) for index in range(61))


@pytest.mark.parametrize(
    "said",
    [
        notice(volumes=(shaped(Polygon(CROWD)),)),
        notice(volumes=(shaped(Circle(Position(0.0, 0.0), 5.0)),) * 21),
    ],
)
def test_what_nobody_would_listen_to_is_refused(said: Notice) -> None:
    """With the mend: an outline with fewer points."""
    with pytest.raises(ModelError) as caught:
        sheet(said)
    assert caught.value.code == "formats.too-long-to-read"
    assert "circle" in caught.value.hint


@pytest.mark.parametrize(
    "said",
    [
        Conflict("IAF-1"),
        notice(reference="iaf 1"),
        notice(reference=""),
        notice(activity="joyride"),
        notice(volumes=()),
        Revision("IAF-1", 0, "T", "uas", (volume(),)),
        Withdrawal(""),
        End("IAF-1", "noon"),
        End("IAF-1", ""),
        notice(volumes=(volume(outline_polygon=None),)),
        notice(volumes=(volume(outline_circle=Circle(Position(0.0, 0.0), 5.0)),)),
        notice(volumes=(volume(altitude_lower=None),)),
        notice(volumes=(volume(altitude_upper=None),)),
        notice(volumes=(volume(time_start=""),)),
        notice(volumes=(volume(time_end="9999-12-31T23:59:59.5Z"),)),
        notice(volumes=(shaped(polygon((1, 1), (2, 2))),)),
        notice(volumes=(shaped(Corridor((Position(1.0, 1.0),), 5.0)),)),
        notice(volumes=(shaped(Circle(Position(91.0, 0.0), 5.0)),)),
        notice(volumes=(shaped(Circle(Position(0.0, math.nan), 5.0)),)),
        notice(volumes=(shaped(Circle(Position(0.0, 0.0), 0.0)),)),
        notice(volumes=(shaped(Circle(Position(0.0, 0.0), math.nan)),)),
        notice(volumes=(shaped(Circle(Position(0.0, 0.0), 1e6)),)),
        notice(volumes=(volume(altitude_upper=Altitude(math.inf)),)),
        notice(volumes=(volume(altitude_upper=Altitude(1e7)),)),
        notice(volumes=(volume(altitude_upper=Altitude(1.0, "furlong")),)),
        notice(volumes=(volume(altitude_upper=Altitude(1.0, "ft", "moon")),)),
        notice(volumes=(volume(altitude_upper=Altitude(1.0, "fl", "msl")),)),
        Advisory("x", track_deg=361.0),
        Advisory("x", speed_kt=math.nan),
        Advisory(phrases=(99,)),
        Advisory(phrases=(101,) * 11),
        reply(answer="perhaps"),
        reply(to=""),
        reply(to="x" * 64),
        reply(reference="no reference"),
        reply(read_back=read_back(position=None)),
        reply(read_back=read_back(altitude_lower=None)),
        reply(read_back=read_back(altitude_upper=None)),
    ],
)
def test_what_breaks_the_rules_is_not_read_out(said: Message) -> None:
    """A node composes no such message, and of a received one nothing is guessed."""
    with pytest.raises(ModelError) as caught:
        sheet(said)
    assert caught.value.code == "formats.not-read-out"
    assert caught.value.hint


@pytest.mark.parametrize("names", [("", "hmeimim"), ("iaf", "node")])
def test_centres_have_names(names: tuple[str, str]) -> None:
    """What is read would not be heard otherwise."""
    with pytest.raises(ModelError) as caught:
        sheet_of(
            Service("x"),
            status=Status.TEST,
            sender=names[0],
            recipient=names[1],
            precedence=Precedence.FLASH,
            id_=ID,
        )
    assert caught.value.code == "formats.not-read-out"


@given(messages)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_was_received_is_read_out_or_refused(said: Message) -> None:
    """A sheet that is made can be heard again, and nothing but HotlineError is raised."""
    with contextlib.suppress(HotlineError):
        made = sheet(said)
        assert hear(text_of(lay_out(made))).sheet == made


@given(messages)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_made_is_made_again_of_itself(said: Message) -> None:
    """What can be spoken is spoken unchanged."""
    with contextlib.suppress(HotlineError):
        made = sheet(said)
        again = made.message
        if isinstance(again, Reply):
            again = msgspec.structs.replace(again, to=again.to.ljust(64, "0"))
        assert sheet(again).message == made.message


def test_items_in_which_two_texts_differ_are_named() -> None:
    """What is changed and what only one has, each once, in the order of the first text."""
    one = (Item("A", "x"), Item("C", "same"), Item("E", "title"))
    other = (Item("A", "y"), Item("C", "same"), Item("U", "remarks"))
    assert differing(one, other) == ("A", "E", "U")
    assert differing(one, one) == ()
