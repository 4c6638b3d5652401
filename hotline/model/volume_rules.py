"""The rules of positions, outlines, levels and times. Each has its own code and mend.

Sources: ASTM F3548-21 for polygons, the number of vertices and the range of altitudes; RFC 7946
for the range of degrees; RFC 3339 for times. The limits on radius and width are this project's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from hotline.errors import ModelError
from hotline.model.kinds import Reference, Unit
from hotline.model.outline import (
    area_m2,
    crossing_edges,
    encloses_pole,
    is_convex,
    is_convex_at_sight,
    on_grid,
)
from hotline.model.problem import Problem
from hotline.model.times import parse_time, shorten, time_or_none
from hotline.model.volume import (
    METRES_PER_UNIT,
    Altitude,
    Circle,
    Corridor,
    Polygon,
    Position,
    Volume4D,
)

MAX_VERTICES = 10_000
MAX_VOLUMES = 100
RADIUS_M = (1.0, 500_000.0)
WIDTH_M = (1.0, 200_000.0)
ALTITUDE_M = (-8_000.0, 100_000.0)
SMALLEST_AREA_M2 = 1.0

_UNITS = frozenset(Unit)
_REFERENCES = frozenset(Reference)


def volumes_problems(volumes: Sequence[Volume4D], path: str) -> Iterator[Problem]:
    """Yield what is wrong with a message's volumes, which stand at ``path``."""
    if not volumes:
        yield Problem(
            "model.no-volume", path, "has no volume", "say where, how high and when, at least once"
        )
    if len(volumes) > MAX_VOLUMES:
        yield Problem(
            "model.too-many-volumes",
            path,
            f"has {len(volumes)} volumes, more than {MAX_VOLUMES}",
            "send several notices",
        )
    count = sum(len(volume.points) for volume in volumes)
    if count > MAX_VERTICES:
        yield Problem(
            "model.too-many-vertices",
            path,
            f"has {count} vertices, more than {MAX_VERTICES}",
            "simplify the outlines, or send several notices",
        )
    for index, volume in enumerate(volumes):
        # What is too large is not swept for crossings: a peer may not choose our work.
        yield from volume_problems(volume, f"{path}[{index}]", sweep=count <= MAX_VERTICES)


def volume_problems(volume: Volume4D, path: str, *, sweep: bool = True) -> Iterator[Problem]:
    """Yield what is wrong with one volume; ``sweep`` looks for edges that cross as well."""
    outlines = [
        outline
        for outline in (volume.outline_polygon, volume.outline_circle, volume.corridor)
        if outline is not None
    ]
    if not outlines:
        yield Problem(
            "model.no-outline",
            path,
            "has no outline",
            "give one of outline_polygon, outline_circle and corridor",
        )
    elif len(outlines) > 1:
        yield Problem(
            "model.several-outlines",
            path,
            "has more than one outline",
            "make one volume for each outline",
        )
    if volume.outline_polygon is not None:
        yield from _polygon(volume.outline_polygon, f"{path}.outline_polygon", sweep=sweep)
    if volume.outline_circle is not None:
        yield from _circle(volume.outline_circle, f"{path}.outline_circle")
    if volume.corridor is not None:
        yield from _corridor(volume.corridor, f"{path}.corridor")
    yield from levels_problems(volume.altitude_lower, volume.altitude_upper, path)
    yield from period_problems(volume.time_start, volume.time_end, path)


def plainly_sound(volume: Volume4D) -> bool:
    """Say that a volume breaks no rule where that is quickly seen, as it is of most.

    False means nothing but that `volume_problems` has to be asked. Those are convex polygons that
    are not tiny, and circles, both between two levels of one reference.
    """
    polygon, circle = volume.outline_polygon, volume.outline_circle
    lower, upper = volume.altitude_lower, volume.altitude_upper
    if volume.corridor is not None or lower is None or upper is None:
        return False
    if polygon is not None:
        vertices = polygon.vertices
        if circle is not None or not 3 <= len(vertices) <= MAX_VERTICES:
            return False
        if not is_convex_at_sight(vertices):
            return False
    elif (
        circle is None
        or not RADIUS_M[0] <= circle.radius_m <= RADIUS_M[1]
        or not _on_globe((circle.center,))
    ):
        return False
    factor, other_factor = METRES_PER_UNIT.get(lower.unit), METRES_PER_UNIT.get(upper.unit)
    if factor is None or other_factor is None or lower.reference != upper.reference:
        return False
    if not ALTITUDE_M[0] <= lower.value * factor <= upper.value * other_factor <= ALTITUDE_M[1]:
        return False
    # A flight level has a reference of its own; both are the same here.
    if lower.reference != Reference.STANDARD.value and (
        lower.reference not in _REFERENCES
        or lower.unit == Unit.FLIGHT_LEVEL.value
        or upper.unit == Unit.FLIGHT_LEVEL.value
    ):
        return False
    start_us, end_us = time_or_none(volume.time_start), time_or_none(volume.time_end)
    return start_us is not None and end_us is not None and start_us <= end_us


def position_problems(position: Position, path: str) -> Iterator[Problem]:
    """Yield what is wrong with one position."""
    for name, value, limit in (("lat", position.lat, 90), ("lng", position.lon, 180)):
        if not math.isfinite(value):
            yield _not_finite(f"{path}.{name}")
        elif abs(value) > limit:
            yield Problem(
                "model.bad-latitude" if limit == 90 else "model.bad-longitude",
                f"{path}.{name}",
                f"{value:g} lies outside -{limit} to {limit} degrees",
                "check that latitude and longitude have not changed places",
            )


def _polygon(polygon: Polygon, path: str, *, sweep: bool) -> Iterator[Problem]:
    vertices = polygon.vertices
    if _plainly_sound(vertices):
        return
    where = f"{path}.vertices"
    broken = False
    for problem in _line(vertices, where):
        broken = True
        yield problem
    if len(vertices) < 3:
        yield Problem(
            "model.too-few-vertices",
            where,
            f"has {len(vertices)} vertices, and an area has at least 3",
            "add the missing corners, or use outline_circle or corridor",
        )
    elif not broken and (points := on_grid(vertices))[0] == points[-1]:
        yield Problem(
            "model.closed-ring",
            where,
            "repeats the first vertex at the end",
            "leave the last one out; the outline closes by itself",
        )
    elif not broken:
        if encloses_pole(points):
            yield Problem(
                "model.over-pole",
                where,
                "goes round a pole, so its inside can't be told",
                "cut the area along a meridian",
            )
        elif area_m2(points) < SMALLEST_AREA_M2 and len(points) == 3:
            yield _zero_area(where)
        elif sweep and (edges := crossing_edges(points)) is not None:
            yield Problem(
                "model.crossing-edges",
                where,
                f"the edges after vertices {edges[0]} and {edges[1]} cross or touch",
                "give the corners in order round the area; use two volumes for two areas",
            )
        elif area_m2(points) < SMALLEST_AREA_M2:
            yield _zero_area(where)


def _plainly_sound(vertices: Sequence[Position]) -> bool:
    """Say that a ring breaks no rule where that is quickly seen, as it is of most outlines."""
    if len(vertices) < 3 or not _on_globe(vertices):
        return False
    points = on_grid(vertices)
    return is_convex(points) and not encloses_pole(points) and area_m2(points) >= SMALLEST_AREA_M2


def _on_globe(vertices: Sequence[Position]) -> bool:
    """Say whether all degrees are within their limits; NaN is not."""
    for vertex in vertices:  # noqa: SIM110 - a generator costs more than what it would compare
        if not (-90 <= vertex.lat <= 90 and -180 <= vertex.lon <= 180):
            return False
    return True


def _line(vertices: Sequence[Position], where: str) -> Iterator[Problem]:
    """Yield what is wrong with single vertices, and with those that follow each other."""
    if not _on_globe(vertices):
        for index, vertex in enumerate(vertices):
            yield from position_problems(vertex, f"{where}[{index}]")
        return
    points = on_grid(vertices)
    for index in range(1, len(points)):
        if points[index] == points[index - 1]:
            yield Problem(
                "model.repeated-vertex",
                f"{where}[{index}]",
                "is the same place as the one before",
                "leave one of them out; 1e-7 degree, about 1 cm, is the precision",
            )


def _circle(circle: Circle, path: str) -> Iterator[Problem]:
    yield from position_problems(circle.center, f"{path}.center")
    yield from _size(circle.radius_m, RADIUS_M, f"{path}.radius_m", "model.radius")


def _corridor(corridor: Corridor, path: str) -> Iterator[Problem]:
    if len(corridor.line) < 2:
        yield Problem(
            "model.too-few-vertices",
            f"{path}.line",
            f"has {len(corridor.line)} points, and a corridor has at least 2",
            "add the missing points, or use outline_circle",
        )
    yield from _line(corridor.line, f"{path}.line")
    yield from _size(corridor.width_m, WIDTH_M, f"{path}.width_m", "model.corridor-width")


def _size(value: float, limits: tuple[float, float], path: str, code: str) -> Iterator[Problem]:
    if not math.isfinite(value):
        yield _not_finite(path)
    elif not limits[0] <= value <= limits[1]:
        yield Problem(
            code,
            path,
            f"{value:g} m lies outside {limits[0]:g} to {limits[1]:.0f} m",
            "check the unit: metres are meant",
        )


def levels_problems(lower: Altitude | None, upper: Altitude | None, path: str) -> Iterator[Problem]:
    """Yield what is wrong with a pair of levels; equal ones are a single level, and allowed."""
    for name, altitude in (("altitude_lower", lower), ("altitude_upper", upper)):
        if altitude is None:
            yield Problem(
                "model.altitude-missing",
                f"{path}.{name}",
                "is missing",
                'give value, units and reference, or a short form such as "FL180"',
            )
        else:
            yield from altitude_problems(altitude, f"{path}.{name}")
    if lower is None or upper is None or lower.reference != upper.reference:
        return  # against different references only the terrain or the weather could tell
    low, high = lower.metres, upper.metres
    if low is not None and high is not None and high < low:
        yield Problem(
            "model.altitude-order",
            f"{path}.altitude_upper",
            "is below altitude_lower",
            "exchange the two",
        )


def altitude_problems(altitude: Altitude, path: str) -> Iterator[Problem]:
    """Yield what is wrong with one altitude."""
    metres = altitude.metres
    if metres is None:
        yield Problem(
            "model.unknown-unit",
            f"{path}.units",
            f"{shorten(altitude.unit)} is not a unit of altitude",
            f"use {', '.join(Unit)}",
        )
    elif not math.isfinite(metres):
        yield _not_finite(f"{path}.value")
    elif not ALTITUDE_M[0] <= metres <= ALTITUDE_M[1]:
        yield Problem(
            "model.altitude-range",
            f"{path}.value",
            f"{metres:.0f} m lies outside {ALTITUDE_M[0]:.0f} to {ALTITUDE_M[1]:.0f} m",
            "check the unit",
        )
    if altitude.reference not in _REFERENCES:
        yield Problem(
            "model.unknown-reference",
            f"{path}.reference",
            f"{shorten(altitude.reference)} is not a reference of altitude",
            f"use {', '.join(Reference)}",
        )
    elif altitude.unit == Unit.FLIGHT_LEVEL and altitude.reference != Reference.STANDARD:
        yield Problem(
            "model.level-reference",
            f"{path}.reference",
            "a flight level counts from the standard pressure surface",
            'use the reference "standard", or metres or feet',
        )


def period_problems(start: str, end: str, path: str) -> Iterator[Problem]:
    """Yield what is wrong with a pair of times; an instant, with both equal, is allowed."""
    for name, text in (("time_start", start), ("time_end", end)):
        yield from time_problems(text, f"{path}.{name}")
    try:
        backwards = parse_time(end) < parse_time(start)
    except ModelError:
        return  # each has been reported by itself
    if backwards:
        yield Problem(
            "model.time-order", f"{path}.time_end", "is before time_start", "correct one of the two"
        )


def time_problems(text: str, path: str) -> Iterator[Problem]:
    """Yield what is wrong with one required time."""
    if not text:
        yield Problem(
            "model.time-missing", path, "is missing", "give it with its zone: 2026-03-01T10:00:00Z"
        )
        return
    try:
        parse_time(text)
    except ModelError as error:
        yield Problem(error.code, path, error.message, error.hint)


def _not_finite(path: str) -> Problem:
    return Problem("model.not-finite", path, "is not a finite number", "give the measured value")


def _zero_area(path: str) -> Problem:
    return Problem(
        "model.zero-area",
        path,
        "encloses no area",
        "check the corners; use corridor for a line and outline_circle for a point",
    )
