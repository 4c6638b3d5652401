"""The envelope: the signed bytes of one group of messages of one stream.

One signature covers the RFC 6962 root over the bodies of the group, so under load one signature
carries many messages while each keeps a proof of its own (the path to the root). The envelope
is stored once as it was received; a message of it is a span of those bytes
(``docs/spec/wire.md``, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import msgpack  # type: ignore[import-untyped]

from hotline.errors import UsageError, WireError
from hotline.trust.merkle import tree_root
from hotline.wire.body import MAX_BODY

VERSION = 1
MAX_GROUP = 512
"""Bodies in one group."""
MAX_ENVELOPE = 1024 * 1024 - 64
"""Bytes in one envelope, so that it fits into one frame."""
MAX_SIGNATURES = 8
MAX_SIGNATURE = 8192
"""Bytes in one signature: room for ML-DSA-87 beside the Ed25519 that must come first."""
ED25519_SIGNATURE = 64
GROUP_CONTEXT = b"hotline/group/v1\0"
"""Before the root in what is signed, so that a group signature can be nothing else."""

_BIN8, _BIN16, _BIN32 = 2, 3, 5  # bytes of head before the content
_FIXARRAY, _ARRAY16 = 1, 3
_packer = msgpack.Packer()


class Verifier(Protocol):
    """A public key: ``hotline.trust.keys.PublicKey`` is one."""

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if ``signature`` over ``data`` holds, raise ``TrustError`` otherwise."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A group's signatures and bodies, still bytes.

    The first signature is Ed25519 and must hold; a version 1 reader carries any others along
    unread, which is the room for a post-quantum second signature.
    """

    version: int
    signatures: tuple[bytes, ...]
    bodies: tuple[bytes, ...]

    def spans(self) -> list[tuple[int, int]]:
        """Return (offset, length) of each body within the envelope's bytes."""
        offset = 2 + _head_of_array(len(self.signatures))
        for signature in self.signatures:
            offset += _head_of_bin(len(signature)) + len(signature)
        offset += _head_of_array(len(self.bodies))
        spans = []
        for body in self.bodies:
            length = len(body)
            offset += _BIN8 if length < 256 else _BIN16 if length < 65536 else _BIN32
            spans.append((offset, length))
            offset += length
        return spans


def encode_envelope(signatures: Sequence[bytes], bodies: Sequence[bytes]) -> bytes:
    """Encode a group of our own, within every limit that :func:`decode_envelope` enforces.

    Raises ``UsageError`` ``wire.bad-envelope`` for a group that a peer would refuse.
    """
    data = bytes(_packer.pack((VERSION, tuple(signatures), tuple(bodies))))
    try:
        decode_envelope(data)
    except WireError as error:
        raise UsageError(
            "wire.bad-envelope",
            f"a group that a peer would refuse: {error}",
            "form smaller groups, of one signed stream each",
        ) from error
    return data


def envelope_size(signatures: Sequence[bytes], body_sizes: Sequence[int]) -> int:
    """Return the bytes that an envelope will take, to know when a group is full."""
    size = 2 + _head_of_array(len(signatures)) + _head_of_array(len(body_sizes))
    size += sum(_head_of_bin(len(signature)) + len(signature) for signature in signatures)
    return size + sum(_head_of_bin(length) + length for length in body_sizes)


def decode_envelope(data: bytes) -> Envelope:
    """Split an envelope into signatures and bodies, or raise ``WireError``; verifies nothing.

    An envelope has one encoding only (every head in its shortest form), so that a body's place
    in it follows from the lengths: ``wire.envelope-not-shortest``.
    """
    if len(data) > MAX_ENVELOPE:
        raise WireError(
            "wire.envelope-too-large",
            f"an envelope of {len(data)} bytes, at most {MAX_ENVELOPE} allowed",
        )
    try:
        parts = msgpack.unpackb(
            data, raw=False, max_array_len=MAX_GROUP, max_map_len=0, max_ext_len=0
        )
    except (ValueError, msgpack.UnpackException) as error:
        raise WireError("wire.malformed", f"envelope: {type(error).__name__}: {error}") from error
    if type(parts) is not list or len(parts) != 3 or type(parts[0]) is not int:
        raise WireError("wire.bad-field", "an envelope is an array of version, signatures, bodies")
    version, signatures, bodies = parts
    if version != VERSION:
        raise WireError(
            "wire.unknown-version",
            f"an envelope of version {version}; this program reads {VERSION}",
            "one of the two centres runs a program that the other does not know",
        )
    if not _all_bytes(signatures) or not _all_bytes(bodies):
        raise WireError("wire.bad-field", "signatures and bodies are arrays of byte strings")
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise WireError("wire.bad-signatures", f"an envelope with {len(signatures)} signatures")
    if len(signatures[0]) != ED25519_SIGNATURE:
        raise WireError("wire.bad-signatures", "the first signature is not Ed25519's 64 bytes")
    if any(len(signature) > MAX_SIGNATURE for signature in signatures):
        raise WireError("wire.bad-signatures", f"a signature of more than {MAX_SIGNATURE} bytes")
    if not bodies:
        raise WireError("wire.empty-group", "an envelope without a message")
    if any(len(body) > MAX_BODY for body in bodies):
        raise WireError("wire.body-too-large", f"a body of more than {MAX_BODY} bytes")
    if envelope_size(signatures, [len(body) for body in bodies]) != len(data):
        raise WireError("wire.envelope-not-shortest", "an envelope that is not in its one encoding")
    return Envelope(VERSION, tuple(signatures), tuple(bodies))


def body_spans(envelope: bytes) -> list[tuple[int, int]]:
    """Return (offset, length) of each body within the bytes of an envelope."""
    return decode_envelope(envelope).spans()


def group_input(bodies: Sequence[bytes]) -> bytes:
    """Return what a group's signature covers: the context and the root over the bodies."""
    return GROUP_CONTEXT + tree_root([sha256(b"\x00" + body).digest() for body in bodies])


def verify_group(envelope: Envelope, public_key: Verifier) -> None:
    """Check the first signature over the group; raises ``TrustError`` when it does not hold."""
    public_key.verify(envelope.signatures[0], group_input(envelope.bodies))


def _all_bytes(items: object) -> bool:
    return type(items) is list and all(type(item) is bytes for item in items)


def _head_of_bin(length: int) -> int:
    return _BIN8 if length < 256 else _BIN16 if length < 65536 else _BIN32


def _head_of_array(length: int) -> int:
    return _FIXARRAY if length < 16 else _ARRAY16
