"""Lateness, words read as time allows, and what is held of notices, without a node."""

from __future__ import annotations

import math

import pytest

from hotline.airspace.activity import Key
from hotline.model.kinds import Precedence
from hotline.model.letter import Limits, read_letter
from hotline.model.messages import Activation, End, Notice
from hotline.node.airspace import holding as held
from hotline.node.airspace import words
from hotline.node.airspace.current import Current
from hotline.node.airspace.lateness import Late, Timetable, lateness
from hotline.node.airspace.words import WordReader, words_of
from tests.centres import EXAMPLES, now_us
from tests.node.skies import box, notice

LIMITS = Limits(late_activation_s=300, missing_end_s=600)
SECOND_US = 1_000_000


def test_moments_of_a_plan() -> None:
    """Late activation, then the end of its times, each at its moment and once."""
    current, table = Current("iaf", "hmeimim"), Timetable(LIMITS)
    volume = box()
    standing = current.step("iaf", notice("IAF-1", volume), b"a", Precedence.ROUTINE, 0).standing
    assert standing is not None
    start_us, end_us = volume.start_us or 0, volume.end_us or 0
    table.enter(standing, 0)
    assert not table.take(start_us + 300 * SECOND_US)
    moment_us = start_us + 300 * SECOND_US + 1
    (due,) = table.take(moment_us)
    assert (due.expired, due.prolonged) == (False, False)
    assert lateness(standing, LIMITS, moment_us) is Late.ACTIVATION
    table.enter(standing, moment_us)
    assert not table.take(end_us)
    (due,) = table.take(end_us + 1)
    assert due.expired


def test_moments_of_what_flies() -> None:
    """It never expires: it overruns, its end is missing, and it goes on hour by hour."""
    current, table = Current("iaf", "hmeimim"), Timetable(LIMITS)
    volume = box()
    current.step("iaf", notice("IAF-1", volume), b"a", Precedence.ROUTINE, 0)
    begun = Activation("IAF-1", volume.time_start)
    standing = current.step("iaf", begun, b"b", Precedence.ROUTINE, 0).standing
    assert standing is not None
    end_us = volume.end_us or 0
    table.enter(standing, 0)
    (due,) = table.take(end_us + 1)
    assert due.prolonged
    assert not due.expired
    assert lateness(standing, LIMITS, end_us + 1) is Late.OVERRUN
    standing.prolonged_us = end_us + 3600 * SECOND_US
    table.enter(standing, end_us + 1)
    (due,) = table.take(end_us + 600 * SECOND_US + 1)
    assert not due.prolonged
    assert lateness(standing, LIMITS, end_us + 600 * SECOND_US + 1) is Late.END
    table.enter(standing, end_us + 600 * SECOND_US + 1)
    (due,) = table.take(standing.prolonged_us + 1)
    assert due.prolonged
    ended = current.step("iaf", End("IAF-1", volume.time_end), b"c", Precedence.ROUTINE, end_us)
    assert ended.gone
    assert lateness(standing, LIMITS, end_us + 1) is None


def test_words_are_read_as_time_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes too fast waits, what is too much is said to be unread, and all is caught up."""
    monkeypatch.setattr(words, "MAX_UNREAD", 2)
    monkeypatch.setattr(words, "MOST_S", 1000.0)
    letter = read_letter((EXAMPLES / "letter.toml").read_bytes())
    reader = WordReader(letter)
    said = notice("HMEIMIM-1", box(), title="Patrol north of Cyprus")
    at_us = now_us()
    assert [flag.code for flag in reader.read(said, at_us, math.inf)] == [
        "airspace.direction-differs"
    ]
    for _ in range(3):
        assert reader.read(said, at_us, -math.inf) == ()
    assert len(reader) == 2
    assert reader.overburdened
    for _ in range(2):
        unread = reader.next()
        assert unread == (said, at_us)
        found = words_of(said, letter, at_us)
        reader.spend(found)
        assert [flag.code for flag in found.flags] == ["airspace.direction-differs"]
    assert reader.next() is None
    assert not reader.overburdened


def test_no_more_is_held_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what stands the newest is refused, of what is over the oldest is forgotten."""
    monkeypatch.setattr(held, "MAX_STANDING", 3)
    monkeypatch.setattr(held, "MAX_OVER", 2)
    current = Current("iaf", "hmeimim")
    for number in range(3):
        step = current.step("iaf", notice(f"IAF-{number}"), bytes([number]), Precedence.ROUTINE, 0)
        assert step.taken
    assert current.step("iaf", notice("IAF-9"), b"x", Precedence.ROUTINE, 0).full
    assert current.step("hmeimim", notice("H-9"), b"x", Precedence.ROUTINE, 0).taken
    for number in range(3):
        standing = current.get(Key("iaf", f"IAF-{number}"))
        assert standing is not None
        current.over(standing)
    assert current.count("iaf") == 0
    assert current.known(Key("iaf", "IAF-0")) is None
    assert current.known(Key("iaf", "IAF-2")) is not None
    assert isinstance(current.of("hmeimim")[0].content, Notice)
