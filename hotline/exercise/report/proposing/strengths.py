"""What went well: one rule a function, named as docs/spec/exercise-report.md names it."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.exercise.report.document import Finding, Verdict
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.proposing.form import (
    GRAVE,
    GRAVEST,
    OLDI_MOST,
    OLDI_NEARLY_ALL,
    PLAIN,
    SLIGHT,
    Figures,
    finding,
)
from hotline.exercise.report.wording import lasting, many


def strengths(span: Span, figures: Figures) -> list[Finding]:
    """Return what went well, what matters most first."""
    rules = (
        _nothing_lost, _all_passed, _warned_well, _read_back_well, _answered_in_time,
        _alarms_seen, _line_held, _quick_receipts, _relieved_well,
    )  # fmt: skip
    found = [each for rule in rules for each in rule(span, figures)]
    return sorted(found, key=lambda one: one.weight)


def _nothing_lost(_span: Span, figures: Figures) -> Iterator[Finding]:
    loss = figures.loss
    if loss.sent and not (loss.lost or loss.doubled or loss.reordered):
        queued = f"; {len(loss.queued)} still queued at ENDEX" if loss.queued else ""
        yield finding(
            "loss.nothing",
            GRAVEST,
            f"nothing was lost: {loss.received} of {many(loss.sent, 'message')} at their"
            f" recipients, none twice and none out of turn{queued}",
        )


def _all_passed(span: Span, figures: Figures) -> Iterator[Finding]:
    judged: dict[tuple[str, str], list[Verdict]] = {}
    for row in figures.msel:
        for one in row.verdicts:
            if one.verdict in {"pass", "fail", "expired"}:
                judged.setdefault((one.centre, one.kind), []).append(one)
    for (centre, kind), verdicts in judged.items():
        if all(one.verdict == "pass" for one in verdicts):
            yield finding(
                "expectation.all-passed",
                GRAVE if len(verdicts) > 1 else PLAIN,
                f"{kind.replace('-', ' ')}: {_all_of(len(verdicts))} as expected",
                centre,
                simulated=span.simulated(centre, ""),
                evidence=[one.by for one in verdicts],
            )


def _all_of(count: int) -> str:
    return "once" if count == 1 else f"all {count} times"


def _warned_well(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        mine = [one for one in figures.warnings if one.sender == centre and one.needed_s]
        if mine and not any(one.short for one in mine):
            least = min(mine, key=lambda one: one.warning_s)
            yield finding(
                "warning.kept",
                GRAVE,
                f"{many(len(mine), 'notice')} with at least the letter's warning; the least was"
                f" {lasting(least.warning_s)}",
                centre,
                simulated=span.simulated(centre, ""),
                evidence=[least.received],
            )


def _read_back_well(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        mine = [one for one in figures.read_backs if one.centre == centre]
        if mine and all(one.right for one in mine):
            yield finding(
                "read-back.right",
                GRAVE,
                f"{many(len(mine), 'read-back')}, none of them wrong",
                centre,
                simulated=all(one.simulated for one in mine),
                evidence=[one.evidence for one in mine],
            )


def _answered_in_time(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        mine = [one for one in figures.reactions if one.centre == centre]
        wanting = sum(one.to_answer for one in mine)
        unanswered = sum(one.unanswered for one in mine)
        if wanting and not unanswered and not any(m.centre == centre for m in figures.missed):
            yield finding(
                "deadline.kept",
                PLAIN,
                f"{many(wanting, 'message')} to answer, all of them answered within the deadline",
                centre,
                simulated=span.simulated(centre, ""),
            )


def _alarms_seen(span: Span, figures: Figures) -> Iterator[Finding]:
    for rate in figures.alarm_rates:
        if rate.total and not rate.unacknowledged:
            yield finding(
                "alarm.acknowledged",
                PLAIN,
                f"{many(rate.total, 'alarm')}, every one acknowledged by name, half of them within"
                f" {lasting(rate.acknowledged.median or 0.0)}",
                rate.centre,
                simulated=span.simulated(rate.centre, ""),
                evidence=[one.evidence for one in figures.alarms if one.centre == rate.centre],
            )


def _line_held(_span: Span, figures: Figures) -> Iterator[Finding]:
    if figures.availability and not any(one.unexplained for one in figures.availability):
        cuts = max(one.cuts for one in figures.availability)
        what = f"down {many(cuts, 'time')}, each by a fault of the exercise" if cuts else "never"
        yield finding(
            "line.held",
            SLIGHT,
            f"the line was {what}" if cuts else "the line was up from STARTEX to ENDEX",
            evidence=[one.evidence for one in figures.line if not one.up],
        )


def _quick_receipts(_span: Span, figures: Figures) -> Iterator[Finding]:
    known = [one for one in figures.receipts if one.within_4s is not None]
    if known and all(
        (one.within_4s or 0.0) >= OLDI_MOST and (one.within_10s or 0.0) >= OLDI_NEARLY_ALL
        for one in known
    ):
        slowest = max(one.latency.max or 0.0 for one in known)
        yield finding(
            "receipt.quick",
            SLIGHT,
            "receipts as quick as OLDI asks for, where nothing was broken; the longest wait of"
            f" all was {lasting(slowest)}",
        )


def _relieved_well(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        steps = [one for one in figures.watch if one.centre == centre]
        assumed = [one for one in steps if one.step == "assumed"]
        reviewed = [one for one in steps if one.step == "reviewed"]
        if assumed and len(assumed) == len(reviewed):
            yield finding(
                "watch.relieved",
                PLAIN,
                f"{many(len(assumed), 'relief')} with brief, assumption by name and review",
                centre,
                simulated=span.simulated(centre, ""),
                evidence=[one.evidence for one in (*assumed, *reviewed)],
            )
