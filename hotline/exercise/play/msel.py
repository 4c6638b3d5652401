"""Where each inject stands, and which one is due next: by the scenario and the record alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from hotline.exercise.record import events
from hotline.exercise.record.line import Entry
from hotline.exercise.scenario.shape import Inject


class State(StrEnum):
    """Where an inject stands."""

    WAITING = "waiting"
    DUE = "due"
    """Its time has come, and it is being delivered; or it was, when the director was killed."""
    DELIVERED = "delivered"
    SKIPPED = "skipped"
    FAILED = "failed"


SETTLED = frozenset({State.DELIVERED, State.SKIPPED, State.FAILED})


_ALWAYS = frozenset({"id", "at_s", "act", "precedence"})
"""Fields of an inject whose empty value says something."""


@dataclass(slots=True)
class Row:
    """An inject with what became of it; ``t`` is the scenario's second of the last change.

    ``due_at_us`` is when its delivery began, on the director's clock. ``text`` says why it was
    skipped or failed. ``traffic`` is whether a generator made it.
    """

    inject: Inject
    traffic: bool = False
    extra: bool = False
    state: State = State.WAITING
    t: float | None = None
    due_at_us: int = 0
    message: str = ""
    reference: str = ""
    text: str = ""
    finished: bool = False
    """Whether a simulated crew has finished what it was asked for."""

    @property
    def planned(self) -> dict[str, Any] | None:
        """What the record says of an inject of mock traffic, which stands in no file."""
        if not self.traffic:
            return None
        bare = msgspec.structs.replace(self.inject, document=None)
        return {
            name: value
            for name, value in msgspec.to_builtins(bare).items()
            if name in _ALWAYS or value not in ("", None, 0, [], ())
        }


class Msel:
    """All injects of an exercise. Everything that happens to them goes through the record."""

    def __init__(self, injects: Iterable[Inject], traffic: Iterable[Inject] = ()) -> None:
        self.rows: dict[str, Row] = {one.id: Row(one) for one in injects}
        self.rows |= {one.id: Row(one, traffic=True) for one in traffic}

    def recorded(self, entry: Entry) -> None:
        """Take the next entry of the record."""
        match entry.event:
            case events.InjectAdded(inject=told):
                inject = msgspec.convert(told, Inject)
                self.rows[inject.id] = Row(inject, extra=True)
            case events.InjectDue(inject=name, planned=planned):
                self._plan(name, planned)
                self._change(name, State.DUE, entry)
                self.rows[name].due_at_us = entry.at_us
            case events.InjectDelivered(inject=name, message=message, reference=reference):
                self._change(name, State.DELIVERED, entry)
                self.rows[name].message, self.rows[name].reference = message, reference
            case events.InjectSkipped(inject=name, why=why, planned=planned):
                self._plan(name, planned)
                self._change(name, State.SKIPPED, entry, why)
            case events.CrewFinished(inject=name):
                self.rows[name].finished = True
            case events.InjectFailed(inject=name, code=code, text=text):
                self._change(name, State.FAILED, entry, f"{text} [{code}]")
            case _:
                pass

    def due_t(self, row: Row) -> float | None:
        """Return when an inject is due; None while what it follows has not been delivered."""
        inject = row.inject
        if not inject.after:
            return inject.at_s
        before = self.rows.get(inject.after)
        if before is None or before.state is not State.DELIVERED or before.t is None:
            return None
        return before.t + inject.at_s

    def next_t(self) -> float | None:
        """Return when the next inject is due; None where none is known to be."""
        times = [t for row in self._waiting() if (t := self.due_t(row)) is not None]
        return min(times, default=None)

    def due(self, now_t: float) -> list[Row]:
        """Return what waits though its time has come, in the order of the times."""
        found = [
            (t, number, row)
            for number, row in enumerate(self._waiting())
            if (t := self.due_t(row)) is not None and t <= now_t
        ]
        return [row for _, _, row in sorted(found, key=lambda one: one[:2])]

    def orphans(self) -> list[Row]:
        """Return what waits for an inject that will never be delivered."""
        lost = {State.SKIPPED, State.FAILED}
        return [
            row
            for row in self._waiting()
            if row.inject.after
            and (row.inject.after not in self.rows or self.rows[row.inject.after].state in lost)
        ]

    def unfinished(self) -> list[Row]:
        """Return what was due when the record ended, and may or may not have been delivered."""
        return [row for row in self.rows.values() if row.state is State.DUE]

    def carried(self) -> set[str]:
        """Return the ids of the messages that carried injects."""
        return {row.message for row in self.rows.values() if row.message}

    @property
    def done(self) -> bool:
        """Whether nothing is left to be delivered."""
        return all(row.state in SETTLED for row in self.rows.values())

    def _waiting(self) -> Iterator[Row]:
        return (row for row in self.rows.values() if row.state is State.WAITING)

    def _plan(self, name: str, planned: dict[str, Any] | None) -> None:
        """Take an inject from the record that the generator of this version does not make."""
        if planned is not None and name not in self.rows:
            self.rows[name] = Row(msgspec.convert(planned, Inject), traffic=True)

    def _change(self, name: str, state: State, entry: Entry, text: str = "") -> None:
        row = self.rows[name]
        row.state, row.t, row.text = state, entry.t, text
