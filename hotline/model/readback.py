"""Does what was read back say what was sent? The one question that a hotline must not get wrong.

Area, times and levels are compared with the notice, or the latest revision of it; each difference
has a code. The tolerances are those of speech, not of measurement:

- *area*: the position lies in the outline of a volume, or at most 1 NM (1 852 m) outside it. The
  place in words is not compared: words are what once went wrong.
- *times*: the earliest start and the latest end of all volumes, less than 60 s apart, since times
  are spoken to the minute.
- *levels*: the lowest lower and the highest upper limit, counted from the same reference, at most
  100 ft (30.48 m) apart, since heights are spoken to the hundred. Metres and feet may be
  exchanged, references may not: nobody can convert those without the weather or the terrain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hotline.model.distance import distance_m
from hotline.model.messages import Notice, ReadBack, Revision
from hotline.model.phrasing import altitude_text, position_text, time_text
from hotline.model.times import SECOND_US, format_time, time_or_none
from hotline.model.volume import Altitude

__all__ = ["Difference", "ReadBack", "compare", "read_back_of"]

POSITION_TOLERANCE_M = 1852.0
TIME_TOLERANCE_US = 60 * SECOND_US
LEVEL_TOLERANCE_M = 30.48


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was read back otherwise than it was sent; ``said`` is empty if it was not.

    Codes: ``model.read-back-position``, ``-start``, ``-end``, ``-lower``, ``-upper``.
    """

    code: str
    field: str
    said: str
    expected: str

    def __str__(self) -> str:
        said = f"read back as {self.said}" if self.said else "not read back"
        return f"{self.field}: {said}, expected {self.expected}"


def compare(read_back: ReadBack, notice: Notice | Revision) -> list[Difference]:
    """Return what differs between a read-back and a notice; none means understood."""
    return [*_area(read_back, notice), *_times(read_back, notice), *_levels(read_back, notice)]


def read_back_of(notice: Notice | Revision) -> ReadBack:
    """Return the read-back of the signed fields themselves: it has no difference.

    For programs that play an officer. The position is a point that the first outline is drawn
    from; a level is the outermost of the first reference named. What the notice lacks stays empty.
    """
    starts = [volume.start_us for volume in notice.volumes]
    ends = [volume.end_us for volume in notice.volumes]
    return ReadBack(
        position=next((point for volume in notice.volumes for point in volume.points), None),
        time_start=_written(_pick(min, starts)),
        time_end=_written(_pick(max, ends)),
        altitude_lower=_outermost((volume.altitude_lower for volume in notice.volumes), min),
        altitude_upper=_outermost((volume.altitude_upper for volume in notice.volumes), max),
    )


def _written(moment_us: int | None) -> str:
    return format_time(moment_us) if moment_us is not None else ""


def _outermost(sent: Iterable[Altitude | None], pick: Callable[..., float]) -> Altitude | None:
    return next((altitude for _, altitude in _limits(sent, pick).values()), None)


def _area(read_back: ReadBack, notice: Notice | Revision) -> Iterator[Difference]:
    said = read_back.position
    if said is None:
        yield Difference("model.read-back-position", "position", "", "a position in the area")
        return
    nearest = min((distance_m(said, volume) for volume in notice.volumes), default=0.0)
    if not nearest <= POSITION_TOLERANCE_M:
        yield Difference(
            "model.read-back-position",
            "position",
            position_text(said),
            f"a position in the area, which is {nearest / 1852:.1f} NM away",
        )


def _times(read_back: ReadBack, notice: Notice | Revision) -> Iterator[Difference]:
    starts = [volume.start_us for volume in notice.volumes]
    ends = [volume.end_us for volume in notice.volumes]
    for code, field, said, known, pick in (
        ("model.read-back-start", "time_start", read_back.time_start, starts, min),
        ("model.read-back-end", "time_end", read_back.time_end, ends, max),
    ):
        expected = _pick(pick, known)
        said_us = time_or_none(said)
        if expected is not None and (
            said_us is None or abs(said_us - expected) >= TIME_TOLERANCE_US
        ):
            yield Difference(code, field, time_text(said) if said else "", time_text(expected))


def _pick(pick: Callable[[Iterable[int]], int], times: Iterable[int | None]) -> int | None:
    known = [moment for moment in times if moment is not None]
    return pick(known) if known else None


def _levels(read_back: ReadBack, notice: Notice | Revision) -> Iterator[Difference]:
    lowers = [volume.altitude_lower for volume in notice.volumes]
    uppers = [volume.altitude_upper for volume in notice.volumes]
    yield from _level(
        "model.read-back-lower", "altitude_lower", read_back.altitude_lower, lowers, min
    )
    yield from _level(
        "model.read-back-upper", "altitude_upper", read_back.altitude_upper, uppers, max
    )


def _level(
    code: str,
    field: str,
    said: Altitude | None,
    sent: Iterable[Altitude | None],
    pick: Callable[..., float],
) -> Iterator[Difference]:
    """Compare a level with the outermost one among those of its own reference."""
    limits = _limits(sent, pick)
    if not limits:
        return
    if said is not None and said.reference in limits:
        metres_said = said.metres
        expected_m = limits[said.reference][0]
        if metres_said is not None and abs(metres_said - expected_m) <= LEVEL_TOLERANCE_M + 1e-6:
            return
    yield Difference(
        code,
        field,
        altitude_text(said) if said is not None else "",
        " or ".join(altitude_text(altitude) for _, altitude in limits.values()),
    )


def _limits(
    sent: Iterable[Altitude | None], pick: Callable[..., float]
) -> dict[str, tuple[float, Altitude]]:
    """Return the outermost level of each reference, with its metres."""
    limits: dict[str, tuple[float, Altitude]] = {}
    for altitude in sent:
        if altitude is not None and (metres := altitude.metres) is not None:
            held = limits.get(altitude.reference)
            if held is None or pick(held[0], metres) != held[0]:
                limits[altitude.reference] = (metres, altitude)
    return limits
