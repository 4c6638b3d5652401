"""A ring that meets itself is told of: the comparison fills what programs may leave open."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.formats.announcement import Announcement, drawable
from hotline.formats.carries import Format
from hotline.formats.losses import Effect
from hotline.formats.writing import Wishes, write
from hotline.model.kinds import Precedence, Status
from hotline.model.messages import Notice
from hotline.model.volume import Altitude, Polygon, Position, Volume4D

OUTER = [(33, 32), (33, 34), (35, 34), (35, 32)]
INNER = [(33.1, 32.1), (34.9, 32.1), (34.9, 33.9), (33.1, 33.9)]
KEYHOLE = [*OUTER, OUTER[0], *INNER, INNER[0]]
BOW = [(33, 32), (35, 34), (35, 32), (33, 34)]


def volume(ring: list[tuple[float, float]]) -> Volume4D:
    """Return a volume with this ring of latitudes and longitudes."""
    return Volume4D(
        Polygon(tuple(Position(float(lat), float(lon)) for lat, lon in ring)),
        altitude_lower=Altitude(180.0, "fl", "standard"),
        altitude_upper=Altitude(280.0, "fl", "standard"),
        time_start="2026-03-01T10:45:00Z",
        time_end="2026-03-01T12:45:00Z",
    )


def told(ring: list[tuple[float, float]], to: Format) -> list[str]:
    """Return which fields are said to hold less in a format, as their edges cross or touch."""
    notice = Notice("IAF-0001", "Patrol", "patrol", (volume(OUTER), volume(ring)))
    sent = Announcement(notice, Precedence.ROUTINE, "iaf", Status.EXERCISE)
    losses = write(sent, to, Wishes(1_772_361_900_000_000)).losses
    return [
        loss.field
        for loss in losses
        if loss.effect is Effect.APPROXIMATE and "cross or touch" in loss.text
    ]


@pytest.mark.parametrize("to", [form for form in Format if form is not Format.JSON])
@pytest.mark.parametrize("ring", [KEYHOLE, BOW], ids=["keyhole", "crossing"])
def test_ring_that_meets_itself(ring: list[tuple[float, float]], to: Format) -> None:
    """In each format whose readers have their own mind of what is inside."""
    assert told(ring, to) == ["volumes[1].outline_polygon"]


def test_our_own_form_says_it_as_it_is() -> None:
    """What is written there is read as it was signed."""
    assert told(KEYHOLE, Format.JSON) == []


@pytest.mark.parametrize(
    "ring",
    [OUTER, [*OUTER, OUTER[0]], [OUTER[0], *OUTER], OUTER[::-1]],
    ids=["proper", "closed", "doubled", "reversed"],
)
def test_ring_without_holes(ring: list[tuple[float, float]]) -> None:
    """A corner that is said twice is no hole."""
    assert told(ring, Format.GEOJSON) == []


corners = st.tuples(st.integers(0, 3), st.integers(0, 3))


@given(st.lists(corners, min_size=0, max_size=9))
@settings(max_examples=200, deadline=None)
def test_any_ring_at_all(ring: list[tuple[float, float]]) -> None:
    """Whatever a peer sends: lines, points, folds, all of it on each other."""
    drawable([volume(ring)], "volumes")
