"""What stands on one line, held so that it is compared once, and only where two can meet.

A notice is computed and put into the engine only when the sieve finds one of the other side that
it may have to do with; then both are. What does not fit into the time allowed waits and is
compared later; nothing is forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from hotline.airspace.activity import Key
from hotline.airspace.budget import Budget
from hotline.airspace.engine import Change, Engine
from hotline.airspace.relation import Relation
from hotline.airspace.terms import terms_of
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter
from hotline.model.lifecycle import Step
from hotline.node.airspace.current import Current, Standing, Stepped
from hotline.node.airspace.findings import Cause, unfinished
from hotline.node.airspace.lateness import PROLONGED_US, Timetable
from hotline.node.airspace.sieve import Coarse, Sieve

Changed = list[tuple[Change, Cause]]
"""Changes of relations, each with what brought it about."""


class Compared:
    """All notices of one line, and what they are to each other.

    ``observe`` is told how long, in seconds, a comparison took.
    """

    def __init__(
        self, own: str, peer: str, letter: Letter, observe: Callable[[float], None]
    ) -> None:
        terms = terms_of(letter)
        self._peer_of = {own: peer, peer: own}
        self._observe = observe
        self.current = Current(own, peer)
        self.timetable = Timetable(letter.limits)
        self.engine = Engine(own, {peer: terms})
        self._sieves: dict[str, Sieve[str]] = {own: Sieve(terms), peer: Sieve(terms)}
        # Notices that wait to be compared, with what brought them.
        self._later: dict[Key, Cause] = {}
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
            self.timetable.enter(standing, now_us)
        return stepped

    def place(self, standing: Standing, cause: Cause, deadline: float) -> Changed:
        """Compare a notice that is new or has changed; later, where the time is over."""
        near = self.neighbours(standing)
        return [] if near is None else self.compare(standing, near, cause, deadline)

    def neighbours(self, standing: Standing) -> list[str] | None:
        """Hold a notice that is new or has changed; return who may be near.

        None means that nobody is and nobody was, so that there is nothing to `compare`.
        """
        centre, reference = standing.key
        where = standing.where if standing.prolonged_us is None else _where(standing)
        self._sieves[centre].put(reference, where)
        near = self._sieves[self._peer_of[centre]].near(where)
        return near if near or self.engine.get(standing.key) is not None else None

    def compare(
        self, standing: Standing, near: list[str], cause: Cause, deadline: float
    ) -> Changed:
        """Compare a notice with its `neighbours`; later, where the time is over."""
        peer = self._peer_of[standing.key.centre]
        begun = time.perf_counter()
        changed: Changed = []
        late = _after(deadline)
        for name in near:
            key = Key(peer, name)
            other = self.current.get(key)
            if other is None or self.engine.get(key) is not None:
                continue
            if late():
                self._later[standing.key] = cause
                return changed
            outcome = self.engine.put(other.planned(), Budget(late=late))
            changed += [(change, cause) for change in outcome.changes]
        if late():
            self._later[standing.key] = cause
            return changed
        self._later.pop(standing.key, None)
        outcome = self.engine.put(standing.planned(), Budget(late=late))
        if outcome.left:
            self._open[standing.key] = cause
        self._observe(time.perf_counter() - begun)
        return changed + [(change, cause) for change in outcome.changes]

    def hold(self, standing: Standing, now_us: int) -> None:
        """Hold a notice that is compared later, from the other side or by `put_off`."""
        self._sieves[standing.key.centre].put(standing.key.reference, _where(standing))
        self.timetable.enter(standing, now_us)

    def gone(self, standing: Standing, cause: Cause) -> Changed:
        """Take out what stands no more."""
        self._later.pop(standing.key, None)
        self._sieves[standing.key.centre].remove(standing.key.reference)
        return [(change, cause) for change in self.engine.remove(standing.key)]

    def pass_time(self, now_us: int, deadline: float) -> tuple[Changed, list[Standing]]:
        """Let plans expire, and what should have ended go on; return whose moment has come too."""
        changed: Changed = []
        due = []
        for one in self.timetable.take(now_us):
            standing = one.standing
            if self.current.get(standing.key) is not standing:
                continue
            due.append(standing)
            if one.expired:
                self.current.over(standing)
                changed += self.gone(standing, Cause("expiry", about=standing))
                continue
            if one.prolonged:
                standing.prolonged_us = now_us + PROLONGED_US
                changed += self.place(standing, Cause("overrun", about=standing), deadline)
            self.timetable.enter(standing, now_us)
        return changed, due

    # --- What is left to compare ----------------------------------------------------------

    @property
    def unfinished(self) -> bool:
        """Whether something is left to compare."""
        return bool(self._later or self.engine.unfinished)

    def waits(self, key: Key) -> bool:
        """Whether a notice is not compared with all others yet."""
        if key in self._later:
            return True
        return bool(self.engine.unfinished) and any(map(unfinished, self.relations_of(key)))

    def put_off(self, standing: Standing, cause: Cause) -> None:
        """Have a notice compared later."""
        self._later[standing.key] = cause

    def go_on(self, deadline: float) -> Changed:
        """Compare what is left, until a moment of ``time.perf_counter``."""
        changed: Changed = []
        late = _after(deadline)
        while self._later and not late():
            key = next(iter(self._later))
            cause = self._later.pop(key)
            standing = self.current.get(key)
            if standing is not None:
                changed += self.place(standing, cause, deadline)
        if not self._later and not late():
            for change in self.engine.go_on(Budget(late=late)):
                keys = change.relation.other, change.relation.one
                causes = (self._open[key] for key in keys if key in self._open)
                changed.append((change, next(causes, Cause("comparison"))))
            if not self.engine.unfinished:
                self._open.clear()
        return changed

    # --- What is shown --------------------------------------------------------------------

    def relations_of(self, key: Key, most: int = 1000) -> list[Relation]:
        """Return what a notice is to those of the other side, it being ``one``."""
        return self.engine.relations_of(key, most)

    def during(self, from_us: int, until_us: int) -> list[Standing]:
        """Return the notices whose times, from first to last, touch a period, by start."""
        found = [
            standing
            for centre, sieve in self._sieves.items()
            for name in sieve.during(from_us, until_us)
            if (standing := self.current.get(Key(centre, name))) is not None
        ]
        return sorted(found, key=lambda one: (one.starts_us or 0, one.key))


def _where(standing: Standing) -> Coarse:
    if standing.prolonged_us is None:
        return standing.where
    end_us = max(standing.where.end_us, standing.prolonged_us)
    return msgspec.structs.replace(standing.where, end_us=end_us)


def _after(deadline: float) -> Callable[[], bool]:
    return lambda: time.perf_counter() > deadline
