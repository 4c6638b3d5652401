"""Rows of the journal made into the shapes of the API. Every function runs in the reader's thread.

What the peer said is shown whatever it looks like: an unreadable payload has no ``message``, and
its flags say why.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from hotline.airspace.activity import Key
from hotline.airspace.warning import start_of
from hotline.api import schema
from hotline.api.flags import flags_of
from hotline.audit.entries import Entry, Log, MessageEntry
from hotline.audit.export.values import time_or_none, time_text
from hotline.audit.search.decoding import composer_in, flags_in, message_in
from hotline.audit.search.pages import Page
from hotline.audit.search.words import in_words
from hotline.errors import WireError
from hotline.journal.access_shelf import Shelved
from hotline.journal.banner import banners_by_log
from hotline.journal.queries import (
    StoredAlarm,
    StoredMessage,
    centre_of,
    of_references,
    readers_of,
    replies_to,
    thread,
)
from hotline.model.alarm_priority import priority_of
from hotline.model.kinds import Answer, Kind, Precedence
from hotline.model.letter import Letter
from hotline.model.lifecycle import ORIGINATOR_ONLY, Actor, Life, Step, aged, open_steps
from hotline.model.messages import (
    Message,
    Notice,
    Reply,
    Revision,
    phrases_of,
)
from hotline.model.phrases import Phrase, by_number
from hotline.model.rendering import render
from hotline.model.text import printable
from hotline.model.title import title_of
from hotline.node.airspace.current import Current
from hotline.node.airspace.two_clocks import behind_us
from hotline.node.centre import Centre
from hotline.node.desk import read_payload, stored_flags
from hotline.wire.codec import unpack

LIVING = ORIGINATOR_ONLY
"""Kinds that belong to the life of a notice."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """When messages are looked at, and the letters by which they are judged, by peer.

    ``traffic`` is what they are marked with. ``behind_us`` has by peer how long after its end a
    plan still stands, where that is not 0: while the peer's clock is behind.
    """

    now_us: int
    letters: Mapping[str, Letter]
    traffic: str = ""
    behind_us: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Led:
    """The life that a notice has led, and its times as they are now (None where open).

    ``own`` is whether it is ours, ``namesake`` whether both sides have given one of its name.
    """

    life: Life
    starts_us: int | None
    ends_us: int | None
    own: bool
    namesake: bool


def viewpoint_of(centre: Centre) -> Viewpoint:
    """Return how a running node looks at its messages now."""
    letters = {peer: line.letter for peer, line in centre.lines.items()}
    behind = {peer: behind_us(line) for peer, line in centre.lines.items()}
    return Viewpoint(centre.clock.wall_us(), letters, centre.config.banner, behind)


def message_views(
    connection: sqlite3.Connection, messages: Sequence[StoredMessage], seen: Viewpoint
) -> list[schema.MessageView]:
    """Return one view a message, in the same order, with answers and lives looked up at once.

    What notices are to each other is for `hotline.api.relations` to add.
    """
    replies = replies_to(connection, [message.id for message in messages])
    lives = _lives(connection, messages)
    marks = banners_by_log(connection) if seen.traffic and messages else {}
    own = centre_of(connection)
    return [
        _view(
            message,
            replies.get(message.id),
            _led(lives, message, seen.now_us - seen.behind_us.get(message.peer, 0)),
            replace(seen, traffic=marks.get(message.log, seen.traffic)),
            flags_of(connection, message),
            own,
        )
        for message in messages
    ]


def message_thread(
    connection: sqlite3.Connection, found: StoredMessage, seen: Viewpoint
) -> schema.Thread:
    """Return a message with all that belongs to it."""
    whole = thread(connection, found)
    views = message_views(connection, whole, seen)
    (view,) = (view for view in views if view.id == found.id.hex())
    readings = [
        schema.Reading(officer=officer, at=time_text(at_us))
        for officer, at_us in readers_of(connection, found.id)
    ]
    return schema.Thread(message=view, thread=views, readings=readings)


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


def alarm_view(alarm: StoredAlarm, shelved: Shelved | None = None) -> schema.AlarmView:
    """Return an alarm with its history, and who keeps it quiet."""
    return schema.AlarmView(
        id=alarm.id,
        code=alarm.code,
        peer=alarm.peer,
        subject=alarm.subject,
        text=alarm.text,
        raised_at=time_text(alarm.raised_us),
        cleared_at=time_or_none(alarm.cleared_us),
        acknowledged_at=time_or_none(alarm.acknowledged_us),
        acknowledged_by=alarm.acknowledged_by,
        priority=priority_of(alarm.code),
        shelved_until=time_text(shelved.until_us) if shelved else None,
        shelved_by=shelved.officer if shelved else "",
        shelved_reason=shelved.reason if shelved else "",
    )


def entry_page(connection: sqlite3.Connection, page: Page, centre: str) -> schema.EntryPage:
    """Return a page of entries of the record of ``centre``."""
    return schema.EntryPage(
        entries=[
            entry_view(log, centre, entry, _durable_us(connection, log, entry))
            for log, entry in page.found
        ],
        after=page.after,
        before=page.before,
        more=page.more,
    )


def entry_view(
    log: Log, centre: str, entry: Entry, durable_us: int | None = None
) -> schema.EntryView:
    """Return one entry of a log: a message's summary, or a record's payload decoded.

    ``durable_us`` is when a message was durable at its recipient, by the recipient's clock, where
    that is known.
    """
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
            "about": entry.about.hex() if entry.about is not None else None,
            "answer": message.answer if isinstance(message, Reply) else None,
            "read_back": isinstance(message, Reply) and message.read_back is not None,
            "flags": [flag.get("code", "") for flag in flags_in(entry.flags)],
            "created_at": time_text(entry.created_us),
            "durable_at": time_or_none(durable_us),
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


def _durable_us(connection: sqlite3.Connection, log: Log, entry: Entry) -> int | None:
    if not isinstance(entry, MessageEntry):
        return None
    if entry.direction == "in":
        return entry.time_us
    row = connection.execute(
        "SELECT time_us, first_seq + count FROM receipt_taken WHERE log = ? AND stream = ?"
        " AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
        (log.id, entry.stream, entry.seq),
    ).fetchone()
    return int(row[0]) if row is not None and entry.seq < row[1] else None


def warning_s(stored: StoredMessage, message: Message | None) -> float | None:
    """Return the seconds from durable at the receiver to the first start, if both are known."""
    durable_us = stored.time_us if stored.direction == "in" else stored.receipted_us
    if durable_us is None or not isinstance(message, Notice | Revision):
        return None
    start_us = start_of(message.volumes)
    return None if start_us is None else (start_us - durable_us) / 1e6


def needed_s(seen: Viewpoint, peer: str, stream: int, message: Message | None) -> float | None:
    """Return the letter's minimum of warning for a notice or revision, where it is known."""
    letter = seen.letters.get(peer)
    if letter is None or not isinstance(message, Notice | Revision):
        return None
    return letter.warning_needed(Precedence(stream), message.activity)


def _view(
    stored: StoredMessage,
    reply: StoredMessage | None,
    led: Led | None,
    seen: Viewpoint,
    flags: list[schema.Flag],
    own: str,
) -> schema.MessageView:
    message = read_payload(stored)
    said = read_payload(reply) if reply is not None else None
    answer = said if isinstance(said, Reply) else None
    phrases = _phrases(seen, stored.peer, message)
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
        owner=_owner(stored, led, own),
        namesake=led is not None and led.namesake,
        about=stored.about.hex() if stored.about is not None else None,
        title=title_of(message, phrases),
        receipt=receipt_view(stored),
        read_by=stored.read_by,
        read_at=time_or_none(stored.read_us),
        answer=answer.answer if answer is not None else None,
        answered_by=answer.officer if answer is not None else None,
        answered_at=time_text(reply.created_us) if reply is not None and answer else None,
        due_at=time_or_none(stored.due_us),
        warning_s=warning_s(stored, message),
        life=led.life.state.value if led is not None else None,
        flags=flags,
        message=msgspec.to_builtins(message) if message is not None else None,
        text=render(message, phrases=phrases) if message is not None else _unreadable(stored),
        composed_by=composer_in(message),
        warning_needed_s=needed_s(seen, stored.peer, stored.stream, message),
        starts_at=time_or_none(led.starts_us) if led is not None else None,
        ends_at=time_or_none(led.ends_us) if led is not None else None,
        open_steps=_open_steps(led) if led is not None else [],
        traffic=seen.traffic,
    )


def _phrases(seen: Viewpoint, peer: str, message: Message | None) -> dict[int, Phrase] | None:
    """Return the letter's phrases by number for what says some; None where it is not at hand."""
    letter = seen.letters.get(peer)
    if letter is None or message is None or not phrases_of(message):
        return None
    return by_number(letter.phrases)


def _owner(stored: StoredMessage, led: Led | None, own: str) -> str:
    """Return the centre whose notice a message is about; empty where it names none."""
    if stored.reference is None:
        return ""
    # A reply is about a notice of whom it is sent to, everything else about one of its sender's.
    ours = (stored.direction == "out") is (stored.kind != Kind.REPLY.value)
    if led is not None:
        ours = led.own
    return own if ours else stored.peer


def _open_steps(led: Led) -> list[str]:
    actor = Actor.ORIGINATOR if led.own else Actor.PEER
    return [kind.value for kind in open_steps(led.life, actor)]


def _state(stored: StoredMessage, answer: Reply | None) -> str:
    if answer is not None:
        return "standing-by" if answer.answer == Answer.STAND_BY else "answered"
    if stored.direction == "in":
        return "unread" if stored.read_us is None else "read"
    return "queued" if stored.receipted_us is None else "receipted"


def _lives(connection: sqlite3.Connection, messages: Sequence[StoredMessage]) -> dict[str, Current]:
    """Return, by peer, where the notices of these messages stand; the sides are out and in."""
    wanted = {
        message.reference
        for message in messages
        if message.reference is not None and message.kind in LIVING
    }
    lives: dict[str, Current] = {}
    for step in of_references(connection, sorted(wanted)) if wanted else ():
        message = read_payload(step) if step.kind in LIVING else None
        if isinstance(message, Step):
            current = lives.setdefault(step.peer, Current("out", "in"))
            precedence = Precedence(step.stream)
            current.step(step.direction, message, step.id, precedence, step.time_us)
    return lives


def _led(lives: Mapping[str, Current], message: StoredMessage, expiring_us: int) -> Led | None:
    """Return the life of the notice that a message is about; None where there is none.

    Plans that ended before ``expiring_us`` are over.
    """
    current = lives.get(message.peer)
    if current is None or message.reference is None or message.kind not in LIVING:
        return None
    other = "in" if message.direction == "out" else "out"
    sides = (message.direction, other)
    known = {side: current.known(Key(side, message.reference)) for side in sides}
    for side, standing in known.items():
        if standing is not None:
            life = aged(standing.life, standing.ends_us, expiring_us)
            both = None not in known.values()
            return Led(life, standing.starts_us, standing.ends_us, side == "out", both)
    return None


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
