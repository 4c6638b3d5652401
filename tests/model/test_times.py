"""Times: RFC 3339 in, microseconds out, and never a guess."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ModelError
from hotline.model.times import format_time, parse_time, resolve_time, shorten, time_or_none
from tests.model.samples import NOW_US


def test_a_time_is_microseconds_since_the_epoch() -> None:
    """A UTC time becomes the integer that any clock library gives for it."""
    assert parse_time("1970-01-01T00:00:01.5Z") == 1_500_000
    assert parse_time("2026-03-01T10:00:00Z") == 1_772_359_200_000_000


def test_any_explicit_zone_is_the_same_moment() -> None:
    """An offset is honoured, so two centres' local times compare."""
    assert parse_time("2026-03-01T13:00:00+03:00") == parse_time("2026-03-01T10:00:00Z")


def test_digits_beyond_the_microsecond_are_dropped() -> None:
    """Nanoseconds, as some programs write, are read and cut."""
    assert parse_time("1970-01-01T00:00:00.123456789Z") == 123_456


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-03-01T10:00:00", "model.time-without-zone"),
        ("2026-03-01", "model.bad-time"),
        ("2026-03-01T10:00Z", "model.bad-time"),
        ("2026-13-01T10:00:00Z", "model.bad-time"),
        ("2026-03-01T10:00:60Z", "model.bad-time"),
        ("2026-03-01T10:00:00+99:00", "model.bad-time"),
        ("2026-W10-1T10:00:00Z", "model.bad-time"),
        ("٢٠٢٦-03-01T10:00:00Z", "model.bad-time"),
        ("1969-12-31T23:59:59Z", "model.bad-time"),
        ("9999-12-31T23:59:59-01:00", "model.bad-time"),
        ("0001-01-01T00:00:00+23:00", "model.bad-time"),
        ("", "model.bad-time"),
    ],
)
def test_what_is_not_a_time_with_a_zone_is_refused(text: str, code: str) -> None:
    """Each way of being unclear has its code and a hint, and yields no number elsewhere."""
    with pytest.raises(ModelError) as caught:
        parse_time(text)
    assert caught.value.code == code
    assert caught.value.hint
    assert time_or_none(text) is None


@settings(max_examples=60)
@given(st.integers(0, 253_402_300_799_999_999))
def test_times_round_trip(moment: int) -> None:
    """What is formatted is parsed to the same microsecond."""
    assert parse_time(format_time(moment)) == moment


@pytest.mark.parametrize("moment", [-1, 253_402_300_800_000_000])
def test_a_moment_that_no_text_can_express_is_refused(moment: int) -> None:
    """Formatting does not wrap around or raise anything else."""
    with pytest.raises(ModelError) as caught:
        format_time(moment)
    assert caught.value.code == "model.bad-time"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+45m", "2026-03-01T10:45:00Z"),
        ("+2h30m", "2026-03-01T12:30:00Z"),
        ("+90s", "2026-03-01T10:01:30Z"),
        ("+0s", "2026-03-01T10:00:00Z"),
        ("2026-03-01T13:00:00+03:00", "2026-03-01T10:00:00Z"),
    ],
)
def test_offsets_count_from_now(text: str, expected: str) -> None:
    """Files may say when relative to their being sent; the result is whole seconds in UTC."""
    assert resolve_time(text, NOW_US + 999_999) == expected


@pytest.mark.parametrize("text", ["+", "-5m", "+5", "+5m2h", "5m", "+1.5h"])
def test_other_offsets_are_refused(text: str) -> None:
    """A form that looks like an offset but is none is not guessed at."""
    with pytest.raises(ModelError) as caught:
        resolve_time(text, NOW_US)
    assert caught.value.code == "model.bad-time"


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_model_error(text: str) -> None:
    """Fuzzing contract: nothing but ModelError leaves the parser."""
    with contextlib.suppress(ModelError):
        parse_time(resolve_time(text, NOW_US))


def test_long_text_is_cut_and_escaped_in_errors() -> None:
    """An error can be printed whatever stood in the file."""
    assert shorten("\x1b[2J") == r"'\x1b[2J'"
    assert len(shorten("a" * 1000)) < 60


@pytest.mark.parametrize("text", ["+2days", "+", "-30m", "+30m2h"])
def test_an_offset_in_another_form_says_which_forms_there_are(text: str) -> None:
    """Whoever writes ``+2days`` wants an offset, and is not told of RFC 3339."""
    with pytest.raises(ModelError) as caught:
        resolve_time(text, 0)
    assert caught.value.code == "model.bad-time"
    assert "+2h30m, +45m or +90s" in caught.value.hint
