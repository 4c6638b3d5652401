"""What befalls a process: it is killed at any moment, or stands still and then goes on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from operator import attrgetter

from tests.pair.faults.machine import Machine
from tests.pair.faults.networks import Fault
from tests.pair.faults.trial import Trial

Victim = Callable[[Trial], Machine]
IAF: Victim = attrgetter("iaf")
HMEIMIM: Victim = attrgetter("hmeimim")


def killed(victim: Victim) -> Fault:
    """Return the fault in which a node is killed (SIGKILL) and started again, several times."""

    async def fault(trial: Trial) -> None:
        for _ in range(trial.pace.repeats):
            machine = victim(trial)
            machine.end(signal.SIGKILL)
            machine.start()
            await trial.ready()
            await asyncio.sleep(trial.pace.lead_s)

    return fault


def frozen(victim: Victim) -> Fault:
    """Return the fault in which a node stands still (SIGSTOP) with its sockets open."""

    async def fault(trial: Trial) -> None:
        machine = victim(trial)
        machine.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(trial.pace.freeze_s)
        finally:
            machine.send(signal.SIGCONT)

    return fault
