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


class Limits(msgspec.Struct, frozen=True):
    """What one step costs on this machine with nothing around it, in microseconds."""

    sign_us: float
    verify_us: float
    fdatasync_us: float
    commit_us: float
    group_commit_us: float
    """A row, where one commit takes 64."""
    echo_us: float
    """A message there and a receipt back over TLS 1.3 on loopback, between two processes."""

    @property
    def floor_ms(self) -> float:
        """Milliseconds that a lone message cannot do without: the work that all peers share.

        Message and receipt are each signed and verified and kept, and go there and back.
        """
        steps = self.sign_us + self.verify_us + self.commit_us
        return (2 * steps + self.echo_us) / 1e3

    @property
    def kept_first_ms(self) -> float:
        """The same where the sender keeps each message before it sends it, as hotline does."""
        return self.floor_ms + self.commit_us / 1e3
