from __future__ import annotations

import msgspec
import pytest

from hotline.formats.announcement import Announcement
from hotline.formats.carries import Format
from hotline.formats.losses import Effect
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Precedence
from hotline.model.letter import AltitudeMargin
from hotline.model.volume import Altitude, Circle, Position
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
