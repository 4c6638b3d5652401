"""What a report says, as data: ``report.json`` is this, and every page is made from this alone.

Times are RFC 3339 in UTC with six decimals, each by the clock of the centre that it is of; lengths
are seconds of life unless the name says ``scenario``. ``docs/spec/exercise-report.md`` describes
every field. Fields are only ever added.
"""

import msgspec

from hotline.exercise.report.document.crews import (
    Acceptance,
    AlarmPace,
    AlarmRate,
    AlarmRow,
    Missed,
    Reaction,
    ReadBackDifference,
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
from hotline.exercise.report.document.part import LIFE, SCENARIO, Part, Ref, Spread
from hotline.exercise.report.document.play import (
    GONE,
    CentrePart,
    Comment,
    Exercise,
    FaultRow,
    Finding,
    Mistake,
    Moment,
    MselRow,
    Objective,
    Verdict,
)
from hotline.exercise.report.document.proof import (
    ClockFault,
    ClockMoment,
    ClockPart,
    LogPart,
    Proof,
)

__all__ = [
    "DATA",
    "FORMAT",
    "GONE",
    "LIFE",
    "SCENARIO",
    "Acceptance",
    "AlarmPace",
    "AlarmRate",
    "AlarmRow",
    "Availability",
    "CentrePart",
    "ClockFault",
    "ClockMoment",
    "ClockPart",
    "Comment",
    "Exercise",
    "FaultRow",
    "Finding",
    "LineSpan",
    "LogPart",
    "Loss",
    "MessageRow",
    "Missed",
    "Mistake",
    "Moment",
    "MselRow",
    "Objective",
    "Part",
    "Proof",
    "Reaction",
    "ReadBackDifference",
    "ReadBackRow",
    "ReceiptFigures",
    "Ref",
    "Replies",
    "Report",
    "Spread",
    "Verdict",
    "VoiceRow",
    "WarningTime",
    "WatchRow",
]

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
