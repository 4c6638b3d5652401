"""Counts and durations in words, as every part of a report says them."""

from __future__ import annotations

_IRREGULAR = {"relief": "reliefs", "entry": "entries"}


def many(count: int, one: str) -> str:
    """Return ``1 message`` or ``2 messages``."""
    return f"{count} {one if count == 1 else _IRREGULAR.get(one, f'{one}s')}"


def lasting(seconds: float) -> str:
    """Return a duration in the two units that matter, with its sign: ``1 h 5 min``, ``-12 s``."""
    sign = "-" if seconds < 0 else ""
    size = abs(seconds)
    if size < 0.0005:
        return "0 s"
    if size < 1.0:
        return f"{sign}{size * 1000:.0f} ms" if size >= 0.001 else f"{sign}1 ms"
    if size < 10.0:
        return f"{sign}{size:.1f} s".replace(".0 s", " s")
    whole = round(size)
    for unit, name, smaller, smaller_name in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= unit:
            big, rest = divmod(whole, unit)
            rest //= smaller
            return f"{sign}{big} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{sign}{whole} s"


def clock_of(t: float | None) -> str:
    """Return the scenario's clock as ``T+01:02:03``; empty where it is not known."""
    if t is None:
        return ""
    sign = "-" if t < 0 else "+"
    whole = int(abs(t))
    return f"T{sign}{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
