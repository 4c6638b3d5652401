"""A certificate that ends under a live line, and is renewed by command while the node runs."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from hotline.node.keyring import load_public
from hotline.node.renewal import renew_certificate
from tests.centres import now_us
from tests.pair.cable import CUT, FAIR
from tests.pair.faults.machine import Machine
from tests.pair.faults.trial import Trial
from tests.pair.faults.waiting import become

DAY_US = 86_400_000_000
LIFE_S = 8.0


async def short_lived(trial: Trial) -> None:
    """Start both nodes under certificates that end soon."""
    for machine in trial.both:
        machine.end()
        expire_in(machine, trial.pace.lead_s + LIFE_S)
    await trial.ready()


async def expired(trial: Trial) -> None:
    """Let both certificates end under the line, cut it, see it refused, and renew by command."""
    ends_us = max(load_public(machine.site.keys).expires_us for machine in trial.both)
    while now_us() < ends_us + 1_500_000:
        await asyncio.sleep(0.1)
    for machine in trial.both:
        assert await machine.up(), "a certificate that ends must not end a line that is up"
        assert await machine.causes("node.keys-expiring")
    marked = trial.iaf.log.stat().st_size
    trial.network.cable.blow(CUT, CUT)
    await asyncio.sleep(trial.pace.outage_s)
    trial.network.cable.blow(FAIR, FAIR)

    async def refused() -> bool:
        return b"expired" in trial.iaf.log.read_bytes()[marked:]

    await become(refused, "a line came up with certificates that have expired")
    for machine in trial.both:
        renew(machine)
    await trial.ready()


def expire_in(machine: Machine, seconds: float) -> None:
    """Give a centre a certificate that ends so soon; a day is the shortest life of one."""
    renew_certificate(machine.site.keys, None, now_us() - DAY_US + round(seconds * 1e6), 1)


def renew(machine: Machine) -> None:
    """Renew as an operator does."""
    subprocess.run(
        [sys.executable, "-m", "hotline", "--config", str(machine.config), "keys", "renew"],
        check=True,
        capture_output=True,
    )
