"""A sheet as lettered items, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.formats.telephone.items import NOT_READ, WORDS, Item
from hotline.formats.telephone.sheet import AtATime, Sheet, WithAreas
from hotline.formats.telephone.wording import WITHIN_M, say_altitude, say_position, say_time
from hotline.model.kinds import Answer
from hotline.model.messages import (
    Activation,
    Advisory,
    Contingency,
    End,
    Message,
    Nonconformance,
    Notice,
    Reply,
    Revision,
    Withdrawal,
    kind_of,
    phrases_of,
)
from hotline.model.volume import Altitude, Volume4D

TEXTS = (
    ("E", "title"),
    ("L", "subject"),
    ("M", "place"),
    ("S", "text"),
    ("S", "phrase"),
    ("T", "reason"),
    ("U", "remarks"),
    ("V", "contact"),
    ("W", "officer"),
    ("W", "operator"),
)
"""Letters of the texts, with the fields of messages; no sheet has two fields of one letter."""


def lay_out(sheet: Sheet) -> tuple[Item, ...]:
    """Return the items of a sheet in their order."""
    return tuple(sorted(_items(sheet), key=_place))


def subject_of(sheet: Sheet) -> str:
    """Return what item B says: the kind of the message, and what it is about."""
    return _subject(sheet.message)


def differing(one: tuple[Item, ...], other: tuple[Item, ...]) -> tuple[str, ...]:
    """Return the labels of the items that only one of two texts has, or that say another thing."""
    texts, others = ({item.label: item.text for item in items} for items in (one, other))
    return tuple(
        label for label in dict.fromkeys((*texts, *others)) if texts.get(label) != others.get(label)
    )


def _place(item: Item) -> tuple[bool, int, str, int]:
    """Order by letter, but area by area: outline, levels, times of the first before the second."""
    letter, numbers = item.label[0], item.label[1:]
    area, _, point = numbers.partition(".")
    after_areas = letter > "J"
    return after_areas, int(area or 0), letter, int(point or 0)


def _items(sheet: Sheet) -> Iterator[Item]:
    message = sheet.message
    status, sender, recipient = (
        text.upper() for text in (sheet.status.value, sheet.sender, sheet.recipient)
    )
    yield Item("A", f"{status} FROM {sender} TO {recipient}")
    yield Item("B", _subject(message))
    yield _worded("C", sheet.precedence.name)
    if isinstance(message, Notice | Revision):
        yield _worded("D", message.activity.upper())
    if isinstance(message, WithAreas):
        yield from _areas(message.volumes)
    if isinstance(message, AtATime):
        yield _worded("K", say_time(message.at, 0))
    if isinstance(message, Advisory):
        yield from _advisory(message)
    if isinstance(message, Reply):
        yield from _areas(message.proposal)
        yield from _read_back(message)
    yield from _texts(sheet)
    if phrases_of(message):
        yield _worded("X", " ".join(map(str, phrases_of(message))))
    if sheet.rounded:
        yield _worded("Y", f"{WITHIN_M} METRES")
    yield _worded("Z", sheet.id.upper())


def _subject(message: Message) -> str:
    kind = kind_of(message).value.upper().replace("-", " ")
    match message:
        case Notice():
            return f"{kind} {message.reference}"
        case Revision():
            return f"{kind} {message.number} OF {message.reference}"
        case Withdrawal() | Activation() | End() | Nonconformance() | Contingency():
            return f"{kind} OF {message.reference}"
        case Reply():
            answer = Answer(message.answer).value.upper().replace("-", " ")
            about = f" OF {message.reference}" if message.reference else ""
            return f"{kind} {answer} TO MESSAGE {message.to.upper()}{about}"
        case _:
            return kind


def _texts(sheet: Sheet) -> Iterator[Item]:
    texts: dict[str, str] = {}
    back = sheet.message.read_back if isinstance(sheet.message, Reply) else None
    for letter, name in TEXTS:
        text = getattr(sheet.message, name, "") or getattr(back, name, "")
        if letter not in texts and (text or name in sheet.unread):
            texts[letter] = text or NOT_READ
    for letter, text in texts.items():
        yield _worded(letter, text)


def _advisory(message: Advisory) -> Iterator[Item]:
    if message.position is not None:
        yield _worded("N", say_position(message.position))
    if message.altitude is not None:
        yield _worded("P", say_altitude(message.altitude, 0))
    if message.track_deg is not None:
        yield _worded("Q", f"{int(message.track_deg):03d}")
    if message.speed_kt is not None:
        yield _worded("R", f"{int(message.speed_kt)} KNOTS")


def _read_back(message: Reply) -> Iterator[Item]:
    back = message.read_back
    if back is None or back.position is None:
        return
    yield _worded("N", say_position(back.position))
    yield _worded("G", _levels(back.altitude_lower, back.altitude_upper))
    yield _worded("H", say_time(back.time_start, -1))
    yield _worded("J", say_time(back.time_end, 1))


def _areas(volumes: tuple[Volume4D, ...]) -> Iterator[Item]:
    for number, volume in enumerate(volumes, 1):
        yield _worded("F", f"{number} OF {len(volumes)} {_outline(volume)}", number)
        for place, point in enumerate(volume.points, 1):
            yield Item(f"F{number}.{place}", say_position(point))
        yield _worded("G", _levels(volume.altitude_lower, volume.altitude_upper), number)
        yield _worded("H", say_time(volume.time_start, -1), number)
        yield _worded("J", say_time(volume.time_end, 1), number)


def _outline(volume: Volume4D) -> str:
    if volume.outline_circle is not None:
        return f"CIRCLE RADIUS {volume.outline_circle.radius_m:.0f} METRES"
    if volume.corridor is not None:
        points = len(volume.corridor.line)
        return f"CORRIDOR {points} POINTS WIDTH {volume.corridor.width_m:.0f} METRES"
    return f"POLYGON {len(volume.points)} POINTS"


def _levels(lower: Altitude | None, upper: Altitude | None) -> str:
    assert lower is not None  # noqa: S101 - a sheet has both, or neither is asked for
    assert upper is not None  # noqa: S101 - a sheet has both, or neither is asked for
    return f"{say_altitude(lower, -1)} TO {say_altitude(upper, 1)}"


def _worded(letter: str, text: str, number: int = 0) -> Item:
    return Item(f"{letter}{number or ''}", f"{WORDS[letter]} {text}")
