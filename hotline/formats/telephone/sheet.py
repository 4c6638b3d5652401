"""What can be spoken of a message: rounded where it has to be, and what is left out by name.

Limits are rounded outwards, so that what is read holds what was signed; positions to the nearest
second, and the sheet says within how many metres they are then. What cannot be put that way, as
what breaks the rules of a message, is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Final, NoReturn

import msgspec

from hotline.errors import ModelError
from hotline.formats.telephone import wording
from hotline.model.kinds import Activity, Answer, Precedence, Status
from hotline.model.letter_rules import CENTRE_ID
from hotline.model.messages import (
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Notice,
    ReadBack,
    Reply,
    Revision,
    Service,
    phrases_of,
)
from hotline.model.rules import is_reference
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

MAX_POINTS: Final = 60
"""Points of all areas that are read one by one: they take about ten minutes."""
MAX_AREAS: Final = 20
ID_DIGITS: Final = 8
"""Signs of a message's id that are read: 32 bits, to be told from all others."""
LIMITS: Final = {
    "title": 240,
    "subject": 240,
    "place": 240,
    "text": 400,
    "phrase": 400,
    "reason": 400,
    "remarks": 400,
    "contact": 120,
    "officer": 80,
    "operator": 80,
}
"""Characters of each text that are read; one that is longer is left out as a whole."""

WithAreas = Notice | Revision | Nonconformance | Contingency
AtATime = Activation | End | Nonconformance | Contingency
_WITHOUT_REFERENCE: Final = (Advisory, LineCheck, Service)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A message as it is read out, with what stands around it.

    ``message`` has only what can be spoken, in canonical form: its texts in capitals, an empty one
    where ``unread`` names the field. ``id`` are the first 8 signs of the signed message's id, and
    ``rounded`` says that positions were rounded to whole seconds.
    """

    status: Status
    sender: str
    recipient: str
    precedence: Precedence
    message: Message
    id: str
    unread: frozenset[str] = field(default=frozenset())
    rounded: bool = False


def sheet_of(
    message: Message,
    *,
    status: Status,
    sender: str,
    recipient: str,
    precedence: Precedence,
    id_: bytes,
) -> Sheet:
    """Return what can be spoken of a message whose id is ``id_`` (32 bytes).

    Raises ModelError: ``formats.not-read-out`` for what breaks the rules of the model, or was
    composed by a node; ``formats.too-long-to-read`` for more points or areas than anybody reads.
    """
    if not (CENTRE_ID.fullmatch(sender) and CENTRE_ID.fullmatch(recipient)):
        _refuse("one of its centres has no proper name")
    try:
        spoken, unread, rounded = _Speaking().message(message)
    except ValueError as error:
        _refuse(str(error))
    digits = id_.hex()[:ID_DIGITS]
    return Sheet(status, sender, recipient, precedence, spoken, digits, unread, rounded)


class _Speaking:
    """Makes one message's fields canonical, and keeps what was left out or rounded."""

    def __init__(self) -> None:
        self._unread: set[str] = set()
        self._rounded = False
        self._points = 0

    def message(self, message: Message) -> tuple[Message, frozenset[str], bool]:
        spoken = self._spoken(message)
        return spoken, frozenset(self._unread), self._rounded

    def _spoken(self, message: Message) -> Message:
        if isinstance(message, Conflict):
            raise ValueError("a node computed it, and the other node computes it too")
        if isinstance(message, Service):
            # Who speaks is one item.
            name = message.officer or message.operator
            message = msgspec.structs.replace(message, officer=name, operator="")
        changes = self._texts(message)
        reference = getattr(message, "reference", "")
        if not isinstance(message, _WITHOUT_REFERENCE) and not (
            is_reference(reference) or (isinstance(message, Reply) and not reference)
        ):
            raise ValueError("its reference has other signs than A to Z, 0 to 9 and -")
        _check_phrases(message)
        if isinstance(message, Notice | Revision):
            _listed(message.activity, Activity, "its activity is none that is listed")
            if not message.title:
                self._unread.add("title")
        if isinstance(message, Revision) and not 0 < message.number <= 1_000_000:
            raise ValueError("a revision has no number")
        if isinstance(message, WithAreas):
            changes["volumes"] = self._volumes(message.volumes)
        if isinstance(message, Notice | Revision) and not message.volumes:
            raise ValueError("it has no area")
        if isinstance(message, AtATime):
            changes["at"] = _time(message.at, 0)
        if isinstance(message, Advisory):
            changes |= self._advisory(message)
        if isinstance(message, Reply):
            changes |= self._reply(message)
        return msgspec.structs.replace(message, **changes)

    def _texts(self, said: Message | ReadBack) -> dict[str, object]:
        spoken: dict[str, object] = {}
        for name, limit in LIMITS.items():
            text = getattr(said, name, "")
            if text and (words := wording.say_text(text, limit)) is None:
                self._unread.add(name)
                words = ""
            if text:
                spoken[name] = words
        return spoken

    def _advisory(self, message: Advisory) -> dict[str, object]:
        changes: dict[str, object] = {}
        if message.position is not None:
            changes["position"] = self._position(message.position)
        if message.altitude is not None:
            changes["altitude"] = _altitude(message.altitude, 0)
        if message.track_deg is not None:
            changes["track_deg"] = _whole(message.track_deg, 360, "a track")
        if message.speed_kt is not None:
            changes["speed_kt"] = _whole(message.speed_kt, 10_000, "a speed")
        return changes

    def _reply(self, message: Reply) -> dict[str, object]:
        _listed(message.answer, Answer, "its answer is none that is listed")
        digits = message.to[:ID_DIGITS]
        if len(message.to) < ID_DIGITS or not set(digits) <= set("0123456789abcdef"):
            raise ValueError("it does not say which message it answers")
        changes: dict[str, object] = {"to": digits, "proposal": self._volumes(message.proposal)}
        back = message.read_back
        if back is not None:
            if back.position is None or None in (back.altitude_lower, back.altitude_upper):
                raise ValueError("its read-back lacks a position or a level")
            assert back.altitude_lower is not None  # noqa: S101 - as just seen
            assert back.altitude_upper is not None  # noqa: S101 - as just seen
            changes["read_back"] = msgspec.structs.replace(
                back,
                position=self._position(back.position),
                altitude_lower=_altitude(back.altitude_lower, -1),
                altitude_upper=_altitude(back.altitude_upper, 1),
                time_start=_time(back.time_start, -1),
                time_end=_time(back.time_end, 1),
                **self._texts(back),
            )
        return changes

    def _volumes(self, volumes: tuple[Volume4D, ...]) -> tuple[Volume4D, ...]:
        self._points = sum(len(volume.points) for volume in volumes)
        if len(volumes) > MAX_AREAS or self._points > MAX_POINTS:
            raise ModelError(
                "formats.too-long-to-read",
                f"{len(volumes)} areas with {self._points} points are too long to be read out:"
                f" {MAX_AREAS} and {MAX_POINTS} are the most",
                "announce a circle or a corridor that holds it all, with a revision",
            )
        return tuple(self._volume(volume) for volume in volumes)

    def _volume(self, volume: Volume4D) -> Volume4D:
        outlines = (volume.outline_polygon, volume.outline_circle, volume.corridor)
        if sum(outline is not None for outline in outlines) != 1:
            raise ValueError("an area has no outline, or several")
        if volume.altitude_lower is None or volume.altitude_upper is None:
            raise ValueError("an area has no levels")
        polygon = circle = corridor = None
        if volume.outline_polygon is not None:
            polygon = Polygon(self._line(volume.outline_polygon.vertices, 3))
        if volume.outline_circle is not None:
            center = self._position(volume.outline_circle.center)
            circle = Circle(center, _metres(volume.outline_circle.radius_m))
        if volume.corridor is not None:
            line = self._line(volume.corridor.line, 2)
            corridor = Corridor(line, _metres(volume.corridor.width_m))
        return Volume4D(
            polygon,
            circle,
            corridor,
            _altitude(volume.altitude_lower, -1),
            _altitude(volume.altitude_upper, 1),
            _time(volume.time_start, -1),
            _time(volume.time_end, 1),
        )

    def _line(self, points: tuple[Position, ...], least: int) -> tuple[Position, ...]:
        if len(points) < least:
            raise ValueError("an outline has too few points")
        return tuple(self._position(point) for point in points)

    def _position(self, position: Position) -> Position:
        spoken = wording.say_position(position)
        self._rounded = self._rounded or not wording.is_exact(position)
        return wording.hear_position(spoken)


def _altitude(altitude: Altitude, rounding: int) -> Altitude:
    return wording.hear_altitude(wording.say_altitude(altitude, rounding))


def _time(time: str, rounding: int) -> str:
    return wording.hear_time(wording.say_time(time, rounding))


def _metres(metres: float) -> float:
    """Return a radius or width in whole metres, rounded up."""
    if not 0 < metres <= 999_999:
        raise ValueError("a radius or width is no number of metres up to six figures")
    return float(max(1, ceil(metres - 1e-6)))


def _whole(number: float, most: int, what: str) -> float:
    if not 0 <= number <= most:
        raise ValueError(f"{what} is not from 0 to {most}")
    return float(round(number))


def _listed(value: str, values: type[Activity | Answer], text: str) -> None:
    if value not in set(values):
        raise ValueError(text)


def _check_phrases(message: Message) -> None:
    numbers = phrases_of(message)
    if len(numbers) > 10 or not all(100 <= number <= 999 for number in numbers):
        raise ValueError("its phrases are not up to ten numbers from 100 to 999")


def _refuse(text: str) -> NoReturn:
    raise ModelError(
        "formats.not-read-out",
        f"this message cannot be read out: {text}",
        "say it in your own words, and write down the time and the name of who listened",
    )
