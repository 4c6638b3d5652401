"""Anchors of the node's own log in a line's log, by which the peer witnesses what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotline.errors import HotlineError
from hotline.journal.records import anchor

if TYPE_CHECKING:
    from hotline.journal.journal import Journal
    from hotline.node.line import Line

ANCHOR_EVERY_S = 60.0
"""At most one anchor of the node's own log in a line's in so long, but for line checks."""


class Anchoring:
    """Enters the node's own log in one line's, now and then."""

    def __init__(self, line: Line) -> None:
        self._line = line
        # Size of the node's own log in the newest anchor here, and when (monotonic) it was entered.
        self._size = 0
        self._entered_at: float | None = None

    async def enter(self) -> None:
        """Enter the node log's checkpoint in this line's log, so that the peer witnesses it.

        It is announced to the peer with it. Raises FencedError, JournalError.
        """
        line = self._line
        now_us = line.centre.clock.wall_us()

        def enter(journal: Journal) -> int:
            state = journal.line(line.peer)
            anchor(journal, state, now_us)
            state.seal_wanted = True
            return journal.node_log.size

        # Before it is durable: whoever asks meanwhile must not enter a second one.
        before, self._entered_at = self._entered_at, line.centre.clock.now().mono
        try:
            self._size = await line.centre.writer.do(enter)
        except HotlineError:
            self._entered_at = before
            raise

    @property
    def due(self) -> bool:
        """Whether the node's own log has to be anchored here: it has grown since, and may be.

        At most one a line in ``ANCHOR_EVERY_S``, or in the time that the letter gives the peer to
        cosign where that is shorter: an anchor can lead to an alarm, and so to an entry that has to
        be anchored, and two nodes must not keep each other busy with it.
        """
        line = self._line
        if line.centre.fenced is not None or line.held is not None or not line.met:
            return False
        if line.centre.journal.node_log.written <= self._size:
            return False
        every_s = min(ANCHOR_EVERY_S, line.letter.max_unwitnessed_s)
        now = line.centre.clock.now().mono
        return self._entered_at is None or now - self._entered_at >= every_s
