"""What all grounds have in common: clients, what can be broken, and what is undone at the end."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AsyncExitStack
from types import TracebackType

from hotline.api.client import Client
from hotline.exercise.faults.breaking import Breaker
from hotline.exercise.scenario.shape import LINE_FAULTS, Fault, FaultKind


class Breakable:
    """Two nodes of which something can be broken; what is said of the parts is in `Ground`.

    A kind of ground enters its nodes by a stack of its own, and hands it over with `_stand`: all
    that is on the stack is undone, the last first, when the ground is left. ``left`` is what a
    director that is gone has left broken, and what is to last on: in the order in which it began.
    """

    keeps_line = False
    """Whether the line's faults outlast the ground's being left: where its nodes end as well."""

    def __init__(self, left: Iterable[Fault] = ()) -> None:
        self.left = tuple(left)
        self.clients: dict[str, Client] = {}
        self._breaker = Breaker({}, "", line=None, power=None)
        self._stack = AsyncExitStack()

    async def _stand(self, stack: AsyncExitStack, breaker: Breaker) -> None:
        """Take over what a director that was killed has left broken, and make whole all else.

        Its breaker mends before anything else of the stack is undone.
        """
        self._breaker = breaker
        stack.push_async_callback(breaker.mend, line=not self.keeps_line)
        await breaker.take_over(self.left)
        self._stack = stack.pop_all()

    def _is_left_off(self, centre: str) -> bool:
        """Whether a centre's node was killed, and is to be gone for longer."""
        return any(one.kind is FaultKind.KILL and one.centre == centre for one in self.left)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    @property
    def lasting(self) -> tuple[Fault, ...]:
        """The faults that last now, in the order in which they began."""
        return self._breaker.lasting

    def keeps(self, fault: Fault) -> bool:
        """Return whether a fault outlasts the ground's being left for later."""
        return self.keeps_line and fault.kind in LINE_FAULTS | {FaultKind.KILL}

    def why_not(self, fault: Fault) -> str | None:
        """Return why a fault is not possible here; None when it is."""
        return self._breaker.why_not(fault)

    async def begin(self, fault: Fault) -> str:
        """Break something; return by what means once it has taken effect. Raises ExerciseError."""
        return await self._breaker.begin(fault)

    async def end(self, fault: Fault) -> None:
        """Make it whole again; nothing where it is. Raises ExerciseError when that fails."""
        await self._breaker.end(fault)
