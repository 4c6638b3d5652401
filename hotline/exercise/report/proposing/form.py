"""The form of a rule, what it goes by, and how rules become findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hotline.exercise.report.document import (
    Acceptance,
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
    Verdict,
    VoiceRow,
    WarningTime,
    WatchRow,
)
from hotline.exercise.report.figures.span import Span
from hotline.model.kinds import Precedence

EVIDENCE_MOST = 12
"""Entries that are named for one finding."""
GRAVEST, GRAVE, PLAIN, SLIGHT = 1, 2, 3, 4
OF_SIMULATED = 10
"""Added to the weight of what a simulated crew did: it is no finding about people."""
URGENT = (Precedence.FLASH.name, Precedence.IMMEDIATE.name)
OLDI_MOST, OLDI_NEARLY_ALL = 0.9, 0.998
"""OLDI 5.0: the shares of messages that are receipted within 4 s and within 10 s."""


class OfCentre(Protocol):
    """A row of figures that is of one centre."""

    @property
    def centre(self) -> str:
        """Whose it is."""


T = TypeVar("T", bound=OfCentre)


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the rules go by."""

    msel: Sequence[MselRow]
    rows: Sequence[MessageRow]
    reactions: Sequence[Reaction]
    warnings: Sequence[WarningTime]
    missed: Sequence[Missed]
    read_backs: Sequence[ReadBackRow]
    acceptances: Sequence[Acceptance]
    alarm_rates: Sequence[AlarmRate]
    alarms: Sequence[AlarmRow]
    line: Sequence[LineSpan]
    availability: Sequence[Availability]
    receipts: Sequence[ReceiptFigures]
    voice: Sequence[VoiceRow]
    watch: Sequence[WatchRow]
    loss: Loss

    def verdicts(self) -> Iterable[tuple[MselRow, Verdict]]:
        """Return every expectation with its inject, in the order of the MSEL."""
        return ((row, one) for row in self.msel for one in row.verdicts)

    def place_of(self, message: str) -> Ref | None:
        """Return the entry of a message, the recipient's where it has one; None for neither."""
        row = next((one for one in self.rows if one.id == message), None)
        return (row.received or row.sent) if row is not None else None


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at: the figures, and one centre's in them; of both for centre ""."""

    span: Span
    figures: Figures
    centre: str

    def mine(self, rows: Iterable[T]) -> list[T]:
        """Return the rows of the centre."""
        return [row for row in rows if row.centre == self.centre]

    def of_the_scenario(self) -> str:
        """Return what has to stand behind a time by the centre's crew's clock, in words."""
        return " of the scenario" if self.span.told_twice(self.centre) else ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found. What is left out is as the rule has it, and as the centre's crew is."""

    text: str
    evidence: Iterable[Ref | None] = ()
    weight: int | None = None
    centre: str | None = None
    simulated: bool | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name and weight in docs/spec/exercise-report.md, and the mend it proposes.

    ``finds`` is asked for each centre; with ``whole`` once, for both together, and then no crew is
    meant unless it says so. ``machines`` is whether it is about nodes and lines, not about a crew.
    """

    name: str
    weight: int
    finds: Callable[[Case], Iterable[Found]]
    action: str = ""
    whole: bool = False
    machines: bool = False


def proposed(rules: Iterable[Rule], span: Span, figures: Figures) -> list[Finding]:
    """Return what the rules find, what weighs most first, else in the order of the rules."""
    found = [
        _finding(rule, case, one)
        for rule in rules
        for case in (Case(span, figures, name) for name in _centres(rule, span))
        for one in rule.finds(case)
    ]
    return sorted(found, key=lambda one: one.weight)


def _centres(rule: Rule, span: Span) -> tuple[str, ...]:
    return ("",) if rule.whole else span.scenario.centres


def _finding(rule: Rule, case: Case, found: Found) -> Finding:
    """Return a finding with those of its entries that are known, each once."""
    known = list(dict.fromkeys(one for one in found.evidence if one is not None))
    simulated = found.simulated
    if simulated is None:
        of_crew = not (rule.machines or rule.whole)
        simulated = of_crew and case.span.simulated(case.centre, "")
    weight = rule.weight if found.weight is None else found.weight
    return Finding(
        rule=rule.name,
        weight=weight + (OF_SIMULATED if simulated else 0),
        text=found.text,
        centre=case.centre if found.centre is None else found.centre,
        simulated=simulated,
        evidence=known[:EVIDENCE_MOST],
        more=max(0, len(known) - EVIDENCE_MOST),
        action=rule.action,
    )
