"""What was checked before anything was counted, and by which clocks."""

from __future__ import annotations

import msgspec

from hotline.exercise.report.document.part import Part, Ref


class LogPart(Part, frozen=True):
    """One log as it was verified: its size and root, and how far it was cosigned."""

    centre: str
    origin: str
    entries: int
    root: str


class Proof(Part, frozen=True):
    """What was checked before a word of this was written.

    ``record`` is SHA-256 of the record's line that both journals hold; ``bound`` are the entries
    that hold it. ``explained`` are differences of the two journals that the exercise itself made.
    """

    record: str
    record_entries: int
    record_after: int
    scenario: str
    bound: list[Ref]
    logs: list[LogPart]
    entries: int
    messages: int
    signatures: int
    compared: int
    checkpoints: int
    clock_offset_s: float | None
    clock_uncertainty_s: float | None
    explained: list[str]
    open: list[str]
    remarks: list[str]


class ClockFault(Part, frozen=True):
    """A time in which a centre's clock was ahead; ``until`` None: to the end.

    Both are by that clock as it shows as a rule: what the fault added is not in them.
    """

    since: str
    until: str | None
    ahead_s: float


class ClockMoment(Part, frozen=True):
    """A moment of an entry that the clock may have stated twice: what a fault had added to it."""

    at: str
    ahead_s: float


class ClockPart(Part, frozen=True):
    """How far a centre's clock was ahead of the director's as a rule, and what faults added."""

    centre: str
    ahead_s: float
    faults: list[ClockFault]
    twice: list[ClockMoment] = msgspec.field(default_factory=list)
