"""By which clock a notice is over: while two clocks are known to differ, by the one that is behind.

A node whose clock is hours ahead would take out what its peer still flies, and show nothing. Which
of the two is wrong no node can tell, so nothing expires before both say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotline.model.times import SECOND_US

if TYPE_CHECKING:
    from hotline.node.line import Line

UNSURE_US: Final = 86_400 * SECOND_US
"""How much behind the peer's clock is taken to be while an alarm says that it differs, and this
node has not measured by how much since it started."""


def expiring_us(line: Line, now_us: int) -> int:
    """Return the moment by which notices of a line expire, in microseconds since 1970.

    ``now_us`` by this node's clock; earlier while the peer's clock is behind by more than the
    letter allows.
    """
    offset_us = line.peer_clock.offset_us
    if offset_us is None:
        alarmed = line.centre.bell.active("line.clock-offset", line.peer)
        return now_us - UNSURE_US if alarmed else now_us
    return now_us + offset_us if -offset_us > line.letter.clock.maximum_offset_ms * 1000 else now_us


def behind_us(line: Line) -> int:
    """Return by how much later than at this node's own moment notices of a line expire; 0 or more.

    Whoever looks at any moment sees at it what has not expired so much earlier.
    """
    now_us = line.centre.clock.wall_us()
    return now_us - expiring_us(line, now_us)
