"""The engine of one line: a fault of this program ends at the notice that it came with.

What could not be compared is taken out of the engine, and is possible with all that may be near.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from hotline.airspace.activity import Key
from hotline.airspace.budget import Budget
from hotline.airspace.engine import MOST_RELATIONS, Change, Engine, Outcome
from hotline.airspace.relation import Relation
from hotline.airspace.stumbling import Stumble
from hotline.airspace.terms import Terms
from hotline.node.airspace.current import Current
from hotline.node.airspace.errands import Errands
from hotline.node.airspace.lateness import where_of
from hotline.node.airspace.sieve import Sieve
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.unheld import Unheld


class Putting:
    """Puts notices of ``both`` centres, ours first, into the engine, and takes them out.

    ``sieves`` have, by centre, all that stands, whether it is in the engine or not; ``unheld`` is
    what could not be put there. ``stumble`` is told of each fault.
    """

    def __init__(
        self,
        both: tuple[str, str],
        terms: Terms,
        current: Current,
        errands: Errands,
        stumble: Stumble,
    ) -> None:
        own, peer = both
        self._peer_of = {own: peer, peer: own}
        self._current = current
        self._errands = errands
        self._stumble = stumble
        self.engine = Engine(own, {peer: terms}, stumble=stumble)
        self.unheld = Unheld(own)
        self.sieves: dict[str, Sieve[str]] = {own: Sieve(terms), peer: Sieve(terms)}
        # Of whom there are more near than relations can be held, and how many.
        self._crowded: dict[Key, int] = {}

    def met(self, key: Key) -> bool:
        """Whether a notice is compared with others, or was to be."""
        return self.engine.get(key) is not None or key in self.unheld

    def to_put(self, name: str, standing: Standing) -> Standing | None:
        """Return a neighbour of a notice if it is not in the engine yet."""
        key = Key(self._peer_of[standing.key.centre], name)
        return None if self.engine.get(key) is not None else self._current.get(key)

    def put(self, standing: Standing, late: Callable[[], bool]) -> Outcome | None:
        """Put a notice into the engine; None if it has to be drawn in a thread before."""
        key = standing.key
        try:
            planned = self._errands.planned(standing)
            if planned is None:
                return None
            outcome = self.engine.put(planned, Budget(late=late, elsewhere=self._errands.elsewhere))
        except Exception as error:  # a defect of ours must not make anything clear
            self._stumble(key.reference, error)
            return Outcome(tuple(self.unhold(standing)))
        self._crowded.pop(key, None)
        if outcome.crowded:
            self._crowded[key] = outcome.crowded
        if key in self.unheld and not outcome.left:
            known = {relation.other for relation in self.engine.relations_of(key)}
            resolved = self.unheld.release(key, known)
            outcome = replace(outcome, changes=(*outcome.changes, *resolved))
        return outcome

    def unhold(self, standing: Standing) -> list[Change]:
        """Take a notice out of the engine, and take it to be possible with whatever is near."""
        key, peer = standing.key, self._peer_of[standing.key.centre]
        self._crowded.pop(key, None)
        try:
            ended = self.engine.remove(key)
            near = self.sieves[peer].near(where_of(standing))
            held = (self._current.get(Key(peer, name)) for name in near)
            others = [*islice((one for one in held if one is not None), MOST_RELATIONS)]
            changes = self.unheld.put(standing, others)
        except Exception as error:  # it waits no more, and nothing of it is said to be resolved
            self._stumble(key.reference, error)
            return []
        near_keys = {other.key for other in others}
        far = (one for one in ended if not near_keys & {one.relation.one, one.relation.other})
        return [*changes, *far]

    def gone(self, standing: Standing) -> list[Change]:
        """Take out what stands no more; return what that changes."""
        key = standing.key
        self._crowded.pop(key, None)
        self.sieves[key.centre].remove(key.reference)
        changes = [*self.unheld.gone(key)]
        try:
            changes += self.engine.remove(key)
        except Exception as error:  # what is not known to be resolved goes on
            self._stumble(key.reference, error)
        return changes

    def go_on(self, late: Callable[[], bool]) -> list[Change]:
        """Go on with what the engine has begun until it is ``late``; return what that changes."""
        try:
            changes = [*self.engine.go_on(Budget(late=late, elsewhere=self._errands.elsewhere))]
            failed = self.engine.failed()
        except Exception as error:  # a defect of ours must not keep all others waiting
            self._stumble("", error)
            changes, failed = [], self.engine.give_up()
        for standing in map(self._current.get, failed):
            changes += [] if standing is None else self.unhold(standing)
        return changes

    def relations_of(self, key: Key, most: int) -> list[Relation]:
        """Return what a notice is to those of the other side, as far as they were put here."""
        found = self.engine.relations_of(key, most)
        if self.unheld:
            known = {relation.other for relation in found}
            found += [one for one in self.unheld.relations_of(key) if one.other not in known]
        return found

    def crowded(self, key: Key) -> int:
        """Return with how many more a notice stands as possible, since they are too many."""
        return self._crowded.get(key, 0) if self.engine.crowded else 0
