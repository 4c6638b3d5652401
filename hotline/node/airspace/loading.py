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
from hotline.airspace.periods import bounded
from hotline.journal.steps import Said, relations_between, steps_between
from hotline.model.kinds import Precedence
from hotline.model.lifecycle import Life, State
from hotline.model.messages import Notice, kind_of
from hotline.model.times import format_time
from hotline.model.volume import Volume4D
from hotline.node.airspace.compared import Compared
from hotline.node.airspace.remarks import unplaced
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.waiting import Lost, Waiting
from hotline.wire.records import Related

if TYPE_CHECKING:
    from hotline.node.line import Line

STRETCH: Final = 256
"""Entries that are read at once, some milliseconds."""
PAUSE_S: Final = 0.001


class Loading:
    """Brings back what stands on a line."""

    def __init__(self, line: Line, compared: Compared) -> None:
        self._line = line
        self._compared = compared
        self._own, self._peer = line.centre.config.centre, line.peer
        self._waiting = Waiting()
        # Messages that came or were composed since the loading began.
        self._seen: set[bytes] = set()
        # What brought about what is found of notices of which something came meanwhile.
        self.causes: dict[Key, tuple[str, bytes]] = {}
        # Alarms about what came meanwhile and says nothing of where it flies, by code and subject.
        self.happened: dict[tuple[str, str], str] = {}
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
        self._waiting.keep(said, newer=True)
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
        for own, reference in self._waiting.names():
            self._go_through(own, reference)
        for own, lost in self._waiting.lost.items():
            key = Key(self._own if own else self._peer, "")
            self._anywhere(key, lost, self._line.centre.clock.wall_us())
        return True

    def _take(self, said: Said) -> None:
        if said.id in self._seen:
            return
        if isinstance(said.message, Notice):
            self._go_through(said.own, said.message.reference, said)
        else:
            self._waiting.keep(said)

    def _go_through(self, own: bool, reference: str, notice: Said | None = None) -> None:
        """Take the messages about one notice in their order, as when they came."""
        current, key = self._compared.current, Key(self._own if own else self._peer, reference)
        newest_first, lost = self._waiting.take(own, reference)
        if notice is not None:
            newest_first.append(notice)
            self._second(current.known(key))
        touched: dict[Key, Standing] = {}
        for said in reversed(newest_first):
            stepped = current.step(
                key.centre, said.message, said.id, Precedence(said.stream), said.time_us
            )
            if stepped.full:
                self._waiting.lose(said)
            if stepped.unplaced and said.index < 0:
                flag = unplaced(kind_of(said.message).value)
                self.happened[flag.code, said.id.hex()[:12]] = flag.text
            standing = stepped.standing
            if standing is not None:
                touched[standing.key] = standing
        held = current.get(key)
        if lost is not None and lost.ran and held is not None and held.life.state is State.PLANNED:
            # It is not known to have ended, so it goes on.
            held.life = Life(State.ACTIVATED, held.life.revision)
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
        if lost is not None:
            self._lacking(key, lost, now_us)

    def _second(self, held: Standing | None) -> None:
        """Let what has been taken for a notice stand beside, where it turns out to be the second.

        What was said of it may have been said of the first.
        """
        now_us = self._line.centre.clock.wall_us()
        if held is None or (held.ends_us is not None and held.ends_us < now_us):
            return
        content, volumes = held.content, held.off_nominal
        both = Notice(content.reference, content.title, content.activity, content.volumes + volumes)
        precedence = Precedence(held.precedence)
        put = self._compared.current.put_beside(held.key, both, held.id, precedence, now_us)
        self._compared.hold(put, now_us)

    def _lacking(self, key: Key, lost: Lost, now_us: int) -> None:
        """Have a notice of which not all could be kept be where nobody knows, while it may fly."""
        held = self._compared.current.known(key)
        if held is not None:
            lost.until_us = max(lost.until_us, held.where.end_us)
        self._anywhere(key, lost, now_us)

    def _anywhere(self, key: Key, lost: Lost, now_us: int) -> None:
        """Have something be a possible conflict with anything until its times have passed."""
        if lost.until_us < now_us:
            return
        until_us = bounded(lost.until_us)
        volumes = () if until_us is None else (Volume4D(time_end=format_time(until_us)),)
        notice = Notice(key.reference, volumes=volumes)
        current, precedence = self._compared.current, Precedence.ROUTINE
        put = current.put_beside(key, notice, lost.id, precedence, now_us)
        self._compared.hold(put, now_us)


def _stretch(
    connection: sqlite3.Connection, log: int, first: int, end: int
) -> tuple[list[Said], list[Related]]:
    return (
        steps_between(connection, log, first, end),
        relations_between(connection, log, first, end),
    )
