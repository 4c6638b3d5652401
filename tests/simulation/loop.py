"""An event loop on simulated time: no selector, no thread, no clock; and lives that can end.

The coroutines of real nodes run on it. When nothing is left to do at this moment, time moves to
the next timer at once. What an executor would do in a thread is done here a moment later, in one
piece. Each callback belongs to the `Life` in whose context it was made, and once that life is over
it never runs: that is what a crash is.
"""

from __future__ import annotations

import asyncio
import random
from asyncio import events, tasks
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from typing import Any

_GIVE_UP = 20
"""How often a coroutine of a dead life may refuse to end; ours await a few things at the end."""


class Life:
    """One run of one node, from its start to its stop or crash."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.over = False
        self.tasks: list[asyncio.Task[Any]] = []

    def end(self) -> None:
        """End everything of this life where it stands; what its coroutines hold is let go."""
        self.over = True
        for task in self.tasks:
            if task.done():
                if not task.cancelled():
                    task.exception()  # nobody is left to ask for it
                continue
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            coroutine = task.get_coro()
            for _ in range(_GIVE_UP):
                try:
                    coroutine.close()  # type: ignore[union-attr]
                except RuntimeError:
                    continue  # it awaits something on its way out
                break
        self.tasks.clear()


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)


class _Handle(events.TimerHandle):
    """A callback at a time, or as soon as it may; it belongs to the life that made it."""

    __slots__ = ("_life",)

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context,
        when: float = 0.0,
    ) -> None:
        # There are thousands in a history: what the class above would do is done here.
        self._callback = callback
        self._args = args
        self._loop = loop
        self._context = context
        self._when = when
        self._cancelled = self._scheduled = False
        self._source_traceback = self._repr = None
        self._life = context.get(LIFE)

    def _run(self) -> None:
        life = self._life
        if life is None or not life.over:
            super()._run()  # type: ignore[misc]


TICK_S = 1e-6
"""What passes at least until a timer is due, as on any machine."""
MOST_STEPS = 200_000
"""Callbacks of one history, a hundred times what is usual: beyond it the nodes run in circles."""


class LivelockError(Exception):
    """Something is done again and again without end."""


class NothingToDoError(Exception):
    """Everything waits, and no timer runs: a deadlock of nodes or simulation."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """The loop; ``now`` is simulated seconds since the history began."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.now = 0.0
        self.steps = 0
        self.chance = chance
        # What a node's code raised where nobody took it.
        self.stumbles: list[str] = []
        # (when, number, timer): what is due at one time comes in the order of the numbers.
        self._timers: list[tuple[float, int, _Handle]] = []
        self._free_at: dict[object, float] = {}
        self.set_exception_handler(_note)

    def time(self) -> float:
        """Return simulated seconds."""
        return self.now

    def _run_once(self) -> None:
        """Run what is ready; where nothing is, let time pass until the next timer is due."""
        ready: deque[_Handle] = self._ready  # type: ignore[attr-defined]
        timers = self._timers
        if self.steps > MOST_STEPS:
            raise LivelockError(f"{self.steps} steps by {self.now:.3f} s")
        while timers and timers[0][2]._cancelled:
            heappop(timers)
        if not ready:
            if not timers:
                raise NothingToDoError("nothing will ever happen")
            self.now = max(self.now, timers[0][0])
        while timers and timers[0][0] <= self.now:
            ready.append(heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run a callback next, unless its life is over by then."""
        handle = _Handle(callback, args, self, context if context is not None else copy_context())
        self._ready.append(handle)  # type: ignore[attr-defined]
        self.steps += 1
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback at a simulated time, unless its life is over by then."""
        context = context if context is not None else copy_context()
        timer = _Handle(callback, args, self, context, when)
        self.steps += 1
        heappush(self._timers, (when, self.steps, timer))
        return timer

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback in so many simulated seconds, unless its life is over by then."""
        # A clock that stood still would let whoever waits for the rest of a rounding wait for ever.
        return self.call_at(self.now + max(delay, TICK_S), callback, *args, context=context)

    def create_task(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[Any]:
        """Begin a task, which belongs to the life in whose context that is."""
        task = tasks.Task(coro, loop=self, name=name or "task", context=context)  # type: ignore[arg-type]
        life = (context or copy_context()).get(LIFE)
        if life is not None:
            life.tasks.append(task)
        return task

    def run_in_executor(  # type: ignore[override]
        self, executor: object, function: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run ``function`` in one piece a moment later; one executor keeps its order."""
        future = self.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                result = function(*args)
            except BaseException as error:  # as an executor does
                future.set_exception(error)
            else:
                future.set_result(result)

        when = max(self.now + self.chance.uniform(1e-5, 1e-3), self._free_at.get(executor, 0.0))
        if executor is not None:
            self._free_at[executor] = when
        self.call_at(when, work)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """There is none."""

    def _write_to_self(self) -> None:
        """Nobody else wakes this loop."""

    def close(self) -> None:
        """Forget all that still waits."""
        self._ready.clear()  # type: ignore[attr-defined]
        self._timers.clear()
        super().close()


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    assert isinstance(loop, SimulatedLoop)
    error = context.get("exception")
    loop.stumbles.append(f"{context.get('message')}: {error!r}")
