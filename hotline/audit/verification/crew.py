"""Processes that share the work of a verification: what comes back is in the order of what went in.

Checking signatures is most of the work, and each stands for itself, so any process may check it.
The walk over the tables stays in one: it hands out what it reads and takes the answers in order.
So a report is the same, whatever the number of processes, and whichever of them died.

Processes are spawned, not forked (the caller may have threads and an open database), and only
once there is more to do than their start takes. Where none can be started (no shared memory, a
limit on processes) everything is done here.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")

BATCH_ITEMS = 256
BATCH_BYTES = 256 * 1024
"""How much is handed to a process at once: some 20 ms of work, and little memory."""
AHEAD = 4
"""Batches for each process that are read ahead of the answers."""
ALONE = 2048
"""Items that are done here before processes are started: they take as long as a start."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


class Crew:
    """``jobs`` processes that do what is mapped over them; none with one, or none that start.

    A context manager: on leaving, also by Ctrl-C, every process has ended.
    """

    def __init__(self, jobs: int = 1) -> None:
        self.jobs = jobs
        # How many processes shared the work so far.
        self.shared_by = 1
        self._executor: ProcessPoolExecutor | None = None
        self._done_here = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def map(
        self, task: Callable[[T], R], items: Iterable[T], size: Callable[[T], int]
    ) -> Iterator[tuple[T, R]]:
        """Yield each item with what ``task`` makes of it, in order; ``size`` is an item's bytes.

        ``task`` and its items must pickle. An error in ``items`` is raised once everything before
        it was yielded, as if nothing were read ahead.
        """
        failed: list[Exception] = []
        waiting: deque[tuple[list[T], Future[list[R]] | None]] = deque()
        for batch in _batches(_until(items, failed), size):
            waiting.append((batch, self._hand_out(task, batch)))
            while len(waiting) > (AHEAD * self.jobs if self._executor else 0):
                yield from self._answers(task, *waiting.popleft())
        while waiting:
            yield from self._answers(task, *waiting.popleft())
        if failed:
            raise failed[0]

    def _hand_out(self, task: Callable[[T], R], batch: list[T]) -> Future[list[R]] | None:
        """Give a batch to whichever process is free; None when it has to be done here."""
        if self.jobs > 1 and self._executor is None and self._done_here >= ALONE:
            self._start()
        if self._executor is not None:
            # A child is born with Ctrl-C held back, and ignores it: its parent says when to end.
            held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                return self._executor.submit(_do, task, batch)
            except (OSError, RuntimeError):  # BrokenProcessPool is a RuntimeError
                self._give_up()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, held)
        self._done_here += len(batch)
        return None

    def _answers(
        self, task: Callable[[T], R], batch: list[T], handed_out: Future[list[R]] | None
    ) -> Iterator[tuple[T, R]]:
        if handed_out is not None:
            try:
                yield from zip(batch, handed_out.result(), strict=True)
                return
            except (BrokenProcessPool, CancelledError):
                # A process was killed: that costs time, never a verdict.
                self._give_up()
        for item in batch:
            yield item, task(item)

    def _start(self) -> None:
        try:
            self._executor = ProcessPoolExecutor(
                self.jobs, mp_context=get_context("spawn"), initializer=_begin
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
            executor.shutdown(wait=True, cancel_futures=True)


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
