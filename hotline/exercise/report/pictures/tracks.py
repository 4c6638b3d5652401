"""Tracks of the picture of the whole exercise: signs, bars and lanes that never cover each other.

A track is as high as what stands in it needs: signs of one time go into rows above each other, and
what a busy minute has no row left for is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hotline.audit.reconcile.plain import fit, width
from hotline.exercise.report.pictures.shapes import SIZE, Shape, box, label

LEFT, RIGHT = 158.0, 984.0
"""Where time begins and ends."""
ROW, APART = 13.0, 13.0
"""How far rows of signs are apart, and at least two signs of a row."""
ROWS_MOST = 8
BIN = 52.0
"""Signs without a row are counted over so many units of time: as wide as ``+999``."""
BAR_ROW, BAR_HEIGHT = 22.0, 18.0
BAR_ROWS_MOST = 6
NAME_ROOM = 200.0

Mark = Callable[[float, float], Sequence[Shape]]
"""What draws a sign around a point."""
Sign = tuple[float, Mark]


@dataclass(frozen=True, slots=True)
class Track:
    """A track: ``named`` is where its name's line of writing stands, from its top downwards."""

    name: str
    height: float
    named: float
    draw: Callable[[float], list[Shape]]
    lane: bool = False


def signs_track(name: str, signs: Sequence[Sign]) -> Track:
    """Return a track of signs, in rows from below upwards."""
    placed = _Placed(signs)
    height = placed.height

    def draw(top: float) -> list[Shape]:
        return list(placed.draw(top + height, -1))

    return Track(name, height, height - 2, draw)


def lane_track(
    centre: str,
    signs: Sequence[Sign],
    spans: Sequence[tuple[float, float, bool]],
    *,
    above: bool,
) -> Track:
    """Return a centre's lane: a beam that tells when its line was up, and what it sent."""
    placed = _Placed(signs)
    beam = 16.0
    height = placed.height + beam
    middle = height - beam / 2 if above else beam / 2

    def draw(top: float) -> list[Shape]:
        y = top + middle
        shapes: list[Shape] = [
            box(since, y - 2, until - since, 4, "up")
            if up
            else box(since, y - 6, until - since, 12, "down")
            for since, until, up in spans
        ]
        way = -1 if above else 1
        return [*shapes, *placed.draw(y + way * beam / 2, way)]

    return Track(centre, height, middle + 5, draw, lane=True)


class _Placed:
    """Signs in rows, and how many had no place."""

    def __init__(self, signs: Sequence[Sign]) -> None:
        self._signs: list[tuple[float, int, Mark]] = []
        self._counted: Counter[int] = Counter()
        last: list[float] = []
        for x, mark in sorted(signs, key=lambda one: one[0]):
            row = next((n for n, before in enumerate(last) if x - before >= APART), len(last))
            if row == ROWS_MOST:
                self._counted[int((x - LEFT) // BIN)] += 1
                continue
            last[row : row + 1] = [x]
            self._signs.append((x, row, mark))
        rows = max(1, len(last)) + bool(self._counted)
        self.height = ROW * rows

    def draw(self, edge: float, way: int) -> Iterator[Shape]:
        """Yield the signs from an edge upwards (-1) or downwards (1)."""
        for x, row, mark in self._signs:
            yield from mark(x, edge + way * (ROW / 2 + ROW * row))
        for place, count in self._counted.items():
            x = min(LEFT + BIN * (place + 0.5), RIGHT - BIN / 2)
            y = edge + way * (ROW / 2 + ROW * ROWS_MOST) + 4
            yield label(x, y, f"+{count}", BIN, "time", "middle")


def bars_track(name: str, bars: Sequence[tuple[float, float, str]]) -> Track:
    """Return a track of bars with names: in rows, so that no name lies under another bar."""
    rows = _Rows(RIGHT + 12)
    placed = [rows.place(since, max(until, since + 3.0), words) for since, until, words in bars]
    height = BAR_ROW * max(1, rows.count)

    def draw(top: float) -> list[Shape]:
        shapes: list[Shape] = []
        for row, since, until, at, words in placed:
            y = top + BAR_ROW * row + 1
            shapes.append(box(since, y, until - since, BAR_HEIGHT, "fault"))
            if words:
                shapes.append(label(at, y + 13, words, NAME_ROOM, "fault-name", bold=True))
        return shapes

    return Track(name, height, 14, draw)


class _Rows:
    """Rows that are filled from left to right."""

    def __init__(self, end: float) -> None:
        self._end = end
        self._free: list[float] = []

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._free)

    def place(self, since: float, until: float, words: str) -> tuple[int, float, float, float, str]:
        """Return the row of a bar, its ends, where its name begins, and its name.

        The name stands in the bar where it fits, else behind it, else before it. Where all rows are
        taken, the bar has none.
        """
        text = fit(words, NAME_ROOM, SIZE, bold=True)
        wide = width(text, SIZE, bold=True)
        if wide + 8 <= until - since:
            at = since + 4
        elif until + 5 + wide <= self._end:
            at = until + 5
        else:
            at = since - 5 - wide
        left, right = min(since, at), max(until, at + wide)
        row = next((n for n, free in enumerate(self._free) if free <= left), len(self._free))
        if row == BAR_ROWS_MOST:
            row = min(range(row), key=lambda n: self._free[n])
            self._free[row] = max(self._free[row], until + 6)
            return row, since, until, at, ""
        self._free[row : row + 1] = [right + 6]
        return row, since, until, at, text
