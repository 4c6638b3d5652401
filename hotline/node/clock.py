"""The one place that decides the time.

Two clocks are read together: the wall clock, which is what is signed and shown, and the
monotonic clock, which timers use. When they drift apart by more than a second between two looks,
somebody or something has set the wall clock, and that is recorded.
"""

from __future__ import annotations

import time

from hotline.line.terms import Instant

STEP_US = 1_000_000
"""A difference between both clocks' advance that counts as a step of the wall clock."""


class Clock:
    """Wall time in microseconds since 1970 UTC, monotonic time in seconds.

    ``offset_us`` shifts the wall clock, for exercises about clocks that are wrong.
    """

    def __init__(self, offset_us: int = 0) -> None:
        self.offset_us = offset_us
        self._last = self.now()

    def wall_us(self) -> int:
        """Return microseconds since 1970, UTC."""
        return time.time_ns() // 1000 + self.offset_us

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(time.monotonic(), self.wall_us())

    def step_us(self) -> int:
        """Return by how much the wall clock was set since the last call; 0 when it was not."""
        now = self.now()
        walled = now.wall_us - self._last.wall_us
        passed = round((now.mono - self._last.mono) * 1e6)
        self._last = now
        return walled - passed if abs(walled - passed) > STEP_US else 0
