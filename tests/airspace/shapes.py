"""Outlines to compare, made by bearing and distance so that they look the same anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from hotline.airspace.footprint import Footprint, Uncomputable, footprint_of
from hotline.model.volume import Circle, Corridor, Polygon, Position, Volume4D
from tests.airspace.slow_geodesics import Outline, ahead


def polygon(*corners: Position) -> Volume4D:
    """Return a volume with a polygon."""
    return Volume4D(outline_polygon=Polygon(corners))


def circle(center: Position, radius_m: float) -> Volume4D:
    """Return a volume with a circle."""
    return Volume4D(outline_circle=Circle(center, radius_m))


def corridor(width_m: float, *line: Position) -> Volume4D:
    """Return a volume with a corridor."""
    return Volume4D(corridor=Corridor(line, width_m))


def placed(volume: Volume4D) -> Footprint:
    """Return the footprint of a volume that has one."""
    found = footprint_of(volume)
    assert not isinstance(found, Uncomputable), found.text
    return found


def around(center: Position, *polar: tuple[float, float]) -> list[Position]:
    """Return the positions that lie in those directions (degrees) and distances (metres)."""
    return [ahead(center, azimuth, metres) for azimuth, metres in polar]


def volume_of(outline: Outline) -> Volume4D:
    """Return the volume that has an outline of the oracle."""
    corners: Sequence[Position] = outline.corners
    if outline.ring:
        return polygon(*corners)
    if len(corners) == 1:
        return circle(corners[0], outline.reach_m)
    return corridor(2 * outline.reach_m, *corners)
