"""What a text says about when: "1000-1130Z", "с 10:00 до 11:30 UTC", "on 1 March".

Only times whose zone is named are read: what a local time means is not known. Times of something
else than the activity (a take-off, a call, an approval) and mere bounds (before, not later than)
are passed over.
"""

# ruff: noqa: RUF001, RUF002 - other alphabets look like this one, and are meant

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from hotline.airspace.said.hebrew import FIGURE, TO_FIGURE
from hotline.airspace.said.lexicon import Role
from hotline.airspace.said.subject import is_elsewhere
from hotline.airspace.said.words import MAX_STATEMENTS, Text
from hotline.model.months import MONTHS

MINUTES_PER_DAY: Final = 24 * 60
_MOSCOW_MINUTES: Final = 180

_CLOCK = r"(?:[01][0-9]|2[0-3]):?[0-5][0-9](?::[0-5][0-9])?"
_ZONE = (
    r"(?:Z\b|zulu\b|UTC\b|GMT\b|MSK\b|МСК\b|UTC|זולו|гринвич\w{0,2}|"
    r"по\s{1,2}(?:UTC|МСК|Гринвичу|московскому))"
)
_TIMES: Final = re.compile(
    rf"(?=[0-9])(?:(?<![\w:.,+-])|{FIGURE})(?:(?P<day>[0-3][0-9])(?=[0-9]{{4}}Z))?"
    rf"(?P<first>{_CLOCK})(?:\s{{0,2}}(?:hours|hrs|ч\.?))?\s{{0,2}}(?P<zone>{_ZONE})?"
    rf"(?:\s{{0,2}}(?:[-–—־/]|to|till|until|and|до|и|по|{TO_FIGURE})\s{{0,2}}"
    rf"(?P<last>{_CLOCK})(?![0-9:])(?:\s{{0,2}}(?:hours|hrs|ч\.?))?"
    rf"\s{{0,2}}(?P<last_zone>{_ZONE})?)?",
    re.IGNORECASE,
)

_MONTHS: Final = {
    name.lower(): number
    for number, (*names, others) in enumerate(MONTHS, start=1)
    for name in (*names, *others)
}
_DATES: Final = re.compile(
    rf"(?=[0-9])(?:(?<![\w.:,/+-])|{FIGURE})(?:"
    r"(?P<iso_year>20[0-9]{2})-(?P<iso_month>[01][0-9])-(?P<iso_day>[0-3][0-9])(?!\d)"
    r"|(?P<dot_day>[0-3]?[0-9])\.(?P<dot_month>[01]?[0-9])\.(?P<dot_year>20[0-9]{2})(?!\d)"
    r"|(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?\s{1,2}(?:of\s)?ב?(?P<month>[^\W\d_]{3,9})\b"
    r"(?:,?\s(?P<year>20[0-9]{2})(?!\d))?"
    r"|(?P<group_day>[0-3][0-9])[0-9]{4}Z\s{0,2}(?P<group_month>[A-Z]{3})\s{0,2}"
    r"(?P<group_year>[0-9]{2})?(?![0-9])"
    r")"
)
_DATED: Final = frozenset({"of", "от", "мая", "edition", "dated", "since", "per"})
_SOME_DIGIT: Final = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class Times:
    """The words ``quote`` name moments of the day, in minutes UTC, on no day in particular."""

    field: str
    quote: str
    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Date:
    """The words ``quote`` name a day; ``year`` is None where none was given."""

    field: str
    quote: str
    year: int | None
    month: int
    day: int


def times(text: Text) -> Iterator[Times]:
    """Yield the times of day that a text names with a zone."""
    if not _SOME_DIGIT.search(text.text):
        return
    for match in islice(_TIMES.finditer(text.text), MAX_STATEMENTS):
        zone = match["zone"] or match["last_zone"]
        if zone is None or _passed_over(text, match.start(), match.end()):
            continue
        first = _minutes(match["first"], match["zone"] or zone)
        minutes: tuple[int, ...] = (first,)
        if match["last"] is not None:
            minutes = (first, _minutes(match["last"], match["last_zone"] or zone))
        yield Times(text.field, text.quote_span(*match.span()), minutes)


def dates(text: Text) -> Iterator[Date]:
    """Yield the days that a text names."""
    if not _SOME_DIGIT.search(text.text):
        return
    for match in islice(_DATES.finditer(text.text), MAX_STATEMENTS):
        month, capital = match["iso_month"] or match["dot_month"], True
        if month is None:
            name = match["month"] or match["group_month"]
            month = str(_MONTHS.get(name.lower(), 0))
            capital = name != "may"  # "2 may follow" is no date
        day = int(match["iso_day"] or match["dot_day"] or match["day"] or match["group_day"])
        year = match["iso_year"] or match["dot_year"] or match["year"]
        if match["group_year"]:
            year = f"20{match['group_year']}"
        if not (1 <= int(month) <= 12 and 1 <= day <= 31 and capital):
            continue
        before = text.words[text.number_after(match.start()) - 1].key
        if before in _DATED or _passed_over(text, match.start(), match.end()):
            continue
        quote = text.quote_span(*match.span())
        yield Date(text.field, quote, None if year is None else int(year), int(month), day)


def _passed_over(text: Text, start: int, end: int) -> bool:
    """Say whether the words around a time make it one of something else, or a mere bound."""
    first = text.number_after(start)
    if is_elsewhere(text, first, max(first, text.number_after(end) - 1)):
        return True
    return any(word.tag.role is Role.BEFORE_AFTER for word in text.words[max(0, first - 3) : first])


def _minutes(clock: str, zone: str) -> int:
    """Return the minute of the day in UTC."""
    digits = clock.replace(":", "")
    offset = _MOSCOW_MINUTES if zone[-1:].lower() in "kку" and "ринвич" not in zone.lower() else 0
    return (int(digits[:2]) * 60 + int(digits[2:4]) - offset) % MINUTES_PER_DAY
