"""How each centre's clock went: which of its entries were made while a clock fault lasted.

A node enters a clock fault before that takes effect and its end after it, so both entries have the
time that its clock shows as a rule; between them it is ahead by the fault's amount. The time that
an entry states does not tell on which side of these two it lies: a clock that was ten minutes ahead
for three minutes states the same times twice. Its place in its log does, with what must have
happened before it and after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from hotline.api.schema import EntryView
from hotline.exercise.record.events import CrewActed, InjectDelivered
from hotline.exercise.report.collected import Side, is_of_the_node
from hotline.exercise.report.moments import (
    END_US,
    SAME_CLOCK_US,
    SECOND_US,
    Clocks,
    Shift,
    us_of,
)
from hotline.exercise.report.noted import Play
from hotline.exercise.scenario.shape import FaultKind

ROUNDS = 3
"""How often both sides are gone through: first each by itself, then by the other as well."""
WEIGHT_OF_WAITING = 1_000
"""A wait of so many microseconds weighs as much as one against the order of life."""

NEVER_US = END_US
"""What a way costs that cannot have been."""
SIZE_DIGITS = 12
"""More digits than the size of any log has."""

Moment: TypeAlias = int
"""Microseconds since 1970 that a centre's entry states."""
_Places: TypeAlias = "tuple[int, _Places] | None"


@dataclass(frozen=True, slots=True)
class _Phase:
    """A time in which a clock was ahead by the same; since and until as it shows as a rule."""

    since_us: int
    until_us: int
    ahead_us: int

    def outside_us(self, us: int) -> int:
        """Return how far a moment lies outside, 0 within."""
        return max(self.since_us - us, us - self.until_us, 0)


class _Bounds:
    """Between which moments of the director's clock an entry must have been made."""

    def __init__(self) -> None:
        self._least: dict[Moment, int] = {}
        self._most: dict[Moment, int] = {}

    def after(self, moment: Moment, us: int) -> None:
        """Say that it was after a moment."""
        self._least[moment] = max(us, self._least.get(moment, us))

    def before(self, moment: Moment, us: int) -> None:
        """Say that it was before a moment."""
        self._most[moment] = min(us, self._most.get(moment, us))

    def cost_us(self, moment: Moment, us: int) -> int:
        """Return by how much an entry that was made then would break them.

        A little more the longer it was after one and before the other: hardly anything waits.
        """
        least_us, most_us = self._least.get(moment, us), self._most.get(moment, us)
        broken_us = max(least_us - us, us - most_us, 0)
        waits = [abs(us - known[moment]) for known in (self._least, self._most) if moment in known]
        return broken_us + min(waits, default=0) // WEIGHT_OF_WAITING


def clocks_of(play: Play, sides: Sequence[Side]) -> Clocks:
    """Return how far each centre's clock was ahead of the director's, as a rule and by faults.

    The first is what the director measured at STARTEX, or, in a record that does not say, the
    difference between both entries about it; the second is what the node itself entered.
    """
    ahead = _as_a_rule(play, sides)
    phases = {side.centre: _phases(side) for side in sides}
    shifts = {
        centre: [Shift(one.since_us, one.until_us, one.ahead_us) for one in each if one.ahead_us]
        for centre, each in phases.items()
    }
    bent = [side for side in sides if shifts[side.centre]]
    settled: dict[str, dict[Moment, int]] = {}
    clocks = Clocks(ahead, shifts)
    for again in range(ROUNDS if bent else 0):
        for side in bent:
            other = sides[1] if side is sides[0] else sides[0]
            bounds = _bounds(play, side, other, clocks) if again else _Bounds()
            known = _settled(side, phases[side.centre], bounds, ahead.get(side.centre, 0))
            settled[side.centre] = known
        clocks = Clocks(ahead, shifts, settled)
    return clocks


def _as_a_rule(play: Play, sides: Sequence[Side]) -> dict[str, int]:
    told = play.startex[1].nodes if play.startex is not None else ()
    ahead = {one.centre: round(one.ahead_s * SECOND_US) for one in told}
    for side in sides:
        if play.startex is None or side.centre in ahead:
            continue
        for entry in side.of_kind("exercise"):
            if entry.what.get("event") == "startex":
                difference_us = us_of(entry.at) - play.startex[0].at_us
                # What is less is the time that it took to reach the node.
                ahead[side.centre] = difference_us if abs(difference_us) > SAME_CLOCK_US else 0
    return ahead


def _is_about_the_clock(entry: EntryView) -> bool:
    return entry.kind == "fault" and entry.what.get("kind") == FaultKind.CLOCK.value


def _phases(side: Side) -> list[_Phase]:
    """Return the phases of a centre's clock, one after the other; the first and last are whole."""
    changes = [(-END_US, 0)]
    for entry in side.entries:
        if _is_about_the_clock(entry):
            began = entry.what.get("state") == "began"
            amount_us = round(float(entry.what.get("amount", 0.0)) * SECOND_US) if began else 0
            changes.append((us_of(entry.at), amount_us))
    return [
        _Phase(since_us, until_us, ahead_us)
        for (since_us, ahead_us), (until_us, _) in pairwise([*changes, (END_US, 0)])
    ]


def _settled(
    side: Side, phases: Sequence[_Phase], bounds: _Bounds, ahead_us: int
) -> dict[Moment, int]:
    """Return by how much a fault had the clock ahead when it stated a moment, for each entry."""
    logs: defaultdict[str, list[EntryView]] = defaultdict(list)
    for entry in side.entries:
        logs[entry.log].append(entry)
    found: dict[Moment, int] = {}
    for entries in logs.values():
        entries.sort(key=lambda one: one.entry)
        places = _course(entries, phases, bounds, ahead_us)
        for entry, place in zip(entries, places, strict=True):
            found[us_of(entry.at)] = phases[place].ahead_us
    return found


@dataclass(frozen=True, slots=True)
class _Way:
    """How a log may have gone through the phases until an entry.

    ``us`` is when that was made, ``places`` the phase of it and, after that, of those before it.
    """

    cost_us: int
    us: int
    places: _Places


def _course(
    entries: Sequence[EntryView], phases: Sequence[_Phase], bounds: _Bounds, ahead_us: int
) -> list[int]:
    """Return for each entry of one log the place of the phase that it was made in.

    Of all ways through the phases, in their order, that one is taken whose entries lie least
    outside of their phases, go least back in time and break their bounds least, by the sum of
    microseconds; of equals the one that stays longest.
    """
    ways = [_Way(NEVER_US if place else 0, -END_US, None) for place in range(len(phases))]
    changes = 0
    for entry in entries:
        moment = us_of(entry.at)
        border = None
        if _is_about_the_clock(entry):
            # By the clock as it is as a rule: before the fault takes effect, or after its end.
            border = changes + (entry.what.get("state") != "began")
            changes += 1
        further = []
        for place, phase in enumerate(phases):
            us = moment - phase.ahead_us
            cost_us, earlier = min(
                (way.cost_us + max(0, way.us - us), number)
                for number, way in enumerate(ways[: place + 1])
            )
            if border is None:
                cost_us += phase.outside_us(us) + bounds.cost_us(moment, us - ahead_us)
            elif border != place:
                cost_us += NEVER_US
            further.append(_Way(cost_us, us, (place, ways[earlier].places)))
        ways = further
    places = min(ways, key=lambda way: way.cost_us).places
    found = []
    while places is not None:
        place, places = places
        found.append(place)
    return found[::-1]


def _bounds(play: Play, side: Side, other: Side, clocks: Clocks) -> _Bounds:
    """Return what must have been before and after this side's entries.

    A message is entered at its sender, then at its recipient, then its receipt at its sender; an
    anchor has the size that the node's own log had then; what carries an inject, and what a
    simulated crew opens, is in the record at once.
    """
    bounds = _Bounds()
    carried = {event.message: noted.at_us for noted, event in play.every(InjectDelivered)}

    def at_other(moment: str) -> int:
        return clocks.common_us(other.centre, us_of(moment))

    theirs = {(one.direction, one.id): one for one in other.messages}
    for one in side.messages:
        entered = us_of(one.entered_at)
        if one.direction == "out" and one.id in carried:
            bounds.before(entered, carried[one.id])
        if one.direction == "out" and (came := theirs.get(("in", one.id))) is not None:
            bounds.before(entered, at_other(came.entered_at))
            if one.receipt is not None:
                bounds.after(us_of(one.receipt.taken_at), at_other(came.entered_at))
        if one.direction == "in" and (gone := theirs.get(("out", one.id))) is not None:
            bounds.after(entered, at_other(gone.entered_at))
            if gone.receipt is not None:
                bounds.before(entered, at_other(gone.receipt.taken_at))
    own = [entry for entry in side.entries if is_of_the_node(entry.log)]
    for entry in side.of_kind("anchor"):
        size = _size_of(entry)
        if 0 < size <= len(own):
            bounds.after(us_of(entry.at), clocks.common_us(side.centre, us_of(own[size - 1].at)))
        if 0 <= size < len(own):
            bounds.before(us_of(entry.at), clocks.common_us(side.centre, us_of(own[size].at)))
    acted = {
        (event.officer, event.message): noted.at_us
        for noted, event in reversed(list(play.every(CrewActed)))
        if event.centre == side.centre and event.message
    }
    for entry in side.of_kind("read"):
        at_us = acted.get((str(entry.what.get("officer")), str(entry.what.get("message"))))
        if at_us is not None:
            bounds.before(us_of(entry.at), at_us)
    return bounds


def _size_of(anchor: EntryView) -> int:
    """Return the size in an anchor's checkpoint; -1 where it has none."""
    _, _, rest = str(anchor.what.get("checkpoint", "")).partition("\n")
    size = rest.partition("\n")[0]
    return int(size) if size.isascii() and size.isdigit() and len(size) < SIZE_DIGITS else -1
