"""Positions, altitudes, times and areas as an officer reads them: DDMMSS, levels, UTC.

In English unless another language is named; positions within range, times and flight levels look
the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from hotline.errors import ModelError
from hotline.model.kinds import Reference, Unit
from hotline.model.languages.language import Language
from hotline.model.languages.terms import counted, number_text, say
from hotline.model.text import printable
from hotline.model.times import format_time, time_or_none
from hotline.model.volume import Altitude, Position, Volume4D

MAX_POINTS_SHOWN = 24
MAX_WHOLE = 1e8
"""Metres that are written out; what is no number, or no height, is shown as it came."""
METRES_PER_NM = 1852.0

_REFERENCES = frozenset(Reference)
_NOUNS = {Unit.METRES.value: "metre", Unit.FEET.value: "foot"}


def position_text(position: Position, language: Language = Language.EN) -> str:
    """Return ``341530N 0334500E``, to the nearest second; plain numbers if out of range."""
    if not (abs(position.lat) <= 90 and abs(position.lon) <= 180):
        return say(
            "position.plain",
            language,
            lat=number_text(position.lat, language, "g"),
            lon=number_text(position.lon, language, "g"),
        )
    latitude = _angle(position.lat, 2, "NS")
    return f"{latitude} {_angle(position.lon, 3, 'EW')}"


def _angle(degrees: float, digits: int, letters: str) -> str:
    seconds = round(abs(degrees) * 3600)
    minutes, second = divmod(seconds, 60)
    degree, minute = divmod(minutes, 60)
    letter = letters[1] if degrees < 0 and seconds else letters[0]
    return f"{degree:0{digits}d}{minute:02d}{second:02d}{letter}"


def altitude_text(altitude: Altitude, language: Language = Language.EN) -> str:
    """Return ``FL180``, ``2500 ft above mean sea level``, ``ground``."""
    if altitude.unit == Unit.FLIGHT_LEVEL and altitude.reference == Reference.STANDARD:
        # A structure built in code may hold an integer, which Python 3.11 cannot ask.
        whole = 0 <= altitude.value < 10_000 and altitude.value == int(altitude.value)
        return f"FL{int(altitude.value):03d}" if whole else f"FL{altitude.value:.10g}"
    if altitude.reference == Reference.GROUND and altitude.value == 0:
        return say("altitude.ground", language)
    noun = _NOUNS.get(altitude.unit)
    if noun is not None:
        height = counted(altitude.value, noun, language)
    else:
        unit = "FL" if altitude.unit == Unit.FLIGHT_LEVEL else printable(altitude.unit)
        height = f"{number_text(altitude.value, language)} {unit}"
    return _height(height, altitude, language)


def _height(height: str, altitude: Altitude, language: Language) -> str:
    if altitude.reference in _REFERENCES:
        return f"{height} {say(f'reference.{altitude.reference}', language)}"
    other = printable(altitude.reference)
    return f"{height} {say('reference.other', language, reference=other)}"


def span_text(
    lower: Altitude | None, upper: Altitude | None, language: Language = Language.EN
) -> str | None:
    """Return ``4498 to 8537 m above the WGS 84 ellipsoid``, in whole metres.

    None for what is not two plausible heights in metres above the same: that is said one by one.
    """
    if lower is None or upper is None or lower.reference != upper.reference:
        return None
    if {lower.unit, upper.unit} != {Unit.METRES.value}:
        return None
    if not (abs(lower.value) < MAX_WHOLE and abs(upper.value) < MAX_WHOLE):
        return None
    # A sum of zero has no sign.
    low, high = (round(altitude.value) + 0.0 for altitude in (lower, upper))
    return say(
        "altitude.range",
        language,
        lower=number_text(low, language, ".0f"),
        upper=_height(counted(high, "metre", language, ".0f"), upper, language),
    )


def time_text(time: str | int) -> str:
    """Return ``2026-03-01 10:00:00 UTC``; what can't be read as a time is shown as it stands."""
    moment = time_or_none(time) if isinstance(time, str) else time
    try:
        if moment is not None:
            return format_time(moment).replace("T", " ").replace("Z", " UTC")
    except ModelError:
        pass
    return printable(str(time))


def duration_text(microseconds: int, language: Language = Language.EN) -> str:
    """Return ``2 h 30 min``, ``3 d 4 h``: days from two on, and no part that is zero."""
    seconds = abs(microseconds) // 1_000_000
    days = seconds // 86_400 if seconds >= 2 * 86_400 else 0
    parts = [
        counted(value, noun, language, "d")
        for value, noun in (
            (days, "day"),
            (seconds // 3600 - days * 24, "hour"),
            (seconds // 60 % 60, "minute"),
            (seconds % 60, "second"),
        )
        if value
    ]
    text = " ".join(parts) or counted(0, "second", language, "d")
    return say("number.minus", language, number=text) if microseconds < 0 else text


def metres_text(metres: float, language: Language = Language.EN) -> str:
    """Return ``9260 m (5.0 NM)``."""
    text = counted(metres, "metre", language)
    if not abs(metres) < 1e8:
        return text
    miles = counted(metres / METRES_PER_NM, "mile", language, ".1f")
    return say("metres.both", language, metres=text, miles=miles)


def area_lines(volume: Volume4D, language: Language = Language.EN) -> Iterator[str]:
    """Yield the lines that describe a volume's outline, the first one in words."""
    if volume.outline_polygon is not None:
        vertices = volume.outline_polygon.vertices
        corners = counted(len(vertices), "corner", language, "d")
        yield say("area.polygon", language, corners=corners)
        yield from _points(vertices, language)
    if volume.outline_circle is not None:
        circle = volume.outline_circle
        radius = metres_text(circle.radius_m, language)
        center = position_text(circle.center, language)
        yield say("area.circle", language, radius=radius, center=center)
    if volume.corridor is not None:
        corridor = volume.corridor
        width = metres_text(corridor.width_m, language)
        points = counted(len(corridor.line), "point", language, "d")
        yield say("area.corridor", language, width=width, points=points)
        yield from _points(corridor.line, language)


def _points(points: tuple[Position, ...], language: Language) -> Iterator[str]:
    for number, point in enumerate(points[:MAX_POINTS_SHOWN], start=1):
        position = position_text(point, language)
        yield say("area.point", language, number=number, position=position)
    if len(points) > MAX_POINTS_SHOWN:
        yield "  " + say("more", language, count=len(points) - MAX_POINTS_SHOWN)
