"""Read-back: what was said is compared within the tolerances of speech."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.model.messages import Notice, ReadBack, Revision
from hotline.model.readback import Difference, compare, read_back_of
from hotline.model.reading import read_message
from hotline.model.volume import Altitude, Position
from tests.model.samples import END, NOW_US, SQUARE, START, notice, read_back, volume

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def codes(said: ReadBack, sent: Notice) -> list[str]:
    """Return the codes of the differences."""
    return [difference.code for difference in compare(said, sent)]


def test_the_right_read_back_has_no_difference() -> None:
    """Understood is an empty list."""
    assert compare(read_back(), notice()) == []


MILE = 1852 / 111_195


@pytest.mark.parametrize(
    "changes",
    [
        {"position": Position(34.0 + 0.95 * MILE, 33.2)},
        {"time_start": "2026-03-01T11:00:59.999Z", "time_end": "2026-03-01T12:59:01Z"},
        {"time_start": "2026-03-01T14:00:00+03:00"},
        {"altitude_lower": Altitude(181.0, "fl", "standard")},
        {"altitude_upper": Altitude(7315.0, "m", "standard")},
        {"place": "north of nowhere"},
    ],
)
def test_speech_is_tolerated(changes: dict[str, object]) -> None:
    """A mile, less than a minute, a hundred feet and another unit are no difference."""
    assert compare(read_back(**changes), notice()) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"position": None}, "model.read-back-position"),
        ({"position": Position(34.0 + 1.05 * MILE, 33.2)}, "model.read-back-position"),
        ({"position": Position(float("nan"), 33.2)}, "model.read-back-position"),
        ({"time_start": "2026-03-01T11:01:00Z"}, "model.read-back-start"),
        ({"time_start": ""}, "model.read-back-start"),
        ({"time_end": "2026-03-01T12:59:00Z"}, "model.read-back-end"),
        ({"time_end": "noon"}, "model.read-back-end"),
        ({"altitude_lower": Altitude(182.0, "fl", "standard")}, "model.read-back-lower"),
        ({"altitude_lower": None}, "model.read-back-lower"),
        ({"altitude_upper": Altitude(24000.0, "ft", "msl")}, "model.read-back-upper"),
        ({"altitude_upper": Altitude(240.0, "furlong", "standard")}, "model.read-back-upper"),
        ({"altitude_upper": Altitude(float("nan"), "fl", "standard")}, "model.read-back-upper"),
    ],
)
def test_each_difference_has_its_code(changes: dict[str, object], code: str) -> None:
    """One thing said otherwise is one difference."""
    assert codes(read_back(**changes), notice()) == [code]


def test_north_announced_and_west_struck_is_found() -> None:
    """The position counts, whatever the place in words says."""
    said = read_back(position=Position(35.5, 33.25), place="as sent")
    (difference,) = compare(said, notice())
    assert str(difference) == (
        "position: read back as 353000N 0331500E, "
        "expected a position in the area, which is 90.0 NM away"
    )


def test_a_difference_says_what_was_not_read_back() -> None:
    """An officer sees what to ask for."""
    difference = Difference("model.read-back-end", "time_end", "", "2026-03-01 13:00:00 UTC")
    assert str(difference) == "time_end: not read back, expected 2026-03-01 13:00:00 UTC"


def test_several_volumes_are_read_back_as_a_whole() -> None:
    """Any of the areas, the outermost times, the outermost levels."""
    low = volume(
        altitude_lower=Altitude(100.0, "fl", "standard"),
        altitude_upper=Altitude(200.0, "fl", "standard"),
        time_start="2026-03-01T10:30:00Z",
        time_end="2026-03-01T12:00:00Z",
    )
    said = read_back(
        time_start="2026-03-01T10:30:00Z", altitude_lower=Altitude(100.0, "fl", "standard")
    )
    for volumes in ((low, volume()), (volume(), low)):
        assert compare(said, notice(volumes=volumes)) == []
        assert codes(read_back(), notice(volumes=volumes)) == [
            "model.read-back-start",
            "model.read-back-lower",
        ]


def test_levels_of_several_references_may_be_read_back_in_any() -> None:
    """Nobody is asked to convert what only the weather could tell."""
    surface = volume(altitude_lower=Altitude(0.0, "ft", "ground"))
    mixed = notice(volumes=(volume(), surface))
    assert compare(read_back(altitude_lower=Altitude(0.0, "ft", "ground")), mixed) == []
    assert compare(read_back(), mixed) == []
    (difference,) = compare(read_back(altitude_lower=None), mixed)
    assert difference.expected == "FL180 or ground"


def test_nothing_is_asked_of_what_the_notice_does_not_say() -> None:
    """A received notice may lack times and levels; a read-back can't be held against it."""
    bare = notice(
        volumes=(volume(altitude_lower=None, altitude_upper=None, time_start="", time_end=""),)
    )
    assert compare(read_back(), bare) == []
    assert compare(read_back(), notice(volumes=())) == []


def test_the_times_shown_are_in_utc() -> None:
    """Differences show both times in the same zone."""
    (difference,) = compare(read_back(time_start=END), notice())
    assert (difference.said, difference.expected) == (
        "2026-03-01 13:00:00 UTC",
        "2026-03-01 11:00:00 UTC",
    )
    assert START in notice().volumes[0].time_start


@settings(max_examples=80)
@given(st.from_type(ReadBack), st.from_type(Notice))
def test_any_read_back_can_be_compared(said: ReadBack, sent: Notice) -> None:
    """Both may break every rule; comparing them raises nothing."""
    for difference in compare(said, sent):
        assert difference.code.startswith("model.read-back-")
        assert str(difference)


def test_reading_back_what_was_signed_has_no_difference() -> None:
    """A program that plays an officer reads back the signed fields of any sound notice."""
    for example in sorted(EXAMPLES.glob("*/*.*json")):
        message = read_message(example.read_bytes(), NOW_US).message
        if isinstance(message, Notice | Revision):
            said = read_back_of(message)
            assert compare(said, message) == [], example.name
            assert said.time_start.endswith("Z")


def test_several_volumes_are_read_back_by_their_outermost_limits() -> None:
    """Earliest start, latest end, lowest and highest level of the first reference named."""
    low = volume(
        altitude_lower=Altitude(100.0, "fl", "standard"),
        altitude_upper=Altitude(200.0, "fl", "standard"),
        time_start="2026-03-01T10:30:00Z",
        time_end="2026-03-01T12:00:00Z",
    )
    surface = volume(altitude_lower=Altitude(0.0, "ft", "ground"))
    said = read_back_of(notice(volumes=(volume(), low, surface)))
    assert said == read_back(
        position=SQUARE[0],
        place="",
        time_start="2026-03-01T10:30:00Z",
        altitude_lower=Altitude(100.0, "fl", "standard"),
    )


def test_what_a_notice_lacks_is_not_read_back() -> None:
    """Nothing is made up for a received notice without volumes, times or levels."""
    assert read_back_of(notice(volumes=())) == ReadBack()
    bare = volume(altitude_lower=None, altitude_upper=None, time_start="", time_end="noon")
    assert read_back_of(notice(volumes=(bare,))) == ReadBack(position=SQUARE[0])


@settings(max_examples=80)
@given(st.from_type(Notice))
def test_any_notice_can_be_read_back(sent: Notice) -> None:
    """It may break every rule; a read-back of it raises nothing."""
    assert isinstance(read_back_of(sent), ReadBack)
