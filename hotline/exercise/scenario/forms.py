"""Forms that a value of a file may have: each reads a value, and says itself as JSON Schema.

One description serves both, so what the published schema refuses, the reader refuses. Reading
collects every problem with its place instead of stopping at the first one; what is read where
something was wrong is not to be used.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any, Final, Protocol

from hotline.exercise.scenario.durations import PATTERN
from hotline.exercise.scenario.marked import Marked
from hotline.model.problem import Problem
from hotline.model.times import shorten

Schema = dict[str, Any]
Told = list[Problem]
"""Problems so far; the ``field`` of each is its place in the file."""

DAY_S: Final = 86_400.0
DEFINITIONS: Final[dict[str, Schema]] = {
    "duration": {
        "type": "string",
        "pattern": PATTERN,
        "examples": ["30 s", "5 min", "1 h 30 min", "800 ms"],
    }
}
"""What the forms' schemas refer to."""
DURATION_REF: Final = "#/$defs/duration"

OF_A_PAST_RUN: Final = frozenset(
    {
        "clock", "delivered", "delivered-at", "done", "elapsed", "ended-at", "endex-at", "now",
        "observed", "paused", "progress", "result", "results", "score", "skipped", "started-at",
        "startex", "startex-at", "state", "status", "verdict", "verdicts",
    }
)  # fmt: skip
"""Keys that would bring the state or the clock of a run: a scenario has none."""


class Form(Protocol):
    """What a value has to look like."""

    def read(self, part: Marked, told: Told) -> Any:
        """Return the value in the form that the code uses; add to ``told`` what is wrong."""

    def schema(self) -> Schema:
        """Return the same as JSON Schema, 2020-12."""


def wrong_type(part: Marked, wanted: str, hint: str, told: Told) -> None:
    """Add that a value is of another type than the one that is wanted."""
    told.append(
        Problem("scenario.wrong-type", str(part.place), f"{part.what} where {wanted} is", hint)
    )


def unknown_key(key: str, place: str, known: Collection[str]) -> Problem:
    """Return the problem of a key that is not known, with the one that may be meant."""
    if key.lower().replace("_", "-").replace(" ", "-") in OF_A_PAST_RUN:
        hint = (
            "a scenario brings no state or clock of a past run: leave it out; "
            "what happened is in the record of the exercise"
        )
    else:
        hint = did_you_mean(key, known)
    return Problem("scenario.unknown-key", place, f"the key {shorten(key)} is not known", hint)


def did_you_mean(given: str, known: Collection[str]) -> str:
    """Return the mend for a word that is not known: the one that is meant, or all of them."""
    close = meant(given, known)
    return f'did you mean "{close}"?' if close else f"known are {', '.join(known)}"


def meant(given: str, known: Collection[str]) -> str:
    """Return the known word that is most like one that is not known; empty for none."""
    like = difflib.get_close_matches(given.lower().replace("_", "-")[:60], known, 1, 0.6)
    return like[0] if like else ""
