"""What is wrong with lines that somebody typed: all of it, in the order of the lines.

An officer asks once for all that was misheard, instead of once for each item.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hotline.errors import ModelError
from hotline.model.problem import Problem, summary

MAX_MISTAKES: Final = 20
"""Mistakes that are told: an officer with more asks for the whole again."""
NOWHERE: Final = 10_000
"""Where what is missing stands in the order: behind all lines."""


class Misheard(ModelError):  # noqa: N818 - it names what happened, as `RulesBroken` does
    """Typed lines are no message: the first mistake, with all of them in ``problems``."""

    all_listed: Final = True

    def __init__(self, problems: Sequence[Problem]) -> None:
        hints = dict.fromkeys(problem.hint for problem in problems)
        super().__init__(problems[0].code, summary(problems), "; ".join(hints))
        self.problems = tuple(problems)


class Mistakes:
    """Those that were found, each with the number of its line."""

    def __init__(self) -> None:
        # In the order in which they were found, each once.
        self._found: dict[tuple[int, Problem], None] = {}

    def note(self, line: int, problem: Problem) -> None:
        """Take note of one, unless it is known."""
        self._found[line, problem] = None

    def refuse(self) -> None:
        """Raise Misheard where there are any, the first line first."""
        if not self._found:
            return
        problems = [problem for _, problem in sorted(self._found, key=lambda one: one[0])]
        raise Misheard(problems[:MAX_MISTAKES])
