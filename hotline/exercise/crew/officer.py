"""`SimulatedCrew`: plays a centre through its node's API, as its officers do.

Theory of operation. The crew looks at its desk when the node says that something happened, and
every few seconds besides, since an event stream can be cut. What it sees to do goes on an agenda,
with the moment at which it will have reacted; of what is due the most urgent is done first, one
thing at a time. Nothing is remembered that the node does not know: before anything is said, the
crew looks whether it is said already. So it may be stopped and started again at any time, and the
node too.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence, Set
from contextlib import suppress
from functools import partial
from typing import Any

from hotline.api.client import Client
from hotline.api.schema import AlarmView, MessageView
from hotline.errors import HotlineError
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.crew.agenda import Agenda, Todo
from hotline.exercise.crew.answering import Answering
from hotline.exercise.crew.calling import Calling
from hotline.exercise.crew.desk import Desk, Seen
from hotline.exercise.crew.dice import Dice
from hotline.exercise.crew.judgement import WITH_CONTENT
from hotline.exercise.crew.mistakes import Mistake, mistakes_of
from hotline.exercise.crew.notices import OwnNotices
from hotline.exercise.crew.reading_back import differences
from hotline.exercise.crew.relief import Relief
from hotline.exercise.crew.seat import Seat, is_passing, named
from hotline.exercise.crew.telephone import Telephone
from hotline.exercise.crew.wording import READ_BACK_WRONG
from hotline.exercise.record.events import CrewActed
from hotline.exercise.said import is_answered, message_in
from hotline.exercise.scenario.shape import Act, Crew, Inject
from hotline.model.kinds import Answer, Kind
from hotline.model.times import SECOND_US, time_or_none

LOOK_EVERY_S = 2.0
"""Real seconds between two looks at the desk when nothing is heard."""
LOOKING_SHARE = 0.1
"""No more of the time is spent on whole looks, however much lies on the desk."""
LOOK_WHOLE_S = 10.0
"""Real seconds between two whole looks at the most: one that was slow once says little."""
LOOK_AGAIN_S = 0.1
"""Real seconds between two looks at least, however much happens."""
AGAIN_S = 0.5
"""Real seconds before something is tried again that the node could not do."""
READING_S = 2.0
WRITING_S = 5.0
"""Seconds of the scenario that opening a message, and answering one, keep the officer busy."""
CALLS_AFTER_S = 10.0
"""Real seconds without a receipt after which a FLASH is read out (the usual receipt alarm)."""
_UNOPENED = frozenset({Kind.LINE_CHECK.value})
_URGENT = frozenset({"FLASH", "IMMEDIATE"})
_TASK = re.compile(
    r"\b(?P<what>withdraw|activate|end)\b[^A-Z0-9]{1,40}(?P<reference>[A-Z0-9]+(?:-[A-Z0-9]+)+)",
)
_TASKS = {"withdraw": Kind.WITHDRAWAL, "activate": Kind.ACTIVATION, "end": Kind.END}


class SimulatedCrew:
    """One centre's crew. ``tell`` is awaited with everything that it does.

    ``telephone`` joins it with another simulated crew. ``own`` are notices that it gives by itself
    when they are due (`opponent.own_injects`). ``mark`` is that of the run's references; what was
    entered before ``since_us``, by the node's clock, is of another run and none of its business.
    Raises ExerciseError ``exercise.unknown-mistake``.
    """

    def __init__(
        self,
        centre: str,
        client: Client,
        crew: Crew,
        *,
        seed: int,
        clock: ScenarioClock,
        tell: Callable[[CrewActed], Awaitable[None]],
        telephone: Telephone | None = None,
        own: Sequence[Inject] = (),
        mark: str = "",
        since_us: int = 0,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        first = crew.officers[0] if crew.officers else centre
        self.seat = Seat(
            centre=centre,
            client=client,
            crew=crew,
            dice=Dice(seed, centre, mark),
            mistakes=mistakes_of(crew),
            clock=clock,
            officer=named(first),
            tell=tell,
            wall_s=wall_s,
        )
        self._telephone = telephone
        self._own_injects = own
        self._desk = Desk(client, since_us)
        self._own = OwnNotices(self.seat)
        self._answering = Answering(self.seat, self._own)
        self._calling = Calling(self.seat, telephone)
        self._relief = Relief(self.seat)
        self._agenda = Agenda()
        self._performing = asyncio.Lock()
        # What was noted already, so that it is not noted at every look.
        self._noted: set[Hashable] = set()
        self._woken = asyncio.Event()
        self._looked_at = self._look_whole_at = 0.0

    async def run(self) -> None:
        """Play until cancelled."""
        if self._telephone is not None:
            self._telephone.listen(self.seat.centre, self._calling.hear)
        self._agenda.add("watch", "FLASH", 0.0, self._relief.take)
        for inject in self._own_injects:
            act = partial(self._send_own, inject)
            self._agenda.add(("own", inject.id), "PRIORITY", inject.at_s, act)
        listening = asyncio.create_task(self._listen())
        try:
            while not listening.done():
                await self._look()
                todo = self._agenda.due(self.seat.clock.now_s())
                if todo is not None and self.seat.clock.running:
                    await self._do(todo)
                else:
                    await self._rest()
            await listening  # it never ends by itself: whatever ended it is a defect
        finally:
            if self._telephone is not None:
                self._telephone.hang_up(self.seat.centre)
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    # --- What the director asks for --------------------------------------------------------

    async def perform(
        self,
        inject: Inject,
        *,
        message: str = "",
        since_us: int = 0,
        taken: set[str] | None = None,
        again: bool = False,
    ) -> str:
        """Do an inject that is the crew's own (``from_crew``), after its reaction.

        ``message`` is the id of what an answer or a call is about. Returns the id of the message
        that was sent, empty where none was. With ``again``, after a restart of the director, and
        where an answer of the node was lost, it is looked for first, among what was sent from
        ``since_us`` on by the node's clock; messages in ``taken`` carried other injects, and what
        carried this one is added there. Raises HotlineError where the node refuses it.
        """
        taken = set() if taken is None else taken
        precedence = inject.precedence.name if inject.precedence is not None else "PRIORITY"
        await self.seat.clock.sleep(self.seat.reaction_s(precedence, "own", inject.id))
        done: list[str] = []
        is_known = again

        async def act() -> None:
            nonlocal is_known
            looks_first, is_known = is_known, True
            # One after the other, so that none takes for its own what another has just sent.
            async with self._performing:
                since = since_us if looks_first else None
                done.append(await self._performed(inject, message, since, taken))
                taken.add(done[0])

        await self._insist(act)
        return done[0]

    async def told(self, inject: Inject) -> bool:
        """Take a task that the director tells; say whether it was simple enough to be done.

        Simple is ``withdraw``, ``activate`` or ``end`` with a reference.
        """
        found = _TASK.search(inject.text)
        if found is None:
            await self.seat.acted(f"is told: {inject.text[:80]!a}; no simulated crew knows how")
            return False
        kind, reference = _TASKS[found["what"]], found["reference"]
        await self.seat.clock.sleep(self.seat.reaction_s("PRIORITY", "told", inject.id))
        if kind is Kind.WITHDRAWAL:
            document = {"kind": kind.value, "reference": reference}
            await self._insist(partial(self._sent_once, document))
        else:
            await self._insist(partial(self._own.step, kind, reference))
        return True

    async def relieve(self, officer: str, since_us: int | None = None) -> None:
        """Have the watch relieved by an officer, step by step; the next of the crew without one.

        With ``since_us`` it may have begun, at that moment of the node's clock or after it: what is
        done already is not done again.
        """
        names = [named(officer)] if officer else []

        async def choose() -> None:
            names.append(await self._relief.next_officer(since_us))

        if not names:
            await self._insist(choose)
        self._own.add_officer(names[0])
        await self._insist(partial(self._relief.relieve, names[0]))

    async def _performed(
        self, inject: Inject, message: str, since_us: int | None, taken: Set[str]
    ) -> str:
        if inject.act is Act.VOICE:
            await self._calling.read_out((await self.seat.client.message(message)).message)
            return ""
        if inject.act is Act.REPLY:
            return await self._answering.as_asked(message, inject)
        document = dict(inject.document or {})
        if inject.precedence is not None:
            document["precedence"] = inject.precedence.name
        sent = await self._own.sent_before(document, since_us, taken)
        if not sent:
            sent = await self._own.send(document)
            if sent and self._announces_twice(document):
                await self._own.again(document)
        return sent

    async def _send_own(self, inject: Inject) -> None:
        await self._performed(inject, "", None, frozenset())

    async def _sent_once(self, document: dict[str, Any]) -> None:
        if not await self._own.sent_before(document):
            await self._own.send(document)

    def _announces_twice(self, document: dict[str, Any]) -> bool:
        is_notice = document.get("kind") == Kind.NOTICE.value
        return is_notice and self.seat.makes(Mistake.DUPLICATE_NOTICE)

    # --- Looking and doing -----------------------------------------------------------------

    async def _look(self) -> None:
        """Look at the desk if something happened, or it is time to; note what is to be done."""
        now_s = time.monotonic()
        is_whole = now_s >= self._look_whole_at
        # Unheard events must not leave a crew idle: what came is looked at all the same.
        pause_s = LOOK_AGAIN_S if self._woken.is_set() else LOOK_EVERY_S
        if not is_whole and now_s < self._looked_at + pause_s:
            return
        self._woken.clear()
        self._looked_at = now_s
        try:
            seen = await (self._desk.look() if is_whole else self._desk.glance())
        except HotlineError as error:
            self._look_whole_at = now_s + AGAIN_S
            if not is_passing(error) and ("desk", error.code) not in self._noted:
                self._noted.add(("desk", error.code))
                await self.seat.acted(f"cannot see its desk: {error.message} [{error.code}]"[:400])
            return  # asked again, whatever it was: a node comes back
        if is_whole:
            took_s = time.monotonic() - now_s
            pause_s = max(LOOK_EVERY_S, min(took_s / LOOKING_SHARE, LOOK_WHOLE_S))
            self._look_whole_at = now_s + pause_s
        self._note(seen)

    def _note(self, seen: Seen) -> None:
        for view in seen.incoming:
            self._note_incoming(view)
        for alarm in seen.alarms:
            self._note_alarm(alarm)
        for view in seen.outgoing:
            if view.kind == Kind.NOTICE and self._own.are(view):
                self._note_step(view)
            self._note_call(view, seen)

    def _note_incoming(self, view: MessageView) -> None:
        noted: Hashable = ("in", view.id)
        if view.kind in _UNOPENED or noted in self._noted:
            return
        self._noted.add(noted)
        seat, key = self.seat, self._desk.key_of(view)
        if view.precedence == "FLASH" and seat.makes(Mistake.SILENT):
            what = f"leaves the {view.kind} {view.reference or view.id[:8]} where it is"
            self._soon(noted, view, partial(seat.acted, what, view.id, Mistake.SILENT))
            return
        is_parrot = view.kind in WITH_CONTENT and seat.makes(Mistake.READ_BACK_PARROT)
        if view.answer not in (None, Answer.STAND_BY.value):
            return
        if is_parrot:
            self._soon(noted, view, partial(self._answer, view, key))
        elif view.read_by is None:
            due_s = seat.clock.now_s() + seat.reaction_s(view.precedence, key, "read")
            self._agenda.add(noted, view.precedence, due_s, partial(self._open, view, key))
        else:
            self._after_reading(view, key)

    def _soon(self, key: Hashable, view: MessageView, act: Callable[[], Awaitable[None]]) -> None:
        self._agenda.add(key, view.precedence, self.seat.clock.now_s(), act)

    def _after_reading(self, view: MessageView, key: str) -> None:
        due_s = self.seat.clock.now_s() + self.seat.reaction_s(view.precedence, key, "answer")
        if is_answered(view):
            act: Callable[[], Awaitable[None]] = partial(self._answer, view, key)
        elif view.kind == Kind.REPLY:
            act = partial(self._heed, view, key)
        else:
            return
        self._agenda.add(("answer", view.id), view.precedence, due_s, act)

    def _note_alarm(self, alarm: AlarmView) -> None:
        noted: Hashable = ("alarm", alarm.id)
        if not alarm.id or alarm.acknowledged_by or noted in self._noted:
            return
        self._noted.add(noted)
        seat = self.seat
        if seat.makes(Mistake.ALARM_BLIND):
            act = partial(seat.acted, f"does not see {alarm.code}", "", Mistake.ALARM_BLIND)
            self._agenda.add(noted, "IMMEDIATE", seat.clock.now_s(), act)
            return
        due_s = seat.clock.now_s() + seat.reaction_s("IMMEDIATE", "alarm", alarm.code)
        self._agenda.add(noted, "IMMEDIATE", due_s, partial(self._acknowledge, alarm))

    def _note_step(self, view: MessageView) -> None:
        due = self._own.step_due(view)
        if due is not None:
            kind, mistake = due
            act = partial(self._own.step, kind, view.reference or "", mistake)
            noted: Hashable = (kind, view.reference)
            if noted not in self._noted:
                self._noted.add(noted)
                self._soon(noted, view, act)

    def _note_call(self, view: MessageView, seen: Seen) -> None:
        noted: Hashable = ("call", view.id)
        if noted in self._noted or view.kind == Kind.CONFLICT or view.precedence not in _URGENT:
            return
        seat, mistake = self.seat, ""
        age_s = seat.wall_s() - _unix_s(view.created_at)
        waits = view.receipt is None and view.precedence == "FLASH" and age_s >= CALLS_AFTER_S
        if not (waits and view.peer in seen.down):
            if not seat.makes(Mistake.TALKS_OVER_VOICE) or view.receipt is None:
                return
            mistake = Mistake.TALKS_OVER_VOICE
        self._noted.add(noted)
        due_s = seat.clock.now_s() + seat.reaction_s("FLASH", "call", view.kind)
        self._agenda.add(
            noted, view.precedence, due_s, partial(self._calling.read_out, view, mistake)
        )

    # --- What is done ----------------------------------------------------------------------

    async def _open(self, view: MessageView, key: str) -> None:
        seat = self.seat
        await seat.client.read(view.id, seat.officer)
        await seat.acted(f"opens the {view.kind} {view.reference or view.id[:8]}", view.id)
        await seat.clock.sleep(READING_S)
        self._after_reading(view, key)

    async def _answer(self, view: MessageView, key: str) -> None:
        seat = self.seat
        more = await self._answering.answer(view.id, key)
        if more:
            due_s = seat.clock.now_s() + seat.reaction_s(view.precedence, key, "decide")
            again: Hashable = ("decide", view.id)
            self._agenda.add(again, view.precedence, due_s, partial(self._answer, view, key))
        if not seat.makes(Mistake.READ_BACK_PARROT):
            await seat.clock.sleep(WRITING_S)

    async def _heed(self, reply: MessageView, key: str) -> None:
        """Do what a reply of the peer calls for: withdraw, revise, say that it was misread."""
        seat, message = self.seat, reply.message or {}
        answer = message.get("answer")
        if answer in (Answer.REJECT.value, Answer.COUNTER.value):
            await self._own.refused(reply)
            return
        said = message.get("read_back")
        if not said or not reply.about:
            return
        about = (await seat.client.message(reply.about)).message
        wrong = differences(message_in(about), said)
        if wrong and seat.dice.happens(seat.crew.skill, key, "read-back"):
            text = f"{about.reference}: {seat.says(READ_BACK_WRONG)} {wrong[0].field}"
            if not await self._is_said(text):
                await self._own.send({"kind": Kind.SERVICE.value, "text": text})

    async def _is_said(self, text: str) -> bool:
        page = await self.seat.client.messages(direction="out", kind=Kind.SERVICE.value)
        return any((view.message or {}).get("text") == text for view in page.messages)

    async def _acknowledge(self, alarm: AlarmView) -> None:
        seat = self.seat
        standing = (await seat.client.alarms()).alarms
        if any(one.id == alarm.id and not one.acknowledged_by for one in standing):
            await seat.client.acknowledge(alarm.id, seat.officer)
            await seat.acted(f"acknowledges {alarm.code}")

    async def _do(self, todo: Todo) -> None:
        """Do one thing; what the node cannot do at present is tried again."""
        try:
            await todo.act()
        except HotlineError as error:
            if is_passing(error):
                await asyncio.sleep(AGAIN_S)
                return
            await self.seat.acted(f"is refused: {error.message} [{error.code}]"[:400])
        self._agenda.done(todo)

    async def _insist(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something, again and again while the node is away."""
        while True:
            try:
                await act()
            except HotlineError as error:
                if not is_passing(error):
                    raise
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def _rest(self) -> None:
        """Wait until something happens or is due, but not longer than to the next look."""
        clock, left_s = self.seat.clock, LOOK_EVERY_S
        next_s = self._agenda.next_s()
        if next_s is not None and clock.running:
            left_s = min(left_s, max(0.0, (next_s - clock.now_s()) / clock.factor))
        left_s = min(left_s, max(0.0, self._look_whole_at - time.monotonic()))
        if self._woken.is_set():
            left_s = LOOK_AGAIN_S  # seen at once would be seen at every event of a flood
            await asyncio.sleep(left_s)
            return
        # Not `wait_for`, which before Python 3.12 may lose a cancellation that comes as it wakes.
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await self._woken.wait()

    async def _listen(self) -> None:
        """Wake up whenever the node says that something happened; without it, look anyway."""
        while True:
            try:
                async for _ in self.seat.client.events():
                    self._woken.set()
            except HotlineError:
                pass
            await asyncio.sleep(AGAIN_S)


def _unix_s(text: str) -> float:
    return (time_or_none(text) or 0) / SECOND_US
