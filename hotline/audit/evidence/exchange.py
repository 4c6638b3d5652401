"""What a file proves, once every step has passed: from signed fields alone, but for one name.

Times are microseconds since 1970 UTC, by the clock of the centre that signed them.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotline.model.kinds import Status
from hotline.model.letter import banner
from hotline.model.messages import Message, Notice, Reply, Revision
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint
from hotline.wire.body import Body
from hotline.wire.records import Flag


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A witness saw a log's first ``size`` entries, at a second (since 1970) of its own clock.

    ``witness`` is a centre's id, or the name of an outside witness.
    """

    witness: str
    at_s: int
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a centre's log, under that log's signature over its first ``size`` entries.

    ``witnessed`` holds each witness's first sight of it, in the order of their clocks.
    """

    centre: str
    origin: str
    index: int
    time_us: int
    size: int
    witnessed: tuple[Witnessed, ...]

    def seen_by(self, centre: str) -> bool:
        """Whether that centre has cosigned it."""
        return any(sight.witness == centre for sight in self.witnessed)


@dataclass(frozen=True, slots=True)
class Said:
    """One signed message; ``message`` is None where its payload cannot be read.

    ``sent`` is its entry in the sender's log, ``received`` in the recipient's, None where there is
    no proof. The time of ``received`` is when it was durable there.
    """

    id: bytes
    body: Body
    message: Message | None
    sent: Entry | None
    received: Entry | None

    @property
    def reference(self) -> str:
        """The reference that it bears; empty without any."""
        return getattr(self.message, "reference", "")

    @property
    def answers(self) -> bytes | None:
        """The id of the message that it answers; None for what is no reply."""
        if not isinstance(self.message, Reply):
            return None
        try:
            return bytes.fromhex(self.message.to)
        except ValueError:
            return None

    @property
    def start_us(self) -> int | None:
        """The earliest start that it announces; None for what announces none."""
        if not isinstance(self.message, Notice | Revision):
            return None
        starts = (volume.start_us for volume in self.message.volumes)
        return min((start for start in starts if start is not None), default=None)

    @property
    def warning_us(self) -> int | None:
        """Its warning time: from durable at the recipient, by that clock, to the start."""
        if self.start_us is None or self.received is None:
            return None
        return self.start_us - self.received.time_us


@dataclass(frozen=True, slots=True)
class Reading:
    """An officer opened a message, as the officer's centre entered it."""

    message: bytes
    officer: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Remarks:
    """What the recipient's desk flagged when it took a message, as its centre entered it."""

    message: bytes
    flags: tuple[Flag, ...]
    entry: Entry


@dataclass(frozen=True, slots=True)
class Taken:
    """The sender entered the receipt for these messages: a checkpoint of ``size`` entries."""

    messages: frozenset[bytes]
    size: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Clock:
    """A centre's measurement: the other's clock minus its own, true within half a round trip."""

    entry: Entry
    offset_us: int
    round_trip_us: int

    @property
    def uncertainty_us(self) -> int:
        """How far off the offset can be."""
        return (self.round_trip_us + 1) // 2


@dataclass(frozen=True, slots=True)
class Unproven:
    """One thing that is not proven (a code of docs/spec/evidence.md) of one message, or of none."""

    code: str
    message: bytes | None = None


@dataclass(frozen=True, slots=True)
class LogSeen:
    """One centre's log as the file shows it: its checkpoints as signed, smallest first."""

    centre: str
    origin: str
    notes: tuple[bytes, ...]
    checkpoints: tuple[Checkpoint, ...]
    witnessed: tuple[Witnessed, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """All that a file proves; ``logs`` and ``cards`` are of the two centres, by id.

    ``exercise`` is the one thing here that nothing proves: how the record of ``stated_by``, from
    which the file was made, names the exercise. That it is one is signed, as ``status``.
    """

    status: Status
    epoch: int
    cards: tuple[Card, Card]
    logs: tuple[LogSeen, LogSeen]
    messages: tuple[Said, ...]
    remarks: tuple[Remarks, ...]
    readings: tuple[Reading, ...]
    taken: tuple[Taken, ...]
    clocks: tuple[Clock, ...]
    unproven: tuple[Unproven, ...]
    # For each hash of a part of a log that was computed on the way: (log, first, end) to hash.
    parts: dict[tuple[str, int, int], bytes]
    exercise: str = ""
    stated_by: str = ""

    @property
    def traffic(self) -> str:
        """What all that is told of this is marked with; empty for actual traffic."""
        return banner(self.status, [self.exercise])

    def other(self, centre: str) -> str:
        """Return the other one of the two centres."""
        return next(card.centre for card in self.cards if card.centre != centre)
