"""All current activities, and what each of them is to the others, held up to date.

A notice or revision is `put` in and compared at once with the current activities of the other
side; a withdrawal or end takes it out. Each answers with the changes: relations that are new, that
have changed, that are resolved. Nothing is compared twice, and nothing is forgotten silently: where
a `Budget` ends before all is compared, the rest stands as *possible* and `go_on` takes it up; and
so does what is one too many of relations to be held (`hotline.airspace.room`), until there is room.

Pure: no clock, no thread. Whoever holds the engine calls it from one thread.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import islice
from typing import Final

import numpy as np

from hotline.airspace.activity import Key, Planned
from hotline.airspace.budget import Budget
from hotline.airspace.comparison import (
    AHEAD,
    NOT_COMPARED,
    TOO_MANY,
    Comparison,
    Measured,
    Pair,
    measured,
    points_of,
    stumbled_over,
    unfinished,
)
from hotline.airspace.index import Index, Rows
from hotline.airspace.nearby import Nearby, Pairing
from hotline.airspace.opened import Approached, Held, Open, of_about, place_of
from hotline.airspace.relation import Relation
from hotline.airspace.room import LIMITS, Limits, Room
from hotline.airspace.stumbling import Stumble, unheard
from hotline.airspace.terms import DEFAULT_TERMS, Terms, widest
from hotline.model.kinds import Relation as RelationKind

MOST_RELATIONS: Final = 1_000
"""Relations of one activity that `relations_of` returns unless asked for more."""


class What(Enum):
    """What has become of a relation."""

    NEW = "new"
    CHANGED = "changed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Change:
    """A relation that is new, changed or resolved; ours is ``one`` where one of the two is ours.

    ``relation`` is what holds now, clear if resolved; ``before`` what held until now.
    """

    what: What
    relation: Relation
    before: Relation | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What putting in an activity has changed.

    ``left`` are others not compared with it yet, ``crowded`` those that won't be, and stand as
    possible, until there is room for more relations.
    """

    changes: tuple[Change, ...] = ()
    left: int = 0
    crowded: int = 0


class Engine:
    """The current activities of ``own`` and of its peers, and their relations.

    ``terms`` are those of the letter with each peer: what concerns one peer alone is judged by
    them. Activities of two peers, where they are compared, two of our own, and those of a centre
    without terms are judged by the widest. Two that raise an exception are possible, and
    ``stumble`` is told of it.
    """

    def __init__(
        self,
        own: str,
        terms: Mapping[str, Terms],
        *,
        pairing: Pairing = Pairing.OWN_AND_PEERS,
        limits: Limits = LIMITS,
        stumble: Stumble = unheard,
    ) -> None:
        self._own = own
        self._stumble = stumble
        self._failed: list[Key] = []
        self._terms = dict(terms)
        every = [*terms.values()] or [DEFAULT_TERMS]
        self._widest = widest(every)
        self._index = Index(self._widest, [one.margin for one in (*every, self._widest)])
        self._sides = {own: 0}
        self._held: dict[Key, Held] = {}
        self._by_serial: dict[int, Held] = {}
        self._nearby = Nearby(self._index, self._sides, self._by_serial, pairing)
        self._open: dict[Key, Open] = {}
        self._crowded: dict[Key, Open] = {}
        self._room = Room(limits)
        self._serial = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def octets(self) -> int:
        """How much memory the index takes, without activities and relations."""
        return self._index.octets

    @property
    def unfinished(self) -> int:
        """How many activities are not compared to the end with those that came before them."""
        return len(self._open)

    @property
    def crowded(self) -> int:
        """How many activities find no more relations, until there is room for these."""
        return len(self._crowded)

    def get(self, key: Key) -> Planned | None:
        """Return an activity in force, or None."""
        held = self._held.get(key)
        return None if held is None else held.planned

    def put(self, activity: Planned, budget: Budget | None = None) -> Outcome:
        """Take in an activity, in place of what is held by its key, and compare it.

        Relations that the former one had come first, then the rest by start. What the budget does
        not allow for stands as possible until `go_on`; without a budget there is nothing of it. So
        does what would be too much to be held.
        """
        self._serial += 1
        side = self._sides.setdefault(activity.key.centre, len(self._sides))
        first_us, points = activity.period.start_us, points_of(activity)
        rows = self._index.add(self._serial, side, activity.extents)
        former = self._forget(activity.key)
        relations = {} if former is None else former.relations
        held = Held(activity, self._serial, first_us, rows, relations, points)
        self._held[activity.key] = self._by_serial[held.serial] = held
        again = np.array([self._held[key].serial for key in held.relations], np.int64)
        opened = self._open[activity.key] = Open(held, frozenset(again.tolist()))
        opened.full = self._full(activity.key)
        waiting = self._nearby.waiting(opened)
        changes = []
        for serial in np.setdiff1d(again, self._index.owners(waiting)).tolist():
            other = self._by_serial[serial]
            changes += self._settle(held, other, self._compare(held, other, ()).relation())
        changes += self._advance(opened, waiting, budget or Budget())
        crowded = np.unique(self._index.owners(self._nearby.waiting(opened, crowded=True)))
        if activity.key not in self._open:
            return Outcome(tuple(changes), crowded=len(crowded))
        left = np.unique(self._index.owners(self._nearby.waiting(opened)))
        for serial in np.intersect1d(again, left).tolist():
            other = self._by_serial[serial]
            held_before = held.relations[other.planned.key]
            changes += self._settle(held, other, unfinished(held_before))
        left_count = len(left) + (opened.running is not None)
        return Outcome(tuple(changes), left_count, len(crowded))

    def go_on(self, budget: Budget) -> tuple[Change, ...]:
        """Compare what was left open, the most urgent activities first; `unfinished` says of more.

        Returns what this has changed.
        """
        changes: list[Change] = []
        for opened in sorted(
            self._open.values(),
            key=lambda one: (one.held.planned.precedence, one.held.first_us),
        ):
            key = opened.held.planned.key
            try:
                opened.full = self._full(key)
                changes += self._advance(opened, self._nearby.waiting(opened), budget)
            except Exception as error:  # a defect of ours must not keep all others waiting
                self._stumble(key.reference, error)
                self._failed.append(key)
                self._open.pop(key, None)
            if opened.held.planned.key in self._open:
                break
        return tuple(changes)

    def give_up(self) -> list[Key]:
        """Leave all that is not compared to the end as it is; return what that is."""
        keys = [*self._open]
        self._open.clear()
        return keys

    def failed(self) -> list[Key]:
        """Return, once, what `go_on` could not compare to the end, by a fault of this program.

        It is held, and its relations may be too few: whoever holds the engine takes it out.
        """
        failed, self._failed = self._failed, []
        return failed

    def remove(self, key: Key) -> tuple[Change, ...]:
        """Take out an activity that was withdrawn or has ended; return what that resolves.

        A key that is not held changes nothing.
        """
        former = self._forget(key)
        if former is None:
            return ()
        changes = []
        for other, before in former.relations.items():
            del self._held[other].relations[key]
            self._leave(key, other)
            changes.append(Change(What.RESOLVED, _resolved(before), before))
        return tuple(changes)

    def expire(self, now_us: int, *, but: Container[Key] = ()) -> tuple[Change, ...]:
        """Take out every activity whose last volume is no more in use; return what that resolves.

        ``but`` are those that should have ended and have not.
        """
        keys = [self._by_serial[serial].planned.key for serial in self._index.over(now_us).tolist()]
        return tuple(
            change for key in sorted(keys) if key not in but for change in self.remove(key)
        )

    def relations_of(self, key: Key, most: int = MOST_RELATIONS) -> list[Relation]:
        """Return what an activity is to the others, it being ``one``; at most so many.

        What is not compared yet is among them, as possible, after what is.
        """
        held = self._held.get(key)
        if held is None:
            return []
        found = (*held.relations.values(), *islice(self._uncompared(held), most))
        return [
            relation if relation.one == key else relation.mirrored() for relation in found[:most]
        ]

    def related(self, one: Key, other: Key) -> bool:
        """Whether two activities were found to be something to each other."""
        held = self._held.get(one)
        return held is not None and other in held.relations

    def at(self, time_us: int, around_us: int = 0) -> list[Planned]:
        """Return the activities in use within ``around_us`` of a moment, by start and key."""
        serials = self._index.during(time_us - around_us, time_us + around_us).tolist()
        found = [self._by_serial[serial].planned for serial in serials]
        return sorted(found, key=lambda planned: (planned.period.start_us, planned.key))

    def _forget(self, key: Key) -> Held | None:
        """Take an activity out, but for its relations; return it."""
        former = self._held.pop(key, None)
        if former is not None:
            del self._by_serial[former.serial]
            self._open.pop(key, None)
            self._crowded.pop(key, None)
            self._index.remove(former.rows)
        return former

    def _full(self, key: Key) -> set[str]:
        """Return the centres with whose activities one must find no more relations."""
        return {centre for centre in self._sides if self._room.full(key, centre)}

    def _advance(self, opened: Open, waiting: Rows, budget: Budget) -> list[Change]:
        """Compare an activity with others until there are none or the budget is used up."""
        changes: list[Change] = []
        full = -1
        while full < len(opened.full):
            full = len(opened.full)
            for other, comparison in self._comparisons(opened, waiting, budget):
                done, relation = self._run(opened.held, other, comparison, budget)
                changes += self._settle(opened.held, other, relation)
                if not done:
                    opened.running = other, comparison
                    return changes
            waiting = self._nearby.waiting(opened) if full < len(opened.full) else waiting
        key = opened.held.planned.key
        del self._open[key]
        if len(self._nearby.waiting(opened, crowded=True)):
            self._crowded[key] = opened
        return changes

    def _run(
        self, held: Held, other: Held, comparison: Comparison, budget: Budget
    ) -> tuple[bool, Relation]:
        """Go on with a comparison; say whether it is done, and what the two are as far as known."""
        try:
            return comparison.run(budget), comparison.relation()
        except Exception as error:  # a defect of ours must not make anything clear
            self._stumble(other.planned.key.reference, error)
            return True, stumbled_over(held.planned, other.planned)

    def _measured(self, held: Held, some: Sequence[Approached]) -> Sequence[Measured | None]:
        """Measure what is compared next; what raises an exception shows in its own comparison."""
        pairs_of = ((other.planned, pairs) for other, pairs in some)
        try:
            return measured(held.planned, pairs_of, self._widest.lateral_m)
        except Exception:
            return [None] * len(some)

    def _comparisons(
        self, opened: Open, waiting: Rows, budget: Budget
    ) -> Iterator[tuple[Held, Comparison]]:
        """Yield the comparison that was broken off, unless the other has gone; then what waits.

        Many are measured together. What that finds to be clear, and was, is not even yielded. Ends
        as well where there is no room for a relation with the next one.
        """
        running, opened.running = opened.running, None
        if running is not None and self._by_serial.get(running[0].serial) is running[0]:
            yield running
        held = opened.held
        approached = self._nearby.approached(held, waiting)
        while some := of_about(AHEAD, held, approached):
            for (other, pairs), known in zip(some, self._measured(held, some), strict=True):
                key, centre = other.planned.key, other.planned.key.centre
                place = place_of(other, opened.again)
                if key not in held.relations:
                    clear = (
                        known is not None and len(known) == len(pairs) and not any(known.values())
                    )
                    if clear and all(budget.spend() for _ in pairs):
                        opened.after[centre] = place
                        continue
                    if self._room.full(held.planned.key, centre):
                        opened.full.add(centre)
                        return
                opened.after[centre] = place
                yield other, self._compare(held, other, pairs, known)

    def _compare(
        self, held: Held, other: Held, pairs: Iterable[Pair], known: Measured | None = None
    ) -> Comparison:
        terms = self._terms_between(held.planned.key.centre, other.planned.key.centre)
        return Comparison(
            held.planned,
            other.planned,
            terms,
            pairs=pairs,
            measured=known,
            stumble=partial(self._stumble, other.planned.key.reference),
        )

    def _terms_between(self, one: str, other: str) -> Terms:
        if one == self._own:
            one = other
        elif other not in (one, self._own):
            return self._widest
        return self._terms.get(one, self._widest)

    def _settle(self, held: Held, other: Held, relation: Relation) -> list[Change]:
        """Hold what two activities are to each other now; return the change, if it is one."""
        one, two = held.planned.key, other.planned.key
        before = held.relations.get(two)
        if relation.clear and before is None:
            return []
        # Ours is the one; among equals, the first by key.
        ours, theirs = one.centre == self._own, two.centre == self._own
        first = (one if ours else two) if ours != theirs else min(one, two)
        if relation.one != first:
            relation = relation.mirrored()
        if relation.clear:
            del held.relations[two], other.relations[one]
            self._leave(one, two)
            return [Change(What.RESOLVED, relation, before)]
        held.relations[two] = other.relations[one] = relation
        if before is None:
            self._room.enter(one, two)
            return [Change(What.NEW, relation)]
        return [Change(What.CHANGED, relation, before)] if relation != before else []

    def _leave(self, one: Key, two: Key) -> None:
        """Count one relation less; take up again what that makes room for."""
        if not self._room.leave(one, two):
            return
        for key, opened in list(self._crowded.items()):
            if any(self._room.again(key, centre) for centre in opened.full):
                self._open[key] = self._crowded.pop(key)

    def _uncompared(self, held: Held) -> Iterator[Relation]:
        """Yield, as possible, what an activity may be to those not yet compared with it."""
        if not self._open and not self._crowded:
            return
        for serial in np.unique(self._index.owners(self._nearby.near(held))).tolist():
            other = self._by_serial[serial]
            if other is held or other.planned.key in held.relations:
                continue
            late, early = (held, other) if held.serial > serial else (other, held)
            opened = self._open.get(late.planned.key) or self._crowded.get(late.planned.key)
            if opened is None:
                continue
            centre, place = early.planned.key.centre, place_of(early, opened.again)
            if centre not in opened.after or place > opened.after[centre]:
                # Of a comparison that has not begun, all pairs are left.
                relation = self._compare(held, other, [(0, 0)]).relation()
                yield unfinished(relation, TOO_MANY if centre in opened.full else NOT_COMPARED)


def _resolved(before: Relation) -> Relation:
    """Return what is left of a relation when one of the two activities is no more."""
    return Relation(
        RelationKind.CLEAR,
        before.one,
        before.other,
        before.one_revision,
        before.other_revision,
    )
