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
from itertools import islice
from typing import Final

from hotline.airspace.activity import Key
from hotline.airspace.engine import Change, Engine, Outcome
from hotline.airspace.relation import Relation
from hotline.airspace.stumbling import Stumble, unheard
from hotline.airspace.terms import terms_of
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter
from hotline.model.lifecycle import Step
from hotline.model.messages import kind_of
from hotline.model.times import SECOND_US
from hotline.node.airspace.begun import Begun, after
from hotline.node.airspace.current import Current, Stepped
from hotline.node.airspace.errands import Errands
from hotline.node.airspace.findings import Cause, not_compared, unfinished
from hotline.node.airspace.lateness import Due, Timetable, let_go_on, where_of
from hotline.node.airspace.putting import Putting
from hotline.node.airspace.standing import Standing

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
        # What is done in a thread, since it would take too long here.
        self.errands = Errands(stumble)
        self.putting = Putting((own, peer), terms, self.current, self.errands, stumble)
        # Notices that wait to be compared, with what brought them.
        self._later: OrderedDict[Key, Cause] = OrderedDict()
        # The one of them whose turn it is.
        self._begun: Begun | None = None
        self._engine_first = False
        # What brought those that the engine has not compared to the end.
        self._open: dict[Key, Cause] = {}

    @property
    def engine(self) -> Engine:
        """The relations of those that can meet, to be read."""
        return self.putting.engine

    def crowded(self, key: Key) -> int:
        """Return with how many more a notice stands as possible, since they are too many."""
        return self.putting.crowded(key)

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
        self.putting.sieves[centre].put(reference, where)
        near = self.putting.sieves[self._peer_of[centre]].near(where)
        return near if near or self.putting.met(standing.key) else None

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
        work = Begun(standing, cause, near)
        late = after(deadline, looks=FIRST_LOOKS if first else 0)
        try:
            changed = [] if late() else self._compare(work, late)
            if first and not work.placed:
                some = work.names[-FIRST_NEIGHBOURS:]
                changed += self._compare(
                    Begun(standing, cause, some), after(deadline, looks=FIRST_LOOKS)
                )
        except Exception as error:  # a defect of ours must not make anything clear
            return self._fail(standing, cause, error)
        if not work.over:
            self._later[standing.key] = cause
        return changed

    def _compare(self, work: Begun, late: Callable[[], bool]) -> Changed:
        """Get on with the comparison of a notice, until it is ``over`` or the time is."""
        standing, cause, names = work.standing, work.cause, work.names
        begun = time.perf_counter()
        changed: Changed = []
        looks = 0
        while names:
            name = names.pop()
            looks += 1
            other = self.putting.to_put(name, standing)
            if other is not None:
                outcome = self.putting.put(other, late)
                if outcome is None:
                    work.undrawn.append(name)
                else:
                    changed += self._brought(other, outcome, cause)
            elif looks % _LOOKS:
                continue
            if late():
                break
        if not work.placed and not (names and self._begun is not work):
            outcome = self.putting.put(standing, late)
            if outcome is not None:
                work.placed = True
                self._open.pop(standing.key, None)
                changed += self._brought(standing, outcome, cause)
        self._observe(time.perf_counter() - begun)
        return changed

    def _brought(self, standing: Standing, outcome: Outcome, cause: Cause) -> Changed:
        """Return what was changed by putting a notice in; note what brought what is left."""
        if outcome.left:
            self._open.setdefault(standing.key, cause)
        else:
            self._open.pop(standing.key, None)
        return [(change, cause) for change in outcome.changes]

    def _fail(self, standing: Standing, cause: Cause, error: Exception) -> Changed:
        """Have a notice stand as possible that could not be compared; return what that changes."""
        self._stumble(standing.key.reference, error)
        self._put_by(standing.key)
        self._open.pop(standing.key, None)
        return [(change, cause) for change in self.putting.unhold(standing)]

    def _put_by(self, key: Key) -> None:
        """Forget that a notice was to be compared as it was."""
        self._later.pop(key, None)
        if self._begun is not None and self._begun.standing.key == key:
            self._begun = None

    def hold(self, standing: Standing, now_us: int) -> None:
        """Hold a notice that is compared later, from the other side or by `put_off`."""
        let_go_on(standing, now_us)
        self.putting.sieves[standing.key.centre].put(standing.key.reference, where_of(standing))
        self.timetable.enter(standing, now_us)

    def gone(self, standing: Standing, cause: Cause) -> Changed:
        """Take out what stands no more."""
        self._put_by(standing.key)
        self.timetable.forget(standing)
        return [(change, cause) for change in self.putting.gone(standing)]

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
        late = after(deadline)
        while self._later or self._begun:
            work = self._begun = self._begun or self._next(changed)
            if work is not None:
                work.names += work.undrawn
                work.undrawn.clear()
                try:
                    changed += self._compare(work, after(deadline, AT_LEAST_S))
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

    def _next(self, changed: Changed) -> Begun | None:
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
        return None if standing is None or near is None else Begun(standing, cause, near)

    def _finish(self, deadline: float) -> Changed:
        """Go on with what the engine has begun."""
        changed: Changed = []
        for change in self.putting.go_on(after(deadline, AT_LEAST_S)):
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
        found = self.putting.relations_of(key, most)
        if self._later or self._begun or self.putting.unheld:
            known = {relation.other for relation in found}
            found += islice(self._uncompared(key, known), most - len(found))
        return found

    def relates(self, one: Key, other: Key) -> bool:
        """Whether two notices are something to each other, or may be."""
        if self.engine.related(one, other):
            return True
        if not (self.unfinished or self.putting.unheld or self.engine.crowded):
            return False
        return any(relation.other == other for relation in self.relations_of(one, 2**31))

    def _uncompared(self, key: Key, known: set[Key]) -> Iterator[Relation]:
        """Yield, as possible, what a notice may be to those that the engine knows nothing of."""
        standing = self.current.get(key)
        if standing is None:
            return
        begun = None if self._begun is None else self._begun.standing.key
        peer, where = self._peer_of[key.centre], where_of(standing)
        for name in self.putting.sieves[peer].near(where):
            other = Key(peer, name)
            if other in known:
                continue
            waits = any(one in self._later or one in self.putting.unheld for one in (key, other))
            if not waits and begun in (key, other):
                waits = self.engine.get(key) is None or self.engine.get(other) is None
            held = self.current.get(other) if waits else None
            if held is not None:
                yield not_compared(standing, held)
