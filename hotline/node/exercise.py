"""Play at this node: what a director tells it, and "real world, no play", which stops it.

Play changes nothing of what the node does: messages are sent, taken and answered as always. The
node only remembers where play stands, so that everybody at its desk knows. That it was stopped is
entered in the transaction that takes the message which says so; the alarm follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from hotline.errors import HotlineError, JournalError, UsageError
from hotline.journal.duty import EXERCISE, Entered, enter, play_after, play_with, read_entered
from hotline.journal.queries import StoredAlarm
from hotline.model.kinds import Precedence, Status
from hotline.model.letter import Letter
from hotline.model.messages import Advisory, Message, Service
from hotline.model.play import (
    BEGINS,
    NO_PLAY,
    REAL_WORLD_PHRASE,
    SHOUT,
    Play,
    PlayEvent,
    advance,
    says_real_world,
    stops_play,
)
from hotline.wire.records import MAX_OFFICER, Flag, Played

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.journal.outgoing import Composed
    from hotline.node.centre import Centre
    from hotline.node.line import Line

REAL_WORLD: Final = "exercise.real-world"
"""The alarm that play was stopped."""
SHOWN = 100
"""Events of exercises, and tasks, that are shown: the newest ones."""

MAX_SAID = 500
"""Characters of a message's text that the record of a stop repeats."""

_log = structlog.get_logger()


def require_not_actual(status: Status) -> None:
    """Raise UsageError ``node.actual`` on a node whose traffic is real: nothing is played there."""
    if status is Status.ACTUAL:
        raise UsageError(
            "node.actual",
            "this node is for actual traffic: nothing is played or broken on it",
            "name a node of the status exercise or test, by its own node.toml",
        )


class Exercise:
    """Where play stands at this node. Everything here belongs to the event loop."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self.play: Play = NO_PLAY
        # The newest first.
        self.events: list[Entered] = []
        # What this centre's crew has been told to do in the exercise that is played, in order.
        self.tasks: list[Entered] = []
        # One event after the other: whether it is possible depends on the one before.
        self._telling = asyncio.Lock()

    async def open(self) -> None:
        """Find where play stood when the node stopped."""
        log = self._centre.journal.node_log.id
        found = (await self._centre.reader.run(partial(read_entered, log=log)))[EXERCISE]
        self.play = play_after(found)
        self.events = found[: -SHOWN - 1 : -1]
        for entry in found:
            self._note_task(entry)
        await self._settle_alarm(found)

    async def _settle_alarm(self, found: Sequence[Entered]) -> None:
        """Alarm about the newest stop, or let its alarm go, where the node was killed before."""
        await self.acknowledged()
        stops = [entry for entry in found if entry.said.event == PlayEvent.REAL_WORLD]
        if not stops:
            return
        known = await self._centre.reader.run(
            lambda connection: connection.execute(
                "SELECT 1 FROM alarm WHERE code = ?1"
                " AND (acknowledged_us IS NULL OR acknowledged_us >= ?2 OR raised_us >= ?2)",
                (REAL_WORLD, stops[-1].time_us),
            ).fetchone()
        )
        if known is None:
            await self._alarm(stops[-1].said)

    async def acknowledged(self) -> None:
        """Let the alarm of a stop go once somebody has taken notice of it: that ends its cause."""
        if not self._unnoticed:
            await self._centre.bell.clear(REAL_WORLD, "", "")

    @property
    def name(self) -> str:
        """The exercise that is played; between two, the one that the letters name."""
        if self.play.name:
            return self.play.name
        names = {line.letter.exercise for line in self._centre.lines.values()}
        return " / ".join(sorted(name for name in names if name))

    @property
    def unacknowledged(self) -> list[int]:
        """Numbers of the alarms of a stop that nobody has taken notice of."""
        return [alarm.id for alarm in self._unnoticed if alarm.id]

    @property
    def _unnoticed(self) -> list[StoredAlarm]:
        """The same alarms, with one that the journal has not taken yet."""
        return [
            alarm
            for alarm in self._centre.bell.standing
            if alarm.code == REAL_WORLD and alarm.acknowledged_us is None
        ]

    # --- Told here ------------------------------------------------------------------------

    async def tell(
        self, event: PlayEvent, *, name: str, text: str, by: str, record: bytes
    ) -> list[Composed]:
        """Enter an event that somebody tells this node; return the advisories that it sent.

        Raises UsageError: ``node.actual``, what does not fit to where play stands, a stop that
        nobody has taken notice of; JournalError.
        """
        require_not_actual(self._centre.config.status)
        said = Played(event.value, name or self.name, by, text, record, None, "")
        if event is PlayEvent.REAL_WORLD:
            return await self._call_it_off(said)
        async with self._telling:
            if event in BEGINS:
                self._require_acknowledged()
            now_us = self._centre.clock.wall_us()
            advance(self.play, event, name, now_us, binds=bool(record))
            await self._enter(said)
        return []

    async def _call_it_off(self, said: Played) -> list[Composed]:
        """Stop play here and at every peer; here also where the journal takes nothing.

        What is broken on purpose is made whole first: it must not stand in the way.
        """
        await self._centre.faults.end_all("real-world", said.by)
        try:
            async with self._telling:
                await self._enter(said)
        except JournalError:
            now_us = self._centre.clock.wall_us()
            self.play = advance(self.play, PlayEvent.REAL_WORLD, said.name, now_us)
            raise
        finally:
            await self._alarm(said)
        return await self._tell_peers(said.by, said.text)

    async def _enter(self, said: Played) -> None:
        self._took(
            await self._centre.writer.do(
                lambda journal: enter(journal, EXERCISE, said, self._centre.clock.wall_us())
            )
        )

    def _require_acknowledged(self) -> None:
        if self._unnoticed:
            raise UsageError(
                "exercise.stop-unacknowledged",
                "play was stopped by the real world, and nobody has taken notice of it yet",
                "make sure that it is over, then take notice of its alarm: `hotline alarms` has the"
                " number for `hotline acknowledge`",
            )

    async def _tell_peers(self, by: str, text: str) -> list[Composed]:
        """Say it on every line that may be signed on; one that may not has its own alarm."""
        sent = []
        advisory = Advisory(text=_shout(text), phrases=(REAL_WORLD_PHRASE,), officer=by)
        for peer in self._centre.lines:
            with suppress(HotlineError):
                composed = await self._centre.desk.send(peer, advisory, Precedence.FLASH, by)
                sent.append(composed)
        return sent

    # --- Said on a line -------------------------------------------------------------------

    async def sent(self, line: Line, message: Message, composed: Composed) -> None:
        """Stop play here too where a message of ours says so, by whomever it was sent."""
        if not (isinstance(message, Advisory | Service) and self.stops(message)):
            return
        said = self._stop(line, message, composed.id)
        async with self._telling:
            await self._enter(said)
        await self._alarm(said)

    def stops(self, message: Message | None) -> bool:
        """Whether a message stops play at this node."""
        return stops_play(message, self._centre.config.status)

    def heard(
        self, line: Line, messages: Sequence[Message | None], ids: Sequence[bytes]
    ) -> list[Played]:
        """Return what is to be entered with a group of the peer's that stops play; mostly nothing.

        Never raises.
        """
        return [
            self._stop(line, message, id_)
            for message, id_ in zip(messages, ids, strict=True)
            if isinstance(message, Advisory | Service) and self.stops(message)
        ]

    def enter_heard(self, journal: Journal, stops: Sequence[Played], now_us: int) -> list[Entered]:
        """Enter, in the transaction that takes the messages, that they stopped play."""
        return [enter(journal, EXERCISE, said, now_us) for said in stops]

    def heard_entered(self, entries: Sequence[Entered]) -> None:
        """Take note of stops that are durable now, and ring."""
        for entry in entries:
            self._took(entry)
            self._centre.spawn(self._heed(entry.said))

    async def _heed(self, said: Played) -> None:
        await self._alarm(said)
        await self._centre.faults.end_all("real-world", said.by)

    def _stop(self, line: Line, message: Advisory | Service, id_: bytes) -> Played:
        name = self.play.name or line.letter.exercise
        by = " ".join(message.officer.split())[:MAX_OFFICER]
        text = " ".join(message.text.split())[:MAX_SAID]
        return Played(PlayEvent.REAL_WORLD.value, name, by, text, b"", id_, line.peer)

    # --- Both -----------------------------------------------------------------------------

    def _took(self, entry: Entered) -> None:
        """Follow an entry: play stands elsewhere from here on."""
        said: Played = entry.said
        with suppress(HotlineError):  # of a peer's stop nothing can be impossible
            self.play = play_with(self.play, entry)
        self._note_task(entry)
        self.events.insert(0, entry)
        del self.events[SHOWN:]
        _log.info("exercise_told", exercise_event=said.event, by=said.by, line=said.peer)
        self._centre.publish(
            "exercise",
            {
                "event": said.event,
                "state": self.play.state.value,
                "name": said.name,
                "by": said.by,
                "text": said.text,
                "line": said.peer,
                "entry": entry.index,
            },
        )

    def _note_task(self, entry: Entered) -> None:
        """Keep what the crew is told; another exercise begins without tasks, and ends them."""
        event = entry.said.event
        if event in (PlayEvent.STARTEX, PlayEvent.ENDEX):
            self.tasks.clear()
        elif event == PlayEvent.TASK:
            self.tasks.append(entry)
            del self.tasks[:-SHOWN]

    async def _alarm(self, said: Played) -> None:
        by = said.by or "somebody"
        where = f" (line with {said.peer})" if said.peer else ""
        text = f"real world, no play: {by}{where} has stopped EXERCISE {said.name}".rstrip()
        await self._centre.bell.ring(REAL_WORLD, "", "", text)


def misplaced(message: Message | None, letter: Letter) -> tuple[Flag, ...]:
    """Return what is to be said of a message that calls off an exercise where there is none."""
    if not says_real_world(message) or letter.status is not Status.ACTUAL:
        return ()
    text = f"phrase {REAL_WORLD_PHRASE} is for exercises, and this is actual traffic"
    return (Flag("exercise.not-here", text, "phrases"),)


def require_place_for(message: Message, letter: Letter) -> None:
    """Raise UsageError ``exercise.not-here`` for a message that would be flagged so."""
    if misplaced(message, letter):
        raise UsageError(
            "exercise.not-here",
            f"phrase {REAL_WORLD_PHRASE} calls off an exercise, and this is actual traffic",
            "say in your own words what has happened",
        )


def _shout(text: str) -> str:
    return f"{SHOUT} {text}".strip()
