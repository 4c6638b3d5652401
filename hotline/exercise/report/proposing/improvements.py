"""What is to be mended: one rule a function, named as docs/spec/exercise-report.md names it."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.exercise.report.document import Finding
from hotline.exercise.report.figures.alarms import FLOOD
from hotline.exercise.report.figures.span import Span
from hotline.exercise.report.proposing.form import (
    GRAVE,
    GRAVEST,
    OLDI_MOST,
    OLDI_NEARLY_ALL,
    PLAIN,
    SLIGHT,
    URGENT,
    Figures,
    finding,
    place_of,
)
from hotline.exercise.report.wording import lasting, many


def improvements(span: Span, figures: Figures) -> list[Finding]:
    """Return what is to be mended, the gravest first."""
    rules = (
        _lost, _failed, _short_warnings, _wrong_read_backs, _missed, _unread, _slow_replies,
        _alarms_unseen, _flood, _line_cuts, _slow_receipts, _voice_differs, _relief,
    )  # fmt: skip
    found = [each for rule in rules for each in rule(span, figures)]
    return sorted(found, key=lambda one: one.weight)


def _lost(_span: Span, figures: Figures) -> Iterator[Finding]:
    loss = figures.loss
    for name, names, what in (
        ("lost", loss.lost, "receipted, and not in the recipient's journal"),
        ("doubled", loss.doubled, "entered twice at the recipient"),
        ("reordered", loss.reordered, "entered out of turn at the recipient"),
    ):
        if names:
            yield finding(
                f"loss.{name}", GRAVEST, f"{many(len(names), 'message')} {what}",
                evidence=[place_of(figures, one) for one in names],
                action="Find the cause before the line is used again.",
            )  # fmt: skip


def _failed(_span: Span, figures: Figures) -> Iterator[Finding]:
    for row in figures.msel:
        for one in row.verdicts:
            if one.verdict not in {"fail", "expired"}:
                continue
            late = "did not come in time" if one.verdict == "expired" else "failed"
            why = f": {one.why}" if one.why else ""
            title = f" ({row.title})" if row.title else ""
            yield finding(
                f"expectation.{one.verdict}",
                GRAVE,
                f"expected after {row.id}{title}: {one.wanted}; it {late}{why}",
                one.centre,
                simulated=one.simulated,
                evidence=[one.by, place_of(figures, row.message)],
                action="Go through this inject with the crew; decide what would have shown it.",
            )


def _short_warnings(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        short = [one for one in figures.warnings if one.short and one.sender == centre]
        if not short:
            continue
        worst = min(short, key=lambda one: one.warning_s)
        # What an inject does by itself is no fault of a crew.
        injected = {row.id for row in figures.rows if row.inject or row.simulated}
        yield finding(
            "warning.short",
            GRAVE if worst.warning_s <= 0 else PLAIN,
            f"{many(len(short), 'notice')} with less warning than the letter asks for; the least"
            f" was {lasting(worst.warning_s)} where {lasting(worst.needed_s or 0.0)} was asked for"
            f" ({worst.reference})",
            centre,
            simulated=all(one.message in injected for one in short),
            evidence=[one.received for one in short],
            action="Compose earlier, or agree on other minima.",
        )


def _wrong_read_backs(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        mine = [one for one in figures.read_backs if one.centre == centre]
        wrong = [one for one in mine if not one.right]
        if not wrong:
            continue
        first = wrong[0].differences[0]
        yield finding(
            "read-back.wrong",
            GRAVE,
            f"{len(wrong)} of {many(len(mine), 'read-back')} wrong; {first.field} of"
            f" {wrong[0].reference} read back as {first.said or 'nothing'}, signed"
            f" {first.signed}",
            centre,
            simulated=all(one.simulated for one in wrong),
            evidence=[one.evidence for one in wrong],
            action="Read back from the notice on the screen, never from memory.",
        )


def _missed(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        mine = [one for one in figures.missed if one.centre == centre]
        if not mine:
            continue
        urgent = any(one.precedence in URGENT for one in mine)
        yield finding(
            "deadline.missed",
            GRAVE if urgent else PLAIN,
            f"{many(len(mine), 'answer')} after the deadline, or none; the first was"
            f" {mine[0].reference or mine[0].message[:8]} ({mine[0].precedence},"
            f" {lasting(mine[0].deadline_s)})",
            centre,
            simulated=span.simulated(centre, ""),
            evidence=[one.evidence for one in mine],
            action="Answer with a stand-by where more time is needed.",
        )


def _unread(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        unread = [
            row
            for row in figures.rows
            if row.recipient == centre
            and row.state == "received"
            and row.read is None
            and row.deadline_s is not None
        ]
        if unread:
            urgent = any(row.precedence in URGENT for row in unread)
            yield finding(
                "message.unread",
                GRAVE if urgent else PLAIN,
                f"{many(len(unread), 'message')} that nobody had opened at ENDEX",
                centre,
                simulated=span.simulated(centre, ""),
                evidence=[row.received for row in unread],
                action="Open every message before the watch ends.",
            )


def _slow_replies(span: Span, figures: Figures) -> Iterator[Finding]:
    for one in figures.reactions:
        p90 = one.reply_scenario.p90
        if p90 is None or one.deadline_s is None or p90 <= one.deadline_s / 2:
            continue
        if any(miss.centre == one.centre for miss in figures.missed):
            continue  # told already, and graver
        yield finding(
            "reply.slow",
            SLIGHT,
            f"nine of ten answers to {one.precedence} took up to {lasting(p90)}, more than half of"
            f" the {lasting(one.deadline_s)} that the letter gives",
            one.centre,
            simulated=span.simulated(one.centre, ""),
            evidence=[
                row.received
                for row in figures.rows
                if row.recipient == one.centre
                and row.precedence == one.precedence
                and (row.reply_scenario_s or 0.0) > one.deadline_s / 2
            ],
            action="Find out what the time went into.",
        )


def _alarms_unseen(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        unseen = [
            one for one in figures.alarms if one.centre == centre and one.acknowledged is None
        ]
        if unseen:
            yield finding(
                "alarm.unacknowledged",
                PLAIN,
                f"{many(len(unseen), 'alarm')} that nobody had acknowledged at ENDEX, the first"
                f" {unseen[0].code}",
                centre,
                simulated=span.simulated(centre, ""),
                evidence=[one.evidence for one in unseen],
                action="Acknowledge each alarm by name, and find out why these were left.",
            )


def _flood(_span: Span, figures: Figures) -> Iterator[Finding]:
    for rate in figures.alarm_rates:
        if rate.verdict != "flood":
            continue
        code, count = next(iter(rate.codes.items()))
        yield finding(
            "alarm.flood",
            PLAIN,
            f"{rate.peak} alarms in 10 minutes, a flood is {FLOOD}; most often {code} ({count})",
            rate.centre,
            evidence=[one.evidence for one in figures.alarms if one.centre == rate.centre],
            action="Look at the commonest alarm first: what makes it ring so often?",
        )


def _line_cuts(_span: Span, figures: Figures) -> Iterator[Finding]:
    for one in figures.availability:
        strange = [
            each
            for each in figures.line
            if each.centre == one.centre and not each.up and not each.faults
        ]
        if strange:
            longest = max(strange, key=lambda each: each.seconds)
            yield finding(
                "line.unexplained",
                PLAIN,
                f"the line was down {many(len(strange), 'time')} without a fault of the exercise,"
                f" up to {lasting(longest.seconds)}",
                one.centre,
                evidence=[each.evidence for each in strange],
                action="Look at the network and at both nodes' logs for that time.",
            )


def _slow_receipts(_span: Span, figures: Figures) -> Iterator[Finding]:
    for one in figures.receipts:
        if one.within_4s is None or one.within_10s is None:
            continue
        if one.within_4s < OLDI_MOST or one.within_10s < OLDI_NEARLY_ALL:
            yield finding(
                "receipt.slow",
                SLIGHT,
                f"{one.within_4s:.0%} of the receipts for {one.precedence} within 4 s and"
                f" {one.within_10s:.1%} within 10 s, with nothing broken; OLDI asks for 90 % and"
                " 99.8 %",
                one.centre,
                evidence=[
                    row.sent
                    for row in figures.rows
                    if row.sender == one.centre
                    and row.precedence == one.precedence
                    and (row.receipt_s or 0.0) > 4.0
                ],
                action="Measure the line and the other node's disk.",
            )


def _voice_differs(span: Span, figures: Figures) -> Iterator[Finding]:
    differs = [one for one in figures.voice if one.state == "differs" or one.differs]
    if differs:
        yield finding(
            "voice.differs",
            GRAVE,
            f"{many(len(differs), 'text')} taken down over the telephone with other words than"
            " were read",
            differs[0].centre,
            simulated=all(span.simulated(one.centre, one.officer) for one in differs),
            evidence=[one.evidence for one in differs],
            action="Compare the check words of every item before acting on what was heard.",
        )


def _relief(span: Span, figures: Figures) -> Iterator[Finding]:
    for centre in span.scenario.centres:
        steps = [one for one in figures.watch if one.centre == centre]
        assumed = [one for one in steps if one.step == "assumed"]
        reviewed = [one for one in steps if one.step == "reviewed"]
        if len(assumed) > len(reviewed):
            yield finding(
                "watch.not-reviewed",
                PLAIN,
                f"{many(len(assumed) - len(reviewed), 'relief')} without the relieved officer's"
                " review",
                centre,
                simulated=span.simulated(centre, ""),
                evidence=[one.evidence for one in assumed],
                action="The relieved officer stays and signs off with the review.",
            )
