"""Both lanes of one picture: every message an arrow, with signs and words at both sides.

Every moment that has words has a row of its own, as high as writing, so that no words ever stand
on others; lines across stop where words are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hotline.audit.reconcile.plain import width
from hotline.exercise.report.document import Report
from hotline.exercise.report.moments import us_of
from hotline.exercise.report.pictures.clock import SceneClock
from hotline.exercise.report.pictures.course import URGENT, Drawn
from hotline.exercise.report.pictures.happened import Moment
from hotline.exercise.report.pictures.shapes import (
    SIZE,
    Label,
    Shape,
    alarm_mark,
    box,
    label,
    message_mark,
    path,
    verdict_mark,
)
from hotline.exercise.report.wording import lasting

WIDTH = 1000.0
TOP, ROW = 46.0, 18.0
"""Where the lanes begin, and how high a row with words is."""
CLOCK, PLAN, LANE_A, LANE_B = 8.0, 92.0, 396.0, 722.0
NOTE = 20.0
"""Between a lane and the words beside it."""
PLAN_ROOM = LANE_A - NOTE - PLAN
NOTE_ROOM = {-1: PLAN_ROOM, 1: WIDTH - 6.0 - LANE_B - NOTE}
"""By side. A row has words of one moment only: each may take all the room beside the lanes."""
HEAD_ROOM = 220.0
"""For a centre's name, whose letters are larger than others."""
HEAVY = frozenset({"alarm", "line"})
PAUSE_US = 60_000_000
"""From this long on a silence is written beside the picture."""


class Lanes:
    """The shapes of one episode."""

    def __init__(
        self,
        report: Report,
        group: Sequence[Moment],
        places: dict[int, float],
        height: float,
        clock: SceneClock,
    ) -> None:
        self._report = report
        self._scene_clock = clock
        self._group = group
        self._places = places
        self._height = height
        self._a = report.centres[0].centre
        self._b = report.centres[1].centre
        self._lanes = {self._a: LANE_A, self._b: LANE_B}
        self._ends_us = us_of(report.exercise.ends)
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
        yield label(LANE_A, 18, self._a, HEAD_ROOM, "centre", "middle", bold=True)
        yield label(LANE_B, 18, self._b, HEAD_ROOM, "centre", "middle", bold=True)
        yield label(PLAN, 18, "injects and expectations", PLAN_ROOM, "track")

    def _clock(self) -> Iterator[Shape]:
        last = ""
        at = -100.0
        before: Moment | None = None
        for one in self._group:
            y = self._places[id(one)]
            text = self._scene_clock.shown(one.us)
            if text != last and y - at >= ROW - 1:
                yield label(CLOCK, y + 4, text, 80, "time")
                yield from self._rule(one, y)
                last, at = text, y
            if before is not None and one.us - before.us >= PAUSE_US:
                middle = (self._places[id(before)] + y) / 2
                silence = lasting((one.us - before.us) / 1e6)
                yield label(
                    (LANE_A + LANE_B) / 2, middle + 4, f"… {silence} …", 200, "silence", "middle"
                )
            before = one

    def _rule(self, one: Moment, y: float) -> Iterator[Shape]:
        """Yield the line across at a moment, which stops where the moment's words stand."""
        start, end = PLAN - 6, WIDTH - 8
        extents = [_extent(it) for it in self._mark(one, y) if isinstance(it, Label)]
        since, until = extents[0] if extents else (end, end)
        if one.column == "plan":
            since = PLAN
        elif one.column == "between" and extents:
            since, until = LANE_A, LANE_B
        elif one.column == self._a:
            until = LANE_A - 5
        elif one.column == self._b:
            since, until = LANE_B + 5, end
        yield path("grid", "M", start, y, "H", max(start, since - 5))
        yield path("grid", "M", min(end, until + 5), y, "H", end)

    def _bands(self) -> Iterator[Shape]:
        """Yield the lanes with how the line stood, and faults between them."""
        for centre, x in self._lanes.items():
            yield box(x - 1.5, TOP - 16, 3, self._height - TOP + 10, "up")
            for span in self._report.line:
                if span.centre == centre and not span.up:
                    since, until = self._y(us_of(span.since)), self._y(us_of(span.until))
                    if us_of(span.until) >= self._ends_us <= self._group[-1].us:
                        until = self._height - 6  # nothing has ended it, not even ENDEX
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

    def _mark(self, one: Moment, y: float) -> Iterator[Shape]:
        """Yield the sign of a moment and its words, in its column."""
        if one.column == "plan":
            yield from self._planned(one, y)
        elif one.column in self._lanes:
            x = self._lanes[one.column]
            way = -1 if one.column == self._a else 1
            yield from _sign(one, x, y, way)
            anchor = "end" if way < 0 else "start"
            look = f"said-{one.kind}"
            bold = one.kind in HEAVY
            yield label(x + NOTE * way, y + 4, one.words, NOTE_ROOM[way], look, anchor, bold=bold)
        elif one.column == "between" and one.words:
            middle = (LANE_A + LANE_B) / 2
            look = "bad" if one.sign == "real-world" else f"said-{one.kind}"
            yield path("divider-line", "M", LANE_A + 12, y, "H", LANE_B - 12)
            yield box(middle - 149, y - 9, 298, 18, "divider-field")
            yield label(middle, y + 4, one.words, 290, look, "middle", bold=True)

    def _planned(self, one: Moment, y: float) -> Iterator[Shape]:
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


def _sign(one: Moment, x: float, y: float, way: int) -> Iterator[Shape]:
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


def _extent(one: Label) -> tuple[float, float]:
    """Return from where to where words reach, at most."""
    wide = width(one.text, SIZE, bold=True)
    since = one.x - (wide if one.anchor == "end" else wide / 2 if one.anchor == "middle" else 0.0)
    return since, since + wide
