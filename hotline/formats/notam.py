"""A text in the layout of a NOTAM (ICAO Annex 15, Doc 8126), for those who read nothing else.

It is not a NOTAM: it has no number and no issuing office, and it says so in its first line. The
qualifier line bounds all volumes from outside: levels, times, and a circle in whole minutes and
nautical miles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import Final

from hotline.airspace.levels import Level, band_of
from hotline.airspace.periods import Period, bounded, period_of
from hotline.errors import ModelError
from hotline.formats.announcement import Announcement, drawable_volumes
from hotline.formats.carries import Format, lost_words
from hotline.formats.drawing import centre_of, ring_of
from hotline.formats.losses import Effect, Loss, Written
from hotline.model.kinds import Activity, Reference
from hotline.model.messages import Revision
from hotline.model.phrasing import METRES_PER_NM, position_text
from hotline.model.text import printable
from hotline.model.volume import METRES_PER_FOOT, Altitude, Volume4D

HEADING: Final = "NOTAM-STYLE TEXT, NOT A NOTAM"
LINE: Final = 69
"""Characters a line at most, as in the aeronautical fixed service."""
MINUTE_US: Final = 60_000_000

_SUBJECT: Final = {
    Activity.STRIKE.value: "WM",
    Activity.TANKER.value: "WF",
    Activity.UAS.value: "WU",
    Activity.TRAINING.value: "WE",
}
"""Second and third letter of the NOTAM code by activity; XX is what has none of its own."""
_UNKNOWN_FIR: Final = "XXXX"
_ABOVE: Final = {
    Reference.MSL.value: "AMSL",
    Reference.GROUND.value: "AGL",
    Reference.WGS84.value: "ABOVE WGS84 ELLIPSOID",
    Reference.STANDARD.value: "ON STANDARD PRESSURE",
}

Volumes = Sequence[tuple[int, Volume4D]]


def write_notam(announcement: Announcement) -> Written:
    """Return a notice as a text in capitals; letters of other scripts stay as they are.

    Raises:
        ModelError: ``formats.nothing-drawn``; ``formats.no-status`` where nothing says whether
            it is real.

    """
    if announcement.status is None:
        raise ModelError(
            "formats.no-status",
            "nothing says whether this is actual, an exercise or a test",
            "give it with --status, or convert a notice that was sent",
        )
    volumes, losses = drawable_volumes(announcement.message)
    losses[:0] = lost_words(announcement, Format.NOTAM)
    losses += _losses(volumes)
    message = announcement.message
    period, (lower, upper) = _period(volumes), _levels(volumes)
    number = f" REVISION {message.number}" if isinstance(message, Revision) else ""
    change = "NOTAMR" if isinstance(message, Revision) else "NOTAMN"
    name = _capitals(message.reference) or "NO REFERENCE"
    code = f"Q{_SUBJECT.get(message.activity, 'XX')}LW"
    lines = [
        HEADING,
        *([f"{announcement.status.upper()} ONLY"] if announcement.traffic else ()),
        *(_folded(_capitals(announcement.traffic)) if announcement.exercise else ()),
        f"({name} {change}{number}",
        f"Q) {_UNKNOWN_FIR}/{code}/IV/BO/W/{_bounds(volumes)}/{_circle(volumes)}",
        f"A) {_UNKNOWN_FIR} B) {_from(period)} C) {_until(period)}",
        *_folded("E) " + _said(announcement)),
        *_areas(volumes),
        *(line for text in _words(announcement) for line in _folded(text)),
        f"F) {lower} G) {upper})",
    ]
    return Written("\n".join([*lines, ""]).encode(errors="replace"), tuple(losses))


_TIED: Final = "\N{NO-BREAK SPACE}"


def _said(announcement: Announcement) -> str:
    message = announcement.message
    words = [message.title, f"ACTIVITY {message.activity or 'NOT GIVEN'}"]
    centre = f" OF {announcement.centre}" if announcement.centre else ""
    return _capitals(". ".join(word for word in words if word) + f"{centre}.")


def _words(announcement: Announcement) -> Iterator[str]:
    message = announcement.message
    for label, text in (
        ("", message.remarks),
        ("REASON: ", message.reason if isinstance(message, Revision) else ""),
        ("CONTACT: ", message.contact),
    ):
        for line in text.split("\n"):
            if line.strip():
                yield label + _capitals(line.strip())
                label = ""
    yield "FIR NOT KNOWN."


def _capitals(text: str) -> str:
    """Return a text in capitals that cannot be taken for a field of the layout."""
    return printable(text).upper().replace("(", "[").replace(")", "]")


def _folded(text: str) -> list[str]:
    """Return the lines of a text, which break at blanks but not within a position."""
    return [line.replace(_TIED, " ") for line in wrap(text, LINE, subsequent_indent="  ")]


def _areas(volumes: Volumes) -> Iterator[str]:
    """Yield the lines that describe each volume; its levels and times where there are several."""
    for place, (_, volume) in enumerate(volumes, 1):
        name = f"AREA {place}: " if len(volumes) > 1 else "AREA: "
        yield from _folded(name + _outline(volume))
        if len(volumes) > 1:
            lower, upper = _level(volume.altitude_lower), _level(volume.altitude_upper)
            period = period_of(volume)
            yield f"  {lower or 'SFC'} TO {upper or 'UNL'}"
            yield f"  {_from(period)} TO {_until(period)}"


def _outline(volume: Volume4D) -> str:
    points = [position_text(point).replace(" ", _TIED) for point in volume.points]
    if volume.outline_circle is not None:
        text = f"CIRCLE RADIUS {_miles(volume.outline_circle.radius_m)} CENTRE {points[0]}"
    elif volume.corridor is not None:
        width = _miles(volume.corridor.width_m)
        text = f"CORRIDOR {width} WIDE ALONG {' - '.join(points)}"
    else:
        text = " - ".join([*points, points[0]])
    return text + "."


def _miles(metres: float) -> str:
    """Return nautical miles, rounded up to a tenth: never smaller than announced."""
    return f"{math.ceil(metres / METRES_PER_NM * 10 - 1e-9) / 10:g}NM"


def _circle(volumes: Volumes) -> str:
    """Return the circle of the qualifier line: whole minutes, and miles that reach everything."""
    points = [point for _, volume in volumes for point in ring_of(volume).points]
    (lon, lat), reach_m = centre_of(points)
    latitude, longitude = round(abs(lat) * 60), round(abs(lon) * 60)
    # The centre moves by up to half a minute each way when it is rounded.
    miles = math.ceil(reach_m / METRES_PER_NM + math.hypot(0.5, 0.5))
    north, east = "S" if lat < 0 else "N", "W" if lon < 0 else "E"
    return (
        f"{latitude // 60:02d}{latitude % 60:02d}{north}"
        f"{longitude // 60:03d}{longitude % 60:02d}{east}{min(miles, 999):03d}"
    )


def _bounds(volumes: Volumes) -> str:
    """Return the flight levels of the qualifier line, outwards of all volumes."""
    bands = [band_of(volume) for _, volume in volumes]
    low = min(0 if (flown := _hundreds(band.lower)) is None else flown for band in bands)
    high = max(999 if (flown := _hundreds(band.upper)) is None else flown for band in bands)
    # Rounding errors of a unit's conversion are no reason to go to the next level.
    low, high = math.floor(low + 1e-9), math.ceil(high - 1e-9)
    return f"{max(0, min(999, low)):03d}/{max(0, min(999, high)):03d}"


def _hundreds(level: Level | None) -> float | None:
    """Return hundreds of feet, or None where the terrain would have to be known for it."""
    if level is None or level.reference is Reference.GROUND:
        return None
    return level.metres / METRES_PER_FOOT / 100


def _levels(volumes: Volumes) -> tuple[str, str]:
    """Return fields F and G: the levels of the only volume, or where they differ, of which."""
    lowers = {_level(volume.altitude_lower) or "SFC" for _, volume in volumes}
    uppers = {_level(volume.altitude_upper) or "UNL" for _, volume in volumes}
    return (
        lowers.pop() if len(lowers) == 1 else "AS IN E",
        uppers.pop() if len(uppers) == 1 else "AS IN E",
    )


def _level(altitude: Altitude | None) -> str:
    """Return ``FL180``, ``2500FT AMSL``, ``SFC``; empty where none is given."""
    if altitude is None:
        return ""
    value = f"{altitude.value:.10g}"
    if altitude.reference == Reference.GROUND and altitude.value == 0:
        return "SFC"
    if altitude.unit == "fl" and altitude.reference == Reference.STANDARD:
        return f"FL{int(altitude.value):03d}" if altitude.value.is_integer() else f"FL{value}"
    above = _ABOVE.get(altitude.reference, f"ABOVE {altitude.reference}")
    return _capitals(f"{value}{altitude.unit} {above}")


def _period(volumes: Volumes) -> Period:
    periods = [period_of(volume) for _, volume in volumes]
    return Period(
        min(period.start_us for period in periods), max(period.end_us for period in periods)
    )


def _from(period: Period) -> str:
    start_us = bounded(period.start_us)
    return "NOT GIVEN" if start_us is None else _minute(start_us // MINUTE_US)


def _until(period: Period) -> str:
    end_us = bounded(period.end_us)
    return "NOT GIVEN" if end_us is None else _minute(-(-end_us // MINUTE_US))


def _minute(minutes: int) -> str:
    """Return YYMMDDHHMM; a last minute after the year 9999 stays in it."""
    latest = datetime.max.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + min(timedelta(minutes=minutes), latest)
    return moment.strftime("%y%m%d%H%M")


def _losses(volumes: Volumes) -> Iterator[Loss]:
    for index, volume in volumes:
        path = f"volumes[{index}]"
        name = next(name for name in _OUTLINES if getattr(volume, name) is not None)
        if any(_off_second(point.lat) or _off_second(point.lon) for point in volume.points):
            yield Loss(f"{path}.{name}", Effect.APPROXIMATE, "positions are in whole seconds")
        size_m = _size_m(volume)
        if size_m is not None and not _is_whole(size_m / METRES_PER_NM * 10):
            text = f"{size_m:g} m becomes {_miles(size_m)}"
            yield Loss(f"{path}.{name}", Effect.WIDENED, text)
        for field, moment_us in zip(
            ("time_start", "time_end"),
            (period_of(volume).start_us, period_of(volume).end_us),
            strict=True,
        ):
            known = bounded(moment_us)
            if known is not None and known % MINUTE_US:
                yield Loss(f"{path}.{field}", Effect.WIDENED, "times are in whole minutes")


_OUTLINES: Final = ("outline_polygon", "outline_circle", "corridor")


def _size_m(volume: Volume4D) -> float | None:
    if volume.outline_circle is not None:
        return volume.outline_circle.radius_m
    return None if volume.corridor is None else volume.corridor.width_m


def _off_second(degrees: float) -> bool:
    return not _is_whole(degrees * 3600)


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-6
