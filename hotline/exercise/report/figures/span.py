"""What the figures are made from: both sides, the record, and the clocks between them."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.api.schema import EntryView
from hotline.exercise.report.collected import Side
from hotline.exercise.report.document import LIFE, SCENARIO
from hotline.exercise.report.moments import Clocks, us_of
from hotline.exercise.report.noted import Play
from hotline.exercise.scenario.shape import CrewKind, Scenario

SIMULATED = "sim. "
"""How the names of officers of simulated crews begin."""


@dataclass(frozen=True, slots=True)
class Span:
    """Play from STARTEX to ENDEX, as both centres' journals and the record have it."""

    scenario: Scenario
    play: Play
    sides: tuple[Side, Side]
    clocks: Clocks

    def side(self, centre: str) -> Side | None:
        """Return a centre's side."""
        return next((side for side in self.sides if side.centre == centre), None)

    def other(self, side: Side) -> Side:
        """Return the other side."""
        return self.sides[1] if side is self.sides[0] else self.sides[0]

    def common_us(self, centre: str, at: str) -> int:
        """Return a moment that a centre's journal names on the director's clock."""
        return self.clocks.common_us(centre, us_of(at))

    def in_order(self, side: Side) -> list[tuple[int, EntryView]]:
        """Return the entries of all of a side's logs in the order of life, each with its moment."""
        found = [(self.common_us(side.centre, entry.at), entry) for entry in side.entries]
        return sorted(found, key=lambda one: one[0])

    def played(self, centre: str, at: str) -> bool:
        """Return whether a moment of a centre's journal is after STARTEX."""
        return self.common_us(centre, at) >= self.play.starts_us

    def until_endex(self, centre: str, at: str) -> bool:
        """Return whether a moment of a centre's journal is from STARTEX to ENDEX."""
        return self.play.starts_us <= self.common_us(centre, at) <= self.play.ends_us

    def t(self, centre: str, at: str) -> float | None:
        """Return the scenario's seconds at a moment of a centre's journal."""
        return rounded(self.play.time.t(self.common_us(centre, at)))

    def lasted_s(self, centre: str, since: str | None, until: str | None) -> float | None:
        """Return the seconds between two moments of a centre's clock, without what faults added."""
        if since is None or until is None:
            return None
        return round((self.common_us(centre, until) - self.common_us(centre, since)) / 1e6, 6)

    def clock(self, centre: str) -> str:
        """Return by which clock a centre's crew lives, so that its doings are measured by it.

        People need their seconds however fast the scenario's clock runs; a simulated crew does
        everything on that clock.
        """
        return SCENARIO if self.simulated(centre, "") else LIFE

    def told_twice(self, centre: str) -> bool:
        """Return whether the crew's clock is another one than life's, and figures are of both."""
        return self.clock(centre) == SCENARIO and self.play.opened.time_factor != 1.0

    def lasted_scenario_s(self, centre: str, since: str | None, until: str | None) -> float | None:
        """Return the scenario's seconds between two moments of a centre's clock."""
        if since is None or until is None:
            return None
        moments = self.common_us(centre, since), self.common_us(centre, until)
        return rounded(self.play.time.between(*moments))

    def simulated(self, centre: str, officer: str) -> bool:
        """Return whether a simulated crew, or the director in its place, did something."""
        crew = self.scenario.crews.get(centre)
        if crew is not None and crew.kind is CrewKind.SIMULATED:
            return True
        return officer.startswith(SIMULATED) or officer == "director"


def rounded(seconds: float | None) -> float | None:
    """Return seconds to the microsecond; None for None."""
    return None if seconds is None else round(seconds, 6)
