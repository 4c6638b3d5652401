"""The shapes of the airspace: the picture around a moment, and what a message would mean."""

from __future__ import annotations

from typing import Any

from hotline.api.schema import Flag, Marked, Outline, Place, RelationView, Request, Shape


class CheckRequest(Request, frozen=True, kw_only=True):
    """A message that would be sent, as `SendRequest` has it; nothing is signed."""

    document: dict[str, Any]
    peer: str = ""
    precedence: str | None = None
    officer: str = ""


class Checked(Marked, frozen=True, kw_only=True):
    """What would be said, if it were sent now; ``flags`` and ``relations`` as in `Sent`.

    ``reference`` is None where it would get the next one. ``number`` is the one that a revision
    would get. ``warning_s`` counts from now.
    """

    peer: str
    kind: str
    reference: str | None
    precedence: str
    title: str
    text: str
    number: int | None = None
    warning_s: float | None = None
    warning_needed_s: float | None = None
    flags: list[Flag] = []  # noqa: RUF012 - msgspec copies it
    relations: list[RelationView] = []  # noqa: RUF012


class DrawnVolume(Shape, frozen=True, kw_only=True):
    """One volume of a notice as a map can draw it; a circle and a corridor are polygons too.

    ``centre`` is whose it is. ``geometry`` is None where it cannot be drawn, and ``undrawn`` says
    why. ``lower`` and ``upper`` are the levels in words, ``lower_m`` and ``upper_m`` in metres
    above what the words say; they and the times are None where nothing bounds them.
    ``off_nominal`` marks a volume that it is in outside of those announced. ``later`` is whether
    ``geometry`` only holds the area, whose outline takes long to draw and comes when it is asked
    for again; ``undrawn`` says that too.
    """

    centre: str
    geometry: Outline | None
    undrawn: str = ""
    lower: str | None = None
    upper: str | None = None
    lower_m: float | None = None
    upper_m: float | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    off_nominal: bool = False
    later: bool = False


class ActivityView(Shape, frozen=True, kw_only=True):
    """A notice in force at a moment, with its latest content.

    ``direction`` is out for this centre's, in for the peer's, ``centre`` whose it is. ``state`` is
    its place in its life, ``phase`` its place in time: now, later, or over. ``starts_in_s`` and
    ``ends_in_s`` count from the moment, negative once past; times are None where they are open.
    ``middle`` is the middle of what can be placed, ``outline`` and ``levels`` say the area and the
    heights in words. ``relations`` counts what it is to others, by kind. ``id`` is the message
    that has the content. ``beside`` marks what does not fit the life of the notice it names, and
    is shown and compared all the same.
    """

    line: str
    reference: str
    centre: str
    direction: str
    state: str
    phase: str
    revision: int
    precedence: str
    activity: str
    title: str
    starts_at: str | None
    ends_at: str | None
    starts_in_s: float | None
    ends_in_s: float | None
    levels: str
    outline: str
    volumes: int
    off_nominal: int
    middle: Place | None
    entered_at: str
    id: str
    relations: dict[str, int]
    beside: bool = False
    drawn: list[DrawnVolume] | None = None


class AirspaceView(Marked, frozen=True, kw_only=True):
    """The picture around a moment, by what was entered here until ``known_at``.

    ``activities`` are those in use at the moment first, then by their start; ``relations`` those
    between them and any others, the gravest first. ``more`` says that a list ended at its limit,
    and ``count`` and ``relation_count`` how many there are in all. ``whole`` is False while what
    stood earlier is not read to the end.
    """

    centre: str
    at: str
    known_at: str
    activities: list[ActivityView]
    relations: list[RelationView]
    count: int
    relation_count: int
    more: bool
    whole: bool
