"""KML 2.2 (OGC 07-147r2): a Placemark a volume, drawn as polygons at its levels.

For the eye: a roof and a floor, or walls down to the ground where the area begins there; KML has
no other body. For reading back: the whole notice stands beside the drawings as JSON in
``ExtendedData``, so nothing is lost whatever KML cannot draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from hotline.errors import ModelError
from hotline.formats.announcement import Announcement, drawable_volumes
from hotline.formats.carries import words_of
from hotline.formats.cutting import cut_ring
from hotline.formats.drawing import Point, dense, ring_of
from hotline.formats.losses import Effect, Loss, Written
from hotline.formats.safe_xml import xml_text
from hotline.model.kinds import Reference
from hotline.model.phrasing import altitude_text, time_text
from hotline.model.times import format_time, parse_time
from hotline.model.volume import Altitude, Volume4D
from hotline.model.volume_rules import altitude_problems

NAMESPACE: Final = "http://www.opengis.net/kml/2.2"
WORDS_DATA: Final = "hotline.message"
VOLUME_DATA: Final = "hotline.volume"
"""Names of the ``Data`` that hold the notice's words and each volume, as JSON."""

_NOT_ABSOLUTE: Final = (Reference.WGS84.value, Reference.STANDARD.value)


def write_kml(announcement: Announcement) -> Written:
    """Return a notice as a KML document.

    Raises:
        ModelError: ``formats.nothing-drawn``.

    """
    volumes, losses = drawable_volumes(announcement.message)
    root = Element("kml", {"xmlns": NAMESPACE})
    document = SubElement(root, "Document")
    _text(document, "name", announcement.heading)
    _text(document, "description", announcement.message.remarks)
    style = SubElement(document, "Style", {"id": "area"})
    _text(SubElement(style, "LineStyle"), "color", "ff0055ff")
    _text(SubElement(style, "PolyStyle"), "color", "330055ff")
    _data(document, WORDS_DATA, announcement.marks | words_of(announcement))
    for index, volume in volumes:
        placemark = placemark_of(volume, f"volume-{index + 1}", announcement.heading)
        document.append(placemark)
        losses += _approximate(volume, f"volumes[{index}]")
    indent(root)
    return Written(tostring(root, "utf-8", xml_declaration=True) + b"\n", tuple(losses))


def placemark_of(volume: Volume4D, identifier: str, name: str) -> Element:
    """Return the drawing of a volume that is not undrawable, with its exact fields."""
    placemark = Element("Placemark", {"id": identifier})
    _text(placemark, "name", name)
    _text(placemark, "description", _description(volume))
    span = Element("TimeSpan")
    for tag, text in (("begin", volume.time_start), ("end", volume.time_end)):
        try:
            _text(span, tag, format_time(parse_time(text)))
        except ModelError:
            continue  # not a time, or none: the exact fields and the description hold the text
    if len(span):
        placemark.append(span)
    _text(placemark, "styleUrl", "#area")
    _data(placemark, VOLUME_DATA, volume)
    bodies = SubElement(placemark, "MultiGeometry")
    for part in cut_ring(dense(ring_of(volume).points)):
        for altitude, walls in _surfaces(volume):
            _polygon(bodies, part, altitude, walls=walls)
    return placemark


def _surfaces(volume: Volume4D) -> list[tuple[Altitude | None, bool]]:
    """Return the levels to draw a volume's area at, and whether it reaches down to the ground."""
    lower, upper = (
        None if altitude is None or any(altitude_problems(altitude, "")) else altitude
        for altitude in (volume.altitude_lower, volume.altitude_upper)
    )
    if upper is None:
        return [(lower, False)]
    if lower is not None and lower.reference == Reference.GROUND and lower.value == 0:
        return [(upper, True)]
    return [(upper, False)] if lower is None else [(upper, False), (lower, False)]


def _polygon(
    parent: Element, ring: Sequence[Point], altitude: Altitude | None, *, walls: bool
) -> None:
    polygon = SubElement(parent, "Polygon")
    mode, metres = "clampToGround", 0.0
    if altitude is not None:
        ground = altitude.reference == Reference.GROUND
        mode, metres = "relativeToGround" if ground else "absolute", altitude.metres or 0.0
    if walls:
        _text(polygon, "extrude", "1")
    _text(polygon, "altitudeMode", mode)
    boundary = SubElement(SubElement(polygon, "outerBoundaryIs"), "LinearRing")
    _text(boundary, "coordinates", " ".join(f"{lon!r},{lat!r},{metres:.10g}" for lon, lat in ring))


def _approximate(volume: Volume4D, path: str) -> list[Loss]:
    """Return which levels are drawn as if they counted from mean sea level, as KML's do."""
    return [
        Loss(
            f"{path}.{name}",
            Effect.APPROXIMATE,
            f"{altitude_text(altitude)} is drawn as if it counted from mean sea level",
        )
        for name, altitude in (
            ("altitude_lower", volume.altitude_lower),
            ("altitude_upper", volume.altitude_upper),
        )
        if altitude is not None and altitude.reference in _NOT_ABSOLUTE
    ]


def _description(volume: Volume4D) -> str:
    low, high = (
        "not given" if altitude is None else altitude_text(altitude)
        for altitude in (volume.altitude_lower, volume.altitude_upper)
    )
    start, end = (
        time_text(text) if text else "not given" for text in (volume.time_start, volume.time_end)
    )
    return f"{low} to {high}\n{start} to {end}"


def _text(parent: Element, tag: str, text: str) -> None:
    if text:
        SubElement(parent, tag).text = xml_text(text)


def _data(parent: Element, name: str, value: object) -> None:
    data = SubElement(SubElement(parent, "ExtendedData"), "Data", {"name": name})
    _text(data, "value", _ascii_json(value))


def _ascii_json(value: object) -> str:
    """Return JSON in ASCII, so that XML holds every character of it."""
    text = msgspec.json.encode(value).decode()
    return "".join(char if char < "\x7f" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2] for at in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair):04x}" for pair in pairs)
