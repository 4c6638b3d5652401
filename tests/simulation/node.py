"""One centre in a history: its disk, its clock, and one life of the real node after another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from hotline.errors import HotlineError
from hotline.model.kinds import Precedence
from hotline.model.messages import Service
from hotline.node.centre import Centre
from tests.simulation.disk import Disk, Mount
from tests.simulation.ground import PEER, SimulatedClock
from tests.simulation.loop import LIFE, Life
from tests.simulation.officers import Officers

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
        # Whether it has found out that its disk was put back.
        self.fenced = False
        # What an officer was told is durable: (stream, seq) by text.
        self.told: dict[str, tuple[int, int]] = {}
        self.submitted = 0
        self.officers = Officers(self, random.Random(history.chance.getrandbits(64)))
        # Messages that officers of this life have handed in and not heard of yet.
        self.pending = 0

    # --- Lives ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the node; it is ``up`` once that has succeeded."""
        history = self.history
        mount = Mount(self.disk)
        history.ground.files.mounts[history.ground.data_of(self.name)] = mount
        self.life = life = NodeLife(self.name, mount)

        def power_failed() -> None:
            # What runs at this very moment ends with an error of the disk; nothing follows it.
            life.over = True
            self.up = False
            history.loop.call_soon(self._fell, life, context=Context())

        mount.failed = power_failed
        self.lives += 1
        self.pending = 0
        self.centre = Centre(
            history.ground.configs[self.name],
            history.ground.keyrings[self.name],
            clock=self.clock,
            group_limit=history.group_limit,
        )
        self.run(self._start(self.centre))

    def _fell(self, life: NodeLife) -> None:
        if self.life is life:
            self.history.counts["crashes at a write"] += 1
            self.crash(self.history.chance)
            self.history.weather.restart_later(self)

    async def _start(self, centre: Centre) -> None:
        sound = not (self.disk.full or self.disk.failing)
        try:
            await centre.start()
        except HotlineError as error:
            if self.dying:
                return
            if sound and not (self.disk.full or self.disk.failing):
                self.history.judge.could_not_start(self, error)
                return
            # As whoever supervises it would: try again until the disk takes it.
            life = self.life
            self.history.loop.call_later(0.5, self._again, life, context=Context())
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

    def _again(self, life: NodeLife) -> None:
        if self.life is life:
            self.crash(self.history.chance, power=False)
            self.start()

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
        self.pending += 1
        text = f"{self.name} {self.submitted}" + (" " + "x" * size if size else "")
        self.run(self._say(text, precedence))

    async def _say(self, text: str, precedence: Precedence) -> None:
        assert self.centre is not None
        message = Service(text=text, operator="duty")
        try:
            composed = await self.centre.desk.send("", message, precedence, "")
        except HotlineError as error:
            self.pending -= 1
            self.history.counts[f"not sent: {error.code}"] += 1
            return
        self.pending -= 1
        self.told[text] = (composed.stream, composed.seq)
        self.history.judge.told(self, composed)
