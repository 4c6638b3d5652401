"""Small pictures of one size, one for each figure: exercises from left to right, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from hotline.audit.reconcile.plain import width
from hotline.exercise.report.comparing import Compared, Group
from hotline.exercise.report.pictures.shapes import SIZE, Picture, Shape, label, path
from hotline.exercise.report.wording import lasting
from hotline.model.kinds import Precedence

WIDTH, HEIGHT = 320.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 14.0, 306.0, 40.0, 124.0
HALF = 5.0
"""Half of a value's square, with what keeps writing off it."""

Value = Callable[[Compared], float | None]
Said = Callable[[float], str]
Area = tuple[float, float, float, float]
"""Left, right, top, bottom."""


def multiples(group: Group, number: int) -> list[Picture]:
    """Return the pictures of a group; ``number`` tells its pictures from another group's."""
    figures: list[tuple[str, Value, Said, float | None]] = [
        ("expectations passed", lambda one: one.passed, _percent, 1.0)
    ]
    figures += [
        (f"{each.name}: median until opened", _of("read", each.name), lasting, None)
        for each in Precedence
    ]
    figures += [
        (f"{each.name}: median until answered", _of("reply", each.name), lasting, None)
        for each in Precedence
    ]
    figures += [
        ("read-backs wrong", lambda one: one.wrong, _percent, None),
        ("line up, outside of faults", lambda one: one.outside, _percent, 1.0),
        ("most alarms in 10 minutes", lambda one: float(one.peak), lambda n: f"{n:.0f}", None),
    ]
    return [
        _picture(f"trend-{number}-{place}", title, group.exercises, value, said, top)
        for place, (title, value, said, top) in enumerate(figures)
        if any(value(one) is not None for one in group.exercises)
    ]


def _of(what: str, precedence: str) -> Value:
    def value(one: Compared) -> float | None:
        medians: dict[str, float] = getattr(one, what)
        return medians.get(precedence)

    return value


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def _picture(
    id_: str,
    title: str,
    exercises: Sequence[Compared],
    value: Value,
    said: Said,
    top: float | None,
) -> Picture:
    values = [value(one) for one in exercises]
    known = [one for one in values if one is not None]
    most = top if top is not None else max(known) or 1.0
    first, last = said(known[0]), said(known[-1])
    return Picture(
        id_,
        WIDTH,
        HEIGHT,
        title,
        f"{len(known)} exercises, from {first} to {last}, on a scale from 0 to {said(most)}.",
        [label(LEFT, 16, title, WIDTH - 20, "plan", bold=True), *_points(values, said, most)],
    )


def _points(values: Sequence[float | None], said: Said, most: float) -> Iterator[Shape]:
    yield path("axis", "M", LEFT, BOTTOM, "H", RIGHT)
    step = (RIGHT - LEFT - 40) / max(1, len(values) - 1)
    points: list[tuple[float, float, str] | None] = []
    for place, value in enumerate(values):
        x = LEFT + 20 + step * place
        yield path("tick", "M", x, BOTTOM, "v4")
        if value is None:
            points.append(None)
            continue
        y = BOTTOM - min(1.0, max(0.0, value / most)) * (BOTTOM - TOP)
        points.append((x, y, said(value)))
    for before, now in pairwise(points):
        if before is not None and now is not None:
            yield path("arrow routine", "M", before[0], before[1], "L", now[0], now[1])
    for point in points:
        if point is not None:
            yield path("answered", "M", point[0] - 4, point[1] - 4, "h8v8h-8z")
    yield from _values(points)
    yield label(LEFT, HEIGHT - 8, "oldest", 80, "time")
    yield label(RIGHT, HEIGHT - 8, "newest", 80, "time", "end")


def _values(points: Sequence[tuple[float, float, str] | None]) -> Iterator[Shape]:
    """Yield what values are, the first and the last at any rate, others where there is room.

    A value between two greater ones is written below its square, so that no line goes through it.
    """
    known = [one for one in points if one is not None]
    taken = [(x - HALF, x + HALF, y - HALF, y + HALF) for x, y, _ in known]
    order = [0, len(known) - 1, *range(1, len(known) - 1)]
    for place in dict.fromkeys(order):
        x, y, words = known[place]
        beside = [known[n][1] for n in (place - 1, place + 1) if 0 <= n < len(known)]
        dips = bool(beside) and all(other < y for other in beside) and y + 22 < BOTTOM
        wide = width(words, SIZE)
        left = min(max(2.0, x - wide / 2), WIDTH - 2 - wide)
        top = y + HALF + 1 if dips else y - HALF - 1 - SIZE
        box = (left, left + wide, top, top + SIZE)
        if place in {0, len(known) - 1} or not any(_meet(box, other) for other in taken):
            taken.append(box)
            yield label(left + wide / 2, top + SIZE - 2, words, wide, "name", "middle")


def _meet(one: Area, other: Area) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
