"""One outgoing stream: what is durable, what is under way, what the peer has receipted.

Three marks run through the sequence: receipted <= sent <= durable. Between the first two lie the
ids of messages under way, which is what receipts are checked against. The *cursor* is the next
message to hand over: behind ``sent`` after the peer asked for something again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from hotline.errors import LineError, UsageError
from hotline.line.terms import OutgoingState, Window
from hotline.wire.frames import Resend


@dataclass(frozen=True, slots=True)
class Want:
    """What may be sent now of a stream: the stored group that begins with ``from_seq``.

    Groups that are not formed yet should stay within ``max_messages`` and ``max_bytes``; one
    that is formed already is sent whole.
    """

    stream: int
    from_seq: int
    max_messages: int
    max_bytes: int


class OutgoingStream:
    """The sender's side of one stream."""

    __slots__ = (
        "_bytes",
        "_cursor",
        "_groups",
        "_ids",
        "_last_resend",
        "_receipted",
        "_sent",
        "_stream",
        "_window",
        "durable_through",
    )

    def __init__(self, stream: int, state: OutgoingState, window: Window) -> None:
        known = len(state.unreceipted_ids)
        if not state.receipted_through + known <= state.durable_through:
            raise UsageError(
                "line.bad-resume-state",
                f"stream {stream} has receipts or ids for more than is durable",
                "read the state of all streams in one journal transaction",
            )
        self._stream = stream
        self._window = window
        self.durable_through = state.durable_through
        self._receipted = self._sent = state.receipted_through
        self._cursor = self._receipted + 1
        # Ids of receipted + 1 onwards; may reach beyond what this connection has sent.
        self._ids = deque(state.unreceipted_ids)
        # (first sequence, count, bytes) of each group handed over and not wholly receipted.
        self._groups: deque[tuple[int, int, int]] = deque()
        self._bytes = 0
        # Set while the peer has asked for a sequence and nothing has shown that it came.
        self._last_resend = 0

    @property
    def receipted_through(self) -> int:
        """The last sequence that the peer has proved durable."""
        return self._receipted

    @property
    def sent_through(self) -> int:
        """The last sequence that the peer can have."""
        return self._sent

    def resume(self, next_expected: int) -> None:
        """Take the peer's word for what it holds durable; what it lacks is sent again.

        Raises ``LineError`` ``line.peer-rolled-back`` if the peer asks for what it receipted.
        """
        if next_expected <= self._receipted:
            raise LineError(
                "line.peer-rolled-back",
                f"the peer expects {next_expected} of stream {self._stream}, but has given "
                f"receipts through {self._receipted}",
                "the peer has lost part of its journal; its operators must recover it",
            )
        # A peer ahead of what we have is the node's alarm (see PeerIdentified.rolled_back).
        self._sent = min(next_expected - 1, self._receipted + len(self._ids))
        self._cursor = self._sent + 1

    def rewind_all(self) -> None:
        """Forget what is under way, because the association ended: it will be sent again."""
        self._rewind(self._receipted + 1)
        self._last_resend = 0

    def want(self) -> Want | None:
        """Return what may be sent next, or None: nothing durable, or no window open."""
        available = self.durable_through - self._cursor + 1
        messages = self._window.max_messages - (self._cursor - 1 - self._receipted)
        size = self._window.max_bytes - self._bytes
        if min(available, messages, size, self._window.max_groups - len(self._groups)) <= 0:
            return None
        return Want(self._stream, self._cursor, min(messages, available), size)

    def hand_over(self, first_seq: int, ids: Sequence[bytes], size: int) -> bool:
        """Note that a group is on its way; False if it is not what is wanted now.

        Raises ``UsageError``: ``line.not-durable``, ``line.other-message`` (the same sequence
        was sent with another content before).
        """
        if first_seq != self._cursor or self.want() is None:
            return False
        through = first_seq + len(ids) - 1
        if not ids or through > self.durable_through:
            raise UsageError(
                "line.not-durable",
                f"messages through {through} of stream {self._stream} were handed over, but only "
                f"those through {self.durable_through} are durable",
                "send what the journal has committed, and nothing else",
            )
        at = first_seq - self._receipted - 1
        known = list(islice(self._ids, at, at + len(ids)))
        if known != list(ids[: len(known)]):
            raise UsageError(
                "line.other-message",
                f"a message of stream {self._stream} from {first_seq} on differs from what was "
                "sent under its number before",
                "a retry sends the stored bytes",
            )
        self._ids.extend(ids[len(known) :])
        self._groups.append((first_seq, len(ids), size))
        self._bytes += size
        self._cursor = through + 1
        self._sent = max(self._sent, through)
        return True

    def resend(self, frame: Resend) -> None:
        """Go back to what the peer misses.

        Raises ``LineError``: ``line.resend-not-sent``, ``line.resend-receipted``, and
        ``line.resend-loop`` when the peer asks again for what was just sent again.
        """
        if frame.last > self._sent:
            raise LineError("line.resend-not-sent", f"{frame} asks for what was never sent")
        if frame.first <= self._receipted:
            raise LineError("line.resend-receipted", f"{frame} asks for what the peer receipted")
        if frame.first <= self._last_resend:
            raise LineError("line.resend-loop", f"{frame} came before, and sending did not help")
        self._last_resend = frame.first
        self._rewind(frame.first)

    def under_way(self, first_seq: int, count: int) -> Sequence[bytes]:
        """Return the ids of messages under way, for checking a receipt.

        Raises ``LineError`` ``line.receipt-not-sent``.
        """
        if first_seq <= self._receipted or first_seq + count - 1 > self._sent:
            raise LineError(
                "line.receipt-not-sent",
                f"a receipt for {first_seq}+{count} of stream {self._stream}, of which "
                f"{self._receipted + 1} to {self._sent} are under way",
            )
        at = first_seq - self._receipted - 1
        return list(islice(self._ids, at, at + count))

    def acknowledge(self, count: int) -> None:
        """Take ``count`` messages off the head of what is under way: they are receipted."""
        for _ in range(count):
            self._ids.popleft()
        self._receipted += count
        self._last_resend = 0
        if self._cursor <= self._receipted:
            # A receipt for what was to be sent again: the peer had it after all.
            self._cursor = self._receipted + 1
        while self._groups and self._groups[0][0] + self._groups[0][1] - 1 <= self._receipted:
            self._bytes -= self._groups.popleft()[2]

    def _rewind(self, first: int) -> None:
        while self._groups and self._groups[-1][0] + self._groups[-1][1] > first:
            first_seq, _, size = self._groups.pop()
            # A group is sent whole or not at all, so go back to where it begins.
            first = min(first, max(first_seq, self._receipted + 1))
            self._bytes -= size
        self._cursor = first
