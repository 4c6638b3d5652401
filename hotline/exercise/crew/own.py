"""Documents of a crew's own notices: moved in time, or made wrong on purpose. Pure."""

from __future__ import annotations

import math
from typing import Any

from hotline.errors import ModelError
from hotline.exercise.crew.mistakes import Mistake
from hotline.exercise.traffic.places import nearest, opposite
from hotline.exercise.traffic.plane import Middle
from hotline.exercise.traffic.words import LANGUAGES, Where
from hotline.model.kinds import Kind
from hotline.model.messages import Notice, Revision
from hotline.model.reading import read_object
from hotline.model.times import SECOND_US, format_time, time_or_none
from hotline.model.volume import Volume4D

Document = dict[str, Any]

LATE_WARNING = "+1m"
"""How far ahead the notices of a crew begin that gives its notices late."""
FARTHEST_KM = 180.0
"""No direction is told from farther than this."""
MAX_TITLE = 120
_MOVED_FIELDS = ("time_start", "time_end")


def shifted(volumes: list[Document], by_us: int) -> list[Document]:
    """Return volumes, as payloads have them, so many microseconds later."""
    found = []
    for volume in volumes:
        moved = dict(volume)
        for name in _MOVED_FIELDS:
            moment_us = time_or_none(volume.get(name, ""))
            if moment_us is not None:
                moved[name] = format_time(moment_us + by_us)
        found.append(moved)
    return found


def first_start_us(volumes: list[Document]) -> int | None:
    """Return the first start of volumes, None where one is open."""
    starts = [time_or_none(volume.get("time_start", "")) for volume in volumes]
    known = [start for start in starts if start is not None]
    return min(known) if known and len(known) == len(starts) else None


def revision_of(
    message: Document, reference: str, volumes: list[Document], reason: str
) -> Document:
    """Return the revision of a notice (as a view has its content) with other volumes."""
    kept = {name: message[name] for name in ("title", "activity", "remarks", "contact")
            if message.get(name)}  # fmt: skip
    return {
        "kind": Kind.REVISION.value,
        "reference": reference,
        **kept,
        "volumes": volumes,
        "reason": reason,
    }


def spoiled(
    document: Document, mistakes: frozenset[Mistake], language: str
) -> tuple[Document, str]:
    """Return a notice as a crew with these mistakes announces it, and which of them are in it."""
    made: list[Mistake] = []
    if document.get("kind") != Kind.NOTICE.value:
        return document, ""
    if Mistake.LATE_NOTICE in mistakes and isinstance(document.get("volumes"), list):
        volumes = [{**volume, "time_start": LATE_WARNING} for volume in document["volumes"]]
        document = {**document, "volumes": volumes}
        made.append(Mistake.LATE_NOTICE)
    if Mistake.WRONG_DIRECTION in mistakes:
        title = _wrong_title(document, language)
        if title:
            document = {**document, "title": title}
            made.append(Mistake.WRONG_DIRECTION)
    return document, ", ".join(made)


def _wrong_title(document: Document, language: str) -> str:
    """Return the title with the opposite of where the first area lies, empty where none is."""
    try:
        message = read_object(document, SECOND_US).message
    except ModelError:
        return ""
    if not isinstance(message, Notice | Revision) or not message.volumes:
        return ""
    middle, reach_km = _extent(message.volumes[0])
    place = None if middle is None else nearest(middle, 1.5 * reach_km + 10.0, FARTHEST_KM)
    if middle is None or place is None:
        return ""
    right = place.direction_of(middle)
    spoken = language if language in LANGUAGES else "en"
    wrong = Where(place, opposite(right)).text(spoken)
    for tag in LANGUAGES:
        said = Where(place, right).text(tag)
        if said in message.title:
            return message.title.replace(said, wrong)[:MAX_TITLE]
    return f"{message.title}, {wrong}"[:MAX_TITLE]


def _extent(volume: Volume4D) -> tuple[Middle | None, float]:
    """Return the middle of an outline, and how many kilometres it reaches from there."""
    points = volume.points
    if not points:
        return None, 0.0
    middle = Middle(
        sum(point.lat for point in points) / len(points),
        sum(point.lon for point in points) / len(points),
    )
    reach_km = max(math.hypot(*middle.seen_from(point.lat, point.lon)) for point in points)
    if volume.outline_circle is not None:
        reach_km += volume.outline_circle.radius_m / 1000
    if volume.corridor is not None:
        reach_km += volume.corridor.width_m / 2000
    return middle, reach_km
