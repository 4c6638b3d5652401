"""Pairs of long outlines: the comparison stands still at them until they are measured elsewhere."""

from __future__ import annotations

import msgspec
import pytest

from hotline.airspace import elsewhere as module
from hotline.airspace.budget import Budget
from hotline.airspace.comparison import relate
from hotline.airspace.elsewhere import MISSING, MOST, Elsewhere, Long
from hotline.airspace.engine import Engine
from hotline.airspace.footprint import Footprint, footprint_of
from hotline.model.kinds import Relation
from hotline.model.volume import Polygon, Position, Volume4D
from tests.airspace.plans import TERMS, ours, theirs, volume

LONG = Polygon(
    tuple(Position(33 + 0.5 * (i % 4 in (1, 2)), 32 + 0.4 * i / 2000) for i in range(2000))
)
"""A comb of long teeth: some 7 000 points."""


def outlined(outline: Polygon) -> Volume4D:
    """Return the usual volume with another outline."""
    return msgspec.structs.replace(volume(), outline_circle=None, outline_polygon=outline)


def footprint(outline: Polygon) -> Footprint:
    """Return where an outline lies."""
    placed = footprint_of(outlined(outline))
    assert isinstance(placed, Footprint)
    return placed


def test_engine_stands_still_at_a_long_pair_and_goes_on_with_what_is_found() -> None:
    """Until then the two are a possible conflict; the result is that of a comparison at once."""
    engine, measured = Engine("hmeimim", {"iaf": TERMS}), Elsewhere()
    one, other = ours(outlined(LONG)), theirs(outlined(LONG))
    engine.put(one, Budget(elsewhere=measured))
    outcome = engine.put(other, Budget(elsewhere=measured))
    assert outcome.left == 1
    assert [one.kind for one in engine.relations_of(other.key)] == [Relation.POSSIBLE]
    wanted = measured.wanted
    assert wanted is not None
    assert engine.go_on(Budget(elsewhere=measured)) == ()
    measured.put(wanted, wanted.measure())
    (change,) = engine.go_on(Budget(elsewhere=measured))
    assert not engine.unfinished
    assert change.relation == relate(one, other, TERMS, nearest=False)


def test_what_is_short_or_far_is_judged_at_once() -> None:
    """Nothing is wanted of a long outline and a short one, or of two long ones far apart."""
    measured = Elsewhere()
    engine = Engine("hmeimim", {"iaf": TERMS})
    engine.put(ours(outlined(LONG)), Budget(elsewhere=measured))
    east = tuple(Position(one.lat, one.lon + 40) for one in LONG.vertices)
    engine.put(theirs(outlined(Polygon(east))), Budget(elsewhere=measured))
    engine.put(theirs(volume()), Budget(elsewhere=measured))
    assert measured.wanted is None
    assert not engine.unfinished


def test_results_are_few_and_of_that_very_pair() -> None:
    """What is let go, or was measured up to another distance, is wanted again."""
    measured, pairs = Elsewhere(), []
    for _ in range(MOST + 1):
        pairs.append(Long(footprint(LONG), footprint(LONG), 10.0))
        measured.put(pairs[-1], None)
    first, last = pairs[0], pairs[-1]
    assert measured.take(first.one, first.other, 10.0) is MISSING
    assert measured.wanted is not None
    assert measured.wanted.one is first.one
    assert measured.take(last.one, last.other, 10.0) is None
    assert measured.take(last.one, last.other, 10.0) is MISSING
    assert measured.take(pairs[1].one, pairs[1].other, 20.0) is MISSING


@pytest.mark.parametrize("limit", [0, 10**6])
def test_limit_changes_no_result(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is measured elsewhere, the relation is the same."""
    monkeypatch.setattr(module, "LONG", limit)
    measured = Elsewhere()
    engine = Engine("hmeimim", {"iaf": TERMS})
    one, other = ours(volume(), volume()), theirs(volume(), volume())
    engine.put(one, Budget(elsewhere=measured))
    engine.put(other, Budget(elsewhere=measured))
    while engine.unfinished:
        assert measured.wanted is not None
        measured.put(measured.wanted, measured.wanted.measure())
        engine.go_on(Budget(elsewhere=measured))
    (relation,) = engine.relations_of(one.key)
    assert relation == relate(one, other, TERMS, nearest=False)
