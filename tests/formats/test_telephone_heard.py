"""What a listener typed: taken however it is typed, or refused with its line and the mend."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import HotlineError, ModelError
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.items import text_of
from hotline.formats.telephone.layout import lay_out
from hotline.formats.telephone.mistakes import MAX_MISTAKES, Misheard
from hotline.formats.telephone.typed import MAX_LINES, MAX_TEXT
from hotline.model.messages import Advisory, Notice, Reply, Revision
from hotline.model.volume import Altitude, Position
from tests.formats.test_telephone import NOTICE, OTHERS, read_out

ADVISORY = """\
A EXERCISE FROM IAF TO HMEIMIM
B ADVISORY
C PRECEDENCE FLASH
N POSITION 341530N 0334500E
P LEVEL FL180
Q TRACK 090
R SPEED 420 KNOTS
S TEXT TURN LEFT
X PHRASES 307 401
Z MESSAGE 8D41F0C2
"""
REPLY = """\
A EXERCISE FROM IAF TO HMEIMIM
B REPLY ACCEPT TO MESSAGE ABABABAB OF IAF-0001
C PRECEDENCE ROUTINE
G LEVELS FL180 TO FL240
H FROM 01 MAR 2026 1100 UTC
J UNTIL 01 MAR 2026 1300 UTC
N POSITION 334500N 0331500E
W OFFICER ORLOV
Z MESSAGE 8D41F0C2
"""


def canonical(text: str) -> str:
    """Return the canonical text of what was typed."""
    return text_of(lay_out(hear(text).sheet))


def test_what_is_read_out_is_heard() -> None:
    """The canonical text is its own."""
    for text in (NOTICE, ADVISORY, REPLY):
        assert canonical(text) == text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("A EXERCISE FROM IAF TO HMEIMIM", "a.  exercise from iaf   to hmeimim"),
        ("B NOTICE IAF-0001", "B: notice INDIA ALFA FOXTROT DASH ZERO ZERO ZERO ONE"),
        ("B NOTICE IAF-0001", "B) notice iaf-0001"),
        ("C PRECEDENCE ROUTINE", "c routine"),
        ("D ACTIVITY PATROL", "D patrol"),
        ("E TITLE PATROL", "e Patrol."),
        ("F1 AREA 1 OF 2 POLYGON 4 POINTS", "f1 one of two polygon four points"),
        ("F1.1 340000N 0330000E", "F1.1 34 00 00 north zero three three 0000 east"),
        ("F1.1 340000N 0330000E", "F1.1\n   340000N\n   0330000E"),
        ("G1 LEVELS FL180 TO FL240", "g1 flight level one eight zero to fl 2 4 0"),
        ("H1 FROM 01 MAR 2026 1100 UTC", "h1 1 march 2026 11:00"),
        ("H1 FROM 01 MAR 2026 1100 UTC", "h1 from 01mar2026 110000 zulu"),
        (
            "F2 AREA 2 OF 2 CORRIDOR 2 POINTS WIDTH 4000 METRES",
            "f2 2 of 2 corridor 2 points width 4 0 0 0 meters",
        ),
        ("G2 LEVELS GROUND TO 2500 FT AMSL", "G2 sfc to two five zero zero feet msl"),
        ("U REMARKS 2 FIGHTERS", "u two fighters"),
        ("Z MESSAGE 8D41F0C2", "z eight delta four one foxtrot zero charlie two"),
    ],
)
def test_typing_is_tolerated(typed: str, meant: str) -> None:
    """Case, blanks, spoken figures and letters, the items' words left out, lines that go on."""
    assert typed in NOTICE
    assert canonical(NOTICE.replace(typed, meant)) == NOTICE


def test_items_may_come_in_another_order_and_indented() -> None:
    """Whoever asks again types the answer below; whoever pastes keeps a margin."""
    lines = NOTICE.splitlines()
    assert canonical("\n".join(f"   {line}\r" for line in reversed(lines))) == NOTICE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("GROUND", Altitude(0.0, "ft", "ground")),
        ("300 FT AGL", Altitude(300.0, "ft", "ground")),
        ("MINUS 12 M WGS84", Altitude(-12.0, "m", "wgs84")),
        ("MINUS FL005", Altitude(-5.0, "fl", "standard")),
        ("MINUS FL000", Altitude(0.0, "fl", "standard")),
        ("minus 0 m amsl", Altitude(0.0, "m", "msl")),
        ("900 METRE STANDARD", Altitude(900.0, "m", "standard")),
    ],
)
def test_levels_are_heard(text: str, value: Altitude) -> None:
    """In every unit, from every reference."""
    message = hear(ADVISORY.replace("FL180", text)).sheet.message
    assert isinstance(message, Advisory)
    assert message.altitude == value


def test_sides_of_the_globe_are_heard() -> None:
    """South and west are below zero; nought is neither."""
    message = hear(ADVISORY.replace("341530N 0334500E", "000000 south 1800000 west")).sheet.message
    assert isinstance(message, Advisory)
    assert message.position == Position(0.0, -180.0)
    assert str(message.position.lat) == "0.0"


def test_an_advisory_may_have_little() -> None:
    """What was not said is not there."""
    lines = [line for line in ADVISORY.splitlines() if line[0] in "ABCZ"]
    assert hear("\n".join(lines)).sheet.message == Advisory()


def test_check_words_are_handed_on() -> None:
    """Of items behind a slash, of the whole behind CHECK; none of them is part of the text."""
    typed = NOTICE.replace("D ACTIVITY PATROL", "D PATROL / zeppelin")
    heard = hear(f"{typed}check words: flag swan, pony RUBY\n")
    assert canonical(typed) == NOTICE
    assert heard.item_words == {"D": "zeppelin"}
    assert heard.check == "FLAG SWAN, PONY RUBY"


def test_what_was_not_read_is_known() -> None:
    """Not the same as nothing."""
    heard = hear(NOTICE.replace("TITLE PATROL", "not read"))
    assert heard.sheet.unread == {"title"}
    assert isinstance(heard.sheet.message, Notice)
    assert heard.sheet.message.title == ""


def test_what_was_rounded_is_known() -> None:
    """As the item says."""
    assert hear(f"{NOTICE}Y POSITIONS WITHIN 25 METRES\n").sheet.rounded
    assert not hear(NOTICE).sheet.rounded


# --- Refused ------------------------------------------------------------------------------------

WRONG: list[tuple[str, str, str, str]] = [
    ("A EXERCISE FROM IAF", "A DRILL FROM IAF", "formats.heard-item", "line 1: item A"),
    ("FROM IAF TO HMEIMIM", "IAF HMEIMIM", "formats.heard-item", "line 1: item A"),
    ("FROM IAF TO", "FROM 9X TO", "formats.heard-item", "line 1: item A"),
    ("B NOTICE", "B NOTE", "formats.heard-item", "line 2: item B"),
    ("IAF-0001", "IAF_1", "formats.heard-item", "line 2: item B"),
    ("B NOTICE IAF-0001", "B REVISION 0 OF IAF-1", "formats.heard-item", "line 2: item B"),
    ("B NOTICE IAF-0001", "B REVISION x OF IAF-1", "formats.heard-item", "line 2: item B"),
    ("B NOTICE IAF-0001", "B REPLY ACCEPT TO MESSAGE XYZ", "formats.heard-item", "line 2: item B"),
    ("B NOTICE IAF-0001", "B ADVISORY", "formats.heard-unfit", "line 4: item D"),
    ("ROUTINE", "SOON", "formats.heard-item", "line 3: item C"),
    ("ACTIVITY PATROL", "JOYRIDE", "formats.heard-item", "line 4: item D"),
    ("D ACTIVITY PATROL\n", "", "formats.heard-missing", "item D is missing: activity"),
    ("E TITLE PATROL\n", "", "formats.heard-missing", "item E is missing: title"),
    ("E TITLE PATROL", "E Патруль", "formats.heard-item", "line 5: item E"),
    ("E TITLE PATROL", "E", "formats.heard-item", "line 5: item E"),
    (
        "E TITLE PATROL",
        "D PATROL",
        "formats.heard-twice",
        "line 5: item D is there already, in line 4",
    ),
    ("E TITLE PATROL", "PATROL", "formats.heard-no-item", "line 5 does not begin"),
    ("E TITLE PATROL", "O PATROL", "formats.heard-no-item", "line 5 does not begin"),
    ("POLYGON 4", "POLYGON 3", "formats.heard-item", "line 10: item F1.4 is of no area or point"),
    ("POLYGON 4", "POLYGON 5", "formats.heard-missing", "item F1.5 is missing: point"),
    ("POLYGON 4", "POLYGON 2", "formats.heard-item", "line 6: item F1"),
    ("POLYGON 4", "HEXAGON 4", "formats.heard-item", "line 6: item F1"),
    ("AREA 1 OF 2", "AREA 1 OF 1", "formats.heard-item", "line 14: item F2 is of no area"),
    ("AREA 1 OF 2", "AREA 1 OF 3", "formats.heard-item", "line 14: item F2 is not area 2 of 3"),
    ("AREA 1 OF 2", "AREA 2 OF 2", "formats.heard-item", "line 6: item F1 is not area 1 of 2"),
    ("AREA 1 OF 2", "AREA 3 OF 2", "formats.heard-item", "line 6: item F1"),
    ("AREA 1 OF 2", "AREA 1 OF 99", "formats.heard-item", "line 6: item F1"),
    ("2 POINTS WIDTH 4000", "1 POINT WIDTH 4000", "formats.heard-item", "line 14: item F2"),
    ("WIDTH 4000", "WIDTH 0", "formats.heard-item", "line 14: item F2"),
    ("340000N 0330000E", "346000N 0330000E", "formats.heard-item", "line 7: item F1.1"),
    ("340000N 0330000E", "340000N 0330060E", "formats.heard-item", "line 7: item F1.1"),
    ("340000N 0330000E", "900001N 0330000E", "formats.heard-item", "line 7: item F1.1"),
    ("340000N 0330000E", "340000N 1800001E", "formats.heard-item", "line 7: item F1.1"),
    ("340000N 0330000E", "34N 33E", "formats.heard-item", "line 7: item F1.1"),
    ("FL180 TO FL240", "FL180", "formats.heard-item", "line 11: item G1"),
    ("FL180 TO FL240", "180 TO 240", "formats.heard-item", "line 11: item G1"),
    ("FL180 TO FL240", "180 FT MOON TO FL240", "formats.heard-item", "line 11: item G1"),
    ("H1 FROM 01 MAR", "H1 FROM 32 MAR", "formats.heard-item", "line 12: item H1"),
    ("H1 FROM 01 MAR 2026", "H1 FROM 01 MAR 1969", "formats.heard-item", "line 12: item H1"),
    ("H1 FROM 01 MAR", "H1 FROM 01 MRZ", "formats.heard-item", "line 12: item H1"),
    ("H1 FROM 01 MAR 2026 1100 UTC", "H1 noon", "formats.heard-item", "line 12: item H1"),
    ("H1 FROM", "H FROM", "formats.heard-unfit", "line 12: item H has no place"),
    ("G1 LEVELS", "G1.1 LEVELS", "formats.heard-unfit", "line 11: item G1.1 has no place"),
    ("F1 AREA", "F AREA", "formats.heard-unfit", "line 6: item F has no place"),
    ("V CONTACT", "V1 CONTACT", "formats.heard-unfit", "line 21: item V1 has no place"),
    ("V CONTACT DESK 1", "Y WITHIN 5 METRES", "formats.heard-item", "line 21: item Y"),
    ("Z MESSAGE 8D41F0C2", "Z MESSAGE 8D41F0", "formats.heard-item", "line 22: item Z"),
    ("Z MESSAGE 8D41F0C2\n", "", "formats.heard-missing", "item Z is missing"),
]


@pytest.mark.parametrize(("said", "typed", "code", "text"), WRONG)
def test_what_cannot_be_is_refused_with_its_line(
    said: str, typed: str, code: str, text: str
) -> None:
    """The officer asks for that one item again, and knows what it should look like."""
    assert said in NOTICE
    with pytest.raises(ModelError) as caught:
        hear(NOTICE.replace(said, typed, 1))
    assert caught.value.code == code
    assert caught.value.message.startswith(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("TRACK 090", "TRACK 361"),
        ("420 KNOTS", "FAST"),
        ("307 401", "307 40"),
        ("307 401", "307 099"),
        ("307 401", "none"),
        ("307 401", "307 " * 11),
    ],
)
def test_what_an_advisory_cannot_say_is_refused(said: str, typed: str) -> None:
    """A track is a course, a phrase a number."""
    with pytest.raises(ModelError) as caught:
        hear(ADVISORY.replace(said, typed))
    assert caught.value.code == "formats.heard-item"


def test_a_read_back_is_whole() -> None:
    """With a position there are levels and times, or it was not heard."""
    assert isinstance(hear(REPLY).sheet.message, Reply)
    for letter in "GHJN":
        lines = [line for line in REPLY.splitlines() if line[0] != letter]
        with pytest.raises(ModelError) as caught:
            hear("\n".join(lines))
        assert caught.value.message.startswith(f"item {letter} is missing")


def test_a_revision_is_told_from_a_notice() -> None:
    """By item B, and its number may be spoken."""
    typed = NOTICE.replace("B NOTICE IAF-0001", "B REVISION ONE TWO OF IAF-0001")
    message = hear(typed).sheet.message
    assert isinstance(message, Revision)
    assert message.number == 12


@pytest.mark.parametrize("text", ["A" * (MAX_TEXT + 1), "\n" * MAX_LINES])
def test_a_text_has_bounds(text: str) -> None:
    """Whoever pipes the wrong file in is told so at once."""
    with pytest.raises(ModelError) as caught:
        hear(text)
    assert caught.value.code == "formats.heard-too-long"


def test_nothing_typed_is_nothing_heard() -> None:
    """What every message has is asked for."""
    with pytest.raises(Misheard) as caught:
        hear(" \n\n")
    assert [str(problem) for problem in caught.value.problems] == [
        "item A is missing: status, from, to",
        "item B is missing: kind, reference",
        "item C is missing: precedence",
        "item Z is missing: id, first 8 signs",
    ]


def mistakes(*changes: tuple[str, str]) -> list[tuple[str, str]]:
    """Return what is wrong with a notice that was typed with these changes: code and place."""
    typed = NOTICE
    for said, heard in changes:
        assert said in typed
        typed = typed.replace(said, heard, 1)
    with pytest.raises(Misheard) as caught:
        hear(typed)
    assert all(problem.hint for problem in caught.value.problems)
    assert all(problem.hint in caught.value.hint for problem in caught.value.problems)
    found = caught.value.problems
    assert caught.value.message == "; ".join(problem.text for problem in found)
    return [(one.code.removeprefix("formats.heard-"), one.text.partition(" ")[2]) for one in found]


def test_all_mistakes_are_told_at_once() -> None:
    """In the order of the lines, what is missing last: an officer asks once."""
    found = mistakes(
        ("C PRECEDENCE ROUTINE", "C PRECEDENCE URGENT"),
        ("340000N 0330000E", "340000N"),
        ("FL180 TO FL240", "FL180"),
        ("J1 UNTIL", "N UNTIL"),
        ("V CONTACT DESK 1", "and a line of nothing"),
    )
    assert [(code, text.partition(" ")[0]) for code, text in found] == [
        ("item", "3:"),
        ("item", "7:"),
        ("item", "11:"),
        ("unfit", "13:"),
        ("no-item", "21"),
        ("missing", "J1"),
    ]


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("B NOTICE IAF-0001", "B NOTICE"),
        ("F1 AREA 1 OF 2", "F1 AREA 1 OF"),
        ("F2 AREA 2 OF 2 CORRIDOR", "F2 AREA 2 OF 2 ROUND"),
        ("A EXERCISE FROM IAF", "A FROM IAF"),
        ("G1 LEVELS FL180 TO FL240", "G1 LEVELS"),
    ],
)
def test_what_depends_on_a_mistake_is_not_held_against_the_officer(said: str, typed: str) -> None:
    """Only what is wrong by itself is told beside it: another item that cannot be read."""
    assert len(mistakes((said, typed))) == 1
    assert len(mistakes((said, typed), ("340000N 0330000E", "34N"))) == 2


def test_no_more_mistakes_are_told_than_help() -> None:
    """A sheet of noise is no list of noise."""
    with pytest.raises(Misheard) as caught:
        hear("\n".join(f"- {line}" for line in range(100)))
    assert len(caught.value.problems) == MAX_MISTAKES


# --- Anything -----------------------------------------------------------------------------------

TEXTS = [NOTICE, ADVISORY, REPLY, *(read_out(said) for said, _ in OTHERS)]
pieces = st.sampled_from(
    [piece for text in TEXTS for line in text.splitlines() for piece in (line, *line.split())]
    + [
        "/ ZEPPELIN",
        "CHECK A B",
        "ZERO",
        "ALFA",
        "DASH",
        "F9.9",
        "G2",
        "1e9",
        "٣",
        "²",
        "ß",
        "\x85",
    ]
)
lines = st.lists(pieces, max_size=5).map(" ".join) | st.text(max_size=20)


@given(st.lists(lines, max_size=12).map("\n".join))
@settings(max_examples=150, deadline=None)
def test_any_text_is_heard_or_refused(text: str) -> None:
    """Nothing but HotlineError is raised; what is heard is its own canonical text."""
    assert_heard_or_refused(text)


@given(
    st.sampled_from(TEXTS), st.lists(st.tuples(st.integers(0, 400), pieces), max_size=3), st.data()
)
@settings(max_examples=200, deadline=None)
def test_a_text_with_errors_is_heard_or_refused(
    text: str, errors: list[tuple[int, str]], data: st.DataObject
) -> None:
    """Words replaced or put in anywhere."""
    words = text.split(" ")
    for place, piece in errors:
        at = place % (len(words) + 1)
        words[at : at + data.draw(st.integers(0, 2))] = [piece]
    assert_heard_or_refused(" ".join(words))


def assert_heard_or_refused(text: str) -> None:
    """Check that a text is refused, or gives a sheet whose canonical text gives the same."""
    try:
        heard = hear(text)
    except HotlineError as error:
        assert error.hint
        return
    again = hear(text_of(lay_out(heard.sheet)))
    assert again.sheet == heard.sheet


def test_marks_are_read_out_first_and_last() -> None:
    """They are no items: the text is the same, and the names are handed on in capitals."""
    heard = hear(f"Exercise Kestrel 7\n{NOTICE}EXERCISE: kestrel  7\n")
    assert heard.exercises == ("KESTREL 7", "KESTREL 7")
    assert heard.sheet == hear(NOTICE).sheet
    assert hear(f"EXERCISE\n{NOTICE}").exercises == ()


@pytest.mark.parametrize("mark", ["TEST", "test. Kestrel"])
def test_a_mark_of_another_status_is_refused(mark: str) -> None:
    """Item A and the mark have to agree."""
    with pytest.raises(ModelError) as caught:
        hear(f"{NOTICE}{mark}\n")
    assert caught.value.code == "formats.heard-mark"
    assert "line " in caught.value.message
