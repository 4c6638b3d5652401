"""Our own form, docs/spec/notice.md: JSON that `hotline send` takes."""

from __future__ import annotations

import msgspec

from hotline.formats.announcement import Announcement, finite_levels
from hotline.formats.carries import words_of
from hotline.formats.drawing import undrawable
from hotline.formats.losses import Effect, Loss, Written
from hotline.model.volume import Volume4D


def write_own(announcement: Announcement) -> Written:
    """Return a notice as a file of our own form; only numbers that are none are left out."""
    losses: list[Loss] = []
    volumes = []
    for index, volume in enumerate(announcement.message.volumes):
        path = f"volumes[{index}]"
        if _finite(volume):
            volumes.append(finite_levels(volume, path, losses))
        else:
            text = undrawable(volume) or "it holds a number that is not finite"
            losses.append(Loss(path, Effect.LOST, text))
    fields = announcement.marks | words_of(announcement) | {"volumes": volumes}
    return Written(json_file(fields), tuple(losses))


INDENTED_BYTES = 100_000
"""A longer file is not for the eye: indented, an outline that may be sent would be too large."""


def json_file(value: object) -> bytes:
    """Return an object as a JSON file with a newline at its end, indented if it is not long."""
    data = msgspec.json.encode(value)
    return (msgspec.json.format(data, indent=2) if len(data) < INDENTED_BYTES else data) + b"\n"


def _finite(volume: Volume4D) -> bool:
    """Say whether an outline's numbers can stand in JSON, which has no NaN and no infinity."""
    numbers = [number for point in volume.points for number in (point.lat, point.lon)]
    if volume.outline_circle is not None:
        numbers.append(volume.outline_circle.radius_m)
    if volume.corridor is not None:
        numbers.append(volume.corridor.width_m)
    return all(abs(number) < float("inf") for number in numbers)
