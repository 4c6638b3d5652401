"""The course of play: which moment of life is which second of the scenario, by the record."""

from __future__ import annotations

from bisect import bisect_right

from hotline.exercise.record import events
from hotline.exercise.record.line import Entry

SECOND_US = 1_000_000


class Course:
    """Follows the record; asked for any moment, also for those after its last entry."""

    def __init__(self) -> None:
        self._factor = 1.0
        self._running = False
        self._paused = False
        # From each moment on: the scenario's second then, and scenario seconds a second.
        self._at_us: list[int] = []
        self._from: list[tuple[float, float]] = []

    @property
    def running(self) -> bool:
        """Whether the scenario's clock runs after the last entry."""
        return self._running

    @property
    def paused(self) -> bool:
        """Whether somebody paused it, and nobody has resumed it."""
        return self._paused

    @property
    def since_us(self) -> int:
        """The moment of STARTEX; 0 before it."""
        return self._at_us[0] if self._at_us else 0

    @property
    def begun(self) -> bool:
        """Whether STARTEX has been."""
        return bool(self._at_us)

    def recorded(self, entry: Entry) -> None:
        """Take the next entry of the record."""
        match entry.event:
            case events.Opened():
                self._factor = entry.event.time_factor
            case events.Startex():
                self._running = True
            case events.Paused():
                self._running, self._paused = False, True
            case events.Resumed():
                self._running, self._paused = True, False
            case events.RealWorld() | events.Endex():
                self._running = False
            case events.DirectorRestarted():
                # While the director was gone the clock stood: from its last entry on.
                self._from[-1:] = [(t, 0.0) for t, _ in self._from[-1:]]
            case _:
                pass
        if entry.t is not None:
            # A clock that was set back would make the past ambiguous: time goes on from there.
            at_us = max([entry.at_us, *self._at_us[-1:]])
            self._at_us.append(at_us)
            self._from.append((entry.t, self._factor if self._running else 0.0))

    def t(self, at_us: int) -> float | None:
        """Return the scenario's seconds at a moment; None before STARTEX."""
        place = bisect_right(self._at_us, at_us) - 1
        if place < 0:
            return None
        t, rate = self._from[place]
        t += (at_us - self._at_us[place]) / SECOND_US * rate
        # The wall clock and the director's steady one may disagree by a little: never past the
        # second that the next entry was written at.
        return min(t, self._from[place + 1][0]) if place + 1 < len(self._from) else t

    def moment_us(self, t: float) -> int | None:
        """Return the first moment at which the scenario's clock showed ``t``; None before it did.

        What is known of the record until now counts: a clock that stands has not shown it yet.
        """
        for place, (at_us, (begin, rate)) in enumerate(zip(self._at_us, self._from, strict=True)):
            if t <= begin:
                return at_us
            last = place + 1 == len(self._at_us)
            if not rate or (not last and t > self._from[place + 1][0]):
                continue
            us = at_us + round((t - begin) / rate * SECOND_US)
            # As above: the two clocks may disagree by a little, and the next entry was later.
            return us if last else min(us, self._at_us[place + 1])
        return None

    def between(self, since_us: int, until_us: int) -> float:
        """Return the scenario's seconds between two moments; before STARTEX none pass."""
        return (self.t(until_us) or 0.0) - (self.t(since_us) or 0.0)
