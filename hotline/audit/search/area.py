"""The area that is looked for: a box, a circle, or what a map tool drew.

::

    33.0,34.5,34.5,36.5        box: south, west, north, east in degrees
    33.5,35.9,20nm             circle: latitude, longitude, radius in nm, km or m
    {"type": "Polygon", ...}   GeoJSON (RFC 7946): geometries, features, collections of them

A Point takes its radius from the property ``radius_m`` and a LineString its width from ``width_m``,
as in message files; without it a point is a point and a line a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from hotline.airspace.footprint import Uncomputable, footprint_around
from hotline.airspace.geodesy import HALF_EARTH_M
from hotline.audit.search.regions import (
    Region,
    box_regions,
    meets_any,
    on_globe,
    ring_region,
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
from hotline.model.volume import Circle, Position, Volume4D

METRES = {"nm": 1852.0, "km": 1000.0, "m": 1.0}
MAX_REGIONS = 1000
MAX_WIDTH_M = 6_371_000.0
_RADIUS = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>nm|km|m)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]+)?")
_FORMS = "write S,W,N,E or LAT,LON,RADIUS in degrees and nm, km or m, or give a GeoJSON file"


@dataclass(frozen=True, slots=True)
class Area:
    """Where something must lie; ``text`` is how it was written, which says all of it."""

    text: str
    regions: tuple[Region, ...] = field(compare=False)

    def touches(self, volume: Volume4D) -> bool:
        """Say whether a volume shares a point with this area; one that has no place does not."""
        return meets_any(volume, self.regions)


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
        return Area(text, tuple(box_regions(south, west, north, east)))
    radius = _RADIUS.fullmatch(parts[2]) if len(parts) == 3 else None
    if radius is None:
        _refuse(f"{shorten(text)} is neither a box nor a circle")
    lat, lon = _degrees(parts[0], text), _degrees(parts[1], text)
    _on_globe(text, (lat, lon))
    reach_m = float(radius["number"]) * METRES[radius["unit"].lower()]
    if reach_m > HALF_EARTH_M:
        _refuse(f"{shorten(text)} is wider than the globe")
    return Area(text, (_within([Position(lat, lon)], reach_m),))


def places_of(message: Message) -> Iterator[Volume4D]:
    """Yield where a message says that something is or will be: volumes, a position, a proposal.

    A position is a circle without a radius.
    """
    match message:
        case Notice() | Revision() | Nonconformance() | Contingency():
            yield from message.volumes
        case Advisory() | Conflict() if message.position is not None:
            yield at(message.position)
        case Reply():
            yield from message.proposal
        case _:
            pass


def at(position: Position) -> Volume4D:
    """Return the volume that is a position, at all heights and times."""
    return Volume4D(outline_circle=Circle(position, 0.0))


def place_told(told: Mapping[str, object]) -> Iterator[Volume4D]:
    """Yield where a record says that two notices meet, if it is one that does."""
    lat, lon = told.get("lat"), told.get("lng")
    if isinstance(lat, float) and isinstance(lon, float):
        yield at(Position(lat, lon))


def _geojson(text: str) -> Iterator[Region]:
    try:
        value = read_json(text.encode("utf-8", "surrogatepass"))
    except ModelError as error:
        _refuse(f"the area is not GeoJSON: {error.message}")
    found = list(_regions(value, {}))
    if not found or len(found) > MAX_REGIONS:
        _refuse(f"the GeoJSON draws {len(found)} shapes, not 1 to {MAX_REGIONS}")
    yield from found


def _regions(value: object, properties: dict[str, object]) -> Iterator[Region]:
    if not isinstance(value, dict):
        _refuse("the GeoJSON has something else where an object must be")
    kind, inner = value.get("type"), value.get("coordinates")
    match kind:
        case "FeatureCollection" | "GeometryCollection":
            parts = value.get("features" if kind == "FeatureCollection" else "geometries")
            for part in _list(parts):
                yield from _regions(part, properties)
        case "Feature":
            said = value.get("properties")
            if value.get("geometry") is not None:
                yield from _regions(value["geometry"], said if isinstance(said, dict) else {})
        case "Polygon":
            yield _polygon(inner)
        case "MultiPolygon":
            for rings in _list(inner):
                yield _polygon(rings)
        case "Point" | "LineString":
            points = _positions([inner] if kind == "Point" else inner)
            width = properties.get("radius_m" if kind == "Point" else "width_m", 0.0)
            if not isinstance(width, int | float) or not 0 <= width <= MAX_WIDTH_M:
                _refuse("the GeoJSON has a radius_m or width_m that is no width in metres")
            yield _within(points, width if kind == "Point" else width / 2)
        case _:
            _refuse(f"{shorten(str(kind))} is not a type of GeoJSON that has an area")


def _polygon(rings: object) -> Region:
    outer, *holes = [_positions(ring) for ring in _list(rings)] or [[]]
    return _placed(ring_region(outer, holes))


def _within(points: Sequence[Position], reach_m: float) -> Region:
    """Return all within so many metres of a point or a line."""
    placed = footprint_around(points, reach_m)
    return _placed(placed if isinstance(placed, Uncomputable) else Region(placed))


def _placed(region: Region | Uncomputable) -> Region:
    if isinstance(region, Uncomputable):
        _refuse(f"the area cannot be placed: {region.text}")
    return region


def _positions(value: object) -> list[Position]:
    points = []
    for pair in _list(value):
        numbers = _list(pair)[:2]
        if len(numbers) != 2 or not all(
            isinstance(number, int | float) and not isinstance(number, bool) for number in numbers
        ):
            _refuse("the GeoJSON has a position that is not longitude and latitude")
        lon, lat = (float(number) for number in numbers)  # type: ignore[arg-type]
        points.append(Position(lat, on_globe(lon)))
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
