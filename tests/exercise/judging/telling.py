"""A made-up course of events: entries of the record and of both logs, as they would be told.

    told = Telling(scenario_of(inject("1", expect("receipt", "hmeimim", 5))))
    told.due("1"); told.delivered("1", message=M1, at_s=1)
    told.sent("iaf", M1, at_s=1); told.receipt("iaf", M1, at_s=2)
    assert told.outcome("1.1") == "pass"

Times are real seconds since STARTEX.
"""

from __future__ import annotations

from typing import Any

from hotline.api.schema import EntryView
from hotline.exercise.judging.engine import Judge
from hotline.exercise.judging.verdict import Verdict
from hotline.exercise.record import events
from hotline.exercise.record.line import Entry, time_text
from hotline.exercise.scenario.shape import Act, Expectation, ExpectationKind, Inject, Scenario

START_US = 1_700_000_000_000_000
M1, M2, M3 = "a1" * 32, "b2" * 32, "c3" * 32
IAF, HMEIMIM = "iaf", "hmeimim"


def expect(kind: str, centre: str, within_s: float, **more: Any) -> Expectation:
    """Return an expectation without its id."""
    return Expectation(id="", kind=ExpectationKind(kind), centre=centre, within_s=within_s, **more)


def inject(name: str, *expectations: Expectation, **more: Any) -> Inject:
    """Return an inject of iaf to hmeimim with its expectations numbered."""
    numbered = tuple(
        Expectation(
            id=f"{name}.{number}",
            kind=one.kind,
            centre=one.centre,
            within_s=one.within_s,
            answers=one.answers,
            code=one.code,
            kinds=one.kinds,
            never=one.never,
            reference=one.reference,
        )
        for number, one in enumerate(expectations, 1)
    )
    given: dict[str, Any] = {
        "act": Act.SEND,
        "originator": IAF,
        "recipient": HMEIMIM,
        "document": {"kind": "notice", "reference": "IAF-1"},
        "at_s": 0.0,
    }
    return Inject(id=name, expectations=numbered, **{**given, **more})


def scenario_of(*injects: Inject, factor: float = 1.0) -> Scenario:
    """Return a scenario of these injects."""
    return Scenario(
        name="told",
        title="Told",
        summary="",
        objectives=(),
        centres=(IAF, HMEIMIM),
        crews={},
        letter=None,
        letters={},
        starts=None,
        duration_s=3600.0,
        time_factor=factor,
        seed=0,
        injects=injects,
    )


class Telling:
    """Collects entries, so that they can be told in any order."""

    def __init__(self, scenario: Scenario, judge: Judge | None = None) -> None:
        self.scenario = scenario
        self.judge = judge or Judge(scenario)
        self.record: list[Entry] = []
        self.entries: list[tuple[str, EntryView]] = []
        self._factor = scenario.time_factor
        self._count: dict[tuple[str, str], int] = {}
        self._paused_s = 0.0
        self._told = 0
        opened = events.Opened(
            name="told", scenario="", seed=0, time_factor=self._factor, ground="own", version="0"
        )
        self.note(opened, at_s=-1, t=None)
        self.note(events.Startex(nodes=(), starts=time_text(START_US)), at_s=0)

    # --- The record -----------------------------------------------------------------------

    def note(self, event: events.Event, at_s: float, t: float | None = -1.0) -> None:
        """Enter something in the record; ``t`` follows from the time unless it is given."""
        if t == -1.0:
            t = (at_s - self._paused_s) * self._factor
        n = len(self.record) + 1
        entry = Entry(n=n, at_us=us(at_s), t=t, prev="", event=event, sha256="")
        self.record.append(entry)

    def due(self, name: str, at_s: float = 0.0) -> None:
        """Enter that an inject's time has come."""
        self.note(events.InjectDue(inject=name), at_s)

    def delivered(self, name: str, message: str = "", at_s: float = 0.0, **more: Any) -> None:
        """Enter that an inject was due, and delivered at once."""
        self.due(name, at_s)
        self.note(events.InjectDelivered(inject=name, message=message, **more), at_s)

    def pause(self, from_s: float, until_s: float) -> None:
        """Enter a pause."""
        self.note(events.Paused(by="tester"), from_s)
        self._paused_s += until_s - from_s
        self.note(events.Resumed(by="tester"), until_s)

    def endex(self, at_s: float, why: str = "time") -> None:
        """Enter ENDEX."""
        self.note(events.Endex(why=why), at_s)

    # --- The logs -------------------------------------------------------------------------

    def entry(self, centre: str, log: str, kind: str, at_s: float, **what: Any) -> None:
        """Enter something in one of a centre's logs."""
        number = self._count[centre, log] = self._count.get((centre, log), -1) + 1
        view = EntryView(
            log=log, entry=number, kind=kind, at=time_text(us(at_s)), what=what, text=""
        )
        self.entries.append((centre, view))

    def message(
        self, centre: str, message: str, at_s: float, *, direction: str, kind: str, **what: Any
    ) -> None:
        """Enter a message in a centre's log of the line."""
        said = {
            "precedence": "ROUTINE",
            "seq": int(message[:2], 16),
            "reference": None,
            "title": "",
            "composed_by": f"officer of {centre}",
            "about": None,
            "answer": None,
            "read_back": False,
            "flags": [],
        }
        what = {"id": message, "direction": direction, **said, **what}
        self.entry(centre, "line", kind, at_s, **what)

    def sent(self, centre: str, message: str, at_s: float, kind: str = "notice", **w: Any) -> None:
        """Enter that a centre sends a message."""
        self.message(centre, message, at_s, direction="out", kind=kind, **w)

    def came(self, centre: str, message: str, at_s: float, kind: str = "notice", **w: Any) -> None:
        """Enter that a message comes to a centre."""
        self.message(centre, message, at_s, direction="in", kind=kind, **w)

    def receipt(self, centre: str, message: str, at_s: float) -> None:
        """Enter that a centre takes the receipt for a message of its own."""
        run = [3, int(message[:2], 16), 1, 0, us(at_s)]
        self.entry(centre, "line", "receipt", at_s, items=[run])

    def replied(self, message: str, about: str, answer: str, at_s: float, **what: Any) -> None:
        """Enter that hmeimim answers a message, at both centres, half a second apart."""
        said = {"about": about, "answer": answer, **what}
        out = {key: value for key, value in said.items() if key != "flags"}
        self.sent(HMEIMIM, message, at_s, kind="reply", **out)
        self.came(IAF, message, at_s + 0.5, kind="reply", **said)

    def alarm(self, centre: str, number: int, code: str, at_s: float, subject: str = "") -> None:
        """Enter that an alarm rings."""
        self.entry(centre, "node", "alarm-raised", at_s, alarm=number, code=code, subject=subject)

    def acknowledged(self, centre: str, number: int, at_s: float) -> None:
        """Enter that somebody takes notice of an alarm."""
        self.entry(centre, "node", "alarm-acknowledged", at_s, alarm=number, officer="Levi")

    # --- What comes of it -----------------------------------------------------------------

    def verdicts(self, now_s: float = 0.0) -> dict[str, Verdict]:
        """Tell everything in order, judge at a moment, and return the verdicts."""
        for entry in self.record[self._told :]:
            self.judge.recorded(entry)
        self._told = len(self.record)
        for centre, view in self.entries:
            self.judge.saw(centre, view)
        self.judge.tick(us(now_s))
        return self.judge.verdicts()

    def outcome(self, name: str, now_s: float = 0.0) -> str:
        """Return what one expectation comes to."""
        return self.verdicts(now_s)[name].outcome.value


def us(at_s: float) -> int:
    """Return a moment in microseconds since 1970."""
    return START_US + round(at_s * 1e6)
