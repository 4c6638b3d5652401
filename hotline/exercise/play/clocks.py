"""The nodes' clocks brought to the director's, while play goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hotline.exercise.judging.course import SECOND_US
from hotline.exercise.record.events import FaultBegan, Startex
from hotline.exercise.record.line import Entry
from hotline.exercise.scenario.shape import FaultKind, Inject


class LiveClocks:
    """Takes away what a centre's clock was ahead at STARTEX, and what a fault added to it.

    An entry is read soon after it was made. So of the two moments that it may have been made at,
    with the fault's offset and without, the one nearer to now is the right one.
    """

    def __init__(self, wall_us: Callable[[], int], injects: Iterable[Inject] = ()) -> None:
        self._wall_us = wall_us
        # Entries of a clock that is put back bear times from before STARTEX, and are of play.
        back_s = (
            -inject.fault.amount
            for inject in injects
            if inject.fault is not None and inject.fault.kind is FaultKind.CLOCK
        )
        self._back_us = round(max(0.0, *back_s, 0.0) * SECOND_US)
        self._ahead_us: dict[str, int] = {}
        self._offsets_us: dict[str, set[int]] = {}

    def recorded(self, entry: Entry) -> None:
        """Take the next entry of the record."""
        match entry.event:
            case Startex(nodes=nodes):
                self._ahead_us = {one.centre: round(one.ahead_s * SECOND_US) for one in nodes}
            case FaultBegan(kind=FaultKind.CLOCK.value, centre=centre, amount=amount):
                # It stays possible when it has ended: entries made before may be read after.
                self._offsets_us.setdefault(centre, set()).add(round(amount * SECOND_US))
            case _:
                pass

    def common_us(self, centre: str, us: int) -> int:
        """Return a moment of a centre's clock on the director's."""
        us -= self._ahead_us.get(centre, 0)
        now_us = self._wall_us()
        offsets: list[int] = [0, *self._offsets_us.get(centre, ())]
        return us - min(offsets, key=lambda offset: abs(now_us - (us - offset)))

    def earliest_us(self, centre: str, us: int) -> int:
        """Return the least that a centre's clock may state from a moment on, by any fault.

        ``us`` is of the director's clock.
        """
        return self.centre_us(centre, us) - self._back_us

    def centre_us(self, centre: str, us: int) -> int:
        """Return a moment of the director's clock on a centre's, as it was at STARTEX."""
        return us + self._ahead_us.get(centre, 0)
