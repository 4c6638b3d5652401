"""Faults of this program, met while the notices of a line were compared: logged, counted, alarmed.

A fault ends at the notice that it came with (`hotline.airspace.stumbling`); the line, the officer
and all other notices go on. So nobody would know of it but for this.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from hotline.node.line import Line

LOGGED_EVERY_S: Final = 1.0
"""A peer that knows how to bring a fault about must not fill the log; all are counted."""
MOST_UNSAID: Final = 100
"""Notices that are held until an alarm says of them."""
CODE: Final = "airspace.possible"
TEXT: Final = "possible conflict with anything: this node met a fault of its own comparing it"

_log = structlog.get_logger()


class Stumbles:
    """Takes note of the faults on one line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._unsaid: deque[str] = deque(maxlen=MOST_UNSAID)
        self._logged_at = -LOGGED_EVERY_S

    def note(self, reference: str, error: Exception) -> None:
        """Take note of a fault with a notice; may be called in any thread."""
        peer = self._line.peer
        self._line.centre.metrics.stumbles.labels(peer).inc()
        now = time.monotonic()
        if now - self._logged_at >= LOGGED_EVERY_S:
            self._logged_at = now
            _log.error("airspace_stumbled", line=peer, reference=reference[:80], exc_info=error)
        self._unsaid.append(reference)

    def take(self) -> dict[tuple[str, str], str]:
        """Return, once, the alarms about faults since the last call: texts by code and subject."""
        alarms = {}
        while self._unsaid:
            alarms[CODE, self._unsaid.popleft()] = TEXT
        return alarms
