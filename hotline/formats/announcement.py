"""What is exported: a notice or a revision, with what only its envelope and its line say of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import msgspec

from hotline.errors import ModelError
from hotline.formats.drawing import undrawable
from hotline.formats.losses import Effect, Loss
from hotline.model.kinds import Kind, Precedence, Status
from hotline.model.letter import banner
from hotline.model.messages import Message, Notice, Revision, kind_of
from hotline.model.outline import crossing_edges, on_grid
from hotline.model.volume import Altitude, Polygon, Volume4D

_FILLED: Final = (
    "its edges cross or touch: it counts as all that they go round, and programs may leave holes"
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A notice on its way into another format.

    ``centre`` is whose notice it is, ``status`` what its words are worth; empty and None where
    nobody knows, as of a file that was never sent. ``off_nominal`` are the volumes outside of those
    announced in which it flies while it is nonconforming or contingent. ``exercise`` is the name of
    the exercise that it is of, empty for none.
    """

    message: Notice | Revision
    precedence: Precedence
    centre: str = ""
    status: Status | None = None
    off_nominal: tuple[Volume4D, ...] = ()
    exercise: str = ""

    @property
    def traffic(self) -> str:
        """What it is marked with: ``EXERCISE`` and its name, ``TEST``; empty for actual traffic.

        Empty, too, where nobody knows.
        """
        return "" if self.status is None else banner(self.status, [self.exercise])

    @property
    def marks(self) -> dict[str, object]:
        """Status and exercise as a file of any form has them for programs; `traffic_in` reads it.

        Of actual traffic the status stands there too, so that no exercise sends it.
        """
        found: dict[str, object] = {}
        if self.status is not None:
            found["status"] = self.status.value
        return found | ({"exercise": self.exercise} if self.exercise else {})

    @property
    def kind(self) -> Kind:
        """Whether it is a notice or a revision."""
        return kind_of(self.message)

    @property
    def heading(self) -> str:
        """Status, reference and title in one line: what may not be real says so first."""
        words = (self.traffic, self.message.reference, self.message.title)
        return " ".join(word for word in words if word)


def announcement_of(
    message: Message,
    precedence: Precedence,
    centre: str = "",
    status: Status | None = None,
    off_nominal: tuple[Volume4D, ...] = (),
    exercise: str = "",
) -> Announcement:
    """Return what is exported of a message, with what is known beside it (`Announcement`).

    Raises:
        ModelError: ``formats.no-notice`` for a kind that announces no activity of its own.

    """
    if not isinstance(message, Notice | Revision):
        raise ModelError(
            "formats.no-notice",
            f"a message of the kind {kind_of(message)} has no area to write",
            "name the notice or the revision that it belongs to",
        )
    return Announcement(message, precedence, centre, status, off_nominal, exercise)


def drawable_volumes(message: Notice | Revision) -> tuple[list[tuple[int, Volume4D]], list[Loss]]:
    """Return the volumes that can be drawn, with their numbers from 0, and what is left out.

    Whatever they hold, all their numbers are finite: neither JSON nor a map can hold others.

    Raises:
        ModelError: ``formats.nothing-drawn`` where none can be drawn.

    """
    found, losses = drawable(message.volumes, "volumes")
    if not found:
        raise ModelError(
            "formats.nothing-drawn",
            str(losses[0]) if losses else "the notice has no volume",
            "ask its sender for an area that can be drawn; `hotline show` shows what was sent",
        )
    return found, losses


def drawable(
    volumes: Sequence[Volume4D], name: str
) -> tuple[list[tuple[int, Volume4D]], list[Loss]]:
    """Return those of some volumes that can be drawn, as `drawable_volumes`, were it none.

    ``name`` is the field that holds them.
    """
    found: list[tuple[int, Volume4D]] = []
    losses: list[Loss] = []
    for index, volume in enumerate(volumes):
        path = f"{name}[{index}]"
        reason = undrawable(volume)
        if reason is not None:
            losses.append(Loss(path, Effect.LOST, reason))
            continue
        found.append((index, finite_levels(volume, path, losses)))
        if volume.outline_polygon is not None and _may_leave_holes(volume.outline_polygon):
            losses.append(Loss(f"{path}.outline_polygon", Effect.APPROXIMATE, _FILLED))
    return found, losses


def _may_leave_holes(polygon: Polygon) -> bool:
    """Whether the edges of a ring cross or touch, as they do around a hole; no proper one's do."""
    points = [point for point, _ in groupby(on_grid(polygon.vertices))]
    while len(points) > 1 and points[-1] == points[0]:
        points.pop()
    return len(points) > 2 and crossing_edges(points) is not None


def finite_levels(volume: Volume4D, path: str, losses: list[Loss]) -> Volume4D:
    """Return the volume without levels that are no number, which are added to the losses."""
    changed: dict[str, Altitude | None] = {}
    for name in ("altitude_lower", "altitude_upper"):
        altitude: Altitude | None = getattr(volume, name)
        if altitude is not None and not math.isfinite(altitude.value):
            losses.append(Loss(f"{path}.{name}", Effect.LOST, "it is not a finite number"))
            changed[name] = None
    return msgspec.structs.replace(volume, **changed) if changed else volume
