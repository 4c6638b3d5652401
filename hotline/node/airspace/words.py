"""What words say against numbers, read within a part of the time.

That takes longer to find out than all else, and a peer decides how much it sends: no more than a
part of the time is spent on it. What would hold the loop is read in a thread before the message
gets here; what is left is read afterwards, as time allows, and alarmed about; if even that is too
much, one alarm says that not all was read.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Final

import structlog

from hotline.airspace.contradictions import contradictions
from hotline.model.letter import Letter
from hotline.model.messages import Notice, Revision
from hotline.wire.records import Flag

SHARE: Final = 0.05
"""The part of the time that may be spent on reading words."""
MOST_S: Final = 0.050
"""Seconds of it that may be saved up."""
MAX_UNREAD: Final = 1_000
"""Notices that wait to be read."""
MAX_POINTS: Final = 1_000
"""Positions of a notice that waits: what has more is read at once or not at all."""
NOT_READ: Final = Flag(
    "airspace.words-unread",
    "this node met a fault of its own reading its words; hold them against the numbers yourself",
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Words:
    """What was found to be said against the numbers, and how much work that was, in seconds."""

    flags: tuple[Flag, ...]
    took_s: float


def words_of(message: Notice | Revision, letter: Letter, now_us: int) -> Words:
    """Read the words of a notice; may be called in any thread."""
    begun = time.thread_time()
    try:
        found = contradictions(message, letter, now_us)
        flags = tuple(Flag(one.code, one.text, one.field) for one in found)
    except Exception as error:  # a defect of ours must not drop the line
        flags = (NOT_READ,)
        _log.error("words_unread", reference=message.reference[:80], exc_info=error)
    return Words(flags, time.thread_time() - begun)


class WordReader:
    """Reads the words of notices of one line, within its share of the time."""

    def __init__(self, letter: Letter) -> None:
        self._letter = letter
        self._left_s = MOST_S
        self._at = time.perf_counter()
        self._unread: deque[tuple[Notice | Revision, int]] = deque()
        # Whether notices were left unread since all was read.
        self.overburdened = False

    def __len__(self) -> int:
        return len(self._unread)

    @property
    def ready(self) -> bool:
        """Whether something may be read now; may be asked from any thread."""
        return self._left_s + (time.perf_counter() - self._at) * SHARE > 0

    def read(
        self, message: Notice | Revision, now_us: int, deadline: float, words: Words | None = None
    ) -> tuple[Flag, ...]:
        """Return flags for what a notice says against itself; none yet where it has to wait.

        ``words`` are what a thread has read of it already.
        """
        if words is None and self._refreshed() and time.perf_counter() < deadline:
            words = words_of(message, self._letter, now_us)
        if words is not None:
            self.spend(words)
            return words.flags
        points = sum(len(volume.points) for volume in message.volumes)
        if len(self._unread) >= MAX_UNREAD or points > MAX_POINTS:
            self.overburdened = True
        else:
            self._unread.append((message, now_us))
        return ()

    def next(self) -> tuple[Notice | Revision, int] | None:
        """Take what is to be read next, with when it came; None where there is nothing or no time.

        What was found of it, is told by `spend`.
        """
        if self._unread and self._refreshed():
            return self._unread.popleft()
        if not self._unread:
            self.overburdened = False
        return None

    def spend(self, words: Words) -> None:
        """Count what was read."""
        self._left_s -= words.took_s

    def _refreshed(self) -> bool:
        """Add what the time since the last look allows for; say whether something is left."""
        now = time.perf_counter()
        self._left_s = min(MOST_S, self._left_s + (now - self._at) * SHARE)
        self._at = now
        return self._left_s > 0
