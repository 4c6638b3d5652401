"""Groups of a line that are durable here and wait for their receipts, kept in memory."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hotline.journal.state import STREAMS, OutGroup

RECENT_BYTES = 8 * 1024 * 1024
"""Groups kept in memory until they are receipted; what is beyond is read from the journal."""


@dataclass(slots=True)
class Recent:
    """Groups of one line that are durable here and not receipted yet, oldest first a stream."""

    by_seq: dict[tuple[int, int], OutGroup] = field(default_factory=dict)
    order: list[deque[OutGroup]] = field(default_factory=lambda: [deque() for _ in range(STREAMS)])
    octets: int = 0

    def get(self, key: tuple[int, int]) -> OutGroup | None:
        """Return the group of (stream, first sequence number), if it is still in memory."""
        return self.by_seq.get(key)

    def add(self, group: OutGroup) -> None:
        """Keep a group, unless memory is taken up by older ones."""
        if self.octets + len(group.envelope) > RECENT_BYTES:
            return
        self.octets += len(group.envelope)
        self.by_seq[group.stream, group.first_seq] = group
        self.order[group.stream].append(group)

    def drop_through(self, stream: int, seq: int) -> list[OutGroup]:
        """Forget the groups of a stream up to a receipted sequence number; return them."""
        dropped = []
        waiting = self.order[stream]
        while waiting and waiting[0].first_seq <= seq:
            group = waiting.popleft()
            self.octets -= len(group.envelope)
            del self.by_seq[stream, group.first_seq]
            dropped.append(group)
        return dropped

    def oldest(self, stream: int, seq: int) -> OutGroup | None:
        """Return the group that begins with ``seq``, when it is the oldest in memory."""
        waiting = self.order[stream]
        return waiting[0] if waiting and waiting[0].first_seq == seq else None
