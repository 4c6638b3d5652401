"""The director's record as the report goes by it: what it did to whom, and when play ran."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hotline.errors import ExerciseError
from hotline.exercise.record import events
from hotline.exercise.report.moments import ScenarioTime

E = TypeVar("E", bound=events.Event)


@dataclass(frozen=True, slots=True)
class Noted:
    """One entry of the record; ``sha256`` is of its line, hex, ``t`` the scenario's seconds."""

    n: int
    at_us: int
    t: float | None
    event: events.Event
    sha256: str


class Play:
    """A whole record, oldest entry first, which begins with ``opened``. Raises ExerciseError."""

    def __init__(self, noted: Sequence[Noted]) -> None:
        self.noted = tuple(noted)
        opened = self.noted[0].event if self.noted else None
        if not isinstance(opened, events.Opened):
            raise ExerciseError(
                "report.no-opening",
                "the record does not begin with what is played: it is of no exercise",
                "name the directory that `hotline exercise run` made",
            )
        self.opened = opened
        self.startex = next(self.every(events.Startex), None)
        ends = list(self.every(events.Endex))
        self.endex = ends[-1] if ends else None
        self.time = ScenarioTime(self._points())

    def every(self, kind: type[E]) -> Iterator[tuple[Noted, E]]:
        """Yield the entries of a kind, oldest first."""
        for one in self.noted:
            if isinstance(one.event, kind):
                yield one, one.event

    @property
    def starts_us(self) -> int:
        """STARTEX by the director's clock; where there was none, the record's beginning."""
        return (self.startex[0] if self.startex else self.noted[0]).at_us

    @property
    def ends_us(self) -> int:
        """ENDEX by the director's clock; where there was none, the record's end."""
        return (self.endex[0] if self.endex else self.noted[-1]).at_us

    def _points(self) -> list[tuple[int, float]]:
        """Return where the scenario's clock is known; while the director was gone it stood."""
        points = []
        before: tuple[int, float] | None = None
        for one in self.noted:
            if one.t is None or one.at_us < self.starts_us:
                continue
            if isinstance(one.event, events.DirectorRestarted) and before is not None:
                points.append((one.at_us, before[1]))
            points.append((one.at_us, one.t))
            before = (one.at_us, one.t)
        return points
