"""Lateness, words read as time allows, and what is held of notices, without a node."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pytest

from hotline.airspace.activity import Key
from hotline.model.kinds import Precedence, Relation
from hotline.model.letter import Limits, read_letter
from hotline.model.lifecycle import Step
from hotline.model.messages import Activation, End, Nonconformance, Notice
from hotline.model.times import format_time
from hotline.node.airspace import holding as held
from hotline.node.airspace import words
from hotline.node.airspace.current import Current
from hotline.node.airspace.lateness import Late, Timetable, lateness, let_go_on
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.words import WordReader, words_of
from hotline.node.centre import Centre
from tests.centres import EXAMPLES, eventually, line_up, now_us, running, sites
from tests.node.skies import (
    SetClock,
    box,
    clocked_pair,
    notice,
    revision,
    rings,
    send,
    set_clocks,
)

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
    table.enter(standing, moment_us, seen=True)
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
    table.enter(standing, end_us + 1, seen=True)
    (due,) = table.take(end_us + 600 * SECOND_US + 1)
    assert not due.prolonged
    assert lateness(standing, LIMITS, end_us + 600 * SECOND_US + 1) is Late.END
    table.enter(standing, end_us + 600 * SECOND_US + 1, seen=True)
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


def begun_after_its_end(step: str) -> tuple[Timetable, Standing, int]:
    """Return a notice that flies though its times were over when that was said by ``step``."""
    current, table = Current("iaf", "hmeimim"), Timetable(LIMITS)
    volume = box()
    end_us = volume.end_us or 0
    plan = current.step("iaf", notice("IAF-1", volume), b"a", Precedence.ROUTINE, 0).standing
    assert plan is not None
    now_us = end_us + 60 * SECOND_US
    at = format_time(now_us)
    said: Step
    match step:
        case "activation":
            current.over(plan)
            said = Activation("IAF-1", at)
        case "nonconformance":
            current.over(plan)
            said = Nonconformance("IAF-1", at, "drift")
        case _:
            current.step("iaf", Activation("IAF-1", volume.time_start), b"b", Precedence.ROUTINE, 0)
            said = revision("IAF-1", 1, box(lasts_s=600))
            now_us = end_us - 60 * SECOND_US
    standing = current.step("iaf", said, b"c", Precedence.ROUTINE, now_us).standing
    assert standing is not None
    return table, standing, now_us


@pytest.mark.parametrize("step", ["activation", "nonconformance", "revision"])
def test_what_is_late_when_it_is_said_is_due_at_once(step: str) -> None:
    """Whatever makes a notice fly after its end has it found late now, and each moment once."""
    table, standing, at_us = begun_after_its_end(step)
    late = Late.END if step == "revision" else Late.OVERRUN
    table.enter(standing, at_us)
    (due,) = table.take(at_us)
    assert due.standing is standing
    assert not due.expired
    assert due.prolonged
    assert lateness(standing, LIMITS, at_us) is late
    let_go_on(standing, at_us)
    table.enter(standing, at_us, seen=True)
    assert not table.take(at_us)
    assert table.take(at_us + 3600 * SECOND_US)


async def test_overrun_from_the_first(tmp_path: Path) -> None:
    """A plan activated after its end rings at both for its overrun, and again when they restart."""
    iaf_site, hmeimim_site = sites(tmp_path)
    clock = SetClock()
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node(clock=clock)) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node(clock=clock)) as iaf:
            await line_up(iaf, hmeimim)
            await send(iaf, notice("IAF-0401", box(begins_s=4, lasts_s=10)))
            clock.set_by(25)
            for centre in (iaf, hmeimim):
                await eventually(partial(nothing_stands, centre))
            await send(iaf, Activation("IAF-0401", format_time(now_us() + 25 * SECOND_US)))
            for centre in (iaf, hmeimim):
                await eventually(partial(rings, centre, "notice.overrun"))
    clock.set_by(700)
    async with running(hmeimim_site.node(clock=clock)) as again:
        await eventually(partial(rings, again, "notice.end-missing"))


def nothing_stands(centre: Centre) -> bool:
    """Say whether no notice stands on the one line of a centre."""
    (line,) = centre.lines.values()
    return not len(line.airspace.current)


async def test_nothing_expires_while_the_peers_clock_is_known_to_be_behind(tmp_path: Path) -> None:
    """A node whose clock is hours ahead shows what its peer still flies, until both call it over.

    Nothing that both clocks agree on is kept, and nothing is kept once they agree.
    """
    skew_s = 3 * 3600.0
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        (line,) = iaf.lines.values()
        ours = Key("iaf", "IAF-0001")
        await send(iaf, notice(ours.reference))
        await send(hmeimim, notice("H-1"))
        assert [one.kind for one in line.airspace.relations_of(ours)] == [Relation.CONFLICT]
        set_clocks(iaf, seconds=skew_s)
        await line.peer_clock.note(round(-skew_s * SECOND_US), 1000, record=False)
        assert rings(iaf, "line.clock-offset")
        await line.airspace.tick()
        await line.airspace.tick()
        assert [one.kind for one in line.airspace.relations_of(ours)] == [Relation.CONFLICT]
        line.peer_clock.offset_us = None
        line.airspace.failed()
        await eventually(lambda: not line.airspace.loading)
        await line.airspace.tick()
        assert [one.kind for one in line.airspace.relations_of(ours)] == [Relation.CONFLICT]
        set_clocks(hmeimim, seconds=skew_s)
        await line.peer_clock.note(0, 1000, record=False)
        set_clocks(iaf, hmeimim, seconds=60)
        await line.airspace.tick()
        assert line.airspace.relations_of(ours) == []


def test_what_waits_for_the_other_clock_is_over_when_that_says_so() -> None:
    """It is due again as soon as the clock that is behind may have come to its end."""
    current, table = Current("iaf", "hmeimim"), Timetable(LIMITS)
    volume = box()
    said = current.step("iaf", notice("IAF-1", volume), b"a", Precedence.ROUTINE, 0)
    assert said.standing is not None
    end_us = volume.end_us or 0
    table.enter(said.standing, end_us, seen=True)
    (due,) = table.take(end_us + 10, expiring_us=end_us - 90)
    assert (due.expired, due.waits_us) == (False, 91)
    table.wait(said.standing, end_us + 10 + due.waits_us)
    assert not table.take(end_us + 100, expiring_us=end_us)
    (due,) = table.take(end_us + 101, expiring_us=end_us + 1)
    assert due.expired
