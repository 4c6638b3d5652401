from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.api.schema import EntryView
from hotline.exercise.judging.course import Course
from hotline.exercise.judging.engine import Judge
from hotline.exercise.judging.verdict import Outcome
from hotline.exercise.record import events
from hotline.exercise.scenario.shape import Act
from hotline.model.kinds import Answer
from tests.exercise.judging.telling import (
    HMEIMIM,
    IAF,
    M1,
    M2,
    Telling,
    expect,
    inject,
    scenario_of,
    us,
)


def both(factor: float) -> Telling:
    """Return a course with a limit of a machine and one of people, both of 60 s."""
    limits = expect("receipt", IAF, 60), expect("read", HMEIMIM, 60)
    told = Telling(scenario_of(inject("1", *limits), factor=factor))
    told.delivered("1", M1)
    told.sent(IAF, M1, 0)
    return told


def outcomes(told: Telling, now_s: float) -> list[str]:
    """Return what both expectations come to."""
    return [one.outcome.value for one in told.verdicts(now_s).values()]


def test_limits_of_machines_are_never_shortened() -> None:
    """Ten times as fast, people have 6 real seconds, and a node still 60."""
    assert outcomes(both(10), 5.9) == ["open", "open"]
    assert outcomes(both(10), 6.1) == ["open", "expired"]
    assert outcomes(both(10), 60.1) == ["expired", "expired"]


def test_a_pause_stops_the_time_of_people_only() -> None:
    """Who is told to rest is not late; a node does not rest."""
    told = both(1)
    told.pause(10, 100)
    assert outcomes(told, 110) == ["expired", "open"]
    told = both(1)
    told.pause(10, 100)
    assert outcomes(told, 151) == ["expired", "expired"]


def test_the_clock_stood_while_the_director_was_gone() -> None:
    """From the entry before on, whenever it came back."""
    told = both(1)
    told.note(events.DirectorRestarted(last=""), at_s=500, t=0.0)
    course = Course()
    for entry in told.record:
        course.recorded(entry)
    assert course.t(us(400)) == 0
    assert course.t(us(510)) == pytest.approx(10)
    assert outcomes(told, 550)[1] == "open"


@pytest.mark.parametrize(("why", "outcome"), [("time", "expired"), ("real-world", "void")])
def test_what_is_open_at_endex_is_settled(why: str, outcome: str) -> None:
    """Nothing stays open; after the real world nobody is blamed."""
    told = both(1)
    told.endex(10, why)
    assert outcomes(told, 10) == [outcome, outcome]


def test_what_happens_after_endex_does_not_count() -> None:
    """Play is over, though the nodes go on."""
    told = both(1)
    told.endex(10)
    told.receipt(IAF, M1, 11)
    assert outcomes(told, 20)[0] == "expired"


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (events.InjectSkipped(inject="1", by="Umpire", why="no time"), "no time"),
        (events.InjectFailed(inject="1", code="x.y", text="it is full"), "it is full"),
        (None, "never delivered"),
    ],
)
def test_what_is_expected_of_an_inject_that_never_came_is_void(
    note: events.Event | None, words: str
) -> None:
    """It is nobody's fault, and the verdict says why."""
    told = Telling(scenario_of(inject("1", expect("read", HMEIMIM, 60))))
    if note is not None:
        told.note(note, 1)
    told.endex(100)
    found = told.verdicts(100)["1.1"]
    assert found.outcome == "void"
    assert words in found.text


def settled_s(told: Telling, name: str, now_s: float) -> float | None:
    """Return when an expectation was settled, in real seconds since STARTEX."""
    at_us = told.verdicts(now_s)[name].at_us
    return None if at_us is None else (at_us - us(0)) / 1_000_000


def test_what_expired_has_the_moment_at_which_its_time_was_over() -> None:
    """Of machines in real seconds, of people by the scenario's clock; however late one looks."""
    assert settled_s(both(1), "1.1", 500) == settled_s(both(1), "1.2", 500) == 60
    assert settled_s(both(10), "1.2", 500) == 6
    told = both(1)
    told.pause(10, 100)
    assert (settled_s(told, "1.1", 500), settled_s(told, "1.2", 500)) == (60, 150)
    told = both(1)
    told.note(events.DirectorRestarted(last=""), at_s=500, t=0.0)
    assert settled_s(told, "1.2", 1000) == 560
    told = both(1)
    told.endex(10)
    assert settled_s(told, "1.1", 20) == settled_s(told, "1.2", 20) == 10


def test_what_did_not_happen_has_the_moment_from_which_it_cannot() -> None:
    """It passed at its limit, or at ENDEX; what is void never was settled by time."""
    must_not = expect("alarm-raised", IAF, 60, code="line.down", never=True)
    told = Telling(scenario_of(inject("1", must_not)))
    told.delivered("1", at_s=5)
    assert settled_s(told, "1.1", 500) == 65
    told.endex(30)
    assert settled_s(told, "1.1", 500) == 65  # what is settled stays so
    told = Telling(scenario_of(inject("1", must_not), inject("2", must_not)))
    told.delivered("1", at_s=5)
    told.endex(30, "real-world")
    assert told.outcome("1.1", 500) == told.outcome("2.1", 500) == "void"
    assert settled_s(told, "1.1", 500) is settled_s(told, "2.1", 500) is None


def test_a_line_that_stood_all_the_time_passes_at_the_limit() -> None:
    """Not at the moment, perhaps long before the inject, at which it came up."""
    told = Telling(scenario_of(inject("1", expect("line-up", IAF, 60))))
    told.entry(IAF, "line", "association", 1, state="up", remote="x")
    told.delivered("1", at_s=40)
    assert told.outcome("1.1", 99) == "open"
    assert settled_s(told, "1.1", 500) == 100
    assert told.outcome("1.1", 500) == "pass"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 50)), max_size=8),
    st.sampled_from([1.0, 4.0]),
    st.integers(0, 400),
)
def test_every_second_of_the_scenario_has_its_first_moment(
    waits: list[tuple[bool, int]], factor: float, t: int
) -> None:
    """The clock showed it then, and not before; a clock that stands has not shown more yet."""
    told = Telling(scenario_of(factor=factor))
    at = 0
    for paused, seconds in waits:
        if paused:
            told.pause(at, at + seconds)
        at += seconds
    if waits and waits[-1][0]:
        told.endex(at)
    course = Course()
    for entry in told.record:
        course.recorded(entry)
    found = course.moment_us(float(t))
    if found is None:
        assert (course.t(us(10_000)) or 0.0) < t
    else:
        assert course.t(found) == pytest.approx(t)
        assert t == 0 or (course.t(found - 1000) or 0.0) < t


def never(now_s: float, *, happens_s: float | None = None, endex_s: float | None = None) -> str:
    """Return what comes of an alarm that must not ring within a minute."""
    must_not = expect("alarm-raised", IAF, 60, code="line.down", never=True)
    told = Telling(scenario_of(inject("1", must_not)))
    told.delivered("1")
    if happens_s is not None:
        told.alarm(IAF, 1, "line.down", happens_s)
    if endex_s is not None:
        told.endex(endex_s)
    return told.outcome("1.1", now_s)


def test_what_must_never_happen_fails_when_it_does() -> None:
    """And passes when the time is over, or play is."""
    assert never(10) == "open"
    assert never(10, happens_s=9) == "fail"
    assert never(61) == "pass"
    assert never(70, happens_s=65) == "pass"
    assert never(10, endex_s=10) == "pass"


def test_what_must_never_be_answered_is_not_decided_by_another_answer() -> None:
    """It may still come."""
    must_not = expect("reply", HMEIMIM, 60, answers=(Answer.ACCEPT,), never=True)
    told = Telling(scenario_of(inject("1", must_not)))
    told.delivered("1", M1)
    told.replied(M2, M1, "reject", 5)
    assert told.outcome("1.1", 6) == "open"
    told.replied("d4" * 32, M1, "accept", 20)
    assert told.outcome("1.1", 21) == "fail"


def test_what_is_expected_of_a_stop_has_real_seconds() -> None:
    """The scenario's clock stands from then on, and would never reach a limit."""
    stop = inject(
        "1", expect("alarm-acknowledged", IAF, 30, code="exercise.real-world"), act=Act.REAL_WORLD
    )
    told = Telling(scenario_of(stop))
    told.delivered("1", at_s=5)
    told.note(events.RealWorld(by="Levi"), 5)
    assert told.outcome("1.1", 30) == "open"
    assert told.outcome("1.1", 36) == "expired"


def test_a_clock_that_is_wrong_is_taken_away() -> None:
    """The caller says by how much; a receipt 300 s ahead came within a second."""
    scenario = scenario_of(inject("1", expect("receipt", IAF, 5)))
    ahead = {IAF: 300_000_000}
    told = Telling(scenario, Judge(scenario, lambda centre, us: us - ahead.get(centre, 0)))
    told.delivered("1", M1)
    told.sent(IAF, M1, 300)
    told.receipt(IAF, M1, 301)
    assert told.outcome("1.1", 2) == "pass"


def test_an_entry_of_a_strange_form_is_none() -> None:
    """A journal of a later version, or a broken one, is no reason to stop."""
    told = both(1)
    for kind in ("receipt", "read", "remarked", "association", "conflict", "voice", "watch"):
        told.entry(IAF, "line", kind, 1, strange=True)
        told.entry(IAF, "line", kind, 1, items=3, message=[], flags="x", state=7, text=None)
    told.judge.saw(IAF, EntryView(log="x", entry=1, kind="read", at="never", what={}, text=""))
    assert outcomes(told, 2) == ["open", "open"]


STEPS = [
    lambda told, at: told.receipt(IAF, M1, at),
    lambda told, at: told.entry(HMEIMIM, "line", "read", at, message=M1, officer="Orlov"),
    lambda told, at: told.replied(M2, M1, "accept", at, read_back=True),
    lambda told, at: told.replied(M2, M1, "reject", at),
    lambda told, at: told.alarm(IAF, 1, "line.down", at),
    lambda told, at: told.acknowledged(IAF, 1, at),
    lambda told, at: told.entry(IAF, "line", "association", at, state="down", reason="x"),
    lambda told, at: told.entry(IAF, "line", "association", at, state="up", remote="x"),
    lambda told, at: told.sent(HMEIMIM, "d4" * 32, at, reference="HMM-1"),
]
EXPECTED = (
    expect("receipt", IAF, 10),
    expect("read", HMEIMIM, 10),
    expect("read-back", HMEIMIM, 20),
    expect("reply", HMEIMIM, 20, answers=(Answer.ACCEPT,)),
    expect("alarm-raised", IAF, 20, code="line.down"),
    expect("alarm-acknowledged", IAF, 30, code="line.down"),
    expect("line-down", IAF, 30),
    expect("line-up", IAF, 30, never=True),
    expect("message", HMEIMIM, 30, kinds=("notice",)),
)


@st.composite
def courses(draw: st.DrawFn) -> tuple[Telling, list[int]]:
    """Return a course of up to a dozen events, and an order in which its entries are told."""
    told = Telling(scenario_of(inject("1", *EXPECTED), factor=draw(st.sampled_from([1.0, 4.0]))))
    told.sent(IAF, M1, 1, reference="IAF-1")
    told.delivered("1", M1, at_s=1)
    times = st.integers(0, 40)
    for step, at in draw(st.lists(st.tuples(st.sampled_from(STEPS), times), max_size=12)):
        step(told, float(at))
    told.endex(float(draw(st.integers(5, 45))), draw(st.sampled_from(["time", "real-world"])))
    order = draw(st.permutations(range(len(told.entries))))
    return told, list(order)


@settings(max_examples=60, deadline=None)
@given(courses())
def test_the_order_of_telling_changes_nothing(course: tuple[Telling, list[int]]) -> None:
    """Verdicts, with the entries that decide, are the same; and at ENDEX nothing is open."""
    told, order = course
    plain = told.verdicts(50)
    shuffled = Judge(told.scenario)
    for number in order[: len(order) // 2]:
        shuffled.saw(*told.entries[number])
    for entry in told.record:
        shuffled.recorded(entry)
    for number in order:
        shuffled.saw(*told.entries[number])
    shuffled.tick(us(50))
    assert shuffled.verdicts() == plain
    assert shuffled.settled
    assert not any(one.outcome is Outcome.OPEN for one in plain.values())


@settings(max_examples=60, deadline=None)
@given(courses())
def test_a_verdict_is_final(course: tuple[Telling, list[int]]) -> None:
    """Judged second by second as entries come, a verdict never changes, and is told once."""
    told, _ = course
    judge = Judge(told.scenario)
    waiting: list[tuple[int, Any]] = sorted(
        [(entry.at_us, entry) for entry in told.record]
        + [(_at(view), (centre, view)) for centre, view in told.entries],
        key=lambda one: one[0],
    )
    settled: dict[str, Any] = {}
    for second in range(52):
        while waiting and waiting[0][0] <= us(second):
            _, what = waiting.pop(0)
            if isinstance(what, tuple):
                judge.saw(*what)
            else:
                judge.recorded(what)
        for verdict in judge.tick(us(second)):
            assert verdict.expectation not in settled
            settled[verdict.expectation] = verdict
        for name, verdict in settled.items():
            assert judge.verdict(name) == verdict
    assert judge.settled


def _at(view: EntryView) -> int:
    from hotline.model.times import parse_time

    return parse_time(view.at)
