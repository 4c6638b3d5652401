from __future__ import annotations

import asyncio

from hotline.exercise.clock import ScenarioClock


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
