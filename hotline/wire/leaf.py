"""Leaves of a log: the few bytes that a line's RFC 6962 tree commits to, entry by entry.

The peer rebuilds the leaf of each message it sent from what it knows, so these encodings are
exact: MessagePack arrays whose every element has its shortest form. Two shapes name a message
of the line; every other entry is bound by the hash of its payload, and salted, because its
leaf hash is mirrored by a peer who must not be able to guess what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from hotline.errors import WireError
from hotline.wire.shapes import Hash, Salt, Seq, Shape, Stream, TimeUs, Word, decode_shape

RECEIVED = "received"
SENT = "sent"

_encode = msgspec.msgpack.Encoder().encode


def received_leaf(stream: int, seq: int, message_id: bytes, time_us: int) -> bytes:
    """Leaf of a message from the peer, durable here since ``time_us`` by this node's clock."""
    return _encode((RECEIVED, stream, seq, message_id, time_us))


def sent_leaf(stream: int, seq: int, message_id: bytes, created_us: int) -> bytes:
    """Leaf of a message to the peer, created at ``created_us``, as its body says."""
    return _encode((SENT, stream, seq, message_id, created_us))


def own_leaf(kind: str, payload_hash: bytes, time_us: int, salt: bytes) -> bytes:
    """Leaf of any other entry; ``salt`` is 16 bytes of fresh entropy from the caller."""
    return _encode((kind, payload_hash, time_us, salt))


@dataclass(frozen=True, slots=True)
class MessageLeaf:
    """An entry that names a message of the line; ``kind`` is ``received`` or ``sent``."""

    kind: str
    stream: int
    seq: int
    message_id: bytes
    time_us: int


@dataclass(frozen=True, slots=True)
class OwnLeaf:
    """Any other entry; ``payload_hash`` is SHA-256 of the payload that the journal stores."""

    kind: str
    payload_hash: bytes
    time_us: int
    salt: bytes


class _MessageShape(Shape, frozen=True):
    kind: Literal["received", "sent"]
    stream: Stream
    seq: Seq
    message_id: Hash
    time_us: TimeUs


class _OwnShape(Shape, frozen=True):
    kind: Word
    payload_hash: Hash
    time_us: TimeUs
    salt: Salt


_message_decoder = msgspec.msgpack.Decoder(_MessageShape)
_own_decoder = msgspec.msgpack.Decoder(_OwnShape)
_FIVE_ELEMENTS = 0x95


def decode_leaf(data: bytes) -> MessageLeaf | OwnLeaf:
    """Decode a leaf, or raise :class:`~hotline.errors.WireError`.

    A leaf has one encoding only: bytes that say the same in a longer form are refused with
    ``wire.leaf-not-shortest``, and an entry called ``received`` or ``sent`` without a message
    with ``wire.bad-field``.
    """
    leaf: MessageLeaf | OwnLeaf
    if data[:1] == bytes([_FIVE_ELEMENTS]):
        message = decode_shape(_message_decoder, data, "leaf")
        leaf = MessageLeaf(*msgspec.structs.astuple(message))
        again = _encode(message)
    else:
        own = decode_shape(_own_decoder, data, "leaf")
        if own.kind in (RECEIVED, SENT):
            raise WireError("wire.bad-field", f"leaf: an entry {own.kind!r} names no message")
        leaf = OwnLeaf(*msgspec.structs.astuple(own))
        again = _encode(own)
    if again != data:
        raise WireError("wire.leaf-not-shortest", "a leaf that is not in its one encoding")
    return leaf
