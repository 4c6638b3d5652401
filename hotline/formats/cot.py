"""Cursor-on-Target 2.0: one event a volume, for the maps of the TAK family.

An area is a marker with a ``shape``: ATAK removes a marker with its shape when it is stale, while
a drawing (``u-d-f``) stays on the map for ever. The uid is made of centre, reference and number
of the volume, so a revision replaces what was there, and a removal names it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from hotline.airspace.levels import band_of
from hotline.airspace.periods import bounded, period_of
from hotline.errors import ModelError
from hotline.formats.announcement import Announcement, drawable, drawable_volumes
from hotline.formats.carries import Format, lost_words
from hotline.formats.drawing import centre_of, ring_of
from hotline.formats.given import OFF_NOMINAL
from hotline.formats.losses import Effect, Loss, Written
from hotline.formats.safe_xml import xml_text
from hotline.model.kinds import Status
from hotline.model.letter import AltitudeMargin
from hotline.model.lifecycle import RUNNING
from hotline.model.messages import Revision
from hotline.model.phrasing import altitude_text, time_text
from hotline.model.times import SECOND_US, format_time
from hotline.model.volume import Volume4D

AREA: Final = "a-u-A"
"""Type of what is drawn: a marker, of which no side is claimed, in the air."""
DELETE: Final = "t-x-d-d"
UNKNOWN: Final = "9999999.0"
OPEN_END_US: Final = 24 * 3600 * SECOND_US
"""Without an end, and where something flies, an area is shown so long, after its end or from now
on; whoever feeds a server says it again before, and removes it when its end is said."""

_OPEX: Final = {Status.ACTUAL: "o", Status.EXERCISE: "e", Status.TEST: "s"}
_HOW: Final = "h-g-i-g-o"  # estimated by a person: the area is announced, not measured


@dataclass(frozen=True, slots=True)
class AreaEvent:
    """One area on the maps: its uid, the moment it leaves them by itself, and the event."""

    uid: str
    stale_us: int
    data: bytes


def write_cot(announcement: Announcement, margin: AltitudeMargin, now_us: int) -> Written:
    """Return the events of a notice, one a line, as a TAK server takes them.

    Raises:
        ModelError: as `area_events`.

    """
    events, losses = area_events(announcement, margin, now_us)
    return Written(b"".join(event.data for event in events), tuple(losses))


def area_events(
    announcement: Announcement,
    margin: AltitudeMargin,
    now_us: int,
    *,
    life: str = "",
    name: str = "",
) -> tuple[list[AreaEvent], list[Loss]]:
    """Return the event of each volume, and what is not in them.

    ``life`` is where the notice is in its life, as far as that is known. What flies is shown until
    it is said to have ended: its end is put off (`OPEN_END_US`), for it may overrun. So is where
    it is outside of its volumes, from now on: that is where it flies. ``name`` is in the uids
    instead of its reference, where another notice has that one.

    Raises:
        ModelError: ``formats.nothing-drawn``; ``formats.no-reference``, ``formats.no-centre`` or
            ``formats.no-status`` where that is not known, since two areas must never get one uid
            and an exercise must never look real.

    """
    announced, losses = drawable(announcement.message.volumes, "volumes")
    outside, lost = drawable(announcement.off_nominal, OFF_NOMINAL)
    if not announced and not outside:
        # It is refused with the reason.
        drawable_volumes(announcement.message)
    losses[:0] = lost_words(announcement, Format.COT)
    losses += lost
    check_identified(announcement)
    reference = name or announcement.message.reference
    count = len(announcement.message.volumes)
    events: list[AreaEvent] = []
    for index, volume, field in (
        *((index, volume, f"volumes[{index}]") for index, volume in announced),
        *((count + index, volume, f"{OFF_NOMINAL}[{index}]") for index, volume in outside),
    ):
        runs, is_outside = life in RUNNING, index >= count
        uid = uid_of(announcement.centre, reference, index)
        if is_outside:
            uid = uid_of(announcement.centre, reference, index - count, "outside.")
        shown = _shown(volume, now_us, runs=runs or is_outside)
        event = _area(announcement, volume, index, uid, margin, now_us, shown)
        if is_outside:
            _remark(event, "here it is OUTSIDE OF WHAT WAS ANNOUNCED")
        if runs:
            _remark(event, f"{life}: shown until its end is said")
        losses += _what_is_lost(volume, field)
        events.append(AreaEvent(uid, shown[1], _bytes(event)))
    return events, losses


def _remark(event: Element, text: str) -> None:
    """Add a line to the remarks of an event."""
    remarks = event.find("detail/remarks")
    assert remarks is not None  # noqa: S101 - `_area` has made it
    remarks.text = f"{remarks.text}\n{text}"


def check_identified(announcement: Announcement) -> None:
    """Refuse what cannot be told from other notices, or not from what is real.

    Raises:
        ModelError: ``formats.no-reference``, ``formats.no-centre``, ``formats.no-status``.

    """
    if not announcement.message.reference:
        raise ModelError(
            "formats.no-reference",
            "the notice has no reference, so a revision could not replace it",
            "give it with --reference, or convert a notice that was sent",
        )
    if not announcement.centre:
        raise ModelError(
            "formats.no-centre",
            "nothing says whose notice this is",
            "give the centre's id with --centre, or convert a notice that was sent",
        )
    if announcement.status is None:
        raise ModelError(
            "formats.no-status",
            "nothing says whether this is actual, an exercise or a test",
            "give it with --status, or convert a notice that was sent",
        )


def uid_of(centre: str, reference: str, index: int, which: str = "") -> str:
    """Return the uid of a volume, numbered from 0; the same for every revision.

    ``which`` stands before the number of those that are not the announced ones.
    """
    plain = re.sub(r"[^A-Za-z0-9-]", "_", reference)
    return f"hotline.{centre}.{plain}.{which}{index + 1}"


def removal_event(uid: str, now_us: int) -> bytes:
    """Return the event that takes an area off the maps at once."""
    event = _event(f"{uid}.delete", DELETE, now_us, now_us, now_us, "")
    event.set("how", "m-g")
    SubElement(event, "point", {"lat": "0.0", "lon": "0.0"} | dict.fromkeys(_POINT, UNKNOWN))
    detail = SubElement(event, "detail")
    SubElement(detail, "link", {"uid": uid, "relation": "none", "type": "none"})
    SubElement(detail, "__forcedelete")
    return _bytes(event)


_POINT: Final = ("hae", "ce", "le")


def _event(uid: str, type_: str, now_us: int, start_us: int, stale_us: int, opex: str) -> Element:
    times = {"time": now_us, "start": start_us, "stale": stale_us}
    said = {name: _time(moment) for name, moment in times.items()}
    event = Element("event", {"version": "2.0", "uid": uid, "type": type_, "how": _HOW} | said)
    if opex:
        event.set("opex", opex)
    return event


def _area(
    announcement: Announcement,
    volume: Volume4D,
    index: int,
    uid: str,
    margin: AltitudeMargin,
    now_us: int,
    shown: tuple[int, int],
) -> Element:
    assert announcement.status is not None  # noqa: S101 - check_identified has seen to it
    opex = _OPEX[announcement.status]
    event = _event(uid, AREA, now_us, *shown, opex)
    low, high = band_of(volume).span(margin)
    known = math.isfinite(low) and math.isfinite(high)
    ring = ring_of(volume).points
    middle, reach = centre_of(ring)
    if volume.outline_circle is not None:
        circle = volume.outline_circle
        middle, reach = (circle.center.lon, circle.center.lat), circle.radius_m
    point = {"lat": f"{middle[1]:.7f}", "lon": f"{middle[0]:.7f}", "ce": f"{reach:.1f}"}
    point["hae"] = f"{(low + high) / 2:.1f}" if known else UNKNOWN
    point["le"] = f"{(high - low) / 2:.1f}" if known else UNKNOWN
    SubElement(event, "point", point)
    detail = SubElement(event, "detail")
    callsign = xml_text(announcement.heading) + _number(announcement, index)
    SubElement(detail, "contact", {"callsign": callsign})
    shape = SubElement(detail, "shape")
    if volume.outline_circle is not None:
        axes = f"{volume.outline_circle.radius_m:.1f}"
        SubElement(shape, "ellipse", {"major": axes, "minor": axes, "angle": "360"})
    else:
        polyline = SubElement(shape, "polyline", {"closed": "true"})
        hae = point["hae"] if known else "0.0"
        for lon, lat in (*ring, ring[0]):
            SubElement(polyline, "vertex", {"lat": f"{lat:.7f}", "lon": f"{lon:.7f}", "hae": hae})
    SubElement(detail, "remarks").text = xml_text(_remarks(announcement, volume))
    return event


def _number(announcement: Announcement, index: int) -> str:
    """Return which of the volumes it is, where there are several: those outside come last."""
    count, outside = len(announcement.message.volumes), len(announcement.off_nominal)
    if index >= count:
        return f" OUTSIDE {index - count + 1}" if outside > 1 else " OUTSIDE"
    return f" {index + 1}" if count > 1 else ""


def _shown(volume: Volume4D, now_us: int, *, runs: bool) -> tuple[int, int]:
    """Return from when and until when an area is shown; what ``runs`` from now at the latest."""
    period = period_of(volume)
    start_us, end_us = bounded(period.start_us), bounded(period.end_us)
    start_us = now_us if start_us is None else start_us
    if runs:
        return min(start_us, now_us), max(now_us, end_us or now_us) + OPEN_END_US
    return start_us, max(now_us, start_us) + OPEN_END_US if end_us is None else end_us


def _remarks(announcement: Announcement, volume: Volume4D) -> str:
    """Return what a map cannot show: status, words, and the levels as announced."""
    message = announcement.message
    traffic = announcement.traffic
    low, high = (
        "not given" if altitude is None else altitude_text(altitude)
        for altitude in (volume.altitude_lower, volume.altitude_upper)
    )
    start, end = (
        time_text(text) if text else "not given" for text in (volume.time_start, volume.time_end)
    )
    revision = f", revision {message.number}" if isinstance(message, Revision) else ""
    lines = [
        traffic and f"{str(announcement.status).upper()} ONLY",
        traffic if announcement.exercise else "",
        f"{message.reference}{revision} of {announcement.centre}, {announcement.precedence.name}",
        f"{message.activity}: {message.title}",
        f"{low} to {high}",
        f"{start} to {end}",
        message.remarks,
        f"contact: {message.contact}" if message.contact else "",
    ]
    return "\n".join(line for line in lines if line)


def _what_is_lost(volume: Volume4D, path: str) -> list[Loss]:
    losses = []
    if volume.corridor is not None:
        text = "is drawn as a polygon that holds it"
        losses.append(Loss(f"{path}.corridor", Effect.WIDENED, text))
    for name in ("altitude_lower", "altitude_upper"):
        if getattr(volume, name) is not None:
            text = "stands in the remarks; the shape has one height for all, by the margins"
            losses.append(Loss(f"{path}.{name}", Effect.APPROXIMATE, text))
    period = period_of(volume)
    for name, moment_us, instead in (
        ("time_start", period.start_us, "the area is shown from now on"),
        ("time_end", period.end_us, "the area is shown for 24 hours"),
    ):
        if bounded(moment_us) is None:
            losses.append(Loss(f"{path}.{name}", Effect.APPROXIMATE, f"is not known: {instead}"))
    return losses


def _time(moment_us: int) -> str:
    """Return a time in milliseconds, as TAK writes it."""
    seconds, _, fraction = format_time(moment_us).removesuffix("Z").partition(".")
    return f"{seconds}.{fraction:0<3.3}Z"


def _bytes(event: Element) -> bytes:
    written: bytes = tostring(event, "utf-8")
    return written.replace(b"\n", b"&#10;") + b"\n"
