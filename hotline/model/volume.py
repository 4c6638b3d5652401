"""Volume4D: where, how high and when, as geometry instead of prose.

Shapes and names follow ASTM F3548-21 (``outline_polygon``, ``outline_circle``,
``altitude_lower``, ``time_start``, ``lat`` / ``lng``); the corridor is this project's addition.
All limits are closed: a thing that touches a volume is in it.

The types here are lenient on purpose. A latitude of 200 or a unit of ``furlong`` can be held, so
that a received warning is never withheld for it; `hotline.model.rules` says what is wrong.
"""

from __future__ import annotations

import msgspec

from hotline.model.kinds import Reference, Unit
from hotline.model.times import time_or_none

METRES_PER_FOOT = 0.3048
METRES_PER_UNIT = {
    Unit.METRES.value: 1.0,
    Unit.FEET.value: METRES_PER_FOOT,
    Unit.FLIGHT_LEVEL.value: 100 * METRES_PER_FOOT,
}


class Position(msgspec.Struct, frozen=True, gc=False):
    """A point on WGS 84 in degrees; ``lon`` is written ``lng`` in payloads and files (F3548)."""

    lat: float
    lon: float = msgspec.field(name="lng")


class Polygon(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A closed outline, in order; the last vertex is joined to the first and not repeated."""

    vertices: tuple[Position, ...] = ()


class Circle(msgspec.Struct, frozen=True, gc=False):
    """All points within ``radius_m`` metres of ``center``."""

    center: Position
    radius_m: float


class Corridor(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """All points within half of ``width_m`` metres of the centre ``line``."""

    line: tuple[Position, ...] = ()
    width_m: float = 0.0


class Altitude(msgspec.Struct, frozen=True, gc=False):
    """A height: ``value`` in ``unit`` (``units`` in payloads and files) above ``reference``.

    ``unit`` holds a `Unit` and ``reference`` a `Reference`, or whatever the peer sent.
    """

    value: float
    unit: str = msgspec.field(default=Unit.FEET.value, name="units")
    reference: str = Reference.MSL.value

    @property
    def metres(self) -> float | None:
        """The value in metres above ``reference``, or None where the unit is unknown."""
        factor = METRES_PER_UNIT.get(self.unit)
        return None if factor is None else self.value * factor


class Volume4D(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One outline with its levels and times; F3548 calls for exactly one of the outlines.

    Times are RFC 3339 text, as sent; `start_us` and `end_us` are what to compute with.
    """

    outline_polygon: Polygon | None = None
    outline_circle: Circle | None = None
    corridor: Corridor | None = None
    altitude_lower: Altitude | None = None
    altitude_upper: Altitude | None = None
    time_start: str = ""
    time_end: str = ""

    @property
    def start_us(self) -> int | None:
        """Start in microseconds since the epoch, or None where it is absent or unreadable."""
        return time_or_none(self.time_start)

    @property
    def end_us(self) -> int | None:
        """End in microseconds since the epoch, or None where it is absent or unreadable."""
        return time_or_none(self.time_end)

    @property
    def points(self) -> tuple[Position, ...]:
        """Every position that the outlines are drawn from, in order."""
        found: tuple[Position, ...] = ()
        if self.outline_polygon is not None:
            found += self.outline_polygon.vertices
        if self.outline_circle is not None:
            found += (self.outline_circle.center,)
        if self.corridor is not None:
            found += self.corridor.line
        return found
