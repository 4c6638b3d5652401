"""What the letter of agreement asks for, as far as mock traffic goes by it.

A scenario played on nodes elsewhere has no letter in its file. Then limits are assumed that any
sensible letter keeps, and errors that depend on a letter are not made.
"""

from __future__ import annotations

import msgspec

from hotline.exercise.scenario.shape import Scenario
from hotline.model.kinds import Precedence
from hotline.model.letter import Letter, read_letter

ASSUMED_WARNING_S = 3600.0
"""Warning time that is taken for enough where no letter says what is."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a letter; ``letter`` is None where the scenario has none."""

    letter: Letter | None = None

    def warning_needed_s(self, precedence: Precedence, activity: str) -> float:
        """Return the least seconds of warning for a notice."""
        if self.letter is None:
            return ASSUMED_WARNING_S
        return self.letter.warning_needed(precedence, activity)

    def reply_within_s(self, precedence: Precedence) -> float:
        """Return within how many seconds an officer has to answer."""
        if self.letter is None:
            return (600.0, 1800.0, 10_800.0, 21_600.0)[precedence]
        return self.letter.reply_deadline(precedence)

    @property
    def late_activation_s(self) -> float:
        """How late after the start an activation may be."""
        return 300.0 if self.letter is None else self.letter.limits.late_activation_s

    def phrases(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """Return those numbers that the letter has a phrase for."""
        if self.letter is None:
            return ()
        known = {phrase.number for phrase in self.letter.phrases}
        return tuple(number for number in numbers if number in known)


def terms_of(scenario: Scenario) -> Terms:
    """Return the terms of a scenario's letter. Raises ConfigError for one that cannot be read."""
    if scenario.letter is None:
        return Terms()
    return Terms(letter=read_letter(scenario.letter.encode()))
