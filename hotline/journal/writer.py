"""The only thread that writes: it saves what waits, all in one commit, and then releases it.

It commits whenever it is idle, with what has gathered meanwhile; there is no timer. A FLASH
message is in the next commit, however much waits before it. Everything that must not happen
before fsync (sending a group, giving a receipt, telling the caller) is done from the callback,
which runs on the event loop after the commit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from queue import SimpleQueue
from typing import Any, TypeVar

from hotline.errors import HotlineError, JournalError
from hotline.journal.journal import Journal
from hotline.journal.outgoing import Composed, Draft
from hotline.journal.state import Committed
from hotline.model.kinds import Precedence

T = TypeVar("T")

MAX_BATCH = 1024
"""Jobs in one commit, so that a FLASH never waits behind an unbounded transaction."""


class _Signal(Enum):
    WAKE = auto()
    STOP = auto()


@dataclass(slots=True)
class _Action:
    run: Callable[[Journal], Any]
    future: asyncio.Future[Any]


@dataclass(slots=True)
class _Compose:
    peer: str
    stream: int
    draft: Draft
    future: asyncio.Future[Composed]


class Writer:
    """Runs the journal in a thread of its own, for one event loop.

    ``released`` is called on the loop with each commit's result, in the order of the commits and
    before the futures of that commit are resolved. ``failed`` is told when a commit fails, which
    the node shows as an alarm.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        clock_us: Callable[[], int],
        released: Callable[[Committed], None],
        failed: Callable[[HotlineError], None],
    ) -> None:
        self._journal = journal
        self._clock_us = clock_us
        self._released = released
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Action | _Compose | _Signal] = SimpleQueue()
        # FLASH messages: in the next commit whatever else waits. Each has a WAKE in the queue.
        self._urgent: SimpleQueue[_Compose] = SimpleQueue()
        self._closed = False
        # A STOP has come: what waits is committed, and that is the end.
        self._stopping = False
        # Seconds that each commit took, newest last; taken away by whoever shows them.
        self.commit_seconds: list[float] = []
        self._start()

    def do(self, action: Callable[[Journal], T]) -> asyncio.Future[T]:
        """Run ``action`` in the next transaction; the future has its result once durable."""
        future: asyncio.Future[T] = self._loop.create_future()
        if self._is_open(future):
            self._hand_in(_Action(action, future))
        return future

    def compose(self, peer: str, stream: int, draft: Draft) -> asyncio.Future[Composed]:
        """Sign and enter a message in the next transaction, grouped with what else waits."""
        future: asyncio.Future[Composed] = self._loop.create_future()
        if not self._is_open(future):
            return future
        job = _Compose(peer, stream, draft, future)
        if stream == Precedence.FLASH:
            self._urgent.put(job)
            self._hand_in(_Signal.WAKE)
        else:
            self._hand_in(job)
        return future

    async def close(self) -> None:
        """Commit what waits, then end the thread and close the journal; refuse what comes later."""
        self._closed = True
        self._hand_in(_Signal.STOP)
        await asyncio.to_thread(self._join)
        self._journal.close()

    def _is_open(self, future: asyncio.Future[Any]) -> bool:
        if self._closed:
            future.set_exception(
                JournalError("journal.closed", "the journal is closed", "the node is being stopped")
            )
        return not self._closed

    # --- The thread, which a simulation replaces by turns on its own loop --------------------

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def _hand_in(self, job: _Action | _Compose | _Signal) -> None:
        self._queue.put(job)

    def _join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        while self._turn():
            pass

    def _turn(self) -> bool:
        """Wait for work, commit all of it that has gathered; return whether more can come."""
        # A FLASH that was left over by a full commit has no WAKE any more.
        waiting = [] if not self._urgent.empty() else [self._queue.get()]
        _take(self._queue, waiting)
        urgent: list[_Action | _Compose] = []
        _take(self._urgent, urgent)
        self._stopping |= _Signal.STOP in waiting
        self._commit([*urgent, *(job for job in waiting if not isinstance(job, _Signal))])
        return not self._stopping or not self._urgent.empty()

    def _commit(self, jobs: list[_Action | _Compose]) -> None:
        if not jobs:
            return
        actions = [job for job in jobs if isinstance(job, _Action)]
        composing: dict[tuple[str, int], list[_Compose]] = {}
        for job in jobs:
            if isinstance(job, _Compose):
                composing.setdefault((job.peer, job.stream), []).append(job)
        begun = time.perf_counter()
        try:
            results, composed, committed = self._journal.transact(
                [job.run for job in actions],
                {key: [job.draft for job in waiting] for key, waiting in composing.items()},
                self._clock_us,
            )
        except HotlineError as error:
            self._call(self._fail, jobs, error)
            return
        except Exception as error:  # a defect of ours must not end the only writer
            failure = JournalError("journal.defect", f"the journal failed: {error!r}", "report it")
            failure.__cause__ = error
            self._call(self._fail, jobs, failure)
            return
        self.commit_seconds.append(time.perf_counter() - begun)
        outcomes: list[tuple[asyncio.Future[Any], Any]] = [
            (job.future, result) for job, result in zip(actions, results, strict=True)
        ]
        for key, waiting in composing.items():
            outcomes.extend(
                (job.future, done) for job, done in zip(waiting, composed[key], strict=True)
            )
        self._call(self._release, committed, outcomes)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            # The loop is closed: nobody is left to be told, and what is durable stays durable.
            return

    def _release(
        self, committed: Committed, outcomes: list[tuple[asyncio.Future[Any], Any]]
    ) -> None:
        try:
            self._released(committed)
        finally:  # whoever waits is told, whatever the node stumbles over
            for future, result in outcomes:
                if future.done():
                    continue
                if isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result(result)

    def _fail(self, jobs: list[_Action | _Compose], error: HotlineError) -> None:
        try:
            self._failed(error)
        finally:
            for job in jobs:
                if not job.future.done():
                    job.future.set_exception(error)


def _take(queue: SimpleQueue[Any], jobs: list[Any]) -> None:
    """Move what waits in ``queue`` to ``jobs``, as long as these fit into one commit."""
    while len(jobs) < MAX_BATCH and not queue.empty():
        jobs.append(queue.get())
