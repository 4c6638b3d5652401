"""What is asked of a pair, and what was found."""

from __future__ import annotations

from typing import Literal

import msgspec


class Case(msgspec.Struct, frozen=True):
    """A load: so many messages, so many of them in flight, none begun after so many seconds.

    None at all asks only to be answered when the line is up.

    Through the journal a message is checked, encoded, signed and entered. Through the desk it
    takes the officer's way, which also looks up what was said of the notice before.
    """

    messages: int
    in_flight: int
    through: Literal["journal", "desk"] = "journal"
    seconds: float | None = None
    awaited: bool = True
    """Whether each message's receipt is waited for; otherwise it is enough that it is entered."""


class Result(msgspec.Struct, frozen=True):
    """One load as its sender saw it.

    Octets are those of the TCP connection: TLS, WebSocket and frames included, acknowledged by
    the other end. ``body_octets`` is the size of one signed body. ``cpu_s`` is the process's, all
    threads.
    """

    messages: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_s: float
    octets_out: int
    octets_in: int
    groups: int
    receipts: int
    entries: int
    body_octets: int


class Measured(msgspec.Struct, frozen=True):
    """One load with what its receiver spent, a message: the unit of the tables."""

    per_s: float
    p50_ms: float
    p99_ms: float
    sender_cpu_us: float
    receiver_cpu_us: float
    octets_out: float
    octets_in: float
    messages_a_group: float
    messages_a_receipt: float


class Machine(msgspec.Struct, frozen=True):
    """What one step costs on this machine with nothing around it: the limits of any design."""

    sign_us: float
    verify_us: float
    hash_us: float
    fdatasync_us: float
    commit_us: float

    @property
    def floor_ms(self) -> float:
        """Milliseconds that a lone message cannot do without, whatever the program.

        The group and the receipt are each signed and verified, and three transactions follow
        one another: entered here, entered there, the receipt entered here.
        """
        return (2 * self.sign_us + 2 * self.verify_us + 3 * self.commit_us) / 1e3


class Outage(msgspec.Struct, frozen=True):
    """So many messages that waited while the peer was away, and what came of them.

    Seconds count from the start of the peer's process: until it listens, until the line is up,
    until the last receipt is verified and durable at the sender.
    """

    messages: int
    entered_per_s: float
    ready_s: float
    up_s: float
    seconds: float


class Recovery(msgspec.Struct, frozen=True):
    """What followed a kill -9 of one node under load; seconds from the start of its new process.

    ``ready_s`` until the receiver listens, or the sender has its line; ``seconds`` until all that
    was on its way and one message more have their receipts, verified and durable.
    """

    killed: str
    entries: int
    ready_s: float
    seconds: float


class Growth(msgspec.Struct, frozen=True):
    """Where both nodes stood when the sender's log had so many entries; memory in KiB."""

    entries: int
    per_s: float
    sender_kib: int
    receiver_kib: int
    sender_peak_kib: int
    receiver_peak_kib: int


class Figure(msgspec.Struct, frozen=True):
    """One thing measured of the audit: how many a second, and how long the whole of it took.

    A rate is None where only the duration means something, and the other way round. Memory is the
    most that one process took; ``mb_per_s`` is what was written, in megabytes of 10^6 octets.
    """

    name: str
    per_s: float | None
    unit: str
    seconds: float | None = None
    peak_mib: float | None = None
    mb_per_s: float | None = None


class Cost(msgspec.Struct, frozen=True):
    """What a record of so many entries costs its owner; seconds, and octets on disk.

    ``append_per_s`` is over the last tenth of the entries, with both sides' journals and all their
    commits. Opening is what a node does when it starts; a verification uses all cores.
    """

    entries: int
    group_limit: int
    octets: int
    append_per_s: float
    open_s: float
    verify_s: float
    verify_peak_mib: float
    verify_new_s: float
    proof_s: float
    find_s: float
    search_s: float
    export_s: float
    export_octets: int
