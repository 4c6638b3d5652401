"""A read-back as an officer types it, held against the signed fields: area, times and levels.

Nothing typed is completed from what was signed. A group that the officer has compared, and
confirms as signed, takes the signed fields; each group is confirmed by itself.
"""

# ruff: noqa: RUF001 - letters that look like Latin ones are what people type

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from hotline.console.language import Words
from hotline.console.pages.compose_moments import moment_text, read_moment
from hotline.console.pages.notice_history import area_text, level_text
from hotline.console.pages.notice_steps import moment_near
from hotline.errors import HotlineError
from hotline.formats.coordinates import decimal_text, read_line
from hotline.model.distance import distance_m
from hotline.model.kinds import Reference, Unit
from hotline.model.languages.language import Language
from hotline.model.messages import Notice, ReadBack, Revision
from hotline.model.phrasing import METRES_PER_NM, position_text, time_text
from hotline.model.readback import compare, read_back_of
from hotline.model.times import format_time, time_or_none
from hotline.model.volume import Altitude, Position

AREA: Final = "area"
FIELDS: Final = (AREA, "start", "end", "lower", "upper")
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "area": (AREA,),
    "times": ("start", "end"),
    "levels": ("lower", "upper"),
}
MAX_FIELD: Final = 200
_CODES: Final = {
    "model.read-back-position": AREA,
    "model.read-back-start": "start",
    "model.read-back-end": "end",
    "model.read-back-lower": "lower",
    "model.read-back-upper": "upper",
}
_GROUND: Final = frozenset(
    {"ground", "gnd", "sfc", "surface", "земля", "от земли", "קרקע", "פני הקרקע"}
)
_LEVEL: Final = re.compile(r"(?:fl|f|эп|эшелон|רמה|ר\"ט)\.?\s*([0-9]{1,4})", re.IGNORECASE)
_HEIGHT: Final = re.compile(
    r"(-?[0-9][0-9\u00a0 .,]{0,9}?)\s*"
    r"(ft|feet|foot|ф|фт|футов|фута|רגל|m|metres?|meters?|м|метров|מ|מטר)"
    r"(?:\s+(?P<above>.{1,40}))?",
    re.IGNORECASE,
)
_METRES: Final = ("m", "м", "מ")
_REFERENCES: Final[Sequence[tuple[Reference, tuple[str, ...]]]] = (
    (Reference.WGS84, ("wgs", "w84", "ellips", "эллипс", "אליפס")),
    (Reference.GROUND, ("gr", "agl", "над земл", "земл", "קרקע")),
    (Reference.STANDARD, ("std", "standard", "станд", "1013", "qne", "תקני")),
    (Reference.MSL, ("msl", "amsl", "sea", "мор", "ים")),
)
_DATE_TIME_GROUP: Final = re.compile(r"([0-3][0-9])([0-2][0-9])([0-5][0-9])\s*[zZ]?")


@dataclass(frozen=True, slots=True)
class Typed:
    """What an officer has typed, by field, the place in words, and the groups he has confirmed."""

    texts: Mapping[str, str]
    place: str
    confirmed: frozenset[str]

    @property
    def empty(self) -> bool:
        """Whether nothing was typed or confirmed at all."""
        return not (self.confirmed or self.place or any(self.texts.values()))

    def query(self) -> str:
        """Return it as the query of an address."""
        pairs = [(name, text) for name, text in self.texts.items() if text]
        pairs += [("place", self.place)] if self.place else []
        return urlencode([*pairs, *(("confirm", group) for group in sorted(self.confirmed))])


@dataclass(frozen=True, slots=True)
class Heard:
    """One field: what it was understood as, and what is wrong with it or differs; "" for nothing.

    ``signed`` is what the peer has signed, given where it differs.
    """

    understood: str = ""
    wrong: str = ""
    signed: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A read-back as far as it could be understood; ``read_back`` is None while it is not right."""

    fields: Mapping[str, Heard]
    read_back: ReadBack | None
    canonical: Typed

    @property
    def differences(self) -> int:
        """How many fields differ from what was signed, or cannot be understood."""
        return sum(bool(one.wrong) for one in self.fields.values())


def typed_in(fields: Mapping[str, str], confirmed: Iterable[str]) -> Typed:
    """Return what a form or an address holds of a read-back."""
    return Typed(
        {name: fields.get(name, "")[:MAX_FIELD].strip() for name in FIELDS},
        " ".join(fields.get("place", "")[:MAX_FIELD].split()),
        frozenset(confirmed) & GROUPS.keys(),
    )


def hear(typed: Typed, notice: Notice | Revision, now: str, words: Words) -> Reading:
    """Return what was typed as a read-back, compared field by field with what was signed."""
    signed, language = read_back_of(notice), words.language
    as_signed = {name for group in typed.confirmed for name in GROUPS[group]}
    fields: dict[str, Heard] = {}
    canonical = {name: "" if name in as_signed else typed.texts[name] for name in FIELDS}
    position = signed.position if AREA in as_signed else _position(typed.texts[AREA])
    times = {
        name: _signed_time(signed, name) if name in as_signed else _time(typed.texts[name], now)
        for name in ("start", "end")
    }
    levels = {
        name: _signed_level(signed, name) if name in as_signed else level_of(typed.texts[name])
        for name in ("lower", "upper")
    }
    back = ReadBack(
        position=position,
        place=typed.place,
        time_start=times["start"] or "",
        time_end=times["end"] or "",
        altitude_lower=levels["lower"],
        altitude_upper=levels["upper"],
    )
    differ = {_CODES[one.code] for one in compare(back, notice)}
    for name in FIELDS:
        understood = _understood(name, back, language)
        text = typed.texts[name]
        if name in as_signed:
            fields[name] = Heard(understood)
        elif not understood:
            word = "reply.cannot_be_read" if text else "reply.nothing_typed"
            # What the notice itself lacks can't be read back.
            lacking = not text and name not in differ
            fields[name] = Heard(wrong="" if lacking else words.plain(word))
        elif name in differ:
            wrong = words.plain("reply.differs")
            fields[name] = Heard(understood, wrong, _expected(name, back, notice, words))
        else:
            fields[name] = Heard(understood)
            canonical[name] = _canonical(name, back)
    right = not any(one.wrong for one in fields.values())
    return Reading(fields, back if right else None, Typed(canonical, typed.place, typed.confirmed))


def level_of(text: str) -> Altitude | None:
    """Return a level as people write it: ``FL180``, ``2500 ft msl``, ``900 м над землёй``.

    A height that is not said to be above something else is above mean sea level. None for what is
    no level.
    """
    text = " ".join(text.split())
    if text.casefold() in _GROUND:
        return Altitude(0.0, Unit.FEET.value, Reference.GROUND.value)
    if (level := _LEVEL.fullmatch(text)) is not None:
        return Altitude(float(level[1]), Unit.FLIGHT_LEVEL.value, Reference.STANDARD.value)
    height = _HEIGHT.fullmatch(text)
    if height is None:
        return None
    value = _number(height[1])
    reference = _reference(height["above"])
    if value is None or reference is None:
        return None
    unit = Unit.METRES if height[2].casefold().startswith(_METRES) else Unit.FEET
    return Altitude(value, unit.value, reference.value)


def _number(text: str) -> float | None:
    """Return a number; a point or comma before three digits parts thousands."""
    plain = re.sub(r"[\u00a0 ]|[.,](?=[0-9]{3}(?:[^0-9]|$))", "", text).replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def _reference(above: str | None) -> Reference | None:
    if above is None:
        return Reference.MSL
    said = above.casefold()
    return next(
        (reference for reference, words in _REFERENCES if any(word in said for word in words)),
        None,
    )


def _position(text: str) -> Position | None:
    return read_line(text).position if text else None


def _time(text: str, now: str) -> str | None:
    """Return a typed time in RFC 3339; a time of day alone is the nearest one."""
    if not text:
        return None
    group = _DATE_TIME_GROUP.fullmatch(text)
    try:
        if group is not None:
            return _of_day(int(group[1]), int(group[2]), int(group[3]), now)
        try:
            return moment_near(text, now)
        except HotlineError:
            return format_time(read_moment(text, time_or_none(now) or 0))
    except (HotlineError, ValueError):
        return None


def _of_day(day: int, hour: int, minute: int, now: str) -> str:
    """Return the moment nearest to now that a date-time group such as ``011000Z`` may mean."""
    here = datetime.fromisoformat(now).astimezone(UTC)
    found = []
    for months in (-1, 0, 1):
        year, month = divmod(here.year * 12 + here.month - 1 + months, 12)
        try:
            found.append(datetime(year, month + 1, day, hour, minute, tzinfo=UTC))
        except ValueError:
            continue  # that month has no such day
    return f"{min(found, key=lambda one: abs(one - here)):%Y-%m-%dT%H:%M:%SZ}"


def _signed_time(signed: ReadBack, name: str) -> str:
    return signed.time_start if name == "start" else signed.time_end


def _signed_level(signed: ReadBack, name: str) -> Altitude | None:
    return signed.altitude_lower if name == "lower" else signed.altitude_upper


def _understood(name: str, back: ReadBack, language: Language) -> str:
    if name == AREA:
        return "" if back.position is None else position_text(back.position, language)
    if name in ("start", "end"):
        time = _signed_time(back, name)
        return time_text(time) if time else ""
    level = _signed_level(back, name)
    return "" if level is None else level_text(level, language)


def _canonical(name: str, back: ReadBack) -> str:
    """Return a field in the form that reads the same at any later moment."""
    if name == AREA:
        return "" if back.position is None else decimal_text(back.position)
    if name in ("start", "end"):
        return moment_text(_signed_time(back, name))
    level = _signed_level(back, name)
    if level is None:
        return ""
    if level.unit == Unit.FLIGHT_LEVEL:
        return f"FL{level.value:.10g}"
    return f"{level.value:.10g} {level.unit} {level.reference}"


def _expected(name: str, back: ReadBack, notice: Notice | Revision, words: Words) -> str:
    language, signed = words.language, read_back_of(notice)
    if name == AREA:
        away = (distance_m(back.position, one) for one in notice.volumes if back.position)
        miles = f"{min(away, default=0.0) / METRES_PER_NM:.1f}"
        outlines = "; ".join(area_text(one, language) for one in notice.volumes[:3])
        return f"{words.plain('reply.away', miles=miles)} {', '.join(outlines.splitlines())}"
    if name in ("start", "end"):
        return time_text(_signed_time(signed, name))
    return " / ".join(
        dict.fromkeys(
            level_text(one, language)
            for volume in notice.volumes
            if (one := volume.altitude_lower if name == "lower" else volume.altitude_upper)
            is not None
        )
    )
