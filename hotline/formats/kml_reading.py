"""KML as others draw it, and as we write it.

A Placemark of ours holds the volume itself beside the drawing; it counts as long as the drawing
still is what follows from it. Of another's, the outline is taken, the time span, and heights
where walls reach from them to the ground; whoever converts it says the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

import msgspec

from hotline.errors import ModelError
from hotline.formats.drawing import undrawable
from hotline.formats.given import Given
from hotline.formats.kml import VOLUME_DATA, WORDS_DATA, placemark_of
from hotline.formats.losses import Effect, Loss
from hotline.formats.safe_xml import local_name
from hotline.model.file_forms import Fields, refused
from hotline.model.kinds import Kind, Reference, Unit
from hotline.model.messages import lower_first
from hotline.model.strict_json import read_json
from hotline.model.times import parse_time, shorten
from hotline.model.volume import Volume4D
from hotline.model.volume_rules import MAX_VERTICES, MAX_VOLUMES

AGREES_WITHIN: Final = (1e-6, 1e-6, 0.1)
"""Degrees, degrees and metres by which a drawing that went through a map may differ."""

_AREAS: Final = ("Polygon", "LineString", "Point")
_HOLDERS: Final = ("MultiGeometry",)
_LINKS: Final = ("NetworkLink",)
_GEOMETRIES: Final = (*_AREAS, *_HOLDERS, "LinearRing", "Model", "Track", "MultiTrack")

Coordinates = list[tuple[float, ...]]


def read_kml(root: Element, given: Given) -> tuple[Fields, list[Loss]]:
    """Return a notice's fields in our own form, and what of the file was not taken.

    ``given.width_m`` and ``given.radius_m`` make areas of lines and points. What is missing is
    left out, for whoever called to refuse.

    Raises:
        ModelError: ``formats.kml-...`` with the Placemark that cannot be used, or codes of
            `read_json`.

    """
    if local_name(root) != "kml":
        raise ModelError(
            "formats.not-kml",
            f"the file is XML, but {shorten(local_name(root))} is not KML",
            "export the areas as KML, GeoJSON or JSON",
        )
    if any(local_name(element) in _LINKS for element in root.iter()):
        raise ModelError(
            "formats.kml-link",
            "the file only links to what it shows, with a NetworkLink",
            "open it in a map, and export the areas themselves",
        )
    placemarks = [element for element in root.iter() if local_name(element) == "Placemark"]
    if not placemarks:
        raise ModelError("formats.kml-empty", "the file has no Placemark", "draw an area")
    losses: list[Loss] = []
    volumes: list[object] = []
    for number, placemark in enumerate(placemarks, 1):
        path = f"Placemark {number}"
        exact = _data(placemark, VOLUME_DATA)
        if exact is not None:
            volumes.append(_exact_volume(exact, placemark, path))
        else:
            volumes += _drawn_volumes(placemark, path, given, losses)
        if len(volumes) > MAX_VOLUMES:
            raise refused(
                "formats.kml-too-many",
                path,
                f"brings more than {MAX_VOLUMES} areas",
                "one file is one notice: export only its areas",
            )
    return _words(root, placemarks, losses) | {"volumes": volumes}, losses


def _words(root: Element, placemarks: list[Element], losses: list[Loss]) -> Fields:
    """Return a message's fields beside its volumes."""
    words = _data(root, WORDS_DATA)
    if words is not None:
        return words
    found: Fields = {"kind": Kind.NOTICE.value}
    holders = [root, *root, *placemarks]  # kml, its Document or Folder, then what is drawn
    title = next((text for holder in holders if (text := _child_text(holder, "name"))), "")
    if title:
        found["title"] = " ".join(title.split())
    if any(_child_text(holder, "description") for holder in holders):
        losses.append(Loss("remarks", Effect.LOST, "descriptions in the file are not taken over"))
    return found


def _data(holder: Element, name: str) -> Fields | None:
    """Return the object that stands as JSON in the first ``Data`` of this name."""
    for element in holder.iter():
        if local_name(element) == "Data" and element.get("name") == name:
            value = read_json((_child_text(element, "value") or "null").encode(errors="replace"))
            if not isinstance(value, dict):
                raise refused(
                    "formats.kml-data", name, "is no JSON object", "remove this Data from the file"
                )
            return value
    return None


def _exact_volume(exact: Fields, placemark: Element, path: str) -> Fields:
    """Return our own volume of a Placemark. Raises ModelError when it is not what is drawn."""
    try:
        volume = msgspec.convert(exact, Volume4D)
        reason = undrawable(volume)
    except (msgspec.ValidationError, OverflowError, ValueError) as error:
        reason = lower_first(str(error))
    if reason is not None:
        raise refused(
            "formats.kml-data",
            f"{path}: {VOLUME_DATA}",
            f"is no volume that can be drawn: {reason}",
            "remove this Data to take the drawing as it is",
        )
    if not _alike(placemark_of(volume, "", ""), placemark, path):
        raise refused(
            "formats.exact-differs",
            f"{path}: {VOLUME_DATA}",
            "is not what is drawn: the drawing or its time span was changed after the export",
            "remove this Data to take the drawing as it is, or undo the change",
        )
    return exact


def _alike(one: Element, other: Element, path: str) -> bool:
    """Say whether two Placemarks show the same at the same time, but for rounding."""
    ours, theirs = (
        [
            number
            for element in placemark.iter()
            if local_name(element) == "coordinates"
            for position in _coordinates(element.text, path)
            for number in zip((*position, 0.0)[:3], AGREES_WITHIN, strict=True)
        ]
        for placemark in (one, other)
    )
    spans = [{name: _moment(text) for name, text in _span(it).items()} for it in (one, other)]
    if len(ours) != len(theirs) or spans[0] != spans[1]:
        return False
    return all(abs(a - b) <= within for (a, within), (b, _) in zip(ours, theirs, strict=True))


def _span(placemark: Element) -> dict[str, str]:
    """Return begin and end of a Placemark's time span, as they are written."""
    return {
        name: text
        for element in placemark.iter()
        if local_name(element) == "TimeSpan"
        for name in ("begin", "end")
        if (text := _child_text(element, name))
    }


def _moment(text: str) -> object:
    try:
        return parse_time(text)
    except ModelError:
        return text


def _drawn_volumes(
    placemark: Element, path: str, given: Given, losses: list[Loss]
) -> Iterator[Fields]:
    """Yield the volumes of a Placemark that another program drew."""
    names = {"begin": "time_start", "end": "time_end"}
    times: Fields = {names[name]: text for name, text in _span(placemark).items()}
    shapes = list(_shapes(placemark))
    if not shapes:
        raise refused(
            "formats.kml-geometry",
            path,
            "shows no area",
            "remove it, or draw a Polygon, a LineString or a Point",
        )
    for shape in shapes:
        outline, levels = _outline(shape, path, given)
        if not levels and _has_height(shape, path):
            text = "heights without walls to the ground say no levels, and are not taken over"
            losses.append(Loss(path, Effect.LOST, text))
        yield outline | levels | times


def _shapes(placemark: Element) -> Iterator[Element]:
    """Yield the geometries of a Placemark, those in a MultiGeometry one by one."""
    for element in placemark:
        name = local_name(element)
        if name in _HOLDERS:
            yield from _shapes(element)
        elif name in _GEOMETRIES:
            yield element


def _outline(shape: Element, path: str, given: Given) -> tuple[Fields, Fields]:
    """Return a shape's outline, and its levels where walls reach from it to the ground."""
    name = local_name(shape)
    if name == "Polygon":
        return _polygon(shape, path), _levels(shape, path)
    if name == "LineString" and given.width_m is not None:
        line = _positions(_coordinates_in(shape, path))
        return {"corridor": {"line": line, "width_m": given.width_m}}, _levels(shape, path)
    if name == "Point" and given.radius_m is not None:
        center = _positions(_coordinates_in(shape, path))[0]
        circle = {"center": center, "radius_m": given.radius_m}
        return {"outline_circle": circle}, _levels(shape, path)
    mends = {
        "LineString": "`hotline airspace convert FILE --to json --width 10000` makes a corridor",
        "Point": "`hotline airspace convert FILE --to json --radius 5000` makes a circle",
    }
    raise refused(
        "formats.kml-geometry",
        path,
        f"a {name} is no area",
        mends.get(name, "draw a Polygon, or remove it"),
    )


def _polygon(shape: Element, path: str) -> Fields:
    if any(local_name(element) == "innerBoundaryIs" for element in shape):
        raise refused(
            "formats.kml-hole",
            path,
            "has a hole",
            "a notice has no holes: cut the area into several polygons",
        )
    ring = _coordinates_in(shape, path)
    if len(ring) > 1 and ring[0][:2] == ring[-1][:2]:
        ring = ring[:-1]
    else:
        raise refused(
            "formats.kml-open-ring",
            path,
            "its outline does not end where it begins, as rings do in KML",
            "check that the file is complete, and export it again",
        )
    return {"outline_polygon": {"vertices": _positions(ring)}}


def _levels(shape: Element, path: str) -> Fields:
    """Return ground to the height of the shape, where it says that its walls reach down."""
    if _child_text(shape, "extrude") not in ("1", "true"):
        return {}
    mode = _child_text(shape, "altitudeMode")
    reference = {"absolute": Reference.MSL, "relativeToGround": Reference.GROUND}.get(mode)
    heights = {position[2] for position in _coordinates_in(shape, path) if len(position) > 2}
    if reference is None or len(heights) != 1:
        return {}
    upper = {"value": heights.pop(), "units": Unit.METRES.value, "reference": reference.value}
    return {"altitude_lower": "ground", "altitude_upper": upper}


def _has_height(shape: Element, path: str) -> bool:
    return any(len(position) > 2 and position[2] for position in _coordinates_in(shape, path))


def _coordinates_in(shape: Element, path: str) -> Coordinates:
    """Return the coordinates below a shape, of which there must be at least one."""
    for element in shape.iter():
        if local_name(element) == "coordinates":
            found = _coordinates(element.text, path)
            if found:
                return found
    raise refused(
        "formats.kml-coordinates", path, "has no coordinates", "export the geometry again"
    )


def _coordinates(text: str | None, path: str) -> Coordinates:
    """Return ``lon,lat[,alt]`` tuples, at most one more than a notice may have."""
    found: Coordinates = []
    for part in (text or "").split(None, MAX_VERTICES + 2)[: MAX_VERTICES + 2]:
        numbers = part.split(",")
        try:
            position = tuple(float(number) for number in numbers)
        except ValueError:
            position = ()
        if len(position) not in (2, 3) or not all(map(math.isfinite, position)):
            raise refused(
                "formats.kml-coordinates",
                path,
                f"{shorten(part)} is not longitude, latitude and maybe a height",
                "write lon,lat,alt without blanks inside, in degrees and metres",
            )
        found.append(position)
    return found


def _positions(coordinates: Coordinates) -> list[Fields]:
    return [{"lat": position[1], "lng": position[0]} for position in coordinates]


def _child_text(holder: Element, name: str) -> str:
    for element in holder:
        if local_name(element) == name:
            return (element.text or "").strip()
    return ""
