"""What each format carries: the table of docs/spec/formats.md, and what follows from it.

Of a notice's own words a format keeps each one or loses it. Outlines, levels and times depend on
what they hold: the writers say what became of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from hotline.formats.announcement import Announcement
from hotline.formats.losses import Effect, Loss
from hotline.model.kinds import Kind


class Format(StrEnum):
    """A format that a notice can be written in; only the first four can be read."""

    JSON = "json"
    GEOJSON = "geojson"
    KML = "kml"
    F3548 = "f3548"
    COT = "cot"
    NOTAM = "notam"


WORDS: Final = (
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
)
"""The fields of a notice or revision beside its volumes."""

_EVERYTHING: Final = frozenset(WORDS)

CARRIED: Final[dict[Format, frozenset[str]]] = {
    Format.JSON: _EVERYTHING,
    Format.GEOJSON: _EVERYTHING,
    Format.KML: _EVERYTHING,
    Format.F3548: frozenset(),
    Format.COT: frozenset(
        {"reference", "number", "title", "activity", "remarks", "contact", "precedence"}
    ),
    Format.NOTAM: frozenset(
        {"kind", "reference", "number", "title", "activity", "remarks", "contact", "reason"}
    ),
}
"""Which of the `WORDS` stand in a file of each format, so that they can be read from it."""


def words_of(announcement: Announcement) -> dict[str, object]:
    """Return the fields beside the volumes as a file of our own form gives them, but empty ones."""
    message = announcement.message
    found: dict[str, object] = {
        "kind": announcement.kind.value,
        "precedence": announcement.precedence.name,
    }
    for name in WORDS[2:]:
        value = getattr(message, name, None)
        if value:
            found[name] = value
    return found


def lost_words(announcement: Announcement, to: Format) -> Iterator[Loss]:
    """Yield the fields beside the volumes that a format has no place for."""
    said = words_of(announcement)
    for name in WORDS:
        if name not in said or name in CARRIED[to]:
            continue
        if name == "kind" and said[name] == Kind.NOTICE:
            continue  # to be a notice is what is meant where nothing is said
        yield Loss(name, Effect.LOST, "the format has no place for it")
