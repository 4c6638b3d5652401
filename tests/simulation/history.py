"""One history: two nodes, one network, and everything that happens to them, from one number."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

from hotline.model.kinds import Precedence
from tests.simulation.faults import Weather, deceive, put_back
from tests.simulation.ground import CENTRES, CHECKPOINT_PAGES, COMMIT_S, Ground
from tests.simulation.judge import Judge, ViolationError
from tests.simulation.loop import LivelockError, NothingToDoError, SimulatedLoop
from tests.simulation.network import Network, Seen
from tests.simulation.node import SimulatedNode

STORIES = ("faults", "older disk", "lying peer", "backlog")
WEIGHTS = (90, 4, 4, 2)
"""What histories are about, and how often."""
BUSY = 0.2
"""The part of histories in which flights are announced; these take longest."""
CUT_SEED = 1
"""The one history in which power fails at each write in turn."""
CUT_PAGES = 12
"""Its checkpoints of the write-ahead log come often, so that these are met too."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where power fails in that history: at which step of whose disk, and what is kept then."""

    node: str
    step: int
    kept: float


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
    # What came of them, by kind.
    followed: Counter[str] = field(default_factory=Counter)
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

    def __init__(self, ground: Ground, seed: int, story: str = "", cut: Cut | None = None) -> None:
        self.ground = ground
        self.seed = seed
        self.chance = random.Random(seed)
        # What this history is about; the seed says unless somebody looks for one kind.
        drawn = self.chance.choices(STORIES, WEIGHTS)[0]
        self.story = story or drawn
        self.loop = HistoryLoop(random.Random(self.chance.getrandbits(64)))
        self.network = Network(self.loop, random.Random(self.chance.getrandbits(64)))
        self.loop.network = self.network
        self.faults: Counter[str] = Counter()
        # What came of the faults.
        self.counts: Counter[str] = Counter()
        self.group_limit = self.chance.choice((1, 4, 256))
        self._trace = sha256()
        self.network.watchers.append(self._seen)
        pages = self.chance.choice((CHECKPOINT_PAGES, CHECKPOINT_PAGES, 25, 60))
        ground.begin(self.chance.getrandbits(64), CUT_PAGES if cut else pages)
        self.weather = Weather(self, random.Random(self.chance.getrandbits(64)))
        self.weather.insist(self.story)
        # Whether officers announce flights, too, and do not just talk.
        self.busy = self.chance.random() < BUSY
        self.judge = Judge(self)
        self.network.watchers.append(self.judge.seen)
        self.nodes = {
            name: SimulatedNode(self, name, ground.images.get(name, {})) for name in CENTRES
        }
        if cut is not None:
            self.weather.chosen = []
            disk = self.nodes[cut.node].disk
            disk.arm(cut.step)
            disk.kept_part = cut.kept

    def note(self, *what: object) -> None:
        """Make something part of the trace."""
        self._trace.update(repr((self.loop.now, *what)).encode())

    def _seen(self, seen: Seen) -> None:
        self._trace.update(f"{self.loop.now!r} {seen.sender} {seen.connection}".encode())
        self._trace.update(seen.frame)

    def fault(self, kind: str, count: int = 1) -> None:
        """Count a fault that was injected."""
        self.faults[kind] += count
        self.note(kind, count)

    def play(self) -> Outcome:
        """Play it to its end; a violation is part of the outcome."""
        violation = ""
        asyncio.set_event_loop(None)
        try:
            self.loop.run_until_complete(self.loop.create_task(self._play()))
        except ViolationError as error:
            violation = str(error)
        except (LivelockError, NothingToDoError) as error:
            violation = f"no livelock, no deadlock: {error}"
        finally:
            for node in self.nodes.values():
                if node.life is not None:
                    node.life.end()
            for task in asyncio.all_tasks(self.loop):
                task._log_destroy_pending = False  # type: ignore[attr-defined]
            self.loop.close()
        followed = self.counts + self.network.counts
        for node in self.nodes.values():
            for fate, count in node.disk.fates.items():
                followed[f"unsynced writes {fate}"] += count
        return Outcome(
            self.seed,
            self._trace.hexdigest(),
            self.loop.steps + sum(node.disk.steps for node in self.nodes.values()),
            self.loop.now,
            self.judge.settled_s,
            sum(len(node.told) for node in self.nodes.values()),
            self.faults,
            followed,
            violation,
        )

    def precedence(self) -> Precedence:
        """Draw the precedence of the next message."""
        return Precedence(self.chance.choice((0, 1, 2, 3, 3, 3)))

    async def _play(self) -> None:
        chance = self.chance
        for node in self.nodes.values():
            node.start()
        if self.story == "quiet":
            await asyncio.sleep(1.0)
            await self.judge.settle()
            await self.judge.close()
            return
        if self.story in ("older disk", "lying peer"):
            await asyncio.sleep(1.0)
            await self._talk(1.0)
            self.weather.clear_up()
            await self.judge.settle()
            what = put_back if self.story == "older disk" else deceive
            await what(self, random.Random(chance.getrandbits(64)))
        elif self.story == "backlog":
            await self._backlog()
        else:
            await self._talk(chance.choice((1.0, 2.0, 5.0)))
        self.judge.check()
        self.weather.clear_up()
        if not (self.judge.put_back or self.judge.lying):
            await self.judge.settle()
        await self.judge.close()

    async def _talk(self, duration_s: float) -> None:
        """Have officers talk while faults strike."""
        chance = self.chance
        moments = self.weather.moments(duration_s)
        names = sorted(self.nodes)
        for _ in range(chance.randint(2, 6)):
            node = self.nodes[chance.choice(names)]
            at, precedence = chance.random() * duration_s, self.precedence()
            do = node.officers.act if self.busy and chance.random() < 0.7 else node.say
            moments += [
                (at + n * 1e-3, "", partial(do, precedence))
                for n in range(chance.choice((1, 1, 1, 2, 4)))
            ]
        begun = self.loop.now
        for at, kind, strike in sorted(moments, key=lambda moment: moment[0]):
            await asyncio.sleep(max(0.0, begun + at - self.loop.now))
            self.judge.check()
            if kind:
                self.fault(kind)
            strike()

    async def _backlog(self) -> None:
        """Have one node say much on a slow network, and FLASH in the middle of it."""
        self.fault("backlog on a slow network")
        chance = self.chance
        node = self.nodes[chance.choice(sorted(self.nodes))]
        self.network.buffer_bytes = 2048
        await asyncio.sleep(1.0)
        self.network.directions[node.name].bytes_per_s = 2e4
        for _ in range(60):
            node.say(Precedence(chance.randint(1, 3)), 300)
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        node.say(Precedence.FLASH)
        await asyncio.sleep(1.0)


def lay_ground(ground: Ground) -> None:
    """Have both nodes meet once and stop, so that every history begins with their journals."""
    history = History(ground, 0, "quiet")
    outcome = history.play()
    if outcome.violation:
        raise RuntimeError(f"an undisturbed history fails: {outcome.violation}")
    ground.lay({name: node.disk.image() for name, node in history.nodes.items()})
