"""One history: two nodes, one network, and everything that happens to them, from one number."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256

from hotline.model.kinds import Precedence
from tests.simulation.ground import CENTRES, COMMIT_S, Ground
from tests.simulation.judge import Judge, ViolationError
from tests.simulation.loop import SimulatedLoop
from tests.simulation.network import Network, Seen
from tests.simulation.node import SimulatedNode

SETTLE_S = 120.0
"""Within which everything must be delivered once faults have stopped."""


@dataclass(slots=True)
class Outcome:
    """What became of one history; ``trace`` is a hash over all that was sent and decided."""

    seed: int
    trace: str
    steps: int
    simulated_s: float
    settled_s: float
    messages: int
    faults: Counter[str] = field(default_factory=Counter)
    violation: str = ""


class HistoryLoop(SimulatedLoop):
    """The loop of one history, by which simulated parts find each other."""

    network: Network
    # How long commits take now; a slow disk takes longer.
    slow = 1.0

    def commit_s(self) -> float:
        """Return how long the next commit takes."""
        return self.chance.uniform(*COMMIT_S) * self.slow


class History:
    """Plays one history; see `play`."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground = ground
        self.seed = seed
        self.chance = random.Random(seed)
        self.loop = HistoryLoop(random.Random(self.chance.getrandbits(64)))
        self.network = Network(self.loop, random.Random(self.chance.getrandbits(64)))
        self.loop.network = self.network
        self.counts: Counter[str] = Counter()
        self.group_limit = self.chance.choice((1, 4, 256))
        self._trace = sha256()
        self.network.watchers.append(self._seen)
        ground.random.seed(self.chance.getrandbits(64))
        ground.files.begin(self.chance.getrandbits(64))
        ground.logged.clear()
        self.judge = Judge(self)
        self.network.watchers.append(self.judge.seen)
        self.nodes = {
            name: SimulatedNode(self, name, ground.images.get(name, {})) for name in CENTRES
        }

    def note(self, *what: object) -> None:
        """Make something part of the trace."""
        self._trace.update(repr((self.loop.now, *what)).encode())

    def _seen(self, seen: Seen) -> None:
        self._trace.update(f"{self.loop.now!r} {seen.sender} {seen.connection}".encode())
        self._trace.update(seen.frame)

    def fault(self, kind: str, count: int = 1) -> None:
        """Count a fault that was injected."""
        self.counts[kind] += count
        self.note(kind, count)

    def play(self) -> Outcome:
        """Play it to its end; a violation is part of the outcome."""
        violation = ""
        asyncio.set_event_loop(None)
        try:
            self.loop.run_until_complete(self.loop.create_task(self._play()))
        except ViolationError as error:
            violation = str(error)
        finally:
            for node in self.nodes.values():
                if node.life is not None:
                    node.life.end()
            for task in asyncio.all_tasks(self.loop):
                task._log_destroy_pending = False  # type: ignore[attr-defined]
            self.loop.close()
        return Outcome(
            self.seed,
            self._trace.hexdigest(),
            self.loop.steps + sum(node.disk.steps for node in self.nodes.values()),
            self.loop.now,
            self.judge.settled_s,
            sum(len(node.told) for node in self.nodes.values()),
            self.counts,
            violation,
        )

    async def _play(self) -> None:
        for node in self.nodes.values():
            node.start()
        await asyncio.sleep(1.0)
        for node in self.nodes.values():
            for _ in range(5):
                node.say(Precedence(self.chance.randrange(4)))
                await asyncio.sleep(self.chance.random() * 0.1)
        await self.judge.settle()
        await self.judge.close()


def lay_ground(ground: Ground) -> None:
    """Have both nodes meet once and stop, so that every history begins with their journals."""
    history = History(ground, 0)
    outcome = history.play()
    if outcome.violation:
        raise RuntimeError(f"an undisturbed history fails: {outcome.violation}")
    ground.images = {name: node.disk.image() for name, node in history.nodes.items()}
