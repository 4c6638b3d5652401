"""Heights: exact above one reference, with the letter's margin above different ones."""

from __future__ import annotations

import math

import pytest

from hotline.airspace.levels import Band, band_of, gap_m
from hotline.model.letter import AltitudeMargin
from hotline.model.volume import Altitude, Volume4D
from tests.airspace.plans import MARGIN, feet, fl, metres

UNBOUNDED = (-math.inf, math.inf)


def band(lower: Altitude | None, upper: Altitude | None) -> Band:
    """Return the band of a volume with these levels."""
    return band_of(Volume4D(altitude_lower=lower, altitude_upper=upper))


@pytest.mark.parametrize(
    ("altitude", "span"),
    [
        (metres(1000), (1000.0, 1000.0)),
        (metres(1000, "msl"), (1010.0, 1040.0)),
        (feet(0, "ground"), (-420.0, 4040.0)),
        (metres(1000, "standard"), (1000 - 550 + 10, 1000 + 550 + 40)),
        (metres(-1000, "standard"), (-1000 - 550 + 10, -1000 + 550 + 40)),
    ],
)
def test_a_height_lies_between_what_the_letter_says(
    altitude: Altitude, span: tuple[float, float]
) -> None:
    """The table of section 3: each reference with its own part of the margin."""
    level = band(altitude, None).lower
    assert level is not None
    assert level.span(MARGIN) == pytest.approx(span)


def test_a_flight_level_is_a_hundred_feet() -> None:
    """FL180 is 18 000 ft on standard pressure."""
    assert gap_m(band(fl(180), fl(200)), band(feet(0), feet(17_999, "standard")), MARGIN) == (
        pytest.approx((0.3048, 0.0))
    )


def test_one_reference_is_compared_exactly() -> None:
    """However wide the margin is: what is 1 cm higher is 1 cm higher."""
    below, above = band(metres(0, "msl"), metres(1000, "msl")), band(metres(1000.01, "msl"), None)
    assert gap_m(below, above, AltitudeMargin()) == pytest.approx((0.01, 0.0))
    assert gap_m(above, below, AltitudeMargin()) == pytest.approx((0.01, 0.0))


def test_different_references_are_compared_with_the_margin() -> None:
    """What the margin can bring together meets, and how much margin there is is said."""
    plane, balloon = (
        band(metres(2000), metres(3000)),
        band(metres(1000, "msl"), metres(1970, "msl")),
    )
    assert gap_m(plane, balloon, MARGIN) == (0.0, 30.0)
    balloon = band(metres(1000, "msl"), metres(1900, "msl"))
    assert gap_m(plane, balloon, MARGIN) == (60.0, 30.0)
    assert gap_m(balloon, plane, MARGIN) == (60.0, 30.0)


def test_what_surely_meets_needs_no_margin() -> None:
    """A band that holds the other one wherever that may lie rests on nothing."""
    assert gap_m(band(metres(0), metres(9000)), band(fl(100), fl(110)), MARGIN) == (0.0, 0.0)


def test_absent_levels_bound_nothing() -> None:
    """F3548 allows them to be left out, and that is not unknown."""
    unbounded = band(None, None)
    assert unbounded.reasons == ()
    assert gap_m(unbounded, band(fl(180), fl(200)), MARGIN) == (0.0, 0.0)
    assert band(None, metres(100)).span(MARGIN) == (-math.inf, 100.0)
    assert band(metres(100), None).span(MARGIN) == (100.0, math.inf)


@pytest.mark.parametrize(
    ("lower", "upper", "code"),
    [
        (Altitude(3.0, "furlong", "msl"), fl(200), "airspace.level-unknown"),
        (fl(180), Altitude(3.0, "m", "moon"), "airspace.level-unknown"),
        (Altitude(180.0, "fl", "msl"), fl(200), "airspace.level-unknown"),
        (Altitude(math.nan, "m", "msl"), fl(200), "airspace.level-unknown"),
        (Altitude(math.inf, "m", "msl"), None, "airspace.level-unknown"),
        (Altitude(1e308, "fl", "standard"), None, "airspace.level-unknown"),
        (fl(200), fl(180), "airspace.levels-backwards"),
    ],
)
def test_what_is_not_understood_reaches_to_all_heights(
    lower: Altitude, upper: Altitude | None, code: str
) -> None:
    """One level that is wrong makes the other one worth nothing, and the reason says why."""
    found = band(lower, upper)
    assert [reason.code for reason in found.reasons] == [code]
    assert found.span(MARGIN) == UNBOUNDED


def test_which_level_is_below_can_be_a_matter_of_the_letter() -> None:
    """3 000 m above ground is above 2 000 m of sea level where no ground lies that low."""
    found = band(metres(3000, "ground"), metres(2000, "msl"))
    assert found.reasons == ()
    assert found.under(AltitudeMargin(terrain_m=(-2000.0, 0.0))).reasons == ()
    assert found.under(MARGIN).span(MARGIN) == UNBOUNDED
    assert [reason.code for reason in found.under(MARGIN).reasons] == ["airspace.levels-backwards"]


def test_each_level_that_is_wrong_has_its_reason() -> None:
    """Nothing is left out of what is said."""
    found = band(Altitude(3.0, "furlong", "msl"), Altitude(4.0, "furlong", "msl"))
    assert "its lower level has the unknown unit 'furlong'" in found.reasons[0].text
    assert "its upper level has the unknown unit 'furlong'" in found.reasons[1].text
