"""Life cycle: the table is kept to, and what it does not list changes nothing."""

from __future__ import annotations

from itertools import product

import pytest

from hotline.model.kinds import Kind
from hotline.model.lifecycle import (
    IN_FORCE,
    ORIGINATOR_ONLY,
    RUNNING,
    TRANSITIONS,
    Actor,
    Life,
    Passing,
    State,
    Step,
    advance,
    aged,
    open_steps,
)
from hotline.model.messages import (
    Activation,
    Contingency,
    End,
    Nonconformance,
    Notice,
    Revision,
    Withdrawal,
)

MESSAGES: dict[Kind, Step] = {
    Kind.NOTICE: Notice("IAF-1"),
    Kind.REVISION: Revision("IAF-1", 1),
    Kind.WITHDRAWAL: Withdrawal("IAF-1"),
    Kind.ACTIVATION: Activation("IAF-1"),
    Kind.END: End("IAF-1"),
    Kind.NONCONFORMANCE: Nonconformance("IAF-1"),
    Kind.CONTINGENCY: Contingency("IAF-1"),
}


def test_a_notice_lives_from_planned_to_ended() -> None:
    """The usual way: given, revised, activated, revised, ended."""
    life: Life | None = None
    states = []
    for message in (
        Notice("IAF-1"),
        Revision("IAF-1", 1),
        Activation("IAF-1"),
        Revision("IAF-1", 2),
        End("IAF-1"),
    ):
        step = advance(life, message, Actor.ORIGINATOR)
        assert step.problems == ()
        assert step.life is not None
        life = step.life
        states.append((life.state, life.revision))
    assert states == [
        (State.PLANNED, 0),
        (State.PLANNED, 1),
        (State.ACTIVATED, 1),
        (State.ACTIVATED, 2),
        (State.ENDED, 2),
    ]


@pytest.mark.parametrize(("state", "kind"), list(product([None, *State], MESSAGES)))
def test_every_pair_is_in_the_table_or_undefined(state: State | None, kind: Kind) -> None:
    """A step that is not listed changes nothing and is one problem with a hint."""
    life = None if state is None else Life(state)
    step = advance(life, MESSAGES[kind], Actor.ORIGINATOR)
    after = TRANSITIONS.get((state, kind))
    if after is None:
        assert step.life == life
        (problem,) = step.problems
        assert problem.code == "model.undefined-step"
        assert problem.hint
    else:
        assert step.problems == ()
        assert step.life is not None
        assert step.life.state is after


@pytest.mark.parametrize(
    ("state", "kind", "hint"),
    [
        (State.ENDED, Kind.END, "nothing follows; send a new notice"),
        (State.WITHDRAWN, Kind.ACTIVATION, "nothing follows; send a new notice"),
        (
            State.ACTIVATED,
            Kind.ACTIVATION,
            "what may be sent next: revision, end, nonconformance, contingency",
        ),
        (State.CONTINGENT, Kind.REVISION, "what may be sent next: end, contingency"),
        (
            State.PLANNED,
            Kind.NOTICE,
            "give a new notice a reference of its own, or send a revision",
        ),
        (State.ENDED, Kind.NOTICE, "give a new notice a reference of its own"),
        (None, Kind.END, "name a notice that was given, or send it first"),
    ],
)
def test_a_hint_names_only_steps_that_can_be_taken(
    state: State | None, kind: Kind, hint: str
) -> None:
    """Whoever did what does not apply is told what does, from where the notice stands."""
    life = None if state is None else Life(state)
    (problem,) = advance(life, MESSAGES[kind], Actor.ORIGINATOR).problems
    assert problem.hint == hint


def test_nothing_follows_the_end() -> None:
    """Ended and withdrawn notices stay so."""
    assert not {State.ENDED, State.WITHDRAWN} & {state for state, _ in TRANSITIONS}


@pytest.mark.parametrize("kind", MESSAGES)
def test_only_the_originator_changes_a_notice(kind: Kind) -> None:
    """The other centre may only answer; its attempt is flagged and changes nothing."""
    life = Life(State.PLANNED)
    step = advance(life, MESSAGES[kind], Actor.PEER)
    assert step.life == life
    assert [problem.code for problem in step.problems] == ["model.wrong-actor"]
    assert kind not in open_steps(life, Actor.PEER)


@pytest.mark.parametrize("state", State)
def test_the_steps_that_are_open_are_those_of_the_table(state: State) -> None:
    """What an officer is offered can be sent, and nothing else; the peer is offered nothing."""
    life = Life(state, 1)
    offered = open_steps(life, Actor.ORIGINATOR)
    for kind in Kind:
        if kind in MESSAGES:
            number = Revision("IAF-1", 2) if kind is Kind.REVISION else MESSAGES[kind]
            step = advance(life, number, Actor.ORIGINATOR)
            assert (step.problems == ()) == (kind in offered)
        else:
            assert kind not in offered
    assert open_steps(life, Actor.PEER) == ()


def test_every_kind_that_changes_a_notice_is_its_own_centres() -> None:
    """Replies, advisories and the like are anybody's, and are in no row of the table."""
    assert set(MESSAGES) == ORIGINATOR_ONLY


@pytest.mark.parametrize("state", State)
def test_only_a_plan_expires(state: State) -> None:
    """Limits are closed: at its very end a plan still stands, a microsecond later it is over."""
    life = Life(state, 3)
    assert aged(life, 1_000, 1_000) == life
    assert aged(life, None, 1_000) == life
    after = State.EXPIRED if state is State.PLANNED else state
    assert aged(life, 1_000, 1_001) == Life(after, 3)


def test_what_flies_is_in_force_until_it_is_ended() -> None:
    """No state in which something flies is left by the clock, and each of them can be ended."""
    assert RUNNING < IN_FORCE
    for state in RUNNING:
        assert (state, Passing.EXPIRY) not in TRANSITIONS
        assert TRANSITIONS[state, Kind.END] is State.ENDED
    assert {kind for state, kind in TRANSITIONS if state is State.CONTINGENT} == {
        Kind.CONTINGENCY,
        Kind.END,
    }


def test_a_missing_revision_is_flagged_and_the_newer_one_counts() -> None:
    """It carries the whole content, so it is not held back for one that may never come."""
    step = advance(Life(State.PLANNED, 1), Revision("IAF-1", 3), Actor.ORIGINATOR)
    assert step.life == Life(State.PLANNED, 3)
    assert [problem.code for problem in step.problems] == ["model.revision-gap"]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_an_old_revision_changes_nothing(number: int) -> None:
    """What is known is newer, and stays."""
    life = Life(State.ACTIVATED, 2)
    step = advance(life, Revision("IAF-1", number), Actor.ORIGINATOR)
    assert step.life == life
    assert [problem.code for problem in step.problems] == ["model.revision-old"]
