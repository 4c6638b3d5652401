"""What becomes of an activity that begins early, is lost, has no name of its own or has a fault."""

from __future__ import annotations

import pytest

from hotline.airspace import activity
from hotline.airspace.activity import is_name_beside, name_beside, plan
from hotline.airspace.comparison import STUMBLED, relate
from hotline.airspace.footprint import Footprint
from hotline.airspace.relation import millimetres
from hotline.model.kinds import Precedence, Relation
from hotline.model.messages import Notice
from hotline.model.times import SECOND_US
from tests.airspace.plans import BEGIN_US, HERE, HOUR_US, TERMS, fl, ours, planned, volume
from tests.airspace.slow_geodesics import ahead

ID = bytes(range(32))


def test_a_name_beside_the_notice_is_told_from_every_reference() -> None:
    """It has the whole id before the reference; what centres give has no brackets."""
    assert is_name_beside(name_beside("IAF-0101", ID))
    assert name_beside("IAF-0101", ID) != name_beside("IAF-0101", ID[::-1])
    for other in ("IAF-0101", "(IAF-0101)", f"({ID.hex()[:-1]}) IAF-0101"):
        assert not is_name_beside(other)


def test_what_begins_early_is_in_use_from_then() -> None:
    """Only of what was announced, only what was to be first, and never later than it was to be."""
    later = volume(start="2026-03-01T10:30:00Z")
    one = planned("IAF-0001", volume(), later, beside=(volume(),))
    early = one.begun(BEGIN_US - HOUR_US, announced=2)
    first, second, beside = (extent.period.start_us for extent in early.extents)
    assert first == BEGIN_US - HOUR_US
    assert (second, beside) == (BEGIN_US + HOUR_US // 2, BEGIN_US)
    assert one.begun(BEGIN_US, announced=2) is one
    assert one.begun(BEGIN_US + SECOND_US, announced=2) is one
    assert one.begun(BEGIN_US - SECOND_US, announced=0) is one


def test_what_is_adrift_may_be_anywhere_near_at_any_height() -> None:
    """It is where it was announced, and round about it; a place that nobody knows is not wider."""
    nowhere = volume(HERE, float("nan"))
    adrift = planned("IAF-0001", volume(), nowhere).adrift(50_000.0)
    assert [extent.number for extent in adrift.extents] == [0, 1, 2]
    assert adrift.extents[2].reasons[-1].code == "airspace.area-unknown"
    above = ours(volume(ahead(HERE, 90, 40_000), lower=fl(400), upper=fl(410)))
    alone = planned("IAF-0001", volume())
    assert relate(above, alone, TERMS).kind is Relation.CLEAR
    assert relate(above, alone.adrift(50_000.0), TERMS).kind is not Relation.CLEAR


def test_a_volume_that_raises_reaches_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours is told of, and makes nothing clear."""
    real, told = activity.footprint_of, []

    def wrong(one: object) -> Footprint:
        if one is broken:
            raise RuntimeError
        return real(one)  # type: ignore[arg-type, return-value]

    broken, sound = volume(radius_m=1.0), volume()
    monkeypatch.setattr(activity, "footprint_of", wrong)
    notice = Notice(reference="IAF-0001", title="P", activity="patrol", volumes=(broken, sound))
    one = plan("iaf", notice, Precedence.ROUTINE, stumble=lambda *what: told.append(what))
    assert [extent.reasons for extent in one.extents] == [(STUMBLED,), ()]
    assert [reference for reference, _ in told] == ["IAF-0001"]
    assert relate(one, ours(volume(ahead(HERE, 0, 900_000))), TERMS).kind is Relation.POSSIBLE


def test_distances_are_told_to_the_millimetre() -> None:
    """What is below is noise; what is not known stays so."""
    assert millimetres(12.34567) == 12.346
    assert millimetres(None) is None
