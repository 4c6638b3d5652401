"""What an entry says, decoded as far as it can be; what cannot be is None and never an error."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from hotline.audit.entries import Entry, MessageEntry
from hotline.errors import HotlineError
from hotline.model.kinds import Precedence
from hotline.model.messages import Message, composer_of, decode_own_form, decode_payload
from hotline.model.text import printable
from hotline.wire.body import Body, decode_body
from hotline.wire.codec import unpack

MAX_RECORD = 2 * 1024 * 1024
"""Bytes of a record that are decoded; an equivocation keeps a whole envelope as evidence."""

_loose = msgspec.msgpack.Decoder().decode


class _Opened(NamedTuple):
    """A stored body, its message, and whether its payload is written as we write it."""

    body: Body | None = None
    message: Message | None = None
    own_form: bool = False


@lru_cache(4)  # the same entry is asked about several times in a row
def _opened(stored: bytes) -> _Opened:
    try:
        body = decode_body(stored)
    except HotlineError:
        return _Opened()
    message = decode_own_form(body.kind, body.payload)
    if message is not None:
        return _Opened(body, message, own_form=True)
    try:
        return _Opened(body, decode_payload(body.kind, unpack(body.payload)))
    except HotlineError:
        return _Opened(body)


def message_in(body: bytes | None) -> Message | None:
    """Return the message in a stored body; None when it cannot be read."""
    return _opened(body).message if body else None


def composer_in(message: Message | None) -> str | None:
    """Return who composed a message by what it says, safe to show; None where it names nobody."""
    return (printable(composer_of(message)) or None) if message is not None else None


def payload_in(body: bytes | None) -> object:
    """Return the payload of a stored body as it was sent; None when it cannot be decoded.

    One that is written as we write it is its message: nothing is doubled, strange or left over, so
    that both read the same, in JSON too.
    """
    opened = _opened(body) if body else _Opened()
    if opened.own_form or opened.body is None:
        return opened.message
    try:
        return unpack(opened.body.payload)
    except HotlineError:
        return None


def told_in(payload: bytes) -> dict[str, Any]:
    """Return the map in a record's payload; empty when it cannot be read."""
    try:
        value = unpack(payload, max_bytes=MAX_RECORD)
    except HotlineError:
        return {}
    return value if isinstance(value, dict) else {}


def flags_in(flags: str | None) -> list[dict[str, str]]:
    """Return the flags that a message was presented with; what cannot be read is one of them."""
    if not flags:
        return []
    try:
        return msgspec.json.decode(flags, type=list[dict[str, str]])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return [{"code": "export.unreadable-flags", "text": flags}]


def precedence_name(stream: int) -> str:
    """Return the name of a stream's precedence; its number where it has none."""
    try:
        return Precedence(stream).name
    except ValueError:
        return str(stream)


def texts_in(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield each text in an entry with the name of its field, empty where it has none.

    What cannot be decoded is one text, as far as its bytes are text.
    """
    if isinstance(entry, MessageEntry):
        try:
            payload = decode_body(entry.body or b"").payload
        except HotlineError:
            payload = entry.body or b""
    else:
        payload = entry.payload
    try:
        value = _loose(payload)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError, TypeError):
        yield "", payload.decode("utf-8", "ignore")
        return
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        name, inner = waiting.pop()
        if isinstance(inner, str):
            yield name, inner
        elif isinstance(inner, dict):
            waiting.extend((key if isinstance(key, str) else "", v) for key, v in inner.items())
        elif isinstance(inner, list):
            waiting.extend((name, item) for item in inner)


def folded(text: str) -> str:
    """Return a text as it is compared: compatible forms made one, and letters made small."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
