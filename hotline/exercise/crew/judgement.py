"""What a simulated officer makes of a message: whether it notices what is amiss, and its answer.

Pure: a view of the message in, what to do out. Skill decides what is noticed; whatever is not
noticed is accepted, as it is by people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hotline.api.schema import MessageView, RelationView
from hotline.exercise.crew.dice import Dice
from hotline.exercise.crew.wording import (
    APART_IN_TIME,
    COORDINATING,
    DETAILS,
    NOT_UNDERSTOOD,
    TOO_SHORT,
    UNABLE_TRAFFIC,
)
from hotline.model.kinds import Answer, Kind, Relation

WITH_CONTENT = frozenset({Kind.NOTICE.value, Kind.REVISION.value})
"""Kinds that are read back."""

GRAVE = frozenset({Relation.CONFLICT.value, Relation.POSSIBLE.value})
"""Relations that are acted on; proximity is only watched."""

CONTRADICTIONS = frozenset(
    {
        "airspace.direction-differs",
        "airspace.place-differs",
        "airspace.level-differs",
        "airspace.time-differs",
        "airspace.area-too-large",
        "airspace.beyond-horizon",
        "airspace.levels-upside-down",
    }
)
"""Flags that make an officer ask what is meant."""
SHORT = "notice.short-warning"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to answer. ``reason`` is a phrase's number, 0 for none; ``noticed`` what was seen.

    ``first`` is whether a stand-by goes before it. ``proposes`` asks for other times, after the
    own notice ``own``; ``yields`` that the own one is moved instead.
    """

    answer: Answer
    reason: int = 0
    noticed: str = ""
    first: bool = False
    own: str = ""
    proposes: bool = False
    yields: bool = False


ACCEPTED = Judgement(Answer.ACCEPT)


def judge(view: MessageView, skill: float, dice: Dice, key: str) -> Judgement:
    """Return what an officer of this skill answers to a message, by what is noticed of it.

    A conflict weighs most, then words against numbers, then a short warning.
    """
    grave = [one for one in view.relations if one.relation in GRAVE]
    if grave and dice.happens(skill, key, "conflict"):
        return _conflict(grave[0], dice, key)
    codes = {flag.code for flag in view.flags}
    doubtful = sorted(codes & CONTRADICTIONS)
    for code in doubtful:
        if dice.happens(skill, key, code):
            return Judgement(Answer.REJECT, NOT_UNDERSTOOD, code, first=True)
    if SHORT in codes and dice.happens(skill, key, SHORT):
        return Judgement(Answer.REJECT, TOO_SHORT, SHORT)
    return ACCEPTED


def _conflict(relation: RelationView, dice: Dice, key: str) -> Judgement:
    noticed = f"airspace.{relation.relation}"
    if relation.by_right:
        return Judgement(Answer.ACCEPT, noticed=noticed, own=relation.own, yields=True)
    drawn = dice.unit(key, "way out")
    if drawn < 0.5:
        return Judgement(
            Answer.COUNTER, APART_IN_TIME, noticed, first=True, own=relation.own, proposes=True
        )
    if drawn < 0.8:
        return Judgement(Answer.ACCEPT, noticed=noticed, first=True, own=relation.own, yields=True)
    return Judgement(Answer.REJECT, UNABLE_TRAFFIC, noticed, first=True, own=relation.own)


def asks_with(judgement: Judgement) -> int:
    """Return the phrase that a stand-by says: asking for details, or that it is co-ordinated."""
    return DETAILS if judgement.noticed in CONTRADICTIONS else COORDINATING


def newest(views: Iterable[MessageView]) -> MessageView | None:
    """Return of a notice's messages the last one with contents: the notice or its revision."""
    return max(
        (view for view in views if view.kind in WITH_CONTENT),
        key=lambda view: view.entry,
        default=None,
    )
