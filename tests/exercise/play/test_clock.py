from __future__ import annotations

import asyncio

import pytest

from hotline.exercise.clock import ScenarioClock
from hotline.exercise.play.clocks import LiveClocks
from hotline.exercise.scenario.shape import Act, Fault, FaultKind, Inject
from hotline.model.times import SECOND_US


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        """Return what it shows."""
        return self.s


def test_it_runs_faster_than_life_and_stands_when_paused() -> None:
    """Seconds of the scenario are those of life times the factor."""
    hand = Hand()
    clock = ScenarioClock(10, at_s=5, monotonic=hand)
    hand.s += 3
    assert (clock.now_s(), clock.running) == (5, False)
    clock.start()
    clock.start()
    hand.s += 2
    assert clock.now_s() == 25
    clock.pause()
    clock.pause()
    hand.s += 50
    assert clock.now_s() == 25
    clock.start()
    hand.s += 1
    assert clock.now_s() == 35


async def test_whoever_waits_is_not_woken_by_a_pause() -> None:
    """Only when the clock shows the moment, though it stood for a while."""
    hand = Hand()
    clock = ScenarioClock(1000, monotonic=hand)
    clock.start()
    waiting = asyncio.create_task(clock.until(60))
    await asyncio.sleep(0)
    clock.pause()
    hand.s += 500
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    clock.start()
    hand.s += 0.07
    async with asyncio.timeout(5):
        await waiting
    assert clock.now_s() >= 60


async def test_a_moment_that_is_over_is_not_waited_for() -> None:
    """Also while the clock stands."""
    clock = ScenarioClock(1, at_s=10)
    async with asyncio.timeout(1):
        await clock.until(10)
        await clock.sleep(0)


@pytest.mark.parametrize(("amount", "back_s"), [(-40.0, 40), (600.0, 0)])
def test_entries_of_a_clock_that_is_put_back_are_read_too(amount: float, back_s: int) -> None:
    """They bear times from before STARTEX; a clock that is put forward makes none such."""
    fault = Fault(kind=FaultKind.CLOCK, centre="iaf", amount=amount, for_s=60)
    inject = Inject(id="1", at_s=20, title="clock", act=Act.FAULT, fault=fault)
    clocks = LiveClocks(lambda: 0, [inject])
    assert clocks.earliest_us("iaf", 1_000 * SECOND_US) == (1_000 - back_s) * SECOND_US
