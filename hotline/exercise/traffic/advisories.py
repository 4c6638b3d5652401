"""Mock advisories: short warnings of what is seen now, with a position."""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotline.exercise.traffic.chance import Chance
from hotline.exercise.traffic.plan import Area, draw_middle, where_is
from hotline.exercise.traffic.terms import Terms
from hotline.exercise.traffic.words import chosen, exercise_said
from hotline.model.kinds import Kind, Precedence

PRECEDENCES = {"FLASH": 1.0, "IMMEDIATE": 1.0}
SPOKEN = 0.5
"""Share of advisories that are said by a number of the letter's phrase book, with the text."""


@dataclass(frozen=True, slots=True)
class _Warning:
    """A text in three languages with the phrase that says it; ``flies`` gives it level and track.

    ``subject`` is who it is about, where that is said.
    """

    texts: tuple[str, str, str]
    phrase: int
    flies: bool = True
    subject: str = ""


_WARNINGS = (
    _Warning(("Unknown aircraft", "Неизвестный борт", "כלי טיס לא מזוהה"), 302),
    _Warning(("Unmanned aircraft seen", "Замечен беспилотник", "זוהה כלי טיס בלתי מאויש"), 314),
    _Warning(
        ("Your aircraft has left its area", "Ваш борт вышел из своего района",
         "כלי הטיס שלכם חרג מאזורו"),
        304,
    ),
    _Warning(
        ("Civil aircraft off its airway", "Гражданский борт вне трассы",
         "מטוס אזרחי מחוץ לנתיבו"),
        301,
        subject="airliner",
    ),
    _Warning(
        ("Our aircraft needs assistance", "Нашему борту нужна помощь",
         "כלי טיס שלנו זקוק לסיוע"),
        402,
        subject="transport aircraft",
    ),
    _Warning(
        ("Satellite navigation jammed", "Помехи спутниковой навигации", "שיבוש ניווט לווייני"),
        315,
        flies=False,
    ),
    _Warning(("Severe weather", "Опасные метеоявления", "מזג אוויר מסוכן"), 316, flies=False),
)  # fmt: skip


def draw_advisory(
    chance: Chance, *, precedence: Precedence, language: str, area: Area, terms: Terms
) -> dict[str, Any]:
    """Return the message's file of an advisory."""
    warning = chance.one_of(_WARNINGS)
    middle = draw_middle(chance, area, 0.0)
    where, text = where_is(middle), chosen(warning.texts, language)
    seen = f"{text}." if where is None else f"{text} {where.text(language)}."
    found: dict[str, Any] = {
        "kind": Kind.ADVISORY.value,
        "precedence": precedence.name,
        "text": exercise_said(seen, language),
        "position": middle.position(),
    }
    if warning.subject:
        found["subject"] = warning.subject
    if warning.flies:
        found["altitude"] = f"FL{chance.stepped(50, 350, 10):03}"
        found["track_deg"] = chance.stepped(0, 355, 5)
        found["speed_kt"] = chance.stepped(90, 480, 10)
    phrases = terms.phrases((warning.phrase,))
    if chance.happens(SPOKEN) and phrases:
        found["phrases"] = list(phrases)
    return found
