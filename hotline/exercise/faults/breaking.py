"""Faults begun and ended: which last now, and through what each takes effect.

Every ground has its own means for the line (a proxy, the containers' network) and for the nodes'
processes; what a node breaks by itself goes through its API everywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Protocol, runtime_checkable

from hotline.api.client import Client
from hotline.api.exercise_shapes import FaultRequest
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.faults.conditions import (
    WHOLE,
    LineConditions,
    check_amount,
    conditions_of,
)
from hotline.exercise.scenario.shape import DIRECTOR, LINE_FAULTS, Fault, FaultKind

POWER_FAULTS = frozenset({FaultKind.KILL, FaultKind.RESTART})
"""Faults of a node's process."""
SENT_FAULTS = frozenset({FaultKind.CORRUPT, FaultKind.REPLAY})
"""What a node sends: it befalls the other one."""


class LineMeans(Protocol):
    """What makes the line worse, and whole again."""

    def why_not(self, fault: Fault) -> str | None:
        """Return why a fault of the line cannot be had by this means; None when it can."""

    async def become(self, conditions: LineConditions) -> str:
        """Make the line so; return by what means once it is. Raises ExerciseError."""

    async def is_so(self, conditions: LineConditions) -> bool:
        """Return whether the line is so now, as far as these means can see. Raises as `become`."""


@runtime_checkable
class PowerMeans(Protocol):
    """What ends nodes, and starts them. ``stops_by`` names by what means one ends in order."""

    stops_by: str

    async def kill(self, centre: str) -> str:
        """End a node at once; return by what means once it is gone."""

    async def stop(self, centre: str) -> None:
        """End a node in order; return once it is gone."""

    async def start(self, centre: str) -> None:
        """Start a node that is gone; return when it answers. Nothing where it runs."""

    async def is_off(self, centre: str) -> bool:
        """Return whether a node is gone."""


class Breaker:
    """Begins and ends faults with the means of a ground; None for means that it has not.

    ``dialler`` is the centre that opens the connection: what it sends goes forth.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        dialler: str,
        *,
        line: LineMeans | None,
        power: PowerMeans | None,
        no_line: str = "nothing stands between these nodes that could break the line",
        no_power: str = "these nodes were not started here, so they are not ended here",
    ) -> None:
        self._clients = clients
        self._dialler = dialler
        self._line, self._no_line = line, no_line
        self._power, self._no_power = power, no_power
        self._lasting: list[Fault] = []
        # Nodes that are being restarted.
        self._restarts: dict[str, asyncio.Task[None]] = {}
        # One change of the line after the other: the last one has to be by all that lasts then.
        self._changing = asyncio.Lock()

    @property
    def lasting(self) -> tuple[Fault, ...]:
        """The faults that last now, in the order in which they began."""
        return tuple(self._lasting)

    def why_not(self, fault: Fault) -> str | None:
        """Return why a fault cannot be had here; None when it can."""
        if fault.centre and fault.centre not in self._clients:
            return f"{fault.centre} is no centre of this exercise"
        if fault.kind in LINE_FAULTS:
            try:
                check_amount(fault)
            except ExerciseError as error:
                return f"{error.message}: {error.hint}"
            return self._no_line if self._line is None else self._line.why_not(fault)
        if not fault.centre:
            does = "sends it" if fault.kind in SENT_FAULTS else "it befalls"
            return f"a {fault.kind} has to say which centre's node {does}"
        if fault.kind in POWER_FAULTS and self._power is None:
            return self._no_power
        return None

    async def begin(self, fault: Fault) -> str:
        """Break something; return by what means once it has taken effect.

        A restart is only ordered: `end` returns when the node answers again. Raises ExerciseError
        ``exercise.fault-impossible``, and what the means or the node refuse.
        """
        why = self.why_not(fault)
        if why is not None:
            raise ExerciseError(
                "exercise.fault-impossible",
                f"{fault.kind} cannot be had here: {why}",
                "docs/spec/faults.md says what each fault needs; `hotline exercise skip` leaves"
                " the inject out",
            )
        if fault.kind in LINE_FAULTS:
            return await self._begin_on_line(fault)
        if fault.kind in POWER_FAULTS:
            return await self._cut_power(fault)
        await self._clients[fault.centre].break_(_request(fault))
        self._lasting.append(fault)
        return "the node itself"

    async def end(self, fault: Fault) -> None:
        """Make it whole again; nothing where it is. Raises ExerciseError when that fails."""
        if fault.kind is FaultKind.RESTART:
            await self._restarted(fault.centre)
        if fault not in self._lasting:
            return
        self._lasting.remove(fault)
        if fault.kind in LINE_FAULTS:
            await self.begin_again()
        elif fault.kind is FaultKind.KILL:
            if self._power is not None:
                await self._power.start(fault.centre)
        elif not any(_same_thing(fault, other) for other in self._lasting):
            await self._clients[fault.centre].break_(_request(fault, off=True))

    async def begin_again(self) -> None:
        """Make the line what all that lasts comes to, also where its means were started anew."""
        await self._become()

    async def take_over(self, left: Iterable[Fault]) -> None:
        """Go on with what a director that is gone has left broken, and make the rest whole.

        What is found as ``left`` says lasts on, without a moment in which it did not; what is not
        found so does not last. Raises ExerciseError when the line cannot be made whole.
        """
        wanted = list(left)
        on_line = [fault for fault in wanted if fault.kind in LINE_FAULTS]
        kept: list[Fault] = []
        if self._line is not None:
            if on_line and await self._line.is_so(conditions_of(on_line, self._dialler)):
                kept += on_line
            else:
                await self._line.become(WHOLE)
        for fault in wanted:
            if fault.kind is FaultKind.KILL and self._power is not None:
                kept += [fault] if await self._power.is_off(fault.centre) else []
        kept += await self._of_nodes(wanted)
        self._lasting = [fault for fault in wanted if fault in kept]

    async def mend(self, *, line: bool = True) -> None:
        """End all that lasts, without starting killed nodes; errors are nobody's business then.

        Without ``line`` that is left as it is: for whoever ends the nodes on it next.
        """
        for restart in self._restarts.values():
            restart.cancel()
        await asyncio.gather(*self._restarts.values(), return_exceptions=True)
        self._restarts.clear()
        for fault in reversed(self._lasting):
            if fault.kind not in LINE_FAULTS | POWER_FAULTS:
                with suppress(HotlineError):
                    await self._clients[fault.centre].break_(_request(fault, off=True))
        self._lasting.clear()
        if line:
            with suppress(HotlineError):
                await self._become()

    async def _of_nodes(self, wanted: Iterable[Fault]) -> list[Fault]:
        """Return which faults the nodes have still, and have them end all others of theirs.

        One that is down has nothing.
        """
        kept: list[Fault] = []
        for centre, client in self._clients.items():
            # A node keeps only the last one of a kind.
            last = {fault.kind.value: fault for fault in wanted if fault.centre == centre}
            with suppress(HotlineError):
                for found in (await client.faults()).faults:
                    fault = last.get(found.kind)
                    if fault is not None and fault.amount == found.amount and found.left is None:
                        kept.append(fault)
                        continue
                    request = FaultRequest(kind=found.kind, by=DIRECTOR, peer=found.peer, off=True)
                    await client.break_(request)
        return kept

    async def _become(self) -> str:
        if self._line is None:
            return ""
        async with self._changing:
            return await self._line.become(conditions_of(self._lasting, self._dialler))

    async def _begin_on_line(self, fault: Fault) -> str:
        self._lasting.append(fault)
        try:
            return await self._become()
        except BaseException:
            self._lasting.remove(fault)
            raise

    async def _cut_power(self, fault: Fault) -> str:
        power, centre = self._power, fault.centre
        assert power is not None  # noqa: S101 - why_not has seen to it
        if fault.kind is FaultKind.KILL:
            means = await power.kill(centre)
            self._lasting.append(fault)
            return means
        await self._restarted(centre)
        self._restarts[centre] = asyncio.create_task(_restart(power, centre))
        return power.stops_by

    async def _restarted(self, centre: str) -> None:
        """Return when a node that is being restarted answers again; raises what starting it does.

        Where it failed it is tried once more by whoever asks next.
        """
        power, restart = self._power, self._restarts.get(centre)
        if power is None or restart is None:
            return
        try:
            await asyncio.shield(restart)
        except HotlineError:
            self._restarts[centre] = asyncio.create_task(_restart(power, centre))
            raise
        self._restarts.pop(centre, None)


async def _restart(power: PowerMeans, centre: str) -> None:
    await power.stop(centre)
    await power.start(centre)


def _request(fault: Fault, *, off: bool = False) -> FaultRequest:
    return FaultRequest(
        kind=fault.kind.value, by=DIRECTOR, amount=0.0 if off else fault.amount, off=off
    )


def _same_thing(one: Fault, other: Fault) -> bool:
    """Whether a node keeps only the later of the two."""
    return (one.kind, one.centre) == (other.kind, other.centre)
