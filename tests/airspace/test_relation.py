"""Relations of two activities: what each kind means, and what it says."""

from __future__ import annotations

from dataclasses import replace as replaced

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hotline.airspace.activity import Key, Planned, plan
from hotline.airspace.budget import Budget
from hotline.airspace.comparison import NOT_COMPARED, Comparison, relate
from hotline.airspace.relation import Relation
from hotline.airspace.terms import DEFAULT_TERMS, Terms, terms_of, widest
from hotline.airspace.wording import sentence
from hotline.model.kinds import Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.letter import AltitudeMargin, read_letter
from hotline.model.messages import Notice, Revision
from hotline.model.times import SECOND_US
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D
from tests.airspace.plans import (
    BEGIN_US,
    HERE,
    HOUR_US,
    MARGIN,
    TERMS,
    activities,
    at,
    feet,
    fl,
    metres,
    ours,
    planned,
    theirs,
    volume,
)
from tests.airspace.slow_geodesics import ahead
from tests.cli.command import EXAMPLES

GRAVITY = [
    RelationKind.CLEAR,
    RelationKind.PROXIMITY,
    RelationKind.POSSIBLE,
    RelationKind.CONFLICT,
]


def between(one: Volume4D, other: Volume4D, terms: Terms = TERMS) -> Relation:
    """Return what two activities of one volume each are to each other."""
    return relate(ours(one), theirs(other), terms)


def test_what_meets_in_space_and_time_is_a_conflict() -> None:
    """With the place, the heights and the times that both share, and whose precedence is lower."""
    relation = relate(
        ours(volume(lower=fl(190), upper=fl(230), start=at(HOUR_US // 3), end=at(HOUR_US * 2))),
        theirs(volume(ahead(HERE, 0, 15_000)), precedence=Precedence.PRIORITY),
        TERMS,
    )
    assert relation.conflict
    assert (relation.distance_m, relation.vertical_m, relation.time_gap_s) == (0.0, 0.0, 0.0)
    assert (relation.from_us, relation.until_us) == (BEGIN_US + HOUR_US // 3, BEGIN_US + HOUR_US)
    assert (relation.lower_text, relation.upper_text) == ("FL190", "FL200")
    assert relation.lower_m == pytest.approx(190 * 30.48 - (450 + 579.12) + 10)
    assert relation.upper_m == pytest.approx(200 * 30.48 + (450 + 609.6) + 40)
    assert relation.place is not None
    assert relation.place.lat == pytest.approx(ahead(HERE, 0, 7_500).lat, abs=1e-6)
    assert (relation.volumes, relation.pairs, relation.reasons) == (((0, 0),), 1, ())
    assert relation.gives_way == (Key("hmeimim", "HM-0003"),)
    assert not relation.by_right


@pytest.mark.parametrize(
    ("other", "gaps"),
    [
        (volume(ahead(HERE, 90, 24_999)), (4_999.0, 0.0, 0.0)),
        (volume(lower=fl(209), upper=fl(300)), (0.0, 274.32, 0.0)),
        (volume(start=at(HOUR_US + 299 * SECOND_US), end=at(2 * HOUR_US)), (0.0, 0.0, 299.0)),
    ],
)
def test_nearer_than_all_minima_is_proximity(
    other: Volume4D, gaps: tuple[float, float, float]
) -> None:
    """Apart in one of the three, by less than its minimum; the gap is told."""
    relation = between(volume(), other)
    assert relation.kind is RelationKind.PROXIMITY
    assert (relation.distance_m, relation.vertical_m, relation.time_gap_s) == pytest.approx(
        gaps, abs=0.02
    )


@pytest.mark.parametrize(
    ("other", "gaps"),
    [
        (volume(ahead(HERE, 90, 25_001)), (5_001.0, 0.0, 0.0)),
        (volume(lower=fl(210), upper=fl(300)), (0.0, 304.8, 0.0)),
        (volume(start=at(HOUR_US + 300 * SECOND_US), end=at(2 * HOUR_US)), (0.0, 0.0, 300.0)),
        (
            volume(
                ahead(HERE, 90, 24_000), lower=fl(205), upper=fl(300), start=at(3 * HOUR_US), end=""
            ),
            (4_000.0, 152.4, 7200.0),
        ),
    ],
)
def test_a_minimum_kept_is_clear(other: Volume4D, gaps: tuple[float, float, float]) -> None:
    """One is enough, and the closest approach is told, but no heights, times or volumes."""
    relation = between(volume(), other)
    assert relation.clear
    assert (relation.distance_m, relation.vertical_m, relation.time_gap_s) == pytest.approx(
        gaps, abs=0.02
    )
    assert relation.from_us is relation.until_us is relation.lower_m is relation.upper_m is None
    assert (relation.volumes, relation.pairs, relation.gives_way) == ((), 0, ())
    quick = relate(ours(volume()), theirs(other), TERMS, nearest=False)
    assert quick.clear
    assert quick.distance_m is None


def test_gaps_say_what_lies_between() -> None:
    """Heights and times of a proximity are those between the two."""
    relation = between(
        volume(), volume(lower=fl(205), upper=fl(300), start=at(HOUR_US + SECOND_US), end="")
    )
    assert (relation.lower_text, relation.upper_text) == ("FL200", "FL205")
    assert (relation.from_us, relation.until_us) == (
        BEGIN_US + HOUR_US,
        BEGIN_US + HOUR_US + SECOND_US,
    )


def test_minima_of_nothing_leave_only_what_meets() -> None:
    """Where the minimum is 0, what meets in that is near, and what does not is clear."""
    none = Terms(0.0, 300.0, 0, MARGIN)
    stacked = between(volume(), volume(lower=fl(205), upper=fl(300)), none)
    assert stacked.kind is RelationKind.PROXIMITY
    assert between(volume(), volume(ahead(HERE, 90, 20_000.02)), none).clear
    assert between(volume(), volume(start=at(HOUR_US + 1), end=""), none).clear
    assert between(volume(), volume(start=at(HOUR_US), end=""), none).conflict


def test_open_ends_reach_on() -> None:
    """Absent altitudes and times bound nothing, and that is a conflict, not a possible one."""
    relation = between(
        volume(lower=None, upper=None, start="", end=""), volume(lower=None, start="", end="")
    )
    assert relation.conflict
    assert relation.from_us is relation.until_us is relation.lower_m is None
    assert (relation.lower_text, relation.upper_text) == ("", "FL200")


@pytest.mark.parametrize(
    "other",
    [
        volume(upper=Altitude(3.0, "furlong", "msl")),
        volume(end="noon"),
        Volume4D(time_start=at(0), time_end=at(1)),
        replace(volume(), outline_circle=Circle(Position(91.0, 33.0), 1.0)),
        volume(lower=metres(9000, "ground"), upper=metres(2000)),
    ],
)
def test_what_cannot_be_computed_is_possible(other: Volume4D) -> None:
    """Never clear by what is unknown; with the reason, which volume and whose."""
    relation = between(volume(), other)
    assert relation.kind is RelationKind.POSSIBLE
    assert not relation.conflict
    assert relation.reasons[0].text.startswith("volume 1 of IAF-0007: ")
    assert relation.pairs == 1


def test_what_is_known_still_keeps_the_unknown_clear() -> None:
    """Unknown heights do no harm 100 km away, nor an unknown place a day later."""
    assert between(volume(), volume(ahead(HERE, 0, 1e5), upper=fl(1e9))).clear
    nowhere = between(volume(), Volume4D(time_start=at(24 * HOUR_US)))
    assert nowhere.clear
    assert nowhere.distance_m is None


def test_a_place_that_is_unknown_is_named_by_the_other_one() -> None:
    """Where one outline cannot be placed the middle of the other one is told, else nothing."""
    unknown = Volume4D()
    relation = between(volume(), unknown)
    assert relation.distance_m is None
    assert relation.place is not None
    assert relation.place.lat == pytest.approx(HERE.lat, abs=1e-6)
    assert between(unknown, unknown).place is None


def test_the_gravest_pair_decides() -> None:
    """Conflict before possible, possible before proximity; only pairs of that kind are told."""
    near, unknown = volume(ahead(HERE, 90, 24_000)), volume(end="noon")
    meets = volume(start=at(HOUR_US // 2), end=at(HOUR_US))
    also_meets = volume(lower=fl(100), upper=fl(180), start=at(0), end=at(HOUR_US // 4))
    relation = relate(ours(volume()), theirs(near), TERMS)
    assert relation.kind is RelationKind.PROXIMITY
    relation = relate(ours(volume()), theirs(unknown, near), TERMS)
    assert (relation.kind, relation.volumes) == (RelationKind.POSSIBLE, ((0, 0),))
    relation = relate(ours(volume()), theirs(near, unknown), TERMS)
    assert (relation.kind, relation.volumes) == (RelationKind.POSSIBLE, ((0, 1),))
    relation = relate(ours(volume()), theirs(meets, near, unknown, also_meets), TERMS)
    assert (relation.kind, relation.volumes) == (RelationKind.CONFLICT, ((0, 0), (0, 3)))
    assert (relation.from_us, relation.until_us) == (BEGIN_US, BEGIN_US + HOUR_US)
    assert (relation.lower_text, relation.upper_text) == ("FL180", "FL200")
    assert relation.reasons == ()


def test_a_clear_relation_is_measured_at_the_nearest_pair() -> None:
    """Counted in minima: 30 km at the same time are nearer than 4 hours at the same place."""
    relation = relate(
        ours(volume(start=at(5 * HOUR_US), end=""), volume(ahead(HERE, 0, 50_000))),
        theirs(volume(), volume(ahead(HERE, 180, 300_000))),
        TERMS,
    )
    assert relation.clear
    assert relation.distance_m == pytest.approx(30_000, abs=0.1)
    assert relation.time_gap_us == 0


def test_flash_may_conflict_by_right_and_equals_are_both_told() -> None:
    """Precedence decides who gives way, whichever of the two is asked about."""
    flash, routine = Precedence.FLASH, Precedence.ROUTINE
    relation = relate(ours(precedence=flash), theirs(precedence=routine), TERMS)
    assert (relation.by_right, relation.gives_way) == (True, (Key("iaf", "IAF-0007"),))
    relation = relate(ours(precedence=flash), theirs(precedence=flash), TERMS)
    both = Key("hmeimim", "HM-0003"), Key("iaf", "IAF-0007")
    assert (relation.by_right, relation.gives_way) == (True, both)
    relation = relate(ours(precedence=routine), theirs(precedence=routine), TERMS)
    assert (relation.by_right, relation.gives_way) == (False, both)


def test_what_a_peer_may_not_send_is_compared_all_the_same() -> None:
    """No volume, a hundred too many, and too many vertices: possible, in bounded time."""
    nothing = plan("iaf", Notice(reference="IAF-0001"), Precedence.ROUTINE)
    assert [reason.code for reason in nothing.extents[0].reasons] == ["airspace.no-volume"]
    assert relate(ours(), nothing, TERMS).kind is RelationKind.POSSIBLE
    many = theirs(*[volume(ahead(HERE, 0, 1e6))] * 3000)
    assert len(many.extents) == 101
    assert relate(ours(), many, TERMS).kind is RelationKind.POSSIBLE
    corners = tuple(Position(34 + step * 1e-5, 33.0) for step in range(10_001))
    large = theirs(volume(ahead(HERE, 0, 1e6)), Volume4D(outline_polygon=Polygon(corners)))
    assert [extent.footprint is None for extent in large.extents] == [False, True]
    assert large.extents[1].reasons[0].code == "airspace.too-much"


def test_reasons_and_pairs_are_told_up_to_a_limit() -> None:
    """A relation stays small, whatever was sent; the count says how much there is."""
    one = ours(*[volume(end="noon")] * 20)
    relation = relate(one, theirs(*[volume()] * 20), TERMS)
    assert (len(relation.volumes), relation.pairs, len(relation.reasons)) == (100, 400, 10)


def test_of_too_many_pairs_the_nearest_are_told_whatever_their_order() -> None:
    """Those that meet first, of those that meet; in whatever order the volumes are given."""
    minute_us = 60 * 10**6
    many = [
        volume(start=at(minute * minute_us), end=at((minute + 2) * minute_us))
        for minute in range(100)
    ]
    one = ours(*[volume(end=at(9 * HOUR_US))] * 2)
    told = [relate(one, theirs(*volumes), TERMS) for volumes in (many, many[::-1])]
    assert [relation.pairs for relation in told] == [200, 200]
    first = [(i, j) for i in range(2) for j in range(50)]
    assert [*told[0].volumes] == first
    assert sorted((i, 99 - j) for i, j in told[1].volumes) == first


def test_a_revision_knows_its_number_and_volumes_beside_count_too() -> None:
    """What is said of a nonconforming flight is compared like what was announced."""
    revision = Revision(reference="IAF-0007", number=4, title="x", volumes=(volume(),))
    assert plan("iaf", revision, Precedence.ROUTINE).revision == 4
    away = volume(ahead(HERE, 0, 1e6))
    off = planned("IAF-0007", away, beside=[volume()])
    relation = relate(ours(), off, TERMS)
    assert (relation.conflict, relation.volumes) == (True, ((0, 1),))


def test_an_overrun_prolongs_what_was_to_be_last() -> None:
    """An activity that has not ended is still there; what was over earlier stays over."""
    first, last = volume(start=at(0), end=at(10)), volume(start=at(0), end=at(HOUR_US))
    over = theirs(first, last)
    assert over.prolonged(BEGIN_US + HOUR_US) is over
    longer = over.prolonged(BEGIN_US + 2 * HOUR_US)
    assert [extent.period.end_us - BEGIN_US for extent in longer.extents] == [10, 2 * HOUR_US]
    assert over.named("X-1").key == Key("iaf", "X-1")


def test_a_budget_leaves_a_possible_conflict_and_can_be_gone_on_with() -> None:
    """Nothing is clear before it is compared; a conflict found is one, whatever is left."""
    clear, meets = volume(ahead(HERE, 0, 1e6)), volume()
    comparison = Comparison(ours(clear, clear, meets), theirs(), TERMS)
    assert not comparison.run(Budget(1))
    relation = comparison.relation()
    assert (relation.kind, relation.reasons) == (RelationKind.POSSIBLE, (NOT_COMPARED,))
    assert relation.gives_way
    assert comparison.run(Budget(2))
    assert comparison.relation() == relate(ours(clear, clear, meets), theirs(), TERMS)
    comparison = Comparison(ours(meets, clear), theirs(), TERMS)
    assert not comparison.run(Budget(1))
    assert (comparison.left, comparison.relation().conflict) == (1, True)


def test_a_budget_ends_in_the_search_for_the_nearest_too() -> None:
    """What is clear is clear then; only how far is measured later."""
    away = [volume(ahead(HERE, 0, metres)) for metres in (3e5, 2e5)]
    comparison = Comparison(ours(*away), theirs(), TERMS, nearest=True)
    assert not comparison.run(Budget(2))
    assert comparison.relation().clear
    assert comparison.run(Budget(5))
    assert comparison.relation().distance_m == pytest.approx(180_000, abs=0.1)


def test_a_deadline_ends_a_budget_for_good() -> None:
    """The caller's clock decides; what is over stays over."""
    late = iter([False, True, False])
    budget = Budget(5, lambda: next(late))
    assert [budget.spend(), budget.spend(), budget.spend()] == [True, False, False]
    assert budget.spent == 1
    unlimited = Budget()
    assert all(unlimited.spend() for _ in range(3))


def test_a_letter_gives_the_terms() -> None:
    """Minima in its units, and its margins."""
    letter = read_letter((EXAMPLES / "letter.toml").read_bytes())
    terms = terms_of(letter)
    assert terms.lateral_m == letter.separation.lateral_m
    assert terms.time_us == letter.separation.time_s * SECOND_US
    assert terms.margin == letter.altitude_margin


def test_the_widest_terms_hold_all_others() -> None:
    """Each limit of one is within that of the widest."""
    margin = AltitudeMargin((-10.0, 5.0), (-1.0, 9000.0), 100.0, 20.0)
    found = widest([TERMS, Terms(1.0, 900.0, 5, margin)])
    assert found == Terms(
        5_000.0,
        900.0,
        TERMS.time_us,
        AltitudeMargin((-10.0, 40.0), (-430.0, 9000.0), 450.0, 20.0),
    )
    assert widest([DEFAULT_TERMS]) == DEFAULT_TERMS


OURS, THEIRS = activities("hmeimim", ["H-1"]), activities("iaf", ["I-1"])


@given(OURS, THEIRS)
def test_a_relation_is_the_same_from_both_sides(one: Planned, other: Planned) -> None:
    """Whichever is named first, to the last bit."""
    relation = relate(one, other, TERMS)
    assert relation == relate(other, one, TERMS).mirrored()
    assert relation.mirrored().mirrored() == relation
    assert relation.other_than(one.key) == other.key
    assert relation.other_than(other.key) == one.key


@given(OURS, THEIRS)
def test_how_far_apart_is_measured_changes_no_relation(one: Planned, other: Planned) -> None:
    """The quick way of the engine and the whole one differ in nothing but what is clear."""
    whole, quick = (relate(one, other, TERMS, nearest=nearest) for nearest in (True, False))
    assert whole.kind == quick.kind
    assert whole == quick or whole.clear


@settings(max_examples=100)
@given(
    st.floats(0, 60_000),
    st.integers(0, 60),
    st.integers(0, 7_200),
    st.sampled_from(["place", "height", "time"]),
    st.floats(1.0, 3.0),
)
def test_what_grows_comes_never_less_near(
    metres_away: float, levels_above: int, seconds_later: int, what: str, factor: float
) -> None:
    """A volume that grows in place, height or time: no gap grows, and no relation is less grave."""
    fixed = volume()
    moved = volume(
        ahead(HERE, 60, metres_away),
        lower=fl(200 + levels_above),
        upper=fl(250 + levels_above),
        start=at(HOUR_US + seconds_later * SECOND_US),
        end=at(3 * HOUR_US),
    )
    grown = {
        "place": replace(moved, outline_circle=Circle(moved.points[0], 10_000.0 * factor)),
        "height": replace(moved, altitude_lower=fl((200 + levels_above) / factor)),
        "time": replace(moved, time_start=at(round(HOUR_US / factor))),
    }[what]
    before, after = between(fixed, moved), between(fixed, grown)
    assert GRAVITY.index(after.kind) >= GRAVITY.index(before.kind)
    for name in ("distance_m", "vertical_m", "time_gap_us"):
        assert getattr(after, name) <= getattr(before, name) + 1e-6


@given(st.integers(-300, 300), st.integers(0, 10**6))
def test_where_and_when_it_is_makes_no_difference(degrees: int, hours: int) -> None:
    """Turned about the axis of the earth, across the antimeridian too, or days later."""
    pair = (
        volume(),
        volume(ahead(HERE, 70, 23_000), start=at(HOUR_US + SECOND_US), end=at(2 * HOUR_US)),
    )
    moved = []
    for each in pair:
        center = each.points[0]
        lon = (center.lon + degrees + 180) % 360 - 180
        shift = hours * HOUR_US
        moved.append(
            volume(
                Position(center.lat, lon),
                start=at(shift + (each.start_us or 0) - BEGIN_US),
                end=at(shift + (each.end_us or 0) - BEGIN_US),
            )
        )
    here, there = between(*pair), between(moved[0], moved[1])
    assert here.kind == there.kind
    assert here.distance_m == pytest.approx(there.distance_m, abs=0.001)
    assert here.from_us is not None
    assert there.from_us == here.from_us + hours * HOUR_US


@pytest.mark.parametrize("lat", [0.0, 33.0, 60.0, 85.0])
@pytest.mark.parametrize("azimuth", [0.0, 37.0, 90.0])
def test_a_centimetre_decides(lat: float, azimuth: float) -> None:
    """1 cm inside the other's limit is a conflict, 1 cm outside is none, anywhere."""
    center = Position(lat, 33.0)
    for apart_m, kind in ((-0.01, RelationKind.CONFLICT), (0.01, RelationKind.PROXIMITY)):
        other = volume(ahead(center, azimuth, 20_000 + apart_m))
        assert between(volume(center), other).kind is kind
    for apart_m, kind in ((-0.01, RelationKind.PROXIMITY), (0.01, RelationKind.CLEAR)):
        other = volume(ahead(center, azimuth, 25_000 + apart_m))
        assert between(volume(center), other).kind is kind


@pytest.mark.parametrize("reference", ["wgs84", "msl", "ground", "standard"])
def test_a_centimetre_of_height_decides(reference: str) -> None:
    """1 cm apart is no conflict, touching is, above any reference."""
    one = volume(lower=metres(0, reference), upper=metres(1000, reference))
    for height, kind in ((1000.0, RelationKind.CONFLICT), (1000.01, RelationKind.PROXIMITY)):
        other = volume(lower=metres(height, reference), upper=metres(2000, reference))
        assert between(one, other).kind is kind


def test_a_conflict_that_rests_on_the_margin_says_so() -> None:
    """How much is told; a pair that needs none makes the relation rest on none."""
    by_pressure, by_sea = volume(), volume(lower=feet(15_000), upper=feet(17_500))
    relation = between(by_pressure, by_sea)
    assert relation.conflict
    off = 2 * (450 + 180 * 3.048) + 30 + 30
    assert relation.margin_m == pytest.approx(off)
    assert relate(ours(by_pressure), theirs(by_sea, by_pressure), TERMS).margin_m == 0


def renamed(relation: Relation) -> tuple[object, ...]:
    """Return what is told of a relation but the names and numbers, and its sentence without."""
    said = sentence(relation, relation.one).replace(str(relation.other), "")
    return (
        relation.kind,
        relation.place,
        (relation.distance_m, relation.vertical_m, relation.time_gap_us, relation.margin_m),
        (relation.lower_text, relation.upper_text, relation.lower_m, relation.upper_m),
        (relation.from_us, relation.until_us, relation.pairs),
        [reason.code for reason in relation.reasons],
        sorted(tuple(sorted(pair)) for pair in relation.volumes),
        "" if relation.reasons else said,
    )


@given(activities("hmeimim", ["HM-0003"]), activities("iaf", ["IAF-0007"]))
@settings(max_examples=60)
def test_which_of_two_is_named_first_changes_nothing(one: Planned, other: Planned) -> None:
    """Two files given in the other order: the same place, and the same sentence, to the bit."""
    one, other = (replace(it, precedence=Precedence.ROUTINE) for it in (one, other))
    there = relate(keyed(one, "A", "X"), keyed(other, "B", "X"), TERMS)
    back = relate(keyed(other, "A", "X"), keyed(one, "B", "X"), TERMS)
    assert renamed(there) == renamed(back)
    assert sorted(there.reasons) == sorted(back.reasons)


def keyed(one: Planned, *names: str) -> Planned:
    """Return an activity under another name."""
    return replace(one, key=Key(*names))


def test_a_polygon_and_a_corridor_apart_have_one_place_between_them() -> None:
    """Measured from either of the two: not even rounding differs, nor which of two ends is it."""
    square = [ahead(HERE, azimuth, 20_000) for azimuth in (45, 135, 225, 315)]
    line = [ahead(HERE, 0, 24_000), ahead(ahead(HERE, 0, 24_000), 90, 60_000)]
    area = replace(volume(), outline_circle=None, outline_polygon=Polygon(tuple(square)))
    way = replace(volume(), outline_circle=None, corridor=Corridor(tuple(line), 2_000.0))
    terms = replaced(TERMS, lateral_m=20_000.0)
    for lone in ([way], [way, volume(ahead(HERE, 0, 30_000), 1_000)]):
        there = relate(planned("A", area), theirs(*lone), terms)
        back = relate(planned("Z", area), theirs(*lone), terms)
        assert there.place is not None
        assert (there.place, there.distance_m) == (back.place, back.distance_m)


def test_of_pairs_that_are_as_near_one_is_told_of_in_either_order() -> None:
    """Two volumes west and east of one, equally far, near or clear: always the same of them."""
    for metres_ in (22_000, 200_000):
        sides = [volume(ahead(HERE, azimuth, metres_)) for azimuth in (90, 270)]
        there = relate(ours(), theirs(*sides), TERMS)
        back = relate(ours(), theirs(*reversed(sides)), TERMS)
        assert (there.place, there.distance_m) == (back.place, back.distance_m)
        assert (there.volumes == ()) == there.clear


def test_relations_are_equal_by_what_they_say_whatever_the_revisions_are() -> None:
    """Also where they are kept in a set; what says something else is another one."""
    said = relate(ours(), theirs(), TERMS)
    revised = replace(said, one_revision=said.one_revision + 1)
    assert {said, revised} == {said}
    assert said != replace(said, distance_m=1.0)
    assert said != "a relation"
