"""The airspace of one line: what arrives and what is composed, compared and told.

Everything here belongs to the event loop. What arrives is compared before it is entered, so that
its flags and findings are entered with it; who is told waits until that is durable. A group takes
no more than `GROUP_S` of the loop: the rest is compared in slices right after the commit.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from hotline.airspace.activity import Key
from hotline.airspace.engine import Engine
from hotline.airspace.relation import Relation
from hotline.airspace.warning import ample_us, start_of
from hotline.errors import HotlineError
from hotline.journal.outgoing import Composed, Draft
from hotline.journal.relations import enter_relations
from hotline.journal.steps import Said
from hotline.model.kinds import Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.lifecycle import Step
from hotline.model.messages import Conflict, Message, Notice, Revision, decode_own_form, kind_of
from hotline.node.airspace.announcing import names_step, says_where
from hotline.node.airspace.compared import Changed, Compared
from hotline.node.airspace.current import Current, Stepped
from hotline.node.airspace.distress import (
    CODES,
    Distress,
    Plight,
    plight_of,
    plight_said,
)
from hotline.node.airspace.entering import Entering
from hotline.node.airspace.findings import (
    Cause,
    Found,
    Pair,
    clear_of,
    flags_of,
    pair_of,
    unfinished,
)
from hotline.node.airspace.lateness import Late, lateness
from hotline.node.airspace.loading import Loading
from hotline.node.airspace.remarks import (
    WordReader,
    astray_flags,
    early_flags,
    late_flags,
    moment_flags,
    not_held,
    short_warning,
    unplaced,
    unreadable,
)
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.telling import MORE, Teller
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


@dataclass(slots=True)
class _Uncommitted:
    """What may be told once the group that it came with is durable."""

    found: list[Found] = field(default_factory=list)
    # Code and subject of alarms about what has happened, with their texts.
    happened: dict[tuple[str, str], str] = field(default_factory=dict)
    # What is to ring, or to be silent, about the peer's notices, by reference.
    plights: dict[str, Plight | None] = field(default_factory=dict)
    # Whether nothing of the group has been compared yet.
    first: bool = True


NOTHING = Arrived()


class LineAirspace:
    """What stands on one line, what it is to each other, and who is told of it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._centre = line.centre
        self._own, self._peer = line.centre.config.centre, line.peer
        self.teller = Teller(self)
        self.distress = Distress(line)
        self._reader = WordReader(line.letter)
        self._ample_us = ample_us(line.letter)
        self.ahead_us = round(line.letter.clock.maximum_offset_ms * 1000)
        self._catching_up = False
        self._begin()

    def _begin(self) -> None:
        self.compared = Compared(
            self._own, self._peer, self.line.letter, self._centre.metrics.compare_seconds.observe
        )
        # What was found last of each pair that stands, and which of it is in the log.
        self._entered: dict[Pair, _Entered] = {}
        self._entering = Entering()
        self._uncommitted: dict[tuple[int, int], _Uncommitted] = {}
        # None once all that stands is here.
        self._loading: Loading | None = Loading(self.line, self.compared)

    @property
    def loading(self) -> bool:
        """Whether what stood when the node started is not all here yet."""
        return self._loading is not None

    @property
    def current(self) -> Current:
        """The notices that stand, and those that stood, to be read."""
        return self.compared.current

    @property
    def engine(self) -> Engine:
        """The relations of those that can meet, to be read."""
        return self.compared.engine

    # --- From the journal -----------------------------------------------------------------

    def start(self) -> None:
        """Begin to load what stands."""
        self._centre.spawn(self._load())

    def failed(self) -> None:
        """Forget what the journal may not have taken, and load what it has."""
        if self.loading and not len(self.compared.current):
            return
        self._begin()
        self.start()

    async def _load(self) -> None:
        loading, compared = self._loading, self.compared
        if loading is None:
            return
        self.compared.current.newest_first = True
        if not await loading.run(lambda: self._loading is loading):
            return
        self.compared.current.newest_first = False
        self._loading = None
        if self.compared.current.count(self._own):
            self.teller.happened(loading.happened)
        for pair, told in loading.entered.items():
            if told.relation != RelationKind.CLEAR.value and pair not in self._entered:
                self._entered[pair] = _Entered(
                    RelationKind(told.relation), told.from_us, told.until_us, told.own, told.other
                )
        self._entering.loaded(set(self._entered))
        causes = {
            key: Cause(kind, id_, self.compared.current.known(key))
            for key, (kind, id_) in loading.causes.items()
        }
        for key, cause in causes.items():
            standing = self.compared.current.get(key)
            if standing is not None:
                self.compared.put_off(standing, cause)
        for standing in self.compared.current.of(self._own):
            if standing.key not in causes:
                self.compared.put_off(standing, Cause("start-up"))
        await self._catch_up()
        if self.compared is not compared:
            return
        gone = []
        for pair, last in [*self._entered.items()]:
            if self._stands(pair):
                continue
            del self._entered[pair]
            one, other = Key(self._own, pair[0]), Key(self._peer, pair[1])
            cause = causes.get(other) or causes.get(one) or Cause("start-up")
            gone.append(Found(clear_of(one, other), last.kind, last.own, last.other, cause))
        await self._enter(gone, answer=True)
        await self.teller.settle(set(self._entered))
        self.distress.settle(self.compared.current.of(self._peer))
        _log.info("airspace_loaded", line=self._peer, notices=len(self.compared.current))

    def _stands(self, pair: Pair) -> bool:
        relations = self.compared.relations_of(Key(self._own, pair[0]))
        return any(pair_of(relation) == pair for relation in relations)

    # --- What the peer says ---------------------------------------------------------------

    def arrive(
        self,
        place: tuple[int, int],
        precedence: Precedence,
        messages: Sequence[tuple[str, Message | None, bytes, bytes | None]],
    ) -> list[Arrived]:
        """Compare the messages of a group, which ``place`` names, before they are entered.

        Each is given as its kind, what it says, its id, and its payload where that is written as
        this node would write it.
        """
        now_us = self._centre.clock.wall_us()
        deadline = time.perf_counter() + GROUP_S
        waiting = _Uncommitted()
        arrived = []
        for kind, message, id_, payload in messages:
            if isinstance(message, Step):
                group = precedence, now_us, deadline, waiting
                arrived.append(self._arrived(message, id_, payload, *group))
            elif isinstance(message, Conflict):
                arrived.append(Arrived(self._held_against(message)))
            elif message is None and says_where(kind) and self.compared.current.count(self._own):
                flag = unreadable(kind)
                waiting.happened[flag.code, id_.hex()[:12]] = flag.text
                arrived.append(Arrived((flag,)))
            else:
                arrived.append(NOTHING)
        if waiting.found or waiting.happened or waiting.plights:
            self._uncommitted[place] = waiting
        return arrived

    def committed(self, place: tuple[int, int]) -> None:
        """Tell what was found with a group that is durable now; go on with what is left."""
        waiting = self._uncommitted.pop(place, None)
        if waiting is not None:
            self.teller.take(waiting.found, answer=True)
            self.teller.happened(waiting.happened)
            self.distress.take(waiting.plights)
        self._go_on()

    def _arrived(
        self,
        message: Step,
        id_: bytes,
        payload: bytes | None,
        precedence: Precedence,
        now_us: int,
        deadline: float,
        waiting: _Uncommitted,
    ) -> Arrived:
        if self._loading is not None:
            self._loading.saw(id_)
            if self._loading.defers(Said(-1, False, precedence, id_, now_us, message)):
                flags = self._remarks(message, None, precedence, now_us, deadline, waiting)
                return Arrived((*flags, _LATER))
        step = self.compared.step(self._peer, message, id_, precedence, now_us, payload)
        standing = step.standing
        taken = standing if step.taken else None
        if not isinstance(message, Notice | Revision):
            self._alarm(message, step, waiting)
        flags = self._remarks(message, taken, precedence, now_us, deadline, waiting)
        for one in step.problems:
            flags.append(Flag(one.code, one.text, one.field))
        if step.full:
            flag = not_held(self._peer)
            waiting.happened[flag.code, ""] = flag.text
            flags.append(flag)
        if step.unplaced and self.compared.current.count(self._own):
            flag = unplaced(kind_of(message).value)
            waiting.happened[flag.code, id_.hex()[:12]] = flag.text
            flags.append(flag)
        if standing is None:
            return Arrived(tuple(flags)) if flags else NOTHING
        if not step.problems:
            flags += late_flags(message, standing, step.before, self.line.letter.limits, now_us)
            flags += early_flags(message, standing.starts_us, step.before)
            flags += astray_flags(message, standing)
        if not (step.taken or step.gone):
            return Arrived(tuple(flags)) if flags else NOTHING
        changed: Changed = []
        if step.gone:
            cause = Cause(kind_of(message).value, id_, standing)
            changed = self.compared.gone(standing, cause)
        elif (near := self.compared.neighbours(standing)) is not None:
            cause = Cause(kind_of(message).value, id_, standing)
            changed = self.compared.compare(standing, near, cause, deadline, first=waiting.first)
            waiting.first = False
        found = self._settle(changed) if changed else []
        flags += flags_of(found, standing.key) if found else ()
        if not step.gone and self.compared.unfinished and self.compared.waits(standing.key):
            flags.append(_LATER)
        if not step.gone and (more := self.compared.crowded(standing.key)):
            text = f"{more} more stand as possible conflicts: too many to be compared"
            flags.append(Flag(MORE, text))
        if not flags:
            return NOTHING
        waiting.found += found
        return Arrived(tuple(flags), self._chosen(found))

    def _alarm(self, message: Step, step: Stepped, waiting: _Uncommitted) -> None:
        """Note what is to ring, or to be silent, as soon as a message is durable."""
        if step.standing is not None and not step.problems:
            now = plight_of(step.standing, message)
            if now is not None or (step.before is not None and step.before.state in CODES):
                waiting.plights[step.standing.reference] = now
        elif (plight := plight_said(message)) is not None:
            code, text = plight
            waiting.happened[code, message.reference] = text

    def _remarks(
        self,
        message: Step,
        taken: Standing | None,
        precedence: Precedence,
        now_us: int,
        deadline: float,
        waiting: _Uncommitted,
    ) -> list[Flag]:
        """Flag what is remarkable about a notice or revision by itself.

        ``taken`` is what stands with its content, where something does.
        """
        if not isinstance(message, Notice | Revision):
            return moment_flags(message, self.ahead_us, now_us)
        flags = self._reader.read(message, now_us, deadline)
        starts_us = start_of(message.volumes) if taken is None else taken.starts_us
        if starts_us is not None and starts_us - now_us >= self._ample_us:
            return flags
        short = short_warning(message, starts_us, precedence, self.line.letter, now_us)
        if short is not None:
            waiting.happened[short.code, message.reference] = short.text
            self._centre.metrics.short_notices.labels(self._peer).inc()
            return [short, *flags]
        return flags

    def _held_against(self, message: Conflict) -> tuple[Flag, ...]:
        """Flag what the peer's node computed otherwise than this one."""
        own = self.compared.current.known(Key(self._own, message.other))
        other = self.compared.current.known(Key(self._peer, message.reference))
        if own is None or other is None:
            if self.loading:
                return ()
            missing = message.other if own is None else message.reference
            return (Flag("airspace.disagrees", f"this node knows no notice {missing[:40]!a}"),)
        if (own.life.revision, other.life.revision) != (message.other_revision, message.revision):
            # One of the two was revised meanwhile: whoever receives the revision tells again.
            return ()
        if self.loading or self.compared.waits(own.key) or self.compared.waits(other.key):
            return ()
        entered = self._entered.get((own.key.reference, other.key.reference))
        kind = RelationKind.CLEAR if entered is None else entered.kind
        if kind.value == message.relation:
            return ()
        theirs = message.relation if message.relation in set(RelationKind) else "something unknown"
        text = f"the peer's node finds {theirs}, this node finds {kind.value}"
        return (Flag("airspace.disagrees", text),)

    # --- What we say ----------------------------------------------------------------------

    def composed(self, draft: Draft, composed: Composed, message: Message | None = None) -> None:
        """Compare what we have said, which is durable now; ``message`` is what the draft says."""
        if not names_step(draft.kind):
            return
        if message is None:
            message = decode_own_form(draft.kind, draft.payload)
        if not isinstance(message, Step):
            return
        precedence = Precedence(composed.stream)
        now_us = self._centre.clock.wall_us()
        if self._loading is not None:
            self._loading.saw(composed.id)
            said = Said(composed.index, True, precedence, composed.id, now_us, message)
            if self._loading.defers(said):
                return
        id_, payload = composed.id, draft.payload
        step = self.compared.step(self._own, message, id_, precedence, now_us, payload)
        standing = step.standing
        if standing is None or not (step.taken or step.gone):
            return
        changed: Changed = []
        if step.gone:
            cause = Cause(draft.kind, id_, standing)
            changed = self.compared.gone(standing, cause)
        elif (near := self.compared.neighbours(standing)) is not None:
            cause, deadline = Cause(draft.kind, id_, standing), time.perf_counter() + GROUP_S
            changed = self.compared.compare(standing, near, cause, deadline, first=True)
        found = self._settle(changed) if changed else []
        if found:
            self._centre.spawn(self._enter(found, answer=False))
        self._go_on()

    # --- What the clock does --------------------------------------------------------------

    async def tick(self) -> None:
        """Do what the clock calls for: expiry, alarms about what is late; every second."""
        now_us = self._centre.clock.wall_us()
        changed, due = self.compared.pass_time(now_us, time.perf_counter() + SLICE_S)
        await self._enter(self._settle(changed), answer=False)
        limits, current = self.line.letter.limits, self.compared.current
        self.distress.take(
            {
                one.reference: plight_of(one)
                for one in due
                if one.begun_us is not None and one.key.centre == self._peer
            }
        )
        for standing in due:
            late = lateness(standing, limits, now_us)
            if late is not None:
                self.teller.late[standing.key] = late
        for key in [*self.teller.late]:
            held = current.get(key)
            still = None if held is None else lateness(held, limits, now_us)
            await self.teller.review(key, held, still)
        await self._read_on()
        await self.teller.crowded(self.compared.engine.crowded)
        self._gauge()
        self._go_on()

    async def _read_on(self) -> None:
        """Read the words of notices that came too fast, and say whether not all are read."""
        burdened = self._reader.overburdened
        found = self._reader.go_on(time.perf_counter() + SLICE_S)
        self.teller.happened({(flag.code, name): flag.text for name, flag in found})
        bell = self._centre.bell
        if burdened:
            text = f"{self._peer} sends notices faster than their words can be read"
            await bell.ring("airspace.words-unread", self._peer, "", text)
        else:
            await bell.clear("airspace.words-unread", self._peer, "")

    def _gauge(self) -> None:
        metrics = self._centre.metrics
        for centre, side in ((self._own, "own"), (self._peer, "peer")):
            metrics.activities.labels(self._peer, side).set(self.compared.current.count(centre))
        counts = self.counts()
        for kind in RelationKind:
            if kind is not RelationKind.CLEAR:
                metrics.relations.labels(self._peer, kind.value).set(counts[kind])

    # --- What is found --------------------------------------------------------------------

    def relations_of(self, key: Key, most: int = 1000) -> list[Relation]:
        """Return what a notice is to those of the other side, it being ``one``."""
        return self.compared.relations_of(key, most)

    def counts(self) -> Counter[RelationKind]:
        """Return how many relations of each kind were entered and have not ended."""
        return Counter(entered.kind for entered in self._entered.values())

    def stands(self, pair: Pair) -> bool:
        """Whether the last that was entered of a pair is a relation."""
        return pair in self._entered

    def late(self, key: Key) -> Late | None:
        """Return what is late about a notice, as it is alarmed about."""
        return self.teller.late.get(key)

    def _settle(self, changed: Changed) -> list[Found]:
        """Return what is to be entered of some changes, which counts as entered from now on."""
        found = []
        current = self.compared.current
        for change, cause in changed:
            relation = change.relation
            if not relation.clear and unfinished(relation):
                continue
            pair = pair_of(relation)
            before = self._entered.get(pair)
            if relation.clear and before is None:
                continue
            own, other = current.known(relation.one), current.known(relation.other)
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

    def _chosen(self, found: list[Found]) -> tuple[Related, ...]:
        """Return what is entered of what was found."""
        return self._entering.choose(found, self._centre.clock.now().mono)

    def _go_on(self) -> None:
        if not self._catching_up and self.compared.unfinished:
            self._centre.spawn(self._catch_up())

    async def _catch_up(self) -> None:
        """Compare what is left, a slice at a time, and enter what is found."""
        self._catching_up = True
        try:
            while self.compared.unfinished:
                found = self._settle(self.compared.go_on(time.perf_counter() + SLICE_S))
                await self._enter(found, answer=True)
                await asyncio.sleep(0)
        finally:
            self._catching_up = False

    async def _enter(self, found: list[Found], *, answer: bool) -> None:
        """Enter what was found when no message brings it into the journal, then tell it."""
        if not found:
            return
        records = self._chosen(found)
        now_us = self._centre.clock.wall_us()

        def enter(journal: Journal) -> None:
            enter_relations(journal, journal.line(self._peer), records, now_us)

        try:
            await self._centre.writer.do(enter)
        except HotlineError as error:
            _log.error("record_failed", line=self._peer, kind="conflict", error=str(error))
            self.failed()
        self.teller.take(found, answer=answer)


_LATER = Flag(
    "airspace.compared-later",
    "not compared with every notice yet; what is found is told as soon as it is",
)
