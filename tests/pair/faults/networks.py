"""What a network does: it loses, delays, doubles, reorders, corrupts, and is cut on one side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.pair.cable import CUT, FAIR, Weather
from tests.pair.faults.trial import Trial

Fault = Callable[[Trial], Awaitable[None]]


def weather(from_iaf: Weather, from_hmeimim: Weather | None = None) -> Fault:
    """Return the fault in which the cable does this for a while, in both directions unless told."""
    both = (from_iaf, from_iaf if from_hmeimim is None else from_hmeimim)

    async def fault(trial: Trial) -> None:
        cut = CUT in both
        trial.network.cable.blow(*both)
        try:
            await asyncio.sleep(trial.pace.outage_s if cut else trial.pace.hold_s)
        finally:
            trial.network.cable.blow(FAIR, FAIR)

    return fault
