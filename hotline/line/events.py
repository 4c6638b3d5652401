"""What an association tells its node; drained with ``Association.events()``.

Order matters: events come in the order in which their causes did. ``GroupReceived`` and
``ReceiptVerified`` carry everything that the journal needs to make them durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from hotline.errors import RemoteError
from hotline.line.states import Input, State
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.merkle import Frontier
from hotline.wire.body import Body
from hotline.wire.frames import Hello, Receipt


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The association has moved."""

    old: State
    new: State


@dataclass(frozen=True, slots=True)
class PeerIdentified:
    """The peer's HELLO holds; the node now compares it with its journal, and associates or not.

    ``letter_differs``: the letters of agreement are not the same bytes; the association comes
    up all the same, and both sides alarm. ``checkpoint``: the peer's newest, verified; None while
    its log is empty. ``rolled_back``: the peer holds more of what this side said or logged than
    this side does, so ``associate`` will refuse. That ``hello.mirror_checkpoint`` agrees with
    our log is for the node to check, since only the journal can tell.
    """

    hello: Hello
    letter_differs: bool
    checkpoint: Checkpoint | None
    rolled_back: bool


@dataclass(frozen=True, slots=True)
class Associated:
    """Both STARTUPs have crossed: messages may flow."""


@dataclass(frozen=True, slots=True)
class GroupReceived:
    """A new group: signature, names, status, epoch, sequence and chain hold.

    ``spans`` are (offset, length) of each body within ``envelope``. Not durable yet: the node
    journals it, and only then sends a receipt.
    """

    stream: int
    first_seq: int
    envelope: bytes
    bodies: tuple[Body, ...]
    ids: tuple[bytes, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class GroupRepeated:
    """An authentic group of sequences that were taken before.

    The journal compares ids: the same is answered with the stored receipt, another is
    equivocation, and both are kept as evidence.
    """

    stream: int
    first_seq: int
    envelope: bytes
    bodies: tuple[Body, ...]
    ids: tuple[bytes, ...]


class Acknowledgement(NamedTuple):
    """``count`` of our messages of a stream that are durable at the peer since ``time_us``.

    Message ``first_seq + n`` is leaf ``first_index + n`` of the peer's log.
    """

    stream: int
    first_seq: int
    count: int  # type: ignore[assignment]  # tuple.count is not wanted of an acknowledgement
    first_index: int
    time_us: int


@dataclass(frozen=True, slots=True)
class ReceiptVerified:
    """A receipt that proves inclusion and consistency; ``frontier`` is the mirror after it.

    ``frontier`` is shared with the association: read it, copy it, never append to it.
    """

    receipt: Receipt
    checkpoint: Checkpoint
    frontier: Frontier
    acknowledged: list[Acknowledgement]


@dataclass(frozen=True, slots=True)
class ReceiptRepeated:
    """A receipt, properly signed, for a part of the peer's log that is mirrored already."""

    receipt: Receipt
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class CosignatureVerified:
    """The peer's witness signed a checkpoint of that size and root at ``timestamp_s`` (Unix).

    The signature holds; that this log ever had that root at that size is checked by the node.
    """

    size: int
    root: bytes
    line: str
    timestamp_s: int


@dataclass(frozen=True, slots=True)
class ClockMeasured:
    """The peer's clock is ``offset_us`` ahead of ours (negative: behind), NTP's way."""

    offset_us: int
    round_trip_us: int


@dataclass(frozen=True, slots=True)
class RejectionReceived:
    """The peer could not authenticate a message of ours (OLDI's logical rejection)."""

    stream: int
    seq: int
    message_id: bytes
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ResendRequested:
    """The peer missed something; the stream is rewound and ``wanted()`` says so."""

    stream: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ShutdownReceived:
    """The peer ended, or refused, the association and says why."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class PeerMisbehaved:
    """What the peer did wrong, with the frame as it came: evidence for the journal."""

    error: RemoteError
    frame: bytes


@dataclass(frozen=True, slots=True)
class Undefined:
    """Something that has no meaning in this state; it changed nothing."""

    event: Input
    state: State


@dataclass(frozen=True, slots=True)
class Closed:
    """The association is over; send what is left, then drop the connection.

    ``reason`` is None after an orderly end.
    """

    reason: RemoteError | None


Event = (
    StateChanged
    | PeerIdentified
    | Associated
    | GroupReceived
    | GroupRepeated
    | ReceiptVerified
    | ReceiptRepeated
    | CosignatureVerified
    | ClockMeasured
    | RejectionReceived
    | ResendRequested
    | ShutdownReceived
    | PeerMisbehaved
    | Undefined
    | Closed
)
