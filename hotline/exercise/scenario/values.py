"""Forms of single values: text, numbers, durations, moments, words of a list."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from hotline.exercise.scenario.durations import duration_said, seconds_of
from hotline.exercise.scenario.forms import (
    DURATION_REF,
    Schema,
    Told,
    did_you_mean,
    wrong_type,
)
from hotline.exercise.scenario.marked import Marked
from hotline.model.problem import Problem
from hotline.model.text import unsafe_character
from hotline.model.times import parse_time, shorten, time_or_none

DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Words:
    """Text of up to ``limit`` characters; ``lines`` is whether it may have several."""

    limit: int
    lines: bool = False
    pattern: str = ""
    example: str = ""
    numbers: bool = False
    """Whether a whole number is taken as its digits, as in ``id: 3``."""
    empty: bool = False

    def read(self, part: Marked, told: Told) -> str:
        """Return the text, without the newlines at its end."""
        value = part.value
        if self.numbers and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            wrong_type(part, "text", "put it in quotes", told)
            return ""
        length = len(value)
        if self.lines:
            value = value.rstrip("\n")
        wrong = ""
        if not value.strip() and not self.empty:
            wrong = "is empty"
        elif length > self.limit + self.lines:
            wrong = f"has {length} characters, more than {self.limit}"
        elif (character := unsafe_character(value, lines=self.lines)) is not None:
            wrong = f"contains {character}, which steers how text is shown"
        elif self.pattern and re.fullmatch(self.pattern, value) is None:
            wrong = f"{shorten(value)} has not the form that is asked for"
        if wrong:
            hint = f"write it as in {self.example}" if self.example else "write a few plain words"
            told.append(Problem("scenario.bad-text", str(part.place), f"the text {wrong}", hint))
        return value

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        found: Schema = {"type": ["string", "integer"] if self.numbers else "string"}
        if not self.empty:
            found["minLength"] = 1
        found["maxLength"] = self.limit + (1 if self.lines else 0)
        if self.pattern:
            found["pattern"] = f"^{self.pattern}$"
        if self.example:
            found["examples"] = [self.example]
        return found


@dataclass(frozen=True, slots=True)
class Number:
    """A number within limits, both included."""

    least: float
    most: float
    whole: bool = False

    def read(self, part: Marked, told: Told) -> float:
        """Return the number: an integer where only whole ones are."""
        value = part.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            wrong_type(part, "a number", f"write a number, such as {self.least:g}", told)
            return self.least
        if (
            not math.isfinite(value)
            or not self.least <= value <= self.most
            or (self.whole and not isinstance(value, int))
        ):
            kind = "whole number" if self.whole else "number"
            told.append(
                Problem(
                    "scenario.out-of-range",
                    str(part.place),
                    f"{value} is not a {kind} from {self.least:g} to {self.most:g}",
                    "write one that is",
                )
            )
            return self.least
        return value if self.whole else float(value)

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, part: Marked, told: Told) -> bool:
        """Return which."""
        if not isinstance(part.value, bool):
            wrong_type(part, "true or false", "write true or false", told)
        return bool(part.value)

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration with its units, read as seconds."""

    most_s: float = DAY_S
    above_zero: bool = False

    def read(self, part: Marked, told: Told) -> float:
        """Return the seconds, to the millisecond."""
        seconds = seconds_of(part.value) if isinstance(part.value, str) else None
        if seconds is None:
            said = part.value if isinstance(part.value, str | int | float) else part.what
            text = f"{shorten(str(said))} is not a duration"
            hint = "write units, as in 30 s, 5 min, 1 h 30 min or 800 ms"
            if isinstance(said, int | float) and not isinstance(said, bool) and said >= 0:
                hint = f"a number has to say its unit: {said:g} s, or {said:g} min"
            elif str(said).startswith("-"):
                hint = "nothing happens before STARTEX; write 0 s or later"
            told.append(Problem("scenario.bad-time", str(part.place), text, hint))
            return 0.0
        if seconds > self.most_s or (self.above_zero and not seconds):
            most = duration_said(self.most_s)
            told.append(
                Problem(
                    "scenario.bad-time",
                    str(part.place),
                    f"{duration_said(seconds)} is {'nothing' if not seconds else 'too long'}",
                    f"write a duration {'above 0 s, ' if self.above_zero else ''}up to {most}",
                )
            )
        return seconds

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return {"$ref": DURATION_REF}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its zone, read as microseconds since 1970."""

    def read(self, part: Marked, told: Told) -> int:
        """Return the microseconds."""
        value = part.value
        if not isinstance(value, str) or time_or_none(value) is None:
            text = shorten(str(value)) if isinstance(value, str) else part.what
            told.append(
                Problem(
                    "scenario.bad-time",
                    str(part.place),
                    f"{text} is not a time with a zone",
                    "write date, T, time with seconds, and zone, as in 2026-03-01T06:00:00Z",
                )
            )
            return 0
        return parse_time(value)

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return {
            "type": "string",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
            r"(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a closed list."""

    words: tuple[str, ...]

    def read(self, part: Marked, told: Told) -> str:
        """Return the word."""
        value = part.value
        if not isinstance(value, str) or value not in self.words:
            said = shorten(str(value)) if isinstance(value, str | int | float) else part.what
            told.append(
                Problem(
                    "scenario.unknown-word",
                    str(part.place),
                    f"{said} is not one of the words that are known here",
                    did_you_mean(str(value), self.words),
                )
            )
            return self.words[0]
        return value

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a list that is too long to be shown whole: ``what`` is what has such codes."""

    known: frozenset[str]
    what: str
    example: str

    def read(self, part: Marked, told: Told) -> str:
        """Return the code."""
        value = part.value
        if not isinstance(value, str) or value not in self.known:
            said = shorten(str(value)) if isinstance(value, str | int | float) else part.what
            told.append(
                Problem(
                    "scenario.unknown-code",
                    str(part.place),
                    f"{said} is no code of {self.what}",
                    did_you_mean(str(value), self._near(str(value))),
                )
            )
            return self.example
        return value

    def _near(self, given: str) -> list[str]:
        """Return the codes that begin as one that is not known; all, where none does."""
        room = given.partition(".")[0]
        return sorted(code for code in self.known if code.startswith(f"{room}.")) or sorted(
            self.known
        )

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return {"enum": sorted(self.known), "examples": [self.example]}
