"""What is broken on purpose: this node's clock, its disk, what it says on a line.

Only where nothing is real, only on request, and never forgotten: each fault is entered when it
begins and when it ends, stands in the status while it lasts, and is over at the latest when the
node stops. A fault breaks the thing itself, so that what has to notice it does so by its own means:
the clock is shifted where it is read, SQLite finds its file full, and a frame is spoilt after it
was encoded, on its way out.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from hotline.errors import HotlineError, UsageError
from hotline.journal.duty import FAULT, enter, faults_open, read_entered
from hotline.model.times import SECOND_US
from hotline.node.exercise import require_not_actual
from hotline.node.spoiling import CORRUPT, REPLAY, Spoiling
from hotline.wire.records import FaultBegun, FaultEnded

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.centre import Centre

CLOCK: Final = "clock-offset"
SLOW: Final = "slow-disk"
FULL: Final = "full-disk"
ON_A_LINE: Final = frozenset({CORRUPT, REPLAY})
"""Faults of one line; they happen a number of times, and are over then."""

BOUNDS: Final[dict[str, tuple[float, float]]] = {
    CLOCK: (-86_400.0, 86_400.0),
    SLOW: (0.0, 5.0),
    FULL: (0.0, 0.0),
    CORRUPT: (0.0, 1000.0),
    REPLAY: (0.0, 1000.0),
}
"""The least and the most of ``amount`` by kind: seconds forward, seconds a commit, times."""
MAX_FOR_S: Final = 86_400.0

Which = tuple[str, str]
"""A fault that can last beside all others: its kind, and the peer of its line."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Lasting:
    """A fault that lasts; ``ends`` is its timer, ``ends_at`` when (monotonic) that is due."""

    kind: str
    peer: str
    amount: float
    by: str
    since_us: int
    ends_at: float | None = None
    ends: asyncio.TimerHandle | None = None


class Faults:
    """What is broken at this node now. Everything here belongs to the event loop."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._lasting: dict[Which, Lasting] = {}
        self.spoiling = Spoiling(self._spent)
        # One change after the other, since each is entered before or after it takes effect.
        self._changing = asyncio.Lock()

    async def open(self) -> None:
        """Enter the end of what lasted when the node was killed: with it, it was over."""
        log = self._centre.journal.node_log.id
        found = await self._centre.reader.run(partial(read_entered, log=log))
        for begun in faults_open(found[FAULT]):
            await self._enter_end((begun.kind, begun.peer), "restarted", "")

    async def close(self) -> None:
        """End everything: the node stops."""
        await self.end_all("stopped", "")

    @property
    def lasting(self) -> list[Lasting]:
        """What lasts, oldest first."""
        return list(self._lasting.values())

    def left(self, lasting: Lasting) -> int | None:
        """Return how many times it is still to happen; None for what lasts by time."""
        if lasting.kind not in ON_A_LINE:
            return None
        return self.spoiling.left(lasting.kind, lasting.peer)

    async def begin(
        self, kind: str, *, amount: float, for_s: float | None, peer: str, by: str
    ) -> None:
        """Break something; entered before it takes effect.

        Raises UsageError: ``node.actual``, ``fault.unknown-kind``, ``fault.bad-amount``,
        ``fault.bad-time``; JournalError.
        """
        peer = self._check(kind, amount, for_s, peer)
        which = (kind, peer)
        async with self._changing:
            if which in self._lasting:
                await self._end(which, "replaced", by)
            begun = FaultBegun(
                kind,  # type: ignore[arg-type]  # looked up above
                peer,
                amount,
                None if for_s is None else round(for_s * SECOND_US),
                by,
            )
            entry = await self._centre.writer.do(
                lambda journal: enter(journal, FAULT, begun, self._centre.clock.wall_us())
            )
            lasting = self._lasting[which] = Lasting(kind, peer, amount, by, entry.time_us)
            self._put_into_effect(lasting, broken=True)
            if for_s is not None:
                loop = asyncio.get_running_loop()
                lasting.ends_at = self._centre.clock.now().mono + for_s
                lasting.ends = loop.call_later(for_s, self._over, which, "over")
        self._tell(which, "began")

    async def end(self, kind: str, *, peer: str, by: str) -> None:
        """Make something whole that was broken; nothing where it is whole.

        Raises UsageError as ``begin`` does, JournalError.
        """
        peer = self._check(kind, 0.0, None, peer)
        async with self._changing:
            await self._end((kind, peer), "told", by)

    async def end_all(self, why: str, by: str) -> None:
        """Make everything whole; what cannot be entered is whole all the same."""
        async with self._changing:
            for which in list(self._lasting):
                await self._end(which, why, by)

    def _check(self, kind: str, amount: float, for_s: float | None, peer: str) -> str:
        """Return the line's peer of a fault that can be; empty for one of the node itself."""
        require_not_actual(self._centre.config.status)
        if kind not in BOUNDS:
            raise UsageError(
                "fault.unknown-kind",
                f"{kind[:40]!a} is no fault of a node",
                f"use {', '.join(BOUNDS)}; the others are of the line between two nodes",
            )
        least, most = BOUNDS[kind]
        if not least <= amount <= most:
            raise UsageError(
                "fault.bad-amount",
                f"the amount {amount:g} of {kind} is not from {least:g} to {most:g}",
                "docs/howto/api.md says what it means for each kind",
            )
        if for_s is not None and not 0 < for_s <= MAX_FOR_S:
            raise UsageError(
                "fault.bad-time",
                f"for_s is not above 0 and at most {MAX_FOR_S:g}",
                "leave it out to end the fault yourself",
            )
        if kind in ON_A_LINE:
            return self._centre.line(peer).peer
        return ""

    # --- Beginning and end ----------------------------------------------------------------

    async def _end(self, which: Which, why: str, by: str) -> None:
        lasting = self._lasting.pop(which, None)
        if lasting is None:
            return
        if lasting.ends is not None:
            lasting.ends.cancel()
        self._put_into_effect(lasting, broken=False)
        await self._enter_end(which, why, by)
        self._tell(which, "ended")

    async def _enter_end(self, which: Which, why: str, by: str) -> None:
        """Enter an end; a journal that takes nothing has its own alarm, and keeps none broken."""
        ended = FaultEnded(which[0], which[1], why, by)  # type: ignore[arg-type]
        with suppress(HotlineError):
            await self._centre.writer.do(
                lambda journal: enter(journal, FAULT, ended, self._centre.clock.wall_us())
            )

    def _over(self, which: Which, why: str) -> None:
        if not self._centre.stopping:
            self._centre.spawn(self._end_one(which, why))

    async def _end_one(self, which: Which, why: str) -> None:
        async with self._changing:
            await self._end(which, why, "")

    def _spent(self, kind: str, peer: str) -> None:
        """Take note that a fault of a line has happened as often as it was to."""
        self._over((kind, peer), "spent")

    def _put_into_effect(self, lasting: Lasting, *, broken: bool) -> None:
        if lasting.kind == CLOCK:
            offset_us = round(lasting.amount * SECOND_US)
            self._centre.clock.offset_us += offset_us if broken else -offset_us
        elif lasting.kind in ON_A_LINE:
            times = max(1, round(lasting.amount)) if broken else 0
            self.spoiling.set(lasting.kind, lasting.peer, times)
        else:
            self._centre.journal.burden = self._burden()

    def _burden(self) -> Callable[[Journal], None] | None:
        """Return what every commit has to bear now."""
        slow = self._lasting.get((SLOW, ""))
        full = (FULL, "") in self._lasting
        if slow is None and not full:
            return None
        return partial(_weigh, slow_s=slow.amount if slow else 0.0, full=full)

    def _tell(self, which: Which, state: str) -> None:
        kind, peer = which
        _log.warning("fault_changed", fault=kind, line=peer, state=state)
        self._centre.publish("fault", {"kind": kind, "line": peer, "state": state})


def _weigh(journal: Journal, *, slow_s: float, full: bool) -> None:
    """Have a commit take longer, and find no more room in the file.

    The file may not grow, and more is written than fits into what is free in it: SQLite itself
    finds that it is full (SQLITE_FULL), the transaction is rolled back, and the connection that was
    bounded is closed with it.
    """
    if slow_s:
        time.sleep(slow_s)
    if full:
        (size,) = journal.execute("PRAGMA page_size").fetchone()
        (free,) = journal.execute("PRAGMA freelist_count").fetchone()
        (pages,) = journal.execute("PRAGMA page_count").fetchone()
        journal.execute(f"PRAGMA max_page_count = {int(pages)}").fetchone()
        journal.execute(
            "INSERT INTO record VALUES (-1, -1, 'full-disk', 0, x'', zeroblob(?))",
            ((int(free) + 2) * int(size),),
        )
        # Whatever SQLite thinks: this must never be committed.
        raise sqlite3.OperationalError("database or disk is full")
