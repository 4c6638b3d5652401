"""What a disk does: it is full, or it says that it has not written, or not made durable."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.pair.faults.machine import Machine
from tests.pair.faults.networks import Fault
from tests.pair.faults.processes import Victim
from tests.pair.faults.trial import Trial
from tests.pair.faults.waiting import become

DISK_BYTES = 24 * 2**20
BLOCK = 4096


def full(victim: Victim) -> Fault:
    """Return the fault in which the file system of the journal fills up, and has room again.

    It is an ext4 of its own. Everything that is left of it is taken at once, and freed later.
    """

    async def fault(trial: Trial) -> None:
        machine = victim(trial)
        ballast = machine.data / "ballast"
        _fill(ballast)
        try:
            await machine.rings("journal.failed")
            before = _receipts_of(trial, machine)
            await asyncio.sleep(trial.pace.hold_s)
            assert _receipts_of(trial, machine) == before, "it gave receipts for nothing"
            assert machine.runs
        finally:
            ballast.unlink()
        await _takes_messages(machine)

    return fault


def failing(victim: Victim, calls: str, error: int, when: str = "1+") -> Fault:
    """Return the fault in which system calls of a node fail.

    ``calls`` and ``when`` are strace's (``fsync,fdatasync``; ``3+2``: the third, and from there on
    every second one, of each thread).
    """

    async def fault(trial: Trial) -> None:
        machine = victim(trial)
        marked = machine.log.stat().st_size
        name = errno.errorcode[error]
        tracer = subprocess.Popen(
            [
                "strace", "-f", "-qq", "-o", str(machine.site.directory / "strace.log"),
                "-p", str(machine.pid),
                "-e", f"trace={calls}", "-e", f"inject={calls}:error={name}:when={when}",
            ],
        )  # fmt: skip
        try:

            async def failed() -> bool:
                return b"commit_failed" in machine.log.read_bytes()[marked:]

            await become(failed, f"no commit of {machine.centre} fails")
            before = _receipts_of(trial, machine)
            await asyncio.sleep(trial.pace.hold_s)
            if when == "1+":
                after = _receipts_of(trial, machine)
                assert after == before, f"receipts for what is not durable: {before}, {after}"
            assert machine.runs, "the node has ended"
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(10)
        await _takes_messages(machine)

    return fault


def _receipts_of(trial: Trial, machine: Machine) -> dict[int, int]:
    """Return through which number of each stream a machine has given its peer receipts."""
    (peer,) = (other for other in trial.both if other is not machine)
    return peer.receipted()


async def _takes_messages(machine: Machine) -> None:
    """Return once the node takes messages again, without a restart."""

    async def answers() -> bool:
        return await machine.answers()

    await become(answers, f"{machine.centre} does not go on")


def _fill(path: Path) -> None:
    """Take all room that is left in a file system."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with suppress(OSError):
        while True:
            os.write(descriptor, bytes(2**20))
    with suppress(OSError):
        while True:
            os.write(descriptor, bytes(BLOCK))
    os.close(descriptor)


async def on_small_disk(trial: Trial, victim: Victim) -> None:
    """Move a centre's journal onto a file system of its own, while its node is stopped.

    An ext4 in a file, and memory (tmpfs) where the machine has no loop devices to spare.
    """
    machine = victim(trial)
    machine.end()
    kept = machine.data.rename(machine.data.with_name("data.kept"))
    machine.data.mkdir(mode=0o700)
    image = machine.site.directory / "disk.img"
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    mounted = subprocess.run(
        ["mount", "-o", "loop", str(image), str(machine.data)], check=False, capture_output=True
    )
    if mounted.returncode:
        size = f"size={DISK_BYTES}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "hl", machine.data], check=True)
    machine.data.chmod(0o700)
    _copy(kept, machine.data)
    trial.mounted.append(machine.data)
    await trial.ready()


async def off_small_disk(trial: Trial, victim: Victim) -> None:
    """Move the journal back."""
    machine = victim(trial)
    machine.end()
    kept = machine.data.with_name("data.kept")
    shutil.rmtree(kept)
    kept.mkdir(mode=0o700)
    _copy(machine.data, kept)
    subprocess.run(["umount", str(machine.data)], check=True)
    trial.mounted.remove(machine.data)
    machine.data.rmdir()
    kept.rename(machine.data)
    await trial.ready()


def _copy(source: Path, target: Path) -> None:
    for path in source.iterdir():
        if path.is_file():
            shutil.copy2(path, target / path.name)
