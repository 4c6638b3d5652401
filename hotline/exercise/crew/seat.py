"""Where one simulated crew works: its node, its clock, its dice, and whom it tells what it does."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from hotline.api.client import Client
from hotline.errors import FencedError, HotlineError, JournalError
from hotline.exercise.clock import ScenarioClock
from hotline.exercise.crew.dice import Dice
from hotline.exercise.crew.mistakes import Mistake
from hotline.exercise.crew.wording import sentence
from hotline.exercise.record.events import CrewActed
from hotline.exercise.scenario.shape import Crew

T = TypeVar("T")

REACTION_S = {"FLASH": 20.0, "IMMEDIATE": 45.0, "PRIORITY": 120.0, "ROUTINE": 300.0}
"""Median seconds of the scenario to turn to a message, where a crew's file says nothing."""
SIMULATED = "sim. "
"""What the name of every officer of a simulated crew begins with."""
_GONE = frozenset({"api.no-node", "api.no-answer", "api.strange-answer", "api.not-ready"})


def named(name: str) -> str:
    """Return an officer's name as it is recorded: it says that a program acts."""
    return name if name.startswith(SIMULATED) else f"{SIMULATED}{name}"


def is_passing(error: HotlineError) -> bool:
    """Say whether it is worth asking again: the node is away, or cannot write at present."""
    return error.code in _GONE or isinstance(error, JournalError | FencedError)


@dataclass(slots=True)
class Seat:
    """One crew at its node. ``officer`` is who has the watch; ``wall_s`` returns Unix seconds."""

    centre: str
    client: Client
    crew: Crew
    dice: Dice
    mistakes: frozenset[Mistake]
    clock: ScenarioClock
    officer: str
    tell: Callable[[CrewActed], Awaitable[None]]
    wall_s: Callable[[], float] = time.time

    def makes(self, mistake: Mistake) -> bool:
        """Say whether the crew makes a mistake."""
        return mistake in self.mistakes

    def reaction_s(self, precedence: str, *key: str) -> float:
        """Return how many seconds of the scenario pass before the crew turns to something."""
        median_s = self.crew.reaction_s.get(precedence, REACTION_S.get(precedence, 60.0))
        return self.dice.seconds(median_s, self.crew.spread, "reaction", *key)

    def says(self, number: int, **fields: str) -> str:
        """Return a phrase in the crew's language; nothing for number 0."""
        return sentence(number, self.crew.language, **fields) if number else ""

    async def acted(self, what: str, message: str = "", mistake: str = "") -> None:
        """Have the director enter what was meant."""
        await self.tell(
            CrewActed(
                centre=self.centre,
                officer=self.officer,
                what=what,
                message=message,
                mistake=mistake,
            )
        )
