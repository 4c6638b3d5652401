"""The two node processes: started, waited for, and always ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from hotline.api.client import Client
from hotline.api.schema import Status
from hotline.cli.demo.ground import Site
from hotline.errors import HotlineError, LocalError

START_S = 30.0
STOP_S = 10.0
LOOK_EVERY_S = 0.05


class NodeProcess:
    """One `hotline run` in a process of its own, with its output in ``node.log``."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the node and return when its API answers. Raises LocalError when it ends."""
        with (self.site.directory / "node.log").open("ab") as output:
            # In a session of its own, so that Ctrl-C reaches it through us, after the story's end.
            self._process = await asyncio.create_subprocess_exec(
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
        (self.site.directory / "node.pid").write_text(f"{self._process.pid}\n")
        await until(self._answers, START_S, f"the node of {self.site.centre} to answer")

    @property
    def pid(self) -> int:
        """The process id. Only after ``start``."""
        return self._process.pid if self._process is not None else 0

    async def stop(self) -> None:
        """Ask the node to end, and end it when it does not."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        with suppress(FileNotFoundError):
            (self.site.directory / "node.pid").unlink()

    async def _answers(self) -> bool:
        process = self._process
        if process is not None and process.returncode is not None:
            log = (self.site.directory / "node.log").read_text("utf-8", "replace")
            last = (log.strip().splitlines() or ["it said nothing"])[-1]
            raise LocalError(
                "demo.node-ended",
                f"the node of {self.site.centre} ended: {last}",
                f"{self.site.directory / 'node.log'} says more",
            )
        return await status_of(self.site) is not None


async def status_of(site: Site) -> Status | None:
    """Return a node's status; None while it does not answer."""
    with suppress(HotlineError):
        async with Client(site.socket) as client:
            return await client.status()
    return None


async def until(holds: Callable[[], Awaitable[bool]], within_s: float, what: str) -> None:
    """Return when something holds. Raises LocalError when it does not in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not await holds():
        if loop.time() > end:
            raise LocalError(
                "demo.timeout",
                f"waited {within_s:g} s in vain for {what}",
                "look at node.log beside each node.toml; is the machine very busy?",
            )
        await asyncio.sleep(LOOK_EVERY_S)
