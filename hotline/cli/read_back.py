"""A read-back as an officer says it: asked for in turn on a terminal, or given as options.

Spoken forms are understood (``3415N 03345E``, ``FL180``, ``10:00``); each item is compared with
what was signed as soon as it is said. What was expected is not shown then: an officer who is told
the right answer reads back nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click
import msgspec

from hotline.errors import HotlineError, ModelError, UsageError
from hotline.model.file_forms import message_fields
from hotline.model.messages import Notice, ReadBack, Revision
from hotline.model.readback import compare
from hotline.model.times import format_time, parse_time
from hotline.model.volume import Position

TRIES = 3
_TIMES = "say hours and minutes in UTC, as 10:00 or 1000, or all of it, as 2026-03-01T10:00:00Z"

_SPOKEN = re.compile(
    r"(?P<lat>[0-9]{4}(?:[0-9]{2})?)(?P<ns>[NSns])[ ,/]*"
    r"(?P<lon>[0-9]{5}(?:[0-9]{2})?)(?P<ew>[EWew])"
)
_DECIMAL = re.compile(
    r"(?P<lat>[+-]?[0-9]{1,2}(?:\.[0-9]+)?)[ ,]+(?P<lon>[+-]?[0-9]{1,3}(?:\.[0-9]+)?)"
)
_OF_DAY = re.compile(
    r"(?P<hour>[0-9]{2}):?(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))? ?(?:Z|UTC)?"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to read back: its field, its option, the question for it."""

    field: str
    option: str
    question: str


ITEMS = (
    Item("position", "--read-back-position", "a position in the area"),
    Item("time_start", "--read-back-start", "earliest start, UTC"),
    Item("time_end", "--read-back-end", "latest end, UTC"),
    Item("altitude_lower", "--read-back-lower", "lowest level"),
    Item("altitude_upper", "--read-back-upper", "highest level"),
)


def position_of(text: str) -> Position:
    """Return the position in ``341530N 0334500E``, ``3415N 03345E`` or ``34.2583 33.75``.

    Raises ModelError (``model.bad-position``).
    """
    text = text.strip()
    if (match := _SPOKEN.fullmatch(text)) is not None:
        lat = _degrees(match["lat"], 2) * (-1 if match["ns"] in "Ss" else 1)
        lon = _degrees(match["lon"], 3) * (-1 if match["ew"] in "Ww" else 1)
    elif (match := _DECIMAL.fullmatch(text)) is not None:
        lat, lon = float(match["lat"]), float(match["lon"])
    else:
        raise _bad_position(text)
    if abs(lat) > 90 or abs(lon) > 180:
        raise _bad_position(text)
    return Position(lat, lon)


def time_of(text: str, near_us: int) -> str:
    """Return a time as RFC 3339; ``10:00``, ``10:00:15``, ``1000Z`` is the nearest one.

    ``near_us`` is the moment that it should be near. Raises ModelError.
    """
    match = _OF_DAY.fullmatch(text.strip())
    if match is None:
        try:
            return format_time(parse_time(text.strip()))
        except ModelError as error:
            raise ModelError(error.code, error.message, _TIMES) from None
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise ModelError("model.bad-time", f"{text!r} is not a time of day", _TIMES)
    near = datetime.fromtimestamp(near_us / 1e6, UTC)
    that_day = near.replace(hour=hour, minute=minute, second=second, microsecond=0)
    candidates = [that_day + timedelta(days=days) for days in (-1, 0, 1)]
    nearest = min(candidates, key=lambda moment: abs(moment - near))
    return format_time(int(nearest.timestamp()) * 1_000_000)


def value_of(item: Item, text: str, notice: Notice | Revision) -> object:
    """Return what was said of one item, in the form of a file. Raises ModelError."""
    if item.field == "position":
        return msgspec.to_builtins(position_of(text))
    if item.field.startswith("time_"):
        moments = [
            moment
            for volume in notice.volumes
            if (moment := volume.start_us if item.field == "time_start" else volume.end_us)
        ]
        return time_of(text, min(moments, default=0))
    # The one field of a message that is an altitude and nothing else.
    return message_fields({"altitude": text.strip()}, 0)["altitude"]


def differs(item: Item, value: object, notice: Notice | Revision) -> bool:
    """Say whether one item is read back otherwise than it was sent."""
    said = msgspec.convert({item.field: value}, ReadBack)
    return any(difference.field == item.field for difference in compare(said, notice))


def read_back(
    notice: Notice | Revision,
    given: dict[str, str],
    place: str,
    ask: Callable[[str], str] | None,
) -> dict[str, object]:
    """Return the read-back for a reply, in the form of a file.

    ``given`` maps fields to what the options said; ``ask`` puts one question to the officer and
    is None where nobody can be asked. Raises UsageError when an item is missing, or is not what
    was sent after as many tries as an officer has.
    """
    said: dict[str, object] = {"place": place} if place else {}
    missing = [item.option for item in ITEMS if item.field not in given]
    if ask is None and missing:
        raise UsageError(
            "cli.read-back-needed",
            "a notice is accepted by reading back area, times and levels, and nobody can be asked",
            f"give {', '.join(missing)}",
        )
    for item in ITEMS:
        text = given.get(item.field)
        if text is not None or ask is None:
            value = value_of(item, text or "", notice)
            if differs(item, value, notice):
                raise _different(item)
            said[item.field] = value
        else:
            said[item.field] = _asked(item, notice, ask)
    return said


def _asked(item: Item, notice: Notice | Revision, ask: Callable[[str], str]) -> object:
    understood = False
    for _ in range(TRIES):
        try:
            value = value_of(item, ask(item.question), notice)
        except HotlineError as error:
            click.echo(f"  {error.message}\n  {error.hint}", err=True)
            continue
        understood = True
        if not differs(item, value, notice):
            return value
        click.echo("  that is not what was sent; look at the notice again", err=True)
    if understood:
        raise _different(item)
    raise UsageError(
        "cli.read-back-unreadable",
        f"nothing readable was said of the {_name(item)}, so nothing was answered",
        "run the command again; docs/howto/commands.md shows how positions, times and levels are "
        "written",
    )


def _different(item: Item) -> UsageError:
    name = _name(item)
    return UsageError(
        f"model.read-back-{name}",
        f"the {name} that was read back is not what was sent, so nothing was answered",
        "`hotline show` shows the notice; when in doubt, answer stand-by and use the voice line",
    )


def _name(item: Item) -> str:
    return item.option.removeprefix("--read-back-")


def _degrees(digits: str, whole: int) -> float:
    minutes, seconds = int(digits[whole : whole + 2]), int(digits[whole + 2 :] or 0)
    if minutes > 59 or seconds > 59:
        raise _bad_position(digits)
    return int(digits[:whole]) + minutes / 60 + seconds / 3600


def _bad_position(text: str) -> ModelError:
    return ModelError(
        "model.bad-position",
        f"{text!r} is not a position",
        "write 341530N 0334500E, 3415N 03345E, or degrees as 34.2583 33.75",
    )
