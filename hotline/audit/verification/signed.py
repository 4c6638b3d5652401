"""What can be checked of one signed thing by itself, in any process: groups, notes, cosignatures.

Each function takes what the tables say and returns what it means, or says in a sentence why it
means nothing; what it must agree with elsewhere is for the walk over the tables to hold against it.
Arguments and results pickle, so that the work can be shared (``hotline.audit.verification.crew``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from hotline.audit.verification.projections import check_message
from hotline.errors import HotlineError
from hotline.journal.state import OUT
from hotline.trust.checkpoint import Checkpoint, open_lone_checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.keys import PublicKey
from hotline.trust.notes import NoteKey
from hotline.wire.body import Body, decode_body, message_id
from hotline.wire.codec import MAX_BYTES, unpack
from hotline.wire.envelope import Envelope, decode_envelope, verify_group
from hotline.wire.frames import MAX_RECEIPT_ITEMS, ReceiptItem
from hotline.wire.shapes import Count, decode_shape

MAX_PAYLOAD = MAX_BYTES
"""Bytes of a payload that are read; a longer one is refused, however long it is."""


@lru_cache
def _key(raw: bytes) -> PublicKey:
    return PublicKey(raw)


@lru_cache
def _log_key(origin: str, raw: bytes) -> NoteKey:
    return NoteKey(origin, _key(raw))


# --- Groups -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parties:
    """Who speaks on a line in one epoch, as each body must say, with the raw signing keys."""

    own: str
    peer: str
    epoch: int
    status: str
    own_signing: bytes
    peer_signing: bytes


class GroupRow(NamedTuple):
    """A row of ``envelope``; ``data`` is cut after the longest envelope that there can be."""

    id: int
    direction: int
    stream: int
    first_seq: int
    length: int
    first_idx: int
    data: bytes


class StoredGroup(NamedTuple):
    """A group with the rows of ``message`` that lie where its messages must lie.

    ``row`` is None for messages that lie in no group's place.
    """

    row: GroupRow | None
    messages: list[tuple[Any, ...]]

    def size(self) -> int:
        """Return about how many bytes that is."""
        return (len(self.row.data) if self.row else 0) + 200 * len(self.messages)


class Finding(NamedTuple):
    """What does not hold of one entry, and which step says so."""

    step: int
    entry: int
    text: str


class Group(NamedTuple):
    """What a group holds: the links of its chain, and what does not hold in it.

    ``unreadable`` is why nothing is known of it, empty otherwise.
    """

    unreadable: str
    length: int = 0
    previous: bytes = b""
    last_id: bytes = b""
    findings: tuple[Finding, ...] = ()


def check_group(parties: Parties, stored: StoredGroup) -> Group:
    """Check a group's signature, and hold the messages stored for it against its bodies."""
    group = stored.row
    if group is None:
        return Group("")
    raw = parties.own_signing if group.direction == OUT else parties.peer_signing
    try:
        envelope = decode_envelope(group.data)
        verify_group(envelope, _key(raw))
        bodies = [decode_body(body) for body in envelope.bodies]
    except HotlineError as error:
        return Group(str(error))
    ids = [message_id(body) for body in envelope.bodies]
    findings = tuple(_differences(parties, group, stored.messages, envelope, bodies, ids))
    return Group("", len(bodies), bodies[0].previous, ids[-1], findings)


def _differences(
    parties: Parties,
    group: GroupRow,
    messages: list[tuple[Any, ...]],
    envelope: Envelope,
    bodies: list[Body],
    ids: list[bytes],
) -> Iterator[Finding]:
    """Yield what differs between the bodies of a group and the messages stored for it."""
    id_, direction, stream, seq, count, index, _ = group
    if len(bodies) != count:
        yield Finding(2, index, f"{len(bodies)} messages where {count} are due")
    names = (parties.own, parties.peer) if direction == OUT else (parties.peer, parties.own)
    rows = iter(messages)
    row = next(rows, None)
    previous = bodies[0].previous
    for body, hashed, span in zip(bodies, ids, envelope.spans(), strict=True):
        if row is not None and row[0] == index:
            due = (index, direction, stream, seq, hashed, body.kind, body.created_us, id_, *span)
            if row[:10] != due:
                yield Finding(2, index, "the message stored is not the one signed")
            for text in check_message(body, direction, *row[10:]):
                yield Finding(11, index, text)
            row = next(rows, None)
        else:
            yield Finding(2, index, "a message that was signed is not stored")
        said = (body.sender, body.recipient, body.epoch, body.precedence, body.seq, body.status)
        if said != (*names, parties.epoch, stream, seq, parties.status):
            yield Finding(2, index, f"the body says {said}")
        if body.previous != previous:
            yield Finding(3, index, "the chain of previous hashes is broken")
        seq += 1
        index += 1
        previous = hashed
    if row is not None:
        yield Finding(2, row[0], "a message lies in no group")


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

    def open(self, note: bytes) -> Checkpoint:
        """Return the checkpoint in a note, once it is this log's. Raises TrustError.

        The key is made once for a hundred thousand notes.
        """
        return open_lone_checkpoint(note, _log_key(self.origin, self.key))


def check_given(
    signer: Signer, row: tuple[int, int, bytes, bytes]
) -> tuple[Signed | str, tuple[ReceiptItem, ...] | str]:
    """Open a row of ``receipt_given`` (size, old size, note, items): its note, and its items."""
    _, _, note, items = row
    signed: Signed | str
    named: tuple[ReceiptItem, ...] | str
    try:
        checkpoint = signer.open(note)
        signed = Signed(checkpoint.size, checkpoint.root)
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


def read_receipt(signer: Signer, payload: bytes) -> tuple[Checkpoint, _ReceiptRecord]:
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
        verify_cosignature(text, line, name, _key(raw))
    except HotlineError as error:
        return str(error)
    return ""
