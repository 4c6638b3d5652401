"""Warning time, from signed times to what is short."""

from __future__ import annotations

from pathlib import Path

from hotline.airspace.warning import ample_us, start_of, warning
from hotline.model.kinds import Activity, Precedence
from hotline.model.letter import read_letter
from hotline.model.times import SECOND_US
from tests.airspace.plans import BEGIN_US, volume

EXAMPLE = Path(__file__).parents[2] / "examples" / "letter.toml"

RECEIPT_US = BEGIN_US - 900 * SECOND_US


def test_what_is_agreed_is_enough_and_a_microsecond_less_is_short() -> None:
    """The minimum itself is kept."""
    enough = warning(BEGIN_US, RECEIPT_US, 900.0)
    assert (enough.given_us, enough.short, enough.missing_us) == (900 * SECOND_US, False, 0)
    short = warning(BEGIN_US, RECEIPT_US + 1, 900.0)
    assert (short.short, short.missing_us) == (True, 1)


def test_a_notice_after_its_start_gave_less_than_none() -> None:
    """The time is negative, and short though nothing was agreed."""
    late = warning(BEGIN_US, BEGIN_US + SECOND_US, 0.0)
    assert (late.given_us, late.short, late.missing_us) == (-SECOND_US, True, SECOND_US)


def test_without_a_start_it_is_short_by_nobody_knows_how_much() -> None:
    """What cannot be computed is never taken for enough."""
    unknown = warning(None, RECEIPT_US, 0.0)
    assert (unknown.given_us, unknown.short, unknown.missing_us) == (None, True, None)


def test_the_start_is_that_of_the_first_volume() -> None:
    """And unknown as soon as one of the volumes does not say."""
    early, late = volume(), volume(start="2026-03-01T10:30:00Z")
    assert start_of([late, early]) == BEGIN_US
    assert start_of([early]) == BEGIN_US
    assert start_of([volume(start="noon")]) is None
    assert start_of([late, early, volume(start="noon")]) is None
    assert start_of([]) is None


def test_ample_is_the_longest_that_a_letter_asks_for() -> None:
    """Whatever a notice is and however urgent, with this much it is not short; with less, some."""
    letter = read_letter(EXAMPLE.read_bytes())
    needed = {
        letter.warning_needed(precedence, activity)
        for precedence in Precedence
        for activity in (*Activity, "")
    }
    assert ample_us(letter) == max(needed) * SECOND_US
