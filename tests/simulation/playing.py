"""Playing many histories: one after another in a process, or on all cores."""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from multiprocessing.util import Finalize

from tests.simulation.ground import CENTRES, Ground, ground
from tests.simulation.history import CUT_SEED, Cut, History, Outcome, lay_ground
from tests.simulation.mutants import MUTANTS, STORIES

COLLECT_EVERY = 25
"""Histories after which what they left in circles is thrown away."""
MAX_MUTANT_SEEDS = 400
"""Histories within which each mutant must be caught."""


@dataclass(slots=True)
class Totals:
    """What many histories came to; seconds are of the processor."""

    histories: int = 0
    steps: int = 0
    messages: int = 0
    simulated_s: float = 0.0
    cpu_s: float = 0.0
    slowest_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    followed: Counter[str] = field(default_factory=Counter)
    # (seed, what was violated).
    violations: list[tuple[int, str]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one history."""
        self.histories += 1
        self.steps += outcome.steps
        self.messages += outcome.messages
        self.simulated_s += outcome.simulated_s
        self.slowest_s = max(self.slowest_s, outcome.settled_s)
        self.faults.update(outcome.faults)
        self.followed.update(outcome.followed)
        if outcome.violation:
            self.violations.append((outcome.seed, outcome.violation))

    def merge(self, other: Totals) -> None:
        """Count what another process has played."""
        self.histories += other.histories
        self.steps += other.steps
        self.messages += other.messages
        self.simulated_s += other.simulated_s
        self.cpu_s += other.cpu_s
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.faults.update(other.faults)
        self.followed.update(other.followed)
        self.violations += other.violations


@contextmanager
def laid() -> Iterator[Ground]:
    """Lay the ground in this process; what is there by now is never looked through for garbage."""
    with ground() as made:
        lay_ground(made)
        gc.collect()
        gc.freeze()
        try:
            yield made
        finally:
            gc.unfreeze()


def outcomes(made: Ground, seeds: Iterable[int], story: str = "") -> Iterator[Outcome]:
    """Play histories on ground that is laid."""
    for played, seed in enumerate(seeds, start=1):
        yield History(made, seed, story).play()
        if played % COLLECT_EVERY == 0:
            gc.collect()


KEPT = (0.0, 0.5, 1.0)
"""Parts of the writes that wait for an fsync which a power failure leaves."""


class _Worker:
    """What a process that plays histories for another keeps from share to share."""

    ground: Ground

    @classmethod
    def begin(cls) -> None:
        """Lay the ground once, until the process ends."""
        stack = ExitStack()
        cls.ground = stack.enter_context(laid())
        Finalize(None, stack.close, exitpriority=1)

    @classmethod
    def play(cls, first: int, number: int) -> Totals:
        """Play ``number`` histories from seed ``first`` on; return what they came to."""
        totals = Totals()
        begun = time.process_time()
        for outcome in outcomes(cls.ground, range(first, first + number)):
            totals.add(outcome)
        totals.cpu_s = time.process_time() - begun
        return totals

    @classmethod
    def cut(cls, node: str, turn: int) -> tuple[str, Totals]:
        """Play the one history with power failing at each step of a node's disk in turn."""
        totals = Totals()
        begun = time.process_time()
        for step in count(1):
            cut = Cut(node, step, KEPT[(step + turn) % len(KEPT)])
            outcome = History(cls.ground, CUT_SEED, "every write", cut).play()
            if not outcome.followed["crashes at a write"] and not outcome.violation:
                break
            outcome.seed = step
            totals.add(outcome)
            if step % COLLECT_EVERY == 0:
                gc.collect()
        totals.cpu_s = time.process_time() - begun
        return node, totals


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, get_context("spawn"), _Worker.begin)


def cut_on(jobs: int, turns: int) -> Iterator[tuple[str, Totals]]:
    """Cut the power at every write and fsync of each node, ``turns`` times.

    Of what waits for an fsync then, nothing, some sectors or all reach the platter: in three turns
    each at every step. Yields the node, and what its histories came to; in place of a seed stands
    the step at which power failed.
    """
    with _pool(jobs) as pool:
        waiting = [
            pool.submit(_Worker.cut, node, turn) for node in CENTRES for turn in range(turns)
        ]
        for done in as_completed(waiting):
            yield done.result()


def play_on(jobs: int, first: int, number: int, share: int) -> Generator[Totals, None, None]:
    """Play histories in ``jobs`` processes, ``share`` at a time; yield each share's totals.

    Whoever wants no more of them closes the generator.
    """
    end = first + number
    shares = [(at, min(share, end - at)) for at in range(first, end, share)]
    with _pool(jobs) as pool:
        waiting = [pool.submit(_Worker.play, *one) for one in shares]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Caught:
    """How a mutant fared: the seeds it took, and the first violation; empty when it got away."""

    mutant: str
    seeds: int
    violation: str

    @property
    def invariant(self) -> str:
        """The invariant that caught it."""
        return self.violation.partition(":")[0]


def hunt(name: str, first: int = 0, most: int = MAX_MUTANT_SEEDS) -> Caught:
    """Play histories with one mutant, of its story where it has one, until it is caught."""
    seeds = range(first, first + most)
    with laid() as made, MUTANTS[name](made):
        for played, outcome in enumerate(outcomes(made, seeds, STORIES.get(name, "")), start=1):
            if outcome.violation:
                return Caught(name, played, outcome.violation)
    return Caught(name, most, "")
