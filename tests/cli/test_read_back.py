from __future__ import annotations

from collections.abc import Callable

import pytest

from hotline.cli.read_back import ITEMS, TRIES, position_of, read_back, time_of
from hotline.errors import HotlineError, ModelError, UsageError
from hotline.model.messages import Notice
from hotline.model.reading import read_message
from hotline.model.volume import Position
from tests.cli.command import EXAMPLES
from tests.cli.samples import NOW_US

RIGHT = ["335100N 0330000E", "10:45", "1245", "FL180", "FL280"]


@pytest.fixture(scope="module")
def notice() -> Notice:
    """Return the first sample, sent at 10:00 UTC."""
    message = read_message((EXAMPLES / "iaf/01-patrol.json").read_bytes(), NOW_US).message
    assert isinstance(message, Notice)
    return message


def saying(*answers: str) -> Callable[[str], str]:
    """Return an officer who says these things, one after the other."""
    left = list(answers)
    return lambda question: left.pop(0)


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("341530N 0334500E", 34.258333, 33.75),
        ("3415N 03345E", 34.25, 33.75),
        ("3415s/03345w", -34.25, -33.75),
        (" 34.25, 33.75 ", 34.25, 33.75),
        ("-34.25 +133", -34.25, 133.0),
    ],
)
def test_positions_as_they_are_spoken(text: str, lat: float, lon: float) -> None:
    """Degrees, minutes and seconds with letters, or degrees as numbers."""
    found = position_of(text)
    assert (found.lat, found.lon) == (pytest.approx(lat, abs=1e-6), pytest.approx(lon, abs=1e-6))


@pytest.mark.parametrize("text", ["", "x", "3460N 03345E", "9115N 03345E", "34.25", "34.25 233"])
def test_what_is_no_position(text: str) -> None:
    """Anything else is refused with the forms that are understood."""
    with pytest.raises(ModelError) as caught:
        position_of(text)
    assert caught.value.code == "model.bad-position"
    assert "341530N 0334500E" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10:45", "2026-03-01T10:45:00Z"),
        ("0930Z", "2026-03-01T09:30:00Z"),
        ("23:00 UTC", "2026-02-28T23:00:00Z"),
        ("21:59", "2026-03-01T21:59:00Z"),
        ("2026-03-01T12:45:00+02:00", "2026-03-01T10:45:00Z"),
    ],
)
def test_times_of_day_are_the_nearest_ones(text: str, found: str) -> None:
    """A time of day is near what the notice says, also across midnight."""
    assert time_of(text, NOW_US) == found


@pytest.mark.parametrize("text", ["24:00", "10:60", "10", "", "+45m", "2026-03-01T10:45:00"])
def test_what_is_no_time(text: str) -> None:
    """An offset from now is no read-back, and a time without a zone is none either."""
    with pytest.raises(ModelError) as caught:
        time_of(text, NOW_US)
    assert caught.value.code in ("model.bad-time", "model.time-without-zone")


def test_an_officer_is_asked_in_turn(notice: Notice) -> None:
    """Position, times, levels; what was said goes into the reply in the form of a file."""
    questions: list[str] = []
    answers = iter(RIGHT)

    def ask(question: str) -> str:
        questions.append(question)
        return next(answers)

    said = read_back(notice, {}, "south of Cyprus", ask)
    assert questions == [item.question for item in ITEMS]
    assert said["place"] == "south of Cyprus"
    assert said["position"] == {"lat": 33.85, "lng": 33.0}
    assert (said["time_start"], said["time_end"]) == (
        "2026-03-01T10:45:00Z",
        "2026-03-01T12:45:00Z",
    )
    assert said["altitude_lower"] == {"value": 180.0, "units": "fl", "reference": "standard"}


def test_a_mistake_may_be_mended(notice: Notice, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not what was sent is asked again, and the right answer is not given away."""
    position, start, end, lower, upper = RIGHT
    said = read_back(
        notice, {}, "", saying("nowhere", position, start, "13:45", end, lower, "FL290", upper)
    )
    assert said["altitude_upper"] == {"value": 280.0, "units": "fl", "reference": "standard"}
    shown = capsys.readouterr().err
    assert "'nowhere' is not a position" in shown
    assert shown.count("that is not what was sent") == 2
    assert "12:45" not in shown
    assert "280" not in shown


def test_three_tries_and_no_more(notice: Notice) -> None:
    """Who cannot read it back has not understood it, and accepts nothing."""
    with pytest.raises(UsageError) as caught:
        read_back(notice, {}, "", saying(*["3000N 03000E"] * TRIES))
    assert caught.value.code == "model.read-back-position"


def test_what_nobody_could_read_is_not_called_different(
    notice: Notice, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three tries that say nothing end otherwise than three that say something else."""
    with pytest.raises(UsageError) as caught:
        read_back(notice, {}, "", saying(RIGHT[0], "soon", "25:00", "2026-03-01T10:45:00"))
    assert caught.value.code == "cli.read-back-unreadable"
    assert "nothing readable was said of the start" in caught.value.message
    assert capsys.readouterr().err.count("as 10:00 or 1000, or all of it") == 3
    with pytest.raises(UsageError) as caught:
        read_back(notice, {}, "", saying(RIGHT[0], "soon", "11:45", "later"))
    assert caught.value.code == "model.read-back-start"


def test_options_are_compared_too(notice: Notice) -> None:
    """A script has one try, and what it leaves out is asked for where somebody can be asked."""
    given = {item.field: text for item, text in zip(ITEMS, RIGHT, strict=True)}
    assert read_back(notice, given, "", None)["time_end"] == "2026-03-01T12:45:00Z"
    with pytest.raises(UsageError) as caught:
        read_back(notice, given | {"altitude_lower": "ground"}, "", None)
    assert caught.value.code == "model.read-back-lower"
    del given["time_end"]
    assert read_back(notice, given, "", saying("12:45"))["time_end"] == "2026-03-01T12:45:00Z"
    with pytest.raises(UsageError) as caught:
        read_back(notice, given, "", None)
    assert caught.value.code == "cli.read-back-needed"
    assert "--read-back-end" in caught.value.hint
    assert "--read-back-start" not in caught.value.hint


def test_a_level_that_is_none(notice: Notice) -> None:
    """The model's own error names the forms of a level."""
    given = {item.field: text for item, text in zip(ITEMS, RIGHT, strict=True)}
    with pytest.raises(HotlineError) as caught:
        read_back(notice, given | {"altitude_upper": "high"}, "", None)
    assert caught.value.code == "model.bad-altitude"


def test_positions_are_positions() -> None:
    """What is parsed is the model's own type."""
    assert position_of("0 0") == Position(0.0, 0.0)
