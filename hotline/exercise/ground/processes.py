"""Processes that an exercise starts: found again, waited for, killed, and always ended.

Each is in a session of its own, so that it outlives the director, and leaves its id in a file, so
that the next director finds it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from hotline.api.client import Client
from hotline.api.schema import Status
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.faults.control import ProxyControl
from hotline.exercise.ground.site import Site

START_S = 30.0
STOP_S = 10.0
LOOK_EVERY_S = 0.05
PID_FILE = "node.pid"


class Process(ABC):
    """One process of this program, called ``name``, with its output in ``log``.

    ``words`` follow the interpreter. One of them is ``mark``, a path that no other process has on
    its command line.
    """

    def __init__(
        self, name: str, words: Sequence[str], mark: Path, pid_file: Path, log: Path
    ) -> None:
        self.name = name
        self.pid = 0
        """The process id, 0 while there is none."""
        self._words = tuple(words)
        self._mark = mark
        self._pid_file = pid_file
        self._log = log
        # The handle of a process that was started here; one that was found has none.
        self._child: asyncio.subprocess.Process | None = None

    @abstractmethod
    async def answers(self) -> bool:
        """Return whether it does what it is there for."""

    async def start(self) -> None:
        """Start it and return when it answers.

        Raises ExerciseError: ``exercise.node-ended``, ``exercise.node-silent``.
        """
        with self._log.open("ab") as output:
            # In a session of its own, so that Ctrl-C reaches it through us, after all else.
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._words,
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
        self.pid, self._child = running_as(self._pid_file, self._mark), None
        return bool(self.pid)

    async def answering(self) -> None:
        """Return when it answers; raises as ``start`` does."""
        if not await holds_within(self._answers_yet, START_S):
            raise ExerciseError(
                "exercise.node-silent",
                f"{self.name} did not answer within {START_S:g} s",
                f"look at {self._log}; is the machine very busy?",
            )

    @property
    def runs(self) -> bool:
        """Whether it is there."""
        if self._child is not None:
            return self._child.returncode is None
        return bool(self.pid) and running_as(self._pid_file, self._mark) == self.pid

    async def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        if self.runs:
            self._signal(signal.SIGTERM)
            if not await holds_within(self._is_gone, STOP_S):
                await self.kill()
        await self._forget()

    async def kill(self) -> None:
        """End it at once, as a power failure does."""
        if self.runs:
            self._signal(signal.SIGKILL)
            await holds_within(self._is_gone, STOP_S)
        await self._forget()

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

    async def _answers_yet(self) -> bool:
        if not self.runs:
            said = self._log.read_text("utf-8", "replace").strip().splitlines()
            raise ExerciseError(
                "exercise.node-ended",
                f"{self.name} ended: {said[-1] if said else 'it said nothing'}",
                f"{self._log} says more",
            )
        return await self.answers()


class NodeProcess(Process):
    """One `hotline run`, with its output in ``node.log``."""

    def __init__(self, site: Site) -> None:
        super().__init__(
            f"the node of {site.centre}",
            ("-m", "hotline", "--config", str(site.config), "run"),
            site.config,
            site.directory / PID_FILE,
            site.directory / "node.log",
        )
        self.site = site

    async def answers(self) -> bool:
        """Return whether its API answers."""
        return await status_of(self.site.socket) is not None


class ProxyProcess(Process):
    """The fault proxy of the pair in ``directory``, from one port on loopback to another."""

    def __init__(self, directory: Path, control: Path, port: int, to: int, seed: int) -> None:
        super().__init__(
            "the fault proxy",
            (
                *("-m", "hotline.exercise.faults.serving"),
                *("--listen", f"127.0.0.1:{port}"),
                *("--to", f"127.0.0.1:{to}"),
                *("--control", str(control)),
                *("--seed", str(seed)),
            ),
            control,
            directory / "proxy.pid",
            directory / "proxy.log",
        )
        self.control = ProxyControl(control)

    async def answers(self) -> bool:
        """Return whether it can be told anything."""
        with suppress(HotlineError):
            await self.control.state()
            return True
        return False


def running_as(pid_file: Path, mark: Path) -> int:
    """Return the id of the process that a file names, 0 unless ``mark`` is on its command line.

    Ids are used again: only a command line that names this very path is the process that is meant.
    """
    with suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        # Of a process that only waits for whoever started it to take notice, nothing is left.
        if os.fsencode(mark.absolute()) in command.split(b"\0"):
            return pid
    return 0


async def status_of(socket: Path) -> Status | None:
    """Return a node's status; None while it does not answer."""
    with suppress(HotlineError):
        async with Client(socket) as client:
            return await client.status()
    return None


async def all_done(deeds: Iterable[Awaitable[object]]) -> None:
    """Do all at once, and return when every one is over; then raise what the first one raised."""
    for outcome in await asyncio.gather(*deeds, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def holds_within(holds: Callable[[], Awaitable[bool]], within_s: float) -> bool:
    """Return whether something comes to hold in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not await holds():
        if loop.time() > end:
            return False
        await asyncio.sleep(LOOK_EVERY_S)
    return True
