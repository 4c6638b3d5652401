"""What is broken on purpose, and until when; whole again when play stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.faults.breaking import POWER_FAULTS
from hotline.exercise.ground.ground import Ground
from hotline.exercise.play.cancelling import cancelled
from hotline.exercise.record.events import Event, FaultBegan, FaultEnded
from hotline.exercise.record.line import Entry
from hotline.exercise.scenario.shape import Fault, FaultKind, Inject

ONCE = frozenset({FaultKind.CORRUPT, FaultKind.REPLAY})
"""What happens once, and is over when it has happened."""
AGAIN_S = 1.0
"""Real seconds after which what could not be made whole is tried again: its node may be away."""


class Faults:
    """Breaks and mends through the ground; each is in the record with its moment."""

    def __init__(
        self,
        ground: Ground,
        clock: ScenarioClock,
        record: Callable[[Event], object],
        say: Callable[[str, str], None] = lambda _kind, _text: None,
    ) -> None:
        self.standing: dict[str, Inject] = {}
        """What is broken now, by the inject that broke it."""
        self._ground = ground
        self._clock = clock
        self._record = record
        self._say = say
        self._ends_t: dict[str, float] = {}
        self._mending: dict[str, asyncio.Task[None]] = {}
        # Each is made whole once, however many ask for it.
        self._ending: set[str] = set()

    def recorded(self, entry: Entry, inject: Inject | None) -> None:
        """Take an entry of the record of a director that is gone, and the inject that it names."""
        match entry.event:
            case FaultBegan(inject=name) if inject is not None and inject.fault is not None:
                self.standing[name] = inject
                if inject.fault.for_s is not None:
                    self._ends_t[name] = (entry.t or 0.0) + inject.fault.for_s
            case FaultEnded(inject=name):
                self.standing.pop(name, None)
                self._ends_t.pop(name, None)
            case _:
                pass

    async def again(self) -> None:
        """Break anew what was broken when the director was killed: the ground has mended it.

        A node that was being restarted runs, and is not restarted twice.
        """
        for inject in list(self.standing.values()):
            self._over(inject)
            left_s = self._ends_t.pop(inject.id, None)
            if _fault(inject).kind is FaultKind.RESTART:
                continue
            if left_s is None or left_s > self._clock.now_s():
                await self.begin(inject, ends_t=left_s)

    async def begin(self, inject: Inject, ends_t: float | None = None) -> None:
        """Break something, for as long as the inject says. Raises ExerciseError."""
        fault = _fault(inject)
        why_not = self._ground.why_not(fault)
        if why_not is not None:
            raise ExerciseError(
                "exercise.fault-not-possible",
                f"{fault.kind.value} is not possible here: {why_not}",
                "play it on a pair of its own, which the director starts itself",
            )
        means = await self._ground.begin(fault)
        self._record(
            FaultBegan(
                inject=inject.id,
                kind=fault.kind,
                centre=fault.centre,
                amount=fault.amount,
                means=means,
            )
        )
        self.standing[inject.id] = inject
        if fault.kind in ONCE:
            self._over(inject)
            return
        if ends_t is None and fault.for_s is not None:
            ends_t = self._clock.now_s() + fault.for_s
        if fault.kind is FaultKind.RESTART:
            # Entered when it was ordered; it is over once the node answers again.
            self._mending[inject.id] = asyncio.create_task(self._mend(inject))
        elif ends_t is not None:
            self._mending[inject.id] = asyncio.create_task(self._mend_at(inject, ends_t))

    async def end(self, inject: Inject) -> None:
        """Make it whole again."""
        if inject.id not in self.standing or inject.id in self._ending:
            return
        self._ending.add(inject.id)
        try:
            await self._ground.end(_fault(inject))
        finally:
            self._ending.remove(inject.id)
        del self.standing[inject.id]
        fault = _fault(inject)
        self._record(FaultEnded(inject=inject.id, kind=fault.kind))
        where = f" {fault.centre}" if fault.centre else ""
        self._say("fault", f"inject {inject.id}: {fault.kind.value}{where} is over")

    async def rest(self) -> None:
        """Let nothing be made whole by itself any more."""
        await cancelled(self._mending.values())

    async def end_all(self) -> list[HotlineError]:
        """Make everything whole again; return what could not be."""
        await self.rest()
        failed = []
        for inject in list(self.standing.values()):
            try:
                await self.end(inject)
            except HotlineError as error:
                failed.append(error)
        return failed

    @property
    def timed(self) -> bool:
        """Whether something is still broken that will end by itself."""
        return any(not task.done() for task in self._mending.values())

    def takes_down(self, centre: str) -> bool:
        """Whether the node of a centre is killed or restarted on purpose now."""
        faults = [one.fault for one in self.standing.values() if one.fault is not None]
        return any(one.centre == centre and one.kind in POWER_FAULTS for one in faults)

    async def _mend_at(self, inject: Inject, ends_t: float) -> None:
        await self._clock.until(ends_t)
        await self._mend(inject)

    async def _mend(self, inject: Inject) -> None:
        while True:
            try:
                await self.end(inject)
            except HotlineError:
                await asyncio.sleep(AGAIN_S)
            else:
                return

    def _over(self, inject: Inject) -> None:
        del self.standing[inject.id]
        self._record(FaultEnded(inject=inject.id, kind=_fault(inject).kind))


def _fault(inject: Inject) -> Fault:
    if inject.fault is None:
        raise ExerciseError(
            "exercise.no-fault", f"inject {inject.id} names nothing to break", "add its fault"
        )
    return inject.fault
