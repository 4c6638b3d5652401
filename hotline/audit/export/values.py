"""What a payload says, as JSON can hold it, and JSON that no reader trips over.

Deliver first, flag always: an export carries whatever was said. What cannot be decoded has no
decoded form, and its bytes stand beside it.
"""

from __future__ import annotations

import re
from base64 import b64encode

import msgspec

from hotline.errors import HotlineError, WireError
from hotline.model.kinds import Precedence
from hotline.model.times import format_time
from hotline.wire.body import decode_body
from hotline.wire.codec import unpack

MAX_RECORD = 2 * 1024 * 1024
"""Bytes of a record that are decoded; an equivocation keeps a whole envelope as evidence."""

# As `hotline.model.text` has them, in JSON text, where they can only stand inside of strings.
_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
_encode = msgspec.json.Encoder().encode


def time_text(microseconds: int) -> str:
    """Return RFC 3339 in UTC with six decimals; the plain number where there is no such year."""
    try:
        text = format_time(microseconds)
    except HotlineError:
        return str(microseconds)
    return text if "." in text else f"{text[:-1]}.000000Z"


def precedence_name(stream: int) -> str:
    """Return the name of a stream's precedence; its number where it has none."""
    try:
        return Precedence(stream).name
    except ValueError:
        return str(stream)


def base64_text(data: bytes | None) -> str:
    """Return standard base64, of nothing where the journal holds nothing."""
    return b64encode(data or b"").decode()


def said_in(body: bytes | None) -> object:
    """Return the decoded payload of a body as it was sent; None where it cannot be decoded."""
    if not body:
        return None
    try:
        return jsonable(unpack(decode_body(body).payload))
    except WireError:
        return None


def told_in(payload: bytes) -> object:
    """Return the decoded payload of a record; None where it cannot be decoded."""
    try:
        return jsonable(unpack(payload, max_bytes=MAX_RECORD))
    except WireError:
        return None


def flags_in(flags: str | None) -> list[dict[str, str]]:
    """Return the flags that a message was presented with; none where they cannot be read."""
    if not flags:
        return []
    try:
        return msgspec.json.decode(flags, type=list[dict[str, str]])
    except msgspec.MsgspecError:
        return [{"code": "export.unreadable-flags", "text": flags}]


def jsonable(value: object) -> object:
    """Return a decoded value with its bytes as text where they are text, else as hexadecimal."""
    if isinstance(value, dict):
        return {str(key): jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(inner) for inner in value]
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return value.hex()
        return text if text.replace("\n", "").isprintable() and text else value.hex()
    return value


def json_text(value: object) -> str:
    r"""Return JSON on one line; what steers a terminal or an order of reading is ``\u`` escaped."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", _encode(value).decode())
