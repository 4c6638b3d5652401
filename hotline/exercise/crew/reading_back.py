"""How a simulated officer reads back: as it was signed, or with one thing wrong."""

from __future__ import annotations

from typing import Any

import msgspec

from hotline.exercise.crew.dice import Dice
from hotline.model.kinds import Unit
from hotline.model.messages import Message, Notice, ReadBack, Revision
from hotline.model.readback import Difference, compare, read_back_of
from hotline.model.times import SECOND_US, format_time, time_or_none
from hotline.model.volume import Altitude, Position
from hotline.model.volume_rules import levels_problems, period_problems

HOUR_US = 3600 * SECOND_US
FIELDS = ("level", "time", "place")
"""What is misread: another level, an hour too late, a degree off."""


def right(notice: Notice | Revision) -> ReadBack:
    """Return the read-back of what was signed."""
    return read_back_of(notice)


def misread(notice: Notice | Revision, dice: Dice, key: str) -> tuple[ReadBack, str]:
    """Return a plausible wrong read-back, and which of `FIELDS` is wrong in it.

    What a notice lacks cannot be misread: then the next field is.
    """
    said = read_back_of(notice)
    first = int(dice.unit(key, "misread") * len(FIELDS))
    for field in FIELDS[first:] + FIELDS[:first]:
        wrong = _with_wrong(said, field, dice.unit(key, "misread", field))
        if wrong is not None and is_misread(wrong, notice):
            return wrong, field
    return said, ""


def feet_for_metres(notice: Notice | Revision) -> ReadBack:
    """Return a read-back with the figures of the levels in the other unit."""
    said = read_back_of(notice)
    return msgspec.structs.replace(
        said,
        altitude_lower=_other_unit(said.altitude_lower),
        altitude_upper=_other_unit(said.altitude_upper),
    )


def differences(notice: Message | None, fields: dict[str, Any] | None) -> list[Difference]:
    """Return what a reply of the peer reads back otherwise than this centre signed it."""
    if fields is None or not isinstance(notice, Notice | Revision):
        return []
    try:
        return compare(msgspec.convert(fields, ReadBack), notice)
    except msgspec.ValidationError:
        return []


def is_misread(said: ReadBack, notice: Notice | Revision) -> bool:
    """Say whether a read-back differs from what was signed, and can be sent all the same."""
    lower, upper = said.altitude_lower, said.altitude_upper
    broken = [
        *levels_problems(lower, upper, ""),
        *period_problems(said.time_start, said.time_end, ""),
    ]
    return not broken and bool(compare(said, notice))


def _with_wrong(said: ReadBack, field: str, unit: float) -> ReadBack | None:
    """Return a read-back with one field wrong: of times both or the end, of levels likewise."""
    both = unit < 0.5
    if field == "time":
        start_us, end_us = time_or_none(said.time_start), time_or_none(said.time_end)
        if start_us is None or end_us is None:
            return None
        start_us += HOUR_US if both else 0
        return msgspec.structs.replace(
            said, time_start=format_time(start_us), time_end=format_time(end_us + HOUR_US)
        )
    if field == "place":
        if said.position is None:
            return None
        north = 1.0 if said.position.lat < 0 else -1.0  # towards the equator: always on the globe
        there = Position(said.position.lat + north, said.position.lon)
        return msgspec.structs.replace(said, position=there)
    lower, upper = said.altitude_lower, said.altitude_upper
    if lower is None or upper is None:
        return None
    return msgspec.structs.replace(
        said, altitude_lower=_higher(lower) if both else lower, altitude_upper=_higher(upper)
    )


def _higher(level: Altitude) -> Altitude:
    by = {Unit.FLIGHT_LEVEL.value: 100.0, Unit.METRES.value: 1000.0}.get(level.unit, 3000.0)
    return msgspec.structs.replace(level, value=level.value + by)


def _other_unit(level: Altitude | None) -> Altitude | None:
    if level is None or level.unit not in set(Unit):
        return level
    if level.unit == Unit.METRES:
        return msgspec.structs.replace(level, unit=Unit.FEET.value)
    hundreds = 100.0 if level.unit == Unit.FLIGHT_LEVEL else 1.0
    return msgspec.structs.replace(level, value=level.value * hundreds, unit=Unit.METRES.value)
