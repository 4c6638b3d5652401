"""Small pictures of one size, one for each figure: exercises from left to right, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hotline.exercise.report.comparing import Compared, Group
from hotline.exercise.report.pictures.shapes import Picture, Shape, label, path
from hotline.exercise.report.wording import lasting
from hotline.model.kinds import Precedence

WIDTH, HEIGHT = 320.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 14.0, 306.0, 40.0, 124.0
MARKED_MOST = 8
"""Up to so many exercises every value is written; above, the first and the last."""

Value = Callable[[Compared], float | None]
Said = Callable[[float], str]


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
    before: tuple[float, float] | None = None
    for place, value in enumerate(values):
        x = LEFT + 20 + step * place
        yield path("tick", "M", x, BOTTOM, "v4")
        if value is None:
            before = None
            continue
        y = BOTTOM - min(1.0, max(0.0, value / most)) * (BOTTOM - TOP)
        if before is not None:
            yield path("arrow routine", "M", before[0], before[1], "L", x, y)
        yield path("answered", "M", x - 4, y - 4, "h8v8h-8z")
        if len(values) <= MARKED_MOST or place in {0, len(values) - 1}:
            room = max(44.0, min(step, 90.0)) if len(values) <= MARKED_MOST else 90.0
            anchor = "start" if place == 0 else "end" if place == len(values) - 1 else "middle"
            yield label(x, y - 8, said(value), room, "name", anchor)
        before = (x, y)
    yield label(LEFT, HEIGHT - 8, "oldest", 80, "time")
    yield label(RIGHT, HEIGHT - 8, "newest", 80, "time", "end")
