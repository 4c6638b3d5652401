"""The director: begins an exercise, plays it, and ends it; or goes on with one.

Everything that it knows comes from the record, the scenario and the nodes, so that it may be killed
at any moment: `resume` goes on where the record ends, with the scenario's clock standing meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

import msgspec

from hotline import __version__
from hotline.errors import ExerciseError
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.crew.officer import SimulatedCrew
from hotline.exercise.crew.opponent import own_injects
from hotline.exercise.ground.ground import Ground
from hotline.exercise.judging.verdict import Outcome, Verdict
from hotline.exercise.play import checks, ending
from hotline.exercise.play.clearing import clear
from hotline.exercise.play.following import Follower, log_sizes
from hotline.exercise.play.playing import Playing, tell_nodes
from hotline.exercise.play.scene import Line, Scene
from hotline.exercise.record import events
from hotline.exercise.record.line import time_text
from hotline.exercise.record.references import References, mark_of
from hotline.exercise.record.writing import RecordWriter
from hotline.exercise.scenario.reading import KEPT, keep
from hotline.exercise.scenario.shape import (
    CrewKind,
    Scenario,
)
from hotline.exercise.traffic.generator import injects_of

OWN = "own"
"""The kind of ground whose nodes are made for one exercise, and for no other."""


def _wall_us() -> int:
    return time.time_ns() // 1000


def _nobody(_: Playing) -> AbstractAsyncContextManager[None]:
    return nullcontext()


REAL_WORLD = "real-world"
"""Why play ended when somebody has called real world, no play."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How an exercise ended: ``why`` as in `events.Endex`, and every verdict."""

    name: str
    why: str
    directory: str
    scenario_s: float
    verdicts: tuple[Verdict, ...]
    unbound: tuple[str, ...] = ()
    """Centres whose nodes could not be told of ENDEX: no report can be made before they are."""

    @property
    def good(self) -> bool:
        """Whether nothing failed and nothing expired, and the end was entered at both nodes.

        What real world, no play, has cut short is not passed either: something was left undecided.
        """
        bad = {Outcome.FAIL, Outcome.EXPIRED}
        if self.why == REAL_WORLD:
            bad.add(Outcome.VOID)
        return not self.unbound and not any(one.outcome in bad for one in self.verdicts)

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

    # --- The whole of it ------------------------------------------------------------------

    async def run(
        self, open_to: Callable[[Playing], AbstractAsyncContextManager[None]] = _nobody
    ) -> Result:
        """Play from STARTEX, or from where it was left, to ENDEX; return what came of it.

        ``open_to`` is entered while it is played, so that somebody can look at it and steer it.
        Raises ExerciseError: what `checks` raises, `record.*`.
        """
        made = [one for each in self.scenario.traffic for one in injects_of(each, self.scenario)]
        writer, nodes = await self._open()
        with writer:
            clock = ScenarioClock(
                self.scenario.time_factor, at_s=self._left_at(writer), monotonic=self._monotonic
            )
            mark = self._mark(writer)
            references = References(mark, (*self.scenario.injects, *made))
            self.scenario = references.scenario(self.scenario)
            traffic = tuple(references.inject(one) for one in made)
            scene = self.scene = Scene(
                self.scenario, self._ground, clock, writer, traffic, self._wall_us, references
            )
            scene.said = self._said
            if writer.found is None:
                scene.record(self._opened(mark))
            else:
                self._remember(writer)
            ended = next((one for _, one in _of(writer, events.Endex)), None)
            if ended is None:
                restarted = scene.judge.course.begun
                if not restarted:
                    await self._startex(nodes)
                playing = Playing(scene, self._crews(), self.directory)
                async with open_to(playing):
                    why, by = await playing.play(restarted=restarted)
                    unbound = await ending.end(scene, why, by, self.directory)
            else:
                # It was killed between ENDEX and the end: what is left to be done is done.
                why = ended.why
                await self._read_logs()
                scene.judge.tick(self._wall_us())
                unbound = await ending.bind(scene, self.directory)
            return self.result(why, unbound)

    def result(self, why: str, unbound: tuple[str, ...] = ()) -> Result:
        """Return how it stands."""
        return Result(
            name=self.scenario.name,
            why=why,
            directory=str(self.directory),
            scenario_s=round(self.scene.now_t(), 3),
            verdicts=tuple(self.scene.judge.verdicts().values()),
            unbound=unbound,
        )

    async def _open(self) -> tuple[RecordWriter, tuple[events.NodeAtStart, ...]]:
        """Check the nodes and open the record; nothing is left behind where they are refused."""
        if self._resume:
            writer = RecordWriter.resume(self.directory, self._wall_us)
            started = any(True for _ in _of(writer, events.Startex))
            return writer, () if started else await self._check()
        nodes = await self._check()
        # What is played is nobody else's business: where it goes, and who sits where.
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        writer = RecordWriter.create(self.directory, self._wall_us)
        keep(self.scenario, self.directory)
        (self.directory / KEPT).chmod(0o600)
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

    def _mark(self, writer: RecordWriter) -> str:
        """Return what the references of this run have behind them; empty on nodes made for it."""
        if writer.found is not None:
            return writer.found.opened.mark
        return "" if self._ground.kind == OWN else mark_of(self._wall_us())

    def _opened(self, mark: str) -> events.Opened:
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
            mark=mark,
        )

    def _crews(self) -> dict[str, SimulatedCrew]:
        """Return a simulated crew for each centre where nobody sits."""
        scene = self.scene
        crews = {}

        async def tell(acted: events.CrewActed) -> None:
            if not scene.stopping:
                scene.record(acted)
                mistake = f" (mistake on purpose: {acted.mistake})" if acted.mistake else ""
                scene.say("crew", f"{acted.centre}, {acted.officer}: {acted.what}{mistake}")

        for centre in self.scenario.centres:
            crew = self.scenario.crews.get(centre)
            if crew is not None and crew.kind is CrewKind.SIMULATED:
                own = own_injects(self.scenario, centre)
                references = References(scene.references.mark, own)
                crews[centre] = SimulatedCrew(
                    centre,
                    scene.clients[centre],
                    crew,
                    seed=self.scenario.seed,
                    clock=scene.clock,
                    tell=tell,
                    telephone=scene.telephone,
                    own=tuple(references.inject(one) for one in own),
                    mark=references.mark,
                    since_us=self._since_us(centre),
                )
        return crews

    def _since_us(self, centre: str) -> int:
        """Return the moment of a node's clock from which on a crew looks at what lies there."""
        if self._ground.kind == OWN:
            return 0
        scene = self.scene
        return scene.clocks.earliest_us(centre, scene.judge.course.since_us)

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

    async def _read_logs(self) -> None:
        """Have the judge see what both logs say; of a node that is away nothing is seen."""
        scene = self.scene
        for centre, client in scene.clients.items():
            follower = Follower(centre, client, scene.judge.saw, self._wall_us)
            follower.begin(scene.clocks.earliest_us(centre, scene.judge.course.since_us))
            await follower.drain()

    async def _cleared(
        self, nodes: tuple[events.NodeAtStart, ...]
    ) -> tuple[events.NodeAtStart, ...]:
        """End what stands from earlier play; return the nodes with their logs as they are then."""
        scene = self.scene
        await clear(scene)
        return tuple(
            [
                msgspec.structs.replace(
                    node,
                    logs=await log_sizes(scene.clients[node.centre], scene.other(node.centre)),
                )
                for node in nodes
            ]
        )

    async def _startex(self, nodes: tuple[events.NodeAtStart, ...]) -> None:
        scene = self.scene
        if self._ground.kind != OWN:
            nodes = await self._cleared(nodes)
        starts = self.scenario.starts
        now_us = self._wall_us()
        scene.record(
            events.Startex(nodes=nodes, starts=time_text(now_us if starts is None else starts))
        )
        scene.say("startex", f"STARTEX of EXERCISE {self.scenario.name}: {self.scenario.title}")
        versions = {one.version for one in nodes}
        if len(versions) > 1:
            scene.say("trouble", f"the nodes run different versions: {', '.join(sorted(versions))}")
        for note in await checks.letter_notes(scene.clients, self.scenario, nodes):
            scene.say("trouble", note)
        await tell_nodes(scene, "startex")


def _of(writer: RecordWriter, kind: type[Any]) -> Iterable[tuple[Any, Any]]:
    return writer.found.every(kind) if writer.found is not None else ()
