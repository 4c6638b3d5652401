"""What follows on a mock notice: revised or not, withdrawn or activated, ended.

Times inside messages are those of life, and so are the steps here: an activation is due when what
it activates has begun, a real minute later. The scenario's clock may run faster; then fewer steps
fall into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hotline.exercise.traffic.chance import Chance
from hotline.exercise.traffic.plan import Plan
from hotline.exercise.traffic.terms import Terms
from hotline.exercise.traffic.words import chosen, exercise_said
from hotline.exercise.traffic.wrong import Wrong
from hotline.model.kinds import Kind

REVISED = 0.15
"""Share of notices that are revised once."""
WITHDRAWN = 0.10
"""Share of notices that are withdrawn before they begin."""
SPARE_S = 120
"""A revision leaves as much warning as the letter asks for, and this."""

_REASONS = {
    "later": ("Crews are delayed.", "Экипажи задерживаются.", "הצוותים מתעכבים."),
    "longer": ("More time is needed.", "Нужно больше времени.", "נדרש זמן נוסף."),
    "higher": ("Levels changed.", "Высоты изменены.", "הגבהים שונו."),
    "mended": ("Corrected.", "Исправлено.", "תוקן."),
    "withdrawn": ("Not flown today.", "Сегодня не выполняется.", "לא מתבצע היום."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One message about a notice, ``after_s`` real seconds after the one of kind ``base``."""

    kind: Kind
    base: Kind
    after_s: int
    document: dict[str, Any]
    wrong: Wrong | None = None


def life(
    chance: Chance, sound: Plan, sent: Plan, terms: Terms, *, error_rate: float
) -> Iterator[Step]:
    """Yield what follows on a notice, in order.

    ``sent`` is the plan as it was announced, ``sound`` the same with nothing wrong: a revision of
    what was wrong mends it. What begins beyond the horizon or was announced too late to be revised
    has no revision.
    """
    plan, base, lead_s = sent, Kind.NOTICE, sent.lead_s
    wants_revision = chance.happens(REVISED)
    revised_s = 60 * round(sent.lead_s * chance.between(0.15, 0.6) / 60)
    change = "mended" if sent is not sound else chance.one_of(("later", "longer", "higher"))
    by_s = 60 * chance.stepped(10, 40, 5)
    needed_s = terms.warning_needed_s(sent.precedence, sent.activity.value) + SPARE_S
    far_ahead = sent.lead_s > sound.lead_s
    can_wait = revised_s >= 60 and sent.lead_s - revised_s >= needed_s and not far_ahead
    if wants_revision and can_wait:
        plan = _changed(replace(sound, lead_s=sent.lead_s - revised_s), change, by_s)
        base, lead_s = Kind.REVISION, plan.lead_s
        reason = _reason(change, plan.language)
        yield Step(Kind.REVISION, Kind.NOTICE, revised_s, plan.document(Kind.REVISION, reason))
    if chance.happens(WITHDRAWN) and lead_s > 300:
        at_s = 60 * round(lead_s * chance.between(0.2, 0.8) / 60)
        reason = _reason("withdrawn", plan.language)
        yield Step(Kind.WITHDRAWAL, base, at_s, _about(plan, Kind.WITHDRAWAL, {"reason": reason}))
        return
    yield from _flown(chance, plan, base, terms, error_rate)


def _flown(
    chance: Chance, plan: Plan, base: Kind, terms: Terms, error_rate: float
) -> Iterator[Step]:
    """Yield the activation and the end of a plan."""
    late_s, third_s = round(terms.late_activation_s), plan.lasts_s // 3
    begun_s = plan.lead_s + chance.whole(min(20, third_s), max(20, min(90, late_s // 2, third_s)))
    wrong = None
    if chance.happens(error_rate):
        can_be_late = late_s + 120 < 2 * third_s
        wrong = chance.one_of((Wrong.EARLY, Wrong.LATE) if can_be_late else (Wrong.EARLY,))
        if wrong is Wrong.LATE:
            begun_s = plan.lead_s + late_s + chance.whole(30, 120)
        elif plan.lead_s < 120:
            wrong = None
        else:
            begun_s = plan.lead_s - chance.whole(60, min(600, plan.lead_s // 2))
    now = {"at": "+0s"}
    yield Step(Kind.ACTIVATION, base, begun_s, _about(plan, Kind.ACTIVATION, now), wrong)
    over = chance.happens(error_rate)
    spare_s = chance.whole(30, max(30, min(240, third_s)))
    ended_s = plan.lead_s + plan.lasts_s + (spare_s if over else -spare_s)
    yield Step(
        Kind.END, base, ended_s, _about(plan, Kind.END, now), Wrong.OVERRUN if over else None
    )


def _reason(why: str, language: str) -> str:
    return exercise_said(chosen(_REASONS[why], language), language)


def _about(plan: Plan, kind: Kind, fields: dict[str, str]) -> dict[str, Any]:
    return {"kind": kind.value, "precedence": plan.precedence.name, **fields}


def _changed(plan: Plan, change: str, by_s: int) -> Plan:
    """Return a plan with one thing changed as a revision changes it."""
    if change == "later":
        return replace(plan, lead_s=plan.lead_s + by_s)
    if change == "longer":
        return replace(plan, lasts_s=plan.lasts_s + by_s)
    if change == "higher":
        levels = plan.levels.higher({"fl": 20, "ft": 1000, "m": 300}[plan.levels.unit])
        said = None if plan.said_levels is None else levels
        return replace(plan, levels=levels, short_forms=levels.short_forms(), said_levels=said)
    return plan
