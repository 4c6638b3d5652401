"""What stands on a line, read from the journal when the node starts, in the background.

Newest first, a stretch at a time, so that opening takes no longer for a long record: what is said
of a notice is kept until the notice itself is met, and is then gone through in its order by the
same code as when it came. What arrives meanwhile is compared with what is there already, and
again with what is found later.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from hotline.airspace.activity import Key
from hotline.journal.steps import Said, relations_between, steps_between
from hotline.model.kinds import Precedence
from hotline.model.messages import Contingency, Nonconformance, Notice, Revision, kind_of
from hotline.node.airspace.compared import Compared
from hotline.node.airspace.current import Standing
from hotline.wire.records import Related

if TYPE_CHECKING:
    from hotline.node.line import Line

STRETCH: Final = 256
"""Entries that are read at once, some milliseconds."""
PAUSE_S: Final = 0.001
MAX_WAITING: Final = 100_000
"""Notices of which something was said later and that are not met yet; more are not waited for."""
MAX_SAID: Final = 1_000
"""Messages about one notice that are kept until it is met, the newest."""
MAX_POINTS: Final = 1_000_000
"""Positions in all of them together."""


class Loading:
    """Brings back what stands on a line."""

    def __init__(self, line: Line, compared: Compared) -> None:
        self._line = line
        self._compared = compared
        self._own, self._peer = line.centre.config.centre, line.peer
        # What was said of notices that are not met yet, newest first.
        self._waiting: dict[tuple[bool, str], list[Said]] = {}
        self._points = 0
        # Messages that came or were composed since the loading began.
        self._seen: set[bytes] = set()
        # What brought about what is found of notices of which something came meanwhile.
        self.causes: dict[Key, tuple[str, bytes]] = {}
        # The newest relation that was entered of each pair.
        self.entered: dict[tuple[str, str], Related] = {}

    def saw(self, id_: bytes) -> None:
        """Take note of a message that is taken as it comes, and not to be taken again."""
        self._seen.add(id_)

    def defers(self, said: Said) -> bool:
        """Whether a message is about a notice that may not be loaded yet; it is kept until then."""
        if isinstance(said.message, Notice):
            return False
        for centre in (self._own, self._peer):
            if self._compared.current.known(Key(centre, said.message.reference)) is not None:
                return False
        self._keep(said, newer=True)
        key = Key(self._own if said.own else self._peer, said.message.reference)
        self.causes[key] = kind_of(said.message).value, said.id
        return True

    async def run(self, wanted: Callable[[], bool]) -> bool:
        """Read the whole log while it is ``wanted``; return whether that was done.

        Raises JournalError.
        """
        centre = self._line.centre
        end: int = await centre.writer.do(lambda journal: journal.line(self._peer).own.size)
        while end > 0 and wanted():
            first = max(0, end - STRETCH)
            said, told = await centre.reader.run(
                partial(_stretch, log=self._line.log, first=first, end=end)
            )
            if not wanted():
                return False
            for one in said:
                self._take(one)
            for related in told:
                self.entered.setdefault((related.reference, related.other_reference), related)
            end = first
            await asyncio.sleep(PAUSE_S)
        if not wanted():
            return False
        for waiting in [*self._waiting.values()]:
            self._go_through(waiting)
        return True

    def _take(self, said: Said) -> None:
        if said.id in self._seen:
            return
        waiting = self._waiting.get((said.own, said.message.reference))
        if not isinstance(said.message, Notice):
            self._keep(said)
        elif waiting is not None:
            del self._waiting[said.own, said.message.reference]
            self._go_through([*waiting, said])
        else:
            self._go_through([said])

    def _keep(self, said: Said, *, newer: bool = False) -> None:
        key = said.own, said.message.reference
        self._points += _points(said)
        if self._points > MAX_POINTS:
            return
        if key not in self._waiting and len(self._waiting) >= MAX_WAITING:
            return
        waiting = self._waiting.setdefault(key, [])
        if newer:
            waiting.insert(0, said)
        elif len(waiting) < MAX_SAID:
            waiting.append(said)

    def _go_through(self, newest_first: list[Said]) -> None:
        """Take the messages about one notice in their order, as when they came."""
        current = self._compared.current
        touched: dict[Key, Standing] = {}
        for said in reversed(newest_first):
            self._points -= _points(said)
            centre = self._own if said.own else self._peer
            standing = current.step(
                centre, said.message, said.id, Precedence(said.stream), said.time_us
            ).standing
            if standing is not None:
                touched[standing.key] = standing
        now_us = self._line.centre.clock.wall_us()
        for standing in touched.values():
            current.come(standing, now_us)
            if current.get(standing.key) is not standing:
                continue
            over = standing.ends_us is not None and now_us > standing.ends_us
            if over and (standing.beside or not standing.running):
                current.over(standing)
            else:
                self._compared.hold(standing, now_us)


def _stretch(
    connection: sqlite3.Connection, log: int, first: int, end: int
) -> tuple[list[Said], list[Related]]:
    return (
        steps_between(connection, log, first, end),
        relations_between(connection, log, first, end),
    )


def _points(said: Said) -> int:
    """Return how much of the memory a message takes, in positions."""
    message = said.message
    if not isinstance(message, Revision | Nonconformance | Contingency):
        return 10
    return 10 + sum(len(volume.points) for volume in message.volumes)
