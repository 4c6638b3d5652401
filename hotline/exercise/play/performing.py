"""Each inject carried out, once: by the director, by a simulated crew, or by people who are told.

That its time has come is in the record before anything is done. Whoever cannot know whether it was
done, since the director was killed or the node did not answer, looks at the originator's node.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from hotline.errors import ExerciseError, FencedError, HotlineError, JournalError, ModelError
from hotline.exercise.crew.officer import SimulatedCrew
from hotline.exercise.play import delivering
from hotline.exercise.play.cancelling import cancelled
from hotline.exercise.play.delivering import Done
from hotline.exercise.play.msel import Row, State
from hotline.exercise.play.scene import Scene, Task
from hotline.exercise.play.sent_before import sent_before
from hotline.exercise.play.tasking import tell_crew, to_answer, to_send
from hotline.exercise.record.events import (
    CrewFinished,
    InjectDelivered,
    InjectDue,
    InjectFailed,
)
from hotline.exercise.scenario.shape import Act, Inject
from hotline.exercise.scenario.wording import inject_said

AGAIN_S = 0.5
"""Real seconds after which a node that is away is asked again."""
AWAY = frozenset({"api.no-node", "api.no-answer", "api.strange-answer", "api.not-ready"})
BY_CREW = frozenset({Act.SEND, Act.REPLY})
"""What a crew does by itself and can be seen in its log."""


class Performer:
    """Carries out injects; those of one originator one after the other, in their order."""

    def __init__(self, scene: Scene, crews: dict[str, SimulatedCrew]) -> None:
        self._scene = scene
        self._crews = crews
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._aside: set[asyncio.Task[None]] = set()
        self.spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]] = asyncio.create_task
        """Starts what goes on beside; whoever plays is told of defects in it."""
        self.pending: dict[str, Row] = {}
        """What crews are to do by themselves, and are not known to have done yet."""
        self._taken: set[str] = set()
        # Messages that carried injects of crews, so that none of them counts for two.

    def due(self, row: Row) -> None:
        """Enter that an inject's time has come."""
        document = row.inject.document or {}
        where = document.get("properties")
        fields = where if isinstance(where, dict) else document
        reference = str(fields.get("reference") or "")
        self._scene.record(
            InjectDue(inject=row.inject.id, reference=reference, planned=row.planned)
        )

    async def carry_out(self, row: Row, *, again: bool = False) -> None:
        """Carry an inject out, and enter what came of it; ``again`` looks first whether it was."""
        inject, scene = row.inject, self._scene
        crew = self._crews.get(inject.originator)
        if crew is not None and inject.from_crew and inject.act in BY_CREW:
            self._beside(inject, partial(self._by_crew, row, crew, again=again))
            return
        async with self._turns[inject.originator]:
            told = False
            while row.state is State.DUE:
                try:
                    if inject.from_crew and inject.act in BY_CREW:
                        await self._hand_over(row, again=again)
                        return
                    done = await self._found(row) if again else None
                    done = done or await self._do(row, again=again)
                except HotlineError as error:
                    if error.code in AWAY or isinstance(error, JournalError | FencedError):
                        if not told:
                            scene.say("trouble", f"inject {inject.id} waits: {error.message}")
                        told = again = True
                        await asyncio.sleep(AGAIN_S)
                        continue
                    self._failed(row, error)
                    return
                self._delivered(row, done)
                self._hand_to_crew(row)

    def go_on(self) -> None:
        """Have simulated crews do what they were asked for, where they had not finished it."""
        for row in self._scene.msel.rows.values():
            if row.state is State.DELIVERED and not row.finished:
                self._hand_to_crew(row, again=True)

    def take_notice(self) -> None:
        """Enter what crews have done by themselves meanwhile."""
        for name, row in list(self.pending.items()):
            message, reference = self._scene.judge.message_of(name)
            if message and row.state is State.DUE:
                done = Done(message, reference, row.inject.recipient, row.inject.originator)
                self._delivered(row, done)
                del self.pending[name]

    @property
    def busy(self) -> bool:
        """Whether a simulated crew has still to finish what an inject asked of it."""
        return bool(self._aside)

    async def close(self) -> None:
        """Let crews do nothing more of what they were asked for."""
        await cancelled(self._aside)

    # --- How ------------------------------------------------------------------------------

    async def _do(self, row: Row, *, again: bool) -> Done:
        inject, scene = row.inject, self._scene
        match inject.act:
            case Act.SEND:
                return await delivering.send(scene.client(inject.originator), inject)
            case Act.REPLY:
                about, _ = scene.judge.message_of(inject.about)
                return await delivering.reply(scene.client(inject.originator), inject, about)
            case Act.VOICE:
                return await self._read_out(inject, again=again)
            case Act.FAULT:
                await scene.faults.begin(inject)
            case Act.RELIEVE:
                if inject.originator not in self._crews:
                    text = f"{inject.officer or 'the next officer'} is to relieve the watch"
                    await self._task(inject, inject.originator, text, again=again)
            case Act.TELL:
                text = inject.text or inject.title
                await self._task(inject, inject.recipient, text, again=again)
            case _:
                pass  # the director does it itself: play is paused, ended or stopped
        return Done(originator=inject.originator)

    async def _found(self, row: Row) -> Done | None:
        """Return what was done before the director was killed, or before an answer was lost."""
        inject, scene = row.inject, self._scene
        about, _ = scene.judge.message_of(inject.about) if inject.about else ("", "")
        if inject.act in BY_CREW:
            client = scene.client(inject.originator)
            taken = scene.msel.carried()
            view = await sent_before(client, inject, about, self._began_us(row), taken)
            if view is not None:
                return Done(view.id, view.reference or "", view.peer, inject.originator)
        elif inject.act is Act.VOICE:
            client = scene.client(inject.originator)
            heard = inject.recipient in self._crews
            began_us = self._began_us(row)
            if await delivering.read_out_before(client, about, began_us, confirmed=heard):
                return Done(about, "", inject.recipient, inject.originator)
        elif inject.act is Act.FAULT and inject.id in scene.faults.standing:
            return Done(originator=inject.originator)
        return None

    def _began_us(self, row: Row) -> int:
        """Return when its delivery began, on the clock of the originator's node."""
        return self._scene.clocks.centre_us(row.inject.originator, row.due_at_us)

    def _failed(self, row: Row, error: HotlineError) -> None:
        name, text = row.inject.id, error.message
        self._scene.record(InjectFailed(inject=name, code=error.code, text=text))
        self._scene.say("trouble", f"inject {name} failed: {text} [{error.code}]")

    def _delivered(self, row: Row, done: Done) -> None:
        inject, scene = row.inject, self._scene
        by_people = inject.from_crew and scene.is_human(inject.originator)
        scene.record(
            InjectDelivered(
                inject=inject.id,
                message=done.message,
                reference=done.reference,
                peer=done.peer,
                originator=done.originator,
                simulated=not by_people,
                refused=done.refused,
            )
        )
        what = f" {done.reference}" if done.reference else ""
        said = f"refused as it should be [{done.refused}]" if done.refused else inject_said(inject)
        if not row.traffic or done.refused:
            scene.say("inject", f"inject {inject.id}{what}: {said}")

    async def _hand_over(self, row: Row, *, again: bool) -> None:
        """Tell the people who sit at the originator to do it by themselves."""
        inject = row.inject
        if inject.act is Act.REPLY:
            text = to_answer(inject, self._named(inject.about))
        else:
            text = to_send(inject)
        await self._task(inject, inject.originator, text, again=again)
        self.pending[inject.id] = row

    def _hand_to_crew(self, row: Row, *, again: bool = False) -> None:
        """Have a simulated crew do what it was asked for; ``again`` where it may have begun to."""
        inject = row.inject
        work: Callable[[], Coroutine[Any, Any, object]]
        if inject.act is Act.TELL and inject.recipient in self._crews:
            work = partial(self._crews[inject.recipient].told, inject)
        elif inject.originator not in self._crews:
            return
        elif inject.act is Act.RELIEVE:
            since_us = self._began_us(row) if again else None
            work = partial(self._crews[inject.originator].relieve, inject.officer, since_us)
        elif inject.act is Act.VOICE and inject.from_crew:
            about, _ = self._scene.judge.message_of(inject.about)
            work = partial(self._crews[inject.originator].perform, inject, message=about)
        else:
            return

        async def to_the_end() -> None:
            await work()
            self._scene.record(CrewFinished(inject=inject.id))

        self._beside(inject, to_the_end)

    async def _by_crew(self, row: Row, crew: SimulatedCrew, *, again: bool) -> None:
        """Have a simulated crew do it, and enter what it sent; ``again`` after a restart."""
        inject, scene = row.inject, self._scene
        about, _ = scene.judge.message_of(inject.about) if inject.about else ("", "")
        self._taken |= scene.msel.carried()
        try:
            sent = await crew.perform(
                inject,
                message=about,
                since_us=self._began_us(row),
                taken=self._taken,
                again=again,
            )
        except ModelError as error:
            if not inject.flawed:
                self._failed(row, error)
                return
            self._delivered(row, Done(originator=inject.originator, refused=error.code))
        except HotlineError as error:
            self._failed(row, error)
        else:
            if not sent:  # said before, or not at all: the log shows which
                self.pending[inject.id] = row
                return
            reference = ""
            with suppress(HotlineError):
                view = (await scene.client(inject.originator).message(sent)).message
                reference = view.reference or ""
            self._delivered(row, Done(sent, reference, inject.recipient, inject.originator))

    async def _read_out(self, inject: Inject, *, again: bool) -> Done:
        scene = self._scene
        about, _ = scene.judge.message_of(inject.about)
        if inject.from_crew:
            if inject.originator not in self._crews:
                text = f"read {self._named(inject.about)} out over the telephone"
                await self._task(inject, inject.originator, text, again=again)
            return Done(originator=inject.originator)
        client = scene.client(inject.originator)
        done, text = await delivering.read_out(client, scene.telephone, inject, about)
        if text:
            self._show(inject, inject.recipient, f"is to hear, over the telephone:\n{text}")
            told = f"take the telephone: {inject.originator} reads a message out"
            with suppress(HotlineError):  # it rings at any rate, and is read out once
                await tell_crew(scene, inject, inject.recipient, told, again=again)
        return done

    def _named(self, name: str) -> str:
        """Return what people call the message that an inject has sent."""
        _, reference = self._scene.judge.message_of(name)
        return reference or f"the message of inject {name}"

    async def _task(self, inject: Inject, centre: str, text: str, *, again: bool) -> None:
        """Tell a crew something, at its own node and on the board. Raises the node's error."""
        await tell_crew(self._scene, inject, centre, text, again=again)
        self._show(inject, centre, text)

    def _show(self, inject: Inject, centre: str, text: str) -> None:
        scene = self._scene
        scene.tasks[inject.id] = Task(inject.id, centre, scene.now_t(), text)
        scene.say("task", f"{centre} {text}" if "\n" in text else f"{centre}: {text}")

    def _beside(self, inject: Inject, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Have a crew do something while play goes on."""

        async def do() -> None:
            try:
                await work()
            except HotlineError as error:
                if error.code.startswith("record."):
                    raise  # nothing goes on that is not written down
                self._scene.say("trouble", f"inject {inject.id}: {error.message} [{error.code}]")

        task = self.spawn(do())
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)


def require_state(row: Row | None, name: str, state: State) -> Row:
    """Return a row in a state. Raises ExerciseError for another one, or none of that id."""
    if row is None:
        raise ExerciseError(
            "exercise.unknown-inject",
            f"there is no inject {name[:40]!a} in this exercise",
            "`hotline exercise board DIR` shows them",
        )
    if row.state is not state:
        raise ExerciseError(
            "exercise.inject-settled",
            f"inject {name} is {row.state.value} already",
            "only what is still waiting can be skipped",
        )
    return row
