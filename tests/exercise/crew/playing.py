"""A real pair with simulated crews at it, and a scenario's clock that runs 60 times as fast."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotline.api.client import Client
from hotline.api.schema import MessageView, SendRequest
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.crew.officer import SimulatedCrew
from hotline.exercise.crew.telephone import Telephone
from hotline.exercise.record.events import CrewActed
from hotline.exercise.scenario.shape import Crew
from hotline.node.centre import Centre
from tests.centres import centre_pair, client_of

FACTOR = 60.0
PATIENCE_S = 20.0
QUICK = {"FLASH": 5.0, "IMMEDIATE": 8.0, "PRIORITY": 10.0, "ROUTINE": 15.0}
"""Median reaction times of the crews, in seconds of the scenario."""
PEERS = {"iaf": "hmeimim", "hmeimim": "iaf"}


@dataclass
class Game:
    """A pair that is played on. ``acts`` is what the crews told of, in order."""

    centres: dict[str, Centre]
    clients: dict[str, Client]
    clock: ScenarioClock = field(default_factory=lambda: ScenarioClock(FACTOR))
    acts: list[CrewActed] = field(default_factory=list)
    telephone: Telephone = field(default_factory=Telephone)
    seed: int = 7

    async def tell(self, acted: CrewActed) -> None:
        """Take note of what a crew does."""
        self.acts.append(acted)

    def crew(self, centre: str, **fields: Any) -> SimulatedCrew:
        """Return a crew of a centre, not playing yet; ``fields`` are those of `Crew`."""
        more = {name: fields.pop(name) for name in ("own", "wall_s") if name in fields}
        given: dict[str, Any] = {"officers": ("Levi", "Cohen"), "skill": 1.0, "reaction_s": QUICK}
        given |= fields
        return SimulatedCrew(
            centre,
            self.clients[centre],
            Crew(**given),
            seed=self.seed,
            clock=self.clock,
            tell=self.tell,
            telephone=self.telephone,
            **more,
        )

    def mistakes(self) -> list[str]:
        """Return the mistakes that the crews told of."""
        return [one.mistake for one in self.acts if one.mistake]

    async def until_told(self, words: str) -> None:
        """Return once a crew has told of something with these words: after it was done."""

        async def told() -> bool:
            return any(words in f"{one.what} {one.mistake}" for one in self.acts)

        await until(told)

    async def send(self, centre: str, document: dict[str, Any], officer: str = "director") -> str:
        """Send a message from a centre and return its id."""
        asked = SendRequest(document=document, officer=officer, wait_s=PATIENCE_S)
        return (await self.clients[centre].send(asked)).id

    async def until(
        self, centre: str, name: str, wanted: Callable[[MessageView], object]
    ) -> MessageView:
        """Return a message as a centre knows it, as soon as it is as wanted."""
        found: list[MessageView] = []

        async def holds() -> bool:
            found[:] = [(await self.clients[centre].message(name)).message]
            return bool(wanted(found[0]))

        await until(holds)
        return found[0]


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Return as soon as something holds; fail when it does not in time."""
    deadline = time.monotonic() + PATIENCE_S
    while not await holds():
        assert time.monotonic() < deadline, "what was expected did not come"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def game(directory: Path, *, running: bool = True) -> AsyncIterator[Game]:
    """Run a pair with its line up."""
    async with centre_pair(directory) as centres, client_of(*centres) as clients:
        names = [centre.config.centre for centre in centres]
        found = Game(dict(zip(names, centres, strict=True)), dict(zip(names, clients, strict=True)))
        if running:
            found.clock.start()
        yield found


@asynccontextmanager
async def playing(*crews: SimulatedCrew) -> AsyncIterator[None]:
    """Let crews play."""
    tasks = [asyncio.create_task(crew.run()) for crew in crews]
    try:
        yield
    finally:
        for task in tasks:
            assert not task.done(), task
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def patrol(reference: str, **fields: Any) -> dict[str, Any]:
    """Return a notice that is in nobody's way, FL180 to FL240 west of Latakia."""
    volume = {
        "outline_circle": {"center": {"lat": 35.5, "lng": 34.6}, "radius_m": 20_000},
        "altitude_lower": "FL180",
        "altitude_upper": "FL240",
        "time_start": "+60m",
        "time_end": "+90m",
    }
    found = {
        "kind": "notice",
        "precedence": "IMMEDIATE",
        "reference": reference,
        "title": "Patrol west of Latakia",
        "activity": "patrol",
        "volumes": [volume | fields.pop("volume", {})],
    }
    return found | fields
