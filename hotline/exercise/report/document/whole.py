"""The whole report: ``report.json`` is this."""

from __future__ import annotations

import msgspec

from hotline.exercise.report.document.crews import (
    Acceptance,
    AlarmRate,
    AlarmRow,
    Missed,
    Reaction,
    ReadBackRow,
    Replies,
    VoiceRow,
    WatchRow,
)
from hotline.exercise.report.document.line import (
    Availability,
    LineSpan,
    Loss,
    MessageRow,
    ReceiptFigures,
    WarningTime,
)
from hotline.exercise.report.document.part import Part
from hotline.exercise.report.document.play import (
    CentrePart,
    Comment,
    Exercise,
    FaultRow,
    Finding,
    Mistake,
    Moment,
    MselRow,
    Objective,
)
from hotline.exercise.report.document.proof import ClockPart, Proof

FORMAT = "hotline exercise report 1"
"""What `Report.format` says; another number is another schema."""

DATA = "report.json"
"""The name of its file, which never changes: programs, and the trends, look for it."""


class Report(Part, frozen=True):
    """Everything. The commander's page is made of ``counts``, ``improvements`` and ``loss``."""

    format: str
    exercise: Exercise
    centres: list[CentrePart]
    counts: dict[str, int]
    objectives: list[Objective]
    msel: list[MselRow]
    comments: list[Comment]
    strengths: list[Finding]
    improvements: list[Finding]
    reactions: list[Reaction]
    warnings: list[WarningTime]
    missed: list[Missed]
    read_backs: list[ReadBackRow]
    replies: list[Replies]
    alarm_rates: list[AlarmRate]
    alarms: list[AlarmRow]
    line: list[LineSpan]
    availability: list[Availability]
    receipts: list[ReceiptFigures]
    voice: list[VoiceRow]
    watch: list[WatchRow]
    faults: list[FaultRow]
    mistakes: list[Mistake]
    loss: Loss
    proof: Proof
    moments: list[Moment]
    clocks: list[ClockPart]
    messages: list[MessageRow]
    mock: list[MselRow] = msgspec.field(default_factory=list)
    """Injects of mock traffic, which stand in no scenario's file; ``counts`` has theirs too."""
    mock_counts: dict[str, int] = msgspec.field(default_factory=dict)
    acceptances: list[Acceptance] = msgspec.field(default_factory=list)
