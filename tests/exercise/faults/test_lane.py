"""A lane ends when it is told to, also in the very moment in which something else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from hotline.exercise.faults.conditions import WHOLE, Conditions
from hotline.exercise.faults.lane import Channel

SLOW = Conditions(bits_per_s=8)


def passing(channel: Channel) -> Coroutine[Any, Any, None]:
    """Wait until something may come out, in a long while."""
    return channel.open_from(asyncio.get_running_loop().time() + 1000)


def carrying(channel: Channel) -> Coroutine[Any, Any, None]:
    """Wait until a slow line has carried something."""
    return channel.carry(1000)


@pytest.mark.parametrize("waiting", [passing, carrying])
async def test_a_change_swallows_no_cancellation(
    waiting: Callable[[Channel], Coroutine[Any, Any, None]],
) -> None:
    """Cancelled once, in the turn in which the conditions change, what waits has ended."""
    channel = Channel()
    channel.become(SLOW)
    task = asyncio.create_task(waiting(channel))
    for _ in range(3):
        await asyncio.sleep(0)
    channel.become(SLOW)
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=1.0)
    assert done, "it waits on"
    assert task.cancelled()
    channel.become(WHOLE)
