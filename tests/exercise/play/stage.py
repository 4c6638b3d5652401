"""A director at work on two real nodes of this process; faults are noted and not made.

async with stage(tmp_path, send("1", 0.1)) as scene:
playing = await scene.begin()
...
result = await scene.ended()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hotline.api.client import Client
from hotline.exercise.ground.ground import Ground
from hotline.exercise.play.control import serving
from hotline.exercise.play.director import Director, Result
from hotline.exercise.play.playing import Playing
from hotline.exercise.play.scene import Line
from hotline.exercise.record.events import Event
from hotline.exercise.record.reading import read_record
from hotline.exercise.scenario.shape import (
    Act,
    Expectation,
    ExpectationKind,
    Fault,
    Inject,
    Scenario,
)
from tests.centres import PATIENCE_S, centre_pair, client_of, example

CENTRES = ("iaf", "hmeimim")
NAME = "drill"


class PairGround:
    """Two nodes that run here. ``broken`` is what is broken now, ``done`` all that was done."""

    kind = "own"

    def __init__(self, **clients: Client) -> None:
        self.clients: dict[str, Client] = dict(clients)
        self.broken: list[Fault] = []
        self.done: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    @property
    def lasting(self) -> tuple[Fault, ...]:
        """What is broken now."""
        return tuple(self.broken)

    def keeps(self, fault: Fault) -> bool:
        """Everything outlasts the director."""
        return True

    def why_not(self, fault: Fault) -> str | None:
        """Only what has no centre is possible here."""
        return "it has no power switch" if fault.centre == "nobody" else None

    async def begin(self, fault: Fault) -> str:
        """Note that something is broken."""
        self.broken.append(fault)
        self.done.append(f"begin {fault.kind.value}")
        return "noted"

    async def end(self, fault: Fault) -> None:
        """Note that it is whole."""
        self.broken.remove(fault)
        self.done.append(f"end {fault.kind.value}")

    def seat(self, centre: str) -> str:
        """Return how a command would begin."""
        return f"hotline --config {centre}/node.toml"

    async def collect(self, into: Path) -> dict[str, Path]:
        """Make what would have been collected."""
        into.mkdir(parents=True)
        return {}


class Stage:
    """One exercise in a directory, with whoever directs it."""

    def __init__(self, directory: Path, scenario: Scenario, ground: PairGround) -> None:
        self.directory = directory
        self.scenario = scenario
        self.ground = ground
        self.told: list[str] = []
        self._run: asyncio.Task[Result] | None = None

    async def begin(self, *, resume: bool = False) -> Playing:
        """Begin, or go on; return what is played once it is."""
        opened: asyncio.Future[Playing] = asyncio.get_running_loop().create_future()

        def said(line: Line) -> None:
            self.told.append(line.text)

        ground: Ground = self.ground
        director = Director(self.scenario, ground, self.directory, resume=resume, said=said)

        @asynccontextmanager
        async def open_to(playing: Playing) -> AsyncIterator[None]:
            async with serving(playing):
                opened.set_result(playing)
                yield

        self._run = asyncio.create_task(director.run(open_to))
        await asyncio.wait([opened, self._run], return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            await self._run
        return opened.result()

    async def ended(self) -> Result:
        """Return what came of it. Raises what the director does."""
        assert self._run is not None
        async with asyncio.timeout(PATIENCE_S):
            return await self._run

    async def played(self, *, resume: bool = False) -> Result:
        """Play it all, with nobody who steers; return what came of it."""
        await self.begin(resume=resume)
        return await self.ended()

    async def over(self) -> Result:
        """Do what is left to be done of an exercise that had its ENDEX; return what came of it."""
        director = Director(self.scenario, self.ground, self.directory, resume=True)
        async with asyncio.timeout(PATIENCE_S):
            return await director.run()

    async def killed(self) -> None:
        """End the director as it is."""
        assert self._run is not None
        self._run.cancel()
        await asyncio.wait([self._run])

    def noted(self, kind: type[Event]) -> list[Any]:
        """Return the record's entries of a kind."""
        return [event for _, event in read_record(self.directory).every(kind)]

    async def sent(self, centre: str, kind: str) -> list[str]:
        """Return what a centre's journal has of messages that it sent: their ids."""
        page = await self.ground.clients[centre].messages(direction="out", kind=kind, limit=1000)
        return [view.id for view in reversed(page.messages)]


@asynccontextmanager
async def stage(directory: Path, *injects: Inject, **changes: Any) -> AsyncIterator[Stage]:
    """Run two nodes, and yield a stage on which these injects are to be played."""
    given: dict[str, Any] = {
        "name": NAME,
        "title": "A drill",
        "summary": "",
        "objectives": (),
        "centres": CENTRES,
        "crews": {},
        "letter": None,
        "letters": {},
        "starts": None,
        "duration_s": 600.0,
        "time_factor": 1.0,
        "seed": 1,
        "injects": injects,
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
    async with AsyncExitStack() as stack:
        pair = await stack.enter_async_context(centre_pair(directory / "nodes"))
        iaf, hmeimim = await stack.enter_async_context(client_of(*pair))
        ground = PairGround(iaf=iaf, hmeimim=hmeimim)
        yield Stage(directory / "exercise", Scenario(**(given | changes)), ground)


def receipt(name: str, within_s: float = 20.0) -> Expectation:
    """Expect that an inject's message is receipted."""
    kind = ExpectationKind.RECEIPT
    return Expectation(id=f"{name}.1", kind=kind, centre="hmeimim", within_s=within_s)


def send(name: str, at_s: float = 0.0, file: str = "iaf/01-patrol.json", **more: Any) -> Inject:
    """Return an inject by which iaf sends one of the sample messages, and its receipt is due."""
    given: dict[str, Any] = {
        "act": Act.SEND,
        "originator": "iaf",
        "recipient": "hmeimim",
        "document": example(file),
        "title": f"sample {name}",
        "expectations": (receipt(name),),
    }
    return Inject(id=name, at_s=at_s, **(given | more))


def advisory(name: str, at_s: float = 0.0, text: str = "Exercise. Keep clear.") -> Inject:
    """Return an inject by which iaf sends words."""
    document = {"kind": "advisory", "subject": "drone", "text": text}
    return send(name, at_s, document=document)


async def until(condition: Callable[[], object], what: str) -> None:
    """Return as soon as ``condition`` holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)
    assert condition(), what
