"""The engine: whatever is put in, taken out and left open, it says what a slow comparison says."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from hotline.airspace.activity import Key, Planned
from hotline.airspace.budget import Budget
from hotline.airspace.comparison import NOT_COMPARED, TOO_MANY, relate
from hotline.airspace.engine import Change, Engine, What
from hotline.airspace.nearby import Pairing
from hotline.airspace.relation import Relation
from hotline.airspace.room import LIMITS, Limits
from hotline.airspace.terms import Terms, widest
from hotline.model.kinds import Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.letter import AltitudeMargin
from hotline.model.volume import Polygon, Position
from tests.airspace.plans import (
    BEGIN_US,
    HERE,
    HOUR_US,
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

OWN, PEER, THIRD = "hmeimim", "iaf", "usaf"
WIDER = Terms(20_000.0, 600.0, 60 * 10**6, AltitudeMargin())
LETTERS = {PEER: TERMS, THIRD: WIDER}
AWAY = volume(ahead(HERE, 0, 500_000))
OURS, THEIRS = Key(OWN, "HM-0003"), Key(PEER, "IAF-0007")


def engine(pairing: Pairing = Pairing.OWN_AND_PEERS) -> Engine:
    """Return an empty engine of hmeimim with two peers."""
    return Engine(OWN, LETTERS, pairing=pairing)


def whats(changes: tuple[Change, ...]) -> list[What]:
    """Return what has become of the relations."""
    return [change.what for change in changes]


class Sky(RuleBasedStateMachine):
    """An engine and the plainest list of the same activities, side by side.

    What the changes say, added up, is what holds; what holds is what comparing all pairs gives.
    """

    @initialize(
        pairing=st.sampled_from(Pairing),
        limits=st.sampled_from([LIMITS, LIMITS, Limits(1, 10), Limits(2, 3)]),
    )
    def begin(self, pairing: Pairing, limits: Limits) -> None:
        """Start with an empty sky, in which there may be room for a few relations only."""
        self.engine = Engine(OWN, LETTERS, pairing=pairing, limits=limits)
        self.limits = limits
        self.pairing = pairing
        self.held: dict[Key, Planned] = {}
        self.told: dict[frozenset[Key], Relation] = {}

    @rule(
        activity=st.one_of(
            activities(OWN, ["A-1", "A-2", "A-3"]),
            activities(PEER, ["B-1", "B-2", "B-3"]),
            activities(THIRD, ["C-1", "C-2"]),
        ),
        comparisons=st.sampled_from([0, 1, 3, None, None]),
    )
    def put(self, activity: Planned, comparisons: int | None) -> None:
        """Take in a notice or revision, with more or less time for it."""
        budget = None if comparisons is None else Budget(comparisons)
        outcome = self.engine.put(activity, budget)
        self.held[activity.key] = activity
        self.take(outcome.changes)
        assert (outcome.left > 0) <= (self.engine.unfinished > 0)
        if budget is None:
            assert outcome.left == 0

    @rule(key=st.sampled_from([Key(OWN, "A-1"), Key(PEER, "B-1"), Key(THIRD, "C-1")]))
    def remove(self, key: Key) -> None:
        """Withdraw or end an activity, perhaps one that is not held."""
        self.take(self.engine.remove(key))
        self.held.pop(key, None)

    @rule(hours=st.integers(1, 5), spared=st.booleans())
    def expire(self, hours: int, spared: bool) -> None:
        """Let time go by; what has not ended though it should have stays."""
        now_us = BEGIN_US + hours * HOUR_US
        but = {Key(OWN, "A-2")} if spared else set()
        self.take(self.engine.expire(now_us, but=but))
        for key, activity in list(self.held.items()):
            if key not in but and activity.period.end_us < now_us:
                del self.held[key]

    @rule(comparisons=st.integers(0, 5))
    def go_on(self, comparisons: int) -> None:
        """Find time for what was left open."""
        self.take(self.engine.go_on(Budget(comparisons)))

    def take(self, changes: tuple[Change, ...]) -> None:
        """Add up what is told, and check that it fits what was told before."""
        for change in changes:
            relation = change.relation
            pair = frozenset((relation.one, relation.other))
            assert self.told.get(pair) == change.before
            if change.what is What.RESOLVED:
                assert relation.clear
                del self.told[pair]
                continue
            assert (change.what is What.NEW) == (change.before is None)
            assert relation != change.before
            if OWN in (relation.one.centre, relation.other.centre):
                assert relation.one.centre == OWN
            self.told[pair] = relation

    def expected(self) -> dict[frozenset[Key], Relation]:
        """Compare every pair of what is held, from end to end."""
        found = {}
        for one, other in combinations(sorted(self.held.values(), key=lambda held: held.key), 2):
            own = [held.key.centre for held in (one, other)].count(OWN)
            if (self.pairing is Pairing.OWN_AND_PEERS and own != 1) or (
                self.pairing is Pairing.CENTRES and one.key.centre == other.key.centre
            ):
                continue
            peers = {one.key.centre, other.key.centre} - {OWN}
            terms = LETTERS[peers.pop()] if len(peers) == 1 else widest(LETTERS.values())
            relation = relate(one, other, terms, nearest=False)
            if not relation.clear:
                found[frozenset((one.key, other.key))] = relation
        return found

    @invariant()
    def what_is_told_is_so(self) -> None:
        """All of it once nothing is open; until then nothing is missing, and no more is said."""
        assert len(self.engine) == len(self.held)
        expected = self.expected()
        said: dict[frozenset[Key], Relation] = {}
        for key, activity in self.held.items():
            assert self.engine.get(key) == activity
            for relation in self.engine.relations_of(key):
                assert relation.one == key
                pair = frozenset((key, relation.other))
                assert said.setdefault(pair, relation) in (relation, relation.mirrored())
        lines = Counter(frozenset(key.centre for key in pair) for pair in self.told)
        assert all(count <= self.limits.line for count in lines.values())
        if self.engine.unfinished == self.engine.crowded == 0:
            kinds = {pair: relation.kind for pair, relation in expected.items()}
            assert {pair: relation.kind for pair, relation in self.told.items()} == kinds
            assert self.told.keys() == said.keys()
            for pair, relation in self.told.items():
                assert relation in (expected[pair], expected[pair].mirrored())
        else:
            assert expected.keys() <= said.keys()


Sky.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestSky = Sky.TestCase


def test_a_conflict_is_new_then_changed_then_resolved_by_a_revision() -> None:
    """Each step is told with what held before, ours being the one."""
    sky = engine()
    assert sky.put(ours()).changes == ()
    (new,) = sky.put(theirs()).changes
    assert (new.what, new.before, new.relation.one) == (What.NEW, None, OURS)
    assert sky.put(theirs()).changes == ()
    (changed,) = sky.put(theirs(volume(start=at(HOUR_US // 2)))).changes
    assert (changed.what, changed.before) == (What.CHANGED, new.relation)
    (resolved,) = sky.put(theirs(AWAY)).changes
    assert (resolved.what, resolved.before) == (What.RESOLVED, changed.relation)
    assert resolved.relation.clear
    assert sky.relations_of(THEIRS) == []


@pytest.mark.parametrize("key", [OURS, THEIRS])
def test_a_withdrawal_resolves_what_it_was_in(key: Key) -> None:
    """Whichever of the two is taken out; a second time changes nothing."""
    sky = engine()
    sky.put(ours())
    sky.put(theirs())
    (resolved,) = sky.remove(key)
    assert (resolved.what, resolved.relation.one) == (What.RESOLVED, OURS)
    assert resolved.relation.clear
    assert sky.remove(key) == ()
    assert sky.get(key) is None
    assert sky.relations_of(key) == sky.relations_of(OURS) == sky.relations_of(THEIRS) == []


def test_what_is_over_goes_by_itself_but_for_an_overrun() -> None:
    """The last moment of the last volume still counts; no end, no expiry."""
    sky = engine()
    sky.put(ours(volume(end=at(HOUR_US)), volume(end=at(2 * HOUR_US))))
    sky.put(theirs(volume(end="")))
    assert sky.expire(BEGIN_US) == ()
    assert sky.expire(BEGIN_US + 2 * HOUR_US) == ()
    assert sky.expire(BEGIN_US + 2 * HOUR_US + 1, but=[OURS]) == ()
    assert whats(sky.expire(BEGIN_US + 2 * HOUR_US + 1)) == [What.RESOLVED]
    assert (len(sky), sky.get(THEIRS) is not None) == (1, True)


def test_who_is_compared_with_whom() -> None:
    """Ours with peers'; on demand peers' with each other, or everything."""
    for pairing, pairs in (
        (Pairing.OWN_AND_PEERS, 4),
        (Pairing.CENTRES, 5),
        (Pairing.EVERY, 6),
    ):
        sky = engine(pairing)
        changes = [
            change
            for centre, reference in ((OWN, "A"), (OWN, "B"), (PEER, "C"), (THIRD, "D"))
            for change in sky.put(planned(reference, centre=centre)).changes
        ]
        assert whats(tuple(changes)) == [What.NEW] * pairs


def test_each_peer_is_judged_by_its_own_letter() -> None:
    """15 km are clear by the one and near by the other; a centre without letter has the widest."""
    sky = engine()
    sky.put(ours())
    beside = volume(ahead(HERE, 90, 35_000))
    assert sky.put(planned("I-1", beside, centre=PEER)).changes == ()
    for centre in (THIRD, "stranger"):
        (change,) = sky.put(planned("X-1", beside, centre=centre)).changes
        assert change.relation.kind is RelationKind.PROXIMITY
    alone = Engine(OWN, {})
    alone.put(ours())
    assert whats(alone.put(theirs()).changes) == [What.NEW]


def test_levels_that_one_letter_takes_for_backwards_are_found() -> None:
    """By its margin they reach to all heights, far from where they were given."""
    sky = Engine(OWN, {PEER: TERMS, THIRD: WIDER})
    sky.put(ours(volume(lower=fl(500), upper=fl(510))))
    odd = volume(lower=metres(3000, "ground"), upper=metres(2000, "msl"))
    (change,) = sky.put(theirs(odd)).changes
    assert change.relation.kind is RelationKind.POSSIBLE


def test_no_time_leaves_possible_conflicts_and_they_are_taken_up() -> None:
    """From both sides: nothing is clear that was not compared; FLASH goes first, then by start."""
    sky = engine()
    early, late = volume(), volume(start=at(HOUR_US // 2))
    for number, one in enumerate((late, early, AWAY)):
        sky.put(planned(f"I-{number}", one, centre=PEER))
    outcome = sky.put(ours(), Budget(0))
    assert (outcome.left, sky.unfinished) == (2, 1)
    first = Key(PEER, "I-1")
    for key, others in ((OURS, {first, Key(PEER, "I-0")}), (first, {OURS})):
        relations = sky.relations_of(key)
        assert {relation.other for relation in relations} == others
        assert all(relation.reasons == (NOT_COMPARED,) for relation in relations)
        assert {relation.kind for relation in relations} == {RelationKind.POSSIBLE}
    assert len(sky.relations_of(OURS, most=1)) == 1
    (change,) = sky.go_on(Budget(1))[:1]
    assert (change.relation.other, change.relation.kind) == (first, RelationKind.CONFLICT)
    sky.put(planned("HM-9", centre=OWN, precedence=Precedence.FLASH), Budget(0))
    assert sky.unfinished == 2
    changes = sky.go_on(Budget(2))
    assert {change.relation.one.reference for change in changes} >= {"HM-9"}
    sky.go_on(Budget())
    assert sky.unfinished == 0
    assert len(sky.relations_of(OURS)) == len(sky.relations_of(Key(OWN, "HM-9"))) == 2


def test_a_revision_without_time_makes_its_relations_doubtful() -> None:
    """What was a conflict is a possible one until it is compared again, and then what it is."""
    sky = engine()
    for number in range(2):
        sky.put(planned(f"I-{number}", centre=PEER))
    assert whats(sky.put(ours()).changes) == [What.NEW] * 2
    outcome = sky.put(ours(volume(lower=fl(190))), Budget(0))
    assert whats(outcome.changes) == [What.CHANGED] * 2
    assert {change.relation.kind for change in outcome.changes} == {RelationKind.POSSIBLE}
    changes = sky.go_on(Budget())
    assert whats(changes) == [What.CHANGED] * 2
    assert {change.relation.kind for change in changes} == {RelationKind.CONFLICT}


def test_what_goes_while_it_is_being_compared_is_left_out() -> None:
    """A comparison that was broken off ends with the activity that it was with."""
    sky = engine()
    sky.put(theirs(volume(), volume(ahead(HERE, 0, 10_000))))
    sky.put(ours(), Budget(1))
    assert sky.unfinished == 1
    sky.remove(THEIRS)
    assert sky.go_on(Budget()) == ()
    assert sky.unfinished == 0


def test_a_hundred_thousand_overlapping_notices_do_no_harm() -> None:
    """The budget bounds what one call takes; memory does not grow with what is left open."""
    sky = engine()
    one = theirs()
    for number in range(2_000):
        sky.put(one.named(f"I-{number}"))
    late = iter([False] * 30 + [True] * 10)
    outcome = sky.put(ours(), Budget(late=lambda: next(late)))
    assert len([change for change in outcome.changes if change.relation.conflict]) == 30
    assert outcome.left == 1_970
    assert len(sky.relations_of(OURS, most=50)) == 50
    assert sky.octets < 2_000 * 250


def test_what_is_too_much_to_be_held_stands_as_possible_and_is_taken_up_when_there_is_room() -> (
    None
):
    """A flood by one peer takes no more memory than its share, and nothing from another peer."""
    sky = Engine(OWN, LETTERS, limits=Limits(activity=10, line=100))
    for number in range(30):
        sky.put(planned(f"I-{number}", centre=PEER))
    sky.put(planned("U-1", centre=THIRD))
    outcome = sky.put(ours())
    assert (len(outcome.changes), outcome.left, outcome.crowded) == (11, 0, 20)
    assert (sky.unfinished, sky.crowded) == (0, 1)
    found = sky.relations_of(OURS)
    assert len(found) == 31
    sky.put(planned("HM-9", centre=OWN))
    assert sky.crowded == 2
    assert whats(sky.put(planned("HM-9", AWAY, centre=OWN)).changes) == [What.RESOLVED] * 11
    assert (sky.unfinished, sky.crowded) == (0, 1)
    assert {relation.other.centre for relation in found if relation.conflict} == {PEER, THIRD}
    possible = [relation for relation in found if not relation.conflict]
    assert {relation.kind for relation in possible} == {RelationKind.POSSIBLE}
    assert {relation.reasons for relation in possible} == {(TOO_MANY,)}
    (seen,) = sky.relations_of(possible[0].other)
    assert (seen.other, seen.reasons) == (OURS, (TOO_MANY,))
    conflicts = [relation.other for relation in found if relation.other.centre == PEER][:2]
    assert whats(sky.remove(conflicts[0])) == [What.RESOLVED]
    assert (sky.unfinished, sky.crowded) == (1, 0)
    assert whats(sky.go_on(Budget())) == [What.NEW]
    assert (sky.unfinished, sky.crowded) == (0, 1)
    sky.remove(OURS)
    assert sky.crowded == 0


def test_long_outlines_and_many_volumes_are_compared_as_slowly_as_they_must() -> None:
    """Neither is measured together with what else there is, and it is as if it were."""
    corners = [ahead(HERE, azimuth, 9_000.0) for azimuth in range(360)]
    long = replace(volume(), outline_circle=None, outline_polygon=Polygon(tuple(corners)))
    many = [volume(ahead(HERE, azimuth * 15, 8_000.0), 100.0) for azimuth in range(20)]
    for one, other in (
        (ours(long), theirs()),
        (ours(long, *many), theirs(*many)),
        (ours(volume(radius_m=1.0)), theirs(long)),
    ):
        sky = engine()
        sky.put(theirs(AWAY))
        sky.put(one)
        (change,) = sky.put(other).changes
        assert change.relation == relate(one, other, TERMS)


def test_a_line_that_is_full_finds_no_more_until_a_tenth_of_it_is_free() -> None:
    """Notices that came late are told that they aren't compared; what was found stays."""
    sky = Engine(OWN, LETTERS, limits=Limits(activity=100, line=20))
    for number in range(10):
        sky.put(planned(f"I-{number}", centre=PEER))
    outcomes = [sky.put(planned(f"H-{number}", centre=OWN)) for number in range(4)]
    assert [len(outcome.changes) for outcome in outcomes] == [10, 10, 0, 0]
    assert [outcome.crowded for outcome in outcomes] == [0, 0, 10, 10]
    changes = sky.put(planned("H-0", volume(lower=fl(190)), centre=OWN)).changes
    assert whats(changes) == [What.CHANGED] * 10
    assert (sky.unfinished, sky.crowded) == (0, 2)
    sky.put(planned("H-1", AWAY, centre=OWN))
    assert sky.unfinished == 2
    assert len(sky.go_on(Budget())) == 10
    assert (sky.unfinished, sky.crowded) == (0, 1)


def test_what_is_in_use_at_a_moment() -> None:
    """Closed at both ends, within the time around it, in the order of start and name."""
    sky = engine()
    sky.put(theirs(volume(start=at(0), end=at(10))))
    sky.put(ours(volume(start=at(10), end=at(20)), volume(start=at(40), end=at(50))))
    names = {
        moment: [one.key.reference for one in sky.at(BEGIN_US + moment)]
        for moment in (-1, 0, 10, 20, 30, 45)
    }
    assert names == {
        -1: [],
        0: ["IAF-0007"],
        10: ["IAF-0007", "HM-0003"],
        20: ["HM-0003"],
        30: [],
        45: ["HM-0003"],
    }
    assert len(sky.at(BEGIN_US + 30, around_us=20)) == 2


def test_rows_are_used_again_and_grow_when_they_must() -> None:
    """A sky that changes all day long takes no more memory than its busiest moment."""
    sky = engine()
    for number in range(300):
        sky.put(planned(f"I-{number}", centre=PEER))
    octets = sky.octets
    for number in range(300):
        sky.remove(Key(PEER, f"I-{number}"))
        sky.put(planned(f"J-{number}", centre=PEER))
    assert sky.octets == octets
    assert len(sky.put(ours()).changes) == 300


def test_the_index_leaves_out_what_is_far_in_any_way() -> None:
    """Only what may be near is compared: the budget is not spent on the rest."""
    sky = engine()
    for number, far in enumerate(
        (
            AWAY,
            volume(lower=fl(300), upper=fl(310)),
            volume(lower=feet(40_000), upper=feet(41_000)),
            volume(start=at(3 * HOUR_US), end=at(4 * HOUR_US)),
            volume(Position(-34.0, -147.0)),
        )
    ):
        sky.put(planned(f"I-{number}", far, centre=PEER))
    budget = Budget()
    sky.put(ours(), budget)
    assert budget.spent == 0
