"""One centre in a history: its disk, its clock, and one life of the real node after another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from hotline.errors import HotlineError
from hotline.model.kinds import Precedence
from hotline.model.messages import Service
from hotline.node.centre import Centre
from tests.simulation.disk import Disk, Mount
from tests.simulation.ground import PEER, SimulatedClock
from tests.simulation.loop import LIFE, Life

if TYPE_CHECKING:
    from tests.simulation.history import History


class NodeLife(Life):
    """One run of a node, with the connections to its journal."""

    def __init__(self, name: str, mount: Mount) -> None:
        super().__init__(name)
        self.mount = mount
        self.connections: list[Any] = []

    def end(self) -> None:
        """End the run as kill -9 does."""
        self.mount.dead = True
        super().end()
        for connection in self.connections:
            connection.close()
        self.connections.clear()


class SimulatedNode:
    """A node that can be started, stopped, killed, cut from power and put back to an older disk."""

    def __init__(self, history: History, name: str, image: dict[str, bytes]) -> None:
        self.history = history
        self.name = name
        self.peer = PEER[name]
        self.disk = Disk(image)
        self.clock = SimulatedClock(history.loop)
        self.life: NodeLife | None = None
        self.centre: Centre | None = None
        self.up = False
        self.lives = 0
        # What an officer was told is durable: (stream, seq) by text.
        self.told: dict[str, tuple[int, int]] = {}
        self.submitted = 0

    # --- Lives ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the node; it is ``up`` once that has succeeded."""
        history = self.history
        mount = Mount(self.disk)
        history.ground.files.mounts[history.ground.data_of(self.name)] = mount
        self.life = NodeLife(self.name, mount)
        self.lives += 1
        self.centre = Centre(
            history.ground.configs[self.name],
            history.ground.keyrings[self.name],
            clock=self.clock,
            group_limit=history.group_limit,
        )
        self.run(self._start(self.centre))

    async def _start(self, centre: Centre) -> None:
        try:
            await centre.start()
        except HotlineError as error:
            if self.dying:
                return
            self.history.judge.could_not_start(self, error)
            return
        if self.dying:
            return
        self.up = True
        self.history.judge.started(self)
        centre._listeners.add(self.history.judge.listener(self))  # type: ignore[arg-type]
        line = centre.line(self.peer)
        if not line.dials:
            self.history.network.listening[self.name] = lambda socket: self.run(
                centre._serve(self.peer, socket)
            )

    @property
    def dying(self) -> bool:
        """Whether power has failed within what runs just now."""
        return self.life is None or self.life.mount.dead

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in this life of the node."""
        assert self.life is not None
        context = copy_context()
        context.run(LIFE.set, self.life)
        return self.history.loop.create_task(work, context=context)

    def crash(self, chance: random.Random, *, power: bool = True) -> None:
        """End this life at once; with ``power`` what was not fsynced may be lost or torn."""
        if self.life is None:
            return
        self.up = False
        life, self.life = self.life, None
        life.end()
        self.centre = None
        self.history.network.crash(self.name)
        if power:
            self.disk.lose_power(chance)
        else:
            self.disk.crash_at = None

    async def stop(self) -> None:
        """End this life in order."""
        assert self.centre is not None
        centre = self.centre
        self.up = False
        self.history.network.listening.pop(self.name, None)
        await centre.stop()

    # --- What its officers do ---------------------------------------------------------------

    def say(self, precedence: Precedence, size: int = 0) -> None:
        """Have an officer send one message, whose text is told from every other."""
        if not self.up:
            return
        self.submitted += 1
        text = f"{self.name} {self.submitted}" + (" " + "x" * size if size else "")
        self.run(self._say(text, precedence))

    async def _say(self, text: str, precedence: Precedence) -> None:
        assert self.centre is not None
        centre = self.centre
        try:
            composed = await centre.desk.send("", Service(text=text, operator="duty"), precedence, "")
        except HotlineError as error:
            self.history.counts[f"not sent: {error.code}"] += 1
            return
        self.told[text] = (composed.stream, composed.seq)
        self.history.judge.told(self, composed)
