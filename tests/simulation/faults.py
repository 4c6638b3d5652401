"""What goes wrong in a history: chosen by its seed, injected at its moments, undone at the end.

Each history draws a few *kinds* of fault and leaves the others out, so that rare combinations come
about; how often and when each strikes is drawn too.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING

from tests.simulation.hostile import Broken, Liar
from tests.simulation.network import Direction

if TYPE_CHECKING:
    from tests.simulation.history import History
    from tests.simulation.node import SimulatedNode

DOWN_S = (0.05, 2.0)
"""How long a node stays down after a crash."""
STEPS = 60
"""Writes and fsyncs within which power fails, once that is decided."""


class Weather:
    """Injects the faults of one history."""

    def __init__(self, history: History, chance: random.Random) -> None:
        self.history = history
        self.chance = chance
        self.calm = False
        self._kinds: dict[str, Callable[[], None]] = {
            "slow network": self._slow,
            "broken connection": self._break,
            "cut": self._cut,
            "one-way cut": self._cut_one_way,
            "frame swallowed": self._swallow,
            "frame repeated": self._repeat,
            "kill": self._kill,
            "power failure": self._power,
            "power failure at a write": self._power_at_write,
            "stop and start": self._stop,
            "clock step": self._clock,
            "disk full": self._full,
            "disk errors": self._errors,
            "slow disk": self._slow_disk,
            "broken peer": self._broken,
        }
        chosen = chance.sample(sorted(self._kinds), chance.choice((0, 1, 2, 2, 3, 4, 6)))
        self.chosen = [(kind, self._kinds[kind]) for kind in chosen]

    def insist(self, kind: str) -> None:
        """Have one kind of fault alone strike, if there is such a kind."""
        if kind in self._kinds:
            self.chosen = [(kind, self._kinds[kind])]

    def moments(self, duration_s: float) -> list[tuple[float, str, Callable[[], None]]]:
        """Draw when which fault strikes."""
        moments: list[tuple[float, str, Callable[[], None]]] = []
        for kind, strike in self.chosen:
            times = range(self.chance.choice((1, 1, 2, 3)))
            moments += [(self.chance.random() * duration_s, kind, strike) for _ in times]
        return sorted(moments, key=lambda moment: moment[0])

    def clear_up(self) -> None:
        """End every fault; nodes that are down are started."""
        history = self.history
        self.calm = True
        network = history.network
        for name in network.directions:
            network.directions[name] = Direction()
        if network.counts["frames swallowed"]:
            # What a program has lost at the end of a stream is found out at the next connection.
            network.break_all()
        network.swallow = network.repeat = 0.0
        network.tamper = None
        history.loop.slow = 1.0
        for node in history.nodes.values():
            node.disk.full = node.disk.failing = False
            node.disk.crash_at = None
            if node.life is None:
                node.start()

    # --- Choices ----------------------------------------------------------------------------

    def _node(self) -> SimulatedNode:
        return self.chance.choice(list(self.history.nodes.values()))

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        def then() -> None:
            if not self.calm:
                what()

        self.history.loop.call_later(seconds, then, context=Context())

    # --- Network ----------------------------------------------------------------------------

    def _slow(self) -> None:
        name = self.chance.choice(sorted(self.history.network.directions))
        direction = self.history.network.directions[name]
        direction.latency_s = self.chance.choice((0.05, 0.3, 1.0, 3.0))
        direction.jitter_s = direction.latency_s * self.chance.random() * 3
        direction.bytes_per_s = self.chance.choice((2e3, 2e4, 1e6))

    def _break(self) -> None:
        self.history.network.break_all(later_s=self.chance.choice((0.0, 0.5, 4.0)))

    def _cut(self, names: tuple[str, ...] = ("iaf", "hmeimim")) -> None:
        directions = self.history.network.directions
        for name in names:
            directions[name].cut = True

        def mend() -> None:
            for name in names:
                directions[name].cut = False

        self._later(self.chance.uniform(0.2, 7.0), mend)

    def _cut_one_way(self) -> None:
        self._cut((self.chance.choice(("iaf", "hmeimim")),))

    def _swallow(self) -> None:
        self.history.network.swallow = self.chance.choice((0.02, 0.1, 0.3))

    def _repeat(self) -> None:
        self.history.network.repeat = self.chance.choice((0.05, 0.3, 1.0))

    def _broken(self) -> None:
        self.history.network.tamper = Broken(self.history, random.Random(self.chance.random()))

    # --- Nodes ------------------------------------------------------------------------------

    def restart_later(self, node: SimulatedNode) -> None:
        """Start a node that is down in a while."""

        def start() -> None:
            if node.life is None:
                node.start()

        # Also once the weather is calm: a node that is down then has to come up again.
        self.history.loop.call_later(self.chance.uniform(*DOWN_S), start, context=Context())

    def _kill(self) -> None:
        node = self._node()
        node.crash(self.chance, power=False)
        self.restart_later(node)

    def _power(self) -> None:
        node = self._node()
        node.crash(self.chance)
        self.restart_later(node)

    def _power_at_write(self) -> None:
        self._node().disk.arm(self.chance.randint(1, STEPS))

    def _stop(self) -> None:
        node = self._node()
        if not node.up:
            return

        async def stop() -> None:
            await node.stop()
            self.history.loop.call_soon(gone, context=Context())

        def gone() -> None:
            node.crash(self.chance, power=False)
            self.restart_later(node)

        life = node.life
        node.up = False
        node.run(stop())

        def too_long() -> None:
            if node.life is life:
                gone()

        self.history.loop.call_later(8.0, too_long, context=Context())

    def _clock(self) -> None:
        step_s = self.chance.choice((-3600.0, -60.0, -2.0, 0.5, 30.0, 86400.0))
        self._node().clock.offset_us += round(step_s * 1e6)

    # --- Disks ------------------------------------------------------------------------------

    def _full(self) -> None:
        node = self._node()
        node.disk.full = True

        def freed() -> None:
            node.disk.full = False

        self._later(self.chance.uniform(0.1, 4.0), freed)

    def _errors(self) -> None:
        node = self._node()
        node.disk.failing = True

        def mended() -> None:
            node.disk.failing = False

        self._later(self.chance.uniform(0.1, 4.0), mended)

    def _slow_disk(self) -> None:
        self.history.loop.slow = self.chance.choice((10.0, 100.0, 500.0))


async def put_back(history: History, chance: random.Random) -> None:
    """Restore one node to an older disk, in the middle of the traffic; it must find out."""
    node = chance.choice(list(history.nodes.values()))
    image = node.disk.image()
    for _ in range(chance.randint(2, 6)):
        node.say(history.precedence())
        await asyncio.sleep(0.15)
    # The copy is older than what the peer has cosigned or receipted only once something crossed.
    await history.judge.settle()
    await asyncio.sleep(1.5)
    history.fault("older disk")
    history.judge.put_back = node.name
    node.crash(chance)
    node.disk.restore(image)
    history.network.directions[node.name].cut = True
    node.start()
    for _ in range(chance.randint(0, 6)):
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        node.say(history.precedence())  # in good faith, before it has met its peer again
    await asyncio.sleep(1.0)
    history.network.directions[node.name].cut = False
    await history.judge.fenced(node)
    for _ in range(2):
        node.say(history.precedence())
        history.nodes[node.peer].say(history.precedence())
    await asyncio.sleep(3.0)


async def deceive(history: History, chance: random.Random) -> None:
    """Let one node's keys be in hostile hands for a while; the other keeps its record whole."""
    liar = chance.choice(sorted(history.nodes))
    history.judge.lying = liar
    history.network.tamper = Liar(history, chance, liar)
    for _ in range(chance.randint(4, 8)):
        history.nodes[liar].say(history.precedence())
        history.nodes[history.nodes[liar].peer].say(history.precedence())
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        if chance.random() < 0.3:
            history.network.break_all()
    await asyncio.sleep(2.0)
    history.network.tamper = None
