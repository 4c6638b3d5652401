"""What is broken on purpose, and until when; whole again when play stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.faults.breaking import POWER_FAULTS
from hotline.exercise.ground.ground import Ground
from hotline.exercise.play.cancelling import cancelled
from hotline.exercise.play.msel import Msel
from hotline.exercise.record.events import Event, FaultBegan, FaultEnded
from hotline.exercise.record.line import Entry
from hotline.exercise.record.reading import Record
from hotline.exercise.scenario.shape import Fault, FaultKind, Inject, Scenario

ONCE = frozenset({FaultKind.CORRUPT, FaultKind.REPLAY})
"""What happens once, and is over when it has happened."""
OVER_SOON = ONCE | {FaultKind.RESTART}
"""What does not last, so that there is nothing to go on with."""
AGAIN_S = 1.0
"""Real seconds after which what could not be made whole is tried again: its node may be away."""


@dataclass(slots=True)
class Broken:
    """What is broken by the record. ``standing``: by the inject that broke it."""

    standing: dict[str, Inject] = field(default_factory=dict)
    ends_t: dict[str, float] = field(default_factory=dict)
    """When it ends by itself, in the scenario's seconds: from the first time that it began."""
    lifted: set[str] = field(default_factory=set)
    """What stands, and was made whole for as long as the director is away."""

    def recorded(self, entry: Entry, inject: Inject | None) -> None:
        """Take the next entry of the record, and the inject that it names."""
        match entry.event:
            case FaultBegan(inject=name) if inject is not None and inject.fault is not None:
                self.standing[name] = inject
                self.lifted.discard(name)
                if inject.fault.for_s is not None:
                    self.ends_t.setdefault(name, (entry.t or 0.0) + inject.fault.for_s)
            case FaultEnded(inject=name, left=True):
                self.lifted.add(name)
            case FaultEnded(inject=name):
                self.standing.pop(name, None)
                self.lifted.discard(name)
            case _:
                pass


def left_broken(record: Record, scenario: Scenario) -> tuple[Fault, ...]:
    """Return what a director that is gone has left broken, by its record, and is to last on."""
    msel, broken = Msel(scenario.injects), Broken()
    for entry in record.entries:
        msel.recorded(entry)
        row = msel.rows.get(str(getattr(entry.event, "inject", "")))
        broken.recorded(entry, row.inject if row is not None else None)
    return tuple(
        _fault(inject)
        for name, inject in broken.standing.items()
        if name not in broken.lifted and _fault(inject).kind not in OVER_SOON
    )


class Faults:
    """Breaks and mends through the ground; each is in the record with its moment."""

    def __init__(
        self,
        ground: Ground,
        clock: ScenarioClock,
        record: Callable[[Event], object],
        say: Callable[[str, str], None] = lambda _kind, _text: None,
    ) -> None:
        self._broken = Broken()
        self._ground = ground
        self._clock = clock
        self._record = record
        self._say = say
        self._mending: dict[str, asyncio.Task[None]] = {}
        # Each is made whole once, however many ask for it.
        self._ending: set[str] = set()

    @property
    def standing(self) -> dict[str, Inject]:
        """What is broken now, by the inject that broke it."""
        return self._broken.standing

    def recorded(self, entry: Entry, inject: Inject | None) -> None:
        """Take an entry of the record of a director that is gone, and the inject that it names."""
        self._broken.recorded(entry, inject)

    async def again(self) -> None:
        """Go on with what was broken when the director was gone.

        What the ground has kept lasts on until its time is over; what has ended meanwhile is broken
        anew for the time that it has left. A node that was being restarted runs, and is not
        restarted twice.
        """
        lasting = list(self._ground.lasting)
        for inject in list(self.standing.values()):
            fault = _fault(inject)
            ends_t = self._broken.ends_t.get(inject.id)
            is_over = ends_t is not None and ends_t <= self._clock.now_s()
            if fault in lasting:
                lasting.remove(fault)
                self._say("fault", f"inject {inject.id}: {_named(fault)} lasts on")
                if ends_t is not None:
                    self._mending[inject.id] = asyncio.create_task(self._mend_at(inject, ends_t))
                continue
            if inject.id in self._broken.lifted:
                self._broken.lifted.remove(inject.id)
                del self.standing[inject.id]
            else:
                self._over(inject)
            if fault.kind is not FaultKind.RESTART and not is_over:
                await self.begin(inject, ends_t=ends_t)

    async def leave(self) -> None:
        """Make whole what the ground will not keep, as play is left for later.

        It is entered with the moment, and as what is to be broken anew once play goes on.
        """
        await self.rest()
        for inject in list(self.standing.values()):
            fault = _fault(inject)
            if fault.kind in OVER_SOON or self._ground.keeps(fault):
                continue
            with suppress(HotlineError):
                await self._ground.end(fault)
                self._record(FaultEnded(inject=inject.id, kind=fault.kind, left=True))

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
        self._say("fault", f"inject {inject.id}: {_named(fault)} is over")

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


def _named(fault: Fault) -> str:
    return f"{fault.kind.value} {fault.centre}".strip()


def _fault(inject: Inject) -> Fault:
    if inject.fault is None:
        raise ExerciseError(
            "exercise.no-fault", f"inject {inject.id} names nothing to break", "add its fault"
        )
    return inject.fault
