"""What can be checked of one signed note by itself, in any process: receipts, cosignatures.

Each function takes what the tables say and returns what it means, or says in a sentence why it
means nothing; what it must agree with elsewhere is for the walk over the tables to hold against it.
Arguments and results pickle, so that the work can be shared (``hotline.audit.verification.crew``).
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from hotline.errors import HotlineError, TrustError
from hotline.trust.checkpoint import Checkpoint, open_lone_checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import HASH_SIZE, MAX_TREE_SIZE
from hotline.trust.notes import NoteKey
from hotline.wire.codec import MAX_BYTES, unpack
from hotline.wire.frames import MAX_RECEIPT_ITEMS, ReceiptItem
from hotline.wire.shapes import Count, decode_shape

MAX_PAYLOAD = MAX_BYTES
"""Bytes of a payload that are read; a longer one is refused, however long it is."""
_LINES = 6
"""Lines of a checkpoint with one signature, with the nothing behind the last LF."""


@lru_cache
def key_of(raw: bytes) -> PublicKey:
    """Return a raw public key ready to verify with; to find it sound takes a millisecond."""
    return PublicKey(raw)


@lru_cache
def _log_key(origin: str, raw: bytes) -> NoteKey:
    return NoteKey(origin, key_of(raw))


# --- Notes ------------------------------------------------------------------------------------


class Signed(NamedTuple):
    """A checkpoint that its log's key signed: its size and root."""

    size: int
    root: bytes


class Receipt(NamedTuple):
    """What a receipt says: the checkpoint, the size that it begins at, and the messages named."""

    size: int
    root: bytes
    old_size: int
    items: tuple[ReceiptItem, ...]


_Items = Annotated[tuple[ReceiptItem, ...], Meta(max_length=MAX_RECEIPT_ITEMS)]
_items = msgspec.msgpack.Decoder(_Items)


class _ReceiptRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of a ``receipt`` record."""

    checkpoint: bytes
    old_size: Count
    items: _Items


_receipt = msgspec.msgpack.Decoder(_ReceiptRecord)
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Signer:
    """A log's origin and the raw key that signs its checkpoints, alone."""

    origin: str
    key: bytes

    def open(self, note: bytes) -> Signed:
        """Return what the checkpoint in a note says, once it is this log's. Raises TrustError.

        The key is made once for a hundred thousand notes.
        """
        key = _log_key(self.origin, self.key)
        signed = _open_own_form(note, key)
        if signed is None:
            checkpoint = open_lone_checkpoint(note, key)
            signed = Signed(checkpoint.size, checkpoint.root)
        return signed


def _open_own_form(note: bytes, key: NoteKey) -> Signed | None:
    """Open a note that is spelled, byte for byte, as the log's own node spells it.

    That is a fraction of the work. None means nothing but that the strict way has to be taken,
    which also knows what is wrong.
    """
    lines = note.split(b"\n")
    if len(lines) != _LINES:
        return None
    try:
        size, root = int(lines[1]), a2b_base64(lines[2])
        signature = a2b_base64(lines[4].rpartition(b" ")[2])
    except ValueError:  # binascii.Error is one
        return None
    if not 0 <= size <= MAX_TREE_SIZE or len(root) != HASH_SIZE or signature[:4] != key.key_id:
        return None
    origin = key.name.encode()
    text = b"%b\n%d\n%b" % (origin, size, b2a_base64(root))
    if note != b"%b\n\xe2\x80\x94 %b %b" % (text, origin, b2a_base64(signature)):
        return None
    try:
        key.public.verify(signature[4:], text)
    except TrustError:
        return None
    return Signed(size, root)


def check_given(
    signer: Signer, row: tuple[int, int, bytes, bytes]
) -> tuple[Signed | str, tuple[ReceiptItem, ...] | str]:
    """Open a row of ``receipt_given`` (size, old size, note, items): its note, and its items."""
    _, _, note, items = row
    signed: Signed | str
    named: tuple[ReceiptItem, ...] | str
    try:
        signed = signer.open(note)
    except HotlineError as error:
        signed = str(error)
    try:
        named = decode_shape(_items, items, "items")
    except HotlineError as error:
        return signed, f"a receipt's items cannot be read: {error}"
    if _encode(named) != items:
        named = "a receipt's items are spelled otherwise than a node does"
    return signed, named


def check_receipt(signer: Signer, row: tuple[int, int, bytes]) -> Receipt | str:
    """Open the payload of a ``receipt`` record (entry, time, payload)."""
    try:
        checkpoint, said = read_receipt(signer, row[2])
    except HotlineError as error:
        return str(error)
    return Receipt(checkpoint.size, checkpoint.root, said.old_size, said.items)


def read_receipt(signer: Signer, payload: bytes) -> tuple[Signed, _ReceiptRecord]:
    """Return a receipt's checkpoint, signed by the peer, and what it says. Raises HotlineError."""
    said = decode_shape(_receipt, payload, "a receipt cannot be read")
    if _encode(said) != payload:  # the strict decoder knows what is wrong with it
        unpack(payload)
    return signer.open(said.checkpoint), said


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who may cosign the log ``origin``: name of the key and raw key, by name in the table."""

    origin: str
    keys: Mapping[str, tuple[str, bytes]]


def check_cosignature(witnesses: Witnesses, row: tuple[int, str, bytes, bytes]) -> str:
    """Check a row of ``cosignature`` (size, witness, root, line); return what is wrong, or ""."""
    size, witness, root, line = row
    known = witnesses.keys.get(witness)
    if known is None:
        return (
            f"{witness} is no witness of this log; keep its [[witness]] in node.toml"
            " if it was an outside one"
        )
    name, raw = known
    try:
        text = Checkpoint(witnesses.origin, size, root).text()
        verify_cosignature(text, line, name, key_of(raw))
    except HotlineError as error:
        return str(error)
    return ""
