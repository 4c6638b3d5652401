"""What whoever converts a file says beside it: maps know no levels, and few know times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hotline.errors import UsageError
from hotline.model.file_forms import Fields
from hotline.model.problem import Problem, RulesBroken
from hotline.model.times import shorten

OFF_NOMINAL: Final = "off_nominal_volumes"
"""F3548's field for where an activity flies outside of what was announced."""
# A hyphen between two levels follows a letter or a digit; a sign does not.
_BETWEEN: Final = re.compile(r" to |\.\.|\u2013|(?<=[0-9A-Za-z]) ?-")


@dataclass(frozen=True, slots=True)
class Given:
    """Fields in the short forms of docs/spec/notice.md; empty ones are not given.

    Words (``title`` to ``contact``) replace those of the file; levels and times only fill in what
    it leaves out. ``width_m`` makes corridors of the lines of a KML file, ``radius_m`` circles of
    its points.
    """

    reference: str = ""
    precedence: str = ""
    title: str = ""
    activity: str = ""
    remarks: str = ""
    contact: str = ""
    lower: str = ""
    upper: str = ""
    start: str = ""
    end: str = ""
    width_m: float | None = None
    radius_m: float | None = None

    def added_to(self, fields: Fields) -> Fields:
        """Return a message's fields with what is given."""
        found = dict(fields)
        for name in ("reference", "precedence", "title", "activity", "remarks", "contact"):
            if text := getattr(self, name):
                found[name] = text
        volumes = found.get("volumes")
        if isinstance(volumes, list):
            found["volumes"] = list(self.added_to_each(volumes))
        return found

    def added_to_each(self, volumes: Sequence[object]) -> tuple[object, ...]:
        """Return volumes with the levels and times that they leave out."""
        return tuple(self._with_limits(volume) for volume in volumes)

    def _with_limits(self, volume: object) -> object:
        if not isinstance(volume, dict):
            return volume
        limits = {
            "altitude_lower": self.lower,
            "altitude_upper": self.upper,
            "time_start": self.start,
            "time_end": self.end,
        }
        inner = volume.get("volume")
        held = {**inner, **volume} if isinstance(inner, dict) else volume
        missing = {name: text for name, text in limits.items() if text and not held.get(name)}
        return volume | missing


def split_levels(text: str) -> tuple[str, str]:
    """Return the lower and the upper level in ``FL180-FL200`` or ``ground to 2500 ft msl``.

    Raises:
        UsageError: ``formats.bad-levels`` when these are not two levels.

    """
    parts = [part.strip() for part in _BETWEEN.split(text, maxsplit=1)]
    if len(parts) != 2 or not all(parts):
        raise UsageError(
            "formats.bad-levels",
            f"{shorten(text)} is not a lower and an upper level",
            "write FL180-FL200, or 'ground to 2500 ft msl'",
        )
    return parts[0], parts[1]


_LIMITS: Final = ("altitude_lower", "altitude_upper", "time_start", "time_end")
_OPTIONS: Final = {
    "title": "--title TEXT",
    "activity": "--activity patrol",
    "altitude_lower": "--levels FL180-FL200",
    "altitude_upper": "--levels FL180-FL200",
    "time_start": "--from 2026-03-01T10:00:00Z",
    "time_end": "--until 2026-03-01T12:00:00Z",
}


def check_complete(fields: Fields, name: str) -> None:
    """Refuse a message that a map left incomplete, saying which option of `convert` adds what.

    ``name`` is the format's.

    Raises:
        RulesBroken: with ``formats.missing`` for each field that is not there.

    """
    missing = [field for field in ("title", "activity") if not fields.get(field)]
    for path, volume in _volumes_in(fields):
        if isinstance(volume, dict):
            inner = volume.get("volume")
            held = {**inner, **volume} if isinstance(inner, dict) else volume
            missing += [f"{path}.{limit}" for limit in _LIMITS if not held.get(limit)]
    if missing:
        raise RulesBroken(
            [
                Problem(
                    "formats.missing",
                    field,
                    f"is not said in this {name} file",
                    "`hotline airspace convert FILE --to json "
                    f"{_OPTIONS[field.rpartition('.')[2]]}` adds it",
                )
                for field in missing
            ]
        )


def _volumes_in(fields: Fields) -> Iterator[tuple[str, object]]:
    """Yield each volume with its path, those outside of what was announced too."""
    for name in ("volumes", OFF_NOMINAL):
        volumes = fields.get(name)
        for index, volume in enumerate(volumes if isinstance(volumes, list) else []):
            yield f"{name}[{index}]", volume
