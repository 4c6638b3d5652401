"""The two-lane picture of a reconciliation, as coordinates: nothing here draws.

One lane a centre, time downwards in UTC. A message is an arrow from the moment it was composed, in
its sender's lane, to the moment it was durable, in its recipient's. Rows are as high as their text,
so no two labels can meet, and the axis is in order but not to scale: a long pause is a marked break
with its length. Moments of both centres are put in order by a's clock, with b's moved by the
estimated difference; the times that are written are those of each centre's own clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal

from hotline.audit.reconcile.findings import Exchange, SideName
from hotline.audit.reconcile.plain import (
    HOUR_US,
    MINUTE_US,
    day,
    fit,
    span,
    time_of_day,
    warning,
)
from hotline.model.times import SECOND_US

WIDTH = 400
LANES: dict[SideName, int] = {"a": 34, "b": 366}
OTHER: dict[SideName, SideName] = {"a": "b", "b": "a"}
# Text lies between the lanes, bars and waiting messages outside of them.
LEFT, RIGHT = 46, 354
TRACKS = 5
TRACK_STEP = 6

LABEL, SMALL = 14.0, 13.0
"""Heights of text; at 375 pixels of screen a unit is a little less than one pixel."""
TOP = 40
ROW_GAP = 14
PAUSE_US = 10 * MINUTE_US
PAUSE_HEIGHT = 34
STUB = 34
LATE_US = 2 * SECOND_US
"""A message that took longer has a row for each of its two moments."""

PAGE_MOST = 40
PAGE_LEAST = 20

Precedence = Literal["flash", "immediate", "priority", "routine"]


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text: ``y`` is its base line, ``anchor`` an SVG text-anchor, ``look`` a class."""

    x: int
    y: int
    anchor: Literal["start", "middle", "end"]
    look: str
    text: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message from one lane to the other; ``lost`` ends half way, as nothing shows it arrived."""

    x1: int
    y1: int
    x2: int
    y2: int
    precedence: Precedence
    different: bool
    lost: bool


@dataclass(frozen=True, slots=True)
class Track:
    """A vertical stretch outside a lane: a ``warning`` bar, or a message ``waiting`` to go.

    ``open`` is true for a bar of which only the beginning is drawn: it ends beneath the picture.
    """

    x: int
    y1: int
    y2: int
    lane: int
    look: Literal["warning", "waiting"]
    open: bool


@dataclass(frozen=True, slots=True)
class Divider:
    """A break in the axis, with what it says: how long nothing happened, or a new day."""

    y: int
    text: str
    look: Literal["pause", "day"]


@dataclass(slots=True)
class Picture:
    """One page of the timeline, in units of a picture 400 wide."""

    height: int = 0
    labels: list[Label] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    dividers: list[Divider] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the timeline that is looked at as one."""

    number: int
    first_us: int
    last_us: int
    exchanges: tuple[Exchange, ...]
    picture: Picture

    @property
    def different(self) -> int:
        """Return how many of its messages a difference is about."""
        return sum(exchange.different for exchange in self.exchanges)


@dataclass(frozen=True, slots=True)
class _Row:
    """One moment on the axis, ``at_us`` by the common clock."""

    at_us: int
    order: int
    exchange: Exchange
    what: Literal["passed", "composed", "arrived", "lost"]


def precedence_of(exchange: Exchange) -> Precedence:
    """Return the precedence of a message, routine when the word is not known."""
    word = exchange.precedence.lower()
    for known in ("flash", "immediate", "priority"):
        if word == known:
            return known
    return "routine"


def number_of(exchange: Exchange) -> str:
    """Return the number of a message, which only its precedence makes one: ``PRIORITY 1``."""
    return f"{exchange.precedence} {exchange.seq}"


def name_of(exchange: Exchange) -> str:
    """Return what a message is called in one line: its urgency, its kind, its reference."""
    urgent = precedence_of(exchange)
    words = [urgent.upper()] if urgent != "routine" else []
    words.append(exchange.kind)
    # Each precedence counts its own messages.
    number = number_of(exchange) if urgent == "routine" else f"{exchange.seq}"
    words.append(exchange.reference or number)
    return " ".join(words)


class Clockwork:
    """Puts moments of both centres on one axis: a's clock; ``ahead_us`` is b's clock minus a's."""

    def __init__(self, ahead_us: int) -> None:
        self._ahead_us: dict[SideName, int] = {"a": 0, "b": ahead_us}

    def created(self, exchange: Exchange) -> int:
        """Return when a message was composed, by a's clock."""
        return exchange.created_us - self._ahead_us[exchange.sender]

    def at_recipient(self, exchange: Exchange, us: int) -> int:
        """Return a moment that the recipient's clock told, by a's clock."""
        return us - self._ahead_us[OTHER[exchange.sender]]


def pages(
    exchanges: Sequence[Exchange], ahead_us: int, differences: Mapping[bytes, Sequence[int]]
) -> Iterator[Page]:
    """Yield the timeline page by page, in order of time, broken at full hours where it can be.

    ``differences`` are the numbers of those that are about a message, by its id.
    """
    clock = Clockwork(ahead_us)
    ordered = sorted(exchanges, key=lambda one: (clock.created(one), one.sender, one.seq))
    waiting: list[Exchange] = []
    number = 0
    for exchange in ordered:
        if waiting and _full(waiting, clock.created(waiting[-1]), clock.created(exchange)):
            number += 1
            yield _page(number, waiting, _Layout(clock, differences))
            waiting = []
        waiting.append(exchange)
    if waiting:
        yield _page(number + 1, waiting, _Layout(clock, differences))


def _full(waiting: list[Exchange], last_us: int, next_us: int) -> bool:
    """Return whether a page ends here: it is long, or long enough and a new hour begins."""
    new_hour = last_us // HOUR_US != next_us // HOUR_US
    return len(waiting) >= PAGE_MOST or (new_hour and len(waiting) >= PAGE_LEAST)


def _page(number: int, exchanges: list[Exchange], layout: _Layout) -> Page:
    first, last = layout.clock.created(exchanges[0]), layout.clock.created(exchanges[-1])
    return Page(number, first, last, tuple(exchanges), layout.lay_out(exchanges))


class _Layout:
    """Fills one picture from top to bottom."""

    def __init__(self, clock: Clockwork, differences: Mapping[bytes, Sequence[int]]) -> None:
        self.clock = clock
        self._differences = differences
        self._picture = Picture()
        self._y = TOP
        # The axis: where each moment came to lie, for bars that end between two rows.
        self._moments: list[int] = []
        self._heights: list[int] = []
        self._composed_at: dict[int, int] = {}
        self._waits: list[tuple[SideName, int, int]] = []
        self._warnings: list[tuple[SideName, int, int]] = []

    def lay_out(self, exchanges: list[Exchange]) -> Picture:
        """Return the picture of these messages, which are in order of time."""
        before: _Row | None = None
        for row in sorted(self._rows(exchanges), key=lambda row: (row.at_us, row.order)):
            self._divide(before, row)
            self._row(row)
            before = row
        self._picture.height = self._y + 6
        self._lay_tracks()
        return self._picture

    def _rows(self, exchanges: list[Exchange]) -> Iterator[_Row]:
        for order, exchange in enumerate(exchanges):
            created = self.clock.created(exchange)
            if exchange.durable_us is None:
                yield _Row(created, order, exchange, "lost")
                continue
            durable = self.clock.at_recipient(exchange, exchange.durable_us)
            if durable - created < LATE_US:
                yield _Row(created, order, exchange, "passed")
            else:
                yield _Row(created, order, exchange, "composed")
                yield _Row(durable, order, exchange, "arrived")

    def _divide(self, before: _Row | None, row: _Row) -> None:
        """Leave room for the time that passed, or break the axis and say how long it was."""
        if before is None:
            return
        passed = row.at_us - before.at_us
        new_day = day(before.at_us) != day(row.at_us)
        if passed < PAUSE_US and not new_day:
            self._y += round(sqrt(passed / PAUSE_US) * 24)
            return
        words = [f"{span(passed)} later"] if passed >= PAUSE_US else []
        words += [day(row.at_us)] if new_day else []
        look: Literal["pause", "day"] = "pause" if passed >= PAUSE_US else "day"
        self._picture.dividers.append(Divider(self._y + 10, ", ".join(words), look))
        self._y += PAUSE_HEIGHT

    def _row(self, row: _Row) -> None:
        exchange, sender = row.exchange, row.exchange.sender
        urgent = " flash" if precedence_of(exchange) == "flash" else ""
        self._say(sender, LABEL, f"name{urgent}", name_of(exchange))
        if exchange.title and row.what != "arrived":
            self._say(sender, SMALL, "title", exchange.title)
        if row.what == "composed":
            y = self._mark(row.at_us)
            self._composed_at[row.order] = y
            self._picture.arrows.append(
                Arrow(LANES[sender], y, LANES[sender], y, precedence_of(exchange), False, True)
            )
            self._say(sender, SMALL, "time", f"{time_of_day(exchange.created_us)} composed, waits")
        else:
            self._passage(row)
        if exchange.different and row.what != "composed":
            numbers = ", ".join(map(str, self._differences.get(exchange.message, ())))
            self._say(
                sender, SMALL, "differs", f"✕ the records differ {numbers and f'({numbers})'}"
            )
        self._y += ROW_GAP

    def _passage(self, row: _Row) -> None:
        exchange, sender = row.exchange, row.exchange.sender
        recipient = OTHER[sender]
        y = self._mark(row.at_us)
        lost = row.what == "lost"
        x2 = (LANES["a"] + LANES["b"]) // 2 if lost else LANES[recipient]
        self._picture.arrows.append(
            Arrow(
                LANES[sender], y, x2, y, precedence_of(exchange), exchange.different, lost
            )
        )  # fmt: skip
        if row.what == "arrived":
            self._waits.append((sender, self._composed_at[row.order], y))
            late = row.at_us - self.clock.created(exchange)
            left = f"{span(late)} later"
        else:
            left = time_of_day(exchange.created_us)
        right = "not received" if exchange.durable_us is None else time_of_day(exchange.durable_us)
        self._y += round(SMALL) + 3
        self._put(sender, self._y, "time", left, half=True)
        self._put(recipient, self._y, "time", right, half=True)
        if exchange.durable_us is not None:
            self._at_recipient(exchange, y)

    def _at_recipient(self, exchange: Exchange, y: int) -> None:
        """Say what the recipient had of it: the warning time, and who read it back when."""
        recipient = OTHER[exchange.sender]
        left_us = exchange.warning_by_recipient_us()
        words = warning(left_us)
        if words is not None and left_us is not None and exchange.start_us is not None:
            if left_us > 0:
                self._say(recipient, SMALL, "warned", f"warning time {words}")
            else:
                self._say(recipient, SMALL, "unwarned", f"no warning{words.removeprefix('none')}")
            start = self.clock.at_recipient(exchange, exchange.start_us)
            self._warnings.append((recipient, y, start))
        if exchange.read_us is not None:
            by = fit(exchange.read_by or "an officer", 150, SMALL)
            self._say(recipient, SMALL, "read", f"read by {by} {time_of_day(exchange.read_us)}")

    def _say(self, side: SideName, size: float, look: str, text: str) -> None:
        """Add a line of text of its own at one side."""
        self._y += round(size) + 3
        self._put(side, self._y, look, text, size=size)

    def _put(
        self,
        side: SideName,
        y: int,
        look: str,
        text: str,
        *,
        size: float = SMALL,
        half: bool = False,
    ) -> None:
        room = (RIGHT - LEFT) / 2 - 6 if half else RIGHT - LEFT
        bold = look.startswith(("name", "differs", "unwarned"))
        x, anchor = (LEFT, "start") if side == "a" else (RIGHT, "end")
        self._picture.labels.append(
            Label(x, y, anchor, look, fit(text, room, size, bold=bold))  # type: ignore[arg-type]
        )

    def _mark(self, at_us: int) -> int:
        """Return the height of a moment's arrow, and remember it as a point of the axis."""
        self._y += 9
        self._moments.append(at_us)
        self._heights.append(self._y)
        return self._y

    def _height_of(self, us: int) -> int | None:
        """Return where a moment lies on the axis; None when it comes after all rows."""
        after = bisect_right(self._moments, us)
        if after == len(self._moments):
            return None
        if after == 0:
            return self._heights[0]
        begin, end = self._moments[after - 1], self._moments[after]
        top, bottom = self._heights[after - 1], self._heights[after]
        return top + (bottom - top) * (us - begin) // (end - begin)

    def _lay_tracks(self) -> None:
        """Give waits and warnings a track outside the lane each, the first that is free.

        A warning for which there is none is not drawn; it stands in words.
        """
        free: dict[SideName, list[int]] = {"a": [0] * TRACKS, "b": [0] * TRACKS}
        wanted = [(y1, 0, side, y2, False) for side, y1, y2 in self._waits]
        for side, y1, start_us in self._warnings:
            y2 = self._height_of(start_us)
            end = min(y1 + STUB, self._picture.height) if y2 is None else y2
            if end > y1 + 3:
                wanted.append((y1, 1, side, end, y2 is None))
        for y1, is_warning, side, y2, is_open in sorted(wanted):
            numbers = [number for number, end in enumerate(free[side]) if end < y1]
            if not numbers and is_warning:
                continue
            number = numbers[0] if numbers else TRACKS - 1
            free[side][number] = y2
            lane = LANES[side]
            away = -1 if side == "a" else 1
            x = lane + away * (5 + TRACK_STEP * number)
            look: Literal["warning", "waiting"] = "warning" if is_warning else "waiting"
            self._picture.tracks.append(Track(x, y1, y2, lane, look, is_open))
