"""Entries as flat rows, for tables: one row a message, one a record.

Columns keep their names and meanings; new ones are added at the end. ``docs/spec/export.md``
explains each.
"""

from __future__ import annotations

import msgspec

from hotline.audit.entries import MessageEntry
from hotline.audit.export.cases import Case
from hotline.audit.export.maps import drawn, shapes_of
from hotline.audit.export.standing import Stood
from hotline.audit.export.values import json_text, said_in, told_in
from hotline.audit.search.area import places_of
from hotline.audit.search.decoding import composer_in, flags_in, message_in, precedence_name
from hotline.audit.search.finding import said_by
from hotline.audit.search.words import in_words
from hotline.model.messages import Message, Notice, Revision
from hotline.model.phrasing import altitude_text
from hotline.model.rendering import render
from hotline.model.text import printable
from hotline.model.volume import Volume4D


class Row(msgspec.Struct, frozen=True, gc=False):
    r"""One entry. Times are microseconds since 1970 UTC, ``_s`` seconds; None where it has none.

    Foreign text has what steers a terminal written out, as ``\x1b``.
    """

    log: str
    entry: int
    type: str
    kind: str
    time: int
    said_by: str
    words: str
    direction: str | None = None
    recipient: str | None = None
    precedence: str | None = None
    seq: int | None = None
    id: bytes | None = None
    created: int | None = None
    reference: str | None = None
    about: bytes | None = None
    flags: str | None = None
    title: str | None = None
    activity: str | None = None
    starts: int | None = None
    ends: int | None = None
    levels: str | None = None
    geometry: str | None = None
    officer: str | None = None
    durable: int | None = None
    receipt_taken: int | None = None
    receipt_index: int | None = None
    warning_s: float | None = None
    read_by: str | None = None
    read: int | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered: int | None = None
    text: str | None = None
    payload: str | None = None
    traffic: str | None = None


_ANNOUNCING = (Notice, Revision)
COLUMNS = Row.__struct_fields__
TIMES = frozenset(
    {"time", "created", "starts", "ends", "durable", "receipt_taken", "read", "answered"}
)
"""Columns of microseconds since 1970 UTC."""
NUMBERS = frozenset({"entry", "seq", "receipt_index"})
SECONDS = frozenset({"warning_s"})
IDS = frozenset({"id", "about"})
"""Columns of 32 bytes; every column that is in none of these sets holds text."""


def row_of(case: Case) -> Row:
    """Return the row of an entry."""
    entry = case.entry
    if isinstance(entry, MessageEntry):
        return _message(case, entry, case.stood or Stood())
    return Row(
        log=case.log.origin,
        entry=entry.index,
        type="record",
        kind=printable(entry.kind),
        time=entry.time_us,
        said_by=said_by(case.log, entry),
        words=in_words(case.log, case.centre, entry),
        payload=json_text(told_in(entry.payload)),
        traffic=printable(case.traffic) or None,
    )


def announced_in(message: Message | None) -> Notice | Revision | None:
    """Return a message that announces something, else None."""
    return message if isinstance(message, _ANNOUNCING) else None


def spans_of(announced: Notice | Revision | None) -> tuple[int | None, int | None]:
    """Return the earliest start and the latest end that a notice announces."""
    volumes = announced.volumes if announced is not None else ()
    starts = [time for volume in volumes if (time := volume.start_us) is not None]
    ends = [time for volume in volumes if (time := volume.end_us) is not None]
    return min(starts, default=None), max(ends, default=None)


def levels_of(volume: Volume4D) -> str:
    """Return the levels of a volume in words."""
    ends = (volume.altitude_lower, volume.altitude_upper)
    low, high = ("?" if end is None else altitude_text(end) for end in ends)
    return f"{low} to {high}"


def text_of(message: Message | None) -> str | None:
    """Return a whole message as lines of text; None for what cannot be read."""
    return None if message is None else render(message)


def flags_of(entry: MessageEntry) -> str | None:
    """Return the codes of a message's flags, separated by blanks."""
    codes = (printable(flag.get("code", "")) for flag in flags_in(entry.flags))
    return " ".join(codes) or None


def warning_s(entry: MessageEntry, durable_us: int | None, start_us: int | None) -> float | None:
    """Return the seconds from durable at the receiver to the earliest start."""
    at_us = entry.time_us if entry.direction == "in" else durable_us
    return None if start_us is None or at_us is None else (start_us - at_us) / 1e6


def recipient_of(case: Case, entry: MessageEntry) -> str:
    """Return the centre that a message is for."""
    return (case.log.peer or "") if entry.direction == "out" else case.centre


def _message(case: Case, entry: MessageEntry, stood: Stood) -> Row:
    message = message_in(entry.body)
    proof, answer = stood.proof, stood.answer
    durable_us = proof.durable_us if proof is not None else None
    opened = stood.opened[0] if stood.opened else None
    announced = announced_in(message)
    starts, ends = spans_of(announced)
    volumes = announced.volumes if announced is not None else ()
    places = () if message is None else places_of(message)
    shown = drawn(shape for volume in places for shape in shapes_of(volume))
    return Row(
        log=case.log.origin,
        entry=entry.index,
        type="message",
        kind=printable(entry.kind),
        time=entry.time_us,
        said_by=said_by(case.log, entry),
        words=in_words(case.log, case.centre, entry),
        direction=entry.direction,
        recipient=recipient_of(case, entry),
        precedence=precedence_name(entry.stream),
        seq=entry.seq,
        id=entry.id,
        created=entry.created_us,
        reference=None if entry.reference is None else printable(entry.reference),
        about=entry.about,
        flags=flags_of(entry),
        title=printable(announced.title) if announced is not None else None,
        activity=printable(announced.activity) if announced is not None else None,
        starts=starts,
        ends=ends,
        levels="; ".join(map(levels_of, volumes)) or None,
        geometry=None if shown is None else shown.wkt,
        officer=composer_in(message),
        durable=entry.time_us if entry.direction == "in" else durable_us,
        receipt_taken=proof.taken_us if proof is not None else None,
        receipt_index=proof.index if proof is not None else None,
        warning_s=warning_s(entry, durable_us, starts),
        read_by=printable(opened.officer) if opened is not None else None,
        read=opened.time_us if opened is not None else None,
        answer=printable(answer.answer) if answer is not None else None,
        answered_by=printable(answer.officer) if answer is not None else None,
        answered=answer.created_us if answer is not None else None,
        text=text_of(message),
        payload=json_text(said_in(entry.body)),
        traffic=printable(case.traffic) or None,
    )
