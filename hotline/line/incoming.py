"""One incoming stream, and the verification of an envelope.

The numbered steps are those of ``docs/spec/wire.md``, section 6. Steps 1 to 6 make a group
authentic and whole whatever the state of the stream; step 7 finds its place in the stream. Only
step 8 changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from hotline.errors import LineError
from hotline.line.terms import IncomingState, Terms
from hotline.wire.body import Body, decode_body, message_id
from hotline.wire.envelope import Envelope, decode_envelope, verify_group
from hotline.wire.frames import EnvelopeFrame


class Place(Enum):
    """Where a group lies in its stream."""

    NEXT = auto()
    REPEATED = auto()
    AFTER_A_GAP = auto()


@dataclass(frozen=True, slots=True)
class Group:
    """An authentic group: who, what and in which order is beyond doubt."""

    stream: int
    first_seq: int
    opened: Envelope
    bodies: tuple[Body, ...]
    ids: tuple[bytes, ...]


def open_group(frame: EnvelopeFrame, terms: Terms) -> Group:
    """Verify an envelope as far as it can be without the state of the stream (steps 2 to 6).

    Raises ``WireError`` from the decoders, ``TrustError`` ``trust.bad-signature``, and
    ``LineError``: ``line.wrong-sender``, ``line.wrong-recipient``, ``line.wrong-status``,
    ``line.wrong-epoch``, ``line.wrong-stream``, ``line.wrong-sequence``, ``line.broken-chain``.
    """
    # 2. The envelope is one version 1 array, within its limits and in its one encoding.
    opened = decode_envelope(frame.envelope)
    # 3. The peer's signing key signed the root over the bodies, as bytes.
    verify_group(opened, terms.peer_signing)
    # 4. Each body is well-formed.
    bodies = tuple(map(decode_body, opened.bodies))
    ids = tuple(map(message_id, opened.bodies))
    seq = frame.first_seq
    previous = None
    for body, body_id in zip(bodies, ids, strict=True):
        # 5. From the peer, to us, under this line's status and epoch.
        if body.sender != terms.peer:
            raise LineError("line.wrong-sender", f"a message from {body.sender}, not {terms.peer}")
        if body.recipient != terms.centre:
            raise LineError("line.wrong-recipient", f"a message to {body.recipient}, not to us")
        if body.status != terms.status:
            raise LineError(
                "line.wrong-status", f"a message of status {body.status} on {terms.status} line"
            )
        if body.epoch != terms.epoch:
            raise LineError(
                "line.wrong-epoch", f"a message of epoch {body.epoch}; the line's is {terms.epoch}"
            )
        # 6. One stream, the one that the frame names, counted and chained without a break.
        if body.precedence != frame.stream:
            raise LineError(
                "line.wrong-stream",
                f"a message of precedence {body.precedence} in stream {frame.stream}",
            )
        if body.seq != seq:
            raise LineError("line.wrong-sequence", f"message {body.seq} in the place of {seq}")
        if previous is not None and body.previous != previous:
            raise LineError("line.broken-chain", f"message {seq} does not follow {seq - 1}")
        previous = body_id
        seq += 1
    return Group(frame.stream, frame.first_seq, opened, bodies, ids)


class IncomingStream:
    """The receiver's side of one stream: what comes next, and whether something is missing."""

    __slots__ = ("gap_since", "last_id", "next_expected")

    def __init__(self, state: IncomingState) -> None:
        self.next_expected = state.next_expected
        self.last_id = state.last_id
        # Set (monotonic seconds) from the RESEND that asks for next_expected until it comes.
        self.gap_since: float | None = None

    def place(self, group: Group) -> Place:
        """Find a group's place (step 7); changes nothing.

        Raises ``LineError``: ``line.straddling-group`` for one that is old in part, and
        ``line.broken-chain`` for a next one that does not follow the last.
        """
        expected, end = self.next_expected, group.first_seq + len(group.ids)
        if group.first_seq > expected:
            return Place.AFTER_A_GAP
        if end <= expected:
            return Place.REPEATED
        if group.first_seq < expected:
            raise LineError(
                "line.straddling-group",
                f"messages {group.first_seq} to {end - 1} in one group, of which those before "
                f"{expected} were taken in another",
            )
        if group.bodies[0].previous != self.last_id:
            raise LineError(
                "line.broken-chain", f"message {expected} does not follow {expected - 1}"
            )
        return Place.NEXT

    def take(self, group: Group) -> None:
        """Move on behind a group whose place is next (step 8)."""
        self.next_expected = group.first_seq + len(group.ids)
        self.last_id = group.ids[-1]
        self.gap_since = None
