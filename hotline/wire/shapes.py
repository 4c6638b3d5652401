"""Field types shared by everything on the wire that has a fixed shape.

A shape is a MessagePack array of fixed length, held in a frozen msgspec struct. msgspec decodes
it in one pass with exact types: no text for bytes, no true for 1, no element too many, no
container longer than the shape allows (checked before any memory is set aside for it).
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from hotline.errors import WireError

STREAMS = 4
"""One stream for each precedence in each direction: FLASH 0, IMMEDIATE 1, PRIORITY 2, ROUTINE 3."""
NOTHING_BEFORE = bytes(32)
"""The hash of the previous body that the first body of a stream carries."""

CentreId = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{1,31}\Z")]
Word = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,31}\Z")]
"""A status or a kind: unknown ones are well-formed, since an unknown kind is still delivered."""
ErrorCode = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9.-]{0,63}\Z")]
Text = Annotated[str, Meta(max_length=500)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Salt = Annotated[bytes, Meta(min_length=16, max_length=16)]
Epoch = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Stream = Annotated[int, Meta(ge=0, le=STREAMS - 1)]
Seq = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
TimeUs = Annotated[int, Meta(ge=0, le=253_402_300_799_999_999)]
"""Microseconds since the Unix epoch, UTC, until the end of the year 9999."""

T = TypeVar("T")


class Shape(
    msgspec.Struct,
    frozen=True,
    array_like=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """An array of fixed length; fields are its elements, in order."""


def decode_shape(decoder: msgspec.msgpack.Decoder[T], data: bytes, what: str) -> T:
    """Decode ``data`` or raise ``wire.malformed`` (no such array) or ``wire.bad-field``."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise WireError("wire.bad-field", f"{what}: {error}"[:400]) from error
    except (ValueError, RecursionError) as error:
        # msgspec.DecodeError and UnicodeDecodeError are both ValueErrors.
        raise WireError("wire.malformed", f"{what}: {error}"[:400]) from error
