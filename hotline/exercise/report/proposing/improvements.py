"""What is to be mended: the rules, as docs/spec/exercise-report.md has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
    Case,
    Figures,
    Found,
    Rule,
    proposed,
)
from hotline.exercise.report.wording import lasting, many


def improvements(span: Span, figures: Figures) -> list[Finding]:
    """Return what is to be mended, the gravest first."""
    return proposed(IMPROVEMENTS, span, figures)


def _astray(state: str, what: str) -> Callable[[Case], Iterator[Found]]:
    """Return how messages are found that a list of the losses names."""

    def found(case: Case) -> Iterator[Found]:
        names: list[str] = getattr(case.figures.loss, state)
        if names:
            places = map(case.figures.place_of, names)
            yield Found(f"{many(len(names), 'message')} {what}", places)

    return found


def _judged(verdict: str, what: str) -> Callable[[Case], Iterator[Found]]:
    """Return how expectations are found that came to a verdict."""

    def found(case: Case) -> Iterator[Found]:
        for row, one in case.figures.verdicts():
            if one.verdict == verdict:
                title = f" ({row.title})" if row.title else ""
                why = f": {one.why}" if one.why else ""
                yield Found(
                    f"expected after {row.id}{title}: {one.wanted}; it {what}{why}",
                    (one.by, case.figures.place_of(row.message)),
                    centre=one.centre,
                    simulated=one.simulated,
                )

    return found


def _short_warnings(case: Case) -> Iterator[Found]:
    short = [one for one in case.figures.warnings if one.short and one.sender == case.centre]
    if not short:
        return
    worst = min(short, key=lambda one: one.warning_s)
    # What an inject does by itself is no fault of a crew.
    injected = {row.id for row in case.figures.rows if row.inject or row.simulated}
    yield Found(
        f"{many(len(short), 'notice')} with less warning than the letter asks for; the least"
        f" was {lasting(worst.warning_s)} where {lasting(worst.needed_s or 0.0)} was asked for"
        f" ({worst.reference})",
        (one.received for one in short),
        weight=GRAVE if worst.warning_s <= 0 else PLAIN,
        simulated=all(one.message in injected for one in short),
    )


def _wrong_read_backs(case: Case) -> Iterator[Found]:
    mine = case.mine(case.figures.read_backs)
    wrong = [one for one in mine if not one.right]
    if wrong:
        first = wrong[0].differences[0]
        yield Found(
            f"{len(wrong)} of {many(len(mine), 'read-back')} wrong; {first.field} of"
            f" {wrong[0].reference} read back as {first.said or 'nothing'}, signed"
            f" {first.signed}",
            (one.evidence for one in wrong),
            simulated=all(one.simulated for one in wrong),
        )


def _blindly_accepted(case: Case) -> Iterator[Found]:
    mine = case.mine(case.figures.acceptances)
    blind = [one for one in mine if not one.opened]
    if blind:
        yield Found(
            f"{len(blind)} of {many(len(mine), 'acceptance')} given to what nobody had opened, the"
            f" first by {blind[0].officer} to {blind[0].reference or blind[0].message[:8]}",
            (one.evidence for one in blind),
            simulated=all(one.simulated for one in blind),
        )


def _accepted_silently(case: Case) -> Iterator[Found]:
    mine = [one for one in case.mine(case.figures.acceptances) if one.read_back is not None]
    silent = [one for one in mine if not one.read_back]
    if silent:
        yield Found(
            f"{len(silent)} of {many(len(mine), 'acceptance')} without a read-back, the first by"
            f" {silent[0].officer} to {silent[0].reference or silent[0].message[:8]}",
            (one.evidence for one in silent),
            simulated=all(one.simulated for one in silent),
        )


def _missed(case: Case) -> Iterator[Found]:
    mine = case.mine(case.figures.missed)
    if mine:
        first = mine[0]
        yield Found(
            f"{many(len(mine), 'answer')} after the deadline, or none; the first was"
            f" {first.reference or first.message[:8]} ({first.precedence},"
            f" {lasting(first.deadline_s)})",
            (one.evidence for one in mine),
            weight=GRAVE if any(one.precedence in URGENT for one in mine) else PLAIN,
        )


def _unread(case: Case) -> Iterator[Found]:
    unread = [
        row
        for row in case.figures.rows
        if row.recipient == case.centre
        and row.state == "received"
        and row.read is None
        and row.deadline_s is not None
    ]
    if unread:
        yield Found(
            f"{many(len(unread), 'message')} that nobody had opened at ENDEX",
            (row.received for row in unread),
            weight=GRAVE if any(row.precedence in URGENT for row in unread) else PLAIN,
        )


def _differing_calls(case: Case) -> Iterator[Found]:
    mine = case.mine(case.figures.voice)
    differs = [one for one in mine if one.state == "differs" or one.differs]
    if differs:
        yield Found(
            f"{many(len(differs), 'text')} taken down over the telephone with other words than"
            " were read",
            (one.evidence for one in differs),
            simulated=all(case.span.simulated(one.centre, one.officer) for one in differs),
        )


def _alarms_unseen(case: Case) -> Iterator[Found]:
    unseen = [one for one in case.mine(case.figures.alarms) if one.acknowledged is None]
    if unseen:
        yield Found(
            f"{many(len(unseen), 'alarm')} that nobody had acknowledged at ENDEX, the first"
            f" {unseen[0].code}",
            (one.evidence for one in unseen),
        )


def _flood(case: Case) -> Iterator[Found]:
    for rate in case.mine(case.figures.alarm_rates):
        if rate.verdict == "flood":
            code, count = next(iter(rate.codes.items()))
            yield Found(
                f"{rate.peak} alarms in 10 minutes{case.of_the_scenario()}, a flood is {FLOOD};"
                f" most often {code} ({count})",
                (one.evidence for one in case.mine(case.figures.alarms)),
            )


def _line_cuts(case: Case) -> Iterator[Found]:
    down = [one for one in case.mine(case.figures.line) if not one.up and not one.faults]
    if down:
        longest = max(down, key=lambda one: one.seconds)
        yield Found(
            f"the line was down {many(len(down), 'time')} without a fault of the exercise, up to"
            f" {lasting(longest.seconds)}",
            (one.evidence for one in down),
        )


def _reliefs(case: Case) -> Iterator[Found]:
    steps = case.mine(case.figures.watch)
    assumed = [one for one in steps if one.step == "assumed"]
    missing = len(assumed) - sum(one.step == "reviewed" for one in steps)
    if missing > 0:
        yield Found(
            f"{many(missing, 'relief')} without the relieved officer's review",
            (one.evidence for one in assumed),
        )


def _slow_replies(case: Case) -> Iterator[Found]:
    if case.mine(case.figures.missed):
        return  # told already, and graver
    for one in case.mine(case.figures.reactions):
        p90 = one.answered.p90
        if p90 is None or one.deadline_s is None or p90 <= one.deadline_s / 2:
            continue
        yield Found(
            f"nine of ten answers to {one.precedence} took up to"
            f" {lasting(p90)}{case.of_the_scenario()}, more than half of the"
            f" {lasting(one.deadline_s)} that the letter gives",
            (
                row.received
                for row in case.figures.rows
                if row.recipient == case.centre
                and row.precedence == one.precedence
                and (one.answer_s(row) or 0.0) > one.deadline_s / 2
            ),
        )


def _slow_receipts(case: Case) -> Iterator[Found]:
    for one in case.mine(case.figures.receipts):
        if one.within_4s is None or one.within_10s is None:
            continue
        if one.within_4s < OLDI_MOST or one.within_10s < OLDI_NEARLY_ALL:
            yield Found(
                f"{one.within_4s:.0%} of the receipts for {one.precedence} within 4 s and"
                f" {one.within_10s:.1%} within 10 s, with nothing broken; OLDI asks for 90 % and"
                " 99.8 %",
                (
                    row.sent
                    for row in case.figures.rows
                    if row.sender == case.centre
                    and row.precedence == one.precedence
                    and (row.receipt_s or 0.0) > 4.0
                ),
            )


_FIND = "Find the cause before the line is used again."
_GO_THROUGH = "Go through this inject with the crew; decide what would have shown it."

IMPROVEMENTS = (
    Rule("loss.lost", GRAVEST, _astray("lost", "receipted, and not in the recipient's journal"),
         _FIND, whole=True),
    Rule("loss.doubled", GRAVEST, _astray("doubled", "entered twice at the recipient"),
         _FIND, whole=True),
    Rule("loss.reordered", GRAVEST, _astray("reordered", "entered out of turn at the recipient"),
         _FIND, whole=True),
    Rule("expectation.fail", GRAVE, _judged("fail", "failed"), _GO_THROUGH, whole=True),
    Rule("expectation.expired", GRAVE, _judged("expired", "did not come in time"),
         _GO_THROUGH, whole=True),
    Rule("warning.short", PLAIN, _short_warnings,
         "Compose earlier, or agree on other minima."),
    Rule("read-back.wrong", GRAVE, _wrong_read_backs,
         "Read back from the notice on the screen, never from memory."),
    Rule("acceptance.unopened", GRAVE, _blindly_accepted,
         "Open and read every notice before it is accepted."),
    Rule("acceptance.no-read-back", GRAVE, _accepted_silently,
         "Accept with a read-back of area, times and levels."),
    Rule("deadline.missed", PLAIN, _missed, "Answer with a stand-by where more time is needed."),
    Rule("message.unread", PLAIN, _unread, "Open every message before the watch ends."),
    Rule("voice.differs", GRAVE, _differing_calls,
         "Compare the check words of every item before acting on what was heard."),
    Rule("alarm.unacknowledged", PLAIN, _alarms_unseen,
         "Acknowledge each alarm by name, and find out why these were left."),
    Rule("alarm.flood", PLAIN, _flood,
         "Look at the commonest alarm first: what makes it ring so often?"),
    Rule("line.unexplained", PLAIN, _line_cuts,
         "Look at the network and at both nodes' logs for that time.", machines=True),
    Rule("watch.not-reviewed", PLAIN, _reliefs,
         "The relieved officer stays and signs off with the review."),
    Rule("reply.slow", SLIGHT, _slow_replies, "Find out what the time went into."),
    Rule("receipt.slow", SLIGHT, _slow_receipts,
         "Measure the line and the other node's disk.", machines=True),
)  # fmt: skip
"""Every rule, in the order in which findings of one weight stand."""
