"""What stands on one line, held so that it is compared once, and only where two can meet.

A notice is computed and put into the engine only when the sieve finds one of the other side that
it may have to do with; then both are. What does not fit into the time allowed waits and is
compared later, a slice at a time, each of which gets on however many notices there are: until then
it is a possible conflict with whatever may be near. Nothing is forgotten.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from hotline.airspace.activity import Key
from hotline.airspace.budget import Budget
from hotline.airspace.engine import MOST_RELATIONS, Change, Engine, Outcome
from hotline.airspace.relation import Relation
from hotline.airspace.stumbling import Stumble, unheard
from hotline.airspace.terms import terms_of
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter
from hotline.model.lifecycle import Step
from hotline.model.messages import kind_of
from hotline.model.times import SECOND_US
from hotline.node.airspace.current import Current, Stepped
from hotline.node.airspace.errands import Errands
from hotline.node.airspace.findings import Cause, not_compared, unfinished
from hotline.node.airspace.lateness import Due, Timetable, let_go_on, where_of
from hotline.node.airspace.sieve import Sieve
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.unheld import Unheld

Changed = list[tuple[Change, Cause]]
"""Changes of relations, each with what brought it about."""

AT_LEAST_S: Final = 0.003
"""How long a slice compares, even where the way to the first comparison has taken all its time."""
FIRST_NEIGHBOURS: Final = 20
"""Neighbours that the first notice of a group is compared with, whatever the time is."""
FIRST_LOOKS: Final = 64
"""Pairs of volumes, and neighbours, that this takes at most."""
LOOKED_AT_US: Final = 30 * SECOND_US
"""How often it is looked whether what a wrong clock keeps from expiring is over."""
_LOOKS: Final = 256
"""Neighbours looked at between two looks at the clock; each takes less than a microsecond."""


@dataclass(slots=True, eq=False)
class _Begun:
    """A notice that is being compared, and its neighbours that may not be in the engine yet.

    They are put there before it, since many are compared at once faster than one by one; where that
    takes too long it goes first (``placed``), and they follow one by one. Those that have to be
    drawn in a thread before (``undrawn``) come last.
    """

    standing: Standing
    cause: Cause
    names: list[str]
    placed: bool = False
    undrawn: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether it is compared with all that there was."""
        return self.placed and not self.names and not self.undrawn


class Compared:
    """All notices of one line, and what they are to each other.

    ``observe`` is told how long, in seconds, a comparison took; ``stumble`` of what could not be
    compared, by a fault of this program. That ends at the notice that it came with, which then
    stands as possible with all that may be near.
    """

    def __init__(
        self,
        own: str,
        peer: str,
        letter: Letter,
        observe: Callable[[float], None],
        stumble: Stumble = unheard,
    ) -> None:
        terms = terms_of(letter)
        self._peer_of = {own: peer, peer: own}
        self._observe = observe
        self._stumble = stumble
        ahead_us = round(letter.clock.maximum_offset_ms * 1000)
        self.current = Current(own, peer, ahead_us)
        self.timetable = Timetable(letter.limits)
        self.engine = Engine(own, {peer: terms}, stumble=stumble)
        # What could not be put there.
        self._unheld = Unheld(own)
        self._sieves: dict[str, Sieve[str]] = {own: Sieve(terms), peer: Sieve(terms)}
        # Notices that wait to be compared, with what brought them.
        self._later: OrderedDict[Key, Cause] = OrderedDict()
        # The one of them whose turn it is.
        self._begun: _Begun | None = None
        self._engine_first = False
        # Of whom there are more near than relations can be held, and how many.
        self._crowded: dict[Key, int] = {}
        # What is done in a thread, since it would take too long here.
        self.errands = Errands(stumble)
        # What brought those that the engine has not compared to the end.
        self._open: dict[Key, Cause] = {}

    # --- What is said, and what the clock does --------------------------------------------

    def step(
        self,
        centre: str,
        message: Step,
        id_: bytes,
        precedence: Precedence,
        now_us: int,
        payload: bytes | None = None,
    ) -> Stepped:
        """Take what a centre says of a notice; what is to be compared is put to `place` next.

        ``payload`` is the message as it is encoded here, where that is at hand.
        """
        stepped = self.current.step(centre, message, id_, precedence, now_us, payload)
        standing = stepped.standing
        if standing is not None and (stepped.taken or self.current.get(standing.key) is standing):
            if standing.running:
                let_go_on(standing, now_us)
            self.timetable.enter(standing, now_us)
        return stepped

    def place(self, standing: Standing, cause: Cause, deadline: float) -> Changed:
        """Compare a notice that is new or has changed; later, where the time is over."""
        near = self.neighbours(standing)
        return [] if near is None else self.compare(standing, near, cause, deadline)

    def follow(
        self,
        stepped: Stepped,
        kind: str,
        id_: bytes,
        deadline: float,
        *,
        first: bool = False,
    ) -> Changed | None:
        """Compare what a message has changed, or take out what it has ended; None if neither.

        ``kind`` and ``id_`` are the message's; ``first`` is as for `compare`.
        """
        standing = stepped.standing
        if standing is None or not (stepped.taken or stepped.gone):
            return None
        cause = Cause(kind, id_, standing)
        if stepped.gone:
            return self.gone(standing, cause)
        try:
            near = self.neighbours(standing)
        except Exception as error:  # a defect of ours must not make anything clear
            return self._fail(standing, cause, error)
        if near is None:
            return None
        return self.compare(standing, near, cause, deadline, first=first)

    def neighbours(self, standing: Standing) -> list[str] | None:
        """Hold a notice that is new or has changed; return who may be near.

        None means that nobody is and nobody was, so that there is nothing to `compare`.
        """
        centre, reference = standing.key
        where = standing.where if standing.prolonged_us is None else where_of(standing)
        self._sieves[centre].put(reference, where)
        near = self._sieves[self._peer_of[centre]].near(where)
        met = self.engine.get(standing.key) is not None or standing.key in self._unheld
        return near if near or met else None

    def compare(
        self,
        standing: Standing,
        near: list[str],
        cause: Cause,
        deadline: float,
        *,
        first: bool = False,
    ) -> Changed:
        """Compare a notice with its `neighbours`; later, where the time is over.

        The ``first`` one of a group is compared with some of them however late it is: on a machine
        that has much to do the time may be over before anything has begun.
        """
        self._put_by(standing.key)
        work = _Begun(standing, cause, near)
        late = _after(deadline, looks=FIRST_LOOKS if first else 0)
        try:
            changed = [] if late() else self._compare(work, late)
            if first and not work.placed:
                some = work.names[-FIRST_NEIGHBOURS:]
                changed += self._compare(
                    _Begun(standing, cause, some), _after(deadline, looks=FIRST_LOOKS)
                )
        except Exception as error:  # a defect of ours must not make anything clear
            return self._fail(standing, cause, error)
        if not work.over:
            self._later[standing.key] = cause
        return changed

    def _compare(self, work: _Begun, late: Callable[[], bool]) -> Changed:
        """Get on with the comparison of a notice, until it is ``over`` or the time is."""
        standing, cause, names = work.standing, work.cause, work.names
        begun = time.perf_counter()
        changed: Changed = []
        looks = 0
        while names:
            name = names.pop()
            looks += 1
            other = self._to_put(name, standing)
            if other is not None:
                outcome = self._put(other, late)
                if outcome is None:
                    work.undrawn.append(name)
                else:
                    changed += self._brought(other, outcome, cause)
            elif looks % _LOOKS:
                continue
            if late():
                break
        if not work.placed and not (names and self._begun is not work):
            outcome = self._put(standing, late)
            if outcome is not None:
                work.placed = True
                self._open.pop(standing.key, None)
                changed += self._brought(standing, outcome, cause)
        self._observe(time.perf_counter() - begun)
        return changed

    def _to_put(self, name: str, standing: Standing) -> Standing | None:
        """Return a neighbour of a notice if it is not in the engine yet."""
        key = Key(self._peer_of[standing.key.centre], name)
        return None if self.engine.get(key) is not None else self.current.get(key)

    def _brought(self, standing: Standing, outcome: Outcome, cause: Cause) -> Changed:
        """Return what was changed by putting a notice in; note what brought what is left."""
        if outcome.left:
            self._open.setdefault(standing.key, cause)
        return [(change, cause) for change in outcome.changes]

    def _put(self, standing: Standing, late: Callable[[], bool]) -> Outcome | None:
        """Put a notice into the engine; None if it has to be drawn in a thread before."""
        key = standing.key
        try:
            planned = self.errands.planned(standing)
            if planned is None:
                return None
            outcome = self.engine.put(planned, Budget(late=late, elsewhere=self.errands.elsewhere))
        except Exception as error:  # a defect of ours must not make anything clear
            self._stumble(key.reference, error)
            return Outcome(tuple(self._unhold(standing)))
        self._crowded.pop(key, None)
        if outcome.crowded:
            self._crowded[key] = outcome.crowded
        if key in self._unheld and not outcome.left:
            known = {relation.other for relation in self.engine.relations_of(key)}
            resolved = self._unheld.release(key, known)
            outcome = replace(outcome, changes=(*outcome.changes, *resolved))
        return outcome

    def _fail(self, standing: Standing, cause: Cause, error: Exception) -> Changed:
        """Have a notice stand as possible that could not be compared; return what that changes."""
        self._stumble(standing.key.reference, error)
        self._put_by(standing.key)
        return [(change, cause) for change in self._unhold(standing)]

    def _unhold(self, standing: Standing) -> list[Change]:
        """Take a notice out of the engine, and take it to be possible with whatever is near."""
        key, peer = standing.key, self._peer_of[standing.key.centre]
        self._open.pop(key, None)
        self._crowded.pop(key, None)
        try:
            ended = self.engine.remove(key)
            near = self._sieves[peer].near(where_of(standing))
            held = (self.current.get(Key(peer, name)) for name in near)
            others = [*islice((one for one in held if one is not None), MOST_RELATIONS)]
            changes = self._unheld.put(standing, others)
        except Exception as error:  # it waits no more, and nothing of it is said to be resolved
            self._stumble(key.reference, error)
            return []
        near_keys = {other.key for other in others}
        far = (one for one in ended if not near_keys & {one.relation.one, one.relation.other})
        return [*changes, *far]

    def crowded(self, key: Key) -> int:
        """Return with how many more a notice stands as possible, since they are too many."""
        return self._crowded.get(key, 0) if self.engine.crowded else 0

    def _put_by(self, key: Key) -> None:
        """Forget that a notice was to be compared as it was."""
        self._later.pop(key, None)
        if self._begun is not None and self._begun.standing.key == key:
            self._begun = None

    def hold(self, standing: Standing, now_us: int) -> None:
        """Hold a notice that is compared later, from the other side or by `put_off`."""
        let_go_on(standing, now_us)
        self._sieves[standing.key.centre].put(standing.key.reference, where_of(standing))
        self.timetable.enter(standing, now_us)

    def gone(self, standing: Standing, cause: Cause) -> Changed:
        """Take out what stands no more."""
        self._put_by(standing.key)
        self._crowded.pop(standing.key, None)
        self.timetable.forget(standing)
        self._sieves[standing.key.centre].remove(standing.key.reference)
        changes = [*self._unheld.gone(standing.key)]
        try:
            changes += self.engine.remove(standing.key)
        except Exception as error:  # what is not known to be resolved goes on
            self._stumble(standing.key.reference, error)
        return [(change, cause) for change in changes]

    def pass_time(
        self, now_us: int, deadline: float, *, expiring_us: int | None = None
    ) -> tuple[Changed, list[Standing]]:
        """Let plans expire, and what should have ended go on; return whose moment has come too.

        Plans that have not ended by ``expiring_us``, if it is given, do not expire.
        """
        changed: Changed = []
        due = []
        for one in self.timetable.take(now_us, expiring_us=expiring_us):
            standing = one.standing
            if self.current.get(standing.key) is not standing:
                continue
            due.append(standing)
            try:
                changed += self._due(one, now_us, deadline)
            except Exception as error:  # a defect of ours must not keep all others waiting
                changed += self._fail(standing, Cause("overrun", about=standing), error)
        return changed, due

    def _due(self, one: Due, now_us: int, deadline: float) -> Changed:
        """Do with one notice what its moment brings."""
        changed: Changed = []
        standing = one.standing
        awaited, stepped = standing.awaited, self.current.come(standing, now_us)
        if stepped is not None and awaited is not None:
            kind = kind_of(awaited.message).value
            changed += self.follow(stepped, kind, awaited.id, deadline) or ()
            if stepped.gone:
                return changed
        if one.expired:
            self.current.over(standing)
            return changed + self.gone(standing, Cause("expiry", about=standing))
        if one.prolonged:
            let_go_on(standing, now_us)
            changed += self.place(standing, Cause("overrun", about=standing), deadline)
        if one.waits_us:
            # Looked at again before long: clocks are set right, too.
            self.timetable.wait(standing, now_us + min(one.waits_us, LOOKED_AT_US))
        else:
            self.timetable.enter(standing, now_us, seen=True)
        return changed

    # --- What is left to compare ----------------------------------------------------------

    @property
    def unfinished(self) -> bool:
        """Whether something is left to compare."""
        return bool(self._later or self._begun or self.engine.unfinished)

    def waits(self, key: Key) -> bool:
        """Whether a notice is not compared with all others yet."""
        if key in self._later or (self._begun is not None and self._begun.standing.key == key):
            return True
        return bool(self.engine.unfinished) and any(map(unfinished, self.engine.relations_of(key)))

    def put_off(self, standing: Standing, cause: Cause) -> None:
        """Have a notice compared later."""
        self._put_by(standing.key)
        self._later[standing.key] = cause

    def go_on(self, deadline: float) -> Changed:
        """Compare what is left, until a moment of ``time.perf_counter`` or little longer.

        Something is compared in any case, unless it first takes what ``errands`` want then. What
        waits for its turn and what the engine has begun come first by turns, so that neither keeps
        the other waiting.
        """
        changed: Changed = []
        self.errands.begin()
        self._engine_first = not self._engine_first
        if self._engine_first or not (self._later or self._begun):
            changed += self._finish(deadline)
        late = _after(deadline)
        while self._later or self._begun:
            work = self._begun = self._begun or self._next(changed)
            if work is not None:
                work.names += work.undrawn
                work.undrawn.clear()
                try:
                    changed += self._compare(work, _after(deadline, AT_LEAST_S))
                except Exception as error:  # a defect of ours must not keep all others waiting
                    changed += self._fail(work.standing, work.cause, error)
                    continue
                if work.over:
                    self._begun = None
                elif not work.names:
                    break  # what is left of it has to be drawn in a thread
            if late():
                break
        return changed

    def _next(self, changed: Changed) -> _Begun | None:
        """Return the next that waits; None where it has gone, or nobody is near any more.

        Of one that cannot even be looked for, what that changes is added to ``changed``.
        """
        key, cause = self._later.popitem(last=False)
        standing = self.current.get(key)
        try:
            near = None if standing is None else self.neighbours(standing)
        except Exception as error:  # a defect of ours must not keep all others waiting
            if standing is not None:
                changed += self._fail(standing, cause, error)
            return None
        return None if standing is None or near is None else _Begun(standing, cause, near)

    def _finish(self, deadline: float) -> Changed:
        """Go on with what the engine has begun."""
        changed: Changed = []
        late = _after(deadline, AT_LEAST_S)
        budget = Budget(late=late, elsewhere=self.errands.elsewhere)
        try:
            changes = [*self.engine.go_on(budget)]
            failed = self.engine.failed()
        except Exception as error:  # a defect of ours must not keep all others waiting
            self._stumble("", error)
            changes, failed = [], self.engine.give_up()
        for standing in map(self.current.get, failed):
            changes += [] if standing is None else self._unhold(standing)
        for change in changes:
            keys = change.relation.other, change.relation.one
            causes = (self._open[key] for key in keys if key in self._open)
            changed.append((change, next(causes, Cause("comparison"))))
        if not self.engine.unfinished:
            self._open.clear()
        return changed

    # --- What is shown --------------------------------------------------------------------

    def relations_of(self, key: Key, most: int = 1000) -> list[Relation]:
        """Return what a notice is to those of the other side, it being ``one``.

        What is not compared yet is among them, as possible, after what is.
        """
        found = self.engine.relations_of(key, most)
        if self._unheld:
            known = {relation.other for relation in found}
            found += [one for one in self._unheld.relations_of(key) if one.other not in known]
        if self._later or self._begun or self._unheld:
            known = {relation.other for relation in found}
            found += islice(self._uncompared(key, known), most - len(found))
        return found

    def relates(self, one: Key, other: Key) -> bool:
        """Whether two notices are something to each other, or may be."""
        if self.engine.related(one, other):
            return True
        if not (self.unfinished or self._unheld or self.engine.crowded):
            return False
        return any(relation.other == other for relation in self.relations_of(one, 2**31))

    def _uncompared(self, key: Key, known: set[Key]) -> Iterator[Relation]:
        """Yield, as possible, what a notice may be to those that the engine knows nothing of."""
        standing = self.current.get(key)
        if standing is None:
            return
        begun = None if self._begun is None else self._begun.standing.key
        peer, where = self._peer_of[key.centre], where_of(standing)
        for name in self._sieves[peer].near(where):
            other = Key(peer, name)
            if other in known:
                continue
            waits = any(one in self._later or one in self._unheld for one in (key, other))
            if not waits and begun in (key, other):
                waits = self.engine.get(key) is None or self.engine.get(other) is None
            held = self.current.get(other) if waits else None
            if held is not None:
                yield not_compared(standing, held)


def _after(deadline: float, at_least_s: float = 0.0, looks: int = 0) -> Callable[[], bool]:
    """Return what says whether a moment has passed, and some time since it was asked first.

    It is never late for the first ``looks`` of those who ask.
    """
    until = deadline if not at_least_s else None

    def late() -> bool:
        nonlocal until, looks
        if looks:
            looks -= 1
            return False
        now = time.perf_counter()
        if until is None:
            until = max(deadline, now + at_least_s)
        return now > until

    return late
