"""The report made: from two journals that were collected, the record, and the scenario's file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hotline.exercise.record import events
from hotline.exercise.record.events import InjectDelivered
from hotline.exercise.record.references import References
from hotline.exercise.report.binding import (
    Checked,
    Told,
    check_ended,
    check_exercise,
    check_journals,
    check_scenario,
    proof_of,
)
from hotline.exercise.report.clocks import clocks_of
from hotline.exercise.report.collected import Collected, Side, read_side
from hotline.exercise.report.document import (
    FORMAT,
    GONE,
    CentrePart,
    Exercise,
    Moment,
    Ref,
    Report,
)
from hotline.exercise.report.figures import (
    alarms,
    exchanged,
    faults,
    kept,
    lines,
    reactions,
    receipts,
)
from hotline.exercise.report.figures.readbacks import acceptances, read_backs
from hotline.exercise.report.figures.span import SIMULATED, Span, rounded
from hotline.exercise.report.judged import every_inject, judge_anew, mock_injects
from hotline.exercise.report.moments import text_of
from hotline.exercise.report.msel import all_comments, counted, msel_rows, objectives_of
from hotline.exercise.report.noted import Play
from hotline.exercise.report.proposing.form import Figures
from hotline.exercise.report.proposing.improvements import improvements
from hotline.exercise.report.proposing.strengths import strengths
from hotline.exercise.scenario.shape import DIRECTOR, CrewKind, Scenario


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a report is made from. ``collected`` are both centres', in the scenario's order."""

    play: Play
    scenario: Scenario
    collected: tuple[Collected, Collected]


def make_report(sources: Sources, *, unfinished: bool = False, told: Told | None = None) -> Report:
    """Check everything, then make the report.

    Raises ExerciseError (``report.*``) with the reason where something does not hold, and as
    StoppedNode does where a journal cannot be read.
    """
    check_scenario(sources.play, sources.scenario)
    if not unfinished:
        check_ended(sources.play)
    checked = check_journals(sources.collected, told)
    if told is not None:
        told("reading both journals")
    sides = _sides(sources)
    bound = check_exercise(sources.play, sides, unfinished=unfinished)
    references = References(sources.play.opened.mark, sources.scenario.injects)
    scenario = references.scenario(sources.scenario)
    if told is not None:
        told("judging and counting")
    span = Span(scenario, sources.play, sides, clocks_of(sources.play, sides))
    return _report(sources, span, checked, bound)


def _sides(sources: Sources) -> tuple[Side, Side]:
    first, second = sources.collected
    now_us = sources.play.ends_us

    async def both() -> tuple[Side, Side]:
        return (
            await read_side(first, now_us, second.centre),
            await read_side(second, now_us, first.centre),
        )

    return asyncio.run(both())


def _report(sources: Sources, span: Span, checked: Checked, bound: Sequence[Ref]) -> Report:
    centres = span.scenario.centres
    injects, added = every_inject(span)
    judgements = judge_anew(span)
    msel = msel_rows(span, injects, added, judgements)
    mock = msel_rows(span, mock_injects(span), frozenset(), judgements)
    rows = exchanged.message_rows(span)
    broken = faults.fault_rows(span)
    line = lines.line_spans(span, broken)
    rang = alarms.alarm_rows(span)
    figures = Figures(
        msel=[*msel, *mock],
        rows=rows,
        reactions=reactions.reactions(span, rows),
        warnings=reactions.warning_times(rows),
        missed=reactions.missed_deadlines(span, rows),
        read_backs=read_backs(span),
        acceptances=acceptances(span),
        alarm_rates=alarms.alarm_rates(span, rang),
        alarms=rang,
        line=line,
        availability=lines.availability(line, centres),
        receipts=receipts.receipt_figures(span, rows, line, broken, centres),
        voice=kept.voice_rows(span),
        watch=kept.watch_rows(span),
        loss=exchanged.loss_of(span, rows),
    )
    return Report(
        format=FORMAT,
        exercise=_exercise(span, finished=len(bound) == len(span.sides)),
        centres=[_centre(span, side) for side in span.sides],
        counts=counted([*msel, *mock]),
        objectives=objectives_of(span.scenario.objectives, injects, msel),
        msel=msel,
        comments=all_comments(span),
        strengths=strengths(span, figures),
        improvements=improvements(span, figures),
        reactions=list(figures.reactions),
        warnings=list(figures.warnings),
        missed=list(figures.missed),
        read_backs=list(figures.read_backs),
        replies=reactions.replies(rows, centres),
        alarm_rates=list(figures.alarm_rates),
        alarms=rang,
        line=line,
        availability=list(figures.availability),
        receipts=list(figures.receipts),
        voice=list(figures.voice),
        watch=list(figures.watch),
        faults=broken,
        mistakes=kept.mistakes(span),
        loss=figures.loss,
        proof=proof_of(checked, span.play, bound, span.sides),
        moments=_moments(span.play),
        clocks=span.clocks.parts(centres),
        messages=rows,
        mock=mock,
        mock_counts=counted(mock),
        acceptances=list(figures.acceptances),
    )


def _exercise(span: Span, *, finished: bool) -> Exercise:
    play, scenario = span.play, span.scenario
    ended = play.endex
    return Exercise(
        name=play.opened.name,
        title=scenario.title,
        scenario=scenario.name,
        summary=scenario.summary,
        banner=f"EXERCISE {play.opened.name}",
        ground=play.opened.ground,
        seed=play.opened.seed,
        time_factor=play.opened.time_factor,
        version=play.opened.version,
        starts=text_of(play.starts_us),
        ends=text_of(play.ends_us),
        duration_s=round((play.ends_us - play.starts_us) / 1e6, 6),
        scenario_s=rounded(play.ending.t) or 0.0,
        why=ended[1].why if ended is not None else "",
        by=ended[1].by if ended is not None else "",
        finished=finished,
    )


def _centre(span: Span, side: Side) -> CentrePart:
    crew = span.scenario.crews.get(side.centre)
    started = span.play.startex
    at_start = {one.centre: one for one in started[1].nodes} if started is not None else {}
    names = _officers(span, side)
    people = crew is None or crew.kind is CrewKind.HUMAN
    return CentrePart(
        centre=side.centre,
        crew="human" if people else "simulated",
        officers=[one for one in names if not (people and one.startswith(SIMULATED))][:20],
        version=at_start[side.centre].version if side.centre in at_start else "",
        card=side.fingerprint,
    )


def _officers(span: Span, side: Side) -> list[str]:
    """Return who acted at a centre, but for the director, and whom an inject has named."""
    carried = {event.message for _, event in span.play.every(InjectDelivered) if event.simulated}
    return list(
        dict.fromkeys(
            str(entry.what[key])
            for entry in side.entries
            for key in ("officer", "composed_by")
            if entry.what.get(key) not in {None, "", DIRECTOR}
            and (key == "officer" or entry.what.get("direction") == "out")
            and entry.what.get("id") not in carried
            and span.played(side.centre, entry.at)
        )
    )


def _moments(play: Play) -> list[Moment]:
    """Return the entries of the record that every picture marks."""
    found = []
    for noted in play.record.entries:
        event = noted.event
        text = {
            events.Startex: "STARTEX",
            events.Paused: "pause",
            events.Resumed: "play goes on",
            events.DirectorRestarted: "director restarted",
            events.RealWorld: "REAL WORLD, NO PLAY",
            events.PlayStopped: "play has stopped on both sides",
            events.Endex: "ENDEX",
        }.get(type(event))
        if isinstance(event, events.DirectorRestarted) and event.last:
            gone = Moment(kind=GONE, at=event.last, t=rounded(noted.t), text="director gone")
            found.append(gone)
        if text is not None:
            why = str(getattr(event, "why", "") or getattr(event, "text", ""))
            if isinstance(event, events.Endex):
                why = events.ENDED.get(why, why)
            found.append(
                Moment(
                    kind=str(event.__struct_config__.tag),
                    at=text_of(noted.at_us),
                    t=rounded(noted.t),
                    text=f"{text}: {why}" if why else text,
                )
            )
    return found
