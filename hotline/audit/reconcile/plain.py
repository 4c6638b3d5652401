"""Moments, durations and other people's text as a report shows them: plain, safe, never failing.

A record that is compared may be hostile: its times can lie outside every calendar, and its text can
try to look like something else. Nothing here raises, whatever it is given.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

from hotline.audit.reconcile.findings import Exchange
from hotline.model.text import printable
from hotline.model.times import SECOND_US

MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_MARKS_KEPT = 2
"""Combining marks kept on one character: enough for any writing, too few to smear over lines."""

# Joiners belong to Persian, Indian scripts and emoji; every other invisible character is written
# out.
_JOINERS = frozenset("\u200c\u200d")
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})

# Widths in em of a wide common typeface (DejaVu Sans), so that what is cut to fit does fit in
# others. What is not listed: lower case and digits 0.64, capitals 0.75.
_EM = {
    character: em
    for em, characters in (
        (0.34, " ,.:;'|ijlIJ"),
        (0.44, '!()[]/\\frt-·"'),
        (0.64, "EFLT?"),
        (0.75, "+<>=~^#{}"),
        (0.90, "MOQw"),
        (1.05, "Wm@%&—…жмфшщыюДЖМФШЩЫЮЪ"),
    )
    for character in characters
}
_BOLD = 1.12


def shown(text: str, limit: int = 200, *, lines: bool = False) -> str:
    """Return text of any origin fit to be shown: nothing invisible, cut to ``limit`` characters.

    Newlines are kept only where ``lines`` says that the place has room for them.
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    kept: list[str] = []
    marks = 0
    for character in printable(cut, lines=lines):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > _MARKS_KEPT:
            continue
        hidden = category in _INVISIBLE and character not in _JOINERS and character not in "\n\t"
        kept.append(ascii(character)[1:-1] if hidden else character)
    return "".join(kept)


def moment(us: int | None, *, digits: int = 6) -> str:
    """Return a moment as ``2026-03-01 10:00:00.250000``, in UTC; digits after the second."""
    if us is None:
        return "—"
    if not 0 <= us <= _LATEST_US:
        return "outside the years 1970 to 9999"
    text = (_EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%d %H:%M:%S.%f")
    return text[: 20 + digits] if digits else text[:19]


def time_of_day(us: int) -> str:
    """Return a moment's time as ``10:00:00.250``, in UTC."""
    return moment(us, digits=3)[11:] if 0 <= us <= _LATEST_US else "no such time"


def day(us: int) -> str:
    """Return a moment's date as ``2026-03-01``, in UTC."""
    return moment(us)[:10] if 0 <= us <= _LATEST_US else "no such day"


def span(us: int) -> str:
    """Return the length of a duration in the two units that matter; its sign is not shown."""
    us = abs(us)
    if us < 1_000:
        return f"{us} µs"
    if us < SECOND_US:
        return f"{us / 1e3:.3g} ms" if us < 999_500 else "1 s"
    if us < 10 * SECOND_US:
        return f"{us / 1e6:.1f} s".replace(".0 s", " s")
    if us < MINUTE_US:
        return f"{us // SECOND_US} s"
    for unit, name, smaller, smaller_name in (
        (DAY_US, "d", HOUR_US, "h"),
        (HOUR_US, "h", MINUTE_US, "min"),
        (MINUTE_US, "min", SECOND_US, "s"),
    ):
        if us >= unit:
            whole, rest = divmod(us, unit)
            rest //= smaller
            return f"{whole} {name} {rest} {smaller_name}" if rest else f"{whole} {name}"
    raise AssertionError(us)


def exactly(us: int) -> str:
    """Return a duration to the millisecond: ``1 h 7 min 59.958 s``; its sign is not shown."""
    whole, rest = divmod(abs(us), MINUTE_US)
    hours, minutes = divmod(whole, 60)
    words = [f"{hours} h"] if hours else []
    words += [f"{minutes} min"] if whole else []
    return " ".join([*words, f"{rest // 1000 / 1000:.3f} s"])


def signed(us: int) -> str:
    """Return a duration with its sign in words that need no knowledge: ``+12 ms``, ``-3 s``."""
    return f"{'-' if us < 0 else '+'}{span(us)}"


def warning(us: int | None, *, exact: bool = False) -> str | None:
    """Return a warning time in words, ``exact`` to the millisecond; None for None."""
    if us is None:
        return None
    words = exactly(us) if exact else span(us)
    if us <= 0:
        return f"none: it began {words} before" if us else "none: it began at that moment"
    return words


def standing(one: Exchange) -> str:
    """Return what became of a notice: its revision, and whether it still stands; "" if no more."""
    words = [f"revision {one.revision}"] if one.revision is not None else []
    words += ["superseded"] if one.superseded else []
    if one.withdrawn_us is not None:
        words.append(f"withdrawn at {moment(one.withdrawn_us, digits=0)}")
    return ", ".join(words)


def near(us: int | None, other_us: int) -> str:
    """Return a moment to the millisecond, without the date when it is of the other's day."""
    if us is None:
        return "—"
    return time_of_day(us) if day(us) == day(other_us) else moment(us, digits=3)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line of text may become at most in a usual typeface, in units of size."""
    em = sum(_EM.get(character) or _em(character) for character in text)
    return em * size * (_BOLD if bold else 1.0)


def _em(character: str) -> float:
    category = unicodedata.category(character)
    if category in {"Mn", "Me"}:
        return 0.0
    if category in {"Ll", "Lu"} or character.isascii():
        upper = 0.75 if character.isascii() else 0.85
        return upper if category == "Lu" else 0.64 if character.isascii() else 0.72
    return 1.4


def fit(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return ``text`` safe to show and cut with an ellipsis to the width of ``room``."""
    safe = shown(text)
    if width(safe, size, bold=bold) <= room:
        return safe
    while safe and width(safe + "…", size, bold=bold) > room:
        safe = safe[:-1]
    return safe.rstrip() + "…"
