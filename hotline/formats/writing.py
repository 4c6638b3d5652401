"""One notice into any of the formats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hotline.formats.announcement import Announcement
from hotline.formats.carries import Format
from hotline.formats.cot import write_cot
from hotline.formats.f3548 import write_f3548
from hotline.formats.geojson import write_geojson
from hotline.formats.given import OFF_NOMINAL
from hotline.formats.kml import write_kml
from hotline.formats.losses import Effect, Loss, Written
from hotline.formats.notam import write_notam
from hotline.formats.own import write_own
from hotline.model.letter import AltitudeMargin


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to write: ``drawn`` makes polygons in GeoJSON; ``now_us`` is when an event is made.

    ``margin`` is the letter's: how far heights of different references may lie apart.
    """

    now_us: int
    drawn: bool = False
    margin: AltitudeMargin = field(default_factory=AltitudeMargin)


def write(announcement: Announcement, to: Format, wishes: Wishes) -> Written:
    """Return a notice in a format, and what the format could not carry.

    Raises:
        ModelError: as the writer of the format.

    """
    written = _write(announcement, to, wishes)
    if to in (Format.F3548, Format.COT) or not announcement.off_nominal:
        return written
    text = "where it is outside of its volumes is said by another message, and not written"
    return replace(written, losses=(*written.losses, Loss(OFF_NOMINAL, Effect.LOST, text)))


def _write(announcement: Announcement, to: Format, wishes: Wishes) -> Written:
    match to:
        case Format.JSON:
            return write_own(announcement)
        case Format.GEOJSON:
            return write_geojson(announcement, drawn=wishes.drawn)
        case Format.KML:
            return write_kml(announcement)
        case Format.F3548:
            return write_f3548(announcement, wishes.margin)
        case Format.COT:
            return write_cot(announcement, wishes.margin, wishes.now_us)
    return write_notam(announcement)
