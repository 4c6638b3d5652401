"""What a reconciliation finds. Pure data: the engine fills it in, the reports show it.

Times are microseconds since 1970 UTC, each by the clock of the centre that is named; ``a`` and
``b`` are the two sides as they were given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hotline.audit.reconcile.codes import MEANINGS, Meaning

SideName = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class LogState:
    """One log of a side, with the root over its entries.

    ``signed`` and ``signed_root`` are the size and root of its newest checkpoint, which its owner
    signed and which is of this tree. Where it is not, they are None.
    """

    origin: str
    size: int
    root: bytes
    signed: int | None
    signed_root: bytes | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """Whose record this is, where it was read, and how far it goes.

    ``source`` is what the user named; ``form`` is ``journal`` (a node's or a backup's directory) or
    ``export``. ``complete`` is false where a record says itself that it ends at a checkpoint of the
    past. ``verified`` tells whether the record by itself holds; None when it was not asked.
    ``traffic`` is what the record is marked with; empty for actual traffic.
    """

    centre: str
    source: str
    form: str
    complete: bool
    verified: bool | None
    logs: tuple[LogState, ...]
    first_us: int | None
    last_us: int | None
    fingerprint: bytes
    traffic: str = ""


@dataclass(frozen=True, slots=True)
class EntryRef:
    """One entry, so that both sides can look it up."""

    log: str
    entry: int
    time_us: int
    message: bytes | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which the records disagree; ``code`` is one of ``docs/spec/reconcile.md``.

    ``a`` and ``b`` are the entries on each side; None where a side has none, which ``text`` says.
    ``proof`` holds signed notes that show it to anybody, such as both notes of a fork.
    """

    code: str
    text: str
    a: EntryRef | None
    b: EntryRef | None
    proof: tuple[bytes, ...] = ()

    @property
    def meaning(self) -> Meaning:
        """What the code stands for, and what to do."""
        return MEANINGS[self.code]


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader should know and what is no difference, such as clocks that do not fit."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Open:
    """What is not yet comparable, and no difference: in flight, or after a record's end."""

    text: str
    side: SideName
    entries: int
    first: EntryRef | None


@dataclass(frozen=True, slots=True)
class Clock:
    """How far b's clock is ahead of a's, as one side measured it; all in microseconds.

    ``uncertainty_us`` is half of the shortest round trip: the true offset lies within it.
    ``earliest_us`` and ``latest_us`` are the extremes over all samples. ``measured_by`` is ``both``
    for the estimate in which both directions agree.
    """

    measured_by: Literal["a", "b", "both"]
    samples: int
    offset_us: int
    uncertainty_us: int
    earliest_us: int
    latest_us: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message that both (or only one) of the records hold, for the timeline.

    ``created_us`` is by the sender's clock, ``durable_us`` by the recipient's as its own log says,
    ``receipt_says_us`` the same moment as the sender's copy of the receipt says, ``taken_us`` when
    the sender had verified that receipt, by the sender's clock. ``start_us`` is the earliest start
    of what a notice announces. ``composed_by`` is the name in the message. ``different`` marks a
    message that a difference is about.
    """

    sender: SideName
    kind: str
    precedence: str
    seq: int
    message: bytes
    reference: str | None
    about: bytes | None
    title: str
    created_us: int
    durable_us: int | None
    receipt_says_us: int | None
    taken_us: int | None
    start_us: int | None
    read_by: str | None
    read_us: int | None
    different: bool
    sent_entry: int | None
    received_entry: int | None
    composed_by: str | None = None
    # Of a notice: the number of its revision, whether a later one took its place, and when it was
    # withdrawn, by the sender's clock; as far as both are among the messages that are listed.
    revision: int | None = None
    superseded: bool = False
    withdrawn_us: int | None = None

    def warning_by_recipient_us(self) -> int | None:
        """Return the warning time by the recipient's clock: start minus durable there."""
        if self.start_us is None or self.durable_us is None:
            return None
        return self.start_us - self.durable_us

    def warning_by_sender_us(self, clock: Clock | None) -> int | None:
        """Return the warning time by the sender's clock: the same moment, moved by the offset.

        The sender knows that moment from the receipt; without one, it is the recipient's word.
        """
        moment_us = self.durable_us if self.receipt_says_us is None else self.receipt_says_us
        if self.start_us is None or moment_us is None or clock is None:
            return None
        ahead = clock.offset_us if self.sender == "a" else -clock.offset_us
        return self.start_us - (moment_us - ahead)


@dataclass(slots=True)
class Reconciliation:
    """Two records compared. ``exchanges`` is bounded; ``exchanges_left_out`` says by how much."""

    status: str
    a: Side
    b: Side
    # Epochs of the line that both records hold.
    epochs: tuple[int, ...] = ()
    # Entries compared on each side, messages that both hold, checkpoints held against a tree.
    entries: int = 0
    messages: int = 0
    checkpoints: int = 0
    # Epochs whose entries lie in an archived segment and not in both records.
    archived: tuple[int, ...] = ()
    differences: list[Difference] = field(default_factory=list)
    # Differences beyond those that are listed.
    differences_left_out: int = 0
    open: list[Open] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    exchanges_left_out: int = 0

    @property
    def traffic(self) -> str:
        """What all that is told of this is marked with: ``EXERCISE`` and its name, or ``TEST``.

        Where the two records name it otherwise, both names; empty for actual traffic alone.
        """
        marks = {side.traffic for side in (self.a, self.b) if side.traffic}
        named = [mark for mark in marks if " " in mark] or sorted(marks)
        bare = "" if self.status == "actual" else self.status.upper()
        return "; ".join(sorted(named)) or bare

    @property
    def agree(self) -> bool:
        """Whether the records agree in everything that both can know."""
        return self.compared and not self.differences and not self.differences_left_out

    @property
    def compared(self) -> bool:
        """Whether anything of one record was held against the other: nothing proves nothing.

        Where epochs lie in segments, it takes a message: a later epoch may just have begun.
        """
        return self.messages > 0 or (self.checkpoints > 0 and not self.archived)

    @property
    def why_nothing(self) -> str:
        """Return why nothing could be compared, and what to do; "" where something was."""
        if self.compared:
            return ""
        if self.archived:
            epochs = ", ".join(str(epoch) for epoch in self.archived)
            return (
                f"what was said lies in an archived segment (epoch {epochs}): give that segment in "
                "place of the record that it was taken out of"
            )
        return "no message and no checkpoint is in both: give records in which something was said"

    @property
    def clock(self) -> Clock | None:
        """Return the best estimate of b's clock minus a's."""
        return next((one for one in self.clocks if one.measured_by == "both"), None) or next(
            iter(self.clocks), None
        )
