"""The airspace of one line: what arrives and what is composed, compared and told.

Everything here belongs to the event loop. What arrives is compared before it is entered, so that
its flags and findings are entered with it; who is told waits until that is durable. A group takes
no more than `GROUP_S` of the loop: the rest is compared in slices right after the commit, and what
takes long by itself in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from hotline.airspace.activity import Key, name_beside
from hotline.airspace.engine import Engine
from hotline.airspace.relation import Relation
from hotline.airspace.warning import ample_us
from hotline.errors import HotlineError, JournalError
from hotline.journal.compared import enter_compared
from hotline.journal.outgoing import Composed, Draft
from hotline.journal.relations import enter_relations
from hotline.journal.steps import Said
from hotline.model.kinds import Kind, Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.lifecycle import Step
from hotline.model.messages import Message, Notice, Reply, Revision, decode_own_form
from hotline.node.airspace.announcing import names_step
from hotline.node.airspace.arrival import Arrival, Arrived, Come, Uncommitted
from hotline.node.airspace.compared import Changed, Compared
from hotline.node.airspace.current import Current
from hotline.node.airspace.distress import Distress, plight_of
from hotline.node.airspace.endings import Endings
from hotline.node.airspace.entered import Entered
from hotline.node.airspace.entering import Entering
from hotline.node.airspace.findings import Cause, Found, Pair
from hotline.node.airspace.lateness import Late, lateness
from hotline.node.airspace.later import Later
from hotline.node.airspace.loading import Loading
from hotline.node.airspace.remarks import namesake
from hotline.node.airspace.short_notice import ShortNotices
from hotline.node.airspace.stumbles import Stumbles
from hotline.node.airspace.telling import Teller
from hotline.node.airspace.two_clocks import expiring_us
from hotline.node.airspace.words import WordReader, Words, words_of
from hotline.wire.records import ComparedLater, Related
from hotline.wire.undecoded import dismissal, stand_in

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.line import Line

GROUP_S = 0.020
"""How long the messages of one group are compared before they are entered."""
MESSAGE_S = 0.000_030
"""How long each of them takes of that at least, however late it is."""
SLICE_S = 0.010
"""How long is compared at once afterwards."""
GATHER_S = 0.1
"""How long is compared before what was found is entered."""
SETTLING_S = 0.002
"""How long it is looked for messages that are compared by now, after each slice."""
LOAD_AGAIN_S = 1.0
"""After this long, loading begins again where the journal failed meanwhile."""

_log = structlog.get_logger()


class LineAirspace:
    """What stands on one line, what it is to each other, and who is told of it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._centre = line.centre
        self.own, self._peer = line.centre.config.centre, line.peer
        self.teller = Teller(self)
        self.distress = Distress(line)
        self.short_notices = ShortNotices(line)
        self.reader = WordReader(line.letter)
        self.ample_us = ample_us(line.letter)
        self.ahead_us = round(line.letter.clock.maximum_offset_ms * 1000)
        self._catching_up = False
        self.stumbles = Stumbles(line)
        self._begin()

    def _begin(self) -> None:
        self.compared = Compared(
            self.own,
            self._peer,
            self.line.letter,
            self._centre.metrics.compare_seconds.observe,
            self.stumbles.note,
        )
        # What was found last of each pair that stands, and which of it is in the log.
        self.entered = Entered()
        self._entering = Entering()
        self.later = Later(self.compared, self.stumbles.note)
        self._endings = Endings((self.own, self._peer), self.compared, self.entered)
        # What was compared and is not durable yet, by its place.
        self._uncommitted: dict[tuple[int, int], Uncommitted] = {}
        # None once all that stands is here.
        self.reading: Loading | None = Loading(
            self.line, self.compared, self.later, self.stumbles.note
        )

    @property
    def loading(self) -> bool:
        """Whether what stood when the node started is not all here yet."""
        return self.reading is not None

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
        self._uncommitted.clear()
        if self.loading and not len(self.compared.current):
            return
        self._begin()
        self.start()

    async def _load(self) -> None:
        """Load what stands; while the journal fails, try until it works."""
        compared = self.compared
        try:
            await self._load_all()
        except JournalError as error:
            _log.warning("airspace_not_loaded", line=self._peer, error=str(error))
            await asyncio.sleep(LOAD_AGAIN_S)
            if self.compared is compared:
                self._begin()
                self.start()

    async def _load_all(self) -> None:
        loading, compared = self.reading, self.compared
        if loading is None:
            return
        compared.current.newest_first = True
        if not await loading.run(lambda: self.reading is loading):
            return
        compared.current.newest_first = False
        self.reading = None
        if compared.current.count(self.own):
            self.teller.happened(loading.happened)
        self.entered.loaded(loading.entered)
        self._entering.loaded(self.entered.pairs)
        causes = loading.put_off()
        self._tell_stumbles()
        await self._catch_up()
        if self.compared is not compared:
            return
        try:
            gone = self._endings.after_loading(loading, causes)
        except Exception as error:  # what is not known to be over goes on
            self.stumbles.note("", error)
            gone = []
        await self._enter(gone, answer=True)
        await self.teller.settle(self.entered.pairs)
        self.distress.settle(compared.current.of(self._peer))
        self.short_notices.settle()
        _log.info("airspace_loaded", line=self._peer, notices=len(compared.current))

    # --- What the peer says ---------------------------------------------------------------

    def words(self, message: Message | None) -> Words | None:
        """Read the words of a message that has much to say; may be called in any thread.

        None where it has none to be read, or no more may be read now.
        """
        if not isinstance(message, Notice | Revision) or not self.reader.ready:
            return None
        return words_of(message, self.line.letter, self._centre.clock.wall_us())

    def arrive(
        self, place: tuple[int, int], precedence: Precedence, messages: Sequence[Come]
    ) -> list[Arrived]:
        """Compare the messages of a group, which ``place`` names, before they are entered.

        Where one has come before that was not entered after all, what was taken of it is forgotten.
        """
        stream, first = place
        # Within a stream they have come in order, so the newest tells; a busy line has hundreds.
        newest = next((number for one, number in reversed(self._uncommitted) if one == stream), -1)
        if newest >= first:
            self.failed()
        now_us = self._centre.clock.wall_us()
        compare_s = max(0.0, GROUP_S - MESSAGE_S * len(messages))
        group = Arrival(self, precedence, now_us, time.perf_counter() + compare_s)
        self._uncommitted[place] = group.uncommitted
        arrived = group.take(messages)
        self._tell_stumbles()
        return arrived

    def recheck(self, centre: str, kind: str, message: Step, id_: bytes) -> bool:
        """Have what a message is about compared later; say whether there is something."""
        for name in (name_beside(message.reference, id_), message.reference):
            standing = self.current.get(Key(centre, name))
            if standing is not None:
                self.compared.put_off(standing, Cause(kind, id_, standing))
                return True
        return False

    def _tell_stumbles(self) -> None:
        """Have alarms ring about faults of this program."""
        alarms = self.stumbles.take()
        if alarms:
            self.teller.happened(alarms)

    def committed(self, place: tuple[int, int]) -> None:
        """Tell what was found with a group that is durable now; go on with what is left."""
        waiting = self._uncommitted.pop(place, None)
        if waiting:
            self.teller.take(waiting.found, answer=True)
            self.short_notices.take(waiting.shorts)
            self.teller.happened(waiting.happened)
            self.distress.take(waiting.plights)
        self._go_on()

    # --- What we say ----------------------------------------------------------------------

    def composed(self, draft: Draft, composed: Composed, message: Message | None = None) -> None:
        """Compare what we have said, which is durable now; ``message`` is what the draft says."""
        if not names_step(draft.kind) and draft.kind != Kind.REPLY.value:
            return
        if message is None:
            message = decode_own_form(draft.kind, draft.payload)
        unread = message is None
        if message is None:
            now_us = self._centre.clock.wall_us()
            message = stand_in(draft.kind, draft.payload, composed.id, now_us)
        if isinstance(message, Reply):
            self._answered(message, composed)
            return
        if not isinstance(message, Step):
            return
        try:
            self._compose(draft, composed, message, None if unread else draft.payload)
        except Exception as error:  # it is durable, and whoever said it is told so
            self.stumbles.note(message.reference, error)
            self.recheck(self.own, draft.kind, message, composed.id)
        self._tell_stumbles()
        self._go_on()

    def _compose(
        self, draft: Draft, composed: Composed, message: Step, payload: bytes | None
    ) -> None:
        id_, precedence = composed.id, Precedence(composed.stream)
        now_us = self._centre.clock.wall_us()
        if self.reading is not None:
            self.reading.saw(id_)
            if self.reading.defers(Said(composed.index, True, precedence, id_, now_us, message)):
                return
        stepped = self.compared.step(self.own, message, id_, precedence, now_us, payload)
        if isinstance(message, Notice):
            self._look_for_namesake(message.reference)
        deadline = time.perf_counter() + GROUP_S
        changed = self.compared.follow(stepped, draft.kind, id_, deadline, first=True)
        if changed is None:
            return
        found = self.settle(changed)
        if found:
            self._centre.spawn(self._enter(found, answer=False))

    def _look_for_namesake(self, reference: str) -> None:
        """Have an alarm ring where the peer has called a notice that stands as our new one is."""
        if self.current.get(Key(self._peer, reference)) is not None:
            flag = namesake(reference, self.own, self._peer, given=True)
            if flag is not None:
                self.teller.happened({(flag.code, reference): flag.text})

    def _answered(self, reply: Reply, composed: Composed) -> None:
        """Take out what our reply, which is durable now, has dealt with."""
        precedence, deadline = Precedence(composed.stream), time.perf_counter() + GROUP_S
        try:
            found = self.dismiss(self._peer, reply, composed.id, precedence, deadline)
        except Exception as error:  # it is durable, and what it is about stands on
            self.stumbles.note(reply.reference, error)
            found = []
        if found:
            self._centre.spawn(self._enter(found, answer=False))
        self._tell_stumbles()
        self._go_on()

    def dismiss(
        self, centre: str, reply: Reply, id_: bytes, precedence: Precedence, deadline: float
    ) -> list[Found]:
        """Take out what stands of a centre for a message that a reply has dealt with.

        That is one without a reference to be read (`hotline.wire.undecoded.dismissal`); what a
        reply says of any other notice changes nothing here.
        """
        message = dismissal(reply)
        if message is None:
            return []
        held = self.current.get(Key(centre, message.reference))
        if held is not None and held.id.hex() != reply.to:
            return []  # another one has that name
        now_us = self._centre.clock.wall_us()
        if self.reading is not None:
            self.reading.saw(id_)
            own = centre == self.own
            if self.reading.defers(Said(-1, own, precedence, id_, now_us, message)):
                return []
        stepped = self.compared.step(centre, message, id_, precedence, now_us)
        changed = self.compared.follow(stepped, Kind.REPLY.value, id_, deadline)
        return self.settle(changed or [])

    # --- What the clock does --------------------------------------------------------------

    async def tick(self) -> None:
        """Do what the clock calls for: expiry, alarms about what is late; every second."""
        try:
            await self._tick()
        except HotlineError:
            raise
        except Exception as error:  # a defect of ours must not end the watch
            self.stumbles.note("", error)
        self._tell_stumbles()
        self._go_on()

    async def _tick(self) -> None:
        now_us = self._centre.clock.wall_us()
        changed, due = self.compared.pass_time(
            now_us, time.perf_counter() + SLICE_S, expiring_us=expiring_us(self.line, now_us)
        )
        await self._enter([*self.settle(changed), *self._endings.no_more_doubtful()], answer=False)
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
        if not self.loading:
            await self.short_notices.review(now_us)
        await self._read_on()
        await self.teller.crowded(self.compared.engine.crowded)
        self._gauge()

    async def _read_on(self) -> None:
        """Read the words of notices that came too fast, and say whether not all are read."""
        burdened = self.reader.overburdened
        until = time.perf_counter() + SLICE_S
        while time.perf_counter() < until and (unread := self.reader.next()) is not None:
            message, came_us = unread
            words = await asyncio.to_thread(words_of, message, self.line.letter, came_us)
            self.reader.spend(words)
            self.teller.happened({(one.code, message.reference): one.text for one in words.flags})
        bell = self._centre.bell
        if burdened:
            text = f"{self._peer} sends notices faster than their words can be read"
            await bell.ring("airspace.words-unread", self._peer, "", text)
        else:
            await bell.clear("airspace.words-unread", self._peer, "")

    def _gauge(self) -> None:
        metrics = self._centre.metrics
        for centre, side in ((self.own, "own"), (self._peer, "peer")):
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
        return self.entered.counts()

    def stands(self, pair: Pair) -> bool:
        """Whether the last that was entered of a pair is a relation."""
        return pair in self.entered

    def late(self, key: Key) -> Late | None:
        """Return what is late about a notice, as it is alarmed about."""
        return self.teller.late.get(key)

    def settle(self, changed: Changed) -> list[Found]:
        """Return what is to be entered of some changes, which counts as entered from now on."""
        return self.entered.settle(changed, self.compared.current) if changed else []

    def chosen(self, found: Sequence[Found]) -> tuple[Related, ...]:
        """Return what is entered of what was found."""
        return self._entering.choose(found, self._centre.clock.now().mono) if found else ()

    def _go_on(self) -> None:
        if not self._catching_up and self._left:
            self._centre.spawn(self._catch_up())

    @property
    def _left(self) -> bool:
        """Whether something is to be compared, or to be entered as compared."""
        return self.compared.unfinished or (len(self.later) > 0 and not self.loading)

    async def _catch_up(self) -> None:
        """Compare what is left, a slice at a time, and enter what is found."""
        self._catching_up = True
        try:
            while self._left:
                await self._slice()
                self._tell_stumbles()
        except Exception as error:  # a defect of ours: what is left stands as possible, and
            # the next second tries again
            self.stumbles.note("", error)
        finally:
            self._catching_up = False

    async def _slice(self) -> None:
        """Compare for a while, giving up the loop in between, and enter all that was found.

        An entry of each finding alone would take longer than the finding.
        """
        compared = self.compared
        found: list[Found] = []
        try:
            await self._gather(found, time.perf_counter() + GATHER_S)
        finally:
            # Where the journal failed meanwhile, what it has is loaded and compared again.
            if self.compared is compared:
                await self._enter(found, self._settled(), answer=True)
        await asyncio.sleep(0)

    async def _gather(self, found: list[Found], until: float) -> None:
        """Compare a slice at a time until a moment of ``time.perf_counter``; add what is found."""
        compared = self.compared
        while self.compared is compared and compared.unfinished:
            more = self.settle(compared.go_on(time.perf_counter() + SLICE_S))
            self.later.found(more)
            found += more
            errand = compared.errands.wanted
            if errand is None:
                await asyncio.sleep(0)
            else:
                await asyncio.to_thread(errand.run)
                compared.errands.done(errand)
            self._tell_stumbles()
            if time.perf_counter() > until:
                break

    def _settled(self) -> list[ComparedLater]:
        """Return what is to be entered of messages that are compared by now."""
        return [] if self.loading else self.later.settle(time.perf_counter() + SETTLING_S)

    async def _enter(
        self, found: Sequence[Found], settled: Sequence[ComparedLater] = (), *, answer: bool
    ) -> None:
        """Enter what was found when no message brings it into the journal, then tell it."""
        if not found and not settled:
            return
        records = self.chosen(found)
        now_us = self._centre.clock.wall_us()

        def enter(journal: Journal) -> None:
            line = journal.line(self._peer)
            enter_relations(journal, line, records, now_us)
            enter_compared(journal, line, settled, now_us)

        try:
            await self._centre.writer.do(enter)
        except HotlineError as error:
            _log.error("record_failed", line=self._peer, kind="conflict", error=str(error))
            self.failed()
        self.teller.take(found, answer=answer)
        self.teller.settled(settled)
