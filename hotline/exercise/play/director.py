"""The director: begins an exercise, plays it, and ends it; or goes on with one.

Everything that it knows comes from the record, the scenario and the nodes, so that it may be killed
at any moment: `resume` goes on where the record ends, with the scenario's clock standing meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from hotline import __version__
from hotline.api.exercise_shapes import ExerciseRequest
from hotline.api.schema import EntryView
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.crew.officer import SimulatedCrew
from hotline.exercise.crew.opponent import own_injects
from hotline.exercise.ground.ground import Ground
from hotline.exercise.judging.verdict import Outcome, Verdict
from hotline.exercise.play import checks, ending
from hotline.exercise.play.following import Follower
from hotline.exercise.play.msel import Row, State
from hotline.exercise.play.performing import Performer, require_state
from hotline.exercise.play.scene import Line, Scene
from hotline.exercise.play.stopping import stop_both
from hotline.exercise.record import events
from hotline.exercise.record.line import time_text
from hotline.exercise.record.writing import RecordWriter
from hotline.exercise.scenario.reading import extra_inject, keep
from hotline.exercise.scenario.shape import (
    DIRECTOR,
    Act,
    CrewKind,
    Inject,
    Scenario,
)
from hotline.exercise.traffic.generator import injects_of

TICK_S = 0.25
GONE_S = 10.0
"""A node that is gone for so long is no reason any more to wait for what its log will say."""


def _wall_us() -> int:
    return time.time_ns() // 1000


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How an exercise ended: ``why`` as in `events.Endex`, and every verdict."""

    name: str
    why: str
    directory: str
    scenario_s: float
    verdicts: tuple[Verdict, ...]

    @property
    def good(self) -> bool:
        """Whether nothing failed and nothing expired."""
        return not any(one.outcome in (Outcome.FAIL, Outcome.EXPIRED) for one in self.verdicts)

    def count(self, outcome: Outcome) -> int:
        """Return how many expectations came to that."""
        return sum(one.outcome is outcome for one in self.verdicts)


class Director:
    """Plays ``scenario`` on ``ground``, which is entered already; all is kept in ``directory``.

    ``said`` is told every line of the story. With ``resume`` it goes on with the record that lies
    there; ``scenario`` is then as it was begun with (`begun_with`).
    """

    def __init__(
        self,
        scenario: Scenario,
        ground: Ground,
        directory: Path,
        *,
        resume: bool = False,
        said: Callable[[Line], None] = lambda _: None,
        wall_us: Callable[[], int] = _wall_us,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.scenario = scenario
        self.directory = directory
        self._ground = ground
        self._resume = resume
        self._said = said
        self._wall_us = wall_us
        self._monotonic = monotonic
        self.scene: Scene
        self.crews: dict[str, SimulatedCrew] = {}
        self.performer: Performer
        self._over: asyncio.Future[tuple[str, str]]
        self._changed = asyncio.Event()
        self._stopping = False
        self._group: asyncio.TaskGroup
        self._working: list[asyncio.Task[None]] = []

    # --- The whole of it ------------------------------------------------------------------

    async def run(self, ready: Callable[[Director], Any] = lambda _: None) -> Result:
        """Play from STARTEX, or from where it was left, to ENDEX; return what came of it.

        ``ready`` is called once play goes on, so that somebody can look at it and steer it.
        Raises ExerciseError: what `checks` raises, `record.*`, ``exercise.over``.
        """
        self._over = asyncio.get_running_loop().create_future()
        traffic = tuple(
            one for each in self.scenario.traffic for one in injects_of(each, self.scenario)
        )
        writer, nodes = await self._open()
        with writer:
            clock = ScenarioClock(
                self.scenario.time_factor, at_s=self._left_at(writer), monotonic=self._monotonic
            )
            scene = self.scene = Scene(
                self.scenario, self._ground, clock, writer, traffic, self._wall_us
            )
            scene.said = self._said
            scene.changed = self._changed.set
            self._man()
            if writer.found is None:
                scene.record(self._opened())
            else:
                self._remember(writer)
            ended = next((one for _, one in _of(writer, events.Endex)), None)
            if ended is None:
                ready(self)
                why, by = await self._play(nodes)
                await ending.end(scene, why, by, self.directory)
            else:
                # It was killed between ENDEX and the end: what is left to be done is done.
                why = ended.why
                scene.judge.tick(self._wall_us())
                await ending.bind(scene, self.directory)
            return self.result(why)

    def result(self, why: str) -> Result:
        """Return how it stands."""
        return Result(
            name=self.scenario.name,
            why=why,
            directory=str(self.directory),
            scenario_s=round(self.scene.now_t(), 3),
            verdicts=tuple(self.scene.judge.verdicts().values()),
        )

    async def _open(self) -> tuple[RecordWriter, tuple[events.NodeAtStart, ...]]:
        """Check the nodes and open the record; nothing is left behind where they are refused."""
        if self._resume:
            writer = RecordWriter.resume(self.directory, self._wall_us)
            started = any(True for _ in _of(writer, events.Startex))
            return writer, () if started else await self._check()
        nodes = await self._check()
        self.directory.mkdir(parents=True, exist_ok=True)
        writer = RecordWriter.create(self.directory, self._wall_us)
        keep(self.scenario, self.directory)
        if self.scenario.letter is not None:
            (self.directory / "letter.toml").write_text(self.scenario.letter, "utf-8")
        return writer, nodes

    async def _check(self) -> tuple[events.NodeAtStart, ...]:
        clients = self._ground.clients
        for centre in self.scenario.centres:
            if centre not in clients:
                raise ExerciseError(
                    "exercise.node-missing",
                    f"no node is named for {centre}",
                    "name one for each centre of the scenario: --node CENTRE=SOCKET",
                )
        # Before the states are noted: the line may still be coming up.
        first = [
            await checks.check_node(clients[centre], centre, self.scenario, self._wall_us)
            for centre in self.scenario.centres
        ]
        await checks.check_line(clients, self.scenario)
        return tuple(first)

    def _opened(self) -> events.Opened:
        return events.Opened(
            name=self.scenario.name,
            scenario=self.scenario.sha256,
            seed=self.scenario.seed,
            time_factor=self.scenario.time_factor,
            ground=self._ground.kind,
            version=__version__,
            humans=tuple(
                centre
                for centre, crew in self.scenario.crews.items()
                if crew.kind is CrewKind.HUMAN
            ),
        )

    def _man(self) -> None:
        """Put a simulated crew where nobody sits."""
        scene = self.scene

        async def tell(acted: events.CrewActed) -> None:
            if not self._stopping:
                scene.record(acted)
                scene.say("crew", f"{acted.centre}, {acted.officer}: {acted.what}")

        for centre in self.scenario.centres:
            crew = self.scenario.crews.get(centre)
            if crew is not None and crew.kind is CrewKind.SIMULATED:
                self.crews[centre] = SimulatedCrew(
                    centre,
                    scene.clients[centre],
                    crew,
                    seed=self.scenario.seed,
                    clock=scene.clock,
                    tell=tell,
                    telephone=scene.telephone,
                    own=own_injects(self.scenario, centre),
                )
        self.performer = Performer(scene, self.crews)

    # --- Going on after a restart ---------------------------------------------------------

    def _left_at(self, writer: RecordWriter) -> float:
        entries = writer.found.entries if writer.found is not None else ()
        return max((one.t for one in entries if one.t is not None), default=0.0)

    def _remember(self, writer: RecordWriter) -> None:
        scene, found = self.scene, writer.found
        assert found is not None  # noqa: S101 - only called for a record that was there
        for entry in found.entries:
            scene.took(entry)
            name = getattr(entry.event, "inject", None)
            row = scene.msel.rows.get(name) if isinstance(name, str) else None
            scene.faults.recorded(entry, row.inject if row is not None else None)
        if any(True for _ in _of(writer, events.Endex)):
            return
        last = time_text(found.entries[-1].at_us)
        scene.record(events.DirectorRestarted(last=last, cut=found.torn))
        torn = f"; {found.torn} bytes of a torn line are cut off" if found.torn else ""
        scene.say("director", f"going on where the director was gone, at {last}{torn}")

    # --- Play -----------------------------------------------------------------------------

    async def _play(self, nodes: tuple[events.NodeAtStart, ...]) -> tuple[str, str]:
        scene = self.scene
        restarted = scene.judge.course.begun
        for centre, client in scene.clients.items():
            follower = Follower(centre, client, self._saw, self._wall_us)
            follower.changed = self._is_gone
            scene.followers[centre] = follower
        if not restarted:
            await self._startex(nodes)
        since_us = scene.judge.course.since_us
        for centre, follower in scene.followers.items():
            with suppress(HotlineError):
                await follower.look()
            follower.begin(scene.clocks.centre_us(centre, since_us))
        paused = restarted and scene.judge.course.paused
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                tasks = [group.create_task(one.follow()) for one in scene.followers.values()]
                if restarted:
                    await self._catch_up()
                if not paused:
                    scene.clock.start()
                self._working = [group.create_task(crew.run()) for crew in self.crews.values()]
                self._working.append(group.create_task(self._schedule()))
                tasks += [group.create_task(self._tick()), *self._working]
                found = await self._over
                for task in [*tasks, *self._working]:
                    task.cancel()
                await self.performer.close()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several
        return found

    async def _startex(self, nodes: tuple[events.NodeAtStart, ...]) -> None:
        scene = self.scene
        starts = self.scenario.starts
        now_us = self._wall_us()
        scene.record(
            events.Startex(nodes=nodes, starts=time_text(now_us if starts is None else starts))
        )
        scene.say("startex", f"STARTEX of EXERCISE {self.scenario.name}: {self.scenario.title}")
        versions = {one.version for one in nodes}
        if len(versions) > 1:
            scene.say("trouble", f"the nodes run different versions: {', '.join(sorted(versions))}")
        await self._tell_nodes("startex")

    async def _catch_up(self) -> None:
        """See what became of what was under way, and break anew what was broken."""
        scene = self.scene
        for centre, client in scene.clients.items():
            with suppress(HotlineError):
                if (await client.exercise()).state == "none":
                    await self._tell(centre, "startex")
        for follower in scene.followers.values():
            await follower.drain()
        await scene.faults.again()
        for row in scene.msel.unfinished():
            self._working.append(self._group.create_task(self._carry_out(row, again=True)))

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
                    )
                )
            if scene.clock.running:
                for row in scene.msel.due(scene.now_t()):
                    self.performer.due(row)
                    self._working.append(self._group.create_task(self._carry_out(row)))
            next_t = scene.msel.next_t() if scene.clock.running else None
            wait_s = None
            if next_t is not None:
                wait_s = max(next_t - scene.now_t(), 0.0) / scene.clock.factor
            self._working = [task for task in self._working if not task.done()]
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait_s)

    async def _carry_out(self, row: Row, *, again: bool = False) -> None:
        """Carry an inject out; what is the director's own takes effect once it is entered."""
        await self.performer.carry_out(row, again=again)
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
            if not self._stopping:
                ending.judge(scene, self._horizon_us())
                self.performer.take_notice()
                if scene.clock.running and scene.now_t() >= self.scenario.duration_s:
                    self._end("time", DIRECTOR)
                elif scene.msel.done and scene.judge.settled and not scene.faults.timed:
                    self._end("all-done", DIRECTOR)
            await asyncio.sleep(TICK_S)

    def _horizon_us(self) -> int:
        """Return until when both logs were read; a node that is gone is waited for, not forever."""
        now_us = self._wall_us()
        earliest = min(one.seen_us for one in self.scene.followers.values())
        return max(earliest, now_us - round(GONE_S * 1e6))

    def _saw(self, centre: str, entry: EntryView) -> None:
        self.scene.judge.saw(centre, entry)
        if entry.kind != "exercise" or self._stopping:
            return
        if entry.what.get("event") == "real-world":
            by = f"{entry.what.get('by') or 'nobody named'} at {centre}"
            text = str(entry.what.get("text") or "")
            told = frozenset({centre})
            self._group.create_task(self.real_world(by, text, told))

    def _is_gone(self, follower: Follower) -> None:
        if follower.gone is not None:
            self.scene.say("trouble", f"the node of {follower.centre} is gone: {follower.gone}")
        else:
            self.scene.say("director", f"the node of {follower.centre} answers")

    def _end(self, why: str, by: str) -> None:
        if not self._over.done():
            self._over.set_result((why, by))

    async def _tell_nodes(self, event: str, text: str = "") -> None:
        await asyncio.gather(*(self._tell(centre, event, text) for centre in self.scene.clients))

    async def _tell(self, centre: str, event: str, text: str = "") -> None:
        request = ExerciseRequest(event=event, by=DIRECTOR, name=self.scenario.name, text=text)
        try:
            await self.scene.clients[centre].tell_exercise(request)
        except HotlineError as error:
            self.scene.say("trouble", f"{centre} was not told of {event}: {error.message}")

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
        await self._tell_nodes("pause", why)

    async def resume(self, by: str) -> None:
        """Let the scenario's clock go on. Raises ExerciseError where it runs."""
        self._require_play()
        if self.scene.clock.running:
            raise _unfit("it is not paused", "pause it with `hotline exercise pause DIR`")
        self.scene.record(events.Resumed(by=by))
        self.scene.clock.start()
        self._changed.set()
        self.scene.say("director", f"RESUMED by {by}")
        await self._tell_nodes("resume")

    def add(self, given: Mapping[str, Any], by: str) -> Inject:
        """Add an inject, as a scenario's file has it, after all others of its time.

        Raises ExerciseError (ScenarioRefused) for one that does not fit to this exercise.
        """
        self._require_play()
        scene = self.scene
        known = tuple(row.inject for row in scene.msel.rows.values() if not row.traffic)
        current = msgspec.structs.replace(self.scenario, injects=known)
        inject = extra_inject(given, current)
        if not inject.after and inject.at_s < scene.now_t():
            inject = msgspec.structs.replace(inject, at_s=scene.now_t())
        scene.record(events.InjectAdded(inject=msgspec.to_builtins(inject), by=by))
        scene.say("director", f"inject {inject.id} added by {by}")
        return inject

    def skip(self, name: str, by: str, why: str = "") -> None:
        """Leave an inject out. Raises ExerciseError for one that is not waiting."""
        self._require_play()
        require_state(self.scene.msel.rows.get(name), name, State.WAITING)
        self.scene.record(events.InjectSkipped(inject=name, by=by, why=why))
        self.scene.say("director", f"inject {name} skipped by {by}{f': {why}' if why else ''}")

    def end(self, by: str) -> None:
        """ENDEX before the time is up."""
        self._require_play()
        self._end("ended", by)

    def comment(self, by: str, text: str, inject: str = "") -> None:
        """Enter an evaluator's comment. Raises ExerciseError for an inject that there is not."""
        if inject and inject not in self.scene.msel.rows:
            require_state(None, inject, State.WAITING)
        self.scene.record(events.Commented(by=by, text=text, inject=inject))
        self.scene.say("comment", f"{by}: {text}")

    async def real_world(self, by: str, text: str = "", told: Iterable[str] = ()) -> None:
        """Stop play at once on both sides; the exercise ends when that is done."""
        if self._stopping:
            return
        self._stopping = True
        scene = self.scene
        scene.clock.pause()
        own = asyncio.current_task()
        for task in self._working:
            if task is not own:
                task.cancel()
        await self.performer.close()
        await stop_both(scene, by, text, frozenset(told))
        await self._trained_for()
        self._end("real-world", by)

    async def _trained_for(self) -> None:
        """Where the stop itself is trained, wait for what is expected of it."""
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

    def _require_play(self) -> None:
        if self._stopping or self._over.done():
            raise _unfit("it is over", "nothing is left to do but to read the report")


def _unfit(why: str, hint: str) -> ExerciseError:
    return ExerciseError("exercise.unfit", f"that does not fit to the exercise: {why}", hint)


def _of(writer: RecordWriter, kind: type[Any]) -> Iterable[tuple[Any, Any]]:
    return writer.found.every(kind) if writer.found is not None else ()
