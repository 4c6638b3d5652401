"""The body: the signed bytes of one message, whose SHA-256 is the message's id.

A body is decoded only after the signature over its bytes has been verified, is stored as it was
received, and is never encoded again (``docs/spec/wire.md``, section 3).
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from hotline.errors import UsageError, WireError
from hotline.wire.shapes import (
    NOTHING_BEFORE,
    CentreId,
    Epoch,
    Hash,
    Seq,
    Shape,
    Stream,
    TimeUs,
    Word,
    decode_shape,
)

MAX_BODY = 256 * 1024
"""Bytes in one body."""


class Body(Shape, frozen=True):
    """Who says what to whom, as the ``seq``-th message of one stream.

    ``precedence`` is also the number of the stream; ``previous`` is the message id of
    ``seq - 1`` in this stream, 32 zero bytes for the first. ``kind`` and ``status`` stay plain
    text: a kind of a later version is still delivered, and which status is welcome depends on
    the line. ``payload`` is the MessagePack map of that kind, opened by ``hotline.model``.
    """

    sender: CentreId
    recipient: CentreId
    epoch: Epoch
    precedence: Stream
    seq: Seq
    previous: Hash
    status: Word
    kind: Word
    created_us: TimeUs
    payload: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Body)


def encode_body(body: Body) -> bytes:
    """Encode a body of our own; raises ``UsageError`` ``wire.bad-body`` if a peer would refuse."""
    data = _encoder.encode(body)
    try:
        decode_body(data)
    except WireError as error:
        raise UsageError(
            "wire.bad-body", f"a body that a peer would refuse: {error}", error.hint
        ) from error
    return data


def decode_body(data: bytes) -> Body:
    """Decode one body, or raise :class:`~hotline.errors.WireError`.

    Refuses what is not an array of exactly ten elements of the right types and ranges, more
    than ``MAX_BODY`` bytes, and a first message that names a predecessor or a later one that
    names none.
    """
    if len(data) > MAX_BODY:
        raise WireError(
            "wire.body-too-large", f"a body of {len(data)} bytes, at most {MAX_BODY} allowed"
        )
    body = decode_shape(_decoder, data, "body")
    if (body.seq == 1) is not (body.previous == NOTHING_BEFORE):
        raise WireError(
            "wire.bad-previous",
            f"body {body.seq} of its stream and the hash of the one before it do not agree",
        )
    return body


def message_id(body: bytes) -> bytes:
    """Return the id of the message: SHA-256 of the body's bytes as they were signed."""
    return sha256(body).digest()
