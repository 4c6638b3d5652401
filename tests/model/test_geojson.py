"""GeoJSON: every geometry that means an area is read, the others are refused with a mend."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from hotline.errors import ModelError
from hotline.model.kinds import Precedence
from hotline.model.messages import Notice, Revision
from hotline.model.reading import read_message
from hotline.model.volume import Circle, Corridor, Position
from tests.model.samples import NOW_US, polygon
from tests.model.strategies import objects

RING = [[33.0, 34.0], [33.5, 34.0], [33.5, 33.5], [33.0, 34.0]]
OTHER_RING = [[30.0, 34.0], [30.5, 34.0], [30.5, 33.5], [30.0, 34.0]]
VOLUME = {
    "altitude_lower": "FL180",
    "altitude_upper": "FL240",
    "time_start": "+1h",
    "time_end": "+3h",
}
PROPERTIES = VOLUME | {"title": "Patrol", "activity": "patrol"}


def feature(shape: str, coordinates: object, **properties: object) -> dict[str, Any]:
    """Return a feature with the properties of a whole notice, and more."""
    return {
        "type": "Feature",
        "properties": PROPERTIES | properties,
        "geometry": {"type": shape, "coordinates": coordinates},
    }


def read(value: object) -> Notice | Revision:
    """Read GeoJSON as the file that it makes."""
    message = read_message(json.dumps(value).encode(), NOW_US).message
    assert isinstance(message, Notice | Revision)
    return message


def test_a_polygon_is_opened() -> None:
    """The closing vertex goes, and longitude stands before latitude in the file only."""
    message = read(feature("Polygon", [RING]))
    assert message.title == "Patrol"
    assert message.volumes[0].outline_polygon == polygon((34, 33), (34, 33.5), (33.5, 33.5))
    assert message.volumes[0].time_start == "2026-03-01T11:00:00Z"


def test_a_multipolygon_is_several_volumes() -> None:
    """All of them share levels and times."""
    message = read(feature("MultiPolygon", [[RING], [OTHER_RING]]))
    assert len(message.volumes) == 2
    assert message.volumes[0].altitude_lower == message.volumes[1].altitude_lower


def test_points_and_lines_take_a_size() -> None:
    """A Point with a radius is a circle, a LineString with a width a corridor."""
    circle = read(feature("Point", [33.0, 34.0], radius_m=5000))
    assert circle.volumes[0].outline_circle == Circle(Position(34.0, 33.0), 5000.0)
    corridor = read(feature("LineString", RING[:2], width_m=9260))
    assert corridor.volumes[0].corridor == Corridor(
        (Position(34.0, 33.0), Position(34.0, 33.5)), 9260.0
    )


def test_a_collection_is_one_message() -> None:
    """What a map tool adds (name, crs, bbox, id, null properties) does not stand in the way."""
    first = feature("Polygon", [RING], kind="revision", number=2, reference="IAF-1")
    second = feature("Point", [33.0, 34.0], radius_m=5000, remarks="Late", precedence="FLASH")
    second |= {"id": 7, "bbox": [1, 2, 3, 4]}
    second["properties"] |= {"number": None, "width_m": None}
    collection = {
        "type": "FeatureCollection",
        "name": "layer",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        "features": [first, second],
    }
    draft = read_message(json.dumps(collection).encode(), NOW_US)
    assert draft.precedence is Precedence.FLASH
    assert isinstance(draft.message, Revision)
    assert (draft.message.number, draft.message.remarks) == (2, "Late")
    assert len(draft.message.volumes) == 2


def with_geometry(geometry: object) -> dict[str, Any]:
    """Return a feature with another geometry."""
    return feature("Polygon", [RING]) | {"geometry": geometry}


def collection(*features: object, **members: object) -> dict[str, Any]:
    """Return a collection of features with more members."""
    return {"type": "FeatureCollection", "features": list(features)} | members


GOOD = feature("Polygon", [RING])
BAD: list[tuple[object, str, str]] = [
    ({"type": "Polygon", "coordinates": [RING]}, "model.geojson-type", "type: "),
    ({"type": "notice"}, "model.geojson-type", "type: "),
    (collection(), "model.geojson-empty", "features: "),
    (collection() | {"features": 5}, "model.geojson-empty", "features: "),
    (collection(5), "model.geojson-type", "features[0].type: "),
    (collection(GOOD, colour=1), "model.unknown-field", "colour: "),
    (collection(GOOD, crs={"type": "name"}), "model.geojson-crs", "crs: "),
    (
        collection(GOOD, feature("Polygon", [RING], title="Strike")),
        "model.geojson-disagrees",
        "features[1].properties.title: ",
    ),
    (GOOD | {"colour": 1}, "model.unknown-field", "colour: "),
    (GOOD | {"\x1b": 1}, "model.unknown-field", "?: "),
    (GOOD | {"properties": None}, "model.geojson-properties", "properties: "),
    (feature("Polygon", [RING], colour=1), "model.unknown-field", "properties.colour: "),
    (with_geometry(None), "model.geojson-geometry", "geometry: "),
    (with_geometry({"type": "Curve"}), "model.geojson-geometry", "geometry.type: "),
    (with_geometry({"type": "Point", "z": 1}), "model.unknown-field", "geometry.z: "),
    (feature("MultiPoint", [[33, 34]]), "model.geojson-geometry", "geometry.type: "),
    (feature("Polygon", [RING, RING]), "model.geojson-holes", "geometry.coordinates: "),
    (feature("Polygon", []), "model.geojson-holes", "geometry.coordinates: "),
    (
        feature("MultiPolygon", [[RING], [RING, RING]]),
        "model.geojson-holes",
        "geometry.coordinates[1]: ",
    ),
    (feature("Polygon", [RING[:3]]), "model.geojson-open-ring", "geometry.coordinates[0]: "),
    (feature("Polygon", [RING[:1]]), "model.geojson-open-ring", "geometry.coordinates[0]: "),
    (feature("Polygon", 5), "model.geojson-coordinates", "geometry.coordinates: "),
    (
        feature("LineString", [[33, 34], [33, 34, 100]], width_m=1),
        "model.geojson-position",
        "geometry.coordinates[1]: ",
    ),
    (feature("Point", [33, 34]), "model.geojson-size", "properties.radius_m: is missing"),
    (feature("LineString", RING[:2]), "model.geojson-size", "properties.width_m: is missing"),
    (
        feature("Polygon", [RING], radius_m=5),
        "model.geojson-size",
        "properties.radius_m: has no meaning",
    ),
    (feature("Point", ["33", 34], radius_m=5), "model.wrong-type", "volumes[0]."),
    (feature("Polygon", [RING], title=5), "model.wrong-type", "title: "),
    (feature("Polygon", [RING], altitude_lower="high"), "model.bad-altitude", "volumes[0]."),
]


@pytest.mark.parametrize(("value", "code", "start"), BAD)
def test_bad_geojson_is_refused_by_path(value: object, code: str, start: str) -> None:
    """Each fault has its code, its path comes first, and the hint says the mend."""
    with pytest.raises(ModelError) as caught:
        read(value)
    assert caught.value.code == code
    assert caught.value.message.startswith(start)
    assert caught.value.hint


@settings(max_examples=150)
@given(objects, objects)
def test_any_geometry_is_read_or_refused(coordinates: object, properties: object) -> None:
    """Fuzzing contract: nothing but ModelError leaves the reader, whatever is drawn."""
    for shape in ("Polygon", "MultiPolygon", "Point", "LineString"):
        value = feature(shape, coordinates)
        if isinstance(properties, dict):
            value["properties"] |= properties
        try:
            read_message(json.dumps(value, default=str).encode(), NOW_US)
        except ModelError as error:
            assert error.code.startswith("model.")
