"""What every picture is made of. ``look`` is a class of the style; colour is never all it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hotline.audit.reconcile.plain import fit

SIZE = 13.0
"""Units of text: on A4, where a picture of 1 000 units is 180 mm wide, near to 7 points."""


@dataclass(frozen=True, slots=True)
class Path:
    """A line or a filled form."""

    d: str
    look: str
    kind: Literal["path"] = "path"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    look: str
    kind: Literal["box"] = "box"


@dataclass(frozen=True, slots=True)
class Label:
    """Text, cut to fit; ``anchor`` is start, middle or end."""

    x: float
    y: float
    text: str
    look: str = ""
    anchor: str = "start"
    kind: Literal["label"] = "label"


Shape = Path | Box | Label


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture with its name and what it shows, for who cannot see it."""

    id: str
    width: float
    height: float
    title: str
    about: str
    shapes: list[Shape] = field(default_factory=list)


def label(
    x: float,
    y: float,
    text: str,
    room: float,
    look: str = "",
    anchor: str = "start",
    *,
    bold: bool = False,
) -> Label:
    """Return text that takes at most ``room`` units; foreign text is made safe."""
    return Label(round(x, 1), round(y, 1), fit(text, room, SIZE, bold=bold), look, anchor)


def box(x: float, y: float, width: float, height: float, look: str) -> Box:
    """Return a rectangle with places that are short to write."""
    return Box(round(x, 1), round(y, 1), round(width, 1), round(max(height, 0.5), 1), look)


def path(look: str, *parts: object) -> Path:
    """Return a path; numbers are written short."""
    words = (f"{part:.1f}" if isinstance(part, float) else str(part) for part in parts)
    return Path(" ".join(words), look)


def verdict_mark(x: float, y: float, verdict: str) -> list[Shape]:
    """Return the sign of a verdict around a point: each has a form of its own."""
    look = f"verdict-{verdict}"
    if verdict == "pass":
        return [path(f"mark {look}", "M", x - 5, y, "l4 4 6 -8")]
    if verdict == "fail":
        return [path(f"mark {look}", "M", x - 4, y - 4, "l8 8m0 -8l-8 8")]
    if verdict == "expired":
        return [path(f"mark {look}", "M", x - 4, y - 5, "h8l-8 10h8z")]
    if verdict == "void":
        return [path(f"mark {look}", "M", x - 5, y, "h10")]
    return [path(f"mark {look}", "M", x - 4, y, "a4 4 0 1 0 8 0a4 4 0 1 0 -8 0")]


def message_mark(x: float, y: float, precedence: str) -> Path:
    """Return the sign of a precedence: diamond, triangle, square, ring."""
    if precedence == "FLASH":
        return path("tail flash", "M", x - 6, y, "l6 -6 6 6 -6 6z")
    if precedence == "IMMEDIATE":
        return path("tail immediate", "M", x - 5, y + 4, "h10l-5 -9z")
    if precedence == "PRIORITY":
        return path("tail priority", "M", x - 4, y - 4, "h8v8h-8z")
    return path("tail routine", "M", x - 4, y, "a4 4 0 1 0 8 0a4 4 0 1 0 -8 0")


def alarm_mark(x: float, y: float) -> Path:
    """Return the sign of an alarm: a bell's triangle with a stroke in it."""
    return path("alarm", "M", x - 6, y + 5, "h12l-6 -11zM", x, y - 2, "v3")
