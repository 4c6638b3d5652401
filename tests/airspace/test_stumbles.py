"""What cannot be followed, measured or compared, by whatever fault, is never clear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]
from msgspec.structs import replace

from hotline.airspace import comparison
from hotline.airspace.activity import Key
from hotline.airspace.budget import Budget
from hotline.airspace.comparison import STUMBLED, Comparison, relate
from hotline.airspace.elsewhere import Elsewhere
from hotline.airspace.engine import Engine
from hotline.airspace.footprint import TOO_TANGLED, Uncomputable, footprint_of
from hotline.model.kinds import Relation
from hotline.model.volume import Polygon, Position, Volume4D
from tests.airspace.plans import HERE, TERMS, fl, ours, planned, theirs, volume
from tests.airspace.slow_geodesics import ahead

BOW = Polygon((Position(34, 33), Position(34.2, 33.2), Position(34.2, 33), Position(34, 33.2)))
"""A ring that crosses itself once."""
AROUND = shapely.MultiLineString([[(0, 2), (1, 1)], [(2, 0), (0, 2)]])
"""Two lines that leave one place the same way, as no lines do that were cut where they meet."""
LONG = Polygon(
    tuple(Position(33 + 0.5 * (i % 4 in (1, 2)), 32 + 0.4 * i / 2000) for i in range(2000))
)
"""A comb of long teeth, which is measured elsewhere."""
FAR = Polygon(tuple(Position(one.lat, one.lon + 40) for one in LONG.vertices))
AWAY = volume(ahead(HERE, 0, 500_000))


class FaultError(RuntimeError):
    """What nobody has thought of."""


def fail(*_: Any, **__: Any) -> Any:
    """Stand for a function of this program that has a fault."""
    raise FaultError


def outlined(outline: Polygon, **changes: Any) -> Volume4D:
    """Return the usual volume with another outline."""
    return replace(volume(**changes), outline_circle=None, outline_polygon=outline)


def not_cut(*_: Any, **__: Any) -> Any:
    """Stand for a library that finds no way to cut a ring where it crosses itself."""
    raise shapely.errors.GEOSException("a side location conflict")


def no_way_back(*_: Any, **__: Any) -> Any:
    """Stand for a library that leaves lines along which one never comes back."""
    return AROUND


@pytest.mark.parametrize("cut", [not_cut, no_way_back])
def test_ring_that_cannot_be_followed_is_its_hull(
    monkeypatch: pytest.MonkeyPatch, cut: Callable[..., Any]
) -> None:
    """What would lie outside of the ring is a possible conflict, since nobody walked round it."""
    bay = volume(Position(34.1, 33.02), 10.0)
    assert relate(ours(outlined(BOW)), theirs(bay), TERMS).kind is not Relation.POSSIBLE
    monkeypatch.setattr(shapely, "unary_union", cut)
    followed = footprint_of(outlined(BOW))
    assert not isinstance(followed, Uncomputable)
    assert followed.larger == TOO_TANGLED
    relation = relate(ours(outlined(BOW)), theirs(bay), TERMS)
    assert relation.kind is Relation.POSSIBLE
    assert [reason.code for reason in relation.reasons] == [TOO_TANGLED.code]


def test_pair_that_cannot_be_judged_is_possible_though_nobody_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever compares without asking to be told of faults gets the relation and its reason."""
    monkeypatch.setattr(Comparison, "_judge_apart", fail)
    relation = relate(ours(), theirs(AWAY), TERMS, nearest=False)
    assert relation.kind is Relation.POSSIBLE
    assert relation.reasons == (STUMBLED,)


def test_nearest_approach_that_cannot_be_found_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that are known to be apart, but not how far, are possible; the fault is handed on."""
    monkeypatch.setattr(comparison, "lateral", fail)
    told: list[Exception] = []
    running = Comparison(ours(), theirs(AWAY), TERMS, nearest=True, stumble=told.append)
    assert running.run(Budget())
    assert [type(error) for error in told] == [FaultError]
    assert running.relation().kind is Relation.POSSIBLE


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (outlined(LONG, lower=fl(400), upper=fl(410)), Relation.CLEAR),
        (outlined(FAR), Relation.CLEAR),
        (outlined(Polygon(())), Relation.POSSIBLE),
    ],
    ids=["apart in height", "far away", "without a place"],
)
def test_long_outline_is_measured_only_where_that_says_more(
    other: Volume4D, kind: Relation
) -> None:
    """Of a long outline and what is high above it, far from it or nowhere, nothing is wanted."""
    measured = Elsewhere()
    running = Comparison(ours(outlined(LONG)), theirs(other), TERMS)
    assert running.run(Budget(elsewhere=measured))
    assert measured.wanted is None
    assert running.relation().kind is kind


def test_engine_goes_on_with_others_and_names_what_it_could_not_compare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault at what was left open keeps nobody waiting; that activity is named, once."""
    told: list[tuple[str, Exception]] = []
    engine = Engine("hmeimim", {"iaf": TERMS}, stumble=lambda *what: told.append(what))
    engine.put(ours())
    first, second = planned("IAF-0001"), planned("IAF-0002")
    for one in (first, second):
        engine.put(one, Budget(0))
    assert engine.unfinished == 2
    advance = Engine._advance

    def wrong(self: Engine, opened: Any, *rest: Any) -> Any:
        if opened.held.planned.key == first.key:
            raise FaultError
        return advance(self, opened, *rest)

    monkeypatch.setattr(Engine, "_advance", wrong)
    (change,) = engine.go_on(Budget())
    assert {change.relation.one, change.relation.other} == {Key("hmeimim", "HM-0003"), second.key}
    assert [(reference, type(error)) for reference, error in told] == [("IAF-0001", FaultError)]
    assert not engine.unfinished
    assert engine.failed() == [first.key]
    assert engine.failed() == []


def test_engine_leaves_as_it_is_what_is_given_up() -> None:
    """What can never be compared to the end is named, and keeps the engine busy no more."""
    engine = Engine("hmeimim", {"iaf": TERMS})
    engine.put(ours())
    engine.put(theirs(), Budget(0))
    assert engine.give_up() == [theirs().key]
    assert not engine.unfinished
    assert engine.go_on(Budget()) == ()


def test_engine_takes_what_it_cannot_compare_for_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in a comparison, or in one run ahead, leaves the pair related, and is told once."""
    told: list[tuple[str, Exception]] = []
    engine = Engine("hmeimim", {"iaf": TERMS}, stumble=lambda *what: told.append(what))
    engine.put(ours())
    monkeypatch.setattr("hotline.airspace.engine.measured", fail)
    engine.put(theirs())
    assert engine.related(ours().key, theirs().key)
    assert not engine.related(Key("iaf", "IAF-9999"), theirs().key)
    assert told == []
    monkeypatch.setattr(Comparison, "run", fail)
    (change,) = engine.put(planned("IAF-0002", volume())).changes
    assert change.relation.kind is Relation.POSSIBLE
    assert change.relation.reasons == (STUMBLED,)
    assert [type(error) for _, error in told] == [FaultError]


def test_what_could_not_be_measured_elsewhere_is_possible() -> None:
    """Whoever measures long outlines may stumble; the pair is compared, and is possible."""

    class Stumbling(Elsewhere):
        def take(self, *_: object) -> Any:
            return STUMBLED

    running = Comparison(ours(outlined(LONG)), theirs(outlined(LONG)), TERMS)
    assert running.run(Budget(elsewhere=Stumbling()))
    assert running.relation().kind is Relation.POSSIBLE
    assert STUMBLED in running.relation().reasons
