"""A comparison that has begun, and until when it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hotline.node.airspace.findings import Cause
from hotline.node.airspace.standing import Standing


@dataclass(slots=True, eq=False)
class Begun:
    """A notice that is being compared, and its neighbours that may not be in the engine yet.

    They are put there before it, since many are compared at once faster than one by one; where that
    takes too long it goes first (``placed``), and they follow one by one. Those that have to be
    drawn in a thread before (``undrawn``) come last.
    """

    standing: Standing
    cause: Cause
    names: list[str]
    placed: bool = False
    undrawn: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether it is compared with all that there was."""
        return self.placed and not self.names and not self.undrawn


def after(deadline: float, at_least_s: float = 0.0, looks: int = 0) -> Callable[[], bool]:
    """Return what says whether a moment has passed, and some time since it was asked first.

    It is never late for the first ``looks`` of those who ask.
    """
    until = deadline if not at_least_s else None

    def late() -> bool:
        nonlocal until, looks
        if looks:
            looks -= 1
            return False
        now = time.perf_counter()
        if until is None:
            until = max(deadline, now + at_least_s)
        return now > until

    return late
