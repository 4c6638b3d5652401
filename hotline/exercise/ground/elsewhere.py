"""Nodes that run already, on this machine or on others, reached by their API sockets.

``docs/howto/exercises-elsewhere.md`` says how a socket of another machine is led here. These nodes
are not started, and not ended: whoever runs them does that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from shlex import quote
from typing import Self

from hotline.api.client import Client
from hotline.api.schema import Status
from hotline.audit.keep.backup import back_up
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.faults.breaking import Breaker
from hotline.exercise.faults.control import ProxyControl
from hotline.exercise.ground.breakable import Breakable
from hotline.exercise.scenario.shape import Fault
from hotline.model import kinds
from hotline.node.keeping import surroundings_of
from hotline.node.place import read_place

ANSWER_S = 10.0


class Elsewhere(Breakable):
    """The nodes behind ``sockets``, by centre.

    ``journals`` are directories (or node.toml files) of nodes whose journals can be read from here,
    ``proxy`` the control socket of a fault proxy that stands between them. Entering raises
    ExerciseError: ``exercise.node-unreachable``, ``exercise.wrong-node``, ``exercise.actual-node``,
    ``exercise.no-proxy``.
    """

    kind = "elsewhere"

    def __init__(
        self,
        sockets: Mapping[str, Path],
        *,
        journals: Mapping[str, Path] | None = None,
        proxy: Path | None = None,
        left: Iterable[Fault] = (),
    ) -> None:
        super().__init__(left)
        self._sockets = dict(sockets)
        self._journals = dict(journals or {})
        self._proxy = proxy

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            dialler = ""
            for centre, socket in self._sockets.items():
                client = await stack.enter_async_context(Client(socket))
                status = await found(client, centre)
                if dials(status, self._sockets):
                    dialler = centre
                self.clients[centre] = client
            line = None if self._proxy is None else ProxyControl(self._proxy)
            breaker = Breaker(
                self.clients,
                dialler,
                line=line,
                power=None,
                no_line="no fault proxy stands between these nodes (docs/spec/faults.md)",
            )
            await self._stand(stack, breaker)
        return self

    def seat(self, centre: str) -> str:
        """Return how a command begins at a node of this machine; empty where it may be another."""
        journal = self._journals.get(centre)
        return "" if journal is None else f"hotline --config {quote(str(_config(journal)))}"

    async def collect(self, into: Path) -> dict[str, Path]:
        """Back up the journals that can be read from here; a directory for each centre.

        Raises ExerciseError (``exercise.no-journal``), before anything is copied, when one cannot:
        a journal never leaves its node by the API.
        """
        for centre in self._sockets:
            if centre not in self._journals:
                raise ExerciseError(
                    "exercise.no-journal",
                    f"the journal of {centre} cannot be read from here",
                    f"run `hotline log backup DIR` at {centre}, and report on what it makes;"
                    " a node of this machine can be named with --journal",
                )
        into.mkdir(parents=True, exist_ok=True)
        for centre, path in self._journals.items():
            await asyncio.to_thread(_back_up, path, into / centre)
        return {centre: into / centre for centre in self._journals}


async def found(client: Client, centre: str) -> Status:
    """Return the status of the node behind a client, which is that of ``centre``, and in play.

    Raises ExerciseError: ``exercise.node-unreachable``, ``exercise.wrong-node``,
    ``exercise.actual-node``.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            status = await client.status()
    except (HotlineError, TimeoutError) as error:
        why = error.message if isinstance(error, HotlineError) else "it does not answer in time"
        raise ExerciseError(
            "exercise.node-unreachable",
            f"the node of {centre} cannot be reached: {why}",
            "start that node, or lead its API socket here again; then begin, or go on with what had"
            " begun: `hotline exercise run --resume DIR` with the same options",
        ) from None
    if status.centre != centre:
        raise ExerciseError(
            "exercise.wrong-node",
            f"behind {client.socket} is the node of {status.centre}, not of {centre}",
            "name each centre's own socket",
        )
    if status.status == kinds.Status.ACTUAL:
        raise ExerciseError(
            "exercise.actual-node",
            f"the node of {centre} carries actual traffic, and no exercise is ever played on it",
            "name the socket of the centre's exercise node",
        )
    return status


def dials(status: Status, centres: Mapping[str, object]) -> bool:
    """Return whether a node is the one that dials the other centre of an exercise."""
    return any(line.dials for line in status.lines if line.peer in centres)


def _config(path: Path) -> Path:
    return path / "node.toml" if path.is_dir() else path


def _back_up(path: Path, into: Path) -> None:
    config = _config(path)
    around = surroundings_of(config)
    journal = read_place(config).journal
    back_up(journal, around, into, taken_us=time.time_ns() // 1000)
