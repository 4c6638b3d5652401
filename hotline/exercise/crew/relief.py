"""A simulated watch: taken, briefed, assumed, reviewed, as the node records it."""

from __future__ import annotations

import asyncio

from hotline.api.exercise_shapes import WatchRequest
from hotline.errors import HotlineError
from hotline.exercise.crew.seat import SIMULATED, Seat, is_passing, named
from hotline.model.times import parse_time

MAX_NAME = 80
TIMES = 5
"""A brief that is out of date before it is assumed on is asked for again so often."""

_COMING = frozenset({"briefed", "assumed"})
"""Steps of whoever comes."""


class Relief:
    """The watch of one crew."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        # Whoever begins the watch and whoever relieves it may come at the same moment.
        self._taking = asyncio.Lock()

    async def take(self) -> None:
        """Take the watch where nobody has it."""
        async with self._taking:
            await self._take()

    async def _take(self) -> None:
        seat = self._seat
        if not (await seat.client.watch()).on_duty:
            await seat.client.take_step(WatchRequest(step="taken", officer=seat.officer))
            await seat.acted("takes the watch")

    async def next_officer(self, since_us: int | None = None) -> str:
        """Return which of the crew's officers comes next.

        With ``since_us`` it is the one who was briefed, or has assumed, since that moment of the
        node's clock, if somebody was.
        """
        view = await self._seat.client.watch()
        if since_us is not None:
            for step in reversed(view.steps):
                if step.step in _COMING and parse_time(step.at) >= since_us:
                    return step.officer
        on_duty = view.on_duty or self._seat.officer
        return _next(on_duty, [named(name) for name in self._seat.crew.officers])

    async def relieve(self, officer: str) -> None:
        """Have an officer relieve whoever has the watch; what is done already is not done again.

        Brief, verbal brief, assumption by name, review by the relieved one (FAA JO 7110.65,
        appendix A).
        """
        seat = self._seat
        async with self._taking:
            on_duty = (await seat.client.watch()).on_duty
            if not on_duty:
                seat.officer = officer
                await self._take()
                return
        if on_duty != officer:
            await self._assume(officer, on_duty)
        seat.officer = officer
        view = await seat.client.watch()
        if view.to_review:
            await seat.clock.sleep(seat.reaction_s("PRIORITY", "review", view.to_review))
            await seat.client.take_step(WatchRequest(step="reviewed", officer=view.to_review))
            await seat.acted(f"{view.to_review} has reviewed, and goes")

    async def _assume(self, officer: str, relieved: str) -> None:
        seat = self._seat
        for time in range(TIMES):
            await seat.client.take_step(WatchRequest(step="briefed", officer=officer))
            await seat.clock.sleep(
                seat.reaction_s("IMMEDIATE", "brief", officer) if not time else 0.0
            )
            request = WatchRequest(step="assumed", officer=officer, relieved=relieved)
            try:
                await seat.client.take_step(request)
            except HotlineError as error:
                if is_passing(error) or time == TIMES - 1:
                    raise
                continue
            await seat.acted(f"{officer} has the watch")
            return


def _next(on_duty: str, officers: list[str]) -> str:
    """Return who comes after an officer, the first after the last; a new one for one alone."""
    others = [name for name in officers if name != on_duty]
    if not others:
        return f"{SIMULATED}relief of {on_duty.removeprefix(SIMULATED)}"[:MAX_NAME]
    if on_duty not in officers:
        return others[0]
    return officers[(officers.index(on_duty) + 1) % len(officers)]
