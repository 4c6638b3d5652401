"""The picture around a moment: what is in use, what is about to be, what has just been."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hotline.airspace.activity import Planned
from hotline.airspace.engine import Engine
from hotline.airspace.periods import bounded
from hotline.airspace.relation import Relation


class Phase(StrEnum):
    """Where an activity stands at a moment, by its times."""

    OVER = "over"
    NOW = "now"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Pictured:
    """An activity as it stands at a moment; times in microseconds from then, None if unbounded.

    ``starts_in_us`` is negative once it has begun, ``ends_in_us`` once it is over.
    """

    planned: Planned
    phase: Phase
    starts_in_us: int | None
    ends_in_us: int | None
    relations: tuple[Relation, ...]


def picture(engine: Engine, at_us: int, *, around_us: int = 0, most: int = 100) -> list[Pictured]:
    """Return what an engine holds for a moment and ``around_us`` before and after it, by start.

    Each with at most ``most`` of its relations, seen from it.
    """
    return [
        pictured(planned, at_us, engine.relations_of(planned.key, most))
        for planned in engine.at(at_us, around_us)
    ]


def pictured(planned: Planned, at_us: int, relations: Iterable[Relation] = ()) -> Pictured:
    """Return one activity as it stands at a moment.

    Between two volumes that follow each other with a pause, it is later again.
    """
    periods = [extent.period for extent in planned.extents]
    if any(period.start_us <= at_us <= period.end_us for period in periods):
        phase = Phase.NOW
    elif any(period.start_us > at_us for period in periods):
        phase = Phase.LATER
    else:
        phase = Phase.OVER
    start_us, end_us = bounded(planned.period.start_us), bounded(planned.period.end_us)
    return Pictured(
        planned,
        phase,
        None if start_us is None else start_us - at_us,
        None if end_us is None else end_us - at_us,
        tuple(relations),
    )
