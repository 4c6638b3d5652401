"""Positions, altitudes, times and areas as an officer reads them: DDMMSS, levels, UTC."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.errors import ModelError
from hotline.model.kinds import Reference, Unit
from hotline.model.text import printable
from hotline.model.times import format_time, time_or_none
from hotline.model.volume import Altitude, Position, Volume4D

MAX_POINTS_SHOWN = 24
METRES_PER_NM = 1852.0

_REFERENCES = {
    Reference.WGS84.value: "above the WGS 84 ellipsoid",
    Reference.MSL.value: "above mean sea level",
    Reference.GROUND.value: "above ground",
    Reference.STANDARD.value: "on standard pressure",
}


def position_text(position: Position) -> str:
    """Return ``341530N 0334500E``, to the nearest second; plain numbers if out of range."""
    if not (abs(position.lat) <= 90 and abs(position.lon) <= 180):
        return f"latitude {position.lat:g} longitude {position.lon:g}"
    latitude = _angle(position.lat, 2, "NS")
    return f"{latitude} {_angle(position.lon, 3, 'EW')}"


def _angle(degrees: float, digits: int, letters: str) -> str:
    seconds = round(abs(degrees) * 3600)
    minutes, second = divmod(seconds, 60)
    degree, minute = divmod(minutes, 60)
    letter = letters[1] if degrees < 0 and seconds else letters[0]
    return f"{degree:0{digits}d}{minute:02d}{second:02d}{letter}"


def altitude_text(altitude: Altitude) -> str:
    """Return ``FL180``, ``2500 ft above mean sea level``, ``ground``."""
    value = f"{altitude.value:.10g}"
    if altitude.unit == Unit.FLIGHT_LEVEL and altitude.reference == Reference.STANDARD:
        whole = altitude.value.is_integer() and 0 <= altitude.value < 10_000
        return f"FL{int(altitude.value):03d}" if whole else f"FL{value}"
    if altitude.reference == Reference.GROUND and altitude.value == 0:
        return "ground"
    unit = "FL" if altitude.unit == Unit.FLIGHT_LEVEL else printable(altitude.unit)
    reference = _REFERENCES.get(altitude.reference)
    return f"{value} {unit} {reference or 'above ' + printable(altitude.reference)}"


def time_text(time: str | int) -> str:
    """Return ``2026-03-01 10:00:00 UTC``; what can't be read as a time is shown as it stands."""
    moment = time_or_none(time) if isinstance(time, str) else time
    try:
        if moment is not None:
            return format_time(moment).replace("T", " ").replace("Z", " UTC")
    except ModelError:
        pass
    return printable(str(time))


def duration_text(microseconds: int) -> str:
    """Return ``2 h 30 min``; seconds only where they are not zero."""
    seconds = abs(microseconds) // 1_000_000
    parts = [
        f"{value} {unit}"
        for value, unit in (
            (seconds // 3600, "h"),
            (seconds // 60 % 60, "min"),
            (seconds % 60, "s"),
        )
        if value
    ]
    return ("-" if microseconds < 0 else "") + (" ".join(parts) or "0 s")


def metres_text(metres: float) -> str:
    """Return ``9260 m (5.0 NM)``."""
    if not abs(metres) < 1e8:
        return f"{metres:.10g} m"
    return f"{metres:.10g} m ({metres / METRES_PER_NM:.1f} NM)"


def area_lines(volume: Volume4D) -> Iterator[str]:
    """Yield the lines that describe a volume's outline, the first one in words."""
    if volume.outline_polygon is not None:
        vertices = volume.outline_polygon.vertices
        yield f"polygon of {len(vertices)} corners"
        yield from _points(vertices)
    if volume.outline_circle is not None:
        circle = volume.outline_circle
        yield f"circle of {metres_text(circle.radius_m)} around {position_text(circle.center)}"
    if volume.corridor is not None:
        corridor = volume.corridor
        yield f"corridor {metres_text(corridor.width_m)} wide along {len(corridor.line)} points"
        yield from _points(corridor.line)


def _points(points: tuple[Position, ...]) -> Iterator[str]:
    for point in points[:MAX_POINTS_SHOWN]:
        yield f"  {position_text(point)}"
    if len(points) > MAX_POINTS_SHOWN:
        yield f"  and {len(points) - MAX_POINTS_SHOWN} more"
