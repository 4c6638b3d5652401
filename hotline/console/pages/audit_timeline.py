"""The timeline of a page of entries, as coordinates: nothing here draws.

Time runs from left to right, in every language: one lane for this centre, one below it for each
peer. A message is an arrow from the moment when it was composed, in its sender's lane, to the
moment when it was durable, in its recipient's; each moment is by the clock of the centre in whose
lane it lies. Whatever else was entered is a stroke in our lane. The table beside it says the same
in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from hotline.api.schema import EntryView
from hotline.errors import HotlineError
from hotline.model.times import SECOND_US, format_time, parse_time

WIDTH: Final = 1000
LEFT, RIGHT = 20, 980
TOP: Final = 34
LANE: Final = 84
STUB: Final = 30
LONG_US: Final = 10 * 60 * SECOND_US
SHORT_US: Final = 10 * SECOND_US
"""Spans from which on seconds, and tenths of them, are not written."""
TICKS: Final = 6
MOST_PEERS: Final = 4
PRECEDENCES: Final = frozenset({"flash", "immediate", "priority", "routine"})


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message: from its sender's lane to its recipient's; ``open`` ends half way."""

    x1: int
    y1: int
    x2: int
    y2: int
    precedence: str
    ours: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the axis: its time of day, and the day where that is another one."""

    x: int
    clock: str
    day: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is drawn: lanes with their heights, arrows, strokes, and the axis."""

    lanes: tuple[tuple[str, int], ...]
    arrows: tuple[Arrow, ...]
    strokes: tuple[int, ...]
    ticks: tuple[Tick, ...]
    height: int
    messages: int
    records: int


@dataclass(frozen=True, slots=True)
class _Said:
    peer: str
    ours: bool
    precedence: str
    from_us: int
    to_us: int | None


def timeline(entries: Sequence[EntryView], centre: str) -> Timeline | None:
    """Return the picture of some entries of the record of ``centre``; None where there is none."""
    said: list[_Said] = []
    records: list[int] = []
    for entry in entries:
        at_us = _us(entry.at)
        if at_us is None:
            continue
        message = _message(entry, at_us)
        if message is not None:
            said.append(message)
        else:
            records.append(at_us)
    peers = list(dict.fromkeys(one.peer for one in said))[:MOST_PEERS]
    said = [one for one in said if one.peer in peers]
    moments = [*records, *(us for one in said for us in (one.from_us, one.to_us) if us is not None)]
    if not moments:
        return None
    first, last = min(moments), max(moments)
    span = max(last - first, SECOND_US)

    def at(us: int) -> int:
        return LEFT + (us - first) * (RIGHT - LEFT) // span

    lanes = {centre: TOP} | {peer: TOP + LANE * n for n, peer in enumerate(peers, 1)}
    bottom = max(lanes.values())
    return Timeline(
        lanes=tuple(lanes.items()),
        arrows=tuple(_arrow(one, lanes[one.peer], at) for one in said),
        strokes=tuple(sorted({at(us) for us in records})),
        ticks=tuple(_ticks(first, span, at)),
        height=bottom + 58,
        messages=len(said),
        records=len(records),
    )


def _message(entry: EntryView, at_us: int) -> _Said | None:
    what = entry.what
    direction, parts = what.get("direction"), entry.log.split("/")
    if direction not in ("in", "out") or "precedence" not in what or len(parts) != 5:
        return None
    created_us = _us(what.get("created_at"))
    precedence = str(what["precedence"]).lower()
    return _Said(
        peer=parts[3],
        ours=direction == "out",
        precedence=precedence if precedence in PRECEDENCES else "routine",
        from_us=at_us if created_us is None else created_us,
        to_us=at_us if direction == "in" else _us(what.get("durable_at")),
    )


def _arrow(one: _Said, y: int, place: Callable[[int], int]) -> Arrow:
    near, far = (TOP, y) if one.ours else (y, TOP)
    x1 = place(one.from_us)
    if one.to_us is None:
        return Arrow(
            x1, near, min(x1 + STUB, RIGHT), (near + far) // 2, one.precedence, one.ours, True
        )
    return Arrow(x1, near, place(one.to_us), far, one.precedence, one.ours, False)


def _ticks(first: int, span: int, place: Callable[[int], int]) -> list[Tick]:
    found: list[Tick] = []
    day = ""
    for number in range(TICKS):
        us = first + span * number // (TICKS - 1)
        text = format_time(us)
        clock = text[11 : 16 if span > LONG_US else 19 if span > SHORT_US else 21]
        found.append(Tick(place(us), clock, text[:10] if text[:10] != day else ""))
        day = text[:10]
    return found


def _us(text: object) -> int | None:
    """Return a moment in microseconds; None for what is none, since a peer may say anything."""
    try:
        return parse_time(text) if isinstance(text, str) else None
    except HotlineError:
        return None
