"""Playing many histories: one after another in a process, or on all cores."""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.util import Finalize

from tests.simulation.ground import Ground, ground
from tests.simulation.history import History, Outcome, lay_ground
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
    for count, seed in enumerate(seeds, start=1):
        yield History(made, seed, story).play()
        if count % COLLECT_EVERY == 0:
            gc.collect()


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
    def play(cls, first: int, count: int) -> Totals:
        """Play histories ``first`` to ``first + count - 1``; return what they came to."""
        totals = Totals()
        begun = time.process_time()
        for outcome in outcomes(cls.ground, range(first, first + count)):
            totals.add(outcome)
        totals.cpu_s = time.process_time() - begun
        return totals


def play_on(jobs: int, first: int, count: int, share: int) -> Iterator[Totals]:
    """Play histories in ``jobs`` processes, ``share`` at a time; yield each share's totals."""
    shares = [(at, min(share, first + count - at)) for at in range(first, first + count, share)]
    with ProcessPoolExecutor(jobs, get_context("spawn"), _Worker.begin) as pool:
        waiting = [pool.submit(_Worker.play, *one) for one in shares]
        for done in as_completed(waiting):
            yield done.result()


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
        for count, outcome in enumerate(outcomes(made, seeds, STORIES.get(name, "")), start=1):
            if outcome.violation:
                return Caught(name, count, outcome.violation)
    return Caught(name, most, "")
