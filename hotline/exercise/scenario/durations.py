"""Durations as a planner writes them: ``30 s``, ``5 min``, ``1 h 30 min``, ``800 ms``."""

from __future__ import annotations

import re
from typing import Final

_UNITS_MS: Final = {"h": 3_600_000, "min": 60_000, "s": 1000, "ms": 1}
_NUMBER: Final = r"[0-9]{1,9}(?:\.[0-9]{1,3})?"
_H, _MIN, _S, _MS = (rf"{_NUMBER} ?{unit}" for unit in _UNITS_MS)
_FORM: Final = (
    f"(?:{_H}(?: {_MIN})?(?: {_S})?(?: {_MS})?|{_MIN}(?: {_S})?(?: {_MS})?|{_S}(?: {_MS})?|{_MS})"
)
PATTERN: Final = f"^{_FORM}$"
"""Units from large to small, each at most once; as Python and ECMA 262 read it."""

_WHOLE = re.compile(_FORM)
_PART = re.compile(rf"({_NUMBER}) ?(h|min|ms|s)")


def seconds_of(text: str) -> float | None:
    """Return the seconds of a duration, to the millisecond; None for what is none."""
    if _WHOLE.fullmatch(text) is None:
        return None
    total = 0
    for number, unit in _PART.findall(text):
        whole, _, fraction = number.partition(".")
        thousandths = int(whole) * 1000 + int(fraction.ljust(3, "0") or 0)
        total += round(thousandths * _UNITS_MS[unit] / 1000)
    return total / 1000


def duration_said(seconds: float) -> str:
    """Return the duration that `seconds_of` reads as ``seconds``: ``1 h 30 min``, ``0 s``."""
    left = round(seconds * 1000)
    parts = []
    for unit, size in _UNITS_MS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"
