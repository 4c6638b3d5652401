"""What several faults come to together, for whoever imposes them."""

from __future__ import annotations

import pytest

from hotline.errors import ExerciseError
from hotline.exercise.faults.conditions import (
    DEAD,
    WHOLE,
    Conditions,
    LineConditions,
    Way,
    check_amount,
    conditions_of,
)
from hotline.exercise.scenario.shape import Fault, FaultKind


def of(*faults: tuple[FaultKind, float, str]) -> LineConditions:
    """Return the conditions of a line that iaf dials."""
    made = [Fault(kind=kind, amount=amount, centre=centre) for kind, amount, centre in faults]
    return conditions_of(made, "iaf")


def test_no_fault_is_a_whole_line() -> None:
    """Faults of nodes are none of the line."""
    assert of() == WHOLE
    assert of((FaultKind.KILL, 0, "iaf"), (FaultKind.CLOCK, 5, "iaf")) == WHOLE


def test_a_cut_is_of_both_ways_whomever_it_names() -> None:
    """There is one cable."""
    assert of((FaultKind.CUT, 0, "")) == of((FaultKind.CUT, 0, "iaf")) == DEAD


def test_a_one_way_cut_stops_what_its_centre_sends() -> None:
    """The dialling centre sends forth, the other one back."""
    held = Conditions(held=True)
    assert of((FaultKind.ONE_WAY, 0, "iaf")) == LineConditions(forth=held)
    assert of((FaultKind.ONE_WAY, 0, "hmeimim")) == LineConditions(back=held)


def test_what_names_a_centre_is_of_its_sending_only() -> None:
    """Without a centre it is of both ways alike."""
    slow = Conditions(delay_s=0.5)
    assert of((FaultKind.DELAY, 0.5, "")) == LineConditions(forth=slow, back=slow)
    assert of((FaultKind.DELAY, 0.5, "hmeimim")).on(Way.BACK) == slow
    assert of((FaultKind.DELAY, 0.5, "hmeimim")).on(Way.FORTH) == Conditions()


def test_faults_that_last_at_once_come_together() -> None:
    """Delays add up, the narrowest band counts, losses are independent of each other."""
    found = of(
        (FaultKind.DELAY, 0.5, ""),
        (FaultKind.DELAY, 0.25, "iaf"),
        (FaultKind.JITTER, 0.1, ""),
        (FaultKind.LOSS, 50, ""),
        (FaultKind.LOSS, 20, "iaf"),
        (FaultKind.BANDWIDTH, 9600, ""),
        (FaultKind.BANDWIDTH, 64_000, ""),
    )
    assert found.forth == Conditions(
        delay_s=0.75, jitter_s=0.1, loss_percent=60.0, bits_per_s=9600.0
    )
    assert found.back.loss_percent == pytest.approx(50.0)
    assert of(*[(FaultKind.DELAY, 50, "")] * 3).forth.delay_s == 60.0
    assert of(*[(FaultKind.LOSS, 90, "")] * 3).forth.loss_percent == 90.0


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        (FaultKind.DELAY, -0.1),
        (FaultKind.DELAY, 61),
        (FaultKind.JITTER, float("inf")),
        (FaultKind.LOSS, 91),
        (FaultKind.LOSS, float("nan")),
        (FaultKind.BANDWIDTH, 0),
        (FaultKind.BANDWIDTH, 2e9),
    ],
)
def test_an_amount_beyond_its_limits_is_refused(kind: FaultKind, amount: float) -> None:
    """With the limits in the hint."""
    with pytest.raises(ExerciseError) as caught:
        check_amount(Fault(kind=kind, amount=amount))
    assert caught.value.code == "exercise.fault-amount"
    assert "between" in caught.value.hint


def test_a_one_way_cut_of_nobody_is_refused() -> None:
    """It would not be known which way."""
    with pytest.raises(ExerciseError) as caught:
        check_amount(Fault(kind=FaultKind.ONE_WAY))
    assert caught.value.code == "exercise.fault-centre"
