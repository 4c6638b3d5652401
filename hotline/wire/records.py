"""What records say: the payloads of entries that are no messages.

A payload is a MessagePack map with just the keys of its kind (``docs/spec/log.md``, section 2). It
never crosses the line as it is, but it is what the hash in a leaf is of, and whoever holds an
export or evidence reads it: so it is decoded by the rules of the wire, and in one place.

A new kind takes a form here, an entry by ``append_record``, its log in
``hotline/audit/verification/records.py``, its words in ``hotline/audit/search/words.py``, and a
row in that section. Tests fail until each is there.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import Meta

from hotline.wire.codec import unpack
from hotline.wire.frames import MAX_FRAME
from hotline.wire.shapes import Count, ErrorCode, Hash, Stream, decode_shape

MAX_RECORD = 2 * MAX_FRAME
"""Bytes of a payload that are read: a refused frame is kept whole, with a few words."""
MAX_FLAGS = 128
"""Flags of one message: the rules name at most fifty of each sort."""
MAX_FLAG_TEXT = 2000
"""Characters of a flag's text, and of the name of the field that it is about."""

T = TypeVar("T")


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A MessagePack map with just these keys."""


class Flag(Record, frozen=True, omit_defaults=True):
    """Something remarkable about a received message; it is shown, never mended silently."""

    code: ErrorCode
    text: Annotated[str, Meta(max_length=MAX_FLAG_TEXT)]
    # The field of the message that it is about; empty where it is about none.
    field: Annotated[str, Meta(max_length=MAX_FLAG_TEXT)] = ""


class Remarked(Record, frozen=True):
    """``remarked``: what this node flagged when it took ``message``, in the order it is shown."""

    message: Hash
    flags: Annotated[tuple[Flag, ...], Meta(min_length=1, max_length=MAX_FLAGS)]


class AnswerTime(Record, frozen=True):
    """``answer-time``: how long a message of this precedence may wait for its answer from now on.

    It is the letter's time, in microseconds.
    """

    stream: Stream
    within_us: Count


class AnswerDue(Record, frozen=True):
    """``answer-due``: until when ``message`` may wait, where that is not as ``answer-time`` says.

    A stand-by moved it, which has the message answered later than at first.
    """

    message: Hash
    due_us: Count


_encode = msgspec.msgpack.Encoder().encode


def encode_record(said: Record) -> bytes:
    """Encode what a record says as it is entered."""
    return _encode(said)


def decode_record(payload: bytes, form: type[T], what: str) -> T:
    """Decode the payload of a record whose kind has this form; ``what`` names it in an error.

    ``form`` may be a union. Keys may be in any order. Raises WireError: no such map, a key too many
    or too few or twice, a value out of bounds, more than `MAX_RECORD` bytes.
    """
    decoder: msgspec.msgpack.Decoder[T] = _decoder(cast("Hashable", form))
    said = decode_shape(decoder, payload[: MAX_RECORD + 1], what)
    if _encode(said) != payload:  # the strict decoder knows what is wrong with it, if anything
        unpack(payload, max_bytes=MAX_RECORD)
    return said


@cache
def _decoder(form: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(form)
