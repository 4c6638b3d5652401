from __future__ import annotations

import msgspec

from hotline.exercise.play.msel import Msel, State
from hotline.exercise.record import events
from hotline.exercise.record.line import Entry
from hotline.exercise.scenario.shape import Act, Inject


def inject(name: str, at_s: float, after: str = "") -> Inject:
    """Return an inject that is due then."""
    return Inject(id=name, at_s=at_s, after=after, act=Act.TELL)


def note(msel: Msel, event: events.Event, t: float) -> None:
    """Enter something."""
    msel.recorded(Entry(n=1, at_us=int(t * 1e6), t=t, prev="", event=event, sha256=""))


def names(msel: Msel, t: float) -> list[str]:
    """Return what is due at a moment."""
    return [row.inject.id for row in msel.due(t)]


def test_injects_are_due_in_the_order_of_their_times() -> None:
    """Those of one moment in the order of the file."""
    msel = Msel([inject("late", 9), inject("b", 3), inject("a", 3)], [inject("mock", 2)])
    assert msel.next_t() == 2
    assert names(msel, 5) == ["mock", "b", "a"]
    assert names(msel, 1) == []


def test_what_follows_counts_from_the_delivery() -> None:
    """However late that was."""
    msel = Msel([inject("1", 3), inject("2", 10, after="1")])
    assert names(msel, 100) == ["1"]
    note(msel, events.InjectDue(inject="1"), 5)
    assert names(msel, 100) == []
    assert [row.inject.id for row in msel.unfinished()] == ["1"]
    note(msel, events.InjectDelivered(inject="1", message="aa"), 7)
    assert msel.next_t() == 17
    assert msel.carried() == {"aa"}


def test_what_follows_on_nothing_is_known() -> None:
    """So that it can be skipped, and the exercise does not wait for it for ever."""
    msel = Msel([inject("1", 3), inject("2", 10, after="1"), inject("3", 0, after="2")])
    note(msel, events.InjectFailed(inject="1", code="x.y", text="full"), 5)
    assert [row.inject.id for row in msel.orphans()] == ["2"]
    note(msel, events.InjectSkipped(inject="2", by="director", why="x"), 5)
    assert [row.inject.id for row in msel.orphans()] == ["3"]
    note(msel, events.InjectSkipped(inject="3", by="director", why="x"), 5)
    assert msel.done
    assert msel.rows["1"].text == "full [x.y]"


def test_an_extra_inject_is_one_of_them() -> None:
    """It is in the record with all its fields."""
    msel = Msel([])
    assert msel.done
    note(msel, events.InjectAdded(inject=msgspec.to_builtins(inject("x", 4)), by="Umpire"), 2)
    assert names(msel, 4) == ["x"]
    assert msel.rows["x"].extra
    assert msel.rows["x"].state is State.WAITING
    assert not msel.done
