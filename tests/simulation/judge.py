"""The invariants: what must hold at every moment of a history, and at its end.

Whoever breaks one raises `ViolationError` where it happens, with the seed that repeats it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.audit.verification.journal import verify_journal
from tests.simulation.network import Seen

if TYPE_CHECKING:
    from hotline.errors import HotlineError
    from hotline.journal.outgoing import Composed
    from tests.simulation.history import History
    from tests.simulation.node import SimulatedNode


class ViolationError(Exception):
    """An invariant does not hold."""


class Judge:
    """Watches one history."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.settled_s = 0.0

    def fail(self, invariant: str, text: str) -> None:
        raise ViolationError(f"{invariant}: {text}")

    def seen(self, seen: Seen) -> None:
        pass

    def started(self, node: SimulatedNode) -> None:
        pass

    def could_not_start(self, node: SimulatedNode, error: HotlineError) -> None:
        self.fail("starts", f"{node.name}: {error!r}")

    def told(self, node: SimulatedNode, composed: Composed) -> None:
        pass

    def listener(self, node: SimulatedNode) -> Any:
        class Listener:
            def put_nowait(self, what: object) -> None:
                pass
        return Listener()

    def delivered(self) -> bool:
        return all(
            node.up and node.centre is not None
            and all(not n for n in node.centre.line(node.peer).backlog)
            for node in self.history.nodes.values()
        )

    async def settle(self) -> None:
        begun = self.history.loop.now
        while not self.delivered():
            if self.history.loop.now - begun > 120:
                self.fail("delivery", "not delivered")
            await asyncio.sleep(0.25)
        self.settled_s = self.history.loop.now - begun

    async def close(self) -> None:
        for node in self.history.nodes.values():
            node.run(node.stop())
        await asyncio.sleep(3)
        ground = self.history.ground
        a, b = (
            JournalRecord(
                name, Path(ground.data_of(name)) / "journal.sqlite", ground.keyrings[name].card,
                ground.keyrings[name].peers,
            )
            for name in self.history.nodes
        )
        try:
            for name in self.history.nodes:
                keys = ground.keyrings[name]
                path = Path(ground.data_of(name)) / "journal.sqlite"
                report = verify_journal(path, keys.card, keys.peers, jobs=1)
                if not report.ok:
                    self.fail("verifies", f"{name}: {report.failures[:3]}")
            found = reconcile(a, b, verify=False)
        finally:
            a.close()
            b.close()
        if not found.agree:
            self.fail("reconcile", str(found.differences))
        if self.history.loop.stumbles or ground.logged:
            self.fail("no defect", str(self.history.loop.stumbles + ground.logged))
