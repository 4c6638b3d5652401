"""How quickly people read and answered, how much warning they had, and what came too late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotline.exercise.report.document import (
    SCENARIO,
    MessageRow,
    Missed,
    Reaction,
    Ref,
    Replies,
    WarningTime,
)
from hotline.exercise.report.figures.exchanged import UNREAD
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.spread import spread_of
from hotline.journal.deadlines import RETIRING
from hotline.model.kinds import Answer, Kind, Precedence

OVERDUE = "desk.reply-overdue"
"""The alarm of a node whose officer has not answered in time."""
BY_NODE, BY_SCENARIO = "node", "scenario"


def reactions(span: Span, rows: Sequence[MessageRow]) -> list[Reaction]:
    """Return the reaction times by centre and precedence, of what that centre received."""
    found = []
    for centre in span.scenario.centres:
        for precedence in Precedence:
            came = [
                row
                for row in rows
                if row.recipient == centre
                and row.precedence == precedence.name
                and row.durable is not None
                and row.kind not in UNREAD
                # An answer is seen where the message stands; opening it apart is no duty.
                and (row.kind != Kind.REPLY or row.read is not None)
            ]
            if not came:
                continue
            wanting = [row for row in came if row.deadline_s is not None]
            found.append(
                Reaction(
                    centre=centre,
                    precedence=precedence.name,
                    received=len(came),
                    unread=sum(row.read is None for row in came),
                    to_answer=len(wanting),
                    unanswered=sum(row.replied is None for row in wanting),
                    read=spread_of(row.read_s for row in came),
                    reply=spread_of(row.reply_s for row in wanting),
                    read_scenario=spread_of(row.read_scenario_s for row in came),
                    reply_scenario=spread_of(row.reply_scenario_s for row in wanting),
                    deadline_s=wanting[0].deadline_s if wanting else None,
                    clock=span.clock(centre),
                    simulated=span.simulated(centre, ""),
                )
            )
    return found


def warning_times(rows: Sequence[MessageRow]) -> list[WarningTime]:
    """Return every warning time that is known, in the order the notices were composed."""
    return [
        WarningTime(
            message=row.id,
            reference=row.reference,
            title=row.title,
            sender=row.sender,
            recipient=row.recipient,
            precedence=row.precedence,
            starts=row.starts or "",
            warning_s=row.warning_s,
            needed_s=row.warning_needed_s,
            short=row.warning_needed_s is not None and row.warning_s < row.warning_needed_s,
            received=row.received,
        )
        for row in rows
        if row.warning_s is not None
    ]


def missed_deadlines(span: Span, rows: Sequence[MessageRow]) -> list[Missed]:
    """Return what was answered too late, or not at all.

    That is by the node's own timer, which runs as life does; besides, for a simulated crew, by the
    scenario's clock that it lives by.
    """
    rung = _rung(span)
    found = []
    for row in rows:
        if row.deadline_s is None or row.durable is None:
            continue
        alarm = rung.get((row.recipient, row.id[:8]))
        late = alarm is not None or (
            span.clock(row.recipient) == SCENARIO
            and _late_in_scenario(span, row, rows, row.deadline_s, row.durable)
        )
        if not late:
            continue
        found.append(
            Missed(
                message=row.id,
                reference=row.reference,
                centre=row.recipient,
                precedence=row.precedence,
                deadline_s=row.deadline_s,
                took_s=row.reply_s if alarm is not None else row.reply_scenario_s,
                by=BY_NODE if alarm is not None else BY_SCENARIO,
                evidence=alarm or row.received,
                simulated=span.simulated(row.recipient, ""),
            )
        )
    return found


def replies(rows: Sequence[MessageRow], centres: Iterable[str]) -> list[Replies]:
    """Return how often each centre gave each answer, all answers named."""
    return [
        Replies(
            centre=centre,
            counts={
                answer.value: sum(
                    row.kind == Kind.REPLY and row.sender == centre and row.answer == answer
                    for row in rows
                )
                for answer in Answer
            },
        )
        for centre in centres
    ]


def _rung(span: Span) -> dict[tuple[str, str], Ref]:
    """Return the entry of each alarm about a late answer, by centre and the message's digits.

    The alarm at the centre that owes the answer counts; the other side's is about the same.
    """
    found: dict[tuple[str, str], Ref] = {}
    for side in span.sides:
        for entry in side.of_kind("alarm-raised"):
            if entry.what.get("code") == OVERDUE and span.until_endex(side.centre, entry.at):
                digits = str(entry.what.get("subject", "")).rpartition(" ")[2]
                found.setdefault((side.centre, digits), side.ref(entry))
    return found


def _late_in_scenario(
    span: Span, row: MessageRow, rows: Sequence[MessageRow], deadline_s: float, durable: str
) -> bool:
    """Return whether an answer was late on the scenario's clock, where that is the faster one."""
    if row.reply_scenario_s is not None:
        return row.reply_scenario_s > deadline_s
    durable_us = span.common_us(row.recipient, durable)
    waited = span.play.time.between(durable_us, span.play.ends_us)
    if waited <= deadline_s:
        return False
    return not any(
        other.kind in RETIRING
        and other.sender == row.sender
        and other.reference == row.reference != ""
        and other.created > row.created
        for other in rows
    )
