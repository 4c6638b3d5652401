"""The pair of docker-compose.yml, found by its project's name.

No port is opened: the director reaches each node's API by running a command in its container, as
any user of the engine may. Nothing private leaves a container: what is collected is a backup, which
has the journal, the public cards and the letters.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from hotline.api.client import Client
from hotline.errors import ExerciseError
from hotline.exercise.faults.breaking import Breaker, LineMeans
from hotline.exercise.faults.control import ProxyControl
from hotline.exercise.ground.breakable import Breakable
from hotline.exercise.ground.bridge import Bridge
from hotline.exercise.ground.claim import claimed
from hotline.exercise.ground.container_line import ContainerLine, ability, connect
from hotline.exercise.ground.elsewhere import dials, found
from hotline.exercise.ground.engine import containers_of, docker, inspect, network_of
from hotline.exercise.ground.processes import all_done, holds_within, status_of
from hotline.exercise.scenario.shape import Fault, FaultKind

CENTRES = ("iaf", "hmeimim")
LINE = "line"
"""The network of docker-compose.yml that both centres are on."""
PROXY = "fault-proxy"
"""The service of deploy/compose/faults.yml."""
API, CONTROL = "/var/lib/hotline/api.sock", "/tmp/faults.sock"  # noqa: S108 - in the container
DATA = "/var/lib/hotline"
START_S = 60.0
SHORT_ID = 12
"""Digits of a container's id, as the engine shows it."""


class DockerPair(Breakable):
    """The containers of ``project``, one for each of ``centres``.

    Entering undoes what an earlier director that was killed has left broken, and starts nodes that
    it killed, but for what is ``left`` to last on. Raises ExerciseError:
    ``exercise.node-unreachable``, ``exercise.wrong-node``, ``exercise.actual-node``,
    ``exercise.running``, ``exercise.no-docker``, ``exercise.docker``.
    """

    kind = "docker"
    stops_by = "docker stop"

    def __init__(
        self, project: str, centres: Sequence[str] = CENTRES, left: Iterable[Fault] = ()
    ) -> None:
        super().__init__(left)
        self._project = project
        self._centres = tuple(centres)
        self._containers: dict[str, str] = {}
        self._network = ""
        self._bridges: dict[str, Bridge] = {}

    async def __aenter__(self) -> Self:
        self._containers = {centre: await self._container(centre) for centre in self._centres}
        self._network = await network_of(self._project, LINE)
        async with AsyncExitStack() as stack:
            self._claim(stack)
            # Short enough for a socket's path wherever the exercise lies, and closed to others.
            sockets = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-", dir="/tmp"))
            )
            for centre, container in self._containers.items():
                await self._whole(centre)
                bridge = self._bridge(sockets / f"{centre}.sock", container, API)
                stack.push_async_callback(bridge.shut)
                if not await self._stays_off(centre):
                    await bridge.open()
                self._bridges[centre] = bridge
            dialler = ""
            for centre, bridge in self._bridges.items():
                client = await stack.enter_async_context(Client(bridge.socket))
                self.clients[centre] = client
                if await self._stays_off(centre):
                    continue
                await self._answering(centre)
                if dials(await found(client, centre), self._containers):
                    dialler = centre
            # Of two one dials: where nobody else answers it is the one that was killed.
            dialler = dialler or next(
                (one for one in self._containers if self._is_left_off(one)), ""
            )
            line = await self._line(stack, sockets, dialler)
            breaker = Breaker(
                self.clients,
                dialler,
                line=line,
                power=self,
                no_line=f"the project {self._project} has no network {LINE!r}",
            )
            # What was killed until ENDEX is started again: these nodes are not the exercise's own.
            stack.push_async_callback(self._start_both)
            await self._stand(stack, breaker)
        return self

    def seat(self, centre: str) -> str:
        """Return how a command begins that is given in a centre's container."""
        return f"docker exec --interactive --tty {self._containers[centre][:SHORT_ID]} hotline"

    # --- What has power -------------------------------------------------------------------

    async def kill(self, centre: str) -> str:
        """End a container's process as a power failure does. Raises ExerciseError."""
        await docker("kill", self._containers[centre])
        await self._bridges[centre].shut()
        return "docker kill"

    async def stop(self, centre: str) -> None:
        """End a container's process in order. Raises ExerciseError."""
        await docker("stop", self._containers[centre])
        await self._bridges[centre].shut()

    async def is_off(self, centre: str) -> bool:
        """Return whether a container does not run. Raises ExerciseError."""
        return not (await inspect(self._containers[centre], self._network)).runs

    async def start(self, centre: str) -> None:
        """See that a container runs and its node answers. Raises ExerciseError."""
        if not (await inspect(self._containers[centre], self._network)).runs:
            await docker("start", self._containers[centre])
        await self._bridges[centre].open()
        await self._answering(centre)
        # Its network namespace is a new one, in which nothing is broken yet.
        await self._breaker.begin_again()

    async def _start_both(self) -> None:
        await all_done(self.start(centre) for centre in self._centres)

    # --- What is left ---------------------------------------------------------------------

    async def collect(self, into: Path) -> dict[str, Path]:
        """Have each node back its journal up, and copy that out; a directory for each centre.

        Raises ExerciseError when the engine or the backup fails, or a directory is there already.
        """
        into.mkdir(parents=True, exist_ok=True)
        return {
            centre: await self._collect(container, into / centre)
            for centre, container in self._containers.items()
        }

    async def _collect(self, container: str, into: Path) -> Path:
        if into.exists():
            raise ExerciseError(
                "exercise.collected",
                f"{into} is there already, and nothing is collected over it",
                "collect into another directory",
            )
        inside = f"{DATA}/collected-{secrets.token_hex(4)}"
        now = await inspect(container, self._network)
        try:
            await self._hotline(container, now.runs, now.image, "log", "backup", inside)
            await docker("cp", f"{container}:{inside}", str(into))
        finally:
            await asyncio.shield(self._remove(container, now.runs, now.image, inside))
        return into

    async def _hotline(self, container: str, runs: bool, image: str, *words: str) -> None:
        await self._command(container, runs, image, "hotline", *words)

    async def _remove(self, container: str, runs: bool, image: str, inside: str) -> None:
        await self._command(container, runs, image, "rm", "-rf", inside)

    async def _command(self, container: str, runs: bool, image: str, *words: str) -> None:
        """Run a command where a node's journal is, also while the node is down."""
        if runs:
            await docker("exec", container, *words)
        else:
            await docker(
                "run", "--rm", "--network", "none", "--volumes-from", container,
                "--entrypoint", words[0], image, *words[1:],
            )  # fmt: skip

    # --- How it is found ------------------------------------------------------------------

    def _claim(self, stack: AsyncExitStack) -> None:
        """Hold these containers: a second director would mend what the first one breaks."""
        first = self._containers[self._centres[0]]
        if not stack.enter_context(claimed(f"exercise/{first}")):
            raise ExerciseError(
                "exercise.running",
                f"another director of this machine plays on the project {self._project}",
                "end that exercise first, or play on a project of another name",
            )

    async def _container(self, centre: str) -> str:
        found_ = await containers_of(self._project, centre)
        if len(found_) != 1:
            raise ExerciseError(
                "exercise.node-unreachable",
                f"the project {self._project} has {len(found_)} containers of {centre}",
                f"`docker compose --project-name {self._project} up --detach` makes both",
            )
        return found_[0]

    async def _whole(self, centre: str) -> None:
        """Undo what an earlier director may have left: off the network, or killed."""
        if self._network and not any(one.kind is FaultKind.CUT for one in self.left):
            await connect(self._network, {centre: self._containers[centre]})
        if await self.is_off(centre) and not self._is_left_off(centre):
            await docker("start", self._containers[centre])

    async def _stays_off(self, centre: str) -> bool:
        return self._is_left_off(centre) and await self.is_off(centre)

    async def _answering(self, centre: str) -> None:
        async def answers() -> bool:
            return await status_of(self._bridges[centre].socket) is not None

        if not await holds_within(answers, START_S):
            raise ExerciseError(
                "exercise.node-unreachable",
                f"the node of {centre} in the project {self._project} does not answer",
                f"`docker compose --project-name {self._project} logs {centre}` says why",
            )

    async def _line(self, stack: AsyncExitStack, sockets: Path, dialler: str) -> LineMeans | None:
        """Return the fault proxy where the project has one, else the containers' network."""
        proxies = await containers_of(self._project, PROXY)
        if proxies:
            bridge = self._bridge(sockets / "proxy.sock", proxies[0], CONTROL)
            stack.push_async_callback(bridge.shut)
            await bridge.open()
            return ProxyControl(bridge.socket)
        if not self._network or not dialler:
            return None
        now = await inspect(self._containers[dialler], self._network)
        able = await ability(now.pid, now.address)
        return ContainerLine(self._network, self._containers, dialler, able)

    def _bridge(self, socket: Path, container: str, inside: str) -> Bridge:
        command = ("docker", "exec", "-i", container, "python", "-m", "hotline.api.stdio", inside)
        return Bridge(socket, command)
