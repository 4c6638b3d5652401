"""Everything that the pictures of both lanes show, moment by moment, by the report alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotline.exercise.report.document import Report
from hotline.exercise.report.moments import us_of
from hotline.exercise.report.pictures.course import Drawn, drawn_messages, drawn_us


@dataclass(frozen=True, slots=True)
class Moment:
    """Something at a moment, in microseconds on the director's clock.

    ``column`` is where its words stand: plan, between, a centre, or "" for none. ``sign`` says
    more of its kind; ``drawn`` is the message that it is about.
    """

    us: int
    column: str
    kind: str
    words: str = ""
    sign: str = ""
    drawn: Drawn | None = None


def happened(report: Report) -> tuple[list[Moment], int]:
    """Return every moment that is drawn, in order, and how many messages are left out."""
    messages, left_out = drawn_messages(report)
    moments = [*_of_messages(messages), *_of_plan(report), *_of_nodes(report)]
    return sorted(moments, key=lambda one: one.us), left_out


def _of_messages(messages: Sequence[Drawn]) -> Iterator[Moment]:
    for one in messages:
        yield Moment(one.created_us, "between", "message", drawn=one)
        if one.durable_us is not None:
            yield Moment(one.durable_us, "", "durable", drawn=one)
        if one.receipted_us is not None:
            yield Moment(one.receipted_us, "", "receipted", drawn=one)
        if one.read_us is not None:
            words = f"read, {one.row.read_by}" if one.row.read_by else "read"
            yield Moment(one.read_us, one.row.recipient, "read", words, drawn=one)


def _of_plan(report: Report) -> Iterator[Moment]:
    """Yield what the record says: injects, verdicts, faults, and when play ran."""
    for row in report.msel:
        if row.at:
            words = f"{row.id} {row.title}".strip()
            yield Moment(us_of(row.at), "plan", "inject", words, row.state)
        for one in row.verdicts:
            if one.at:
                words = f"{one.id} {one.verdict}"
                yield Moment(us_of(one.at), "plan", "verdict", words, one.verdict)
    for fault in report.faults:
        name = f"{fault.kind} {fault.centre}".strip()
        yield Moment(us_of(fault.began), "between", "fault", f"{name} begins")
        if fault.ended is not None:
            yield Moment(us_of(fault.ended), "between", "fault", f"{name} ends")
    for moment in report.moments:
        yield Moment(us_of(moment.at), "between", "moment", moment.text, moment.kind)


def _of_nodes(report: Report) -> Iterator[Moment]:
    """Yield what the nodes entered by themselves, and what officers did besides messages."""
    starts_us = us_of(report.exercise.starts)
    for alarm in report.alarms:
        us = drawn_us(report, alarm.centre, alarm.raised)
        if us >= starts_us:
            yield Moment(us, alarm.centre, "alarm", alarm.code)
    for span in report.line:
        if us_of(span.since) > starts_us:
            words = "line up" if span.up else "line down"
            yield Moment(us_of(span.since), span.centre, "line", words, words)
    for step in report.watch:
        us = drawn_us(report, step.centre, step.at)
        yield Moment(us, step.centre, "watch", f"watch {step.step}, {step.officer}")
    for call in report.voice:
        us = drawn_us(report, call.centre, call.at)
        yield Moment(us, call.centre, "voice", f"voice {call.state}, {call.officer}")
