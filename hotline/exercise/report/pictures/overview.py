"""The whole exercise in one picture, true to scale: time runs from left to right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from hotline.audit.reconcile.plain import width
from hotline.exercise.report.document import GONE, Report
from hotline.exercise.report.moments import us_of
from hotline.exercise.report.pictures.clock import SceneClock
from hotline.exercise.report.pictures.course import drawn_messages, drawn_us
from hotline.exercise.report.pictures.shapes import (
    SIZE,
    Picture,
    Shape,
    alarm_mark,
    box,
    label,
    message_mark,
    path,
    verdict_mark,
)
from hotline.exercise.report.pictures.tracks import (
    LEFT,
    RIGHT,
    Track,
    bars_track,
    lane_track,
    signs_track,
)
from hotline.exercise.report.wording import clock_of, lasting, many

WIDTH = 1000.0
AXIS = 22.0
TOP = 40.0
"""Where the tracks begin, under the axis."""
GAP = 12.0
"""Units between two tracks."""
STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
TICKS_MOST = 6


class _Scale:
    """Where a moment stands."""

    def __init__(self, starts_us: int, ends_us: int) -> None:
        self.starts_us = starts_us
        self.length_us = max(1, ends_us - starts_us)

    def x(self, us: int) -> float:
        """Return the place of a moment; what lies outside stands at the edge."""
        share = (us - self.starts_us) / self.length_us
        return LEFT + min(1.0, max(0.0, share)) * (RIGHT - LEFT)


def overview(report: Report) -> Picture:
    """Return the picture of the whole exercise; it is as high as its busiest minutes need."""
    exercise = report.exercise
    scale = _Scale(us_of(exercise.starts), us_of(exercise.ends))
    a, b = report.centres[0].centre, report.centres[1].centre
    tracks = [
        _injects(report, scale),
        _verdicts(report, scale),
        _lane(report, scale, a, above=True),
        *_faults(report, scale),
        _lane(report, scale, b, above=False),
        _alarms(report, scale, a),
        _alarms(report, scale, b),
    ]
    height = TOP + sum(one.height + GAP for one in tracks) + 14
    shapes: list[Shape] = [*_paused(report, scale, height), *_axis(report, scale, height)]
    y = TOP
    for one in tracks:
        look = "centre" if one.lane else "track"
        room = (LEFT - 22) * (0.86 if one.lane else 1.0)  # a centre's letters are larger
        shapes.append(label(8, y + one.named, one.name, room, look, bold=one.lane))
        shapes += one.draw(y)
        y += one.height + GAP
    return Picture(
        "overview",
        WIDTH,
        height,
        "The whole exercise",
        f"{lasting(exercise.duration_s)} from STARTEX to ENDEX:"
        f" {many(len(report.msel), 'inject')}, {many(len(report.messages), 'message')},"
        f" {many(len(report.alarms), 'alarm')}, {many(len(report.faults), 'fault')}. The tables"
        " say the same in words.",
        shapes,
    )


def _axis(report: Report, scale: _Scale, height: float) -> Iterator[Shape]:
    """Yield ticks at round times of the scenario's clock, which may run faster than life."""
    clock = SceneClock(report)
    length_s = clock.t(scale.starts_us + scale.length_us)
    step_s = next((one for one in STEPS_S if length_s / one <= TICKS_MOST), STEPS_S[-1])
    yield path("axis", "M", LEFT, AXIS + 6, "H", RIGHT)
    yield label(8, AXIS + 4, "scenario clock", LEFT - 22, "track")
    t = 0.0
    while t <= length_s:
        x = scale.x(clock.us(t))
        yield path("tick", "M", x, AXIS + 2, "v8")
        yield path("grid", "M", x, AXIS + 12, "V", height - 8)
        late = x > RIGHT - 34
        yield label(RIGHT if late else x, AXIS - 6, clock_of(t), 84, "time",
                    "end" if late else "middle")  # fmt: skip
        t += step_s


def _pauses(report: Report, scale: _Scale) -> list[tuple[int, int, str]]:
    """Return since when and until when play stood, and why in a word or two."""
    found = []
    since_us: int | None = None
    gone_us: int | None = None
    for one in report.moments:
        us = us_of(one.at)
        if one.kind == "paused" and since_us is None:
            since_us = us
        elif one.kind in {"resumed", "endex"} and since_us is not None:
            found.append((since_us, us, "paused"))
            since_us = None
        elif one.kind == GONE and since_us is None:
            gone_us = us
        elif one.kind == "director-restarted" and gone_us is not None:
            found.append((gone_us, us, "director gone"))
            gone_us = None
    if since_us is not None:
        found.append((since_us, scale.starts_us + scale.length_us, "paused"))
    return found


def _paused(report: Report, scale: _Scale, height: float) -> Iterator[Shape]:
    """Yield when play stood, and where the real world stopped it, named at the foot."""
    named: list[tuple[float, str, str]] = []
    for since_us, until_us, why in _pauses(report, scale):
        x = scale.x(since_us)
        yield box(x, AXIS + 8, scale.x(until_us) - x, height - AXIS - 16, "pause")
        named.append((x, why, "time"))
    for one in report.moments:
        if one.kind == "real-world":
            x = scale.x(us_of(one.at))
            yield path("real-world", "M", x, AXIS + 8, "V", height - 8)
            named.append((x, "real world", "bad"))
    free = LEFT
    for x, words, look in sorted(named):
        bold = look == "bad"
        wide = width(words, SIZE, bold=bold)
        at = min(x + 4, RIGHT - wide)
        if at >= free:
            yield label(at, height - 10, words, wide, look, bold=bold)
            free = at + wide + 6


def _injects(report: Report, scale: _Scale) -> Track:
    signs = []
    for row in report.msel:
        if row.at:
            look = "inject" if row.state == "delivered" else "inject not"
            signs.append((scale.x(us_of(row.at)), partial(_inject_mark, look)))
    return signs_track("injects", signs)


def _inject_mark(look: str, x: float, y: float) -> list[Shape]:
    return [path(look, "M", x - 4, y - 4, "h8l-4 8z")]


def _verdicts(report: Report, scale: _Scale) -> Track:
    signs = [
        (scale.x(us_of(one.at)), partial(_verdict_mark, one.verdict))
        for row in report.msel
        for one in row.verdicts
        if one.at
    ]
    return signs_track("expectations", signs)


def _verdict_mark(verdict: str, x: float, y: float) -> list[Shape]:
    return verdict_mark(x, y, verdict)


def _lane(report: Report, scale: _Scale, centre: str, *, above: bool) -> Track:
    """Return how a centre's line stood, and what it sent ``above`` or below it."""
    sent, _ = drawn_messages(report)
    signs = [
        (scale.x(one.created_us), partial(_message_mark, one.row.precedence))
        for one in sent
        if one.row.sender == centre
    ]
    spans = [
        (scale.x(us_of(one.since)), scale.x(us_of(one.until)), one.up)
        for one in report.line
        if one.centre == centre
    ]
    return lane_track(centre, signs, spans, above=above)


def _message_mark(precedence: str, x: float, y: float) -> list[Shape]:
    return [message_mark(x, y, precedence)]


def _faults(report: Report, scale: _Scale) -> list[Track]:
    bars = [
        (
            scale.x(us_of(one.began)),
            scale.x(us_of(one.ended or report.exercise.ends)),
            f"{one.kind} {one.centre}".strip(),
        )
        for one in report.faults
    ]
    return [bars_track("faults", bars)] if bars else []


def _alarms(report: Report, scale: _Scale, centre: str) -> Track:
    signs = [
        (scale.x(drawn_us(report, centre, one.raised)), _alarm_mark)
        for one in report.alarms
        if one.centre == centre
    ]
    return signs_track(f"alarms {centre}", signs)


def _alarm_mark(x: float, y: float) -> list[Shape]:
    return [alarm_mark(x, y)]
