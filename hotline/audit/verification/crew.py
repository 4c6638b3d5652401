"""Processes that share the work of a verification: what comes back is in the order of what went in.

Checking signatures is most of the work, and each stands for itself, so any process may check it.
The walk over the tables stays in one: it puts pieces of work into one queue, from which every
process takes the next as soon as it has done one, this one too when it would have to wait. So no
core is idle while there is work, and a report is the same, whatever the number of processes, and
whichever of them died.

Processes are started from nothing (the caller may have threads and an open database), and only
where there is more to do than their start takes. Where none can be started (a limit on processes)
everything is done here. They end when the queue does, which it does with this process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from hotline.audit.verification.others import Others
from hotline.audit.verification.work import Piece, Work

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")
A = TypeVar("A")

BATCH_ITEMS = 128
BATCH_BYTES = 64 * 1024
"""How much is handed out at once: some 10 ms of work, of which the queue has room for a few."""
QUEUED = 32
"""Pieces in the queue for each other process: enough for as long as this one does something else
than to fill it. What is left in it at the end is shared, so many cost nothing."""
ALONE_S = 0.2
"""Seconds of work that is done here before processes are started: a start takes as long."""
WORTH_ENTRIES = 4_000
"""Entries that are worth starting processes for at once: more than ``ALONE_S`` of work."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


class Crew:
    """This process and ``jobs`` - 1 more, which share the work that they are given.

    A context manager: on leaving, also by Ctrl-C, every other process has ended.
    """

    def __init__(self, jobs: int = 1) -> None:
        self.jobs = jobs
        # How many processes shared the work so far.
        self.shared_by = 1
        self._others: Others | None = None
        self._works: list[Work[Any, Any]] = []
        # Pieces in the queue, or taken from it and not answered yet.
        self._queued: dict[int, Piece[Any, Any]] = {}
        self._numbers = 0
        # Seconds spent here on what others could have done.
        self._alone_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._others is not None:
            self._others.end()
            self._others = None

    def expect(self, entries: int) -> None:
        """Start the other processes at once if so much work is worth it."""
        if entries >= WORTH_ENTRIES:
            self._start()

    def map(
        self, task: Callable[[T], R], items: Iterable[T], size: Callable[[T], int]
    ) -> Iterator[tuple[T, R]]:
        """Yield each item with what ``task`` makes of it, in order; ``size`` is an item's bytes.

        ``task`` and its items must pickle. An error in ``items`` is raised once everything before
        it was yielded, as if nothing were read ahead.
        """
        each = partial(_each, task)
        work = Work(self, _batches(items, size), each, each, _always)
        self._works.append(work)
        for batch, answers in work:
            yield from zip(batch, answers, strict=True)

    def fold(
        self,
        spans: Iterable[S],
        here: Callable[[S], A],
        there: Callable[[S], A],
        sound: Callable[[S, A], bool],
        into: Callable[[S, A], None],
    ) -> Work[S, A]:
        """Begin with work whose answers go ``into`` something, in order, while others go on.

        The caller asks for the rest with :meth:`Work.finish`, and may do much else before.
        """
        work = Work(self, spans, here, there, sound, into)
        self._works.append(work)
        return work

    def leave(self, work: Work[Any, Any]) -> None:
        """Forget work of which every answer was taken."""
        if work in self._works:
            self._works.remove(work)

    def pump(self) -> None:
        """Take what the other processes have done, and see that they have enough to do.

        To be called now and then by whoever does something else for long.
        """
        if self._others is None:
            return
        self._collect(self._others)
        for work in tuple(self._works):
            work.settle()
        self._feed()

    def _collect(self, others: Others) -> None:
        """Take the answers that are there."""
        try:
            for number, well, answer in others.answers():
                self._queued.pop(number).done_there(well, answer)
        except (OSError, EOFError):  # a process was killed: that costs time, never a verdict
            self._give_up()

    def go_on(self, wanted: Piece[Any, Any]) -> None:
        """Do one piece of any work, best the one that is wanted, or wait for an answer."""
        if self.jobs > 1 and self._others is None and self._alone_s >= ALONE_S:
            self._start()
        self.pump()
        if wanted.done:
            return
        if wanted.number is None or self._others is None:
            self._do(wanted)
            return
        number = self._others.take_back()
        if number is not None:
            self._do(self._queued.pop(number))
        else:
            self._others.wait()

    def _do(self, piece: Piece[Any, Any]) -> None:
        began = time.perf_counter()
        piece.do()
        self._alone_s += time.perf_counter() - began

    def _feed(self) -> None:
        """Fill the queue, with what began first first."""
        others = self._others
        if others is None:
            return
        for work in tuple(self._works):
            while len(self._queued) < QUEUED * (self.jobs - 1):
                piece = work.next_out()
                if piece is None:
                    break
                self._numbers += 1
                put = others.put(self._numbers, work.there, piece.span)
                if put is None:
                    return
                work.handed_out()
                if put:
                    piece.number = self._numbers
                    self._queued[self._numbers] = piece

    def _start(self) -> None:
        if self.jobs == 1 or self._others is not None:
            return
        try:
            self._others = Others(self.jobs - 1)
        except OSError:
            self.jobs = 1
        else:
            self.shared_by = self.jobs
            self._feed()

    def _give_up(self) -> None:
        """Do the rest here, also what the others had begun with."""
        if self._others is not None:
            self._others.end()
        self._others, self.jobs = None, 1
        for piece in self._queued.values():
            piece.number = None
        self._queued.clear()


def _batches(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    batch: list[T] = []
    total = 0
    try:
        for item in items:
            batch.append(item)
            total += size(item)
            if len(batch) == BATCH_ITEMS or total >= BATCH_BYTES:
                yield batch
                batch, total = [], 0
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _each(task: Callable[[T], R], batch: list[T]) -> list[R]:
    return [task(item) for item in batch]


def _always(*_: object) -> bool:
    return True
