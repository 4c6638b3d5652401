"""A pair of nodes made for one exercise: keys, letter, journals and ports of its own.

All of it lies in the exercise's directory. Entered again, it finds what is there: keys and journals
are kept, nodes that still run are taken over, nodes that are gone are started.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from shlex import quote
from typing import Self

from hotline.api.client import Client
from hotline.audit.keep.backup import back_up
from hotline.errors import ExerciseError
from hotline.exercise.faults.breaking import Breaker
from hotline.exercise.faults.conditions import conditions_of
from hotline.exercise.faults.control import ProxyControl
from hotline.exercise.ground.breakable import Breakable
from hotline.exercise.ground.claim import locked
from hotline.exercise.ground.processes import NodeProcess, ProxyProcess, all_done
from hotline.exercise.ground.site import (
    Ports,
    Roles,
    Site,
    find_sites,
    free_port,
    make_sites,
    read_ports,
    write_configs,
)
from hotline.exercise.scenario.shape import Fault, Scenario
from hotline.model.kinds import Status
from hotline.model.letter import read_letter
from hotline.node.keeping import surroundings_of

MARKER = ".hotline-pair"
"""A file that says: the centres' directories beside it were made for an exercise."""


class OwnPair(Breakable):
    """Two node processes with a fault proxy between them, in ``directory``.

    Entering raises ExerciseError: ``exercise.no-letter``, ``exercise.letter-of-others``,
    ``exercise.actual-letter``, ``exercise.not-ours``, ``exercise.running``,
    ``exercise.node-ended``, ``exercise.node-silent``; and ConfigError for a letter that is none.
    """

    kind = "own"
    stops_by = "SIGTERM"
    keeps_line = True  # its nodes and the proxy end then, and what waits is to wait on

    def __init__(self, directory: Path, scenario: Scenario, left: Iterable[Fault] = ()) -> None:
        super().__init__(left)
        self.directory = directory
        self.sites: dict[str, Site] = {}
        self._scenario = scenario
        self._nodes: dict[str, NodeProcess] = {}

    async def __aenter__(self) -> Self:
        letters, roles = letters_of(self._scenario)
        async with AsyncExitStack() as stack:
            self._claim(stack, roles)
            self.sites = self._sites(letters, roles)
            self._nodes = {centre: NodeProcess(site) for centre, site in self.sites.items()}
            line = await self._open_line(stack, roles.dialler)
            # Before the line is shut, so that the nodes part in order.
            stack.push_async_callback(self._stop)
            await all_done(
                self.start(centre) for centre in self.sites if not self._is_left_off(centre)
            )
            for centre, site in self.sites.items():
                self.clients[centre] = await stack.enter_async_context(Client(site.socket))
            breaker = Breaker(self.clients, roles.dialler, line=line, power=self)
            await self._stand(stack, breaker)
        return self

    def seat(self, centre: str) -> str:
        """Return how a command begins that is given at a centre's node."""
        return f"hotline --config {quote(str(self.sites[centre].config))}"

    # --- What has power -------------------------------------------------------------------

    async def kill(self, centre: str) -> str:
        """End a node's process as a power failure does."""
        await self._nodes[centre].kill()
        return "SIGKILL"

    async def stop(self, centre: str) -> None:
        """End a node's process in order."""
        await self._nodes[centre].stop()

    async def is_off(self, centre: str) -> bool:
        """Return whether a node's process is gone."""
        node = self._nodes[centre]
        return not (node.runs or node.find())

    async def start(self, centre: str) -> None:
        """See that a node runs and answers. Raises ExerciseError."""
        node = self._nodes[centre]
        if node.runs or node.find():
            await node.answering()
        else:
            await node.start()

    # --- What is left ---------------------------------------------------------------------

    async def collect(self, into: Path) -> dict[str, Path]:
        """Back both journals up, with public cards and letters; a directory for each centre.

        Raises JournalError, and UsageError for a directory that is there already.
        """
        into.mkdir(parents=True, exist_ok=True)
        for centre, site in self.sites.items():
            around = surroundings_of(site.config)
            await asyncio.to_thread(
                back_up, site.journal, around, into / centre, taken_us=_now_us()
            )
        return {centre: into / centre for centre in self.sites}

    # --- How it is made -------------------------------------------------------------------

    def _claim(self, stack: AsyncExitStack, roles: Roles) -> None:
        """Hold the directory, unless somebody else does or has made what is in it."""
        marker = self.directory / MARKER
        taken = [centre for centre in roles.centres if (self.directory / centre).exists()]
        if taken and not marker.is_file():
            raise ExerciseError(
                "exercise.not-ours",
                f"{self.directory / taken[0]} was not made for an exercise, so it is left alone",
                "name another directory with --directory",
            )
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = stack.enter_context(locked(marker))
        if lock is None:
            raise ExerciseError(
                "exercise.running",
                f"another exercise runs in {self.directory}",
                "end that one first, or name another directory with --directory",
            )

    def _sites(self, letters: dict[str, bytes], roles: Roles) -> dict[str, Site]:
        """Find what an earlier run has made, or make it."""
        if all((self.directory / centre / "node.toml").is_file() for centre in roles.centres):
            return find_sites(self.directory, roles)
        # Cut short in the making: no node has run with these keys, so nobody has seen them.
        for centre in roles.centres:
            shutil.rmtree(self.directory / centre, ignore_errors=True)
        sites = make_sites(self.directory, letters, roles, _now_us())
        port = free_port()
        write_configs(sites, port, port)
        return sites

    async def _open_line(self, stack: AsyncExitStack, dialler: str) -> ProxyControl:
        """Put the proxy between both, or find it there as it is.

        A new one is made what the line was before any node starts.
        """
        ports = read_ports(self.sites)
        proxy = self._proxy(ports)
        was_there = False
        try:
            # The dialling centre's node may run, and is led to this port.
            if not ports.through_proxy:
                proxy = await self._redirected(ports)
            elif proxy.find():
                await proxy.answering()
                was_there = True
            else:
                await proxy.start()
        except ExerciseError:
            await proxy.stop()
            # Somebody else has that port now.
            proxy = await self._redirected(ports)
        stack.push_async_callback(proxy.stop)
        # Without the proxy afterwards, so that the nodes can be started by hand.
        stack.callback(write_configs, self.sites, ports.listen, ports.listen)
        if not was_there:
            await proxy.control.become(conditions_of(self.left, dialler))
        return proxy.control

    async def _redirected(self, ports: Ports) -> ProxyProcess:
        """Start a proxy on another port, and have the dialling centre led to it."""
        ports = Ports(free_port(), ports.listen)
        for node in self._nodes.values():
            if node.site.dials and node.find():
                await node.stop()
        write_configs(self.sites, ports.dial, ports.listen)
        proxy = self._proxy(ports)
        await proxy.start()
        return proxy

    def _proxy(self, ports: Ports) -> ProxyProcess:
        # Beside the API's socket, where a path is short enough, and known again.
        (control,) = (site.socket.parent for site in self.sites.values() if site.dials)
        return ProxyProcess(
            self.directory, control / "proxy.sock", ports.dial, ports.listen, self._scenario.seed
        )

    async def _stop(self) -> None:
        await all_done(node.stop() for node in self._nodes.values())


def letters_of(scenario: Scenario) -> tuple[dict[str, bytes], Roles]:
    """Return each centre's letter, and who plays what by the first centre's.

    Raises ExerciseError (``exercise.no-letter``, ``exercise.letter-of-others``,
    ``exercise.actual-letter``), and ConfigError or ModelError for text that is no letter.
    """
    letters = {}
    for centre in scenario.centres:
        text = scenario.letters.get(centre, scenario.letter)
        if text is None:
            raise ExerciseError(
                "exercise.no-letter",
                f"the scenario has no letter for {centre}",
                "give it a letter, or play it against nodes that have one",
            )
        letters[centre] = text.encode()
    letter = read_letter(letters[scenario.centres[0]])
    if sorted(letter.centres) != sorted(scenario.centres):
        raise ExerciseError(
            "exercise.letter-of-others",
            f"the letter is between {' and '.join(letter.centres)}, the scenario between"
            f" {' and '.join(scenario.centres)}",
            "give the scenario a letter of its own centres",
        )
    if letter.status == Status.ACTUAL:
        raise ExerciseError(
            "exercise.actual-letter",
            "the letter is for actual traffic, and nothing that is played is ever that",
            'write status = "exercise" into a copy of the letter',
        )
    first, second = scenario.centres
    listener = second if letter.dials == first else first
    return letters, Roles(letter.dials, listener, Status(letter.status))


def _now_us() -> int:
    """Return the time in microseconds since 1970."""
    return time.time_ns() // 1000
