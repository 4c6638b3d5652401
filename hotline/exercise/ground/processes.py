"""A node as a process of its own: started, found again, waited for, killed, and always ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from hotline.api.client import Client
from hotline.api.schema import Status
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.ground.site import Site

START_S = 30.0
STOP_S = 10.0
LOOK_EVERY_S = 0.05
PID_FILE = "node.pid"


class NodeProcess:
    """One `hotline run` in a process of its own, with its output in ``node.log``."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.pid = 0
        """The process id, 0 while there is none."""
        # The handle of a process that was started here; one that was found has none.
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the node and return when its API answers.

        Raises ExerciseError: ``exercise.node-ended``, ``exercise.node-silent``.
        """
        with (self.site.directory / "node.log").open("ab") as output:
            # In a session of its own, so that Ctrl-C reaches it through us, after all else.
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "hotline",
                "--config",
                str(self.site.config),
                "run",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.pid = self._child.pid
        self._pid_file.write_text(f"{self.pid}\n")
        await self.answering()

    def find(self) -> bool:
        """Take over the process that somebody else started; return whether there is one."""
        self.pid, self._child = running_as(self._pid_file, self.site.config), None
        return bool(self.pid)

    async def answering(self) -> None:
        """Return when its API answers; raises as ``start`` does."""
        if not await holds_within(self._answers, START_S):
            raise ExerciseError(
                "exercise.node-silent",
                f"the node of {self.site.centre} did not answer within {START_S:g} s",
                "look at node.log beside its node.toml; is the machine very busy?",
            )

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        if self._child is not None:
            return self._child.returncode is None
        return bool(self.pid) and running_as(self._pid_file, self.site.config) == self.pid

    async def stop(self) -> None:
        """Ask the node to end, and end it when it does not."""
        if self.runs:
            self._signal(signal.SIGTERM)
            if not await holds_within(self._is_gone, STOP_S):
                await self.kill()
        await self._forget()

    async def kill(self) -> None:
        """End the node at once, as a power failure does."""
        if self.runs:
            self._signal(signal.SIGKILL)
            await holds_within(self._is_gone, STOP_S)
        await self._forget()

    @property
    def _pid_file(self) -> Path:
        return self.site.directory / PID_FILE

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def _is_gone(self) -> bool:
        return not self.runs

    async def _forget(self) -> None:
        if self._child is not None:
            await self._child.wait()
        self.pid, self._child = 0, None
        self._pid_file.unlink(missing_ok=True)

    async def _answers(self) -> bool:
        if not self.runs:
            log = (self.site.directory / "node.log").read_text("utf-8", "replace")
            last = (log.strip().splitlines() or ["it said nothing"])[-1]
            raise ExerciseError(
                "exercise.node-ended",
                f"the node of {self.site.centre} ended: {last}",
                f"{self.site.directory / 'node.log'} says more",
            )
        return await status_of(self.site.socket) is not None


def running_as(pid_file: Path, config: Path) -> int:
    """Return the id of the process that a file names, 0 unless it still is the node of ``config``.

    Ids are used again: only a command line that names this very node.toml is this node.
    """
    with suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        # Of a process that only waits for whoever started it to take notice, nothing is left.
        if os.fsencode(config.absolute()) in command.split(b"\0"):
            return pid
    return 0


async def status_of(socket: Path) -> Status | None:
    """Return a node's status; None while it does not answer."""
    with suppress(HotlineError):
        async with Client(socket) as client:
            return await client.status()
    return None


async def holds_within(holds: Callable[[], Awaitable[bool]], within_s: float) -> bool:
    """Return whether something comes to hold in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not await holds():
        if loop.time() > end:
            return False
        await asyncio.sleep(LOOK_EVERY_S)
    return True
