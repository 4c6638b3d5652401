"""What stands on a line, read from the journal when the node starts, in the background.

Newest first, a stretch at a time, so that opening takes no longer for a long record: what is said
of a notice is kept until the notice itself is met, and is then gone through in its order by the
same code as when it came. What arrives meanwhile is compared with what is there already, and
again with what is found later.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from hotline.airspace.activity import Key
from hotline.airspace.periods import ALWAYS_US, bounded
from hotline.airspace.stumbling import Stumble, unheard
from hotline.journal.compared import uncompared_between
from hotline.journal.relations import entered_name
from hotline.journal.steps import Said, relations_between, steps_between
from hotline.model.kinds import Precedence
from hotline.model.lifecycle import Life, State
from hotline.model.messages import Notice, Revision, kind_of
from hotline.model.times import format_time
from hotline.model.volume import Volume4D
from hotline.node.airspace.compared import Compared
from hotline.node.airspace.findings import Cause
from hotline.node.airspace.later import Later
from hotline.node.airspace.lost import StandIn
from hotline.node.airspace.remarks import unplaced
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.two_clocks import expiring_us
from hotline.node.airspace.waiting import Lost, Waiting
from hotline.wire.records import Flag, Related

if TYPE_CHECKING:
    from hotline.node.line import Line

STRETCH: Final = 256
"""Entries that are read at once, some milliseconds."""
PAUSE_S: Final = 0.001
SLICE_S: Final = 0.010
"""How long the loop is held at once."""


class Loading:
    """Brings back what stands on a line; ``stumble`` is told of faults of this program."""

    def __init__(
        self, line: Line, compared: Compared, later: Later, stumble: Stumble = unheard
    ) -> None:
        self._line = line
        self._stumble = stumble
        self._compared = compared
        self._later = later
        self._own, self._peer = line.centre.config.centre, line.peer
        self._waiting = Waiting()
        # The notice whose messages are being taken.
        self._going: str | None = None
        # What was let go of, and what stands in for it.
        self.stand_ins: list[StandIn] = []
        # Messages that came or were composed since the loading began.
        self._seen: set[bytes] = set()
        # What brought about what is found of notices of which something came meanwhile.
        self._causes: dict[Key, tuple[str, bytes]] = {}
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
        reference = said.message.reference
        key = Key(self._own if said.own else self._peer, reference)
        self._causes[key] = kind_of(said.message).value, said.id
        if reference != self._going:
            for centre in (self._own, self._peer):
                if self._compared.current.known(Key(centre, reference)) is not None:
                    return False
        self._waiting.keep(said, newer=True)
        return True

    async def run(self, wanted: Callable[[], bool]) -> bool:
        """Read the whole log while it is ``wanted``; return whether that was done.

        Raises JournalError.
        """
        centre = self._line.centre
        end: int = await centre.writer.do(lambda journal: journal.line(self._peer).own.size)
        while end > 0 and wanted():
            first = max(0, end - STRETCH)
            said, told, flagged = await centre.reader.run(
                partial(_stretch, log=self._line.log, first=first, end=end)
            )
            if not wanted():
                return False
            self._later.remarked(flagged)
            await self._take(said, wanted)
            if not wanted():
                return False
            for related in told:
                self.entered.setdefault((related.reference, related.other_reference), related)
            end = first
            await asyncio.sleep(PAUSE_S)
        if not wanted():
            return False
        turn = Turn()
        for own, reference in self._waiting.names():
            await self._go_through(own, reference, turn)
            if not wanted():
                return False
        for own, lost in self._waiting.lost.items():
            key = Key(self._own if own else self._peer, "")
            self._anywhere(key, lost, self._line.centre.clock.wall_us())
        return True

    def put_off(self) -> dict[Key, Cause]:
        """Have all of ours compared, and what was said meanwhile; return what that was, by notice.

        What was not is compared from our side.
        """
        compared = self._compared
        causes = {
            key: Cause(kind, id_, compared.current.known(key))
            for key, (kind, id_) in self._causes.items()
        }
        for key, cause in causes.items():
            standing = compared.current.get(key)
            if standing is not None:
                compared.put_off(standing, cause)
        for standing in compared.current.of(self._own):
            if standing.key not in causes:
                compared.put_off(standing, Cause("start-up"))
        return causes

    async def _take(self, newest_first: Sequence[Said], wanted: Callable[[], bool]) -> None:
        """Take the messages of a stretch, while that is ``wanted``."""
        turn = Turn()
        for said in newest_first:
            message, reference = said.message, said.message.reference
            if not said.own:
                content = isinstance(message, Notice | Revision)
                self._later.said(said.id, self._peer, reference, content=content)
            if said.id in self._seen:
                continue
            if isinstance(message, Notice):
                await self._go_through(said.own, reference, turn, said)
                if not wanted():
                    return
            else:
                self._waiting.keep(said)
                await turn.pause()
                if not wanted():
                    return

    async def _go_through(
        self, own: bool, reference: str, turn: Turn, notice: Said | None = None
    ) -> None:
        """Take the messages about one notice in their order, as when they came.

        What comes about it meanwhile waits until these are taken.
        """
        current, key = self._compared.current, Key(self._own if own else self._peer, reference)
        kept, lost = self._waiting.take(own, reference)
        if notice is not None:
            self._second(current.known(key))
        touched: dict[Key, Standing] = {}
        oldest_first = [*([notice] if notice is not None else ()), *reversed(kept)]
        self._going = reference
        while oldest_first:
            for packed in oldest_first:
                try:
                    said = packed if isinstance(packed, Said) else packed.unpack()
                    self._step(key, said, touched)
                except Exception as error:  # what it says may be anywhere, and all others are read
                    self._stumble(reference, error)
                    id_ = (packed if isinstance(packed, Said) else packed.said).id
                    lost = Lost(id_, ALWAYS_US, ran=lost is not None and lost.ran)
                await turn.pause()
            kept, lost_since = self._waiting.take(own, reference)
            oldest_first, lost = [*reversed(kept)], lost_since or lost
        self._going = None
        held = current.get(key)
        if lost is not None and lost.ran and held is not None and held.life.state is State.PLANNED:
            # It is not known to have ended, so it goes on.
            held.life = Life(State.ACTIVATED, held.life.revision)
        now_us = self._line.centre.clock.wall_us()
        for standing in touched.values():
            try:
                self._settle(standing, now_us)
            except Exception as error:  # it stands, and is compared from our side
                self._stumble(reference, error)
        if lost is None:
            return
        try:
            self._lacking(key, lost, now_us)
        except Exception as error:  # something of the centre may be anywhere, if not this notice
            self._stumble(reference, error)
            self._anywhere(Key(key.centre, ""), lost, now_us)

    def _settle(self, standing: Standing, now_us: int) -> None:
        """Hold a notice that is read back, unless it is over by now."""
        current = self._compared.current
        current.come(standing, now_us)
        if current.get(standing.key) is not standing:
            return
        over = standing.ends_us is not None and expiring_us(self._line, now_us) > standing.ends_us
        if over and (standing.beside or not standing.running):
            current.over(standing)
        else:
            self._compared.hold(standing, now_us)

    def _step(self, key: Key, said: Said, touched: dict[Key, Standing]) -> None:
        """Take one message about a notice; add the notices that it has changed to ``touched``."""
        stepped = self._compared.current.step(
            key.centre, said.message, said.id, Precedence(said.stream), said.time_us
        )
        if stepped.full:
            self._waiting.lose(said)
        if stepped.unplaced and said.index < 0:
            flag = unplaced(kind_of(said.message).value)
            self.happened[flag.code, said.id.hex()[:12]] = flag.text
        if stepped.standing is not None:
            touched[stepped.standing.key] = stepped.standing

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
        self.stand_ins.append((key._replace(reference=entered_name(key.reference)), put.key))


class Turn:
    """Holds the loop for a slice at a time."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + SLICE_S

    async def pause(self) -> None:
        """Let others have their turn, where the slice is over."""
        if time.perf_counter() > self._until:
            await asyncio.sleep(PAUSE_S)
            self._until = time.perf_counter() + SLICE_S


def _stretch(
    connection: sqlite3.Connection, log: int, first: int, end: int
) -> tuple[list[Said], list[Related], dict[bytes, tuple[Flag, ...]]]:
    return (
        steps_between(connection, log, first, end),
        relations_between(connection, log, first, end),
        uncompared_between(connection, log, first, end),
    )
