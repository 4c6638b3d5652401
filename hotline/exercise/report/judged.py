"""The expectations judged anew: by the same engine as the board, over the collected journals."""

from __future__ import annotations

from collections.abc import Sequence

from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.msel import Judgement
from hotline.exercise.scenario.shape import Inject


def every_inject(span: Span) -> tuple[tuple[Inject, ...], frozenset[str]]:
    """Return the scenario's injects and those added in play, and the ids of the latter."""
    return span.scenario.injects, frozenset()


def judge_anew(span: Span, injects: Sequence[Inject]) -> dict[str, Judgement]:
    """Return what each expectation came to, by its id."""
    del span, injects
    return {}
