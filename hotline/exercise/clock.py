"""The scenario's clock: seconds since STARTEX, faster than life by the time factor, stoppable.

The nodes know nothing of it: their timers and the times inside messages are those of life.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress


class ScenarioClock:
    """Runs from STARTEX on, ``factor`` times as fast as life, unless it is paused.

    ``monotonic`` returns seconds; a test gives its own. It begins paused at ``at_s``.
    """

    def __init__(
        self, factor: float, *, at_s: float = 0.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.factor = factor
        self._monotonic = monotonic
        self._at_s = at_s
        self._since: float | None = None
        self._changed = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether it runs: between STARTEX and ENDEX, and not paused."""
        return self._since is not None

    def now_s(self) -> float:
        """Return the scenario's seconds since STARTEX."""
        if self._since is None:
            return self._at_s
        return self._at_s + (self._monotonic() - self._since) * self.factor

    def start(self) -> None:
        """Let it run; nothing where it runs."""
        if self._since is None:
            self._since = self._monotonic()
            self._wake()

    def pause(self) -> None:
        """Hold it; nothing where it stands."""
        self._at_s = self.now_s()
        self._since = None
        self._wake()

    async def until(self, at_s: float) -> None:
        """Return when it shows ``at_s`` or later, however often it is paused meanwhile."""
        while (left := at_s - self.now_s()) > 0:
            changed = self._changed
            # While it stands, only a start can bring the moment nearer. Not `wait_for`: that
            # swallows a cancellation which comes with the result.
            with suppress(TimeoutError):
                async with asyncio.timeout(left / self.factor if self.running else None):
                    await changed.wait()

    async def sleep(self, for_s: float) -> None:
        """Return after ``for_s`` seconds of the scenario."""
        await self.until(self.now_s() + for_s)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
