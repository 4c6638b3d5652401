"""What an enrolled peer does on a line of its own, while the line with the honest one goes on."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from hotline.api.schema import SendRequest
from tests.centres import Site
from tests.node.hub import letter_between
from tests.pair.faults.machine import PORT, UNREACHABLE, Machine
from tests.pair.faults.networks import Fault
from tests.pair.faults.trial import Trial
from tests.pair.faults.waiting import become

STATUS_S = 1.0
"""Within which a node tells its officers how it is, 19 times out of 20, whatever a peer does."""
MEMORY_KIB = 200 * 1024
"""What a peer may make a node grow by."""
ASK_S = 0.2
START_S = 10.0
"""A peer goes on so much longer than it must: it takes a moment to begin."""
FLOOD_A_SECOND = 200
"""What is called a flood at least; a core of one's own takes ten times that."""
UNREAD = 600
"""Messages of 2 kB for a peer that never reads: its receive buffer holds 4 kB."""

_AT_WORK = {
    "flood": b'"line": "mallory-%d", "remote"',
    "deaf": b'"line": "mallory-%d", "remote"',
    "drip": b"node.too-many-handshakes",
}
"""What the log of a node shows once such a peer is at it."""


async def with_mallory(trial: Trial) -> None:
    """Give hmeimim a line with one more mallory, who is enrolled and has never said anything."""
    machine = trial.hmeimim
    machine.end()
    trial.mallories += 1
    name = _name(trial)
    mallory = Site(machine.site.directory.parent, name)
    mallory.enrol(machine.site)
    machine.site.enrol(mallory)
    letter = letter_between(name, "hmeimim", dials=name)
    alarm_s = min(10, trial.pace.receive_s)
    letter = letter.replace("receipt_alarm_s = 10", f"receipt_alarm_s = {alarm_s}")
    mallory.letter.write_text(letter, "utf-8")
    (machine.site.directory / f"{name}.toml").write_text(letter, "utf-8")
    with machine.config.open("a") as file:
        file.write(f'[[line]]\npeer = "{name}"\nletter = "{name}.toml"\n')
    await trial.ready()


def _name(trial: Trial) -> str:
    return f"mallory-{trial.mallories}"


def hostile(how: str, alarm: str) -> Fault:
    """Return the fault in which mallory floods, drips or is deaf.

    hmeimim must answer its officers all the time, must not grow beyond a bound, and must ring
    ``alarm`` where there is something that an officer can do about it.
    """

    async def fault(trial: Trial) -> None:
        machine = trial.hmeimim
        before_kib = _memory_kib(machine)
        marked = machine.log.stat().st_size
        shown = _AT_WORK[how].replace(b"%d", str(trial.mallories).encode())
        async with _mallory(trial, how, trial.pace.peer_s + START_S), _answering(machine):

            async def at_work() -> bool:
                return shown in machine.log.read_bytes()[marked:]

            await become(at_work, f"nothing is seen of a peer that is to {how}")
            if how == "deaf":
                await _talk(machine, _name(trial))
            taken = _taken_of(machine, _name(trial))
            await asyncio.sleep(trial.pace.peer_s)
            if alarm:
                await machine.rings(alarm)
        if how == "flood":
            rate = (_taken_of(machine, _name(trial)) - taken) / trial.pace.peer_s
            assert rate > FLOOD_A_SECOND, f"a flood of {rate:.0f} messages a second is none"
        grown = _memory_kib(machine) - before_kib
        assert grown < MEMORY_KIB, f"{how}: the node has grown by {grown} KiB"

    return fault


async def _talk(machine: Machine, name: str) -> None:
    """Say much more to mallory than its receive buffer holds."""
    text = "Exercise. " + 90 * "Nobody reads this. "
    async with machine.client as client:
        for number in range(UNREAD):
            document = {"kind": "advisory", "subject": f"unread {number}", "text": text}
            document["precedence"] = "ROUTINE"
            await client.send(SendRequest(document=document, peer=name))


@asynccontextmanager
async def _mallory(trial: Trial, how: str, seconds: float) -> AsyncIterator[None]:
    site = trial.hmeimim.site.directory.parent / _name(trial)
    process = subprocess.Popen(
        [
            *trial.network.left.enter, sys.executable, "-m", "tests.pair.faults.mallory",
            str(site / "keys"), str(site / "letter.toml"), trial.network.right.address, str(PORT),
            how, str(seconds),
        ],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def _answering(machine: Machine) -> AsyncIterator[None]:
    """See that the node tells its officers how it is, in time."""
    taken: list[float] = []

    async def ask() -> None:
        async with machine.client as client:
            while True:
                begun = time.monotonic()
                with suppress(*UNREACHABLE):
                    await client.status()
                taken.append(time.monotonic() - begun)
                await asyncio.sleep(ASK_S)

    asking = asyncio.create_task(ask())
    try:
        yield
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
    slow_s = statistics.quantiles(taken, n=20)[-1]
    assert slow_s < STATUS_S, f"its officers waited {slow_s:.1f} s for its status"


def _taken_of(machine: Machine, name: str) -> int:
    rows = machine.query(
        "SELECT coalesce(max(next_seq), 0) FROM stream JOIN line USING (log)"
        f" WHERE line.peer = '{name}' AND direction = 1"
    )
    return int(str(rows[0][0]))


def _memory_kib(machine: Machine) -> int:
    """Return how much of the machine's memory a node has at most used."""
    status = Path(f"/proc/{machine.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
