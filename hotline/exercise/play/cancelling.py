"""Tasks ended for certain: one cancellation may be swallowed by what a task waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

AGAIN_S = 0.2


async def cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until all have ended."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
