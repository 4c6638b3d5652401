"""The quick way to see that a notice is sound never says so of one that breaks a rule."""

from __future__ import annotations

import math
from itertools import islice

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.model import rules
from hotline.model.messages import Notice
from hotline.model.outline import area_m2, encloses_pole, is_convex, is_convex_at_sight, on_grid
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D
from hotline.model.volume_rules import plainly_sound, volume_problems

SQUARE = Polygon((Position(34, 35), Position(34, 36), Position(35, 36), Position(35, 35)))
LOW, HIGH = Altitude(1000.0, "ft", "msl"), Altitude(2000.0, "m", "msl")
SOUND = Volume4D(
    outline_polygon=SQUARE,
    altitude_lower=LOW,
    altitude_upper=HIGH,
    time_start="2026-03-01T10:00:00Z",
    time_end="2026-03-01T11:00:00Z",
)
ROUND = msgspec.structs.replace(
    SOUND, outline_polygon=None, outline_circle=Circle(Position(34, 35), 5000.0)
)
LEVELS = msgspec.structs.replace(
    SOUND,
    altitude_lower=Altitude(180.0, "fl", "standard"),
    altitude_upper=Altitude(320.0, "fl", "standard"),
)

degrees = st.one_of(
    st.sampled_from([-180.0, -179.0, -90.0, -89.0, 0.0, 89.0, 90.0, 179.0, 180.0, math.inf]),
    st.floats(-1, 1),
    st.floats(),
)
corners = st.builds(Position, degrees, degrees)
regular = st.builds(
    lambda lat, lon, size, count, turns, bend: Polygon(
        tuple(
            Position(
                lat + size * math.sin(math.tau * turns * number / count) * bend,
                lon + size * math.cos(math.tau * turns * number / count),
            )
            for number in range(count)
        )
    ),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(0, 8) | st.floats(0, 1e-5),
    st.integers(3, 9),
    st.integers(-2, 2),
    st.sampled_from([1.0, 0.1, 1e-6]),
)
polygons = st.one_of(
    st.just(SQUARE), regular, st.builds(Polygon, st.lists(corners, max_size=5).map(tuple))
)
circles = st.builds(Circle, corners, st.sampled_from([0.5, 1.0, 500_000.0, 500_001.0, math.nan]))
references = st.sampled_from(["msl", "wgs84", "standard", "ground", "agl", ""])
altitudes = st.builds(
    Altitude,
    st.sampled_from([0.0, -8000.0, 180.0, 100_000.0, 1e9, math.nan, math.inf]),
    st.sampled_from(["ft", "m", "fl", "furlong"]),
    references,
)
times = st.sampled_from(
    ["", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00+01:00", "2026-03-01T10:00:00", "noon"]
)


def often(usual: object, other: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Draw the usual value mostly, so that several things are seldom wrong at once."""
    return st.one_of(st.just(usual), st.just(usual), other)


volumes = st.builds(
    Volume4D,
    outline_polygon=st.one_of(polygons, st.none()),
    outline_circle=often(None, circles),
    corridor=often(None, st.just(Corridor((Position(1, 1), Position(2, 2)), 100.0))),
    altitude_lower=often(LOW, st.none() | altitudes),
    altitude_upper=often(HIGH, st.none() | altitudes),
    time_start=often("2026-03-01T10:00:00Z", times),
    time_end=often("2026-03-01T11:00:00Z", times),
)
words = st.sampled_from(["", " ", "  \t", "one\ntwo", "\u202e", "\x07", "a" * 5000, "שלום", "\xa0"])
notices = st.builds(
    Notice,
    reference=often("IAF-0007", st.sampled_from(["", "iaf-7", "IAF-", "A" * 40, "A" * 41])),
    title=often("Patrol", words | st.just("t" * 121)),
    activity=often("patrol", st.sampled_from(["", "strike", "nap"])),
    volumes=st.one_of(st.tuples(volumes), st.lists(volumes, max_size=2).map(tuple)),
    remarks=often("One pattern.", words),
    contact=often("", words),
    officer=often("", words),
)


@settings(max_examples=400, deadline=None)
@given(notices)
def test_the_quick_way_and_the_list_of_rules_agree(notice: Notice) -> None:
    """Whatever a notice holds, its problems are those of the rules, one by one."""
    assert rules.problems(notice) == list(islice(rules._problems(notice, None), rules.MAX_PROBLEMS))


@settings(max_examples=400, deadline=None)
@given(volumes)
def test_a_plainly_sound_volume_breaks_no_rule(volume: Volume4D) -> None:
    """Nothing is plainly sound that a rule finds fault with."""
    if plainly_sound(volume):
        assert list(volume_problems(volume, "")) == []


@settings(max_examples=400, deadline=None)
@given(regular)
def test_what_is_convex_at_sight_is_so_on_the_grid(polygon: Polygon) -> None:
    """A ring that passes at sight passes all that is asked of it on the grid."""
    if is_convex_at_sight(polygon.vertices):
        points = on_grid(polygon.vertices)
        assert is_convex(points)
        assert not encloses_pole(points)
        assert area_m2(points) > 500


@pytest.mark.parametrize(
    "vertices",
    [
        SQUARE.vertices,
        SQUARE.vertices[::-1],
        (Position(0, 0), Position(0, 1), Position(1, 0)),
    ],
)
def test_usual_rings_are_convex_at_sight(vertices: tuple[Position, ...]) -> None:
    """Either way round, an ordinary area takes the quick way."""
    assert is_convex_at_sight(vertices)


@pytest.mark.parametrize(
    "vertices",
    [
        pytest.param(tuple(SQUARE.vertices[i] for i in (0, 2, 1, 3)), id="crossing"),
        pytest.param((Position(0, 0), Position(0, 1), Position(0, 2)), id="flat"),
        pytest.param((Position(0, 0), Position(0, 11), Position(5, 5)), id="long edges"),
        pytest.param((Position(0, 179), Position(0, -179), Position(5, 180)), id="date line"),
        pytest.param(
            tuple(
                Position(math.sin(2 * math.tau * n / 5), math.cos(2 * math.tau * n / 5))
                for n in range(5)
            ),
            id="twice round",
        ),
    ],
)
def test_others_are_left_to_the_grid(vertices: tuple[Position, ...]) -> None:
    """What is not plain at sight takes the exact way."""
    assert not is_convex_at_sight(vertices)


@pytest.mark.parametrize("volume", [SOUND, ROUND, LEVELS])
def test_usual_volumes_are_plainly_sound(volume: Volume4D) -> None:
    """Polygons and circles between two levels and two times take the quick way."""
    assert plainly_sound(volume)


@pytest.mark.parametrize(
    "changes",
    [
        {"corridor": Corridor((Position(1, 1), Position(2, 2)), 100.0)},
        {"altitude_lower": None},
        {"outline_polygon": None},
        {"outline_circle": Circle(Position(1, 1), 100.0)},
        {"outline_polygon": Polygon(SQUARE.vertices[:2])},
        {"outline_polygon": Polygon((*SQUARE.vertices, SQUARE.vertices[0]))},
        {"altitude_lower": Altitude(1, "furlong", "msl")},
        {"altitude_lower": Altitude(1, "ft", "wgs84")},
        {"altitude_lower": Altitude(9000, "m", "msl")},
        {"altitude_lower": Altitude(10, "fl", "msl")},
        {"altitude_lower": Altitude(1, "ft", "agl"), "altitude_upper": Altitude(2, "ft", "agl")},
        {"time_start": "noon"},
        {"time_end": ""},
        {"time_end": "2026-03-01T09:59:59Z"},
    ],
)
def test_what_is_unusual_is_left_to_the_rules(changes: dict[str, object]) -> None:
    """What is wrong, or rare, takes the way through all rules."""
    assert not plainly_sound(msgspec.structs.replace(SOUND, **changes))
