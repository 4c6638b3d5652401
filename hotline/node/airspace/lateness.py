"""What the clock does to notices: plans expire, activations and ends that do not come are late.

One heap of moments at which something is due; what counts no more is passed over when its moment
comes, and thrown out before where that is most of the heap. How late is too late stands in the
letter (`Limits`).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

import msgspec

from hotline.airspace.activity import Key
from hotline.model.letter import Limits
from hotline.model.lifecycle import RUNNING, State
from hotline.model.phrasing import time_text
from hotline.model.times import SECOND_US
from hotline.node.airspace.sieve import Coarse
from hotline.node.airspace.standing import Standing

FEW = 64
"""Moments that count no more which are not worth throwing out."""
PROLONGED_US = 3600 * SECOND_US
"""For how long what should have ended is taken to go on, each time."""


class Late(StrEnum):
    """What is late, by the code of its alarm."""

    ACTIVATION = "notice.activation-late"
    OVERRUN = "notice.overrun"
    END = "notice.end-missing"


@dataclass(frozen=True, slots=True)
class Due:
    """A notice whose moment has come: its time is over, or goes on though it should not.

    ``waits_us`` is for how long it is not over, though it is by this node's clock.
    """

    standing: Standing
    expired: bool = False
    prolonged: bool = False
    waits_us: int = 0


def lateness(standing: Standing, limits: Limits, now_us: int) -> Late | None:
    """Return what is late about a notice now."""
    if standing.beside:
        return None
    state, starts_us, ends_us = standing.life.state, standing.starts_us, standing.ends_us
    if state is State.PLANNED:
        late_us = round(limits.late_activation_s * SECOND_US)
        due = starts_us is not None and now_us > starts_us + late_us
        return Late.ACTIVATION if due else None
    if state not in RUNNING or ends_us is None or now_us <= ends_us:
        return None
    missing_us = round(limits.missing_end_s * SECOND_US)
    return Late.END if now_us > ends_us + missing_us else Late.OVERRUN


def words(late: Late, standing: Standing, name: str) -> str:
    """Say what is late, for an alarm: with the moment, since an alarm is read later than rung."""
    if late is Late.ACTIVATION:
        return f"{name} should have begun at {_moment(standing.starts_us)}, and was not activated"
    if late is Late.OVERRUN:
        return f"{name} should have ended at {_moment(standing.ends_us)}, and no end has come"
    return f"the end of {name} is missing: it should have ended at {_moment(standing.ends_us)}"


def _moment(time_us: int | None) -> str:
    return "a time not known" if time_us is None else time_text(time_us // SECOND_US * SECOND_US)


class Timetable:
    """The next moment at which something is due of each notice that stands."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._late_us = round(limits.late_activation_s * SECOND_US)
        self._missing_us = round(limits.missing_end_s * SECOND_US)
        # Moments by number and key: a notice is held by `_entered` alone, with its latest number.
        self._heap: list[tuple[int, int, Key]] = []
        self._entered: dict[Key, tuple[int, Standing]] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._heap)

    def enter(self, standing: Standing, now_us: int, *, seen: bool = False) -> None:
        """Note when something is due of a notice next; what was noted before counts no more.

        What is late already is due at once, unless it has been ``seen`` by now: a plan may be
        activated, or revised, after its times, and a node may start long after them.
        """
        late = not seen and lateness(standing, self._limits, now_us) is not None
        standing.due_us = now_us if late else self._next(standing, now_us)
        if standing.due_us is None:
            self._entered.pop(standing.key, None)
        else:
            number = next(self._numbers)
            self._entered[standing.key] = number, standing
            heapq.heappush(self._heap, (standing.due_us, number, standing.key))
        self._throw_out()

    def forget(self, standing: Standing) -> None:
        """Forget a notice that stands no more."""
        entered = self._entered.get(standing.key)
        if entered is not None and entered[1] is standing:
            del self._entered[standing.key]
            self._throw_out()

    def take(self, now_us: int, most: int = 1000, *, expiring_us: int | None = None) -> list[Due]:
        """Return the notices whose moment has come, at most so many, the earliest first.

        Nothing is over before ``expiring_us``, which is not after ``now_us``; what would be else is
        among them, and due again then.

        What has gone without being forgotten is among them, as it was; whoever asks knows what
        stands.
        """
        found: list[Due] = []
        while self._heap and self._heap[0][0] <= now_us and len(found) < most:
            _, number, key = heapq.heappop(self._heap)
            entered = self._entered.get(key)
            if entered is None or entered[0] != number:
                continue
            del self._entered[key]
            standing = entered[1]
            standing.due_us = None
            over = standing.ends_us is not None and now_us > standing.ends_us
            runs = standing.running and not standing.beside
            goes_on = standing.prolonged_us is not None and standing.prolonged_us >= now_us
            expired = over and not runs
            if expired and expiring_us is not None and expiring_us <= (standing.ends_us or 0):
                found.append(Due(standing, waits_us=(standing.ends_us or 0) - expiring_us + 1))
                continue
            found.append(Due(standing, expired, over and runs and not goes_on))
        return found

    def wait(self, standing: Standing, due_us: int) -> None:
        """Have a notice be due at a moment, and not before."""
        number = next(self._numbers)
        standing.due_us = due_us
        self._entered[standing.key] = number, standing
        heapq.heappush(self._heap, (due_us, number, standing.key))

    def _throw_out(self) -> None:
        """Throw out what counts no more, where that is more than half of all."""
        if len(self._heap) <= 2 * len(self._entered) + FEW:
            return
        self._heap = [
            entry
            for entry in self._heap
            if (entered := self._entered.get(entry[2])) is not None and entered[0] == entry[1]
        ]
        heapq.heapify(self._heap)

    def _next(self, standing: Standing, now_us: int) -> int | None:
        """Return the next moment; the end of a plan also when it is past."""
        ends_us, prolonged_us = standing.ends_us, standing.prolonged_us
        starts_us, planned = standing.starts_us, standing.life.state is State.PLANNED
        if planned and not standing.beside and ends_us is not None and starts_us is not None:
            late_us = starts_us + self._late_us
            return min(late_us if late_us >= now_us else ends_us, ends_us) + 1
        moments = [] if ends_us is None else [ends_us + 1]
        if standing.beside:
            return min(moments, default=None)
        if standing.running:
            if standing.awaited is not None:
                moments.append(standing.awaited.at_us)
            if ends_us is not None:
                moments.append(ends_us + self._missing_us + 1)
            if prolonged_us is not None:
                moments.append(prolonged_us + 1)
                moments = [moment for moment in moments if moment > now_us]
        elif starts_us is not None:
            late_us = starts_us + self._late_us + 1
            if late_us > now_us:
                moments.append(late_us)
        return min(moments, default=None)


def let_go_on(standing: Standing, now_us: int) -> None:
    """Take what flies after the end of its times to go on for a while.

    Until when depends on the time alone, so that a node that starts again finds what it found.
    """
    ends_us = standing.ends_us
    if not standing.running or standing.beside or ends_us is None:
        return
    if now_us > max(ends_us, standing.prolonged_us or ends_us):
        standing.prolonged_us = ends_us + ((now_us - ends_us) // PROLONGED_US + 1) * PROLONGED_US


def where_of(standing: Standing) -> Coarse:
    """Return where and when a notice may be, as long as it is taken to go on."""
    if standing.prolonged_us is None:
        return standing.where
    end_us = max(standing.where.end_us, standing.prolonged_us)
    return msgspec.structs.replace(standing.where, end_us=end_us)
