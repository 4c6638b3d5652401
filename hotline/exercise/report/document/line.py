"""What went over the line: messages, losses, receipts, and how the line stood."""

from __future__ import annotations

import msgspec

from hotline.exercise.report.document.part import Part, Ref, Spread


class MessageRow(Part, frozen=True):
    """One message of the exercise, as both journals have it.

    ``created`` and ``receipted`` are by the sender's clock, ``durable``, ``read`` and ``replied``
    by the recipient's. ``state`` is received, queued (durable at the sender, no receipt when the
    journals were collected) or lost. ``t`` is when it was composed, on the scenario's clock.
    """

    id: str
    sender: str
    recipient: str
    kind: str
    precedence: str
    seq: int
    reference: str
    title: str
    composed_by: str
    simulated: bool
    inject: str
    about: str
    answer: str
    t: float | None
    created: str
    durable: str | None
    receipted: str | None
    read: str | None
    read_by: str
    replied: str | None
    replied_by: str
    reply: str
    starts: str | None
    warning_s: float | None
    warning_needed_s: float | None
    flags: list[str]
    state: str
    sent: Ref | None
    received: Ref | None
    receipt_s: float | None
    read_s: float | None
    reply_s: float | None
    read_scenario_s: float | None
    reply_scenario_s: float | None
    deadline_s: float | None


class Loss(Part, frozen=True):
    """What was sent against what arrived. Empty lists are what must be.

    ``queued`` waited without a receipt when the journals were collected: it is not lost, it is at
    its sender. ``doubled`` and ``reordered`` are entries at the recipient.
    """

    sent: int
    received: int
    lost: list[str]
    queued: list[str]
    doubled: list[str]
    reordered: list[str]


class WarningTime(Part, frozen=True):
    """A notice's or revision's warning time beside the letter's minimum."""

    message: str
    reference: str
    title: str
    sender: str
    recipient: str
    precedence: str
    starts: str
    warning_s: float
    needed_s: float | None
    short: bool
    received: Ref | None


class ReceiptFigures(Part, frozen=True):
    """How long a centre's messages waited for the receipt, by its own clock.

    OLDI asks for 4 s for 90 % and 10 s for 99.8 %: the shares are of those outside of faults.
    """

    centre: str
    precedence: str
    sent: int
    receipted: int
    queued: int
    latency: Spread
    outside: int
    within_4s: float | None
    within_10s: float | None


class LineSpan(Part, frozen=True):
    """A line as one centre's node found it, from ``since`` until ``until``.

    ``faults`` are the injects that explain why it was down, ``explained`` says them in words.
    """

    centre: str
    up: bool
    since: str
    until: str
    seconds: float
    reason: str
    faults: list[str]
    evidence: Ref | None
    explained: list[str] = msgspec.field(default_factory=list)


class Availability(Part, frozen=True):
    """The share of the time that a centre's node found the line up.

    ``cuts`` counts the times that it was down, ``unexplained`` those that no fault explains;
    ``outside`` is the share of what no fault explains.
    """

    centre: str
    share: float
    outside: float
    up_s: float
    down_s: float
    cuts: int
    unexplained: int
    longest_s: float
