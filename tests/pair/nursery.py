"""Starts node processes in milliseconds: everything is imported once, and each node is a fork.

Run as ``python -m tests.pair.nursery``. Each line on stdin is a JSON object with ``config`` (a
node.toml), ``ledger`` (a file to which the node appends what its callers were told) and ``seed``
(of the load; null for none). The answer is the new node's process id on one line. The node is
``hotline.node.daemon`` in a process of its own, which the test ends with a real signal.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvloop  # noqa: F401  (imported here, so that no fork has to)

from hotline.errors import HotlineError
from hotline.model.kinds import Precedence
from hotline.model.messages import Service
from hotline.node import daemon
from hotline.node.centre import Centre

SENDERS = 3
PAUSE_S = 0.04
"""A sender waits up to this long between two messages, so that groups of one and of many form."""


class Load:
    """Officers who send without end; what they were told is in the ledger before they go on."""

    def __init__(self, ledger: Path, seed: int | None) -> None:
        self._ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._seed = seed

    @asynccontextmanager
    async def face(self, centre: Centre) -> AsyncIterator[None]:
        """Stand where the API stands: send while the node runs."""
        work = [asyncio.create_task(self._note_receipts(centre))]
        if self._seed is not None:
            work += [
                asyncio.create_task(self._send(centre, random.Random(f"{self._seed}/{number}")))
                for number in range(SENDERS)
            ]
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _send(self, centre: Centre, chance: random.Random) -> None:
        (peer,) = centre.lines
        while True:
            for _ in range(chance.choice((1, 1, 1, 20))):
                precedence = Precedence(chance.choices(range(4), (1, 2, 3, 6))[0])
                text = Service(text="x" * chance.choice((1, 40, 400)), operator="load")
                with suppress(HotlineError):
                    sent = await centre.desk.send(peer, text, precedence, "load")
                    self._tell("sent", sent.id.hex())
            await asyncio.sleep(PAUSE_S * chance.random())

    async def _note_receipts(self, centre: Centre) -> None:
        while True:
            # A listener that falls behind, as when much is caught up, is let go.
            async for name, what in centre.events():
                if name == "receipt" and what["count"]:
                    self._tell("receipts", str(what["count"]))

    def _tell(self, kind: str, text: str) -> None:
        # One write is whole or not there at all, whenever the process is killed.
        os.write(self._ledger, f"{kind} {text}\n".encode())


def main() -> None:
    """Fork a node for each line of stdin, until it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            load = Load(Path(order["ledger"]), order["seed"])
            try:
                daemon.run(Path(order["config"]), load.face)
            except HotlineError as error:
                print(f"hotline: error: {error}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
