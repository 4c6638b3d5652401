"""Reaction times and alarm rates as pictures: every value a sign, so that nothing is averaged away.

Times are on a logarithmic axis: a second and an hour both have room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log10

from hotline.exercise.report.document import SCENARIO, AlarmRate, Reaction
from hotline.exercise.report.pictures.shapes import (
    Label,
    Picture,
    Shape,
    box,
    label,
    path,
)
from hotline.exercise.report.wording import lasting, many

WIDTH = 1000.0
LEFT, RIGHT = 220.0, 976.0
LEAST_S, MOST_S = 0.1, 36_000.0
TICKS_S = (0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36_000.0)
ROW = 40.0
TOP = 34.0


def reaction_picture(reactions: Sequence[Reaction]) -> Picture:
    """Return a strip for each centre and precedence: when it was read, when answered."""
    shapes: list[Shape] = []
    height = TOP + ROW * len(reactions) + 8
    for t in TICKS_S:
        x = _x(t)
        shapes.append(path("grid", "M", x, TOP - 8, "V", height - 6))
        shapes.append(label(x, TOP - 14, lasting(t), 80, "time", "middle"))
    for number, one in enumerate(reactions):
        shapes += _strip(one, TOP + ROW * number + ROW / 2)
    return Picture(
        "reactions",
        WIDTH,
        height,
        "Reaction times",
        f"{many(len(reactions), 'row')}, one for each centre and precedence: rings are readings,"
        " squares are answers, a long stroke is the letter's deadline. The table says the same.",
        shapes,
    )


def _x(seconds: float) -> float:
    share = (log10(min(max(seconds, LEAST_S), MOST_S)) - log10(LEAST_S)) / (
        log10(MOST_S) - log10(LEAST_S)
    )
    return LEFT + share * (RIGHT - LEFT)


def _strip(one: Reaction, y: float) -> Iterator[Shape]:
    yield label(8, y + 4, f"{one.centre} {one.precedence}", LEFT - 24, "track")
    yield path("axis", "M", LEFT, y, "H", RIGHT)
    for value in one.opened.values:
        yield path("read", "M", _x(value) - 4, y - 8, "a4 4 0 1 0 8 0a4 4 0 1 0 -8 0")
    for value in one.answered.values:
        yield path("answered", "M", _x(value) - 4, y + 4, "h8v8h-8z")
    if one.opened.n > 1 and one.opened.median is not None:
        yield path("median", "M", _x(one.opened.median), y - 15, "v14")
    if one.answered.n > 1 and one.answered.median is not None:
        yield path("median", "M", _x(one.answered.median), y + 1, "v14")
    if one.deadline_s is not None:
        yield path("deadline", "M", _x(one.deadline_s), y - 16, "v32")


BARS_TOP, BARS_HEIGHT = 24.0, 96.0


def alarm_picture(rate: AlarmRate) -> Picture:
    """Return the alarms of a centre in each 10 minutes, beside what is manageable and a flood."""
    most = max(12, *rate.buckets)
    width = (WIDTH - 120.0) / max(1, len(rate.buckets))
    shapes: list[Shape] = []
    bottom = BARS_TOP + BARS_HEIGHT
    for count, text in ((1, "1 manageable"), (10, "10 flood")):
        y = bottom - BARS_HEIGHT * count / most
        shapes.append(path("deadline" if count == 10 else "grid", "M", 0.0, y, "H", WIDTH - 116))
        shapes.append(label(WIDTH - 110, y + 4, text, 110, "time"))
    for number, count in enumerate(rate.buckets):
        height = BARS_HEIGHT * count / most
        if count:
            shapes.append(
                box(
                    number * width + 1, bottom - height, min(max(2.0, width - 2), 60), height, "bar"
                )
            )
            if width > 22:
                x = number * width + 1 + min(width - 2, 60) / 2
                shapes.append(Label(round(x, 1), round(bottom - height - 4, 1), str(count), "time",
                                    "middle"))  # fmt: skip
    shapes.append(path("axis", "M", 0.0, bottom, "H", WIDTH - 116))
    return Picture(
        f"alarms-{rate.centre}",
        WIDTH,
        bottom + 10,
        f"Alarms at {rate.centre} in each 10 minutes"
        + (" of the scenario's clock" if rate.clock == SCENARIO else ""),
        f"{many(rate.total, 'alarm')}; the most in any 10 minutes were {rate.peak}.",
        shapes,
    )
