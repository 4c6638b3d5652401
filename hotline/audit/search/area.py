"""The area that is looked for: a box, a circle, or what a map tool drew.

::

    33.0,34.5,34.5,36.5        box: south, west, north, east in degrees
    33.5,35.9,20nm             circle: latitude, longitude, radius in nm, km or m
    {"type": "Polygon", ...}   GeoJSON (RFC 7946): geometries, features, collections of them

A Point takes its radius from the property ``radius_m`` and a LineString its width from ``width_m``,
as in message files; without it a point is a point and a line a line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import shapely  # type: ignore[import-untyped]

from hotline.audit.search.geometry import (
    EARTH_M,
    Shape,
    box_shape,
    line_of,
    meet,
    point_shape,
    ring_shape,
    shapes_of,
)
from hotline.errors import ModelError, UsageError
from hotline.model.messages import (
    Advisory,
    Conflict,
    Contingency,
    Message,
    Nonconformance,
    Notice,
    Reply,
    Revision,
)
from hotline.model.strict_json import read_json
from hotline.model.times import shorten
from hotline.model.volume import Position

METRES = {"nm": 1852.0, "km": 1000.0, "m": 1.0}
MAX_SHAPES = 1000
_RADIUS = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>nm|km|m)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]+)?")
_FORMS = "write S,W,N,E or LAT,LON,RADIUS in degrees and nm, km or m, or give a GeoJSON file"


@dataclass(frozen=True, slots=True)
class Area:
    """Where something must lie; ``text`` is how it was written."""

    text: str
    shapes: tuple[Shape, ...]

    def touches(self, shape: Shape) -> bool:
        """Say whether a shape shares a point with this area."""
        return any(meet(own, shape) for own in self.shapes)


def parse_area(text: str) -> Area:
    """Read an area. Raises UsageError (``search.bad-area``)."""
    if text.lstrip().startswith("{"):
        return Area(text, tuple(_geojson(text)))
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 4:
        south, west, north, east = (_degrees(part, text) for part in parts)
        _on_globe(text, (south, west), (north, east))
        if south > north:
            _refuse(f"{shorten(text)} has its south above its north")
        return Area(text, (box_shape(south, west, north, east),))
    radius = _RADIUS.fullmatch(parts[2]) if len(parts) == 3 else None
    if radius is None:
        _refuse(f"{shorten(text)} is neither a box nor a circle")
    lat, lon = _degrees(parts[0], text), _degrees(parts[1], text)
    _on_globe(text, (lat, lon))
    (center,) = point_shape(Position(lat, lon))
    reach_m = float(radius["number"]) * METRES[radius["unit"].lower()]
    if reach_m > EARTH_M * math.pi:
        _refuse(f"{shorten(text)} is wider than the globe")
    return Area(text, (Shape(center.core, reach_m),))


def places_of(message: Message) -> Iterator[Shape]:
    """Yield where a message says that something is or will be: volumes, a position, a proposal."""
    match message:
        case Notice() | Revision() | Nonconformance() | Contingency():
            for volume in message.volumes:
                yield from shapes_of(volume)
        case Advisory() | Conflict() if message.position is not None:
            yield from point_shape(message.position)
        case Reply():
            for volume in message.proposal:
                yield from shapes_of(volume)
        case _:
            pass


def place_told(told: Mapping[str, object]) -> Iterator[Shape]:
    """Yield where a record says that two notices meet, if it is one that does."""
    lat, lon = told.get("lat"), told.get("lng")
    if isinstance(lat, float) and isinstance(lon, float):
        yield from point_shape(Position(lat, lon))


def _geojson(text: str) -> Iterator[Shape]:
    try:
        value = read_json(text.encode("utf-8", "surrogatepass"))
    except ModelError as error:
        _refuse(f"the area is not GeoJSON: {error.message}")
    found = list(_shapes(value, {}))
    if not found or len(found) > MAX_SHAPES:
        _refuse(f"the GeoJSON draws {len(found)} shapes, not 1 to {MAX_SHAPES}")
    yield from found


def _shapes(value: object, properties: dict[str, object]) -> Iterator[Shape]:
    if not isinstance(value, dict):
        _refuse("the GeoJSON has something else where an object must be")
    kind, inner = value.get("type"), value.get("coordinates")
    match kind:
        case "FeatureCollection" | "GeometryCollection":
            parts = value.get("features" if kind == "FeatureCollection" else "geometries")
            for part in _list(parts):
                yield from _shapes(part, properties)
        case "Feature":
            said = value.get("properties")
            if value.get("geometry") is not None:
                yield from _shapes(value["geometry"], said if isinstance(said, dict) else {})
        case "Polygon":
            yield _polygon(inner)
        case "MultiPolygon":
            for rings in _list(inner):
                yield _polygon(rings)
        case "Point" | "LineString":
            points = _positions([inner] if kind == "Point" else inner)
            width = properties.get("radius_m" if kind == "Point" else "width_m", 0.0)
            if not isinstance(width, int | float) or not 0 <= width <= EARTH_M:
                _refuse("the GeoJSON has a radius_m or width_m that is no width in metres")
            core = line_of(points)
            if core is None:
                _refuse("the GeoJSON has a position that is not on the globe")
            yield Shape(core, width if kind == "Point" else width / 2)
        case _:
            _refuse(f"{shorten(str(kind))} is not a type of GeoJSON that has an area")


def _polygon(rings: object) -> Shape:
    parts = [ring_shape(_positions(ring)) for ring in _list(rings)]
    whole = [part for part in parts if part is not None]
    if not whole or len(whole) != len(parts):
        _refuse("the GeoJSON has a ring that is not on the globe")
    outer, *holes = whole
    if not holes:
        return outer
    if any(part.crossed for part in whole):
        _refuse("the GeoJSON has a polygon with holes whose rings cross themselves")
    left = outer.core.difference(shapely.union_all([hole.core for hole in holes]))
    if left.is_empty:
        _refuse("the GeoJSON has a polygon with nothing left between its holes")
    return Shape(left)


def _positions(value: object) -> list[Position]:
    points = []
    for pair in _list(value):
        numbers = _list(pair)[:2]
        if len(numbers) != 2 or not all(
            isinstance(number, int | float) and not isinstance(number, bool) for number in numbers
        ):
            _refuse("the GeoJSON has a position that is not longitude and latitude")
        points.append(Position(lat=float(numbers[1]), lon=float(numbers[0])))  # type: ignore[arg-type]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return points


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        _refuse("the GeoJSON has something else where a list must be")
    return value


def _degrees(part: str, text: str) -> float:
    if not _NUMBER.fullmatch(part):
        _refuse(f"{shorten(text)} has something else where degrees must be")
    return float(part)


def _on_globe(text: str, *points: tuple[float, float]) -> None:
    if not all(abs(lat) <= 90 and abs(lon) <= 180 for lat, lon in points):
        _refuse(f"{shorten(text)} is not on the globe")


def _refuse(what: str) -> NoReturn:
    raise UsageError("search.bad-area", what, _FORMS)
