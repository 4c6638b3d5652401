"""The bell: alarms latch until a named officer acknowledges them, and each step is an entry.

An alarm that the journal cannot take (a full disk) is still shown, and is entered as soon as the
journal works again, even when its cause is gone by then.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
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
    from hotline.journal.journal import Journal
    from hotline.node.centre import Centre

Cause = tuple[str, str, str]
"""What makes two alarms the same one: code, peer, subject."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Change:
    """What is to be entered of an alarm: that it was raised, or (no text) that its cause is gone.

    ``at_us`` is microseconds since 1970.
    """

    text: str | None
    at_us: int
    # On its way to the journal, so that nothing of it can be changed any more.
    going: bool = False


class Bell:
    """Raises, clears and acknowledges alarms."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._standing: dict[int, StoredAlarm] = {}
        # Subjects of causes that stand, by code and peer: one reported each second costs nothing.
        self._active: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        # What the journal has not got yet, in its order; at most four changes of each alarm.
        self._unrecorded: dict[Cause, list[_Change]] = {}
        self._entering = asyncio.Lock()
        self._reloading = asyncio.Lock()
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
        found = {(one.code, one.peer, one.subject): one for one in self._standing.values()}
        for cause, changes in self._unrecorded.items():
            for change in changes:
                alarm = _changed(cause, found.pop(cause, None), change)
                if alarm is not None:
                    found[cause] = alarm
        return [*found.values()]

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
        changes, change = self._unrecorded.setdefault(cause, []), _Change(text, self._now_us())
        if len(changes) > 1 and not changes[-2].going:
            # Raised and gone before the journal heard of it, and back: it was raised once.
            changes.pop()
            changes[-1].text = text
        else:
            changes.append(change)
        await self._enter(cause)

    async def clear(self, code: str, peer: str, subject: str) -> None:
        """Take note that a cause is gone; the alarm stays until it is acknowledged."""
        cause = (code, peer, subject)
        subjects = self._active[code, peer]
        if subject not in subjects:
            return
        subjects.discard(subject)
        _log.info("alarm_cleared", code=code, line=peer, subject=subject)
        self._unrecorded.setdefault(cause, []).append(_Change(None, self._now_us()))
        await self._enter(cause)

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
        for cause in list(self._unrecorded):
            await self._enter(cause)

    def _now_us(self) -> int:
        return self._centre.clock.wall_us()

    async def _enter(self, cause: Cause) -> None:
        """Enter what has become of an alarm; what the journal does not take stays for later."""
        async with self._entering:
            changes = self._unrecorded.get(cause, [])
            while changes:
                changes[0].going = True
                try:
                    await self._centre.writer.do(partial(_entered, cause=cause, change=changes[0]))
                except (JournalError, FencedError):
                    changes[0].going = False
                    return
                # Shown from the journal before it is shown no more as one that is not in it.
                await self._reload()
                changes.pop(0)
            self._unrecorded.pop(cause, None)

    async def _reload(self) -> None:
        # One after another, so that none brings back what was there before.
        async with self._reloading:
            found, self._shelf = await self._centre.reader.run(_read)
            self._standing = {alarm.id: alarm for alarm in found}
        self._centre.metrics.alarms.set(len(self._standing))


def _read(connection: sqlite3.Connection) -> tuple[list[StoredAlarm], dict[int, Shelved]]:
    return alarms(connection), shelf(connection)


def _entered(journal: Journal, *, cause: Cause, change: _Change) -> None:
    if change.text is None:
        clear_alarms(journal, *cause, change.at_us)
    else:
        raise_alarm(journal, *cause, change.text, change.at_us)


def _changed(cause: Cause, alarm: StoredAlarm | None, change: _Change) -> StoredAlarm | None:
    """Return what stands of an alarm after a change, as the journal will have it."""
    if change.text is None:
        if alarm is None or alarm.acknowledged_us is not None:
            return None
        return replace(alarm, cleared_us=alarm.cleared_us or change.at_us)
    if alarm is None:
        return StoredAlarm(0, *cause, change.text, change.at_us, None, None, None)
    if alarm.cleared_us is None:
        return alarm
    return replace(alarm, text=change.text, raised_us=change.at_us, cleared_us=None)
