"""Coordinates as people type them: what is read, and where the mistake stands in what is not."""

# ruff: noqa: RUF001 - letters and marks that look alike are what people type

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ModelError
from hotline.formats.coordinates import (
    MAX_LINE,
    MAX_LINES,
    Form,
    decimal_text,
    mgrs_text,
    read_line,
    read_lines,
)
from hotline.model.phrasing import position_text
from hotline.model.volume import Position

TENTH = (34.1, 32.6)
QUARTER = (34.2583333, 32.6)
MARKED = (34.25, 32.6)


@pytest.mark.parametrize(
    ("text", "expected", "form"),
    [
        ("34.1 32.6", TENTH, Form.DECIMAL),
        ("34.1, 32.6", TENTH, Form.DECIMAL),
        ("34.1,32.6", TENTH, Form.DECIMAL),
        ("34.1; 32.6;", TENTH, Form.DECIMAL),
        ("34,1 32,6", TENTH, Form.DECIMAL),
        ("34,1; 32,6", TENTH, Form.DECIMAL),
        ("+34.1 +32.6", TENTH, Form.DECIMAL),
        ("34.1N 32.6E", TENTH, Form.DECIMAL),
        ("34.1 צפון 32.6 מזרח", TENTH, Form.DECIMAL),
        ("34,1 с.ш. 32,6 в.д.", TENTH, Form.DECIMAL),
        ("34.1° 32.6°", TENTH, Form.DECIMAL),
        ("-34.1 −32.6", (-34.1, -32.6), Form.DECIMAL),
        ("34.1S, 32.6W", (-34.1, -32.6), Form.DECIMAL),
        ("341530N 0323600E", QUARTER, Form.DEGREES),
        ("341530N0323600E", QUARTER, Form.DEGREES),
        ("N341530 E0323600", QUARTER, Form.DEGREES),
        ("N341530, E0323600", QUARTER, Form.DEGREES),
        ("341530.0N 03236.0E", QUARTER, Form.DEGREES),
        ("34°15'30\"N 32°36'00\"E", QUARTER, Form.DEGREES),
        ("34°15′30″ N, 032°36′00″ E", QUARTER, Form.DEGREES),
        ("34°15'30\" с. ш. 32°36'00\" в. д.", QUARTER, Form.DEGREES),
        ("34 15 30 N 32 36 00 E", QUARTER, Form.DEGREES),
        ("34 15 30 32 36 00", QUARTER, Form.DEGREES),
        ("34 15 30, 32 36 00", QUARTER, Form.DEGREES),
        ("34 15 30,32 36 00", QUARTER, Form.DEGREES),
        ("34:15:30 N 32:36:00 E", QUARTER, Form.DEGREES),
        ("34-15-30N 032-36-00E", QUARTER, Form.DEGREES),
        ("34°15'30\" 32°36'00\"", QUARTER, Form.DEGREES),
        ("34°15,0' с.ш. 32°36,00' в.д.", MARKED, Form.DEGREES),
        ("32°36'E 34°15'N", MARKED, Form.DEGREES),
        ("34°15' -32°36'", (34.25, -32.6), Form.DEGREES),
        ("3415S 03236W", (-34.25, -32.6), Form.DEGREES),
        ("90N 180E", (90.0, 180.0), Form.DECIMAL),
    ],
)
def test_usual_spellings_are_read(text: str, expected: tuple[float, float], form: Form) -> None:
    """Every usual spelling of degrees gives the position that it means."""
    line = read_line(text)
    assert line.mistake is None
    assert line.position is not None
    assert (line.position.lat, line.position.lon) == expected
    assert line.form is form


@pytest.mark.parametrize(
    ("text", "within_m"),
    [
        ("36SVC 63104 73316", 1),
        (" 36 s vc 6310473316", 1),
        ("36SVC631733", 100),
        ("36SVC 63 73", 1000),
    ],
)
def test_mgrs_is_read_with_its_precision(text: str, within_m: int) -> None:
    """A position of MGRS is read in the usual spellings, with the size of the square it names."""
    line = read_line(text)
    assert line.position is not None
    assert line.form is Form.MGRS
    assert line.within_m == within_m
    assert abs(line.position.lat - 34.1) * 111_000 < within_m
    assert abs(line.position.lon - 32.6) * 111_000 < within_m


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("34,32", "comma", ","),
        ("34,1,32,6", "comma", ","),
        ("34.1,5 32,6", "comma", ","),
        ("34.1", "incomplete", "34.1"),
        ("N E", "incomplete", "N E"),
        (", 34 32", "incomplete", ""),
        ("°° 34 32", "incomplete", ""),
        ("N, E 34 32", "incomplete", "N"),
        ("34.1 32.6 33.1", "count", "33.1"),
        ("34; 32; 33", "too-much", "; 33"),
        ("34N 32E 33N", "too-much", "N"),
        ("34 1 2 3 N 32 E", "too-much", "3 N"),
        ("34N 33N", "same-axis", "33N"),
        ("34E 33W", "same-axis", "33W"),
        ("34.1N 32.6", "one-letter", "N"),
        ("95 10", "latitude-range", "95"),
        ("10 190", "longitude-range", "190"),
        ("34 75 N 32 10 E", "minutes", "75"),
        ("34 15 60 N 32 10 00 E", "seconds", "60"),
        ("34.5 10 N 32 E", "fraction", "34.5"),
        ("-34N 32E", "sign-and-letter", "-"),
        ("34x 32", "letter", "x"),
        ("34 $ 32", "character", "$"),
        ("34' 15° N 32 36 E", "mark", "'"),
        ("34°° N 32 E", "mark", "°"),
        ("34 32:", "mark", ":"),
        ("12345N 032E", "compact", "12345"),
        ("34N 1234E", "compact", "1234"),
        ("3475N 032E", "minutes", "75"),
        ("61SVC6310473316", "mgrs-zone", "61"),
        ("36SVI1212", "mgrs-square", "36SVI"),
        ("36SVC 631 7331", "mgrs-digits", "631 7331"),
        ("36SVC 631", "mgrs-digits", "631"),
        ("36SVC 123456 123456", "mgrs-digits", "123456 123456"),
        ("36SVC63", "mgrs-coarse", "36SVC63"),
        ("36SVC", "mgrs-coarse", "36SVC"),
    ],
)
def test_mistakes_are_named_where_they_stand(text: str, code: str, where: str) -> None:
    """What cannot be read has the code of the mistake, and points at the characters that it is."""
    line = read_line(text)
    assert line.position is None
    assert line.mistake is not None
    assert line.mistake.code == f"coordinates.{code}"
    assert text[line.mistake.start : line.mistake.end].strip() == where.strip()
    assert line.mistake.text


def test_lines_are_numbered_and_blank_ones_left_out() -> None:
    """Lines keep the numbers that an editor shows, and a long one is cut in what is shown."""
    lines = read_lines("34.1 32.6\n\nnowhere\n" + "3" * (MAX_LINE + 1))
    assert [line.number for line in lines] == [1, 3, 4]
    assert [line.mistake is None for line in lines] == [True, False, False]
    assert len(lines[2].text) == MAX_LINE + 1


def test_too_many_lines_are_refused() -> None:
    """More lines than a message may have corners are refused at once."""
    with pytest.raises(ModelError) as caught:
        read_lines("1 1\n" * (MAX_LINES + 1))
    assert caught.value.code == "coordinates.too-many-lines"


def test_what_has_no_square_has_no_mgrs() -> None:
    """A position that is off the globe is not written as MGRS."""
    assert mgrs_text(Position(134.0, 32.0)) == ""


POSITIONS = st.builds(
    Position,
    st.floats(-79.9, 83.9).map(lambda value: round(value, 7)),
    st.floats(-179.9, 179.9).map(lambda value: round(value, 7)),
)


@settings(max_examples=100, deadline=None)
@given(POSITIONS)
def test_what_is_written_reads_as_it_was(position: Position) -> None:
    """Decimal text keeps a position exactly, seconds and metres keep it as far as they go."""
    assert read_line(decimal_text(position)).position == position
    for text, near in ((position_text(position), 0.00015), (mgrs_text(position), 0.0002)):
        found = read_line(text).position
        assert found is not None
        assert abs(found.lat - position.lat) < near
        # A degree of longitude is shorter towards the poles, so a metre is more of it.
        assert abs(found.lon - position.lon) < near * (1 if near < 0.0002 else 10)


PIECES = st.sampled_from(
    [*"0123456789", *" .,;:/-+°'\"NSEWnд", "36SVC", "С", "в.д.", "צפון", "₂", "½", "\u202e", "\x00"]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join)))
def test_any_text_is_read_or_has_a_mistake(text: str) -> None:
    """Any text is a position on the globe or a mistake within the line, and nothing else."""
    line = read_line(text)
    assert (line.position is None) == (line.mistake is not None)
    if line.position is not None:
        assert abs(line.position.lat) <= 90
        assert abs(line.position.lon) <= 180
    if line.mistake is not None:
        assert 0 <= line.mistake.start <= line.mistake.end <= len(text)
