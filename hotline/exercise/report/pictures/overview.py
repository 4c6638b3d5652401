"""The whole exercise in one picture, true to scale: time runs from left to right."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.exercise.report.document import Report
from hotline.exercise.report.moments import us_of
from hotline.exercise.report.pictures.course import drawn_messages, drawn_us
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
LEFT, RIGHT = 158.0, 984.0
AXIS, INJECTS, VERDICTS, LANE_A, FAULTS, LANE_B, ALARMS_A, ALARMS_B = (
    22.0, 58.0, 88.0, 138.0, 176.0, 214.0, 262.0, 294.0,
)  # fmt: skip
HEIGHT = 320.0
STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
TICKS_MOST = 8
APART = 11.0
"""Signs of one track that are nearer than this are drawn one above the other."""
STACKED = 3


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
    """Return the picture of the whole exercise."""
    exercise = report.exercise
    scale = _Scale(us_of(exercise.starts), us_of(exercise.ends))
    a, b = report.centres[0].centre, report.centres[1].centre
    shapes: list[Shape] = [
        *_paused(report, scale),
        *_axis(report, scale),
        *_injects(report, scale),
        *_verdicts(report, scale),
        *_lane(report, scale, a, LANE_A, -1),
        *_lane(report, scale, b, LANE_B, 1),
        *_faults(report, scale),
        *_alarms(report, scale, a, ALARMS_A),
        *_alarms(report, scale, b, ALARMS_B),
    ]
    for y, text in (
        (INJECTS, "injects"),
        (VERDICTS, "expectations"),
        (LANE_A, a),
        (FAULTS, "faults"),
        (LANE_B, b),
        (ALARMS_A, f"alarms {a}"),
        (ALARMS_B, f"alarms {b}"),
    ):
        bold = y in {LANE_A, LANE_B}
        look = "centre" if bold else "track"
        shapes.append(label(8, y + 4, text, LEFT - 22, look, bold=bold))
    return Picture(
        "overview",
        WIDTH,
        HEIGHT,
        "The whole exercise",
        f"{lasting(exercise.duration_s)} from STARTEX to ENDEX:"
        f" {many(len(report.msel), 'inject')}, {many(len(report.messages), 'message')},"
        f" {many(len(report.alarms), 'alarm')}, {many(len(report.faults), 'fault')}. The tables"
        " say the same in words.",
        shapes,
    )


def _axis(report: Report, scale: _Scale) -> Iterator[Shape]:
    """Yield ticks at round times of the scenario's clock, which may run faster than life."""
    factor = report.exercise.time_factor or 1.0
    length_s = scale.length_us / 1e6 * factor
    step_s = next((one for one in STEPS_S if length_s / one <= TICKS_MOST), STEPS_S[-1])
    yield path("axis", "M", LEFT, AXIS + 6, "H", RIGHT)
    yield label(8, AXIS + 4, "scenario clock", LEFT - 22, "track")
    t = 0.0
    while t <= length_s:
        x = scale.x(_moment_of(report, t, scale, factor))
        yield path("tick", "M", x, AXIS + 2, "v8")
        yield path("grid", "M", x, AXIS + 12, "V", HEIGHT - 8)
        if x < RIGHT - 20:
            yield label(x, AXIS - 6, clock_of(t), 80, "time", "middle" if t else "start")
        t += step_s


def _moment_of(report: Report, t: float, scale: _Scale, factor: float) -> int:
    """Return when the scenario's clock showed ``t``: pauses are waited out."""
    us = scale.starts_us + round(t / factor * 1e6)
    for since_us, until_us in _pauses(report, scale):
        if since_us <= us:
            us += until_us - since_us
    return us


def _pauses(report: Report, scale: _Scale) -> list[tuple[int, int]]:
    found = []
    since_us: int | None = None
    for one in report.moments:
        if one.kind == "paused" and since_us is None:
            since_us = us_of(one.at)
        elif one.kind in {"resumed", "endex"} and since_us is not None:
            found.append((since_us, us_of(one.at)))
            since_us = None
    if since_us is not None:
        found.append((since_us, scale.starts_us + scale.length_us))
    return found


def _paused(report: Report, scale: _Scale) -> Iterator[Shape]:
    for since_us, until_us in _pauses(report, scale):
        x = scale.x(since_us)
        yield box(x, AXIS + 8, scale.x(until_us) - x, HEIGHT - AXIS - 16, "pause")
        yield label(x + 3, HEIGHT - 10, "paused", 60, "time")
    for one in report.moments:
        if one.kind == "real-world":
            x = scale.x(us_of(one.at))
            yield path("real-world", "M", x, AXIS + 8, "V", HEIGHT - 8)
            yield label(min(x + 4, RIGHT - 90), HEIGHT - 10, "real world", 90, "bad", bold=True)


def _stacked(xs: list[float]) -> list[int]:
    """Return at which height each sign stands, so that neighbours do not cover each other."""
    rows: list[int] = []
    last = [-1e9] * STACKED
    for x in xs:
        row = next((n for n in range(STACKED) if x - last[n] >= APART), STACKED - 1)
        last[row] = x
        rows.append(row)
    return rows


def _injects(report: Report, scale: _Scale) -> Iterator[Shape]:
    shown = [row for row in report.msel if row.at]
    xs = [scale.x(us_of(row.at)) for row in shown]
    for row, x, level in zip(shown, xs, _stacked(xs), strict=True):
        y = INJECTS + 8 - 11 * level
        look = "inject" if row.state == "delivered" else "inject not"
        yield path(look, "M", x - 4, y - 8, "h8l-4 8z")


def _verdicts(report: Report, scale: _Scale) -> Iterator[Shape]:
    judged = sorted(
        (us_of(one.at), one.verdict) for row in report.msel for one in row.verdicts if one.at
    )
    xs = [scale.x(us) for us, _ in judged]
    for (_, verdict), x, level in zip(judged, xs, _stacked(xs), strict=True):
        yield from verdict_mark(x, VERDICTS + 6 - 11 * level, verdict)


def _lane(report: Report, scale: _Scale, centre: str, y: float, way: int) -> Iterator[Shape]:
    """Yield how a centre's line stood, and what it sent; ``way`` is to which side that is drawn."""
    for one in report.line:
        if one.centre != centre:
            continue
        x = scale.x(us_of(one.since))
        width = scale.x(us_of(one.until)) - x
        if one.up:
            yield box(x, y - 2, width, 4, "up")
        else:
            yield box(x, y - 6, width, 12, "down")
    sent, _ = drawn_messages(report)
    mine = [one for one in sent if one.row.sender == centre]
    xs = [scale.x(one.created_us) for one in mine]
    for sent_one, x, level in zip(mine, xs, _stacked(xs), strict=True):
        yield message_mark(x, y + way * (14 + 10 * level), sent_one.row.precedence)


def _faults(report: Report, scale: _Scale) -> Iterator[Shape]:
    free = LEFT
    for one in report.faults:
        x = scale.x(us_of(one.began))
        ends = us_of(one.ended or report.exercise.ends)
        yield box(x, FAULTS - 9, max(3.0, scale.x(ends) - x), 18, "fault")
        name = f"{one.kind} {one.centre}".strip()
        room = RIGHT - x
        if x >= free and room > 40:
            text = label(x + 4, FAULTS + 4, name, min(room, 170.0), "fault-name")
            free = x + 8 + 7.5 * len(text.text)
            yield text


def _alarms(report: Report, scale: _Scale, centre: str, y: float) -> Iterator[Shape]:
    for one in report.alarms:
        if one.centre == centre:
            yield alarm_mark(scale.x(drawn_us(report, centre, one.raised)), y)
