from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.exercise.scenario.durations import PATTERN, duration_said, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30 s", 30.0),
        ("5 min", 300.0),
        ("1 h 30 min", 5400.0),
        ("800 ms", 0.8),
        ("0.5 s", 0.5),
        ("1.5 h", 5400.0),
        ("2h 5min 1s 3ms", 7501.003),
        ("0 s", 0.0),
    ],
)
def test_durations_are_read_with_their_units(text: str, seconds: float) -> None:
    """Units from large to small, a blank before the unit or none."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "5", "5 m", "-5 s", "5 s 1 min", "5 min 5 min", "1 h min", " 5 s", "5 s ", "5 s\n",
     "nan s", "1e3 s", "5,5 s", "\u0665 s", "0.0005 s", "5 Min"],
)  # fmt: skip
def test_what_is_no_duration_is_none(text: str) -> None:
    """No unit, a wrong one, another order, a sign, other digits."""
    assert seconds_of(text) is None


@given(st.integers(0, 86_400_000))
def test_a_duration_is_said_as_it_is_read(thousandths: int) -> None:
    """Saying and reading are each other's inverse, to the millisecond."""
    said = duration_said(thousandths / 1000)
    assert seconds_of(said) == thousandths / 1000
    assert re.search(PATTERN, said)


@given(st.text("0123456789. hmins", max_size=20))
def test_the_schema_says_the_same_form(text: str) -> None:
    """The published pattern takes what the reader takes, and nothing else in one line."""
    assert (re.search(PATTERN, text) is not None) == (seconds_of(text) is not None)
