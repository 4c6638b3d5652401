"""The shortcuts of contradictions give the flags of the long way, and spare what they promise."""

from __future__ import annotations

import math
import re
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hotline.airspace import contradictions as comparing
from hotline.airspace import surface
from hotline.airspace.contradictions import contradictions
from hotline.airspace.said import reading
from hotline.airspace.said.words import read_words
from hotline.model.letter import Letter, Limits
from hotline.model.messages import Notice
from hotline.model.problem import Problem
from hotline.model.volume import Circle, Corridor, Polygon, Position, Volume4D
from tests.airspace.test_contradictions import HOSTILE, VOLUMES
from tests.airspace.test_contradictions_remarks import LINES as REMARKS
from tests.airspace.test_contradictions_sentences import AREAS, LETTER, LINES, volume

NOW_US = 1_772_323_200_000_000
SEEN_S = 0.001
"""Some hundred times what a notice may take whose words are known, for a slow machine."""


def the_long_way(notice: Notice, letter: Letter) -> list[Problem]:
    """Return the flags with every text read whole, every area computed, every place compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "read", reading.read_anew)
        patch.setattr(comparing, "plainly_agrees", lambda *_: False)
        patch.setattr(reading, "may_mention", lambda *_: True)
        patch.setattr(reading, "_directed", read_words)
        patch.setattr(reading, "_DIGIT", re.compile(""))
        patch.setattr(surface, "_bound_m2", lambda _: math.inf)
        return contradictions(notice, letter, NOW_US)


LATITUDES, LONGITUDES = st.floats(30.0, 38.0), st.floats(31.0, 42.0)
PLACES = st.builds(Position, LATITUDES, LONGITUDES)
REGIONAL = st.one_of(
    st.builds(lambda *points: volume(outline_polygon=Polygon(points)), PLACES, PLACES, PLACES),
    st.builds(
        lambda at, size: volume(
            outline_polygon=Polygon(
                (
                    at,
                    Position(at.lat + size, at.lon),
                    Position(at.lat + size, at.lon + size),
                    Position(at.lat, at.lon + size),
                )
            )
        ),
        PLACES,
        st.floats(0.01, 0.5),
    ),
    st.builds(
        lambda at, reach_m: volume(outline_circle=Circle(at, reach_m)),
        PLACES,
        st.floats(1.0, 80_000.0),
    ),
    st.builds(
        lambda one, other, width_m: volume(corridor=Corridor((one, other), width_m)),
        PLACES,
        PLACES,
        st.floats(1.0, 50_000.0),
    ),
    st.sampled_from(list(AREAS.values())),
)
SENTENCES = st.sampled_from([line[3] for line in (*LINES, *REMARKS)])


@settings(max_examples=150, deadline=None)
@given(
    title=st.one_of(st.just("Activity"), SENTENCES, st.text(max_size=20)),
    remarks=st.lists(SENTENCES, max_size=3).map(" ".join) | st.text(max_size=40),
    volumes=st.lists(REGIONAL | VOLUMES, min_size=1, max_size=5).map(tuple),
    area_km2=st.sampled_from([1.0, 500.0, 20_000.0, 1e6]),
)
def test_shortcuts_change_no_flag(
    title: str, remarks: str, volumes: tuple[Volume4D, ...], area_km2: float
) -> None:
    """Flags are those of the long way, at the first reading of the words and at the second."""
    letter = replace(LETTER, limits=Limits(area_km2=area_km2))
    notice = Notice(title=title, remarks=remarks, volumes=volumes)
    expected = the_long_way(notice, letter)
    assert contradictions(notice, letter, NOW_US) == expected
    assert contradictions(notice, letter, NOW_US) == expected


@pytest.mark.parametrize("remarks", sorted({line[3] for line in LINES}))
def test_words_are_read_alike_with_and_without_shortcuts(remarks: str) -> None:
    """No sentence of the list is left unread, beside a title that names a country too."""
    notice = Notice(title="Strikes, Syria", remarks=remarks, volumes=(AREAS["coast"],))
    assert contradictions(notice, LETTER) == the_long_way(notice, LETTER)


def test_words_seen_before_are_not_read_again() -> None:
    """The second notice with the same words takes what was kept, and no more than that."""
    reading.read("Patrol south of Cyprus", "Back by the same way.")
    before = reading.kept_readings()
    assert reading.read("Patrol south of Cyprus", "Back by the same way.").where
    assert reading.kept_readings() == before


def test_what_is_kept_is_bounded() -> None:
    """So many texts are kept and no more, and long ones are not kept at all."""
    for number in range(reading.KEPT_TEXTS + 10):
        reading.read(f"Over Damascus {number}", "")
    assert reading.kept_readings() == reading.KEPT_TEXTS
    reading.forget()
    assert reading.read("Over Damascus. " * 100, "").where
    assert reading.kept_readings() == 0
    reading.read("Over Damascus", " " * (reading.KEPT_CHARACTERS - 13))
    assert reading.kept_readings() == 1


def test_kept_readings_of_the_worst_texts_are_small() -> None:
    """No text of the length that is kept says so much that keeping it takes much memory."""
    for text in HOSTILE:
        said = reading.read("", text[: reading.KEPT_CHARACTERS])
        statements = (*said.where, *said.heights, *said.moments)
        assert len(statements) <= 120
        assert sum(sys.getsizeof(one) + sys.getsizeof(one.quote) for one in statements) < 60_000


def test_words_seen_before_cost_next_to_nothing() -> None:
    """A notice whose words are known and whose area lies where they say is compared at once."""
    remarks = (
        "Two fighters, one patrol pattern, then back by the same way. No weapons release is "
        "planned. Both keep clear of the tanker's corridor."
    )
    notice = Notice(title="Patrol south of Cyprus", remarks=remarks, volumes=(AREAS["cyprus"],))
    assert contradictions(notice, LETTER, NOW_US) == []
    best = math.inf
    for _ in range(5):
        began = time.process_time()
        for _ in range(20):
            contradictions(notice, LETTER, NOW_US)
        best = min(best, (time.process_time() - began) / 20)
    assert best < SEEN_S


def test_corner_that_settles_nothing_leaves_it_to_the_geometry() -> None:
    """Many corners, many volumes or a corner outside the sector still agree, the longer way."""
    square = tuple(Position(lat, lon) for lat, lon in ((34.0, 33.0), (34.0, 33.5), (33.5, 33.2)))
    ring = Polygon((*square, Position(33.4, 33.1), Position(33.6, 32.9)))
    for volumes in (
        (volume(outline_polygon=ring),),
        (AREAS["cyprus"],) * 6,
        (Volume4D(),),
        (Volume4D(outline_circle=Circle(Position(math.inf, 33.0), 1.0)),),
    ):
        notice = Notice(title="Patrol south of Cyprus, near Limassol", volumes=volumes)
        assert contradictions(notice, LETTER) == the_long_way(notice, LETTER) == []


@given(
    vertices=st.lists(PLACES, max_size=9).map(tuple),
    shift=st.sampled_from([0.0, 40.0, 51.0, -120.0]),
)
@settings(max_examples=60, deadline=None)
def test_bound_of_an_area_is_one(vertices: tuple[Position, ...], shift: float) -> None:
    """The cheap bound is no smaller than the exact area, crossed rings and high latitudes too."""
    moved = tuple(Position(at.lat + shift, at.lon) for at in vertices)
    outline = (Volume4D(outline_polygon=Polygon(moved)),)
    exact_m2 = surface.covered_m2(outline, -1.0)
    assert exact_m2 <= surface.covered_m2(outline, math.inf)


def test_long_rings_and_wide_ones_are_computed() -> None:
    """A ring over more than ten degrees of longitude, and a corridor, have no cheap bound."""
    wide = Polygon((Position(30.0, 20.0), Position(30.0, 31.0), Position(31.0, 25.0)))
    corridor = Corridor((Position(30.0, 20.0), Position(30.0, 21.0)), 1_000.0)
    for outline in (Volume4D(outline_polygon=wide), Volume4D(corridor=corridor)):
        exact_m2 = surface.covered_m2((outline,), -1.0)
        assert 0 < exact_m2 == surface.covered_m2((outline,), 1e15)
