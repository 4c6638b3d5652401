"""RFC 3339 times: text in payloads and files, integers of microseconds since the epoch elsewhere.

A time without an explicit zone is never guessed at. Leap seconds (``:60``) are refused, because
microseconds since the Unix epoch can't express them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from hotline.errors import ModelError

SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_OFFSET = re.compile(
    r"\+(?=[0-9])(?:(?P<hours>[0-9]{1,4})h)?(?:(?P<minutes>[0-9]{1,5})m)?(?:(?P<seconds>[0-9]{1,6})s)?"
)


@lru_cache(1024)
def parse_time(text: str) -> int:
    """Return the microseconds since the Unix epoch that an RFC 3339 time stands for.

    Any zone is accepted as long as it is written out; digits beyond the microsecond are dropped.

    Raises:
        ModelError: ``model.time-without-zone`` or ``model.bad-time``.

    """
    match = _DATE_TIME.fullmatch(text)
    if match is not None and match["zone"] is None:
        raise ModelError(
            "model.time-without-zone",
            f"the time {shorten(text)} has no zone",
            "add Z for UTC, or the offset, as in 2026-03-01T10:00:00Z",
        )
    try:
        if match is None:
            raise ValueError
        microseconds = (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    except ValueError:
        raise ModelError(
            "model.bad-time",
            f"{shorten(text)} is not an RFC 3339 time",
            "write date, T, time with seconds, and zone, as in 2026-03-01T10:00:00Z",
        ) from None
    if not 0 <= microseconds <= _LATEST_US:
        raise ModelError(
            "model.bad-time",
            f"the time {shorten(text)} lies outside 1970 to 9999",
            "correct the year",
        )
    return microseconds


def time_or_none(text: str) -> int | None:
    """Return what `parse_time` returns, or None for a text that is not a time with a zone."""
    try:
        return parse_time(text)
    except ModelError:
        return None


def format_time(microseconds: int) -> str:
    """Return the RFC 3339 time in UTC, with a fraction only where there is one.

    Raises:
        ModelError: ``model.bad-time`` for a moment outside the years 1970 to 9999.

    """
    if not 0 <= microseconds <= _LATEST_US:
        raise ModelError(
            "model.bad-time",
            "the moment lies outside 1970 to 9999",
            "correct the clock or the file",
        )
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def resolve_time(text: str, now_us: int) -> str:
    """Return ``text`` in UTC, an offset such as ``+2h30m`` or ``+90s`` counted from ``now_us``.

    Offsets are for files only: a payload always carries the moment itself.

    Raises:
        ModelError: as `parse_time`, and ``model.bad-time`` for a result after the year 9999
            and for an offset in another form.

    """
    match = _OFFSET.fullmatch(text)
    if match is None and text.startswith(("+", "-")):
        raise ModelError(
            "model.bad-time",
            f"{shorten(text)} is no time from now that can be read",
            "write hours, minutes and seconds to come, as +2h30m, +45m or +90s",
        )
    if match is None:
        return format_time(parse_time(text))
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    # An offset is a plan, not a measurement: whole seconds read better and lose nothing.
    start_us = now_us - now_us % SECOND_US
    return format_time(start_us + (hours * 3600 + minutes * 60 + seconds) * SECOND_US)


def shorten(text: str, limit: int = 40) -> str:
    """Return ``text`` quoted for an error: escaped, and cut to ``limit`` characters."""
    return ascii(text if len(text) <= limit else text[: limit - 1] + "…")
