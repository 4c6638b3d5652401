"""How long alarms about a short warning last: until what was warned of so late has begun.

The cause is there as long as something may still be done about it: until the start, or, where the
notice came after its start, until the end. It is gone before where the notice is withdrawn, or
revised so that the warning is long enough; the alarm then still waits for an officer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotline.airspace.activity import Key, name_of
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.two_clocks import expiring_us

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotline.node.line import Line

SHORT: Final = "notice.short-warning"
MOST_COMING: Final = 200
"""Notices whose alarms have not rung yet that are remembered."""


class Short(NamedTuple):
    """A notice that came too late: until when that matters, in microseconds since 1970.

    ``key`` is None where the notice is not held; ``id`` is the message that has its content.
    ``until_us`` is None where only its end says so. ``ahead`` is whether it was still to begin.
    """

    key: Key | None
    id: bytes
    until_us: int | None
    ahead: bool


def short_of(key: Key | None, id_: bytes, times: tuple[int | None, int | None], us: int) -> Short:
    """Return what a notice with such a start and end is that came at ``us``."""
    starts_us, ends_us = times
    ahead = starts_us is not None and starts_us > us
    return Short(key, id_, starts_us if ahead else ends_us, ahead)


class ShortNotices:
    """Rings these alarms for the notices of one line's peer, and ends them."""

    def __init__(self, line: Line) -> None:
        self._line = line
        # Those that are to ring, and those that ring, by the subjects of their alarms.
        self._coming: dict[str, Short] = {}
        self._ringing: dict[str, Short] = {}

    def take(self, shorts: Mapping[str, Short]) -> None:
        """Take note of notices, by reference, whose alarms are about to ring."""
        for reference, short in shorts.items():
            subject = name_of(reference)
            if subject in self._coming or len(self._coming) < MOST_COMING:
                self._coming[subject] = short

    async def ring(self, subject: str, text: str) -> None:
        """Ring; again, where it rings for what the notice said before."""
        bell, peer = self._line.centre.bell, self._line.peer
        short = self._coming.pop(subject, None)
        await bell.clear(SHORT, peer, subject)
        if short is None or (short.key is None and short.until_us is None):
            self._ringing.pop(subject, None)
            await bell.once(SHORT, peer, subject, text)
        else:
            self._ringing[subject] = short
            await bell.ring(SHORT, peer, subject, text)

    def settle(self) -> None:
        """Go on with what rang when the node stopped; what stands no more is over."""
        self._coming.clear()
        current = self._line.airspace.current
        for subject in self._line.centre.bell.active(SHORT, self._line.peer) - {*self._ringing}:
            standing = current.get(Key(self._line.peer, subject))
            if standing is not None:
                times = standing.starts_us, standing.ends_us
                short = short_of(standing.key, standing.id, times, standing.entered_us)
                self._ringing[subject] = short

    async def review(self, now_us: int) -> None:
        """Let be over what does not matter any more; every second, once all that stands is read."""
        bell, peer = self._line.centre.bell, self._line.peer
        at_us = expiring_us(self._line, now_us)
        for subject in bell.active(SHORT, peer):
            short = self._ringing.get(subject)
            if short is None or self._over(short, at_us):
                self._ringing.pop(subject, None)
                await bell.clear(SHORT, peer, subject)

    def _over(self, short: Short, at_us: int) -> bool:
        if short.until_us is not None and at_us >= short.until_us:
            return True
        if short.key is None:
            return False
        standing: Standing | None = self._line.airspace.current.get(short.key)
        if standing is None or standing.id != short.id:
            return True
        return short.ahead and standing.running
