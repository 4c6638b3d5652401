"""The comparison of two activities, volume by volume, within a budget and resumable.

Pairs of volumes are judged one at a time. In each the gaps in time and in height come first: they
cost little and decide most; only what is left is measured over ground. That is done for many pairs
at once, ahead of their turn (`measured`), as it takes a tenth of the time then. A pair in
which something cannot be computed is judged as if it reached everywhere, to all heights or through
all times, and what would then be a conflict or proximity is a *possible* conflict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final

from msgspec.structs import replace

from hotline.airspace.activity import Extent, Planned
from hotline.airspace.budget import Budget
from hotline.airspace.elsewhere import Elsewhere, is_long
from hotline.airspace.footprint import Footprint
from hotline.airspace.lateral import TOUCH_M, Lateral, lateral
from hotline.airspace.laterals import MOST_POINTS, Between, Footprints, is_short, laterals
from hotline.airspace.levels import gap_m
from hotline.airspace.meeting import Gaps, Meeting, Score, score
from hotline.airspace.periods import gap_us
from hotline.airspace.reason import Reason
from hotline.airspace.relation import Relation, by_right, gives_way
from hotline.airspace.stumbling import STUMBLED
from hotline.airspace.terms import Terms
from hotline.model.kinds import Relation as RelationKind

Pair = tuple[int, int]
"""A volume of the one activity and one of the other, by their place in ``extents``."""

Measured = dict[Pair, Between | None]
"""What lies between the footprints of pairs of volumes; None is too much to be near."""

_CLEAR, _PROXIMITY, _POSSIBLE, _CONFLICT = range(4)
_KINDS: Final = (
    RelationKind.CLEAR,
    RelationKind.PROXIMITY,
    RelationKind.POSSIBLE,
    RelationKind.CONFLICT,
)
"""Each graver than the one before."""


NOT_COMPARED: Final = Reason("airspace.unfinished", "they have not been compared to the end yet")
TOO_MANY: Final = Reason(
    "airspace.too-many", "they have not been compared, since there are too many others near them"
)
AHEAD: Final = 384
"""Small pairs, or as much work, that are measured over ground together: some milliseconds."""
SMALL: Final = 600
"""Pieces of one path times pieces of the other that are the work of a small pair."""


class _Later(Enum):
    """Stands for what is measured when its turn comes."""

    LATER = "later"


_LATER: Final = _Later.LATER


class Comparison:
    """Two activities being compared under the terms of a letter.

    The order in which the two are given does not matter: within, they stand in the order of their
    keys, and `relation` turns the result round. ``pairs`` are those volumes that may be near each
    other, where it is known that the rest is not; without it all are compared. ``measured`` is what
    was measured of these ahead. ``nearest``, which asks for all pairs, also measures how far from
    each other two activities are that are clear. A pair that raises an exception is possible, and
    ``stumble`` is told of it.
    """

    __slots__ = (
        "_ahead",
        "_far",
        "_gravest",
        "_measured",
        "_meetings",
        "_nearest",
        "_pairs",
        "_stumble",
        "_stumbled",
        "_turned",
        "one",
        "other",
        "terms",
    )

    def __init__(
        self,
        one: Planned,
        other: Planned,
        terms: Terms,
        *,
        pairs: Iterable[Pair] | None = None,
        measured: Measured | None = None,
        nearest: bool = False,
        stumble: Callable[[Exception], None] | None = None,
    ) -> None:
        self._turned = other.key < one.key
        if pairs is None:
            pairs = ((i, j) for i in range(len(one.extents)) for j in range(len(other.extents)))
        found = [(j, i) for i, j in pairs] if self._turned else list(pairs)
        self.one, self.other = (other, one) if self._turned else (one, other)
        self.terms = terms
        found.sort(reverse=True)
        self._pairs = found
        self._ahead = 0 if measured is None else len(found)
        self._measured: Measured = {} if measured is None else measured
        self._nearest = nearest
        self._stumble = stumble
        self._stumbled = False
        self._far: list[tuple[Score, Pair]] = []
        self._gravest = _CLEAR
        self._meetings: dict[int, Meeting] = {}

    @property
    def left(self) -> int:
        """How many pairs of volumes have not been compared yet."""
        return len(self._pairs)

    def run(self, budget: Budget) -> bool:
        """Go on until all is compared, which returns True, or the budget is used up."""
        while self._pairs:
            if not budget.spend():
                return False
            pair = self._pairs[-1]
            try:
                if not self._ahead:
                    self._look_ahead()
                if budget.elsewhere is not None and not self._at_hand(pair, budget.elsewhere):
                    return False
                self._judge(pair)
            except Exception as error:  # a defect of ours must not make anything clear
                self._note(error)
            self._ahead = max(0, self._ahead - 1)
            self._pairs.pop()
        if self._nearest and self._gravest == _CLEAR:
            try:
                return self._approach(budget)
            except Exception as error:  # how far apart they are is not known
                self._note(error)
        return True

    def _note(self, error: Exception) -> None:
        """Take note that a pair could not be judged, so that nothing is clear."""
        self._stumbled = True
        self._measured.pop(self._pairs[-1] if self._pairs else (-1, -1), None)
        if self._stumble is not None:
            self._stumble(error)

    def relation(self) -> Relation:
        """Return what the two are to each other by what has been compared.

        Until all is compared, what is no conflict yet is a possible one.
        """
        one, other = self.one, self.other
        meeting = self._meetings.get(self._gravest)
        kind = _KINDS[self._gravest]
        said = {} if meeting is None else meeting.said(kind)
        if self._pairs and kind is not RelationKind.CONFLICT:
            kind = RelationKind.POSSIBLE
            said["reasons"] = (*said.get("reasons", ()), NOT_COMPARED)
        if self._stumbled and kind is not RelationKind.CONFLICT:
            kind = RelationKind.POSSIBLE
            said["reasons"] = (*said.get("reasons", ()), STUMBLED)
        if kind is not RelationKind.CLEAR:
            said |= {"by_right": by_right(one, other), "gives_way": gives_way(one, other)}
        if self._turned:
            one, other = other, one
            said["volumes"] = tuple((j, i) for i, j in said.get("volumes", ()))
        return Relation(kind, one.key, other.key, one.revision, other.revision, **said)

    def _judge(self, pair: Pair) -> None:
        """Compare two volumes as far as they may be graver than what is known already."""
        between = self._measured.pop(pair, _LATER)
        if between is None and not self._nearest:
            return
        one, other, gaps, grave = self._judge_apart(pair)
        # Once there is a conflict, nothing but another one counts.
        if grave > _CLEAR and grave >= self._gravest:
            near = self._over_ground(one, other, gaps, between)
            if not _near(near.distance_m, self.terms.lateral_m):
                grave = _CLEAR
            elif near.distance_m > 0 and grave == _CONFLICT:
                grave = _PROXIMITY
            if grave > _CLEAR and grave >= self._gravest:
                self._gravest = grave
                self._take(one, other, near)
                return
        if self._nearest:
            self._far.append((self._at_best(one, other, gaps), pair))

    def _at_hand(self, pair: Pair, elsewhere: Elsewhere) -> bool:
        """Whether two volumes can be judged now; if not they are measured elsewhere first."""
        if pair in self._measured:
            return True
        one, other, _, grave = self._judge_apart(pair)
        footprint, its = one.footprint, other.footprint
        if footprint is None or its is None or not is_long(footprint, its):
            return True
        if grave < max(self._gravest, _PROXIMITY):
            return True
        beyond_m = self.terms.lateral_m
        if footprint.cap.gap_m(its.cap) > beyond_m + TOUCH_M:
            return True
        between = elsewhere.take(footprint, its, beyond_m)
        if between is STUMBLED:
            # Whoever measured it has told of that.
            self._stumbled = True
            between = None
        if isinstance(between, Reason):
            return False
        self._measured[pair] = between
        return True

    def _look_ahead(self) -> None:
        """Measure the next pairs over ground, unless that shall wait for their turn."""
        try:
            self._measure_next()
        except Exception:  # which of them it was, shows when each is measured by itself
            self._ahead, self._measured = 1, {}

    def _measure_next(self) -> None:
        wanted = []
        work = 0
        self._ahead = 0
        for pair in self._pairs[: -1 - AHEAD : -1]:
            self._ahead += 1
            one, other, _, grave = self._judge_apart(pair)
            # Once there is a conflict, nothing but another one counts.
            if grave < max(self._gravest, _PROXIMITY):
                continue
            footprint, its = one.footprint, other.footprint
            if footprint is not None and its is not None and is_short(footprint, its):
                wanted.append((pair, (footprint, its)))
                work += work_of(len(footprint.path), len(its.path))
                if work >= AHEAD:
                    break
        between = laterals([both for _, both in wanted], beyond_m=self.terms.lateral_m)
        self._measured = {pair: gap for (pair, _), gap in zip(wanted, between, strict=True)}

    def _judge_apart(self, pair: Pair) -> tuple[Extent, Extent, Gaps, int]:
        """Return two volumes, and what they are to each other if they meet over ground."""
        one, other = self._extents(pair)
        gaps = self._gaps(one, other)
        return one, other, gaps, self._at_worst(one, other, gaps)

    def _over_ground(
        self, one: Extent, other: Extent, gaps: Gaps, between: Between | _Later | None
    ) -> Gaps:
        """Return the gaps with what lies between two footprints; infinite if that is not near."""
        if one.footprint is None or other.footprint is None:
            return _unplaced(one.footprint or other.footprint, gaps)
        if between is _LATER:
            footprints = one.footprint, other.footprint
            (between,) = laterals([footprints], beyond_m=self.terms.lateral_m)
        return _with(gaps, between)

    def _extents(self, pair: Pair) -> tuple[Extent, Extent]:
        margin = self.terms.margin
        one, other = self.one.extents[pair[0]], self.other.extents[pair[1]]
        return one.under(margin), other.under(margin)

    def _gaps(self, one: Extent, other: Extent) -> Gaps:
        """Return the gaps in time and in height."""
        vertical_m, margin_m = gap_m(one.band, other.band, self.terms.margin)
        vertical_m = 0.0 if vertical_m <= TOUCH_M else vertical_m
        return Gaps(vertical_m, gap_us(one.period, other.period), margin_m)

    def _at_worst(self, one: Extent, other: Extent, gaps: Gaps) -> int:
        """Return what two volumes are if they meet over ground."""
        terms = self.terms
        if not (_near(gaps.time_us, terms.time_us) and _near(gaps.vertical_m, terms.vertical_m)):
            return _CLEAR
        if one.reasons or other.reasons:
            return _POSSIBLE
        return _PROXIMITY if gaps.time_us or gaps.vertical_m else _CONFLICT

    def _at_best(self, one: Extent, other: Extent, gaps: Gaps) -> Score:
        """Return a score that is surely not above that of two volumes."""
        distance_m = 0.0
        if one.footprint is not None and other.footprint is not None:
            distance_m = max(0.0, one.footprint.cap.gap_m(other.footprint.cap))
        return score(distance_m, gaps.vertical_m, gaps.time_us, self.terms)

    def _approach(self, budget: Budget) -> bool:
        """Find the nearest of all pairs, none of which is near."""
        # By what is known already no pair can be nearer than that: the nearest come last. Those
        # that may be as near are measured too: which one is told of is no matter of their order.
        self._far.sort(reverse=True)
        while self._far and self._far[-1][0] <= self._nearest_yet():
            if not budget.spend():
                return False
            one, other = self._extents(self._far.pop()[1])
            gaps = self._gaps(one, other)
            if one.footprint is None or other.footprint is None:
                gaps = _unplaced(one.footprint or other.footprint, gaps)
            else:
                gaps = _with(gaps, lateral(one.footprint, other.footprint))
            self._take(one, other, gaps)
        self._far.clear()
        return True

    def _nearest_yet(self) -> Score:
        nearest = self._meetings.get(_CLEAR)
        return (math.inf, math.inf) if nearest is None else nearest.score

    def _take(self, one: Extent, other: Extent, gaps: Gaps) -> None:
        """Let a pair count for what the two activities are as far as is known."""
        meeting = self._meetings.get(self._gravest)
        if meeting is None:
            meeting = self._meetings[self._gravest] = Meeting(self.terms)
        meeting.take(one, other, gaps, (self.one.key, self.other.key))


def _near(gap: float, minimum: float) -> bool:
    """Say whether a gap is below a minimum; where two meet it is, whatever the minimum."""
    return gap == 0 or gap < minimum


def _unplaced(placed: Footprint | None, gaps: Gaps) -> Gaps:
    """Return the gaps if one outline at least cannot be placed, so that nothing keeps them apart.

    They are said to meet in the middle of the other one.
    """
    place = None if placed is None else placed.cap.center
    return Gaps(gaps.vertical_m, gaps.time_us, gaps.margin_m, place=place)


def _with(gaps: Gaps, between: Between | Lateral | None) -> Gaps:
    """Return the gaps with what lies between two footprints; None is infinitely much."""
    if between is None:
        return Gaps(gaps.vertical_m, gaps.time_us, gaps.margin_m, math.inf)
    return Gaps(
        gaps.vertical_m, gaps.time_us, gaps.margin_m, between.distance_m, True, between.place
    )


def measured(
    one: Planned, others: Iterable[tuple[Planned, Sequence[Pair]]], beyond_m: float
) -> list[Measured | None]:
    """Measure over ground, for several comparisons of one activity at once, what they will ask for.

    Those pairs of volumes may be near each other; ``beyond_m`` is the greatest lateral minimum.
    None stands for a comparison of so many pairs that it does this by itself, as it goes along.
    What is measured ahead changes no result.
    """
    found: list[Measured | None] = []
    wanted: list[tuple[Measured, Pair, Footprints]] = []
    points = points_of(one)
    for other, pairs in others:
        if len(pairs) > AHEAD or len(pairs) * work_of(points, points_of(other)) > 2 * AHEAD:
            found.append(None)
            continue
        known: Measured = {}
        found.append(known)
        turned = other.key < one.key
        for i, j in pairs:
            own, its = one.extents[i].footprint, other.extents[j].footprint
            if own is not None and its is not None and is_short(own, its):
                wanted.append(
                    (known, (j, i), (its, own)) if turned else (known, (i, j), (own, its))
                )
    between = laterals([footprints for _, _, footprints in wanted], beyond_m=beyond_m)
    for (known, pair, _), gap in zip(wanted, between, strict=True):
        known[pair] = gap
    return found


def points_of(planned: Planned) -> int:
    """Return the points of the longest path of an activity that is measured with others."""
    paths = (len(one.footprint.path) for one in planned.extents if one.footprint is not None)
    return max((points for points in paths if points <= MOST_POINTS), default=1)


def work_of(points: int, its_points: int) -> int:
    """Return how much it is to measure two paths of so many points: 1 for two that are small."""
    return 1 + points * its_points // SMALL


def relate(one: Planned, other: Planned, terms: Terms, *, nearest: bool = True) -> Relation:
    """Return what two activities are to each other, all of it, however long that takes.

    ``relate(other, one, terms)`` is the same relation seen from the other side. Without
    ``nearest`` it is not measured how far apart two are that are clear.
    """
    comparison = Comparison(one, other, terms, nearest=nearest)
    comparison.run(Budget())
    return comparison.relation()


def unfinished(relation: Relation, why: Reason = NOT_COMPARED) -> Relation:
    """Return a relation as it stands until the volumes are compared: possible, and why."""
    others = tuple(held for held in relation.reasons if held not in (NOT_COMPARED, TOO_MANY))
    return replace(relation, kind=RelationKind.POSSIBLE, reasons=(*others, why))


def stumbled_over(one: Planned, other: Planned) -> Relation:
    """Return what two activities are taken to be of which no comparison comes to an end."""
    return Relation(
        RelationKind.POSSIBLE,
        one.key,
        other.key,
        one.revision,
        other.revision,
        reasons=(STUMBLED,),
        by_right=by_right(one, other),
        gives_way=gives_way(one, other),
    )
