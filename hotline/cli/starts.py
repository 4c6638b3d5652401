"""The countdown of ``hotline watch``: which notices begin soon, and when to say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.text import Text

from hotline.api.airspace_shapes import ActivityView
from hotline.cli.output import coarse, plain
from hotline.cli.relations import mark
from hotline.model.lifecycle import State
from hotline.model.times import SECOND_US, parse_time

STEPS_US: Final = tuple(minutes * 60 * SECOND_US for minutes in (30, 10, 5, 1, 0))
"""How long before its start a notice is told of again."""


@dataclass(frozen=True, slots=True)
class Due:
    """A moment at which is said that ``view`` begins in ``left_us``."""

    at_us: int
    left_us: int
    view: ActivityView


class Starts:
    """The moments to come, the earliest first."""

    def __init__(self) -> None:
        self._due: list[Due] = []

    def learn(self, activities: Iterable[ActivityView], now_us: int) -> None:
        """Take what stands now, in place of what stood before; what is past is not told."""
        self._due = sorted(
            (
                Due(starts_us - step_us, step_us, view)
                for view in activities
                if view.state == State.PLANNED and view.starts_at is not None
                for starts_us in [parse_time(view.starts_at)]
                for step_us in STEPS_US
                if starts_us - step_us > now_us
            ),
            key=lambda due: due.at_us,
        )

    @property
    def next_us(self) -> int | None:
        """The next moment, in microseconds since 1970; None without any."""
        return self._due[0].at_us if self._due else None

    def take(self, now_us: int) -> list[Due]:
        """Return what is to be said by now, once."""
        count = sum(due.at_us <= now_us for due in self._due)
        taken, self._due = self._due[:count], self._due[count:]
        return taken


def describe(due: Due) -> Text:
    """Return the line that says it: who, when, whether it meets anything, its title."""
    view = due.view
    left = f"starts in {coarse(due.left_us)}" if due.left_us else "starts now"
    text = Text.assemble(
        ("starts   ", "bold yellow"), plain(f"{view.reference} of {view.centre} {left}  ")
    )
    if view.relations:
        text += mark(view.relations) + Text(" ")
    return text + plain(view.title)
