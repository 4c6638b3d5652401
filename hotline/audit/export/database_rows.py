"""What one entry fills into the tables of an exported SQLite file, but for the rows' numbers.

Each entry's rows follow from its case alone; `hotline.audit.export.database` numbers and joins
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from hotline.audit.entries import MessageEntry, RecordEntry
from hotline.audit.export.cases import Case
from hotline.audit.export.maps import Shape, bounds, drawn, outlined, point_shape, shapes_of
from hotline.audit.export.rows import (
    announced_in,
    flags_of,
    recipient_of,
    spans_of,
    text_of,
    warning_s,
)
from hotline.audit.export.standing import Proof, Stood
from hotline.audit.export.values import json_text, said_in, time_or_none, time_text, told_in
from hotline.audit.search.decoding import composer_in, message_in, precedence_name
from hotline.audit.search.decoding import told_in as map_in
from hotline.audit.search.finding import said_by
from hotline.audit.search.words import in_words
from hotline.model.messages import Advisory, Message, Notice, Reply, Revision
from hotline.model.phrasing import altitude_text, duration_text
from hotline.model.text import printable
from hotline.model.volume import Altitude, Position, Volume4D

Values = tuple[object, ...]
"""The values of a row, in the order of the table's columns."""

MAX_LABEL = 80
_INT64 = 2**63 - 1
_geojson: Final = json.JSONEncoder(separators=(",", ":")).encode


class MessageRows(msgspec.Struct, frozen=True, gc=False):
    """The row of a message without its number, and of the rest without number and message.

    A receipt and readings begin with the record, which is not known yet.
    """

    message: Values
    volumes: tuple[Values, ...] = ()
    receipt: Values | None = None
    readings: tuple[Values, ...] = ()


class AlarmChange(msgspec.Struct, frozen=True, gc=False):
    """What a record says of alarm ``number`` of its log.

    ``raised`` is the row of a new one from its code to its acknowledgement; else ``columns`` of the
    newest row are set to ``values``.
    """

    number: int
    raised: Values | None = None
    columns: tuple[str, ...] = ()
    values: Values = ()


class RecordRows(msgspec.Struct, frozen=True, gc=False):
    """The row of a record without its number, and what it changes in the table of alarms."""

    record: Values
    alarm: AlarmChange | None = None


Filled = MessageRows | RecordRows


def filled_by(case: Case) -> Filled:
    """Return what an entry fills in."""
    entry = case.entry
    if isinstance(entry, MessageEntry):
        return _message(case, entry, case.stood or Stood())
    return _record(case, entry)


def _message(case: Case, entry: MessageEntry, stood: Stood) -> MessageRows:
    message = message_in(entry.body)
    proof, answer = stood.proof, stood.answer
    durable_us = proof.durable_us if proof is not None else None
    announced = announced_in(message)
    starts, ends = spans_of(announced)
    kind = printable(entry.kind)
    title = printable(announced.title) if announced is not None else None
    reference = None if entry.reference is None else printable(entry.reference)
    warning = warning_s(entry, durable_us, starts)
    values = (
        time_text(entry.time_us),
        said_by(case.log, entry),
        recipient_of(case, entry),
        precedence_name(entry.stream),
        _label(" ".join(word for word in (kind, reference, title) if word)),
        None if warning is None else duration_text(round(warning * 1e6)),
        printable(answer.answer) if answer is not None else None,
        printable(answer.officer) if answer is not None else None,
        flags_of(entry),
        kind,
        reference,
        title,
        printable(announced.activity) if announced is not None else None,
        composer_in(message),
        None,
        time_text(entry.created_us),
        time_or_none(entry.time_us if entry.direction == "in" else durable_us),
        time_or_none(starts),
        time_or_none(ends),
        warning,
        time_or_none(answer.created_us) if answer is not None else None,
        case.part + 1,
        entry.index,
        entry.direction,
        entry.seq,
        text_of(message),
        json_text(said_in(entry.body)),
        entry.id.hex(),
        None if entry.about is None else entry.about.hex(),
    )
    return MessageRows(
        values,
        tuple(_places(message)),
        None if proof is None else _receipt(entry, proof),
        tuple(
            (None, printable(opened.officer), time_text(opened.time_us), opened.entry)
            for opened in stood.opened
        ),
    )


def _receipt(entry: MessageEntry, proof: Proof) -> Values:
    return (
        None,
        proof.index,
        time_text(proof.durable_us),
        time_text(proof.taken_us),
        (proof.taken_us - entry.created_us) / 1e6,
        proof.entry,
    )


def _places(message: Message | None) -> Iterator[Values]:
    match message:
        case Notice() | Revision():
            for number, volume in enumerate(message.volumes, start=1):
                yield _volume(number, "announced", volume)
        case Reply():
            for number, volume in enumerate(message.proposal, start=1):
                yield _volume(number, "proposed", volume)
        case Advisory() if message.position is not None:
            yield _position(message.position, message.altitude)
        case _:
            pass


def _volume(number: int, role: str, volume: Volume4D) -> Values:
    outlines = {
        "polygon": volume.outline_polygon,
        "circle": volume.outline_circle,
        "corridor": volume.corridor,
    }
    names = [name for name, outline in outlines.items() if outline is not None]
    return _place(
        (number, role, " and ".join(names) or "none"),
        (volume.altitude_lower, volume.altitude_upper),
        (time_or_none(volume.start_us), time_or_none(volume.end_us)),
        shapes_of(volume),
        volume.outline_circle.radius_m if volume.outline_circle is not None else None,
        volume.corridor.width_m if volume.corridor is not None else None,
    )


def _position(position: Position, altitude: Altitude | None) -> Values:
    shapes = point_shape(position)
    return _place((1, "position", "point"), (altitude, altitude), (None, None), shapes, None, None)


def _place(
    named: tuple[int, str, str],
    levels: tuple[Altitude | None, Altitude | None],
    times: tuple[str | None, str | None],
    shapes: Iterable[Shape],
    radius_m: float | None,
    width_m: float | None,
) -> Values:
    lower, upper = levels
    outlines = outlined(shapes)
    extent = bounds(outlines)
    west, south, east, north = extent if extent is not None else (None, None, None, None)
    geometry = drawn(outlines)
    return (
        *named,
        None if lower is None else altitude_text(lower),
        None if upper is None else altitude_text(upper),
        None if lower is None else lower.metres,
        None if upper is None else upper.metres,
        *times,
        south,
        west,
        north,
        east,
        radius_m,
        width_m,
        None if geometry is None else geometry.wkt,
        None if geometry is None else _geojson(geometry.__geo_interface__),
    )


def _record(case: Case, entry: RecordEntry) -> RecordRows:
    text = in_words(case.log, case.centre, entry)
    at = time_text(entry.time_us)
    values = (
        case.part + 1,
        entry.index,
        _label(text),
        printable(entry.kind),
        said_by(case.log, entry),
        at,
        text,
        json_text(told_in(entry.payload)),
    )
    is_alarm = entry.kind.startswith("alarm-")
    return RecordRows(values, _alarm(entry.kind, at, map_in(entry.payload)) if is_alarm else None)


def _alarm(kind: str, at: str, told: dict[str, object]) -> AlarmChange | None:
    number = told.get("alarm")
    if not isinstance(number, int) or not 0 <= number <= _INT64:
        return None
    if kind == "alarm-raised":
        texts = (printable(str(told.get(name, ""))) for name in ("code", "peer", "subject", "text"))
        return AlarmChange(number, raised=(*texts, at, None, None, None))
    if kind == "alarm-acknowledged":
        officer = printable(str(told.get("officer", "")))
        return AlarmChange(
            number, columns=("acknowledged_at", "acknowledged_by"), values=(at, officer)
        )
    return AlarmChange(number, columns=("cleared_at",), values=(at,))


def _label(text: str) -> str:
    return text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 1]}…"
