"""Positions as people type them: decimal degrees, degrees-minutes-seconds, MGRS; one a line.

Nothing is guessed at. What could be read in two ways (``34,32``: one number or two?) is a mistake,
which says where in the line it stands, so that a page can point at it. Without letters of the
hemispheres the latitude comes first. Marks of degrees may be typographic or plain, letters of the
hemispheres English, Russian (``с.ш.``, ``в.д.``) or Hebrew words. Decimal commas are taken where
nothing else can be meant.

MGRS: NGA.STND.0037; a position with few digits names a square, and its middle is taken.
"""

# ruff: noqa: RUF001, RUF002 - letters and marks that look alike are what people type

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import mgrs  # type: ignore[import-untyped]

from hotline.errors import ModelError
from hotline.model.times import shorten
from hotline.model.volume import Position

MAX_LINE: Final = 200
"""Characters of one line that are read."""
MAX_LINES: Final = 10_000
"""Lines that are read: as many as a message may have corners."""
DIGITS: Final = 7
"""Decimals that are kept: the grid on which outlines are compared (docs/spec/notice.md)."""


class Form(StrEnum):
    """How a position was written."""

    DECIMAL = "decimal"
    DEGREES = "dms"
    MGRS = "mgrs"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a line, from the character at ``start`` up to the one at ``end``.

    ``code`` is stable, ``text`` one sentence in English.
    """

    code: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its number, from 1: either a position and its form, or a mistake.

    ``within_m`` is how large the square is that an MGRS position names, 0 for any other form.
    """

    number: int
    text: str
    position: Position | None = None
    form: Form | None = None
    within_m: int = 0
    mistake: Mistake | None = None


class _Wrong(Exception):  # noqa: N818 - it only carries a mistake up to its line
    def __init__(self, code: str, start: int, end: int, text: str) -> None:
        super().__init__(text)
        self.mistake = Mistake(f"coordinates.{code}", start, end, text)


def read_lines(text: str) -> list[Line]:
    """Return each line that is not blank, read or with its mistake.

    Raises:
        ModelError: ``coordinates.too-many-lines`` above `MAX_LINES`.

    """
    lines = text.splitlines()
    require_lines(len(lines))
    return [read_line(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def require_lines(count: int) -> None:
    """Refuse to read so many lines. Raises ModelError (``coordinates.too-many-lines``)."""
    if count > MAX_LINES:
        raise ModelError(
            "coordinates.too-many-lines",
            f"there are {count} lines of coordinates, more than {MAX_LINES}",
            "simplify the outline",
        )


def read_line(text: str, number: int = 1) -> Line:
    """Return what one line says; whatever it holds, there is an answer."""
    shown = text if len(text) <= MAX_LINE else text[:MAX_LINE] + "…"
    try:
        if len(text) > MAX_LINE:
            raise _Wrong("too-long", MAX_LINE, len(text), f"has more than {MAX_LINE} characters")
        found = _MGRS.fullmatch(text.strip())
        if found is not None:
            return _mgrs_line(text, number, found)
        tokens = _tokens(text)
        latitude, longitude = _two(tokens, len(text))
        return _line_of(text, number, latitude, longitude)
    except _Wrong as wrong:
        return Line(number, shown, mistake=wrong.mistake)


def decimal_text(position: Position) -> str:
    """Return ``34.1 32.6666667``: what `read_line` reads as the same position."""
    return f"{_plain(position.lat)} {_plain(position.lon)}"


def mgrs_text(position: Position) -> str:
    """Return ``36SVC 63104 73316``, to the metre; empty where there is none."""
    try:
        text: str = _GRID.toMGRS(position.lat, position.lon)
    except (mgrs.core.MGRSError, ValueError):
        return ""
    return f"{text[:-10]} {text[-10:-5]} {text[-5:]}"


def _plain(degrees: float) -> str:
    return f"{degrees:.{DIGITS}f}".rstrip("0").rstrip(".")


# --- MGRS -----------------------------------------------------------------------------------------

_GRID: Final = mgrs.MGRS()
_MGRS: Final = re.compile(
    r"(?P<zone>[0-9]{1,2})\s*(?P<band>[A-Za-z])\s*(?P<square>[A-Za-z]{2})\s*"
    r"(?P<digits>[0-9]*(?:\s+[0-9]+)?)"
)


def _mgrs_line(text: str, number: int, found: re.Match[str]) -> Line:
    at = len(text) - len(text.lstrip())
    start, end = found.start("digits") + at, found.end("digits") + at
    parts = found["digits"].split()
    digits = "".join(parts)
    if len(digits) % 2 or len(digits) > 10 or (len(parts) == 2 and len(parts[0]) != len(parts[1])):
        raise _Wrong("mgrs-digits", start, end, "needs as many digits east as north, up to 5 each")
    if len(digits) < 4:
        raise _Wrong("mgrs-coarse", at, end, "names a square of 10 km or more")
    zone, band, square = found["zone"], found["band"].upper(), found["square"].upper()
    if not 1 <= int(zone) <= 60:
        raise _Wrong("mgrs-zone", at, at + len(zone), "the zones are 1 to 60")
    try:
        lat, lon = _GRID.toLatLon(f"{int(zone):02d}{band}{square}{digits}")
    except mgrs.core.MGRSError:
        raise _Wrong("mgrs-square", at, start, "there is no such square in this zone") from None
    within_m = 10 ** (5 - len(digits) // 2)
    return Line(number, text, _position(lat, lon), Form.MGRS, within_m)


# --- Degrees --------------------------------------------------------------------------------------

_HEMISPHERES: Final = {
    "N": "N", "S": "S", "E": "E", "W": "W",
    "С": "N", "Ю": "S", "В": "E", "З": "W",
    "СШ": "N", "ЮШ": "S", "ВД": "E", "ЗД": "W",
    "צפון": "N", "דרום": "S", "מזרח": "E", "מערב": "W",
}  # fmt: skip
_TOKEN: Final = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<colon>:|(?<=[0-9])-(?=[0-9]))"
    r"|(?P<sign>[+\-−–])"
    r"|(?P<degree>[°º˚])"
    r"|(?P<second>[\"″”“]|''|′′|’’)"
    r"|(?P<minute>['′’‘`´])"
    r"|(?P<split>[,;/])"
    r"|(?P<letter>[^\W\d_]\.?\s?[шд]\.?(?!\w)|[^\W\d_]+)",
    re.IGNORECASE,
)
_POINT: Final = re.compile(r"[0-9]\.[0-9]")
_DECIMAL_COMMA: Final = re.compile(r"(?<=[0-9]),(?=[0-9])")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Angle:
    """Degrees with a sign; ``axis`` is lat or lon where a letter says so, else empty."""

    degrees: float
    axis: str
    parts: int
    start: int
    end: int


def _tokens(text: str) -> list[_Token]:
    plain = _without_decimal_commas(text)
    found: list[_Token] = []
    at = 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if match is None:
            raise _Wrong("character", at, at + 1, f"{shorten(plain[at])} stands for nothing here")
        kind, said = str(match.lastgroup), match[0]
        if kind == "letter":
            said = _hemisphere(said, at)
        if kind != "space":
            found.append(_Token(kind, said, at, match.end()))
        at = match.end()
    while found and found[-1].kind == "split":
        found.pop()  # as it stands in a list
    return found


def _hemisphere(text: str, at: int) -> str:
    name = re.sub(r"[.\s]", "", text).upper()
    if name not in _HEMISPHERES:
        raise _Wrong("letter", at, at + len(text), f"{shorten(text)} is no hemisphere")
    return _HEMISPHERES[name]


def _without_decimal_commas(text: str) -> str:
    """Return a line with points for decimal commas; one that may part two numbers is refused."""
    commas = [match.start() for match in _DECIMAL_COMMA.finditer(text)]
    if not commas:
        return text
    if len(commas) == 1 and text.count(",") == 1:
        before, after = text[: commas[0]], text[commas[0] + 1 :]
        several = [re.search(r"[0-9]\D+[0-9]", part) is not None for part in (before, after)]
        if _POINT.search(text) or all(several):
            return text  # it parts the two
        raise _Wrong(
            "comma", commas[0], commas[0] + 1, "this comma may part two numbers or be a decimal one"
        )
    if _POINT.search(text) or len(commas) > 2:
        raise _Wrong("comma", commas[-1], commas[-1] + 1, "there is a comma too many")
    return _DECIMAL_COMMA.sub(".", text)


def _two(tokens: Sequence[_Token], end: int) -> tuple[_Angle, _Angle]:
    """Return latitude and longitude, in this order."""
    first, second = (_angle(half) for half in _halves(tokens, end))
    if first.axis and first.axis == second.axis:
        name = "latitudes" if first.axis == "lat" else "longitudes"
        raise _Wrong("same-axis", second.start, second.end, f"these are two {name}")
    latitude, longitude = (second, first) if first.axis == "lon" else (first, second)
    for angle, limit, name in ((latitude, 90, "latitude"), (longitude, 180, "longitude")):
        if abs(angle.degrees) > limit:
            raise _Wrong(
                f"{name}-range", angle.start, angle.end, f"a {name} is at most {limit} degrees"
            )
    return latitude, longitude


def _halves(tokens: Sequence[_Token], end: int) -> tuple[Sequence[_Token], Sequence[_Token]]:
    numbers = [index for index, token in enumerate(tokens) if token.kind == "number"]
    letters = [index for index, token in enumerate(tokens) if token.kind == "letter"]
    splits = [index for index, token in enumerate(tokens) if token.kind == "split"]
    if len(numbers) < 2:
        raise _Wrong("incomplete", 0, end, "a position needs a latitude and a longitude")
    if len(splits) > 1:
        extra = tokens[splits[1]]
        raise _Wrong("too-much", extra.start, end, "this is more than one position")
    if len(letters) == 1:
        only = tokens[letters[0]]
        raise _Wrong(
            "one-letter", only.start, only.end, "give both hemispheres their letters, or neither"
        )
    if len(letters) > 2:
        extra = tokens[letters[2]]
        raise _Wrong("too-much", extra.start, end, "this is more than one position")
    if letters:
        cut = letters[1] if letters[0] == 0 else letters[0] + 1
    elif splits:
        cut = splits[0]
    else:
        cut = _cut_by_marks(tokens, numbers)
    first, second = tokens[:cut], tokens[cut:]
    if second[:1] and second[0].kind == "split":
        second = second[1:]
    elif first[-1:] and first[-1].kind == "split":
        first = first[:-1]
    return first, second


def _cut_by_marks(tokens: Sequence[_Token], numbers: Sequence[int]) -> int:
    """Return where the second of two angles begins that nothing parts but their own form."""
    degrees = [index for index, token in enumerate(tokens) if token.kind == "degree"]
    if len(degrees) == 2:
        cut = max((index for index in numbers if index < degrees[1]), default=0)
    elif len(numbers) in (2, 4, 6):
        cut = numbers[len(numbers) // 2]
    else:
        odd = tokens[numbers[-1]]
        raise _Wrong("count", odd.start, odd.end, "these numbers are not two angles alike")
    return cut - 1 if cut and tokens[cut - 1].kind == "sign" else cut


_MARKS: Final = ({"degree", "colon"}, {"minute", "colon"}, {"second"})


def _angle(tokens: Sequence[_Token]) -> _Angle:
    """Return the angle that tokens stand for: ``[sign] D [° M [' S["]]] [hemisphere]``."""
    if not tokens:
        raise _Wrong("incomplete", 0, 0, "a position needs a latitude and a longitude")
    start, end = tokens[0].start, tokens[-1].end
    rest = list(tokens)
    letter = ""
    for index in (0, -1):
        if rest and rest[index].kind == "letter":
            letter = rest.pop(index).text
            break
    negative = letter in ("S", "W")
    if rest and rest[0].kind == "sign":
        sign = rest.pop(0)
        if letter:
            raise _Wrong(
                "sign-and-letter", sign.start, sign.end, "a letter says it already: leave the sign"
            )
        negative = sign.text != "+"
    numbers = _numbers(rest, start, end)
    axis = {"N": "lat", "S": "lat", "E": "lon", "W": "lon"}.get(letter, "")
    if len(numbers) == 1 and axis and len(rest) == 1:
        numbers = _compact(numbers[0], axis)
    degrees = _degrees(numbers)
    return _Angle(-degrees if negative else degrees, axis, len(numbers), start, end)


def _numbers(tokens: Sequence[_Token], start: int, end: int) -> list[_Token]:
    """Return the numbers of an angle, whose marks have to be the right ones."""
    numbers: list[_Token] = []
    marked = True
    for token in tokens:
        if token.kind == "number":
            if len(numbers) == 3:
                raise _Wrong("too-much", token.start, end, "this is more than one position")
            numbers.append(token)
            marked = False
        elif marked or token.kind not in _MARKS[len(numbers) - 1]:
            raise _Wrong("mark", token.start, token.end, "this mark does not belong here")
        else:
            marked = True
    if not numbers:
        raise _Wrong("incomplete", start, end, "a position needs a latitude and a longitude")
    if tokens[-1].kind == "colon":
        raise _Wrong("mark", tokens[-1].start, tokens[-1].end, "this mark does not belong here")
    return numbers


def _compact(number: _Token, axis: str) -> list[_Token]:
    """Return ``341530`` or ``0323600`` as degrees, minutes and seconds."""
    whole = number.text.partition(".")[0]
    wide = 2 if axis == "lat" else 3
    if len(whole) <= wide:
        return [number]
    if len(whole) not in (wide + 2, wide + 4):
        form = "DDMM or DDMMSS" if axis == "lat" else "DDDMM or DDDMMSS"
        raise _Wrong("compact", number.start, number.end, f"write it as {form}, with all zeros")
    cuts = [0, wide, wide + 2, wide + 4][: 2 + (len(whole) - wide) // 2]
    found = []
    for low, high in pairwise(cuts):
        last = high == len(whole)
        text = number.text[low:] if last else number.text[low:high]
        at = number.end if last else number.start + high
        found.append(_Token("number", text, number.start + low, at))
    return found


def _degrees(numbers: Sequence[_Token]) -> float:
    total = 0.0
    for index, number in enumerate(numbers):
        value = float(number.text)
        if index < len(numbers) - 1 and "." in number.text:
            raise _Wrong(
                "fraction", number.start, number.end, "only the last part may have a fraction"
            )
        if index and value >= 60:
            name = ("minutes", "seconds")[index - 1]
            raise _Wrong(name, number.start, number.end, f"{name} go from 0 to 59")
        total += value / 60**index
    return total


def _line_of(text: str, number: int, latitude: _Angle, longitude: _Angle) -> Line:
    form = Form.DECIMAL if latitude.parts == longitude.parts == 1 else Form.DEGREES
    return Line(number, text, _position(latitude.degrees, longitude.degrees), form)


def _position(lat: float, lon: float) -> Position:
    return Position(round(lat, DIGITS) + 0.0, round(lon, DIGITS) + 0.0)
