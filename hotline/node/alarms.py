"""The bell: alarms latch until a named officer acknowledges them, and each step is an entry.

An alarm that the journal cannot take (a full disk) is still shown, and is entered as soon as the
journal works again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from hotline.errors import FencedError, JournalError
from hotline.journal.queries import StoredAlarm, alarms
from hotline.journal.records import acknowledge_alarm, clear_alarms, raise_alarm

if TYPE_CHECKING:
    from hotline.node.centre import Centre

Cause = tuple[str, str, str]
"""What makes two alarms the same one: code, peer, subject."""

_log = structlog.get_logger()


class Bell:
    """Raises, clears and acknowledges alarms."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._standing: dict[int, StoredAlarm] = {}
        # Causes that stand, so that a cause reported each second costs nothing.
        self._active: set[Cause] = set()
        # Alarms that the journal could not take yet, with their texts and times.
        self._unrecorded: dict[Cause, tuple[str, int]] = {}

    async def open(self) -> None:
        """Load the alarms that stood when the node stopped."""
        await self._reload()
        self._active = {
            (alarm.code, alarm.peer, alarm.subject)
            for alarm in self._standing.values()
            if alarm.cleared_us is None
        }

    @property
    def standing(self) -> list[StoredAlarm]:
        """Alarms not acknowledged or with their cause still there; unrecorded ones have id 0."""
        unrecorded = [
            StoredAlarm(0, code, peer, subject, text, raised_us, None, None, None)
            for (code, peer, subject), (text, raised_us) in self._unrecorded.items()
        ]
        return [*self._standing.values(), *unrecorded]

    async def ring(self, code: str, peer: str, subject: str, text: str) -> None:
        """Raise an alarm, unless its cause is known."""
        cause = (code, peer, subject)
        if cause in self._active:
            return
        self._active.add(cause)
        now_us = self._centre.clock.wall_us()
        _log.warning("alarm_raised", code=code, line=peer, subject=subject, text=text)
        self._centre.metrics.alarms_raised.labels(code).inc()
        self._centre.publish("alarm", {"code": code, "line": peer, "text": text})
        await self._enter(cause, text, now_us)

    async def clear(self, code: str, peer: str, subject: str) -> None:
        """Take note that a cause is gone; the alarm stays until it is acknowledged."""
        cause = (code, peer, subject)
        if cause not in self._active:
            return
        self._active.discard(cause)
        self._unrecorded.pop(cause, None)
        now_us = self._centre.clock.wall_us()
        _log.info("alarm_cleared", code=code, line=peer, subject=subject)
        try:
            await self._centre.writer.do(
                lambda journal: clear_alarms(journal, code, peer, subject, now_us)
            )
        except (JournalError, FencedError):
            self._active.add(cause)
            return
        await self._reload()

    def active(self, code: str, peer: str) -> set[str]:
        """Return the subjects of the causes of a code that stand for a peer."""
        return {c[2] for c in self._active if c[0] == code and c[1] == peer}

    async def acknowledge(self, id_: int, officer: str) -> None:
        """Record that ``officer`` took notice. Raises UsageError, JournalError."""
        now_us = self._centre.clock.wall_us()
        await self._centre.writer.do(
            lambda journal: acknowledge_alarm(journal, id_, officer, now_us)
        )
        await self._reload()
        self._centre.publish("alarm-acknowledged", {"alarm": id_, "officer": officer})

    async def retry(self) -> None:
        """Enter what the journal could not take before."""
        for cause, (text, raised_us) in list(self._unrecorded.items()):
            await self._enter(cause, text, raised_us)

    async def _enter(self, cause: Cause, text: str, raised_us: int) -> None:
        try:
            await self._centre.writer.do(
                lambda journal: raise_alarm(journal, *cause, text, raised_us)
            )
        except (JournalError, FencedError):
            self._unrecorded[cause] = (text, raised_us)
            return
        self._unrecorded.pop(cause, None)
        await self._reload()

    async def _reload(self) -> None:
        found = await self._centre.reader.run(alarms)
        self._standing = {alarm.id: alarm for alarm in found}
        self._centre.metrics.alarms.set(len(self._standing))
