"""ASTM F3548-21's volumes: ``{"volumes": [Volume4D, ...]}``, as one USS tells them to another.

Beside them, while an activity is nonconforming or contingent, stand its ``off_nominal_volumes``.

Polygons (with geodesic edges, as ours) and circles are the same there. Altitudes are metres above
WGS 84 only: others are taken as low and as high as the letter's margins make possible. A corridor
becomes a polygon that holds it.
"""

from __future__ import annotations

import math
from typing import Final

from hotline.airspace.levels import band_of
from hotline.errors import ModelError
from hotline.formats.announcement import Announcement, drawable, drawable_volumes
from hotline.formats.carries import Format, lost_words
from hotline.formats.drawing import ring_of
from hotline.formats.given import OFF_NOMINAL
from hotline.formats.losses import Effect, Loss, Written
from hotline.formats.own import json_file
from hotline.model.file_forms import Fields
from hotline.model.kinds import Kind, Reference
from hotline.model.letter import AltitudeMargin
from hotline.model.phrasing import altitude_text
from hotline.model.text import grouped
from hotline.model.times import format_time, parse_time
from hotline.model.volume import Altitude, Volume4D

MARKS: Final = "hotline"
"""The field, none of F3548's, that says what the volumes are of: `Announcement.marks`."""
_HELD: Final = frozenset({"volumes", OFF_NOMINAL, MARKS})


def is_f3548(value: Fields) -> bool:
    """Say whether an object from a file is F3548's: ours have a ``kind``, GeoJSON a ``type``."""
    return "volumes" in value and "kind" not in value and "type" not in value


def read_f3548(value: Fields) -> tuple[Fields, list[object]]:
    """Return the fields of a notice in our own form, and the volumes outside of those announced.

    Words, and what F3548 may omit, are not there. Of an activity of which nothing is announced
    but where it is off its plan, that is what it announces: the volumes outside are none then.

    Raises:
        ModelError: ``formats.f3548-field`` for a field beside the volumes, or off-nominal volumes
            that are no list.

    """
    if others := value.keys() - _HELD:
        raise ModelError(
            "formats.f3548-field",
            f"the field {ascii(min(others))[:40]} is not known beside F3548's volumes",
            'a file holds {"volumes": [...]} alone; a notice of our own has "kind": "notice"',
        )
    outside = value.get(OFF_NOMINAL) or []
    if not isinstance(outside, list):
        raise ModelError(
            "formats.f3548-field",
            f"{OFF_NOMINAL} is no list",
            "it holds volumes as `volumes` does; leave it out where there are none",
        )
    marks = value.get(MARKS)
    if marks is None:
        marks = {}
    if not isinstance(marks, dict) or marks.keys() - {"status", "exercise"}:
        raise ModelError(
            "formats.f3548-field",
            f"{MARKS} is no object of status and exercise",
            "leave it as it was written, or out where the volumes are of neither",
        )
    volumes = value["volumes"]
    if volumes == [] and outside:
        volumes, outside = outside, []
    return marks | {"kind": Kind.NOTICE.value, "volumes": volumes}, outside


def write_f3548(announcement: Announcement, margin: AltitudeMargin) -> Written:
    """Return a notice's volumes as F3548 has them; ``margin`` is the letter's.

    Raises:
        ModelError: ``formats.nothing-drawn``.

    """
    volumes, losses = drawable_volumes(announcement.message)
    losses[:0] = lost_words(announcement, Format.F3548)
    found = {"volumes": _written(volumes, "volumes", margin, losses)}
    outside, lost = drawable(announcement.off_nominal, OFF_NOMINAL)
    losses += lost
    if outside:
        found[OFF_NOMINAL] = _written(outside, OFF_NOMINAL, margin, losses)
    marked = {MARKS: announcement.marks} if announcement.marks else {}
    return Written(json_file(marked | found), tuple(losses))


def _written(
    volumes: list[tuple[int, Volume4D]], name: str, margin: AltitudeMargin, losses: list[Loss]
) -> list[Fields]:
    found: list[Fields] = []
    for index, volume in volumes:
        path = f"{name}[{index}]"
        inner = _outline(volume, path, losses) | _levels(volume, path, margin, losses)
        found.append({"volume": inner} | _times(volume, path, losses))
    return found


def _outline(volume: Volume4D, path: str, losses: list[Loss]) -> Fields:
    if volume.outline_circle is not None:
        circle = volume.outline_circle
        center = {"lat": circle.center.lat, "lng": circle.center.lon}
        radius = {"value": circle.radius_m, "units": "M"}
        return {"outline_circle": {"center": center, "radius": radius}}
    ring = ring_of(volume)
    if volume.corridor is not None:
        text = f"becomes a polygon of {len(ring.points)} corners that holds it"
        text += ", with its gaps filled" if ring.filled else ""
        losses.append(Loss(f"{path}.corridor", Effect.WIDENED, text))
    vertices = [{"lat": lat, "lng": lon} for lon, lat in ring.points]
    return {"outline_polygon": {"vertices": vertices}}


def _levels(volume: Volume4D, path: str, margin: AltitudeMargin, losses: list[Loss]) -> Fields:
    """Return both levels in metres above WGS 84, outwards of what was meant."""
    band = band_of(volume)
    found: Fields = {}
    for name, level, side in (
        ("altitude_lower", band.lower, 0),
        ("altitude_upper", band.upper, 1),
    ):
        given: Altitude | None = getattr(volume, name)
        if given is None:
            continue  # F3548 allows that: no limit on this side
        field = f"{path}.{name}"
        if level is None:
            text = f"{altitude_text(given)} cannot be compared, so no limit is written"
            losses.append(Loss(field, Effect.WIDENED, text))
            continue
        metres = level.span(margin)[side]
        if level.reference is not Reference.WGS84:
            metres = float(math.ceil(metres) if side else math.floor(metres))
            far = f"{'high' if side else 'low'} as {grouped(metres)} m above WGS 84"
            text = f"{altitude_text(given)} may lie as {far}, which is written"
            losses.append(Loss(field, Effect.WIDENED, text))
        found[name] = {"value": metres, "reference": "W84", "units": "M"}
    return found


def _times(volume: Volume4D, path: str, losses: list[Loss]) -> Fields:
    found: Fields = {}
    for name in ("time_start", "time_end"):
        text: str = getattr(volume, name)
        if not text:
            continue
        try:
            value = format_time(parse_time(text))
        except ModelError as error:
            losses.append(Loss(f"{path}.{name}", Effect.LOST, error.message))
        else:
            found[name] = {"value": value, "format": "RFC3339"}
    return found
