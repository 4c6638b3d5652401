"""What went well: the rules, as docs/spec/exercise-report.md has them."""

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
    Case,
    Figures,
    Found,
    Rule,
    proposed,
)
from hotline.exercise.report.wording import lasting, many


def strengths(span: Span, figures: Figures) -> list[Finding]:
    """Return what went well, what matters most first."""
    return proposed(STRENGTHS, span, figures)


def _nothing_lost(case: Case) -> Iterator[Found]:
    loss = case.figures.loss
    if loss.sent and not (loss.lost or loss.doubled or loss.reordered):
        queued = f"; {len(loss.queued)} still queued at ENDEX" if loss.queued else ""
        yield Found(
            f"nothing was lost: {loss.received} of {many(loss.sent, 'message')} at their"
            f" recipients, none twice and none out of turn{queued}"
        )


def _all_passed(case: Case) -> Iterator[Found]:
    judged: dict[str, list[Verdict]] = {}
    for _, one in case.figures.verdicts():
        if one.centre == case.centre and one.verdict in {"pass", "fail", "expired"}:
            judged.setdefault(one.kind, []).append(one)
    for kind, verdicts in judged.items():
        if all(one.verdict == "pass" for one in verdicts):
            times = "once" if len(verdicts) == 1 else f"all {len(verdicts)} times"
            yield Found(
                f"{kind.replace('-', ' ')}: {times} as expected",
                (one.by for one in verdicts),
                weight=PLAIN if len(verdicts) == 1 else GRAVE,
                simulated=all(one.simulated for one in verdicts),
            )


def _warned_well(case: Case) -> Iterator[Found]:
    mine = [one for one in case.figures.warnings if one.sender == case.centre and one.needed_s]
    if mine and not any(one.short for one in mine):
        least = min(mine, key=lambda one: one.warning_s)
        yield Found(
            f"{many(len(mine), 'notice')} with at least the letter's warning; the least was"
            f" {lasting(least.warning_s)}",
            (least.received,),
        )


def _read_back_well(case: Case) -> Iterator[Found]:
    mine = case.mine(case.figures.read_backs)
    if mine and all(one.right for one in mine):
        yield Found(
            f"{many(len(mine), 'read-back')}, {'none of them' if len(mine) > 1 else 'not'} wrong",
            (one.evidence for one in mine),
            simulated=all(one.simulated for one in mine),
        )


def _answered_in_time(case: Case) -> Iterator[Found]:
    mine = case.mine(case.figures.reactions)
    wanting = sum(one.to_answer for one in mine)
    unanswered = sum(one.unanswered for one in mine)
    if wanting and not unanswered and not case.mine(case.figures.missed):
        yield Found(
            f"{many(wanting, 'message')} to answer, all of them answered within the deadline"
        )


def _alarms_seen(case: Case) -> Iterator[Found]:
    for rate in case.mine(case.figures.alarm_rates):
        if rate.total and not rate.unacknowledged:
            median_s = lasting(rate.acknowledged.median or 0.0)
            share = (
                "every one acknowledged by name, half of them"
                if rate.total > 1
                else ("acknowledged by name")
            )
            yield Found(
                f"{many(rate.total, 'alarm')}, {share} within {median_s}{case.of_the_scenario()}",
                (one.evidence for one in case.mine(case.figures.alarms)),
            )


def _relieved_well(case: Case) -> Iterator[Found]:
    steps = case.mine(case.figures.watch)
    assumed = [one for one in steps if one.step == "assumed"]
    reviewed = [one for one in steps if one.step == "reviewed"]
    if assumed and len(assumed) == len(reviewed):
        yield Found(
            f"{many(len(assumed), 'relief')} with brief, assumption by name and review",
            (one.evidence for one in (*assumed, *reviewed)),
        )


def _line_held(case: Case) -> Iterator[Found]:
    known = case.figures.availability
    if known and not any(one.unexplained for one in known):
        cuts = max(one.cuts for one in known)
        yield Found(
            f"the line was down {many(cuts, 'time')}, each by a fault of the exercise"
            if cuts
            else "the line was up from STARTEX to ENDEX",
            (one.evidence for one in case.figures.line if not one.up),
        )


def _quick_receipts(case: Case) -> Iterator[Found]:
    known = [one for one in case.figures.receipts if one.within_4s is not None]
    if known and all(
        (one.within_4s or 0.0) >= OLDI_MOST and (one.within_10s or 0.0) >= OLDI_NEARLY_ALL
        for one in known
    ):
        slowest = max(one.latency.max or 0.0 for one in known)
        yield Found(
            "receipts as quick as OLDI asks for, where nothing was broken; the longest wait of"
            f" all was {lasting(slowest)}"
        )


STRENGTHS = (
    Rule("loss.nothing", GRAVEST, _nothing_lost, whole=True),
    Rule("expectation.all-passed", GRAVE, _all_passed),
    Rule("warning.kept", GRAVE, _warned_well),
    Rule("read-back.right", GRAVE, _read_back_well),
    Rule("deadline.kept", PLAIN, _answered_in_time),
    Rule("alarm.acknowledged", PLAIN, _alarms_seen),
    Rule("watch.relieved", PLAIN, _relieved_well),
    Rule("line.held", SLIGHT, _line_held, whole=True),
    Rule("receipt.quick", SLIGHT, _quick_receipts, whole=True),
)
"""Every rule, in the order in which findings of one weight stand."""
