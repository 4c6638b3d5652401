"""What a text says about height: "FL180 to FL240", "ниже 3000 м", "מעל 5000 רגל".

A flight level is one wherever it stands. Feet and metres count only beside a word of height, since
"500 m" may be a distance and "5000 ft" a runway.
"""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

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
from hotline.model.kinds import Reference
from hotline.model.volume import METRES_PER_FOOT

_NUMBER = r"[0-9]{1,3}[ ,.\u00a0\u202f][0-9]{3}(?![0-9])|[0-9]{2,5}(?![0-9])"
_DASH = rf"\s{{0,2}}(?:[-–—־/]|to|and|through|до|и|по|{TO_FIGURE})\s{{0,2}}"
_FEET = r"(?:ft|feet|foot|фут(?:ов|а)?|רגל)\b"
_METRES = r"(?:m|metres?|meters?|м|метр(?:ов|а|ах)?|מטר(?:ים)?|מ['׳])(?![\w²])"
_LEVELS: Final = re.compile(
    rf"(?:(?<![\w.])|{FIGURE})(?:"
    r"(?:FL|flight\s{1,2}levels?|эшелон(?:[аеуы]|ах|ов|ом)?|[בלמ]?רמ(?:ת|ות)\s{1,2}טיסה)"
    r"[\s:]{0,2}(?P<level>[0-9]{2,3})(?![0-9])"
    rf"(?:{_DASH}(?:(?:FL|flight\s{{1,2}}level)\s?(?=[0-9]{{2,3}})|(?=[0-9]{{3}}))"
    r"(?P<other_level>[0-9]{2,3})(?![\w:]|\.[0-9]))?"
    rf"|(?P<height>{_NUMBER})(?:\s{{0,2}}(?P<first_unit>{_FEET}|{_METRES}))?"
    rf"(?:{_DASH}(?P<other_height>{_NUMBER}))?"
    rf"\s{{0,2}}(?P<unit>{_FEET}|{_METRES})"
    r")(?P<ground>\s{0,2}(?:AGL|above\s{1,2}(?:the\s)?ground|над\s{1,2}землей|מעל\s{1,2}הקרקע))?",
    re.IGNORECASE,
)
_DIGITS: Final = re.compile("[^0-9]")
_SOME_DIGIT: Final = re.compile("[0-9]")
_WORDS_BEFORE: Final = 5
_JOINED: Final = frozenset({"between", "from", "от", "с", "между", "בין", "מ", "ל"})
"""Words between a height and what makes it one; the last is "than" in "less than"."""


@dataclass(frozen=True, slots=True)
class Height:
    """The words ``quote`` name the heights ``metres`` above ``reference``.

    ``bound`` is ``at`` for heights that the activity reaches, ``above`` or ``below`` for a limit
    that it keeps to. ``reference`` is ``standard``, ``ground``, or ``msl`` where none was named.
    """

    field: str
    quote: str
    bound: str
    metres: tuple[float, ...]
    reference: Reference


def heights(text: Text) -> Iterator[Height]:
    """Yield what a text says about height."""
    if not _SOME_DIGIT.search(text.text):
        return
    for match in islice(_LEVELS.finditer(text.text), MAX_STATEMENTS):
        first = text.number_after(match.start())
        bound, opening, is_height = _bound(text, first)
        last = max(first, text.number_after(match.end()) - 1)
        if match["level"] is None and not is_height:
            continue
        if is_elsewhere(text, opening, last) and not _is_limit(text, opening):
            continue
        if _is_limit(text, opening):
            bound = {"above": "below", "below": "above"}.get(bound, bound)
        yield Height(
            text.field,
            text.quote_span(text.words[opening].start, match.end()),
            bound,
            _metres(match),
            Reference.STANDARD
            if match["level"]
            else Reference.GROUND
            if match["ground"]
            else Reference.MSL,
        )


def _bound(text: Text, first: int) -> tuple[str, int, bool]:
    """Return what the words before a height make of it, where they begin, and if it is one."""
    bound, is_height = "at", False
    number = first
    for before in range(first - 1, max(0, first - 1 - _WORDS_BEFORE), -1):
        word = text.words[before]
        role = word.tag.role
        if role is Role.ABOVE:
            bound = "above" if bound == "at" else bound
        elif role is Role.BELOW:
            bound = "below" if bound == "at" else bound
        elif (
            role is not Role.LEVEL
            and word.key not in _JOINED
            and role
            not in (
                Role.AT,
                Role.FILL,
                Role.OF,
                Role.AND,
            )
        ):
            break
        is_height = is_height or role in (Role.ABOVE, Role.BELOW, Role.LEVEL)
        number = before
    return bound, number, is_height


def _is_limit(text: Text, opening: int) -> bool:
    """Say whether a bound is turned round, as in "not above"."""
    return text.words[opening - 1].key in ("not", "never", "не", "לא")


def _metres(match: re.Match[str]) -> tuple[float, ...]:
    if match["level"] is not None:
        values = [match["level"], match["other_level"]]
        return tuple(float(value) * 100 * METRES_PER_FOOT for value in values if value)
    unit = _scale(match["unit"])
    first = float(_DIGITS.sub("", match["height"])) * _scale(match["first_unit"] or match["unit"])
    if match["other_height"] is None:
        return (first,)
    return (first, float(_DIGITS.sub("", match["other_height"])) * unit)


def _scale(unit: str) -> float:
    return METRES_PER_FOOT if unit[0] in "fFфФר" else 1.0
