"""Notices drawn in a map tool: GeoJSON (RFC 7946) features become the fields of one message.

A Polygon is a polygon, a MultiPolygon several volumes, a Point with the property ``radius_m`` a
circle, a LineString with ``width_m`` a corridor. Levels and times are properties of the feature
that they belong to; what concerns the whole message (``title``, ``activity``, ...) may stand on
any feature, and must not differ between them.
"""

from __future__ import annotations

from hotline.model.file_forms import Fields, refused
from hotline.model.kinds import Kind
from hotline.model.times import shorten

_OF_MESSAGE = frozenset(
    {
        "kind",
        "precedence",
        "reference",
        "number",
        "title",
        "activity",
        "remarks",
        "contact",
        "reason",
        "officer",
        "status",
        "exercise",
    }
)
_OF_VOLUME = frozenset({"altitude_lower", "altitude_upper", "time_start", "time_end"})
_OF_SHAPE = frozenset({"radius_m", "width_m"})
_FEATURE = frozenset({"type", "geometry", "properties", "id", "bbox"})
_COLLECTION = frozenset({"type", "features", "bbox", "name", "crs"})
_CRS84 = "urn:ogc:def:crs:OGC:1.3:CRS84"


def is_geojson(value: Fields) -> bool:
    """Say whether an object from a file is GeoJSON: ours have a ``kind`` and no ``type``."""
    return "type" in value and "kind" not in value


def message_object(value: Fields) -> Fields:
    """Return the fields of the message, in the form of our own files, in a GeoJSON object.

    Raises:
        ModelError: ``model.geojson-...`` with the path of what can't be used.

    """
    features = _features(value)
    message: Fields = {"kind": Kind.NOTICE.value}
    given: dict[str, object] = {}
    volumes: list[object] = []
    for feature, path in features:
        properties, geometry = _feature(feature, path)
        for name in sorted(_OF_MESSAGE & properties.keys()):
            if given.setdefault(name, properties[name]) != properties[name]:
                raise refused(
                    "model.geojson-disagrees",
                    f"{path}properties.{name}",
                    "differs from that of an earlier feature",
                    "one file is one message: give it once, or the same everywhere",
                )
        volumes += _volumes(geometry, properties, path)
    return message | given | {"volumes": volumes}


def _features(value: Fields) -> list[tuple[object, str]]:
    """Return the features with the path of each."""
    if value["type"] == "Feature":
        return [(value, "")]
    if value["type"] != "FeatureCollection":
        raise refused(
            "model.geojson-type",
            "type",
            f"{shorten(str(value['type']))} can't be read as a notice",
            'export a Feature or a FeatureCollection, or write our own form, which has "kind"',
        )
    _only(value, _COLLECTION, "")
    _check_crs(value)
    features = value.get("features")
    if not isinstance(features, list) or not features:
        raise refused(
            "model.geojson-empty", "features", "is not a list of features", "draw an area"
        )
    return [(feature, f"features[{index}].") for index, feature in enumerate(features)]


def _feature(feature: object, path: str) -> tuple[Fields, object]:
    """Return a feature's properties, but the null ones that map tools write, and its geometry."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise refused(
            "model.geojson-type", f"{path}type", "is not a Feature", "export features only"
        )
    _only(feature, _FEATURE, path)
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise refused(
            "model.geojson-properties",
            f"{path}properties",
            "is not an object",
            "give title, activity, levels and times as properties",
        )
    found = {name: value for name, value in properties.items() if value is not None}
    _only(found, _OF_MESSAGE | _OF_VOLUME | _OF_SHAPE, f"{path}properties.")
    return found, feature.get("geometry")


def _volumes(geometry: object, properties: Fields, path: str) -> list[object]:
    where = f"{path}geometry"
    if not isinstance(geometry, dict):
        raise refused("model.geojson-geometry", where, "is not an object", "draw the area")
    _only(geometry, frozenset({"type", "coordinates", "bbox"}), f"{where}.")
    shape, coordinates = geometry.get("type"), geometry.get("coordinates")
    where = f"{where}.coordinates"
    needs: frozenset[str] = frozenset()
    outlines: list[Fields]
    if shape == "Polygon":
        outlines = [_polygon(coordinates, where)]
    elif shape == "MultiPolygon":
        parts = _list(coordinates, where)
        outlines = [_polygon(part, f"{where}[{index}]") for index, part in enumerate(parts)]
    elif shape == "Point":
        needs = frozenset({"radius_m"})
        center = _position(coordinates, where)
        outlines = [{"outline_circle": {"center": center, "radius_m": properties.get("radius_m")}}]
    elif shape == "LineString":
        needs = frozenset({"width_m"})
        points = _positions(coordinates, where)
        outlines = [{"corridor": {"line": points, "width_m": properties.get("width_m")}}]
    else:
        raise refused(
            "model.geojson-geometry",
            f"{path}geometry.type",
            f"{shorten(str(shape))} can't be read as an area",
            "draw a Polygon, MultiPolygon, Point with radius_m, or LineString with width_m",
        )
    if (wrong := (_OF_SHAPE & properties.keys()) ^ needs) != frozenset():
        name = min(wrong)
        raise refused(
            "model.geojson-size",
            f"{path}properties.{name}",
            "is missing" if name in needs else f"has no meaning for a {shape}",
            "a Point takes radius_m, a LineString width_m, both in metres, and no other either",
        )
    common = {name: properties[name] for name in _OF_VOLUME & properties.keys()}
    return [outline | common for outline in outlines]


def _polygon(coordinates: object, path: str) -> Fields:
    rings = _list(coordinates, path)
    if len(rings) != 1:
        raise refused(
            "model.geojson-holes",
            path,
            "has a hole" if rings else "has no ring",
            "a notice has no holes: cut the area into several polygons",
        )
    vertices = _positions(rings[0], f"{path}[0]")
    if len(vertices) < 2 or vertices[0] != vertices[-1]:
        raise refused(
            "model.geojson-open-ring",
            f"{path}[0]",
            "does not end where it begins, as rings do in GeoJSON",
            "check that the file is complete, and export it again",
        )
    return {"outline_polygon": {"vertices": vertices[:-1]}}


def _positions(value: object, path: str) -> list[Fields]:
    return [_position(item, f"{path}[{index}]") for index, item in enumerate(_list(value, path))]


def _position(value: object, path: str) -> Fields:
    pair = _list(value, path)
    if len(pair) != 2:
        raise refused(
            "model.geojson-position",
            path,
            f"has {len(pair)} numbers instead of longitude and latitude",
            "leave heights out: altitude_lower and altitude_upper say them",
        )
    return {"lat": pair[1], "lng": pair[0]}


def _list(value: object, path: str) -> list[object]:
    if not isinstance(value, list):
        raise refused(
            "model.geojson-coordinates", path, "is not a list", "export the geometry again"
        )
    return value


def _only(value: Fields, known: frozenset[str], path: str) -> None:
    for name in value:
        if name not in known:
            raise refused(
                "model.unknown-field",
                f"{path}{name}" if name.isidentifier() and name.isascii() else f"{path}?",
                f"the field {shorten(name)} is not known",
                f"the fields here are {', '.join(sorted(known))}",
            )


def _check_crs(value: Fields) -> None:
    """Refuse other coordinates than WGS 84; map tools name it in this way if they do."""
    crs = value.get("crs")
    if crs is not None and crs != {"type": "name", "properties": {"name": _CRS84}}:
        raise refused(
            "model.geojson-crs", "crs", "is not WGS 84", f"export in EPSG:4326, named {_CRS84}"
        )
