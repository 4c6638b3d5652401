"""What the rules go by, and the form of what they propose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotline.exercise.report.document import (
    AlarmRate,
    AlarmRow,
    Availability,
    Finding,
    LineSpan,
    Loss,
    MessageRow,
    Missed,
    MselRow,
    Reaction,
    ReadBackRow,
    ReceiptFigures,
    Ref,
    VoiceRow,
    WarningTime,
    WatchRow,
)
from hotline.model.kinds import Precedence

EVIDENCE_MOST = 12
"""Entries that are named for one finding."""
GRAVEST, GRAVE, PLAIN, SLIGHT = 1, 2, 3, 4
OF_SIMULATED = 10
"""Added to the weight of what a simulated crew did: it is no finding about people."""
URGENT = (Precedence.FLASH.name, Precedence.IMMEDIATE.name)
OLDI_MOST, OLDI_NEARLY_ALL = 0.9, 0.998
"""OLDI 5.0: the shares of messages that are receipted within 4 s and within 10 s."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the rules go by."""

    msel: Sequence[MselRow]
    rows: Sequence[MessageRow]
    reactions: Sequence[Reaction]
    warnings: Sequence[WarningTime]
    missed: Sequence[Missed]
    read_backs: Sequence[ReadBackRow]
    alarm_rates: Sequence[AlarmRate]
    alarms: Sequence[AlarmRow]
    line: Sequence[LineSpan]
    availability: Sequence[Availability]
    receipts: Sequence[ReceiptFigures]
    voice: Sequence[VoiceRow]
    watch: Sequence[WatchRow]
    loss: Loss


def finding(
    rule: str,
    weight: int,
    text: str,
    centre: str = "",
    *,
    simulated: bool = False,
    evidence: Sequence[Ref | None] = (),
    action: str = "",
) -> Finding:
    """Return a finding with those of its entries that are known, each once."""
    known = list(dict.fromkeys(one for one in evidence if one is not None))
    return Finding(
        rule=rule,
        weight=weight + (OF_SIMULATED if simulated else 0),
        text=text,
        centre=centre,
        simulated=simulated,
        evidence=known[:EVIDENCE_MOST],
        more=max(0, len(known) - EVIDENCE_MOST),
        action=action,
    )


def place_of(figures: Figures, message: str) -> Ref | None:
    """Return the entry of a message, the recipient's where it has one; None for neither."""
    row = next((one for one in figures.rows if one.id == message), None)
    return (row.received or row.sent) if row is not None else None
