"""The director's record as the report goes by it: when play began and ended, and how time ran."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from hotline.exercise.judging.course import Course
from hotline.exercise.record import events
from hotline.exercise.record.line import Entry
from hotline.exercise.record.reading import Record

E = TypeVar("E", bound=events.Event)


class Play:
    """A whole record that was read and checked; ``time`` is the scenario's clock by it."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.opened = record.opened
        self.startex = next(self.every(events.Startex), None)
        self.endex = next(self.every(events.Endex), None)
        self.time = Course()
        for entry in record.entries:
            self.time.recorded(entry)

    def every(self, kind: type[E]) -> Iterator[tuple[Entry, E]]:
        """Yield the entries of a kind, oldest first."""
        return self.record.every(kind)

    @property
    def starts_us(self) -> int:
        """STARTEX by the director's clock; where there was none, the record's beginning."""
        return (self.startex[0] if self.startex else self.record.entries[0]).at_us

    @property
    def ending(self) -> Entry:
        """The entry ENDEX; where there was none, the record's last."""
        return self.endex[0] if self.endex else self.record.entries[-1]

    @property
    def ends_us(self) -> int:
        """When that was, by the director's clock."""
        return self.ending.at_us
