"""Waiting for what becomes so, without guessing how long it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE_S = 90.0
"""Within which everything has recovered from any fault: the bound of every trial."""
STEP_S = 0.05


async def become(
    condition: Callable[[], Awaitable[bool]], what: str, patience_s: float = PATIENCE_S
) -> float:
    """Return once ``condition`` holds, with the seconds that it took; fail when it does not."""
    begun = time.monotonic()
    while not await condition():
        waited_s = time.monotonic() - begun
        assert waited_s < patience_s, what
        # Asking costs the node something: seldom, where it takes long anyway.
        await asyncio.sleep(STEP_S + waited_s / 20)
    return time.monotonic() - begun
