"""Values and texts as they are spoken, each with the way back from what somebody typed.

Only whole seconds of arc, metres, feet, levels, degrees and knots are spoken; times in whole
minutes, or seconds where they are not zero. Every ``say_*`` raises ValueError for a value that
cannot be spoken, every ``hear_*`` for a text that is no such value, with the mend as its text.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final

from hotline.errors import ModelError
from hotline.formats.telephone.items import NOT_READ
from hotline.model import months
from hotline.model.kinds import Reference, Unit
from hotline.model.phrasing import position_text
from hotline.model.times import SECOND_US, format_time, parse_time, time_or_none
from hotline.model.volume import Altitude, Position

EXACT_ARCSECONDS: Final = 4e-4
"""How near to a whole second of arc a position counts as one: about 1 cm, the model's precision."""
WITHIN_M: Final = 25
"""Metres within which a rounded position lies of the one meant: half a second each way is 22 m."""
_NOISE: Final = 1e-6
"""Part of a metre, foot or level that is only a conversion's rounding error."""

_DIGITS: Final = {
    word: str(digit)
    for digit, words in enumerate(
        ("ZERO", "ONE", "TWO", "THREE TREE", "FOUR FOWER", "FIVE FIFE", "SIX", "SEVEN", "EIGHT")
    )
    for word in words.split()
} | {"NINE": "9", "NINER": "9"}
_ALPHABET: Final = """
ALFA ALPHA BRAVO CHARLIE DELTA ECHO FOXTROT GOLF HOTEL INDIA JULIETT JULIET KILO LIMA MIKE NOVEMBER
OSCAR PAPA QUEBEC ROMEO SIERRA TANGO UNIFORM VICTOR WHISKEY WHISKY XRAY YANKEE ZULU
"""
_LETTERS: Final = {word: word[0] for word in _ALPHABET.split()}
MONTHS: Final = tuple(month.short for month in months.MONTHS)
_LONG_MONTHS: Final = {month.english.upper(): month.short for month in months.MONTHS}
_SIDES: Final = {"NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W"}
_ABOVE: Final = {
    Reference.MSL.value: "AMSL",
    Reference.GROUND.value: "AGL",
    Reference.WGS84.value: "WGS84",
    Reference.STANDARD.value: "STANDARD",
}
_BELOW: Final = {text: reference for reference, text in _ABOVE.items()} | {
    "MSL": Reference.MSL.value
}
_UNITS: Final = {
    "FT": Unit.FEET.value,
    "FEET": Unit.FEET.value,
    "FOOT": Unit.FEET.value,
    "M": Unit.METRES.value,
    "METRES": Unit.METRES.value,
    "METERS": Unit.METRES.value,
    "METRE": Unit.METRES.value,
}
_POSITION: Final = re.compile(r"(\d\d)(\d\d)(\d\d)([NS])(\d{3})(\d\d)(\d\d)([EW])", re.ASCII)
_TIME: Final = re.compile(r"(\d{1,2})([A-Z]{3})(\d{4})(\d\d)(\d\d)(\d\d)?(?:UTC|Z|ZULU)?", re.ASCII)
_LEVEL: Final = re.compile(r"(MINUS )?(?:FL|FLIGHT LEVEL) ?(\d{1,6})", re.ASCII)
_HEIGHT: Final = re.compile(
    r"(MINUS )?(\d{1,6}) ?(FT|FEET|FOOT|M|METRES|METERS|METRE) ([A-Z0-9]+)", re.ASCII
)
_HEX: Final = re.compile(r"[0-9A-F]{8}")


# --- Texts ------------------------------------------------------------------------------------

_FIGURE_SIGNS: Final = (
    (re.compile(r"(?<=\d)\.(?=\d)"), " DECIMAL "),
    (re.compile(r"(?<=\d),(?=\d)"), " COMMA "),
    (re.compile(r"(?<![A-Z0-9])[-\N{MINUS SIGN}](?=\d)"), " MINUS "),
    (re.compile(r"\+"), " PLUS "),
    (re.compile("%"), " PERCENT "),
    (re.compile("/"), " SLASH "),
    (re.compile("[-.,:;!?'\"()\N{EN DASH}\N{EM DASH}]"), " "),
)
_SPEAKABLE: Final = re.compile(r"[A-Z0-9]+(?: [A-Z0-9]+)*")


def say_text(text: str, limit: int) -> str | None:
    """Return a text as it is spoken, in Latin capitals and figures; None where it cannot be.

    Marks between sentences are not spoken, others by name; a figure is the same as its word. A
    text of another script, with other signs, or with more than ``limit`` characters, is not read.
    """
    spoken = text.upper()
    for pattern, word in _FIGURE_SIGNS:
        spoken = pattern.sub(word, spoken)
    spoken = " ".join(_DIGITS.get(word, word) for word in spoken.split())
    if len(spoken) > limit or spoken == NOT_READ or not _SPEAKABLE.fullmatch(spoken):
        return None
    return spoken


# --- Positions ----------------------------------------------------------------------------------


def say_position(position: Position) -> str:
    """Return ``340600N 0323600E``, to the nearest second."""
    if not (abs(position.lat) <= 90 and abs(position.lon) <= 180):
        raise ValueError("a position lies outside of the globe")
    return position_text(position)


def is_exact(position: Position) -> bool:
    """Whether a position is in whole seconds as it stands."""
    return all(
        abs(degrees * 3600 - round(degrees * 3600)) <= EXACT_ARCSECONDS
        for degrees in (position.lat, position.lon)
    )


def hear_position(text: str) -> Position:
    """Return the position in a text; blanks, and the sides as words, are taken too."""
    mend = "degrees, minutes, seconds, N or S, and again with E or W: 340600N 0323600E"
    match = _POSITION.fullmatch(_joined(text, _SIDES))
    if match is None:
        raise ValueError(mend)
    parts = match.groups()
    lat, lon = (
        _degrees(*parts[start : start + 3], negative=parts[start + 3] in "SW") for start in (0, 4)
    )
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        raise ValueError("minutes and seconds go to 59, latitudes to 90, longitudes to 180")
    return Position(lat, lon)


def _degrees(degree: str, minute: str, second: str, *, negative: bool) -> float | None:
    if int(minute) > 59 or int(second) > 59:
        return None
    seconds = int(degree) * 3600 + int(minute) * 60 + int(second)
    return (-seconds if negative and seconds else seconds) / 3600


# --- Levels -------------------------------------------------------------------------------------


def say_altitude(altitude: Altitude, rounding: int) -> str:
    """Return ``FL180``, ``2500 FT AMSL``, ``GROUND``.

    ``rounding`` is -1 for a lower limit, which is rounded down, 1 for an upper one, 0 for neither.
    """
    above = _ABOVE.get(altitude.reference)
    if above is None or altitude.unit not in set(Unit) or not math.isfinite(altitude.value):
        raise ValueError("a level has no unit or reference that can be spoken")
    noise = _NOISE * rounding
    whole = (
        round(altitude.value)
        if not rounding
        else math.floor(altitude.value - noise)
        if rounding < 0
        else math.ceil(altitude.value - noise)
    )
    if abs(whole) > 999_999:
        raise ValueError("a level has more than six figures")
    sign = "MINUS " if whole < 0 else ""
    if altitude.unit == Unit.FLIGHT_LEVEL:
        if altitude.reference != Reference.STANDARD:
            raise ValueError("a flight level counts from another surface than standard pressure")
        return f"{sign}FL{abs(whole):03d}"
    if whole == 0 and altitude.reference == Reference.GROUND:
        return "GROUND"
    return f"{sign}{abs(whole)} {'FT' if altitude.unit == Unit.FEET else 'M'} {above}"


def hear_altitude(text: str) -> Altitude:
    """Return the level in a text."""
    plain = _figures(text)
    if plain in ("GROUND", "SFC", "SURFACE"):
        return Altitude(0.0, Unit.FEET.value, Reference.GROUND.value)
    if (level := _LEVEL.fullmatch(plain)) is not None:
        value = float(level[2])
        return Altitude(
            -value if level[1] and value else value,
            Unit.FLIGHT_LEVEL.value,
            Reference.STANDARD.value,
        )
    height = _HEIGHT.fullmatch(plain)
    if height is None or height[4] not in _BELOW:
        raise ValueError("FL180, or a number with FT or M and AMSL, AGL, WGS84 or STANDARD")
    value = float(height[2])
    return Altitude(-value if height[1] and value else value, _UNITS[height[3]], _BELOW[height[4]])


# --- Times --------------------------------------------------------------------------------------


def say_time(time: str, rounding: int) -> str:
    """Return ``01 MAR 2026 1045 UTC``; an end (``rounding`` 1) is rounded up to whole seconds."""
    moment_us = time_or_none(time)
    if moment_us is None:
        raise ValueError("a time cannot be read")
    seconds = -(-moment_us // SECOND_US) if rounding > 0 else moment_us // SECOND_US
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):
        raise ValueError("a time lies after the year 9999") from None
    clock = f"{moment:%H%M%S}" if moment.second else f"{moment:%H%M}"
    month = MONTHS[moment.month - 1]
    return f"{moment.day:02d} {month} {moment.year:04d} {clock} UTC"


def hear_time(text: str) -> str:
    """Return the RFC 3339 time in a text; it is UTC, whether that is typed or not."""
    mend = "day, month, year, hours and minutes: 01 MAR 2026 1045 UTC"
    joined = _joined(text, _LONG_MONTHS)
    match = _TIME.fullmatch(joined.replace(":", ""))
    if match is None or match[2] not in MONTHS:
        raise ValueError(mend)
    day, month, year, hour, minute, second = match.groups()
    month_number = MONTHS.index(month) + 1
    try:
        return format_time(
            parse_time(
                f"{year}-{month_number:02d}-{int(day):02d}T{hour}:{minute}:{second or '00'}Z"
            )
        )
    except ModelError:
        raise ValueError("there is no such day or hour; the year is from 1970 on") from None


# --- Numbers and names --------------------------------------------------------------------------


def hear_digits(text: str) -> str | None:
    """Return the figures in a text, typed or spoken, without blanks; None where there is more."""
    joined = _joined(text, {})
    return joined if joined.isascii() and joined.isdecimal() else None


def hear_number(text: str, most: int) -> int:
    """Return the whole number in a text, 0 to ``most``."""
    digits = hear_digits(text)
    if digits is None or len(digits) > 9 or int(digits) > most:
        raise ValueError(f"a whole number from 0 to {most}")
    return int(digits)


def hear_hex(text: str) -> str:
    """Return the eight hexadecimal signs in a text, in small letters."""
    joined = hear_name(text)
    if not _HEX.fullmatch(joined):
        raise ValueError("eight signs, figures and the letters A to F")
    return joined.lower()


def hear_name(text: str) -> str:
    """Return a name without blanks; one of several words may be spelled (``INDIA ALFA``)."""
    words = text.split()
    if len(words) < 2:
        return text.strip()
    return "".join(
        "-" if word in ("DASH", "HYPHEN") else _LETTERS.get(word) or _DIGITS.get(word, word)
        for word in words
    )


def _figures(text: str) -> str:
    """Return a text with runs of single figures, typed or spoken, as one number."""
    words: list[str] = []
    running = False
    for word in text.split():
        digit = _DIGITS.get(word) or (word if word in "0123456789" else None)
        if digit is not None and running:
            words[-1] += digit
        else:
            words.append(digit or word)
        running = digit is not None
    return " ".join(words)


def _joined(text: str, names: dict[str, str]) -> str:
    """Return a text without blanks, with spoken figures and ``names`` replaced."""
    return "".join(names.get(word) or _DIGITS.get(word, word) for word in text.split())
