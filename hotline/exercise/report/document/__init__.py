"""What a report says, as data: ``report.json`` is this, and every page is made from this alone.

Times are RFC 3339 in UTC with six decimals, each by the clock of the centre that it is of; lengths
are seconds of life unless the name says ``scenario``. ``docs/spec/exercise-report.md`` describes
every field. Fields are only ever added.
"""

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
from hotline.exercise.report.document.whole import DATA, FORMAT, Report

__all__ = [
    "DATA",
    "FORMAT",
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
