"""The letter of agreement: every rule refuses with a code, and letters can be compared."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ConfigError
from hotline.model.kinds import Precedence, Status
from hotline.model.letter import (
    MAX_LETTER_BYTES,
    Letter,
    LetterDifference,
    banner,
    differences,
    letter_hash,
    read_letter,
)
from hotline.model.problem import LetterRefused

MINIMAL = """\
title = "Sample"
edition = "1"
status = "exercise"
epoch = 1
centres = ["iaf", "hmeimim"]
dials = "iaf"
separation = {lateral_m = 5556, vertical_m = 305, time_s = 300}
"""


def letter(more: str = "", **changes: str) -> bytes:
    """Return the minimal letter with keys changed (as TOML) and lines added."""
    lines = [
        f"{key} = {changes.get(key, value)}"
        for key, value in (line.split(" = ", 1) for line in MINIMAL.splitlines())
    ]
    return "\n".join([*lines, more]).encode()


def test_defaults_are_those_of_the_sources() -> None:
    """What a letter leaves out is FMTP's, OLDI's and ACP 121's practice."""
    read = read_letter(letter())
    assert read.status is Status.EXERCISE
    assert (read.timers.heartbeat_s, read.timers.receive_s) == (5, 12)
    assert (read.timers.receipt_alarm_s, read.timers.line_check_s) == (10, 3600)
    assert [read.reply_deadline(precedence) for precedence in Precedence] == [
        600,
        1800,
        10_800,
        21_600,
    ]
    assert read.clock.maximum_offset_ms == 5000
    assert read.languages == ("en",)


def test_what_is_not_actual_is_marked() -> None:
    """An exercise bears its name where it has one; a test its word; actual traffic nothing."""
    assert (
        read_letter(letter('exercise = "Bright Falcon 26"')).banner == "EXERCISE Bright Falcon 26"
    )
    assert read_letter(letter()).banner == "EXERCISE"
    assert read_letter(letter(status='"test"')).banner == "TEST"
    assert read_letter(letter(status='"actual"')).banner == ""
    assert banner(Status.EXERCISE, ["West", "", "East", "West"]) == "EXERCISE East / West"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (letter('exercise = "x"', status='"actual"'), "model.letter-exercise"),
        (letter('exercise = "x"', status='"test"'), "model.letter-exercise"),
        (letter(f'exercise = "{"x" * 61}"'), "model.letter-exercise"),
        (letter('exercise = " x"'), "model.letter-exercise"),
        (letter('exercise = "x\\u202ey"'), "model.letter-unsafe"),
        (letter('exercise = "x\\ny"'), "model.letter-unsafe"),
    ],
)
def test_only_an_exercise_has_a_name_and_one_that_can_be_shown(data: bytes, code: str) -> None:
    """A name on an actual letter, or one that could be taken for something else, is refused."""
    with pytest.raises(LetterRefused) as caught:
        read_letter(data)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_the_other_centre_is_the_peer() -> None:
    """A letter is between two, and says so to a third."""
    read = read_letter(letter())
    assert (read.peer_of("iaf"), read.peer_of("hmeimim")) == ("hmeimim", "iaf")
    with pytest.raises(ConfigError) as caught:
        read.peer_of("other")
    assert caught.value.code == "model.letter-not-ours"


def test_the_larger_minimum_warning_applies() -> None:
    """Activity and precedence may each ask for more; the default only counts without both."""
    read = read_letter(
        letter(
            "[minimum_warning_s]\ndefault = 900\n"
            "[minimum_warning_s.precedence]\nFLASH = 0\nIMMEDIATE = 300\n"
            "[minimum_warning_s.activity]\nstrike = 1800\nsar = 60"
        )
    )
    assert read.warning_needed(Precedence.ROUTINE, "patrol") == 900
    assert read.warning_needed(Precedence.FLASH, "patrol") == 0
    assert read.warning_needed(Precedence.FLASH, "strike") == 1800
    assert read.warning_needed(Precedence.IMMEDIATE, "sar") == 300


@pytest.mark.parametrize(
    ("data", "code", "named"),
    [
        (letter("colour = 1"), "model.letter-wrong-key", "colour"),
        (letter("[timers]\nheart_beat_s = 5"), "model.letter-wrong-key", "timers"),
        (letter("[reply_deadline_s]\nFLUSH = 5"), "model.letter-wrong-key", "FLUSH"),
        (letter(epoch='"1"'), "model.letter-wrong-key", "epoch"),
        (letter(status='"draft"'), "model.letter-wrong-key", "status"),
        (MINIMAL.replace('dials = "iaf"\n', "").encode(), "model.letter-wrong-key", "dials"),
        (
            letter("[minimum_warning_s.activity]\nparade = 5"),
            "model.letter-wrong-key",
            "parade",
        ),
        (
            letter("[minimum_warning_s.precedence]\nflash = 5"),
            "model.letter-wrong-key",
            "flash",
        ),
        (letter(separation="{lateral_m = 1" + "0" * 400 + "}"), "model.letter-wrong-key", "range"),
        (letter("[timers]\n[timers]"), "model.letter-unreadable", "timers"),
        (letter(dials='"iaf"\ndials = "iaf"'), "model.letter-unreadable", "line 7"),
        (b"\xff", "model.letter-unreadable", "utf-8"),
        (b"a = " + b"[" * 50_000, "model.letter-unreadable", "recursion"),
        (b"#" * (MAX_LETTER_BYTES + 1), "model.letter-unreadable", "bytes"),
        (letter(title='" "'), "model.letter-empty", "title"),
        (letter(edition='""'), "model.letter-empty", "edition"),
        (letter(title=r'"a\u001B"'), "model.letter-unsafe", "U+001B"),
        (letter(epoch="0"), "model.letter-epoch", "epoch"),
        (letter(epoch="4294967296"), "model.letter-epoch", "epoch"),
        (letter(centres='["iaf", "H"]'), "model.letter-centre", "centres[1]"),
        (letter(centres='["iaf", "node"]'), "model.letter-centre", "centres[1]"),
        (letter(centres='["iaf"]'), "model.letter-centres", "centres"),
        (letter(centres='["iaf", "iaf"]'), "model.letter-centres", "centres"),
        (letter(centres='["iaf", "b-1", "c-1"]'), "model.letter-centres", "centres"),
        (letter(dials='"other"'), "model.letter-dials", "other"),
        (letter("languages = []"), "model.letter-language", "languages"),
        (letter('languages = ["English!"]'), "model.letter-language", "languages"),
        (letter("max_unwitnessed_s = 0"), "model.letter-number", "max_unwitnessed_s"),
        (letter("max_unwitnessed_s = nan"), "model.letter-number", "max_unwitnessed_s"),
        (letter("[minimum_warning_s]\ndefault = -1"), "model.letter-number", "default"),
        (letter("[limits]\nhorizon_days = 0"), "model.letter-number", "horizon_days"),
        (letter("[limits]\nmissing_end_s = -1"), "model.letter-number", "missing_end_s"),
        (letter("[altitude_margin]\ngeoid_m = [20, 10]"), "model.letter-margin", "geoid_m"),
        (letter("[altitude_margin]\nterrain_m = [nan, 10]"), "model.letter-margin", "terrain_m"),
        (letter("[altitude_margin]\npressure_m = inf"), "model.letter-number", "pressure_m"),
        (letter("[timers]\nheartbeat_s = 12"), "model.letter-timers", "receive_s"),
        (letter("[reply_deadline_s]\nFLASH = 3600"), "model.letter-deadlines", "reply_deadline_s"),
    ],
)
def test_a_letter_that_can_not_be_used_is_refused(data: bytes, code: str, named: str) -> None:
    """Each fault has its code, the text names the key or place, and the hint the mend."""
    with pytest.raises(ConfigError) as caught:
        read_letter(data)
    assert caught.value.code == code
    assert named in caught.value.message
    assert caught.value.hint


def test_all_faults_of_a_letter_are_listed() -> None:
    """Two parties who negotiate a text want to see everything at once."""
    with pytest.raises(LetterRefused) as caught:
        read_letter(letter(epoch="0", dials='"other"'))
    assert [problem.code for problem in caught.value.problems] == [
        "model.letter-epoch",
        "model.letter-dials",
    ]


def test_zero_is_a_minimum_but_no_timer() -> None:
    """A separation of zero is an agreement; a timer of zero is a mistake."""
    read_letter(letter(separation="{lateral_m = 0, vertical_m = 0, time_s = 0}"))


def test_the_hash_is_that_of_the_bytes() -> None:
    """Not even a comment may differ."""
    assert letter_hash(letter()) == hashlib.sha256(letter()).digest()
    assert letter_hash(letter()) != letter_hash(letter("# agreed"))


def test_differences_are_listed_key_by_key() -> None:
    """Both sides see what to talk about, also where a key is absent on one side."""
    ours = read_letter(letter("[timers]\nheartbeat_s = 4"))
    theirs = read_letter(letter("[minimum_warning_s.activity]\nstrike = 60", edition='"2"'))
    assert differences(ours, theirs) == [
        LetterDifference("edition", "1", "2"),
        LetterDifference("minimum_warning_s.activity.strike", "", "60.0"),
        LetterDifference("timers.heartbeat_s", "4.0", "5.0"),
    ]
    assert differences(ours, ours) == []


@settings(max_examples=100)
@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: text.encode())
    | st.tuples(
        st.sampled_from(
            ["epoch", "centres", "title", "languages", "timers", "dials", "separation"]
        ),
        st.sampled_from(["nan", "[]", "{}", "-1", '""', "1979-05-27", '["a", 1]', "true"]),
    ).map(
        lambda pair: (
            letter(f"{pair[0]} = {pair[1]}")
            if pair[0] not in MINIMAL
            else letter(**{pair[0]: pair[1]})
        )
    )
)
def test_any_bytes_are_a_letter_or_a_config_error(data: bytes) -> None:
    """Fuzzing contract: nothing but ConfigError leaves the reader."""
    try:
        assert isinstance(read_letter(data), Letter)
    except ConfigError as error:
        assert error.code.startswith("model.letter-")
