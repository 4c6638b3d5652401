"""Play itself, from STARTEX or a restart on: what is due is delivered, what happens is judged.

Whoever directs steers it through the methods at the end; each is entered before it takes effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from hotline.api.exercise_shapes import ExerciseRequest
from hotline.api.schema import EntryView
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.crew.officer import SimulatedCrew
from hotline.exercise.judging.verdict import Outcome
from hotline.exercise.play import ending
from hotline.exercise.play.board import Board, board_of
from hotline.exercise.play.cancelling import cancelled
from hotline.exercise.play.following import Follower
from hotline.exercise.play.msel import Row, State
from hotline.exercise.play.performing import Performer, require_state
from hotline.exercise.play.scene import Scene
from hotline.exercise.play.stopping import stop_both
from hotline.exercise.record import events
from hotline.exercise.scenario.reading import extra_inject
from hotline.exercise.scenario.shape import DIRECTOR, Act, Inject
from hotline.model.play import SHOUT
from hotline.model.times import time_or_none

TICK_S = 0.25
GONE_S = 10.0
"""A node that is gone for so long is no reason any more to wait for what its log will say."""


class Playing:
    """One exercise while it is played in ``directory``, with its simulated ``crews``."""

    def __init__(self, scene: Scene, crews: Mapping[str, SimulatedCrew], directory: Path) -> None:
        self.scene = scene
        self.directory = directory
        self._crews = dict(crews)
        self._performer = Performer(scene, self._crews)
        self._over: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Event()
        scene.changed = self._changed.set
        self._group: asyncio.TaskGroup
        # What stops at once when the real world calls.
        self._working: list[asyncio.Task[None]] = []

    def board(self) -> Board:
        """Return what is shown of it now."""
        if self._over.done():
            state = "over"
        elif self.scene.stopping:
            state = "stopping"
        else:
            state = "running" if self.scene.clock.running else "paused"
        return board_of(self.scene, state)

    async def play(self, *, restarted: bool) -> tuple[str, str]:
        """Play until it is over; return why, and by whom. STARTEX is in the record already."""
        scene = self.scene
        for centre, client in scene.clients.items():
            follower = Follower(centre, client, self._saw, scene.wall_us)
            follower.changed = self._is_gone
            scene.followers[centre] = follower
        since_us = scene.judge.course.since_us
        for centre, follower in scene.followers.items():
            with suppress(HotlineError):
                await follower.look()
            follower.begin(scene.clocks.earliest_us(centre, since_us))
        paused = restarted and scene.judge.course.paused
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._performer.spawn = group.create_task
                tasks = [group.create_task(one.follow()) for one in scene.followers.values()]
                if restarted:
                    await self._catch_up()
                if not paused:
                    scene.clock.start()
                self._working += [group.create_task(crew.run()) for crew in self._crews.values()]
                self._working.append(group.create_task(self._schedule()))
                tasks += [group.create_task(self._tick()), *self._working]
                found = await self._over
                await cancelled([*tasks, *self._working])
                await self._performer.close()
        except asyncio.CancelledError:
            await scene.faults.leave()
            raise
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several
        finally:
            await scene.faults.rest()
        return found

    async def _catch_up(self) -> None:
        """See what became of what was under way, and go on with what was broken."""
        scene = self.scene
        for centre, client in scene.clients.items():
            with suppress(HotlineError):
                if (await client.exercise()).state == "none":
                    await tell_node(self.scene, centre, "startex")
        for follower in scene.followers.values():
            await follower.drain()
        await scene.faults.again()
        for row in scene.msel.unfinished():
            self._working.append(self._group.create_task(self._carry_out(row, again=True)))
        self._performer.go_on()

    async def _schedule(self) -> None:
        """Deliver each inject when its time has come."""
        scene = self.scene
        while True:
            self._changed.clear()
            for row in scene.msel.orphans():
                scene.record(
                    events.InjectSkipped(
                        inject=row.inject.id,
                        by=DIRECTOR,
                        why=f"inject {row.inject.after} was not delivered",
                        planned=row.planned,
                    )
                )
            if scene.clock.running:
                for row in scene.msel.due(scene.now_t()):
                    self._performer.due(row)
                    self._working.append(self._group.create_task(self._carry_out(row)))
            next_t = scene.msel.next_t() if scene.clock.running else None
            wait_s = None
            if next_t is not None:
                wait_s = max(next_t - scene.now_t(), 0.0) / scene.clock.factor
            self._working = [task for task in self._working if not task.done()]
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()

    async def _carry_out(self, row: Row, *, again: bool = False) -> None:
        """Carry an inject out; what is the director's own takes effect once it is entered."""
        await self._performer.carry_out(row, again=again)
        inject = row.inject
        by = inject.officer or inject.originator
        why = inject.text or inject.title
        match inject.act:
            case Act.PAUSE:
                self._group.create_task(self.pause(by, why))
            case Act.END:
                self._end("ended", by)
            case Act.REAL_WORLD:
                self._group.create_task(self.real_world(by, why))
            case _:
                pass

    async def _tick(self) -> None:
        """Judge, take notice of what crews did, and see whether it is over."""
        scene = self.scene
        while True:
            if not self.scene.stopping:
                ending.judge(scene, self._horizon_us())
                self._performer.take_notice()
                if scene.clock.running and scene.now_t() >= self.scene.scenario.duration_s:
                    self._end("time", DIRECTOR)
                elif self._is_done():
                    self._end("all-done", DIRECTOR)
            await asyncio.sleep(TICK_S)

    def _is_done(self) -> bool:
        """Say whether nothing is left to be delivered, judged, made whole or done by a crew."""
        scene = self.scene
        busy = scene.faults.timed or self._performer.busy
        return scene.msel.done and scene.judge.settled and not busy

    def _horizon_us(self) -> int:
        """Return until when both logs were read; a node that is gone is waited for, not forever."""
        now_us = self.scene.wall_us()
        earliest = min(one.seen_us for one in self.scene.followers.values())
        return max(earliest, now_us - round(GONE_S * 1e6))

    def _saw(self, centre: str, entry: EntryView) -> None:
        self.scene.judge.saw(centre, entry)
        if entry.kind != "exercise" or self.scene.stopping:
            return
        event, by = entry.what.get("event"), str(entry.what.get("by") or "nobody named")
        if event == "real-world":
            self._group.create_task(self._called(centre, entry))
        elif event == "endex" and by != DIRECTOR and self._is_of_play(centre, entry):
            self._end("ended", f"{by} at {centre}")

    def _is_of_play(self, centre: str, entry: EntryView) -> bool:
        """Say whether an entry is from after STARTEX: the log is read from a little before it."""
        at_us = self.scene.clocks.common_us(centre, time_or_none(entry.at) or 0)
        return at_us >= self.scene.judge.course.since_us

    async def _called(self, centre: str, entry: EntryView) -> None:
        """Stop play, since somebody at a node has said so there or over the line."""
        where, told = centre, entry.what
        if told.get("message"):
            with suppress(HotlineError):
                found = await self.scene.clients[centre].message(str(told["message"]))
                where = centre if found.message.direction == "out" else self.scene.other(centre)
        by = f"{told.get('by') or 'nobody named'} at {where}"
        at_us = self.scene.clocks.common_us(centre, time_or_none(entry.at) or 0)
        # Whichever node's log is read first, the same is entered.
        text = str(told.get("text") or "").removeprefix(SHOUT).strip()
        await self.real_world(by, text, {centre}, at_us)

    def _is_gone(self, follower: Follower) -> None:
        if follower.gone is not None and self.scene.faults.takes_down(follower.centre):
            self.scene.say("fault", f"the node of {follower.centre} is gone, as it is meant to be")
        elif follower.gone is not None:
            mend = f"; {follower.gone.hint}" if follower.gone.hint else ""
            said = f"the node of {follower.centre} is gone: {follower.gone.message}{mend}"
            self.scene.say("trouble", said)
        else:
            self.scene.say("director", f"the node of {follower.centre} answers")

    def _end(self, why: str, by: str) -> None:
        if not self._over.done():
            self._over.set_result((why, by))

    # --- What whoever directs may do --------------------------------------------------------

    async def pause(self, by: str, why: str = "") -> None:
        """Hold the scenario's clock. Raises ExerciseError where it stands already."""
        self._require_play()
        if not self.scene.clock.running:
            raise _unfit("it is paused already", "go on with `hotline exercise resume DIR`")
        self.scene.record(events.Paused(by=by, why=why))
        self.scene.clock.pause()
        self._changed.set()
        self.scene.say("director", f"PAUSED by {by}{f': {why}' if why else ''}")
        await tell_nodes(self.scene, "pause", why)

    async def resume(self, by: str) -> None:
        """Let the scenario's clock go on. Raises ExerciseError where it runs."""
        self._require_play()
        if self.scene.clock.running:
            raise _unfit("it is not paused", "pause it with `hotline exercise pause DIR`")
        self.scene.record(events.Resumed(by=by))
        self.scene.clock.start()
        self._changed.set()
        self.scene.say("director", f"RESUMED by {by}")
        await tell_nodes(self.scene, "resume")

    def add(self, given: Mapping[str, Any], by: str) -> Inject:
        """Add an inject, as a scenario's file has it, after all others of its time.

        Raises ExerciseError (ScenarioRefused) for one that does not fit to this exercise.
        """
        self._require_play()
        scene = self.scene
        known = tuple(row.inject for row in scene.msel.rows.values() if not row.traffic)
        current = msgspec.structs.replace(self.scene.scenario, injects=known)
        inject = extra_inject(scene.references.added(dict(given)), current)
        if not inject.after and inject.at_s < scene.now_t():
            inject = msgspec.structs.replace(inject, at_s=scene.now_t())
        scene.record(events.InjectAdded(inject=msgspec.to_builtins(inject), by=by))
        scene.say("director", f"inject {inject.id} added by {by}")
        return inject

    def skip(self, name: str, by: str, why: str = "") -> None:
        """Leave an inject out. Raises ExerciseError for one that is not waiting."""
        self._require_play()
        row = require_state(self.scene.msel.rows.get(name), name, State.WAITING)
        skipped = events.InjectSkipped(inject=name, by=by, why=why, planned=row.planned)
        self.scene.record(skipped)
        self.scene.say("director", f"inject {name} skipped by {by}{f': {why}' if why else ''}")

    def end(self, by: str) -> None:
        """ENDEX before the time is up."""
        self._require_play()
        self._end("ended", by)

    def comment(self, by: str, text: str, inject: str = "") -> None:
        """Enter an evaluator's comment.

        Raises ExerciseError for an inject that there is not, and while it ends: what is entered
        last then is ENDEX, which both nodes are told of.
        """
        if self._over.done():
            raise _unfit("it is just ending", "enter it again in a moment, when it is over")
        if inject and inject not in self.scene.msel.rows:
            require_state(None, inject, State.WAITING)
        self.scene.record(events.Commented(by=by, text=text, inject=inject))
        self.scene.say("comment", f"{by}: {text}")

    async def call_real_world(self, by: str, text: str = "") -> None:
        """Stop play on both sides; return once both nodes have been told.

        Raises ExerciseError where it is over.
        """
        self._require_play()
        await self.real_world(by, text)

    async def real_world(
        self, by: str, text: str = "", told: Iterable[str] = (), called_us: int | None = None
    ) -> None:
        """Stop play at once on both sides; the exercise ends when that is done."""
        if self.scene.stopping:
            return
        self.scene.stopping = True
        scene = self.scene
        scene.clock.pause()
        own = asyncio.current_task()
        others = [task for task in self._working if task is not own]
        since_us = scene.wall_us() if called_us is None else called_us
        await asyncio.gather(
            cancelled(others),
            self._performer.close(),
            stop_both(scene, by, text, frozenset(told), since_us),
        )
        self._group.create_task(self._wind_up(by))

    async def _wind_up(self, by: str) -> None:
        """Where the stop itself is trained, wait for what is expected of it; then ENDEX."""
        scene = self.scene
        training = {
            row.inject.id for row in scene.msel.rows.values() if row.inject.act is Act.REAL_WORLD
        }
        for error in await scene.faults.end_all():
            scene.say("trouble", f"not made whole: {error.message} [{error.code}]")
        while any(
            one.outcome is Outcome.OPEN and one.inject in training and one.since_us is not None
            for one in scene.judge.verdicts().values()
        ):
            ending.judge(scene, self._horizon_us())
            await asyncio.sleep(TICK_S)
        self._end("real-world", by)

    def _require_play(self) -> None:
        if self.scene.stopping or self._over.done():
            raise _unfit("it is over", "nothing is left to do but to read the report")


async def tell_nodes(scene: Scene, event: str, text: str = "") -> None:
    """Have both nodes enter what happens in play; one that cannot be told is named."""
    await asyncio.gather(*(tell_node(scene, centre, event, text) for centre in scene.clients))


async def tell_node(scene: Scene, centre: str, event: str, text: str = "") -> None:
    """Have one node enter what happens in play."""
    request = ExerciseRequest(event=event, by=DIRECTOR, name=scene.scenario.name, text=text)
    try:
        await scene.clients[centre].tell_exercise(request)
    except HotlineError as error:
        scene.say("trouble", f"{centre} was not told of {event}: {error.message}")


def _unfit(why: str, hint: str) -> ExerciseError:
    return ExerciseError("exercise.unfit", f"that does not fit to the exercise: {why}", hint)
