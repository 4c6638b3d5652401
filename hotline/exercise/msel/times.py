"""Times as planners write them into a MSEL, as the durations of a scenario's file."""

from __future__ import annotations

import re
from typing import Final

from hotline.exercise.scenario.durations import duration_said, seconds_of
from hotline.model.times import SECOND_US, time_or_none

_CLOCK: Final = re.compile(
    r"(?P<days>[0-9]{1,2}:(?=[0-9]+:[0-9]+:))?(?P<hours>[0-9]{1,3}):(?P<minutes>[0-5]?[0-9])"
    r"(?::(?P<seconds>[0-5]?[0-9])(?P<part>\.[0-9]{1,3})?)?"
)
_BEFORE: Final = re.compile(r"(?i:startex|start|t|h|e) ?\+? ?|\+ ?")
_AFTER: Final = re.compile(r"(?P<by>.*?) after (?P<inject>\S+)", re.DOTALL)


def relative_s(text: str) -> float | None:
    """Return the seconds of ``T+00:05:00``, ``0:05``, ``H+1:30:00`` or ``5 min``; else None.

    What has two parts is hours and minutes, as on a clock.
    """
    text = text.strip()
    before = _BEFORE.match(text)
    if before is not None:
        text = text[before.end() :]
    match = _CLOCK.fullmatch(text)
    if match is None:
        return seconds_of(text)
    days = int((match["days"] or "0").rstrip(":"))
    total = (days * 24 + int(match["hours"])) * 3600 + int(match["minutes"]) * 60
    return total + int(match["seconds"] or 0) + float(match["part"] or 0)


def after_of(text: str) -> tuple[str, str] | None:
    """Return inject and duration of ``+00:00:30 after 3``; None for what is none."""
    match = _AFTER.fullmatch(text.strip())
    if match is None:
        return None
    seconds = relative_s(match["by"])
    return None if seconds is None else (match["inject"], duration_said(seconds))


def absolute_s(text: str) -> float | None:
    """Return the seconds since 1970 of a moment with its zone, such as 2026-03-01T06:00:00Z."""
    us = time_or_none(text.strip().replace(" ", "T", 1))
    return None if us is None else us / SECOND_US
