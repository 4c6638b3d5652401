"""What an association is given: the terms of the line, the state to resume from, the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from hotline.errors import UsageError
from hotline.model.kinds import Status
from hotline.trust.keys import PublicKey, Role
from hotline.trust.merkle import Frontier
from hotline.trust.names import key_name
from hotline.wire.envelope import MAX_GROUP
from hotline.wire.shapes import NOTHING_BEFORE, STREAMS


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on two clocks.

    ``mono`` (seconds, never jumps back) runs the timers; ``wall_us`` (microseconds since the Unix
    epoch, UTC) is what the peer is told.
    """

    mono: float
    wall_us: int


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds, from the letter of agreement; ``heartbeat_s`` must be below the peer's receive."""

    heartbeat_s: float = 5.0
    receive_s: float = 12.0
    identification_s: float = 10.0

    def __post_init__(self) -> None:
        if not 0 < self.heartbeat_s < self.receive_s or self.identification_s <= 0:
            raise UsageError(
                "line.bad-timers",
                "a heartbeat must come before the receive timer runs out, and all timers run",
                "set heartbeat below receive, as FMTP has it",
            )


@dataclass(frozen=True, slots=True)
class Window:
    """How much may be under way without a receipt, per stream; one group may overshoot it.

    A stored group is never split, so as long as a window is open at all it takes one more.
    """

    max_messages: int = 2048
    max_groups: int = 1024
    max_bytes: int = 2 * 1024 * 1024

    @property
    def most_unreceipted(self) -> int:
        """How many messages of a stream can be under way at most."""
        return self.max_messages + MAX_GROUP - 1


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the peer may send a second on average; it may save up ``burst_s`` seconds of it."""

    frames_per_s: float = 20_000
    bytes_per_s: float = 64 * 1024 * 1024
    burst_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What is fixed about a line: who, under which status and letter, with which keys.

    ``own_origin`` and ``peer_origin`` are the origins of the two sides' logs of this line.
    """

    centre: str
    peer: str
    status: str
    epoch: int
    letter_hash: bytes
    own_origin: str
    peer_origin: str
    peer_signing: PublicKey
    peer_log: PublicKey
    peer_witness: PublicKey
    timers: Timers = field(default_factory=Timers)
    window: Window = field(default_factory=Window)
    rate: RateLimit = field(default_factory=RateLimit)

    @property
    def peer_witness_name(self) -> str:
        """The name under which the peer's witness key cosigns."""
        return key_name(Status(self.status), self.peer, Role.WITNESS)


@dataclass(frozen=True, slots=True)
class OutgoingState:
    """One outgoing stream, as the journal holds it.

    ``unreceipted_ids`` are the message ids of ``receipted_through + 1`` onwards that may have
    been sent already: all that are durable, or the first ``Window.most_unreceipted`` of them.
    """

    receipted_through: int = 0
    durable_through: int = 0
    unreceipted_ids: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingState:
    """One incoming stream, as the journal holds it: what comes next, and what came last."""

    next_expected: int = 1
    last_id: bytes = NOTHING_BEFORE


@dataclass(frozen=True, slots=True)
class ResumeState:
    """Everything durable that an association starts from; streams are in order of precedence.

    ``own_size`` and ``own_checkpoint`` are our log of this line and its newest signed note (empty
    while the log is); ``mirror`` is the frontier of the peer's log as far as we hold it (never
    changed in place), ``mirror_checkpoint`` the newest of its notes that we cosigned.
    """

    outgoing: tuple[OutgoingState, ...] = (OutgoingState(),) * STREAMS
    incoming: tuple[IncomingState, ...] = (IncomingState(),) * STREAMS
    own_size: int = 0
    own_checkpoint: bytes = b""
    mirror: Frontier = field(default_factory=Frontier)
    mirror_checkpoint: bytes = b""
