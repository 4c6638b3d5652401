"""Times as officers type them, all in UTC: ``1530``, ``15:30Z``, ``2026-03-01 15:30``, ``+45m``.

A time of day alone is the next one, or, of what has happened already, the last one. A page keeps
what was understood, with its date, so that a draft says the same an hour later.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from hotline.errors import ModelError, UsageError
from hotline.formats.telephone.wording import MONTHS
from hotline.model.times import SECOND_US, format_time, parse_time, resolve_time, shorten

DAY_US: Final = 86_400 * SECOND_US
JUST_NOW_US: Final = 300 * SECOND_US
"""So much later than now a time of day still means today, where what has happened is asked for."""

_OF_DAY: Final = re.compile(r"(?P<hour>[01]?[0-9]|2[0-3]):?(?P<minute>[0-5][0-9])\s*(?i:z|utc)?")
_DATED: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[ T]+(?P<hour>[0-9]{1,2}):?(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2}))?\s*(?i:z|utc)?"
)
_GROUP: Final = re.compile(
    r"(?P<day>[0-9]{2})(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})\s*[Zz]\s*"
    r"(?P<month>[A-Za-z]{3})\s*(?:20)?(?P<year>[0-9]{2})"
)


def read_moment(text: str, now_us: int, *, past: bool = False) -> int:
    """Return the microseconds since 1970 that a typed time means.

    ``past`` is for what has happened: a time of day is then the last one, not the next.

    Raises:
        UsageError: ``compose.bad-time``.

    """
    text = text.strip()
    try:
        if (of_day := _OF_DAY.fullmatch(text)) is not None:
            return _nearest(int(of_day["hour"]), int(of_day["minute"]), now_us, past=past)
        if (dated := _DATED.fullmatch(text)) is not None:
            hour, minute, second = int(dated["hour"]), dated["minute"], dated["second"] or "00"
            return parse_time(f"{dated['date']}T{hour:02d}:{minute}:{second}Z")
        if (group := _GROUP.fullmatch(text)) is not None:
            month = MONTHS.index(group["month"].upper()) + 1
            date = f"20{group['year']}-{month:02d}-{group['day']}"
            return parse_time(f"{date}T{group['hour']}:{group['minute']}:00Z")
        return parse_time(resolve_time(text, now_us))
    except (ModelError, ValueError):
        raise UsageError(
            "compose.bad-time",
            f"{shorten(text)} is no time that can be read",
            "write 15:30, 2026-03-01 15:30 or +45m; all times are UTC",
        ) from None


def moment_text(time: str | int) -> str:
    """Return ``2026-03-01 15:30``, with seconds only where there are some; any other text as is."""
    try:
        text = format_time(time if isinstance(time, int) else parse_time(time))
    except ModelError:
        return str(time)
    short = f"{text[:10]} {text[11:19]}"
    return text if "." in text else short.removesuffix(":00") if short.count(":") == 2 else short


def _nearest(hour: int, minute: int, now_us: int, *, past: bool) -> int:
    midnight = datetime.fromtimestamp(now_us // SECOND_US, UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    found = int(midnight.timestamp()) * SECOND_US + (hour * 60 + minute) * 60 * SECOND_US
    if past:
        return found if found <= now_us + JUST_NOW_US else found - DAY_US
    # The minute that runs is still now, for what begins at once.
    return found if found > now_us - 60 * SECOND_US else found + DAY_US
