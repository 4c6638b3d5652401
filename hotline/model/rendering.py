"""Any message as plain text in a fixed layout, for terminals and printers.

The labels stand in a column of their own, and text of the sender's never reaches it: lines are
indented, and characters that steer a terminal are written out. So no remark can pass for a field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    Withdrawal,
    kind_of,
)
from hotline.model.phrasing import (
    altitude_text,
    area_lines,
    duration_text,
    position_text,
    time_text,
)
from hotline.model.text import printable
from hotline.model.volume import Altitude, Volume4D

LABEL_WIDTH = 12
MISSING = "not given"

Row = tuple[str, str]
"""A label, empty to continue the row above, and a text without newlines."""


def render(message: Message) -> str:
    """Return a message as lines of text, the first one its title; no newline at the end."""
    return "\n".join(
        [
            _title(message),
            *(f"{label:<{LABEL_WIDTH}}{text}".rstrip() for label, text in _rows(message)),
        ]
    )


def _title(message: Message) -> str:
    words = [kind_of(message).value.upper().replace("-", " ")]
    match message:
        case Notice():
            words += [message.reference, message.title]
        case Revision():
            words += [str(message.number), "OF", message.reference, message.title]
        case Withdrawal() | Activation() | End() | Nonconformance() | Contingency():
            words.append(message.reference)
        case Conflict():
            words += [message.reference, message.relation.upper(), message.other]
        case Advisory():
            words.append(message.subject)
        case Reply():
            words += [message.answer.upper(), message.reference]
        case _:
            pass  # line checks and service messages are about nothing else
    return " ".join(printable(word) for word in words if word)


def _rows(message: Message) -> Iterator[Row]:
    match message:
        case Notice() | Revision():
            yield from _text("Activity", message.activity or MISSING)
            yield from _volumes("Area", message.volumes)
            yield from _text("Remarks", message.remarks)
            yield from _text("Contact", message.contact)
            if isinstance(message, Revision):
                yield from _text("Reason", message.reason)
        case Withdrawal():
            yield from _text("Reason", message.reason)
        case Nonconformance() | Contingency():
            yield "At", _time(message.at)
            yield from _text("Reason", message.reason)
            if message.volumes:
                yield from _volumes("Area", message.volumes)
        case Conflict():
            yield from _conflict(message)
        case Activation() | End():
            yield "At", time_text(message.at) if message.at else MISSING
        case Advisory():
            yield from _advisory(message)
        case Reply():
            yield from _reply(message)
        case LineCheck():
            yield from _text("Phrase", message.phrase)
            yield from _text("Operator", message.operator)
        case _:
            yield from _text("Text", message.text)
            yield from _text("Operator", message.operator)
    if not isinstance(message, Reply | LineCheck | Conflict):
        yield from _text("Officer", message.officer)


def _advisory(message: Advisory) -> Iterator[Row]:
    yield from _text("Text", message.text)
    yield "Position", MISSING if message.position is None else position_text(message.position)
    if message.altitude is not None:
        yield "Altitude", altitude_text(message.altitude)
    if message.track_deg is not None:
        yield "Track", f"{message.track_deg:.10g} degrees true"
    if message.speed_kt is not None:
        yield "Speed", f"{message.speed_kt:.10g} kt"


def _conflict(message: Conflict) -> Iterator[Row]:
    yield "Ours", f"{printable(message.reference)} revision {message.revision}"
    yield "Yours", f"{printable(message.other)} revision {message.other_revision}"
    if message.position is not None:
        yield "Position", position_text(message.position)
    if message.altitude_lower is not None or message.altitude_upper is not None:
        yield "Levels", _levels(message.altitude_lower, message.altitude_upper)
    if message.time_start or message.time_end:
        yield "From", _time(message.time_start)
        yield "To", _time(message.time_end)
    if message.distance_m is not None:
        yield "Distance", f"{message.distance_m:,.0f} m"
    if message.vertical_m is not None:
        yield "Height", f"{message.vertical_m:,.0f} m apart"
    yield from _text("Reason", message.reason)


def _reply(message: Reply) -> Iterator[Row]:
    yield from _text("To", message.to or MISSING)
    if message.read_back is not None:
        yield from _read_back(message.read_back)
    yield from _text("Reason", message.reason)
    if message.proposal:
        yield from _volumes("Proposal", message.proposal)
    yield from _text("Officer", message.officer or MISSING)


def _read_back(read_back: ReadBack) -> Iterator[Row]:
    where = MISSING if read_back.position is None else position_text(read_back.position)
    yield "Read back", where
    if read_back.place:
        yield from _text("", read_back.place)
    yield "", _levels(read_back.altitude_lower, read_back.altitude_upper)
    yield "", f"{_time(read_back.time_start)} to {_time(read_back.time_end)}"


def _volumes(label: str, volumes: Sequence[Volume4D]) -> Iterator[Row]:
    if not volumes:
        yield label, MISSING
    for number, volume in enumerate(volumes, start=1):
        name = f"{label} {number}" if len(volumes) > 1 else label
        for line in list(area_lines(volume)) or [MISSING]:
            yield name, line
            name = ""
        yield "Levels", _levels(volume.altitude_lower, volume.altitude_upper)
        yield "From", _time(volume.time_start)
        start, end = volume.start_us, volume.end_us
        lasts = f" ({duration_text(end - start)})" if start is not None and end is not None else ""
        yield "To", _time(volume.time_end) + lasts


def _levels(lower: Altitude | None, upper: Altitude | None) -> str:
    low, high = (
        MISSING if altitude is None else altitude_text(altitude) for altitude in (lower, upper)
    )
    return f"{low} to {high}"


def _time(time: str) -> str:
    return time_text(time) if time else MISSING


def _text(label: str, text: str) -> Iterator[Row]:
    for line in printable(text, lines=True).expandtabs(4).split("\n") if text else ():
        yield label, line
        label = ""
