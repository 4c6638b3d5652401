"""What all grounds have in common: clients, what can be broken, and what is undone at the end."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType

from hotline.api.client import Client
from hotline.exercise.faults.breaking import Breaker, LineMeans
from hotline.exercise.faults.conditions import WHOLE
from hotline.exercise.scenario.shape import Fault


class Breakable:
    """Two nodes of which something can be broken; what is said of the parts is in `Ground`.

    A kind of ground enters its nodes by a stack of its own, and hands it over with `_stand`: all
    that is on the stack is undone, the last first, when the ground is left.
    """

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self._breaker = Breaker({}, "", line=None, power=None)
        self._stack = AsyncExitStack()

    async def _stand(self, stack: AsyncExitStack, breaker: Breaker, line: LineMeans | None) -> None:
        """Make whole what a director that was killed has left broken; then this one breaks.

        Its breaker mends before anything else of the stack is undone.
        """
        self._breaker = breaker
        stack.push_async_callback(breaker.mend)
        if line is not None:
            await line.become(WHOLE)
        await breaker.clear()
        self._stack = stack.pop_all()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def why_not(self, fault: Fault) -> str | None:
        """Return why a fault is not possible here; None when it is."""
        return self._breaker.why_not(fault)

    async def begin(self, fault: Fault) -> str:
        """Break something; return by what means once it has taken effect. Raises ExerciseError."""
        return await self._breaker.begin(fault)

    async def end(self, fault: Fault) -> None:
        """Make it whole again; nothing where it is. Raises ExerciseError when that fails."""
        await self._breaker.end(fault)
