"""The expectations judged anew: by the same engine as the board, over the collected journals."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from hotline.exercise.judging.engine import Judge
from hotline.exercise.record.events import InjectAdded, InjectDue, InjectSkipped
from hotline.exercise.report.document import Ref
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.msel import Judgement
from hotline.exercise.scenario.shape import Inject


def every_inject(span: Span) -> tuple[tuple[Inject, ...], frozenset[str]]:
    """Return the scenario's injects and those added in play, and the ids of the latter."""
    added = []
    for _, event in span.play.every(InjectAdded):
        try:
            added.append(msgspec.convert(event.inject, Inject))
        except msgspec.ValidationError:
            continue  # of a later version: the judge expects nothing of it either
    return (*span.scenario.injects, *added), frozenset(one.id for one in added)


def mock_injects(span: Span) -> tuple[Inject, ...]:
    """Return the injects of mock traffic whose time had come, as the record describes them."""
    found = []
    for entry in span.play.record.entries:
        event = entry.event
        if isinstance(event, InjectDue | InjectSkipped) and event.planned is not None:
            with suppress(msgspec.ValidationError):  # of a later version, as above
                found.append(msgspec.convert(event.planned, Inject))
    return tuple(found)


def judge_anew(span: Span) -> dict[str, Judgement]:
    """Return what each expectation came to, by its id: all entries first, then one judgement."""
    judge = Judge(span.scenario, span.clocks.common_us)
    for entry in span.play.record.entries:
        judge.recorded(entry)
    seen = [
        (span.common_us(side.centre, entry.at), number, side.centre, entry)
        for side in span.sides
        for number, entry in enumerate(side.entries)
    ]
    for _, _, centre, view in sorted(seen, key=lambda one: one[:2]):
        judge.saw(centre, view)
    judge.tick(max(span.play.ends_us, span.play.record.entries[-1].at_us))
    return {
        name: Judgement(
            one.outcome.value,
            one.text,
            Ref(centre=one.by.centre, log=one.by.log, entry=one.by.entry) if one.by else None,
            one.at_us,
        )
        for name, one in judge.verdicts().items()
    }
