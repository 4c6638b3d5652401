"""What a payload says, as JSON can hold it, and JSON that no reader trips over.

Deliver first, flag always: an export carries whatever was said. What cannot be decoded has no
decoded form, and its bytes stand beside it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache

import msgspec

from hotline.audit.search.decoding import MAX_RECORD, payload_in
from hotline.errors import HotlineError, WireError
from hotline.model.times import SECOND_US, format_time
from hotline.wire.codec import unpack

# As `hotline.model.text` has them, in JSON text, where they can only stand inside of strings.
_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
_encode = msgspec.json.Encoder().encode


def time_text(microseconds: int) -> str:
    """Return RFC 3339 in UTC with six decimals; the plain number where there is no such year."""
    seconds, fraction = divmod(microseconds, SECOND_US)
    try:
        return f"{_second_text(seconds)}.{fraction:06d}Z"
    except HotlineError:
        return str(microseconds)


def time_or_none(microseconds: int | None) -> str | None:
    """Return a time as `time_text` has it; None for none."""
    return None if microseconds is None else time_text(microseconds)


@lru_cache(1024)  # entries of one second lie side by side, and flights begin on full minutes
def _second_text(seconds: int) -> str:
    """Return RFC 3339 without fraction and zone."""
    return format_time(seconds * SECOND_US)[:-1]


def base64_text(data: bytes | None) -> str:
    """Return standard base64, of nothing where the journal holds nothing."""
    return b64encode(data or b"").decode()


def said_in(body: bytes | None) -> object:
    """Return the decoded payload of a body as it was sent; None where it cannot be decoded."""
    payload = payload_in(body)
    # A message of our own form holds no bytes, so it is JSON as it stands.
    return payload if isinstance(payload, msgspec.Struct) else jsonable(payload)


def told_in(payload: bytes) -> object:
    """Return the decoded payload of a record; None where it cannot be decoded."""
    try:
        return jsonable(unpack(payload, max_bytes=MAX_RECORD))
    except WireError:
        return None


def jsonable(value: object) -> object:
    """Return a decoded value with its bytes as text where they are text, else as hexadecimal."""
    if isinstance(value, str | float | int):
        return value
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
    text = _encode(value)
    if text.isascii() and b"\x7f" not in text:
        return text.decode("ascii")
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text.decode())
