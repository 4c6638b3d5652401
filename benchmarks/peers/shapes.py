"""What is asked of a peer's sender, and what was found."""

from __future__ import annotations

import msgspec


class Load(msgspec.Struct, frozen=True):
    """So many messages in flight, new ones begun for so many seconds."""

    in_flight: int
    seconds: float


class Answer(msgspec.Struct, frozen=True):
    """One load as its sender saw it, from its first message until the last receipt is durable.

    ``cpu_s`` and ``octets`` are those of the sender's process: processor time of all its threads,
    and what its TCP connections carried in both directions.
    """

    messages: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_s: float
    octets: int


class Measured(msgspec.Struct, frozen=True):
    """One load of one peer with what all its processes spent, a message: the unit of the tables.

    ``octets`` is what went over all connections: with a broker, a message crosses two.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    sender_cpu_us: float
    receiver_cpu_us: float
    broker_cpu_us: float
    octets: float

    @property
    def cpu_us(self) -> float:
        """Processor time that one message costs the whole machine."""
        return self.sender_cpu_us + self.receiver_cpu_us + self.broker_cpu_us
