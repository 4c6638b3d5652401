"""The picture around a moment."""

from __future__ import annotations

from hotline.airspace.engine import Engine
from hotline.airspace.picture import Phase, picture, pictured
from tests.airspace.plans import BEGIN_US, HOUR_US, TERMS, at, ours, theirs, volume


def test_what_is_in_use_stands_beside_what_it_is_related_to() -> None:
    """By start, each with its own relations, seen from it."""
    sky = Engine("hmeimim", {"iaf": TERMS})
    sky.put(theirs(volume(end="")))
    sky.put(ours(volume(start=at(HOUR_US // 2))))
    first, second = picture(sky, BEGIN_US, around_us=HOUR_US)
    assert (first.planned.key.reference, first.phase) == ("IAF-0007", Phase.NOW)
    assert (first.starts_in_us, first.ends_in_us) == (0, None)
    assert (second.phase, second.starts_in_us, second.ends_in_us) == (
        Phase.LATER,
        HOUR_US // 2,
        HOUR_US,
    )
    assert [one.relations[0].one for one in (first, second)] == [
        one.planned.key for one in (first, second)
    ]
    assert picture(sky, BEGIN_US, most=0)[0].relations == ()


def test_between_two_volumes_it_is_later_again() -> None:
    """And over only after the last one; without a start it has begun."""
    twice = ours(volume(start="", end=at(10)), volume(start=at(HOUR_US), end=at(2 * HOUR_US)))
    phases = [pictured(twice, BEGIN_US + moment).phase for moment in (10, 11, HOUR_US)]
    assert phases == [Phase.NOW, Phase.LATER, Phase.NOW]
    over = pictured(twice, BEGIN_US + 2 * HOUR_US + 1)
    assert (over.phase, over.starts_in_us, over.ends_in_us) == (Phase.OVER, None, -1)
