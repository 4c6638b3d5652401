"""The MSEL with what became of it: delivered when, judged how, commented by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hotline.exercise.record.events import (
    Commented,
    FaultBegan,
    InjectDelivered,
    InjectDue,
    InjectFailed,
    InjectSkipped,
    Judged,
)
from hotline.exercise.record.line import Entry
from hotline.exercise.report.document import Comment, MselRow, Objective, Ref, Verdict
from hotline.exercise.report.figures.span import Span, rounded
from hotline.exercise.report.moments import text_of
from hotline.exercise.scenario.shape import MACHINE_MADE, Act, Expectation, Inject
from hotline.exercise.scenario.wording import inject_said, type_said

OF_A_CREW = frozenset({Act.SEND, Act.REPLY, Act.VOICE, Act.RELIEVE})
"""What a crew does; whatever else an inject does is the director's, and no crew is simulated."""
VERDICTS = ("pass", "fail", "expired", "void", "open")
"""Every verdict, in the order in which they are counted."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What judging anew from the journals came to for one expectation."""

    verdict: str
    why: str
    by: Ref | None
    at_us: int | None


def msel_rows(
    span: Span,
    injects: Sequence[Inject],
    added: frozenset[str],
    judgements: Mapping[str, Judgement],
) -> list[MselRow]:
    """Return a row for each inject in the order of its delivery, then of its plan."""
    comments = all_comments(span)
    board = {event.expectation: event.verdict for _, event in span.play.every(Judged)}
    due = _due(span, injects)
    rows = [
        _row(span, one, due[one.id], one.id in added, judgements, board, comments)
        for one in injects
    ]
    return sorted(rows, key=lambda row: (_first(row.t, row.due_s), row.due_s or 0.0))


def all_comments(span: Span) -> list[Comment]:
    """Return every evaluator's comment, in the order they were made."""
    return [
        Comment(
            by=event.by,
            text=event.text,
            at=text_of(noted.at_us),
            t=noted.t,
            inject=event.inject,
        )
        for noted, event in span.play.every(Commented)
    ]


def counted(rows: Sequence[MselRow]) -> dict[str, int]:
    """Count the verdicts, each of them named."""
    found = Counter(one.verdict for row in rows for one in row.verdicts)
    return {verdict: found[verdict] for verdict in VERDICTS}


def objectives_of(
    texts: Sequence[str], injects: Sequence[Inject], rows: Sequence[MselRow]
) -> list[Objective]:
    """Return the objectives with the expectations that show them.

    An inject says by number which objectives it is for; where none does, every expectation stands
    for every objective, and the report says that nobody said.
    """
    numbers = {one.id: one.objectives for one in injects}
    said = any(numbers.values())
    found = []
    for place, text in enumerate(texts, 1):
        mine = [row for row in rows if not said or place in numbers.get(row.id, ())]
        found.append(
            Objective(
                text=text,
                expectations=[one.id for row in mine for one in row.verdicts],
                counts=counted(mine),
                said=said,
            )
        )
    return found


def _row(
    span: Span,
    one: Inject,
    due_s: float,
    added: bool,
    judgements: Mapping[str, Judgement],
    board: Mapping[str, str],
    comments: Sequence[Comment],
) -> MselRow:
    state, why, noted, delivered = _became(span, one)
    return MselRow(
        id=one.id,
        due_s=due_s,
        t=rounded(noted.t) if noted is not None else None,
        at=text_of(noted.at_us) if noted is not None else "",
        state=state,
        why=why,
        act=one.act.value,
        type=type_said(one),
        originator=one.originator,
        recipient=one.recipient,
        delivery=one.delivery.value,
        title=inject_said(one),
        description=one.description,
        outcome=one.outcome,
        comment=one.comment,
        message=delivered.message if delivered is not None else "",
        reference=delivered.reference if delivered is not None else "",
        simulated=delivered is not None and delivered.simulated and one.act in OF_A_CREW,
        added=added,
        verdicts=[_verdict(span, one, each, judgements, board) for each in one.expectations],
        comments=[comment for comment in comments if comment.inject == one.id],
    )


def _became(span: Span, one: Inject) -> tuple[str, str, Entry | None, InjectDelivered | None]:
    """Return an inject's state, why, when it was carried out, and its delivery."""
    begun = next((e for e, due in span.play.every(InjectDue) if due.inject == one.id), None)
    for noted, event in span.play.every(InjectDelivered):
        if event.inject == one.id and event.refused:
            why = f"the originator's own node refused it, as it was to [{event.refused}]"
            return "refused", why, begun or noted, event
        if event.inject == one.id:
            return "delivered", "", begun or noted, event
    for noted, fault in span.play.every(FaultBegan):
        if fault.inject == one.id:
            return "delivered", "", begun or noted, None
    for noted, skipped in span.play.every(InjectSkipped):
        if skipped.inject == one.id:
            return "skipped", _said(skipped.why, skipped.by), noted, None
    for noted, failed in span.play.every(InjectFailed):
        if failed.inject == one.id:
            return "failed", f"{failed.text} [{failed.code}]", noted, None
    if begun is not None:
        return "failed", "it was begun, and nothing says that it was done", begun, None
    return "not-due", "its time had not come at ENDEX", None, None


def _said(text: str, by: str) -> str:
    return f"{text} ({by})" if text else f"by {by}"


def _due(span: Span, injects: Sequence[Inject]) -> dict[str, float]:
    """Return when each inject was planned for, in seconds of the scenario's clock.

    What follows another one counts from its delivery; where that was not delivered, from when it
    was planned for itself.
    """
    delivered = {
        event.inject: noted.t
        for noted, event in reversed(list(span.play.every(InjectDelivered)))
        if noted.t is not None
    }
    by_id = {one.id: one for one in injects}

    def due_s(one: Inject) -> float:
        due_s, seen = one.at_s, {one.id}
        while one.after and one.after not in delivered:
            before = by_id.get(one.after)
            if before is None or before.id in seen:
                return due_s  # of another file than was checked
            one = before
            due_s += one.at_s
            seen.add(one.id)
        return due_s + delivered.get(one.after, 0.0)

    return {one.id: rounded(due_s(one)) or 0.0 for one in injects}


def _verdict(
    span: Span,
    one: Inject,
    each: Expectation,
    judgements: Mapping[str, Judgement],
    board: Mapping[str, str],
) -> Verdict:
    found = judgements.get(each.id) or Judgement("open", "it was not judged", None, None)
    return Verdict(
        id=each.id,
        inject=one.id,
        kind=each.kind.value,
        centre=each.centre,
        wanted=wanted(each),
        within_s=each.within_s,
        verdict=found.verdict,
        why=found.why,
        by=found.by,
        at=text_of(found.at_us) if found.at_us is not None else None,
        at_s=rounded(span.play.time.t(found.at_us)) if found.at_us is not None else None,
        board=board.get(each.id, ""),
        # What a node does by itself no crew does, whoever sits there.
        simulated=each.kind not in MACHINE_MADE and span.simulated(each.centre, ""),
    )


def wanted(each: Expectation) -> str:
    """Return in words what is expected."""
    if each.text:
        return each.text
    words = each.kind.value.replace("-", " ")
    if each.answers:
        words += f": {' or '.join(answer.value for answer in each.answers)}"
    if each.code:
        words += f" ({each.code}{f' about {each.reference}' if each.reference else ''})"
    if each.kinds:
        words += f": {' or '.join(each.kinds)}"
    return f"never: {words}" if each.never else words


def _first(t: float | None, due_s: float | None) -> float:
    if t is not None:
        return t
    return due_s if due_s is not None else float("inf")
