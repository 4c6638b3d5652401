"""Rows of the journal made into the shapes of the API. Every function runs in the reader's thread.

What the peer said is shown whatever it looks like: an unreadable payload has no ``message``, and
its flags say why.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from hotline.api import schema
from hotline.audit.entries import Entry, Log, MessageEntry
from hotline.audit.search.decoding import message_in
from hotline.audit.search.pages import Page
from hotline.audit.search.words import in_words
from hotline.errors import WireError
from hotline.journal.queries import (
    StoredAlarm,
    StoredMessage,
    of_references,
    replies_to,
    thread,
)
from hotline.model.kinds import Answer, Kind, Precedence
from hotline.model.lifecycle import ORIGINATOR_ONLY
from hotline.model.messages import (
    Message,
    Notice,
    Reply,
    Revision,
    composer_of,
)
from hotline.model.rendering import render
from hotline.model.text import printable
from hotline.model.times import format_time, time_or_none
from hotline.model.title import title_of
from hotline.node.desk import life_of, read_payload, stored_flags
from hotline.wire.codec import unpack

LIVING = ORIGINATOR_ONLY
"""Kinds that belong to the life of a notice."""


def time_text(microseconds: int) -> str:
    """Return RFC 3339 in UTC, always with six decimals, so that texts sort as times do."""
    text = format_time(microseconds)
    return text if "." in text else f"{text[:-1]}.000000Z"


def message_views(
    connection: sqlite3.Connection, messages: Sequence[StoredMessage]
) -> list[schema.MessageView]:
    """Return one view a message, in the same order, with answers and lives looked up at once."""
    replies = replies_to(connection, [message.id for message in messages])
    lives = _lives(connection, messages)
    return [
        _view(message, replies.get(message.id), lives.get((message.peer, message.reference)))
        for message in messages
    ]


def message_thread(connection: sqlite3.Connection, found: StoredMessage) -> schema.Thread:
    """Return a message with all that belongs to it."""
    whole = thread(connection, found)
    views = message_views(connection, whole)
    (view,) = (view for view in views if view.id == found.id.hex())
    return schema.Thread(message=view, thread=views)


def receipt_view(message: StoredMessage) -> schema.Receipt | None:
    """Return the peer's proof for an outgoing message, if it has come."""
    if message.receipted_us is None or message.receipt_taken_us is None:
        return None
    return schema.Receipt(
        durable_at=time_text(message.receipted_us),
        taken_at=time_text(message.receipt_taken_us),
        index=message.receipt_index or 0,
    )


def sent_view(message: StoredMessage) -> schema.Sent:
    """Return what the sender of a message is told."""
    return schema.Sent(
        id=message.id.hex(),
        peer=message.peer,
        reference=message.reference,
        precedence=Precedence(message.stream).name,
        seq=message.seq,
        entry=message.index,
        created_at=time_text(message.created_us),
        receipt=receipt_view(message),
    )


def alarm_view(alarm: StoredAlarm) -> schema.AlarmView:
    """Return an alarm with its history."""
    return schema.AlarmView(
        id=alarm.id,
        code=alarm.code,
        peer=alarm.peer,
        subject=alarm.subject,
        text=alarm.text,
        raised_at=time_text(alarm.raised_us),
        cleared_at=_time_or_none(alarm.cleared_us),
        acknowledged_at=_time_or_none(alarm.acknowledged_us),
        acknowledged_by=alarm.acknowledged_by,
    )


def entry_page(page: Page, centre: str) -> schema.EntryPage:
    """Return a page of entries of the record of ``centre``."""
    return schema.EntryPage(
        entries=[entry_view(log, centre, entry) for log, entry in page.found],
        after=page.after,
        before=page.before,
        more=page.more,
    )


def entry_view(log: Log, centre: str, entry: Entry) -> schema.EntryView:
    """Return one entry of a log: a message's summary, or a record's payload decoded."""
    if isinstance(entry, MessageEntry):
        message = message_in(entry.body)
        what: dict[str, Any] = {
            "id": entry.id.hex(),
            "direction": entry.direction,
            "precedence": Precedence(entry.stream).name,
            "seq": entry.seq,
            "reference": entry.reference,
            "title": title_of(message),
            "composed_by": composer_in(message),
        }
    else:
        what = _payload(entry.payload)
    return schema.EntryView(
        log=log.origin,
        entry=entry.index,
        kind=entry.kind,
        at=time_text(entry.time_us),
        what=what,
        text=in_words(log, centre, entry),
    )


def composer_in(message: Message | None) -> str | None:
    """Return who composed a message by what it says, safe to show; None where it names nobody."""
    return (printable(composer_of(message)) or None) if message is not None else None


def warning_s(stored: StoredMessage, message: Message | None) -> float | None:
    """Return the seconds from durable at the receiver to the earliest start, if both are known."""
    durable_us = stored.time_us if stored.direction == "in" else stored.receipted_us
    if durable_us is None or not isinstance(message, Notice | Revision):
        return None
    starts = [time_or_none(volume.time_start) for volume in message.volumes]
    known = [start for start in starts if start is not None]
    return (min(known) - durable_us) / 1e6 if known else None


def _view(
    stored: StoredMessage, reply: StoredMessage | None, life: str | None
) -> schema.MessageView:
    message = read_payload(stored)
    said = read_payload(reply) if reply is not None else None
    answer = said if isinstance(said, Reply) else None
    return schema.MessageView(
        id=stored.id.hex(),
        peer=stored.peer,
        direction=stored.direction,
        kind=stored.kind,
        precedence=Precedence(stored.stream).name,
        seq=stored.seq,
        entry=stored.index,
        created_at=time_text(stored.created_us),
        entered_at=time_text(stored.time_us),
        state=_state(stored, answer),
        reference=stored.reference,
        about=stored.about.hex() if stored.about is not None else None,
        title=title_of(message),
        receipt=receipt_view(stored),
        read_by=stored.read_by,
        read_at=_time_or_none(stored.read_us),
        answer=answer.answer if answer is not None else None,
        answered_by=answer.officer if answer is not None else None,
        answered_at=time_text(reply.created_us) if reply is not None and answer else None,
        due_at=_time_or_none(stored.due_us),
        warning_s=warning_s(stored, message),
        life=life if stored.kind in LIVING else None,
        flags=[
            schema.Flag(code=flag.code, text=flag.text, field=flag.field)
            for flag in stored_flags(stored)
        ],
        message=msgspec.to_builtins(message) if message is not None else None,
        text=render(message) if message is not None else _unreadable(stored),
        composed_by=composer_in(message),
    )


def _state(stored: StoredMessage, answer: Reply | None) -> str:
    if answer is not None:
        return "standing-by" if answer.answer == Answer.STAND_BY else "answered"
    if stored.direction == "in":
        return "unread" if stored.read_us is None else "read"
    return "queued" if stored.receipted_us is None else "receipted"


def _lives(
    connection: sqlite3.Connection, messages: Sequence[StoredMessage]
) -> dict[tuple[str, str | None], str]:
    """Return where the notices of these messages stand, by peer and reference."""
    wanted = {
        message.reference
        for message in messages
        if message.reference is not None and message.kind in LIVING
    }
    steps: dict[tuple[str, str | None], list[StoredMessage]] = {}
    for step in of_references(connection, sorted(wanted)) if wanted else ():
        if step.kind in LIVING:
            steps.setdefault((step.peer, step.reference), []).append(step)
    lives = {}
    for key, whole in steps.items():
        notice = next((step for step in whole if step.kind == Kind.NOTICE), None)
        life = life_of(whole, notice.direction) if notice is not None else None
        if life is not None:
            lives[key] = life.state.value
    return lives


def _unreadable(stored: StoredMessage) -> str:
    reasons = "; ".join(flag.text for flag in stored_flags(stored))
    return f"{printable(stored.kind).upper()}\n{reasons or 'the payload cannot be read'}"


MAX_RECORD = 2 * 1024 * 1024
"""Bytes of a record that are shown; an equivocation keeps a whole envelope as evidence."""


def _payload(payload: bytes) -> dict[str, Any]:
    """Decode a record's payload; bytes become text where they are text, else hexadecimal."""
    try:
        value = unpack(payload, max_bytes=MAX_RECORD)
    except WireError:
        return {"payload": payload.hex()}
    shown = _jsonable(value)
    return shown if isinstance(shown, dict) else {"payload": shown}


def _jsonable(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(inner) for inner in value]
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return value.hex()
        return text if text.replace("\n", "").isprintable() else value.hex()
    return value


def _time_or_none(microseconds: int | None) -> str | None:
    return time_text(microseconds) if microseconds is not None else None
