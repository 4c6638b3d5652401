"""A course of play made by hand: the record's entries, and both centres' journals."""

from __future__ import annotations

from typing import Any

import msgspec

from hotline.api.schema import AlarmView, EntryView, MessageView, Receipt
from hotline.exercise.record.events import Event, Opened, Startex
from hotline.exercise.record.line import Entry
from hotline.exercise.record.reading import Record
from hotline.exercise.report.clocks import clocks_of
from hotline.exercise.report.collected import Side
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.noted import Play
from hotline.exercise.scenario.shape import Crew, CrewKind
from tests.exercise.report.documents import SECOND_US, START_US, at
from tests.exercise.report.played import scenario as played_scenario

LINE = "hotline/exercise/{}/{}/1"
NODE = "hotline/exercise/{}/node/1"
CENTRES = ("iaf", "hmeimim")


def noted(*happened: tuple[float, Event], factor: float = 1.0) -> Play:
    """Return a record: what happened so many seconds after STARTEX, between that and ENDEX."""
    opened = Opened(
        name="x", scenario="0" * 64, seed=1, time_factor=factor, ground="own", version="1"
    )
    whole: list[tuple[float, Event]] = [(0.0, Startex(nodes=(), starts=at(0))), *happened]
    entries = [
        Entry(
            n=n,
            at_us=START_US + round(seconds * SECOND_US),
            t=seconds * factor if n > 1 else None,
            prev="",
            event=event,
            sha256=f"{n:064x}",
        )
        for n, (seconds, event) in enumerate([(-1.0, opened), *whole], 1)
    ]
    return Play(Record(entries=tuple(entries), whole=0))


def other_of(centre: str) -> str:
    """Return the centre that another one faces."""
    return CENTRES[1 - CENTRES.index(centre)]


def entry(
    centre: str, n: int, seconds: float, kind: str, /, *, node: bool = False, **what: Any
) -> EntryView:  # fmt: skip
    """Return an entry of a centre's log of its line, or of the node's own."""
    log = NODE.format(centre) if node else LINE.format(centre, other_of(centre))
    return EntryView(log=log, entry=n, kind=kind, at=at(seconds), what=what, text="")


def side(
    centre: str,
    *entries: EntryView,
    messages: tuple[MessageView, ...] = (),
    alarms: tuple[AlarmView, ...] = (),
) -> Side:
    """Return a side with nothing but these."""
    return Side(centre, "00" * 32, None, entries, messages, alarms, ())


def span(play: Play, *sides: Side, people: bool | tuple[str, ...] = True) -> Span:
    """Return what figures are made from; crews of people, or simulated ones."""
    known = {one.centre: one for one in sides}
    both = (known.get("iaf") or side("iaf"), known.get("hmeimim") or side("hmeimim"))
    humans = people if isinstance(people, tuple) else CENTRES if people else ()
    crews = {
        centre: Crew(kind=CrewKind.HUMAN if centre in humans else CrewKind.SIMULATED)
        for centre in CENTRES
    }
    scenario = msgspec.structs.replace(played_scenario(), crews=crews)
    return Span(scenario, play, both, clocks_of(play, both))


def message_view(centre: str, direction: str, n: int, **given: Any) -> MessageView:
    """Return a message as a centre has it; ``receipted`` is when its receipt was taken."""
    receipted = given.pop("receipted", None)
    fields: dict[str, Any] = {
        "traffic": "EXERCISE x", "id": f"{n:064x}", "peer": other_of(centre),
        "direction": direction, "kind": "notice", "precedence": "ROUTINE", "seq": n, "entry": n,
        "state": "receipted", "reference": f"X-{n}", "about": None, "title": "", "read_by": None,
        "read_at": None, "answer": None, "answered_by": None, "answered_at": None, "due_at": None,
        "warning_s": None, "life": None, "flags": [], "message": None, "text": "",
    }  # fmt: skip
    fields["receipt"] = receipted and Receipt(durable_at=at(0), taken_at=receipted, index=n)
    return MessageView(**(fields | given))
