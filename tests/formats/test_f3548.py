from __future__ import annotations

import math

import msgspec
import pytest

from hotline.errors import ModelError
from hotline.formats.announcement import Announcement
from hotline.formats.carries import Format
from hotline.formats.given import Given
from hotline.formats.losses import Effect
from hotline.formats.reading import read
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Precedence, Status
from hotline.model.letter import AltitudeMargin
from hotline.model.problem import RulesBroken
from hotline.model.volume import Altitude, Circle, Position
from tests.formats.plans import READABLE
from tests.model.samples import NOW_US, notice, shaped, volume


def test_levels_are_widened_by_the_letter() -> None:
    """Each reference goes outwards by what the letter says, and stays what it is above WGS 84."""
    margin = AltitudeMargin((10.0, 20.0), (0.0, 500.0), 100.0, 10.0)
    cases = {
        (1000.0, "m", "wgs84"): (1000.0, 1000.0),
        (1000.0, "ft", "wgs84"): (304.8, 304.8),
        (1000.0, "m", "msl"): (1010.0, 1020.0),
        (100.0, "m", "ground"): (110.0, 620.0),
        (1000.0, "m", "standard"): (810.0, 1220.0),
    }
    for (value, unit, reference), expected in cases.items():
        level = Altitude(value, unit, reference)
        sample = notice(volumes=(volume(altitude_lower=level, altitude_upper=level),))
        announcement = Announcement(sample, Precedence.ROUTINE)
        data = write(announcement, Format.F3548, Wishes(NOW_US, margin=margin)).data
        inner = msgspec.json.decode(data)["volumes"][0]["volume"]
        found = (inner["altitude_lower"]["value"], inner["altitude_upper"]["value"])
        assert found == pytest.approx(expected)
        assert inner["altitude_lower"]["reference"] == "W84"


def test_a_level_that_cannot_be_compared_is_no_limit_in_f3548() -> None:
    """An unknown unit does not become a narrower area: the side stays open, and that is told."""
    strange = volume(altitude_lower=Altitude(3.0, "furlong", "msl"))
    written = write(
        Announcement(notice(volumes=(strange,)), Precedence.ROUTINE), Format.F3548, Wishes(NOW_US)
    )
    assert b"altitude" not in written.data
    assert {loss.field for loss in written.losses if loss.effect is Effect.WIDENED} == {
        "volumes[0].altitude_lower",
        "volumes[0].altitude_upper",
    }


def test_the_form_is_that_of_the_standard() -> None:
    """Names, units and formats as ASTM F3548-21 has them, letter by letter."""
    level = Altitude(500.0, "m", "wgs84")
    circle = shaped(Circle(Position(34.0, 33.0), 5000.0))
    sample = msgspec.structs.replace(circle, altitude_lower=level, altitude_upper=level)
    announcement = Announcement(notice(volumes=(sample,)), Precedence.ROUTINE)
    written = msgspec.json.decode(write(announcement, Format.F3548, Wishes(NOW_US)).data)
    height = {"value": 500.0, "reference": "W84", "units": "M"}
    assert written == {
        "volumes": [
            {
                "volume": {
                    "outline_circle": {
                        "center": {"lat": 34.0, "lng": 33.0},
                        "radius": {"value": 5000.0, "units": "M"},
                    },
                    "altitude_lower": height,
                    "altitude_upper": height,
                },
                "time_start": {"value": "2026-03-01T11:00:00Z", "format": "RFC3339"},
                "time_end": {"value": "2026-03-01T13:00:00Z", "format": "RFC3339"},
            }
        ]
    }


def test_what_is_absent_bounds_nothing_and_what_is_no_time_is_lost() -> None:
    """F3548 allows open sides; a text that is no time cannot be written, and that is told."""
    sample = volume(altitude_lower=None, altitude_upper=None, time_start="", time_end="soon")
    announcement = Announcement(notice(volumes=(sample,)), Precedence.ROUTINE)
    written = write(announcement, Format.F3548, Wishes(NOW_US))
    assert b"altitude" not in written.data
    assert b"time_" not in written.data
    losses = [loss for loss in written.losses if loss.field.startswith("volumes")]
    assert [(loss.field, loss.effect) for loss in losses] == [("volumes[0].time_end", Effect.LOST)]


def outside_file(**fields: object) -> bytes:
    """Return an F3548 file with a volume, and what stands beside it."""
    written = write(Announcement(notice(), Precedence.ROUTINE), Format.F3548, Wishes(NOW_US)).data
    return msgspec.json.encode(msgspec.json.decode(written) | fields)


WORDS = Given(title="Exercise", activity="patrol")


def test_off_nominal_volumes_go_there_and_back() -> None:
    """Where a nonconforming activity is instead is written under the standard's name, and read."""
    level = Altitude(500.0, "m", "wgs84")
    elsewhere = msgspec.structs.replace(
        shaped(Circle(Position(35.0, 34.0), 700.0)), altitude_lower=level, altitude_upper=level
    )
    announcement = Announcement(notice(), Precedence.ROUTINE, off_nominal=(elsewhere, elsewhere))
    written = write(announcement, Format.F3548, Wishes(NOW_US))
    assert msgspec.json.decode(written.data).keys() == {"volumes", "off_nominal_volumes"}
    found = read(written.data, WORDS)
    assert found.outside(NOW_US) == (elsewhere, elsewhere)
    assert (
        b"off_nominal"
        not in write(Announcement(notice(), Precedence.ROUTINE), Format.F3548, Wishes(NOW_US)).data
    )


def test_off_nominal_levels_are_widened_and_what_cannot_be_drawn_is_told() -> None:
    """As those of the volumes that were announced, under their own path."""
    odd = volume(outline_polygon=None)
    announcement = Announcement(notice(), Precedence.ROUTINE, off_nominal=(odd, volume()))
    losses = {
        loss.field: loss.effect for loss in write(announcement, Format.F3548, Wishes(NOW_US)).losses
    }
    assert losses["off_nominal_volumes[0]"] is Effect.LOST
    assert losses["off_nominal_volumes[1].altitude_lower"] is Effect.WIDENED


@pytest.mark.parametrize("to", [form for form in Format if form not in (Format.F3548, Format.COT)])
def test_other_formats_say_that_they_lose_them(to: Format) -> None:
    """Only F3548 and maps have a place for where something is instead of where it should be."""
    announcement = Announcement(
        notice(), Precedence.ROUTINE, "iaf", Status.EXERCISE, off_nominal=(volume(),)
    )
    (loss,) = (
        loss
        for loss in write(announcement, to, Wishes(NOW_US)).losses
        if loss.field == "off_nominal_volumes"
    )
    assert loss.effect is Effect.LOST


@pytest.mark.parametrize(
    ("outside", "code"),
    [
        ([{"volume": {}}], "formats.missing"),
        (["x"], "model.wrong-type"),
        ({}, None),
        (None, None),
        ({"a": 1}, "formats.f3548-field"),
        ("x", "formats.f3548-field"),
    ],
)
def test_bad_off_nominal_volumes_are_named_as_such(outside: object, code: str | None) -> None:
    """The field in the error is the one in the file; nothing, and an empty list, are nothing."""
    try:
        found = read(outside_file(off_nominal_volumes=outside), WORDS).outside(NOW_US)
    except ModelError as error:
        assert error.code == code
        assert "off_nominal_volumes" in str(error)
    else:
        assert code is None
        assert found == ()


def test_what_an_off_nominal_volume_lacks_can_be_given() -> None:
    """Levels and times said beside the file fill them in; a broken rule names the field."""
    (said,) = msgspec.json.decode(outside_file())["volumes"]
    bare = {
        "volume": {
            "outline_circle": {
                "center": {"lat": 3, "lng": 4},
                "radius": {"value": 70, "units": "M"},
            }
        }
    }
    filled = Given(
        title="Exercise",
        activity="patrol",
        lower="FL180",
        upper="FL200",
        start=said["time_start"]["value"],
        end=said["time_end"]["value"],
    )
    (found,) = read(outside_file(off_nominal_volumes=[bare]), filled).outside(NOW_US)
    assert found.altitude_lower == Altitude(180.0, "fl", "standard")
    with pytest.raises(RulesBroken) as caught:
        read(outside_file(off_nominal_volumes=[{**bare, "volume": {}}]), filled).outside(NOW_US)
    assert caught.value.problems[0].field.startswith("off_nominal_volumes[0]")


@pytest.mark.parametrize("to", READABLE)
def test_a_level_that_is_no_number_is_left_out_and_told(to: Format) -> None:
    """Neither JSON nor a map can hold it."""
    strange = volume(altitude_upper=Altitude(math.nan, "m", "wgs84"))
    written = write(
        Announcement(notice(volumes=(strange,)), Precedence.ROUTINE), to, Wishes(NOW_US)
    )
    assert ("volumes[0].altitude_upper", Effect.LOST) in {
        (loss.field, loss.effect) for loss in written.losses
    }
    assert b"NaN" not in written.data


def test_what_the_volumes_are_of_is_written_and_read() -> None:
    """In one field, which is none of F3548's; of what nobody knows it is not there."""
    known = Announcement(notice(), Precedence.ROUTINE, "iaf", Status.EXERCISE, exercise="Kestrel 7")
    data = write(known, Format.F3548, Wishes(NOW_US)).data
    assert msgspec.json.decode(data)["hotline"] == {"status": "exercise", "exercise": "Kestrel 7"}
    fields = read(data, Given(title="x", activity="patrol")).fields
    assert (fields["status"], fields["exercise"]) == ("exercise", "Kestrel 7")
    unknown = write(Announcement(notice(), Precedence.ROUTINE), Format.F3548, Wishes(NOW_US)).data
    assert "hotline" not in msgspec.json.decode(unknown)


@pytest.mark.parametrize("marks", [1, [], "exercise", {"status": "actual", "more": 1}])
def test_what_the_volumes_are_of_is_nothing_else(marks: object) -> None:
    """Anything but status and exercise is refused."""
    data = msgspec.json.encode({"volumes": [], "hotline": marks})
    with pytest.raises(ModelError) as caught:
        read(data, Given(), may_lack=True)
    assert caught.value.code == "formats.f3548-field"


def test_off_nominal_volumes_alone_are_what_is_announced() -> None:
    """Nothing else says where the activity is; that they were called otherwise is told."""
    outside = msgspec.json.decode(outside_file(off_nominal_volumes=None))["volumes"]
    data = msgspec.json.encode({"volumes": [], "off_nominal_volumes": outside})
    found = read(data, WORDS)
    assert found.fields["volumes"] == outside
    assert found.off_nominal == ()
    assert [str(loss) for loss in found.losses] == [
        "off_nominal_volumes: approximate: nothing else is announced, so they become `volumes`"
    ]


def test_volumes_that_become_f3548_again_need_no_words() -> None:
    """They are filled in where asked for, and demanded of the same file elsewhere."""
    data = outside_file(off_nominal_volumes=None)
    assert read(data, Given(), unnamed=True).fields["title"] == "F3548"
    with pytest.raises(RulesBroken) as caught:
        read(data, Given())
    assert {problem.field for problem in caught.value.problems} == {"title", "activity"}
