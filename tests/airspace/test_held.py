"""What is held by the thousand is out of the sight of the collector of garbage."""

from __future__ import annotations

import gc

from msgspec.structs import replace

from hotline.airspace.comparison import relate
from hotline.airspace.engine import Engine
from hotline.airspace.terms import DEFAULT_TERMS
from tests.airspace.plans import ours, theirs


def test_what_is_held_by_the_thousand_is_not_looked_at() -> None:
    """An activity, its volumes as they are compared, and its relations: only the keys are."""
    one, other = ours(), theirs()
    engine = Engine(one.key.centre, {other.key.centre: DEFAULT_TERMS})
    engine.put(one)
    (change,) = engine.put(other).changes
    (extent,) = one.extents
    assert extent.footprint is not None
    held = (
        *(one, extent, extent.band, extent.band.lower, extent.period),
        *(extent.footprint, extent.footprint.cap, extent.footprint.cap.center),
        change.relation,
        engine._held[one.key],
    )
    assert [type(part).__name__ for part in held if gc.is_tracked(part)] == []


def test_relations_are_equal_whatever_was_revised() -> None:
    """So a revision that changes nothing between the two is no change; all else is one."""
    relation = relate(ours(), theirs(), DEFAULT_TERMS)
    revised = replace(relation, one_revision=7)
    assert revised == relation
    assert {relation, revised} == {relation}
    assert replace(relation, pairs=9) != relation
    assert relation != "a relation"
