"""A machine's clock that is set under load, by libfaketime: its wall clock alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.pair.faults.machine import Machine
from tests.pair.faults.networks import Fault
from tests.pair.faults.processes import Victim
from tests.pair.faults.trial import Trial
from tests.pair.faults.waiting import become

ALLOWED_S = 5
"""What the sample letter allows the clocks to be apart."""


def why_no_clock() -> str | None:
    """Return why no process can be given another clock here; None when it can."""
    return None if _library() else "libfaketime (Debian: faketime) is not installed"


def _library() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def environment(machine: Machine) -> dict[str, str]:
    """Return what a node is started with so that ``set_clock`` is its clock; it is right first."""
    set_clock(machine, 0)
    return {
        "LD_PRELOAD": str(_library()),
        "FAKETIME_TIMESTAMP_FILE": str(_file(machine)),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(machine: Machine, offset_s: float) -> None:
    """Set a machine's clock apart from the true time."""
    part = _file(machine).with_suffix(".part")
    part.write_text(f"{offset_s:+g}s\n")
    part.replace(_file(machine))


def _file(machine: Machine) -> Path:
    return machine.site.directory / "clock"


async def own_clock(trial: Trial, victim: Victim) -> None:
    """Start a node anew with a clock that can be set."""
    machine = victim(trial)
    machine.end()
    machine.start(environment(machine))
    await trial.ready()


async def true_clock(trial: Trial, victim: Victim) -> None:
    """Start a node anew with the machine's clock."""
    victim(trial).end()
    await trial.ready()


def wrong_clock(victim: Victim, offset_s: float) -> Fault:
    """Return the fault in which a node's clock is set wrong under load, and right again.

    The node itself must notice the step, and both must ring that their clocks are apart.
    """

    async def fault(trial: Trial) -> None:
        machine = victim(trial)
        set_clock(machine, offset_s)
        try:
            await machine.rings("node.clock-stepped")
            if abs(offset_s) > ALLOWED_S:
                for each in trial.both:
                    await each.rings("line.clock-offset")
            await asyncio.sleep(trial.pace.hold_s)
        finally:
            set_clock(machine, 0)

        async def agree() -> bool:
            return not any([await each.causes("line.clock-offset") for each in trial.both])

        await become(agree, "the clocks are still apart")

    return fault
