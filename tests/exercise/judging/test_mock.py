"""Mock traffic is judged by what the record says of it; a fault from before it was made."""

from __future__ import annotations

import msgspec
import pytest

from hotline.exercise.judging.verdict import Outcome
from hotline.exercise.play.msel import Row
from hotline.exercise.record import events
from hotline.exercise.scenario.shape import Act, Fault, FaultKind, Inject
from hotline.model.kinds import Precedence
from tests.exercise.judging.telling import (
    HMEIMIM,
    IAF,
    M1,
    M2,
    Telling,
    expect,
    inject,
    scenario_of,
)

MOCK = inject(
    "day-0001",
    expect("receipt", HMEIMIM, 5),
    expect("reply", HMEIMIM, 60),
    precedence=Precedence.FLASH,
)


def told_of(mock: Inject, at_s: float = 1.0) -> Telling:
    """Return a course without a scenario's injects, and one of traffic that was delivered."""
    told = Telling(scenario_of())
    told.note(events.InjectDue(inject=mock.id, planned=Row(mock, traffic=True).planned), at_s)
    told.note(events.InjectDelivered(inject=mock.id, message=M1), at_s)
    told.sent(IAF, M1, at_s)
    return told


def test_what_the_record_says_of_an_inject_of_traffic_is_all_that_is_judged_by() -> None:
    """Nothing of it is in the scenario; every field but the message comes back as it was."""
    planned = Row(MOCK, traffic=True).planned
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(planned)), Inject) == (
        msgspec.structs.replace(MOCK, document=None)
    )
    assert Row(MOCK).planned is None


def test_mock_traffic_passes_and_expires_as_all_else() -> None:
    """A receipt in time passes; an answer that does not come expires; both are marked."""
    told = told_of(MOCK)
    told.receipt(IAF, M1, 2)
    verdicts = told.verdicts(62)
    assert [one.outcome for one in verdicts.values()] == [Outcome.PASS, Outcome.EXPIRED]
    assert all(one.mock for one in verdicts.values())


def test_what_would_still_have_had_time_is_void_at_endex() -> None:
    """Chance decides when traffic comes; of a scenario's own injects it has expired."""
    told = told_of(MOCK)
    told.endex(30)
    assert [told.outcome(f"day-0001.{n}", 30) for n in (1, 2)] == ["expired", "void"]


def test_traffic_that_follows_on_what_never_came_is_void() -> None:
    """It is counted, since it was planned."""
    told = Telling(scenario_of())
    planned = Row(MOCK, traffic=True).planned
    told.note(events.InjectSkipped(inject=MOCK.id, by="director", why="x", planned=planned), 1)
    assert told.outcome("day-0001.1", 1) == "void"


def test_a_record_without_plans_expects_nothing_of_traffic() -> None:
    """So it was written before."""
    told = Telling(scenario_of())
    told.delivered("day-0001", M1, 1)
    assert told.verdicts(100) == {}


@pytest.mark.parametrize("kind", [FaultKind.KILL, FaultKind.RESTART])
def test_a_node_that_is_gone_may_be_missed_before_its_end_is_entered(kind: FaultKind) -> None:
    """Ending a process takes a while, and the other end of the line sees it at once."""
    fault = inject(
        "1",
        expect("line-down", HMEIMIM, 5),
        expect("alarm-raised", HMEIMIM, 5, code="line.down"),
        act=Act.FAULT,
        originator="director",
        document=None,
        fault=Fault(kind=kind, centre=IAF),
    )
    told = Telling(scenario_of(fault))
    told.entry(HMEIMIM, "line", "association", 0.5, state="down")
    told.due("1", 1)
    told.note(events.InjectDelivered(inject="1"), 1.8)
    assert told.outcome("1.1", 2) == "open"
    told.entry(HMEIMIM, "line", "association", 1.2, state="down")
    told.alarm(HMEIMIM, 1, "line.down", 1.3)
    assert [told.outcome(f"1.{n}", 2) for n in (1, 2)] == ["pass", "pass"]


def crew_says(name: str) -> Inject:
    """Return an inject by which the crew of iaf sends words of its own."""
    document = {"kind": "advisory", "text": "the same"}
    return inject(name, expect("receipt", HMEIMIM, 5), document=document, from_crew=True)


def test_one_message_of_a_crew_carries_one_inject() -> None:
    """Told to say the same twice, a crew that said it once has carried out the first."""
    told = Telling(scenario_of(crew_says("1"), crew_says("2")))
    told.due("1", 1)
    told.due("2", 1)
    told.sent(IAF, M1, 2, kind="advisory")
    told.note(events.InjectDelivered(inject="1", message=M1), 2.1)
    told.verdicts(3)
    assert told.judge.message_of("1")[0] == M1
    assert told.judge.message_of("2")[0] == ""
    told.sent(IAF, M2, 4, kind="advisory")
    told.verdicts(5)
    assert told.judge.message_of("2")[0] == M2
