"""Clocks that were set wrong on purpose: every entry is put where it was made."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.api.schema import EntryView, MessageView
from hotline.exercise.record.events import Endex, InjectDelivered, InjectDue
from hotline.exercise.report.clocks import clocks_of
from hotline.exercise.report.collected import Side
from hotline.exercise.report.figures.exchanged import message_rows
from hotline.exercise.report.judged import judge_anew
from hotline.exercise.report.moments import Clocks, us_of
from hotline.model.kinds import Precedence
from tests.exercise.judging.telling import expect, inject, scenario_of
from tests.exercise.report.courses import (
    CENTRES,
    entry,
    message_view,
    noted,
    other_of,
    side,
    span,
)
from tests.exercise.report.documents import at

Fault = tuple[float, float, float]
"""By how many seconds a clock is ahead, from when until when."""
MESSAGE = f"{1:064x}"


@dataclass
class Kept:
    """What a centre enters while its clock may be wrong, and when that truly was."""

    centre: str
    faults: tuple[Fault, ...]
    entries: list[EntryView] = field(default_factory=list)
    messages: list[MessageView] = field(default_factory=list)
    true_s: list[float] = field(default_factory=list)

    def states(self, seconds: float) -> float:
        """Return what the clock shows; what a fault begins and ends with is as a rule."""
        return seconds + sum(
            ahead for ahead, since, until in self.faults if since < seconds < until
        )

    def enter(self, seconds: float, kind: str, /, *, node: bool = False, **what: Any) -> None:
        """Enter something."""
        number = sum(one.log.endswith("node/1") is node for one in self.entries)
        self.entries.append(
            entry(self.centre, number, self.states(seconds), kind, node=node, **what)
        )
        self.true_s.append(seconds)

    def side(self) -> Side:
        """Return the journal as it is read: merged by the times that it states."""
        merged = sorted(self.entries, key=lambda one: one.at)
        ordered = {log: iter([one for one in self.entries if one.log == log])
                   for log in {one.log for one in merged}}  # fmt: skip
        return side(
            self.centre,
            *(next(ordered[one.log]) for one in merged),
            messages=tuple(self.messages),
        )


def played(
    faults: dict[str, tuple[Fault, ...]], every_s: float = 20.0, until_s: float = 900.0
) -> dict[str, Kept]:
    """Return what two centres enter that send each other messages in turn, and open them."""
    both = {centre: Kept(centre, faults.get(centre, ())) for centre in CENTRES}
    happened: list[tuple[float, str, str, int]] = []
    for n in range(1, int(until_s / every_s)):
        sender = CENTRES[n % 2]
        # Never the same moment twice, as in life.
        sent_s = n * every_s + 0.001_37 * n
        happened += [
            (sent_s, sender, "out", n),
            (sent_s + 0.2, other_of(sender), "in", n),
            (sent_s + 0.4, sender, "receipt", n),
            (sent_s + 6.0, other_of(sender), "read", n),
        ]
    for centre, each in faults.items():
        for _, since, until in each:
            happened += [
                (since, centre, "began", 0),
                (since * 1.001_23 + 0.5, centre, "stepped", 0),
                (until, centre, "ended", 0),
                (until * 1.001_23 + 0.5, centre, "stepped", 0),
            ]
    for one in both.values():
        one.enter(-1.0, "association", state="up")
        one.enter(0.01, "exercise", node=True, event="startex")
    for seconds, centre, what, n in sorted(happened):
        _enter(both[centre], seconds, what, n)
    return both


def _enter(kept: Kept, seconds: float, what: str, n: int) -> None:
    stated = at(kept.states(seconds))
    if what in {"began", "ended"}:
        amount = next(one[0] for one in kept.faults if seconds in one)
        given = {"amount": amount} if what == "began" else {"why": "told"}
        kept.enter(seconds, "fault", node=True, state=what, kind="clock-offset", **given)
    elif what == "stepped":
        kept.enter(seconds, "clock-stepped", node=True)
    elif what == "receipt":
        kept.enter(seconds, "receipt", items=[[Precedence.ROUTINE, n, 1]])
    elif what == "read":
        kept.enter(seconds, "read", message=f"{n:064x}", officer="Levi")
    else:
        kept.enter(seconds, "advisory", direction=what, id=f"{n:064x}", seq=n, precedence="ROUTINE")
        received = at(kept.states(seconds + 0.4)) if what == "out" else None
        kept.messages.append(
            message_view(kept.centre, what, n, created_at=stated, entered_at=stated,
                         receipted=received)
        )  # fmt: skip


def moved(both: dict[str, Kept], clocks: Clocks, but: str = "") -> list[tuple[str, float, str]]:
    """Return what was entered and is not put where it was made: centre, second, as stated."""
    return [
        (kept.centre, true_s, one.at)
        for kept in both.values()
        for one, true_s in zip(kept.entries, kept.true_s, strict=True)
        if one.kind != but and clocks.common_us(kept.centre, us_of(one.at)) != us_of(at(true_s))
    ]


ENDS = (900.0, Endex(why="time"))


@pytest.mark.parametrize("centres", [("iaf",), ("hmeimim",), ("iaf", "hmeimim")])
@pytest.mark.parametrize("ahead_s", [600.0, -600.0, 8.0, -8.0, 90.0, -90.0, 86_400.0, -86_400.0])
@pytest.mark.parametrize(("since_s", "until_s"), [(65.0, 245.0), (65.0, 75.0), (305.0, 850.0)])
def test_every_entry_is_put_where_it_was_made(
    centres: tuple[str, ...], ahead_s: float, since_s: float, until_s: float
) -> None:
    """Ahead or behind, by more or less than it lasts, on either side or on both."""
    both = played(
        {
            centre: ((ahead_s * (1 + 2 * place), since_s + place, until_s + 9 * place),)
            for place, centre in enumerate(centres)
        }
    )
    clocks = clocks_of(noted(ENDS), [kept.side() for kept in both.values()])
    assert moved(both, clocks) == []
    # The pictures take them from the report's data.
    assert moved(both, Clocks.of(clocks.parts(CENTRES))) == []


def test_what_waited_for_the_line_is_put_where_the_record_has_it() -> None:
    """Nothing else tells when it was composed: its sender's clock showed that moment twice."""
    kept = Kept("iaf", ((30.0, 60.0, 100.0),))
    for seconds, state in ((60.0, "began"), (100.0, "ended")):
        _enter(kept, seconds, state, 0)
    for n, seconds in ((1, 80.0), (2, 101.0)):
        _enter(kept, seconds, "out", n)
    carried = InjectDelivered(inject="1", message=f"{1:064x}")
    alone, told = (
        clocks_of(noted(*record, ENDS), [kept.side(), side("hmeimim")])
        for record in ((), ((80.1, carried),))
    )
    assert moved({"iaf": kept}, told) == []
    assert alone.common_us("iaf", us_of(at(110.0))) == us_of(at(80.0))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    ahead_s=st.floats(30, 1500).flatmap(lambda size: st.sampled_from([size, -size])),
    since_s=st.floats(50, 400),
    lasted_s=st.floats(30, 400),
    again_s=st.floats(30, 1500).flatmap(lambda size: st.sampled_from([size, -size])),
)
def test_any_two_faults_on_one_clock_are_taken_away(
    ahead_s: float, since_s: float, lasted_s: float, again_s: float
) -> None:
    """One after the other, of whatever amount: all that the other side has a part in.

    When a message was opened between two others nothing can tell, where the clock showed it twice.
    """
    since_s, until_s = round(since_s, 3), round(since_s + lasted_s, 3)
    faults = ((round(ahead_s, 3), since_s, until_s), (round(again_s, 3), until_s + 3, until_s + 60))
    both = played({"hmeimim": faults}, every_s=10.0)
    clocks = clocks_of(noted(ENDS), [kept.side() for kept in both.values()])
    assert moved(both, clocks, but="read") == []


@pytest.mark.parametrize("ahead_s", [600.0, -600.0, 20.0])
def test_what_was_in_time_is_in_time_whatever_the_clock_showed(ahead_s: float) -> None:
    """The board saw it when it was done; the report has only what was stated."""
    both = played({"hmeimim": ((ahead_s, 65.0, 245.0),)})
    message = next(one.id for one in both["hmeimim"].messages if one.seq == 6)
    wanted = inject("1", expect("receipt", "iaf", 1.0), expect("read", "hmeimim", 10.0))
    play = noted(
        (119.9, InjectDue(inject="1")), (120.1, InjectDelivered(inject="1", message=message)), ENDS
    )
    whole = span(play, *(kept.side() for kept in both.values()))
    judged = judge_anew(dataclasses.replace(whole, scenario=scenario_of(wanted)))
    assert [one.verdict for one in judged.values()] == ["pass", "pass"]


def test_a_warning_is_without_what_a_clock_fault_added() -> None:
    """The recipient's node reckons by its own clock, and that was ten minutes ahead."""
    both = played({"hmeimim": ((600.0, 65.0, 245.0),)})
    kept = both["hmeimim"]
    kept.messages = [msgspec.structs.replace(one, warning_s=300.0) for one in kept.messages]
    rows = message_rows(span(noted(ENDS), *(each.side() for each in both.values())))
    # Composed at 40, 120 and 280 s: before, while it lasted, and after.
    found = {row.seq: row.warning_s for row in rows if row.recipient == "hmeimim"}
    assert [found[seq] for seq in (2, 6, 14)] == [300.0, 900.0, 300.0]
