"""Processes that share the work of a verification: what comes back is in the order of what went in.

Checking signatures is most of the work, and each stands for itself, so any process may check it.
The walk over the tables stays in one: it hands out what it reads, takes the answers in order, and
helps while it would have to wait. So a report is the same, whatever the number of processes, and
whichever of them died.

Processes are spawned, not forked (the caller may have threads and an open database), and only
once there is more to do than their start takes. Where none can be started (no shared memory, a
limit on processes) everything is done here.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")

BATCH_ITEMS = 256
BATCH_BYTES = 256 * 1024
"""How much is handed to a process at once: some 20 ms of work, and little memory."""
AHEAD = 8
"""Batches for each process that are read ahead of the answers, at most."""
HANDED_OUT = 3
"""Batches that each other process has, so that it never waits for the next."""
ALONE_S = 0.2
"""Seconds of work that is done here before processes are started: a start takes as long."""


@dataclass(slots=True)
class _Batch(Generic[T, R]):
    """Items that wait for their answers; ``future`` is set while another process has them."""

    items: list[T]
    future: Future[list[R]] | None = None
    answers: list[R] | None = None

    @property
    def untouched(self) -> bool:
        """Whether nobody has begun with it."""
        return self.future is None and self.answers is None

    @property
    def ready(self) -> bool:
        """Whether its answers are there, or never will be."""
        return self.answers is not None or (self.future is not None and self.future.done())


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


class Crew:
    """This process and ``jobs`` - 1 more, which do what is mapped over them.

    A context manager: on leaving, also by Ctrl-C, every other process has ended.
    """

    def __init__(self, jobs: int = 1) -> None:
        self.jobs = jobs
        # How many processes shared the work so far.
        self.shared_by = 1
        self._executor: ProcessPoolExecutor | None = None
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
        if self._executor is not None:
            self._executor.shutdown(wait=True)

    def map(
        self, task: Callable[[T], R], items: Iterable[T], size: Callable[[T], int]
    ) -> Iterator[tuple[T, R]]:
        """Yield each item with what ``task`` makes of it, in order; ``size`` is an item's bytes.

        ``task`` and its items must pickle. An error in ``items`` is raised once everything before
        it was yielded, as if nothing were read ahead.
        """
        failed: list[Exception] = []
        waiting: deque[_Batch[T, R]] = deque()
        for batch in _batches(_until(items, failed), size):
            waiting.append(_Batch(batch))
            self._hand_out(task, waiting)
            while waiting and waiting[0].ready:
                yield from self._answers(task, waiting.popleft())
            # Read on while the others are not busy, or the first of them keeps all waiting.
            while len(waiting) > HANDED_OUT * (self.jobs - 1):
                if not self._help(task, waiting):
                    if len(waiting) < AHEAD * self.jobs:
                        break
                    yield from self._answers(task, waiting.popleft())
                while waiting and waiting[0].ready:
                    yield from self._answers(task, waiting.popleft())
        while waiting:
            if waiting[0].ready or not self._help(task, waiting):
                yield from self._answers(task, waiting.popleft())
        if failed:
            raise failed[0]

    def _hand_out(self, task: Callable[[T], R], waiting: deque[_Batch[T, R]]) -> None:
        """Give the first batches to the other processes: enough, and not what is done here."""
        if self.jobs > 1 and self._executor is None and self._alone_s >= ALONE_S:
            self._start()
        room = HANDED_OUT * (self.jobs - 1)
        for batch in waiting:
            if self._executor is None or room <= 0:
                return
            if batch.untouched:
                batch.future = self._submit(task, batch.items)
            room -= batch.future is not None and not batch.future.done()

    def _submit(self, task: Callable[[T], R], items: list[T]) -> Future[list[R]] | None:
        if self._executor is None:
            return None
        # A child is born with Ctrl-C held back, and ignores it: its parent says when to end.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return self._executor.submit(_do, task, items)
        except (OSError, RuntimeError):  # BrokenProcessPool is a RuntimeError
            self._give_up()
            return None
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _help(self, task: Callable[[T], R], waiting: deque[_Batch[T, R]]) -> bool:
        """Do the first batch that nobody has begun with; return whether there was one."""
        self._hand_out(task, waiting)
        for batch in waiting:
            if batch.untouched:
                self._do_here(task, batch)
                return True
        return False

    def _do_here(self, task: Callable[[T], R], batch: _Batch[T, R]) -> list[R]:
        began = time.perf_counter()
        batch.answers = _do(task, batch.items)
        self._alone_s += time.perf_counter() - began
        return batch.answers

    def _answers(self, task: Callable[[T], R], batch: _Batch[T, R]) -> Iterator[tuple[T, R]]:
        """Yield the items of a batch with their answers, once they are there."""
        answers = batch.answers
        if batch.future is not None:
            try:
                answers = batch.future.result()
            except BrokenProcessPool:  # a process was killed: that costs time, never a verdict
                self._give_up()
        yield from zip(batch.items, answers or self._do_here(task, batch), strict=True)

    def _start(self) -> None:
        try:
            self._executor = ProcessPoolExecutor(
                self.jobs - 1, mp_context=get_context("spawn"), initializer=_begin
            )
        except (OSError, ImportError, NotImplementedError):  # no semaphores, or too few
            self._give_up()
        else:
            self.shared_by = self.jobs

    def _give_up(self) -> None:
        """Do the rest here."""
        executor, self._executor, self.jobs = self._executor, None, 1
        if executor is not None:
            # Where not all could be started, nobody tells those that were that it is over.
            for process in list((executor._processes or {}).values()):
                process.kill()
            executor.shutdown(wait=True)


def _batches(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    batch: list[T] = []
    total = 0
    for item in items:
        batch.append(item)
        total += size(item)
        if len(batch) == BATCH_ITEMS or total >= BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _until(items: Iterable[T], failed: list[Exception]) -> Iterator[T]:
    """Yield items until their source fails; keep that error for later."""
    try:
        yield from items
    except Exception as error:  # raised again, in its place
        failed.append(error)


# --- In the other process ---------------------------------------------------------------------


def _begin() -> None:
    """Prepare a process: it ends when its parent says so, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _do(task: Callable[[T], R], batch: list[T]) -> list[R]:
    return [task(item) for item in batch]
