"""The exercise in pieces that can be read: both lanes with every message, mark and fault.

Time runs downwards, in order, and not to scale: each moment has a row of its own, and what lies
between two grows with the logarithm of the time, so that an hour of silence takes little room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2

from hotline.exercise.report.document import Report
from hotline.exercise.report.moments import us_of
from hotline.exercise.report.pictures.course import URGENT, Drawn, drawn_messages, drawn_us
from hotline.exercise.report.pictures.shapes import (
    Picture,
    Shape,
    alarm_mark,
    box,
    label,
    message_mark,
    path,
    verdict_mark,
)
from hotline.exercise.report.wording import clock_of, lasting, many

WIDTH = 1000.0
CLOCK, PLAN, LANE_A, LANE_B = 8.0, 92.0, 458.0, 800.0
PLAN_ROOM, NOTE_ROOM = 206.0, {"a": 136.0, "b": 172.0}
TOP = 46.0
ROW, HALF_ROW, MESSAGE_ROW = 18.0, 7.0, 27.0
TALLEST = 1180.0
"""Units of height of one picture: what fits under a heading on A4."""
EPISODES_MOST = 40
HOUR_US = 3_600_000_000
PAUSE_US = 60_000_000
"""From this long on a silence is written beside the picture."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One picture, and what it is called: from when until when on the scenario's clock."""

    number: int
    since: str
    until: str
    count: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class _Moment:
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


def episodes(report: Report) -> tuple[list[Episode], int]:
    """Return the pictures, and how many messages are in none of them."""
    messages, left_out = drawn_messages(report)
    moments = [*_of_messages(messages), *_of_plan(report), *_of_nodes(report)]
    groups = list(_grouped(sorted(moments, key=lambda one: one.us)))
    for group in groups[EPISODES_MOST:]:
        left_out += sum(one.kind == "message" for one in group)
    return [
        _episode(report, group, number) for number, group in enumerate(groups[:EPISODES_MOST], 1)
    ], left_out


def _of_messages(messages: Sequence[Drawn]) -> Iterator[_Moment]:
    for one in messages:
        yield _Moment(one.created_us, "between", "message", drawn=one)
        if one.durable_us is not None:
            yield _Moment(one.durable_us, "", "durable", drawn=one)
        if one.receipted_us is not None:
            yield _Moment(one.receipted_us, "", "receipted", drawn=one)
        if one.read_us is not None:
            words = f"read, {one.row.read_by}" if one.row.read_by else "read"
            yield _Moment(one.read_us, one.row.recipient, "read", words, drawn=one)


def _of_plan(report: Report) -> Iterator[_Moment]:
    """Yield what the record says: injects, verdicts, faults, and when play ran."""
    for row in report.msel:
        if row.at:
            words = f"{row.id} {row.title}".strip()
            yield _Moment(us_of(row.at), "plan", "inject", words, row.state)
        for one in row.verdicts:
            if one.at:
                words = f"{one.id} {one.verdict}"
                yield _Moment(us_of(one.at), "plan", "verdict", words, one.verdict)
    for fault in report.faults:
        name = f"{fault.kind} {fault.centre}".strip()
        yield _Moment(us_of(fault.began), "between", "fault", f"{name} begins")
        if fault.ended is not None:
            yield _Moment(us_of(fault.ended), "between", "fault", f"{name} ends")
    for moment in report.moments:
        yield _Moment(us_of(moment.at), "between", "moment", moment.text, moment.kind)


def _of_nodes(report: Report) -> Iterator[_Moment]:
    """Yield what the nodes entered by themselves, and what officers did besides messages."""
    starts_us = us_of(report.exercise.starts)
    for alarm in report.alarms:
        us = drawn_us(report, alarm.centre, alarm.raised)
        if us >= starts_us:
            yield _Moment(us, alarm.centre, "alarm", alarm.code)
    for span in report.line:
        if us_of(span.since) > starts_us:
            words = "line up" if span.up else "line down"
            yield _Moment(us_of(span.since), span.centre, "line", words, words)
    for step in report.watch:
        us = drawn_us(report, step.centre, step.at)
        yield _Moment(us, step.centre, "watch", f"watch {step.step}, {step.officer}")
    for call in report.voice:
        us = drawn_us(report, call.centre, call.at)
        yield _Moment(us, call.centre, "voice", f"voice {call.state}, {call.officer}")


def _step(before: _Moment | None, now: _Moment) -> float:
    """Return how far below the moment before it a moment stands."""
    if before is None:
        return ROW
    silence_s = max(0.0, (now.us - before.us) / 1e6)
    least = ROW if now.column else HALF_ROW
    if now.kind == "message":
        least = MESSAGE_ROW  # its words stand above its arrow
    return least + min(44.0, 4.0 * log2(1.0 + silence_s))


def _grouped(moments: Sequence[_Moment]) -> Iterator[list[_Moment]]:
    """Yield runs of moments that fit in one picture: of one hour, and not too tall."""
    group: list[_Moment] = []
    height = TOP
    for one in moments:
        step = _step(group[-1] if group else None, one)
        over = one.us - group[0].us > HOUR_US if group else False
        # A message's own moments stay with it where there is room.
        if group and (height + step > TALLEST or over) and one.column:
            yield group
            group, height, step = [], TOP, ROW
        group.append(one)
        height += step
    if group:
        yield group


def _episode(report: Report, group: Sequence[_Moment], number: int) -> Episode:
    places: dict[int, float] = {}
    y = TOP
    before: _Moment | None = None
    for one in group:
        y += _step(before, one)
        places[id(one)] = y
        before = one
    height = y + 20.0
    picture = _Drawing(report, group, places, height)
    count = sum(one.kind == "message" for one in group)
    since, until = _clock(report, group[0].us), _clock(report, group[-1].us)
    return Episode(
        number,
        since,
        until,
        count,
        Picture(
            f"episode-{number}",
            WIDTH,
            height,
            f"Both lanes from {since} to {until}",
            f"{many(count, 'message')} between {report.centres[0].centre} and"
            f" {report.centres[1].centre}, with injects and expectations at the left. The table of"
            " messages says the same in words.",
            list(picture.shapes()),
        ),
    )


def _clock(report: Report, us: int) -> str:
    """Return the scenario's clock at a moment, by the nearest that is known before it."""
    exercise = report.exercise
    known = [(us_of(one.at), one.t) for one in report.moments if one.t is not None]
    known += [(us_of(row.at), row.t) for row in report.msel if row.at and row.t is not None]
    before = [one for one in known if one[0] <= us]
    if not before:
        return clock_of(0.0)
    at_us, t = max(before)
    ends_us = us_of(exercise.ends)
    return clock_of((t or 0.0) + (min(us, ends_us) - at_us) / 1e6 * exercise.time_factor)


class _Drawing:
    """The shapes of one episode."""

    def __init__(
        self,
        report: Report,
        group: Sequence[_Moment],
        places: dict[int, float],
        height: float,
    ) -> None:
        self._report = report
        self._group = group
        self._places = places
        self._height = height
        self._a = report.centres[0].centre
        self._b = report.centres[1].centre
        self._lanes = {self._a: LANE_A, self._b: LANE_B}
        # Where each of a message's moments stands, as far as it is in this picture.
        self._of = {
            (one.drawn.row.id, one.kind): places[id(one)] for one in group if one.drawn is not None
        }

    def shapes(self) -> Iterator[Shape]:
        """Yield everything, what lies beneath first."""
        yield from self._bands()
        yield from self._heads()
        yield from self._clock()
        for one in self._group:
            if one.kind == "message" and one.drawn is not None:
                yield from self._message(one.drawn, self._places[id(one)])
        for one in self._group:
            yield from self._mark(one, self._places[id(one)])

    def _heads(self) -> Iterator[Shape]:
        yield label(LANE_A, 18, self._a, 260, "centre", "middle", bold=True)
        yield label(LANE_B, 18, self._b, 260, "centre", "middle", bold=True)
        yield label(PLAN, 18, "injects and expectations", PLAN_ROOM, "track")

    def _clock(self) -> Iterator[Shape]:
        last = ""
        at = -100.0
        before: _Moment | None = None
        for one in self._group:
            y = self._places[id(one)]
            text = _clock(self._report, one.us)
            if text != last and y - at >= ROW - 1:
                yield label(CLOCK, y + 4, text, 80, "time")
                yield path("grid", "M", PLAN - 6, y, "H", WIDTH - 8)
                last, at = text, y
            if before is not None and one.us - before.us >= PAUSE_US:
                middle = (self._places[id(before)] + y) / 2
                silence = lasting((one.us - before.us) / 1e6)
                yield label(
                    (LANE_A + LANE_B) / 2, middle + 4, f"… {silence} …", 200, "silence", "middle"
                )
            before = one

    def _bands(self) -> Iterator[Shape]:
        """Yield the lanes with how the line stood, and faults between them."""
        for centre, x in self._lanes.items():
            yield box(x - 1.5, TOP - 16, 3, self._height - TOP + 10, "up")
            for span in self._report.line:
                if span.centre == centre and not span.up:
                    since, until = self._y(us_of(span.since)), self._y(us_of(span.until))
                    if until > since:
                        yield box(x - 7, since, 14, until - since, "down")
        for fault in self._report.faults:
            since = self._y(us_of(fault.began))
            until = self._y(us_of(fault.ended or self._report.exercise.ends))
            if until > since:
                yield box(LANE_A + 10, since, LANE_B - LANE_A - 20, until - since, "fault")

    def _y(self, us: int) -> float:
        """Return where a moment stands among those that are drawn."""
        if us <= self._group[0].us:
            return self._places[id(self._group[0])] if us == self._group[0].us else TOP - 16
        y = TOP - 16
        before = self._group[0]
        for one in self._group:
            if one.us >= us:
                low, high = self._places[id(before)], self._places[id(one)]
                share = (us - before.us) / (one.us - before.us) if one.us > before.us else 1.0
                return low + share * (high - low)
            before, y = one, self._places[id(one)]
        return max(y, self._height - 6)

    def _message(self, one: Drawn, y: float) -> Iterator[Shape]:
        row = one.row
        start, end = self._lanes[row.sender], self._lanes[row.recipient]
        way = 1 if end > start else -1
        look = f"arrow {row.precedence.lower()}"
        durable = self._of.get((row.id, "durable"))
        if durable is not None:
            yield path(look, "M", start, y, "L", end - 9 * way, durable)
            yield path(f"head {look}", "M", end - 2.0 * way, durable, "l", -9 * way, "-5v10z")
        elif one.durable_us is not None:
            yield path(look, "M", start, y, "H", (start + end) / 2)
            yield path("later", "M", (start + end) / 2 + 4, y, "h3m4 0h3m4 0h3")
        else:
            stop = end - 60.0 * way
            yield path(look, "M", start, y, "H", stop)
            yield path("lost", "M", stop - 5, y - 5, "l10 10m0 -10l-10 10")
        yield message_mark(start, y, row.precedence)
        receipted = self._of.get((row.id, "receipted"))
        if receipted is not None and durable is not None:
            yield path("receipt", "M", end, durable, "L", start + 8.0 * way, receipted)
            yield path("receipt-head", "M", start + 3.0 * way, receipted, "l", 7 * way, "-3v6z")
        urgent = row.precedence in URGENT
        yield label(
            start + 16 * way,
            y - 5,
            _words(one),
            LANE_B - LANE_A - 40,
            f"name {row.precedence.lower()}",
            "start" if way > 0 else "end",
            bold=urgent,
        )

    def _mark(self, one: _Moment, y: float) -> Iterator[Shape]:
        """Yield the sign of a moment and its words, in its column."""
        if one.column == "plan":
            yield from self._planned(one, y)
        elif one.column in self._lanes:
            x = self._lanes[one.column]
            way = -1 if one.column == self._a else 1
            yield from _sign(one, x, y, way)
            anchor = "end" if way < 0 else "start"
            look = f"said-{one.kind}"
            room = NOTE_ROOM["a" if way < 0 else "b"]
            yield label(x + 20 * way, y + 4, one.words, room, look, anchor)
        elif one.column == "between" and one.words:
            middle = (LANE_A + LANE_B) / 2
            look = "bad" if one.sign == "real-world" else f"said-{one.kind}"
            yield path("divider-line", "M", LANE_A + 12, y, "H", LANE_B - 12)
            yield box(middle - 140, y - 9, 280, 18, "divider-field")
            yield label(middle, y + 4, one.words, 270, look, "middle", bold=True)

    def _planned(self, one: _Moment, y: float) -> Iterator[Shape]:
        if one.kind == "inject":
            look = "inject" if one.sign == "delivered" else "inject not"
            yield path(look, "M", PLAN, y - 5, "v10l8 -5z")
            yield label(PLAN + 14, y + 4, one.words, PLAN_ROOM - 14, "plan", bold=True)
        else:
            yield from verdict_mark(PLAN + 18, y, one.sign)
            look = f"plan verdict-{one.sign}"
            yield label(PLAN + 30, y + 4, one.words, PLAN_ROOM - 30, look)


def _words(one: Drawn) -> str:
    """Return what a message is called beside its arrow."""
    row = one.row
    words = " ".join(part for part in (row.reference, row.answer or row.kind) if part)
    if row.precedence in URGENT:
        words = f"{row.precedence} {words}"
    return f"{words}: {row.title}" if row.title and not row.answer else words


def _sign(one: _Moment, x: float, y: float, way: int) -> Iterator[Shape]:
    """Yield the sign of what happened at a centre, beside its lane."""
    if one.kind == "alarm":
        yield alarm_mark(x + 11 * way, y)
    elif one.kind == "read":
        yield path("read", "M", x + 7.0 * way, y, "a4 4 0 1 0 8 0a4 4 0 1 0 -8 0" if way > 0
                   else "a4 4 0 1 0 -8 0a4 4 0 1 0 8 0")  # fmt: skip
    elif one.kind == "line":
        yield path("cut", "M", x - 8, y, "h16")
    else:
        yield path("step", "M", x + 8.0 * way, y - 4, "h", 8 * way, "v8h", -8 * way, "z")
