"""Frames that wait to be handed to the transport, most urgent first.

What the transport has taken cannot be overtaken any more, so little of the lower precedences is
handed to it at once: FLASH then waits behind at most that much.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum

from hotline.wire.shapes import STREAMS


class Rank(IntEnum):
    """Order of sending. Envelopes of stream n > 0 follow the answers, in order of precedence."""

    CONTROL = 0
    FLASH = 1
    ANSWER = 2


_URGENT = 2
"""Ranks below this one are handed over whatever the transport still holds."""


class SendQueue:
    """One queue for each rank; its length is bounded by the windows and by what the node sends."""

    __slots__ = ("_queues", "size")

    def __init__(self) -> None:
        self._queues: list[deque[bytes]] = [deque() for _ in range(len(Rank) + STREAMS - 1)]
        # Bytes of all frames that wait.
        self.size = 0

    def put(self, rank: int, frame: bytes) -> None:
        """Add a frame of a rank."""
        self._queues[rank].append(frame)
        self.size += len(frame)

    def put_envelope(self, stream: int, frame: bytes) -> None:
        """Add an envelope of a stream."""
        self.put(_rank_of(stream), frame)

    def drop_envelopes(self, stream: int) -> None:
        """Take back the envelopes of a stream that the transport has not seen."""
        queue = self._queues[_rank_of(stream)]
        self.size -= sum(map(len, queue))
        queue.clear()

    def take(self, max_bytes: int) -> list[bytes]:
        """Return all urgent frames, and of the others as many as begin within ``max_bytes``."""
        taken: list[bytes] = []
        for rank, queue in enumerate(self._queues):
            while queue and (rank < _URGENT or max_bytes > 0):
                frame = queue.popleft()
                taken.append(frame)
                self.size -= len(frame)
                if rank >= _URGENT:
                    max_bytes -= len(frame)
        return taken

    def __len__(self) -> int:
        return sum(map(len, self._queues))


def _rank_of(stream: int) -> int:
    return Rank.FLASH if stream == 0 else Rank.ANSWER + stream
