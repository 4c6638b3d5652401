"""How grave an alarm is, by its code: high, medium or low (ISA-18.2: by what it costs to wait).

High is what costs lives or the record within minutes, low what can wait for daylight. ISA-18.2 has
about 5, 15 and 80 % of the alarms that are *raised* in each; the statistics show the shares.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class AlarmPriority(StrEnum):
    """How soon somebody has to act."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_HIGH: Final = frozenset(
    {
        "airspace.conflict",
        "airspace.conflicts-untold",
        "exercise.real-world",
        "journal.failed",
        "journal.fenced",
        "line.down",
        "line.equivocation",
        "line.rolled-back",
        "notice.contingency",
        "trust.fork",
    }
)
_LOW: Final = frozenset(
    {
        "airspace.more-relations",
        "airspace.words-unread",
        "line.unwitnessed",
        "node.clock-stepped",
        "node.keys-expiring",
        "witness.late",
    }
)


def priority_of(code: str) -> AlarmPriority:
    """Return how grave an alarm of this code is; one that is not known here is medium."""
    if code in _HIGH:
        return AlarmPriority.HIGH
    return AlarmPriority.LOW if code in _LOW else AlarmPriority.MEDIUM
