"""The clock of a line's peer, as each heartbeat measures it against this node's own."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotline.node.line import Line


class PeerClock:
    """How far the peer's clock is off, and how sure that is; None until it was measured."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.offset_us: int | None = None
        self.round_trip_us: int | None = None
        # Newest measurements of this association: (round trip, offset), a minute of heartbeats.
        self._measured: deque[tuple[int, int]] = deque(maxlen=12)
        self._entered_at = line.centre.clock.now().mono

    async def note(self, offset_us: int, round_trip_us: int, *, record: bool) -> None:
        """Take note of the peer's clock; alarm when it is further off than the letter allows.

        With ``record``, and as often as the line is checked, the measurement is entered: of the
        last minute the one with the shortest round trip, whose uncertainty is the smallest.
        """
        line = self._line
        self.offset_us, self.round_trip_us = offset_us, round_trip_us
        mono = line.centre.clock.now().mono
        if record:
            self._measured.clear()
        self._measured.append((round_trip_us, offset_us))
        if record or mono - self._entered_at >= line.letter.timers.line_check_s:
            self._entered_at = mono
            trip, offset = min(self._measured)
            await line.record("clock", {"offset_us": offset, "round_trip_us": trip})
        limit_ms = line.letter.clock.maximum_offset_ms
        if abs(offset_us) > limit_ms * 1000:
            await line.centre.bell.ring(
                "line.clock-offset",
                line.peer,
                "",
                f"the clock of {line.peer} is {offset_us / 1e6:+.1f} s off this node's; "
                f"the letter allows {limit_ms / 1000:g} s",
            )
        else:
            await line.centre.bell.clear("line.clock-offset", line.peer, "")
