"""The bell: alarms latch until a named officer acknowledges them, and each step is an entry.

An alarm that the journal cannot take (a full disk) is still shown, and is entered as soon as the
journal works again, even when its cause is gone by then.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from hotline.errors import FencedError, JournalError
from hotline.journal.access_shelf import (
    Shelved,
    shelf,
    shelve_alarm,
    unshelve_alarm,
    unshelve_over,
)
from hotline.journal.queries import StoredAlarm, alarms
from hotline.journal.records import acknowledge_alarm, clear_alarms, raise_alarm

if TYPE_CHECKING:
    from hotline.node.centre import Centre

Cause = tuple[str, str, str]
"""What makes two alarms the same one: code, peer, subject."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Unrecorded:
    """What the journal could not take yet of one alarm; times are microseconds since 1970."""

    text: str
    # None when the journal has the alarm, and only lacks that its cause is gone.
    raised_us: int | None
    # None while the cause lasts.
    cleared_us: int | None = None


class Bell:
    """Raises, clears and acknowledges alarms."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._standing: dict[int, StoredAlarm] = {}
        # Subjects of causes that stand, by code and peer: one reported each second costs nothing.
        self._active: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._unrecorded: dict[Cause, _Unrecorded] = {}
        # Alarms that somebody keeps quiet, by their numbers.
        self._shelf: dict[int, Shelved] = {}

    async def open(self) -> None:
        """Load the alarms that stood when the node stopped."""
        await self._reload()
        self._active.clear()
        for alarm in self._standing.values():
            if alarm.cleared_us is None:
                self._active[alarm.code, alarm.peer].add(alarm.subject)

    @property
    def standing(self) -> list[StoredAlarm]:
        """Alarms not acknowledged or with their cause still there; unrecorded ones have id 0."""
        unrecorded = [
            StoredAlarm(
                0, code, peer, subject, kept.text, kept.raised_us, kept.cleared_us, None, None
            )
            for (code, peer, subject), kept in self._unrecorded.items()
            if kept.raised_us is not None
        ]
        return [*self._standing.values(), *unrecorded]

    def shelved(self, id_: int) -> Shelved | None:
        """Return who keeps an alarm quiet just now, and why; None where nobody does."""
        found = self._shelf.get(id_)
        now_us = self._centre.clock.wall_us()
        return found if found is not None and now_us < found.until_us else None

    async def ring(self, code: str, peer: str, subject: str, text: str) -> None:
        """Raise an alarm, unless its cause is known."""
        cause = (code, peer, subject)
        subjects = self._active[code, peer]
        if subject in subjects:
            return
        subjects.add(subject)
        _log.warning("alarm_raised", code=code, line=peer, subject=subject, text=text)
        self._centre.metrics.alarms_raised.labels(code).inc()
        self._centre.publish("alarm", {"code": code, "line": peer, "text": text})
        kept = self._unrecorded.get(cause)
        if kept is not None:
            # It is back before the journal heard that it was gone.
            kept.raised_us = kept.raised_us or self._centre.clock.wall_us()
            kept.cleared_us = None
            return
        await self._enter(cause, _Unrecorded(text, self._centre.clock.wall_us()))

    async def clear(self, code: str, peer: str, subject: str) -> None:
        """Take note that a cause is gone; the alarm stays until it is acknowledged."""
        cause = (code, peer, subject)
        subjects = self._active[code, peer]
        if subject not in subjects:
            return
        subjects.discard(subject)
        _log.info("alarm_cleared", code=code, line=peer, subject=subject)
        kept = self._unrecorded.get(cause) or _Unrecorded("", None)
        kept.cleared_us = self._centre.clock.wall_us()
        await self._enter(cause, kept)

    async def once(self, code: str, peer: str, subject: str, text: str) -> None:
        """Raise an alarm about what has happened and does not last: only its latch keeps it."""
        await self.ring(code, peer, subject, text)
        await self.clear(code, peer, subject)

    def active(self, code: str, peer: str) -> set[str]:
        """Return the subjects of the causes of a code that stand for a peer."""
        return {*self._active.get((code, peer), ())}

    async def acknowledge(self, id_: int, officer: str) -> None:
        """Record that ``officer`` took notice. Raises UsageError, JournalError."""
        now_us = self._centre.clock.wall_us()
        await self._centre.writer.do(
            lambda journal: acknowledge_alarm(journal, id_, officer, now_us)
        )
        await self._reload()
        await self._centre.exercise.acknowledged()
        self._centre.publish("alarm-acknowledged", {"alarm": id_, "officer": officer})

    async def shelve(self, id_: int, officer: str, reason: str, until_us: int) -> None:
        """Keep an alarm quiet until a time. Raises UsageError (``alarm.*``), JournalError."""
        now_us = self._centre.clock.wall_us()
        await self._centre.writer.do(
            lambda journal: shelve_alarm(journal, id_, officer, reason, until_us, now_us)
        )
        await self._reload()
        self._centre.publish("alarm-shelved", {"alarm": id_, "officer": officer})

    async def unshelve(self, id_: int, officer: str) -> None:
        """Have an alarm heard again. Raises UsageError (``alarm.not-shelved``), JournalError."""
        now_us = self._centre.clock.wall_us()
        await self._centre.writer.do(lambda journal: unshelve_alarm(journal, id_, officer, now_us))
        await self._reload()
        self._centre.publish("alarm-unshelved", {"alarm": id_, "officer": officer})

    async def unshelve_over(self) -> None:
        """Have those heard again whose time is over, or that do not stand any more."""
        now_us = self._centre.clock.wall_us()
        if all(
            one.alarm in self._standing and now_us < one.until_us for one in self._shelf.values()
        ):
            return
        for id_ in await self._centre.writer.do(lambda journal: unshelve_over(journal, now_us)):
            self._centre.publish("alarm-unshelved", {"alarm": id_, "officer": ""})
        await self._reload()

    async def retry(self) -> None:
        """Enter what the journal could not take before."""
        for cause, kept in list(self._unrecorded.items()):
            await self._enter(cause, kept)

    async def _enter(self, cause: Cause, kept: _Unrecorded) -> None:
        """Enter what is known of an alarm; keep it for later where the journal takes nothing."""
        raised_us, cleared_us = kept.raised_us, kept.cleared_us
        self._unrecorded[cause] = kept
        writer = self._centre.writer
        try:
            if raised_us is not None:
                await writer.do(lambda journal: raise_alarm(journal, *cause, kept.text, raised_us))
                # Shown from the journal before it is shown no more as one that is not in it.
                await self._reload()
                kept.raised_us = None
            if cleared_us is not None:
                await writer.do(lambda journal: clear_alarms(journal, *cause, cleared_us))
                await self._reload()
        except (JournalError, FencedError):
            await self._reload()
            return
        if kept.cleared_us == cleared_us:
            self._unrecorded.pop(cause, None)

    async def _reload(self) -> None:
        found = await self._centre.reader.run(alarms)
        self._standing = {alarm.id: alarm for alarm in found}
        self._shelf = await self._centre.reader.run(shelf)
        self._centre.metrics.alarms.set(len(self._standing))
