"""How many square metres a notice's volumes cover, and a cheap bound of it.

The exact area is on the ellipsoid (Karney's sums over geodesic edges, in PROJ) and costs more than
the rest of what is looked at on arrival. Most areas are a small part of what the letter allows,
which their box of latitudes and longitudes already shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from hotline.airspace.geodesy import ELLIPSOID
from hotline.model.volume import Polygon, Volume4D

_SQUARE_DEGREE_M2: Final = 111_700.0 * 111_700.0
"""No square degree of latitude and longitude is larger on WGS 84."""
_BOX_DEG: Final = 10.0
"""Up to so many degrees of longitude an edge bulges less than `_BULGE_DEG` out of its box."""
_BULGE_DEG: Final = 0.2


def covered_m2(volumes: Sequence[Volume4D], enough_m2: float) -> float:
    """Return the square metres inside the different outlines of volumes, added up.

    Where a cheap upper bound shows that it is no more than ``enough_m2``, the bound is returned.
    What cannot be placed covers nothing.
    """
    bound_m2 = sum(_bound_m2(volume) for volume in volumes)
    if bound_m2 <= enough_m2:
        return bound_m2
    different = {
        (volume.outline_polygon, volume.outline_circle, volume.corridor): volume
        for volume in volumes
    }
    return sum(_area_m2(volume) for volume in different.values())


def _bound_m2(volume: Volume4D) -> float:
    """Return square metres that a volume surely does not exceed; infinite where that is not cheap.

    A ring of n vertices goes round a point less than n / 2 times, and each time counts.
    """
    if volume.corridor is not None:
        return math.inf
    bound_m2 = 0.0
    if volume.outline_circle is not None:
        bound_m2 = math.pi * volume.outline_circle.radius_m * volume.outline_circle.radius_m
    if volume.outline_polygon is not None and volume.outline_polygon.vertices:
        bound_m2 += _box_m2(volume.outline_polygon)
    return bound_m2


def _box_m2(polygon: Polygon) -> float:
    vertices = polygon.vertices
    lats = [at.lat for at in vertices]
    lons = [at.lon for at in vertices]
    height, width = max(lats) - min(lats), max(lons) - min(lons)
    if not width <= _BOX_DEG:
        return math.inf
    return (height + 2 * _BULGE_DEG) * width * _SQUARE_DEGREE_M2 * (len(vertices) / 2)


def _area_m2(volume: Volume4D) -> float:
    """Return the area inside a volume's outlines in square metres; 0 for what has no area."""
    if not all(abs(at.lat) <= 90 and abs(at.lon) <= 180 for at in volume.points):
        return 0.0
    area = 0.0
    if volume.outline_polygon is not None and len(volume.outline_polygon.vertices) > 2:
        vertices = volume.outline_polygon.vertices
        area += abs(
            ELLIPSOID.polygon_area_perimeter(
                [vertex.lon for vertex in vertices], [vertex.lat for vertex in vertices]
            )[0]
        )
    if volume.outline_circle is not None:
        area += math.pi * volume.outline_circle.radius_m * volume.outline_circle.radius_m
    if volume.corridor is not None and volume.corridor.line:
        line, width_m = volume.corridor.line, volume.corridor.width_m
        length_m = ELLIPSOID.line_length([at.lon for at in line], [at.lat for at in line])
        area += length_m * width_m + math.pi * width_m * width_m / 4
    return area if math.isfinite(area) else 0.0
