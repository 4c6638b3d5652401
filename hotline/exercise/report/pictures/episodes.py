"""The exercise in pieces that can be read: both lanes with every message, mark and fault.

Time runs downwards, in order, and not to scale: each moment has a row of its own, and what lies
between two grows with the logarithm of the time, so that an hour of silence takes little room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2

from hotline.exercise.report.document import Report
from hotline.exercise.report.pictures.clock import SceneClock
from hotline.exercise.report.pictures.happened import Moment, happened
from hotline.exercise.report.pictures.lanes import ROW, TOP, WIDTH, Lanes
from hotline.exercise.report.pictures.shapes import Picture
from hotline.exercise.report.wording import many

HALF_ROW, MESSAGE_ROW = 7.0, 27.0
TALLEST = 550.0
"""Units of height of one picture: a screen, and less than half of A4, with what stands above it."""
SPILL = 1.12
"""How much taller one may be, so that a message is whole or the next one holds more than a line;
two of these still stand on one page."""
LONE, LAST_SPILL = 5, 1.3
"""Up to so many moments without a message have no picture of their own, though the one before them
grows a little more."""
EPISODES_MOST = 80
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Episode:
    """One picture, and what it is called: from when until when on the scenario's clock."""

    number: int
    since: str
    until: str
    count: int
    picture: Picture


def episodes(report: Report) -> tuple[list[Episode], int]:
    """Return the pictures, and how many messages are in none of them."""
    moments, left_out = happened(report)
    groups = _gathered(list(_grouped(moments)))
    for group in groups[EPISODES_MOST:]:
        left_out += sum(one.kind == "message" for one in group)
    clock = SceneClock(report)
    return [
        _episode(report, group, number, clock)
        for number, group in enumerate(groups[:EPISODES_MOST], 1)
    ], left_out


def _step(before: Moment | None, now: Moment) -> float:
    """Return how far below the moment before it a moment stands."""
    if before is None:
        return ROW
    silence_s = max(0.0, (now.us - before.us) / 1e6)
    least = ROW if now.column else HALF_ROW
    if now.kind == "message":
        least = MESSAGE_ROW  # its words stand above its arrow
    return least + min(44.0, 4.0 * log2(1.0 + silence_s))


def _grouped(moments: Sequence[Moment]) -> Iterator[list[Moment]]:
    """Yield runs of moments that fit in one picture: of one hour, and not too tall."""
    group: list[Moment] = []
    height = TOP
    flying: set[str] = set()
    for one in moments:
        step = _step(group[-1] if group else None, one)
        over = bool(group) and one.us - group[0].us > HOUR_US
        # A message's own moments stay with it where there is room.
        tallest = TALLEST * SPILL if flying else TALLEST
        if group and (height + step > tallest or over) and one.column:
            yield group
            group, height, step, flying = [], TOP, ROW, set()
        group.append(one)
        height += step
        if one.drawn is not None and one.kind == "message" and one.drawn.durable_us is not None:
            flying.add(one.drawn.row.id)
        elif one.drawn is not None:
            flying.discard(one.drawn.row.id)
    if group:
        yield group


def _gathered(groups: Sequence[list[Moment]]) -> list[list[Moment]]:
    """Return the runs without such as hold next to nothing: those go to the one before."""
    gathered: list[list[Moment]] = []
    for group in groups:
        before = gathered[-1] if gathered else []
        # ENDEX after hours of silence is no picture: what came before it says how long they were.
        lone = len(group) <= LONE and not any(one.kind == "message" for one in group)
        near = bool(before) and (lone or group[-1].us - before[0].us <= HOUR_US)
        if near and _height([*before, *group]) <= TALLEST * (LAST_SPILL if lone else SPILL):
            before.extend(group)
        else:
            gathered.append(group)
    return gathered


def _height(group: Sequence[Moment]) -> float:
    before: Sequence[Moment | None] = [None, *group]
    return TOP + sum(_step(one, now) for one, now in zip(before, group, strict=False))


def _episode(report: Report, group: Sequence[Moment], number: int, clock: SceneClock) -> Episode:
    places: dict[int, float] = {}
    y = TOP
    before: Moment | None = None
    for one in group:
        y += _step(before, one)
        places[id(one)] = y
        before = one
    height = y + 20.0
    picture = Lanes(report, group, places, height, clock)
    count = sum(one.kind == "message" for one in group)
    since, until = clock.shown(group[0].us), clock.shown(group[-1].us)
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
