"""What is asked of a pair, and what was found."""

from __future__ import annotations

from typing import Literal

import msgspec


class Case(msgspec.Struct, frozen=True):
    """A load: so many messages, so many of them in flight.

    Through the journal a message is checked, encoded, signed and entered. Through the desk it
    takes the officer's way, which also looks up what was said of the notice before.
    """

    messages: int
    in_flight: int
    through: Literal["journal", "desk"] = "journal"


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


class Growth(msgspec.Struct, frozen=True):
    """Where both nodes stood when the sender's log had so many entries; memory in KiB."""

    entries: int
    per_s: float
    sender_kib: int
    receiver_kib: int
    sender_peak_kib: int
    receiver_peak_kib: int
