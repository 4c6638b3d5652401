"""The airspace of one line: what arrives and what is composed, compared and told.

Everything here belongs to the event loop. What arrives is compared before it is entered, so that
its flags and findings are entered with it; who is told waits until that is durable. A group takes
no more than `GROUP_S` of the loop: the rest is compared in slices right after the commit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from hotline.airspace.activity import Key
from hotline.airspace.budget import Budget
from hotline.airspace.engine import Change, Engine
from hotline.airspace.terms import terms_of
from hotline.errors import HotlineError
from hotline.journal.outgoing import Composed, Draft
from hotline.journal.relations import enter_relations
from hotline.model.kinds import Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.lifecycle import Step
from hotline.model.messages import Conflict, Message, decode_own_form, kind_of
from hotline.node.airspace.current import Current, Standing, Stepped, names_step
from hotline.node.airspace.findings import (
    Cause,
    Found,
    Pair,
    flags_of,
    pair_of,
    related,
    unfinished,
)
from hotline.node.airspace.telling import Teller
from hotline.wire.records import Flag, Related

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.line import Line

GROUP_S = 0.020
"""How long the messages of one group are compared before they are entered."""
SLICE_S = 0.010
"""How long is compared at once afterwards."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the airspace makes of one message that has come, before it is entered."""

    flags: tuple[Flag, ...] = ()
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entered:
    """What was entered last of a pair, and by which messages."""

    kind: RelationKind
    from_us: int | None
    until_us: int | None
    own: bytes
    other: bytes


NOTHING = Arrived()


class LineAirspace:
    """What stands on one line, what it is to each other, and who is told of it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._centre = line.centre
        self._own, self._peer = line.centre.config.centre, line.peer
        self.teller = Teller(self)
        self._begin()

    def _begin(self) -> None:
        self.current = Current(self._own, self._peer)
        self.engine = Engine(self._own, {self._peer: terms_of(self._line.letter)})
        self._entered: dict[Pair, _Entered] = {}
        # What was found and may be told once the group that it came with is durable.
        self._uncommitted: dict[tuple[int, int], list[Found]] = {}
        # Notices that wait to be compared, with what brought them.
        self._later: dict[Key, Cause] = {}
        self._catching_up = False

    @property
    def line(self) -> Line:
        """The line that this is the airspace of."""
        return self._line

    # --- What the peer says ---------------------------------------------------------------

    def arrive(
        self,
        place: tuple[int, int],
        messages: Sequence[tuple[Message | None, bytes, Precedence]],
    ) -> list[Arrived]:
        """Compare the messages of a group (message, id, precedence); ``place`` names it."""
        begun = time.perf_counter()
        found: list[Found] = []
        arrived = []
        for message, id_, precedence in messages:
            if isinstance(message, Conflict):
                arrived.append(Arrived(self._held_against(message)))
            elif isinstance(message, Step):
                arrived.append(self._step(message, id_, precedence, begun + GROUP_S, found))
            else:
                arrived.append(NOTHING)
        if found:
            self._uncommitted[place] = found
        return arrived

    def committed(self, place: tuple[int, int]) -> None:
        """Tell what was found with a group that is durable now; go on with what is left."""
        self.teller.take(self._uncommitted.pop(place, ()), answer=True)
        self._go_on()

    def failed(self) -> None:
        """Take back what was made of groups that the journal did not take."""
        self._begin()

    def _step(
        self,
        message: Step,
        id_: bytes,
        precedence: Precedence,
        deadline: float,
        found: list[Found],
    ) -> Arrived:
        now_us = self._centre.clock.wall_us()
        step = self.current.step(self._peer, message, id_, precedence, now_us)
        flags = [Flag(one.code, one.text, one.field) for one in step.problems]
        if step.standing is None or not (step.taken or step.gone):
            return Arrived(tuple(flags)) if flags else NOTHING
        cause = Cause(kind_of(message).value, id_, step.standing)
        here = self._settle(self._placed(step, step.standing, deadline, cause), cause)
        flags += flags_of(here, step.standing.key)
        if step.standing.key in self._later or self._is_open(step.standing.key):
            text = "not compared with every notice yet; what is found is told as soon as it is"
            flags.append(Flag("airspace.compared-later", text))
        found += here
        return Arrived(tuple(flags), tuple(map(related, here)))

    def _held_against(self, message: Conflict) -> tuple[Flag, ...]:
        """Flag what the peer's node computed otherwise than this one."""
        own = self.current.known(Key(self._own, message.other))
        other = self.current.known(Key(self._peer, message.reference))
        if own is None or other is None:
            missing = message.other if own is None else message.reference
            return (Flag("airspace.disagrees", f"this node knows no notice {missing[:40]!a}"),)
        if (own.life.revision, other.life.revision) != (message.other_revision, message.revision):
            # One of the two was revised meanwhile: whoever receives the revision tells again.
            return ()
        if {own.key, other.key} & self._later.keys():
            return ()
        pair = own.key.reference, other.key.reference
        entered = self._entered.get(pair)
        kind = RelationKind.CLEAR if entered is None else entered.kind
        if kind.value == message.relation:
            return ()
        text = f"the peer's node finds {message.relation[:20]!a}, this node finds {kind.value}"
        return (Flag("airspace.disagrees", text),)

    # --- What we say ----------------------------------------------------------------------

    def composed(self, draft: Draft, composed: Composed) -> None:
        """Compare what we have said, which is durable now."""
        if not names_step(draft.kind):
            return
        message = decode_own_form(draft.kind, draft.payload)
        if not isinstance(message, Step):
            return
        precedence = Precedence(composed.stream)
        now_us = self._centre.clock.wall_us()
        step = self.current.step(self._own, message, composed.id, precedence, now_us)
        if step.standing is None or not (step.taken or step.gone):
            return
        cause = Cause(draft.kind, composed.id, step.standing)
        deadline = time.perf_counter() + GROUP_S
        found = self._settle(self._placed(step, step.standing, deadline, cause), cause)
        if found:
            self._centre.spawn(self._enter(found, answer=False))
        self._go_on()

    # --- Comparing ------------------------------------------------------------------------

    def _placed(
        self, step: Stepped, standing: Standing, deadline: float, cause: Cause
    ) -> Sequence[Change]:
        """Compare what a message has put, or take out what it has ended."""
        if step.gone:
            self._later.pop(standing.key, None)
            return self.engine.remove(standing.key)
        if time.perf_counter() > deadline:
            self._later[standing.key] = cause
            return ()
        return self._put(standing, deadline)

    def _put(self, standing: Standing, deadline: float) -> Sequence[Change]:
        begun = time.perf_counter()
        budget = Budget(late=lambda: time.perf_counter() > deadline)
        changes = self.engine.put(standing.planned(), budget).changes
        self._centre.metrics.compare_seconds.observe(time.perf_counter() - begun)
        return changes

    def _settle(self, changes: Iterable[Change], cause: Cause) -> list[Found]:
        """Return what is to be entered of some changes, which counts as entered from now on."""
        found = []
        for change in changes:
            relation = change.relation
            if not relation.clear and unfinished(relation):
                continue
            pair = pair_of(relation)
            before = self._entered.get(pair)
            if relation.clear and before is None:
                continue
            own, other = self.current.known(relation.one), self.current.known(relation.other)
            now = _Entered(
                relation.kind,
                relation.from_us,
                relation.until_us,
                own.id if own is not None else before.own if before is not None else b"",
                other.id if other is not None else before.other if before is not None else b"",
            )
            if relation.clear:
                del self._entered[pair]
            else:
                self._entered[pair] = now
            if now == before:
                continue
            kind = None if before is None else before.kind
            found.append(Found(relation, kind, now.own, now.other, cause))
        return found

    def _is_open(self, key: Key) -> bool:
        return bool(self.engine.unfinished) and any(
            unfinished(relation) for relation in self.engine.relations_of(key)
        )

    def _go_on(self) -> None:
        if not self._catching_up and (self._later or self.engine.unfinished):
            self._catching_up = True
            self._centre.spawn(self._catch_up())

    async def _catch_up(self) -> None:
        """Compare what is left, a slice at a time, and enter what is found."""
        try:
            while self._later or self.engine.unfinished:
                found = self._slice()
                if found:
                    await self._enter(found, answer=True)
                else:
                    await asyncio.sleep(0)
        finally:
            self._catching_up = False

    def _slice(self) -> list[Found]:
        deadline = time.perf_counter() + SLICE_S
        found: list[Found] = []
        while self._later and time.perf_counter() < deadline:
            key = next(iter(self._later))
            cause = self._later.pop(key)
            standing = self.current.get(key)
            if standing is not None:
                found += self._settle(self._put(standing, deadline), cause)
        if not self._later:
            budget = Budget(late=lambda: time.perf_counter() > deadline)
            found += self._settle(self.engine.go_on(budget), Cause("comparison"))
        return found

    async def _enter(self, found: list[Found], *, answer: bool) -> None:
        """Enter what was found when no message brings it into the journal, then tell it."""
        records = [related(one) for one in found]
        now_us = self._centre.clock.wall_us()

        def enter(journal: Journal) -> None:
            enter_relations(journal, journal.line(self._peer), records, now_us)

        try:
            await self._centre.writer.do(enter)
        except HotlineError as error:
            _log.error("record_failed", line=self._peer, kind="conflict", error=str(error))
        self.teller.take(found, answer=answer)
