"""GeoJSON (RFC 7946), written so that `hotline.model.geojson` reads the same notice back.

A circle is a Point with ``radius_m``, a corridor a LineString with ``width_m``; drawn for maps,
both are polygons. Where the geometry is not the announced one (cut at the antimeridian, turned
counter-clockwise, drawn), the announced one stands in the property ``exact``, as a geometry too.
It counts only as long as the drawing still is what follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from hotline.formats.announcement import Announcement, drawable_volumes
from hotline.formats.carries import words_of
from hotline.formats.cutting import cut_line, cut_ring
from hotline.formats.drawing import (
    Point,
    Ring,
    dense,
    points_of,
    ring_of,
    straight_edge_error_m,
    undrawable,
)
from hotline.formats.losses import Effect, Loss, Written
from hotline.formats.own import json_file
from hotline.model.file_forms import Fields, refused
from hotline.model.geojson import message_object
from hotline.model.messages import lower_first
from hotline.model.text import grouped
from hotline.model.volume import Volume4D

EXACT = "exact"
AGREES_WITHIN = 1e-6
"""Degrees by which a drawing that went through a map tool may differ: about 10 cm."""
BENT_M = 1.0
"""Edges whose straight line on a map is farther off are told of."""

_ON_ALL = ("status", "exercise", "reference", "title", "activity")


def write_geojson(announcement: Announcement, *, drawn: bool = False) -> Written:
    """Return a notice as a FeatureCollection, one feature a volume.

    With ``drawn`` every outline is a polygon with divided edges, for maps.

    Raises:
        ModelError: ``formats.nothing-drawn``.

    """
    volumes, losses = drawable_volumes(announcement.message)
    words = announcement.marks | words_of(announcement)
    features: list[Fields] = []
    for index, volume in volumes:
        if not drawn and volume.outline_polygon is not None:
            off = straight_edge_error_m(ring_of(volume).points)
            if off > BENT_M:
                text = f"maps that draw its edges straight are off by up to {grouped(off)} m"
                path = f"volumes[{index}].outline_polygon"
                losses.append(Loss(path, Effect.APPROXIMATE, text))
        geometry, properties = _geometry(volume, drawn=drawn)
        said = words if not features else {name: words[name] for name in _ON_ALL if name in words}
        features.append(
            {
                "type": "Feature",
                "id": f"{announcement.message.reference or announcement.kind}-{index + 1}",
                "geometry": geometry,
                "properties": said | _limits(volume) | properties,
            }
        )
    collection: Fields = {"type": "FeatureCollection", "name": announcement.heading}
    return Written(json_file(collection | {"features": features}), tuple(losses))


def read_geojson(value: Fields) -> Fields:
    """Return the fields of the message, in the form of our own files, in a GeoJSON object.

    Raises:
        ModelError: as `hotline.model.geojson.message_object`, and ``formats.exact-differs`` where
            a drawing was changed after it was exported.

    """
    features = value.get("features")
    if isinstance(features, list):
        plain = [_undrawn(feature, f"features[{index}].") for index, feature in enumerate(features)]
        return message_object({**value, "features": plain})
    return message_object(_undrawn(value, ""))


def _limits(volume: Volume4D) -> Fields:
    """Return a volume's levels and times."""
    fields: Fields = msgspec.to_builtins(volume)
    return {name: fields[name] for name in fields if name.startswith(("altitude", "time"))}


def _geometry(volume: Volume4D, *, drawn: bool) -> tuple[Fields, Fields]:
    """Return the geometry of a volume on a map, and the properties that it needs."""
    exact, properties = _exact(volume)
    if drawn or volume.outline_polygon is not None:
        geometry = _polygons(ring_of(volume), drawn=drawn)
    elif volume.corridor is not None:
        lines = cut_line(points_of(volume.corridor.line))
        geometry = _shape("LineString", lines)
    else:
        geometry = exact
    return geometry, properties if geometry == exact else properties | {EXACT: exact}


def _exact(volume: Volume4D) -> tuple[Fields, Fields]:
    """Return the announced geometry, as our own reader takes it, and its properties."""
    if volume.outline_circle is not None:
        center = volume.outline_circle.center
        properties: Fields = {"radius_m": volume.outline_circle.radius_m}
        return {"type": "Point", "coordinates": [center.lon, center.lat]}, properties
    if volume.corridor is not None:
        line = points_of(volume.corridor.line)
        return _shape("LineString", [line]), {"width_m": volume.corridor.width_m}
    ring = [] if volume.outline_polygon is None else points_of(volume.outline_polygon.vertices)
    return _shape("Polygon", [[*ring, *ring[:1]]]), {}


def _polygons(ring: Ring, *, drawn: bool) -> Fields:
    return _shape("Polygon", cut_ring(dense(ring.points) if drawn else ring.points))


def _shape(name: str, parts: Sequence[Sequence[Point]]) -> Fields:
    """Return one geometry or a Multi one, of rings or of lines."""
    lists = [[list(point) for point in part] for part in parts]
    coordinates = [[part] for part in lists] if name == "Polygon" else lists
    if len(lists) == 1:
        return {"type": name, "coordinates": coordinates[0]}
    return {"type": f"Multi{name}", "coordinates": coordinates}


def _undrawn(feature: object, path: str) -> Fields:
    """Return a feature with its announced geometry, where it holds one that is still true."""
    if not isinstance(feature, dict):
        return {"type": feature}  # no Feature, which the reader says
    properties = feature.get("properties")
    if not isinstance(properties, dict) or properties.get(EXACT) is None:
        return feature
    where = f"{path}properties.{EXACT}"
    rest = {name: value for name, value in properties.items() if name != EXACT}
    plain = {**feature, "geometry": properties[EXACT], "properties": rest}
    volume = _volume(properties[EXACT], rest, where)
    given = feature.get("geometry")
    if not any(_alike(_geometry(volume, drawn=drawn)[0], given) for drawn in (False, True)):
        raise refused(
            "formats.exact-differs",
            where,
            "is not what is drawn: the drawing was changed after it was exported",
            "remove this property to take the drawing as it is, or undo the change",
        )
    return plain


def _volume(exact: object, properties: Mapping[str, object], where: str) -> Volume4D:
    """Return the outline that an exact geometry stands for. Raises ModelError."""
    sizes = {name: properties[name] for name in ("radius_m", "width_m") if name in properties}
    read = message_object({"type": "Feature", "geometry": exact, "properties": sizes})
    volumes = read["volumes"]
    try:
        (volume,) = msgspec.convert(volumes, tuple[Volume4D, ...])
    except (msgspec.ValidationError, OverflowError, ValueError) as error:
        raise refused(
            "formats.bad-exact",
            where,
            f"is no outline: {lower_first(str(error))}",
            "remove this property to take the drawing as it is",
        ) from None
    reason = undrawable(volume)
    if reason is not None:
        raise refused(
            "formats.bad-exact",
            where,
            f"cannot be drawn: {reason}",
            "remove this property to take the drawing as it is",
        )
    return volume


def _alike(one: object, other: object) -> bool:
    """Say whether two geometries are the same but for rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_alike(one[name], other.get(name)) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_alike(a, b) for a, b in pairs)
    if isinstance(one, float | int) and isinstance(other, float | int):
        return abs(one - other) <= AGREES_WITHIN
    return one == other
