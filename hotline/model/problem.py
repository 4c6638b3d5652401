"""A broken rule, as data: refused when composing, a flag on the message when receiving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotline.errors import ConfigError, ModelError


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule.

    ``code`` is stable (``model.zero-area``), ``field`` the path of what breaks the rule
    (``volumes[0].outline_polygon``), ``text`` one sentence, ``hint`` the mend.
    """

    code: str
    field: str
    text: str
    hint: str

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field else self.text


class RulesBroken(ModelError):  # noqa: N818 - it names what happened, and its parent is the error
    """A message may not be composed as it is: the first problem, with all of them listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].code, summary(problems), problems[0].hint)
        self.problems = tuple(problems)


class LetterRefused(ConfigError):  # noqa: N818 - as above
    """A letter of agreement can't be used: the first problem, with all of them listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].code, summary(problems), problems[0].hint)
        self.problems = tuple(problems)


def summary(problems: Sequence[Problem]) -> str:
    """Return all problems as one sentence, the first one first."""
    return "; ".join(str(problem) for problem in problems)
