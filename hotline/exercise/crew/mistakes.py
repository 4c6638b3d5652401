"""The classic mistakes, which an opponent makes on purpose: each by name."""

from __future__ import annotations

from enum import StrEnum

from hotline.errors import ExerciseError
from hotline.exercise.scenario.shape import Crew


class Mistake(StrEnum):
    """One behaviour that is wrong. The value is what a scenario's file and the record say."""

    LATE_NOTICE = "late-notice"
    """Its own notices begin a minute after they are sent, whatever warning the letter asks for."""
    WRONG_DIRECTION = "wrong-direction"
    """The titles of its own notices name the opposite of where their area lies."""
    STALE_REVISION = "stale-revision"
    """It answers a notice that was revised meanwhile, and leaves the revision unanswered."""
    READ_BACK_PARROT = "read-back-parrot"
    """It accepts at once, with the fields as they were signed, without opening what it accepts."""
    SILENT = "silent"
    """It neither opens nor answers what is FLASH."""
    OVERRUN = "overrun"
    """It ends its own activities minutes after the end that it announced."""
    NO_ACTIVATION = "no-activation"
    """It never says that its own activities begin, nor that they end."""
    DUPLICATE_NOTICE = "duplicate-notice"
    """It announces the same activity twice, under two references."""
    WRONG_LEVELS = "wrong-levels"
    """It reads levels back with the same figures in the other unit: feet for metres."""
    FORGETS_WITHDRAWAL = "forgets-withdrawal"
    """What it is told to withdraw, or what is refused, it leaves standing."""
    ALARM_BLIND = "alarm-blind"
    """It never acknowledges an alarm."""
    TALKS_OVER_VOICE = "talks-over-voice"
    """It reads urgent messages out over the telephone though the line is up."""


ABOUT_OWN = frozenset(
    {
        Mistake.LATE_NOTICE,
        Mistake.WRONG_DIRECTION,
        Mistake.OVERRUN,
        Mistake.NO_ACTIVATION,
        Mistake.DUPLICATE_NOTICE,
        Mistake.FORGETS_WITHDRAWAL,
        Mistake.TALKS_OVER_VOICE,
    }
)
"""Mistakes that only a crew with messages of its own can make."""


def mistakes_of(crew: Crew) -> frozenset[Mistake]:
    """Return the mistakes of a crew. Raises ExerciseError ``exercise.unknown-mistake``."""
    unknown = [name for name in crew.mistakes if name not in set(Mistake)]
    if unknown:
        raise ExerciseError(
            "exercise.unknown-mistake",
            f"{unknown[0][:40]!a} is not a mistake that a simulated crew makes",
            f"use {', '.join(Mistake)}",
        )
    return frozenset(Mistake(name) for name in crew.mistakes)
