"""Steps 2 and 3 for a span of groups, in any process: what they say, and what is stored for them.

Whatever needs nothing but the span is decided here. What it must fit to elsewhere is named, for the
walk over all spans to hold against it: the link of each stream's first group to the one before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from hotline.audit.verification.projections import check_message, is_list
from hotline.audit.verification.signed import key_of
from hotline.audit.verification.spans import (
    MAX_VALUE,
    File,
    GroupRow,
    GroupSpan,
    MessageRow,
    read_span,
)
from hotline.errors import HotlineError
from hotline.journal.schema import connect
from hotline.journal.state import OUT
from hotline.trust.merkle import tree_root
from hotline.wire.body import MAX_BODY, Body, decode_body
from hotline.wire.envelope import (
    ED25519_SIGNATURE,
    GROUP_CONTEXT,
    MAX_ENVELOPE,
    MAX_GROUP,
    MAX_SIGNATURE,
    MAX_SIGNATURES,
    VERSION,
    decode_envelope,
)

MAX_FINDINGS = 25
"""Findings of one step that a span tells: of all spans together, no more are listed."""
GROUP_COLUMN = 7
"""Column of the group in a message's row."""

Place = tuple[int, int]
"""Direction and stream."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who speaks on a line in one epoch, as each body must say, with the raw signing keys."""

    own: str
    peer: str
    epoch: int
    status: str
    own_signing: bytes
    peer_signing: bytes


class Finding(NamedTuple):
    """What does not hold of one entry, and which step says so."""

    step: int
    entry: int
    text: str


class Link(NamedTuple):
    """The first group of a stream in a span: its entry, its sequence, and what it follows."""

    place: Place
    entry: int
    first_seq: int
    previous: bytes


@dataclass(slots=True)
class Part:
    """What a span holds, and what does not hold in it.

    ``findings`` and ``links`` are told in one list, in the order of the groups. ``marks`` is where
    each stream stands behind the span: next sequence, newest id.
    """

    groups: int = 0
    messages: int = 0
    signatures: int = 0
    told: list[Finding | Link] = field(default_factory=list)
    marks: dict[Place, tuple[int, bytes]] = field(default_factory=dict)

    def find(self, step: int, entry: int, text: str) -> None:
        """Take down what does not hold, once, and not more than is ever listed."""
        finding = Finding(step, entry, text)
        alike = [one for one in self.told if isinstance(one, Finding) and one.step == step]
        if len(alike) < MAX_FINDINGS and finding not in alike:
            self.told.append(finding)

    def holds(self, span: GroupSpan) -> bool:
        """Whether all groups of the span are there, and hold as far as can be said of it alone."""
        return self.groups == span.groups and all(isinstance(one, Link) for one in self.told)


def check_span_of(file: File, parties: Parties, span: GroupSpan) -> Part:
    """Do as ``check_span`` in another process, which opens the journal's file by itself.

    Raises whatever keeps it from that: the one who asked does it then, and finds out why.
    """
    return check_span(_opened(file), parties, span)


@lru_cache(1)
def _opened(file: File) -> sqlite3.Connection:
    path = Path(file.path)
    connection = connect(path, writable=False)
    if File.of(path) != file:
        raise FileNotFoundError(path)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    connection.execute("PRAGMA cache_size = -8192")
    connection.execute("BEGIN")
    return connection


def check_span(db: sqlite3.Connection, parties: Parties, span: GroupSpan) -> Part:
    """Check each group of a span and its messages, side by side."""
    part = Part()
    for row, messages in read_span(db, span):
        part.messages += len(messages)
        if row is None:
            _tell_strays(part, messages)
        else:
            part.groups += 1
            _check_group(part, parties, row, messages)
    return part


def _check_group(part: Part, parties: Parties, row: GroupRow, messages: list[MessageRow]) -> None:
    """Check one group, and hold it against what came before it in its stream."""
    id_, direction, stream, first_seq, _, first_idx, data = row
    try:
        opened = _open(data)
        raw = parties.own_signing if direction == OUT else parties.peer_signing
        key_of(raw).verify(opened.signature, opened.signed)
        bodies = [decode_body(body) for body in opened.bodies]
    except HotlineError as error:
        part.find(2, first_idx, str(error))
        # What is known to be of this group is not reported again.
        _tell_strays(part, [one for one in messages if one[GROUP_COLUMN] != id_])
        _pass_over(part, [one for one in messages if one[GROUP_COLUMN] == id_])
        return
    part.signatures += 1
    place = (direction, stream)
    previous = bodies[0].previous
    mark = part.marks.get(place)
    if mark is None:
        part.told.append(Link(place, first_idx, first_seq, previous))
    elif mark != (first_seq, previous):
        for text in unlinked(first_seq, previous, *mark):
            part.find(3, first_idx, text)
    ids = [sha256(body).digest() for body in opened.bodies]
    for finding in _differences(parties, row, messages, opened, bodies, ids):
        part.find(*finding)
    part.marks[place] = (first_seq + len(bodies), ids[-1])


def unlinked(first_seq: int, previous: bytes, next_seq: int, last_id: bytes) -> Iterator[str]:
    """Yield what keeps a group from following where its stream stands."""
    if first_seq != next_seq:
        yield f"sequence {first_seq} where {next_seq} was due"
    if previous != last_id:
        yield "the chain of previous hashes is broken"


def _tell_strays(part: Part, messages: list[MessageRow]) -> None:
    """Tell of messages that no group accounts for."""
    for message in messages:
        part.find(2, message[0], "a message lies in no group")
    _pass_over(part, messages)


def _pass_over(part: Part, messages: list[MessageRow]) -> None:
    """Take the streams' marks from messages that cannot be checked."""
    for _, direction, stream, seq, id_, *_ in messages:
        part.marks[direction, stream] = (seq + 1, id_)


def _differences(
    parties: Parties,
    group: GroupRow,
    messages: list[MessageRow],
    opened: _Opened,
    bodies: list[Body],
    ids: list[bytes],
) -> Iterator[tuple[int, int, str]]:
    """Yield what differs between the bodies of a group and the messages stored for it."""
    id_, direction, stream, seq, count, index, _ = group
    if len(bodies) != count:
        yield 2, index, f"{len(bodies)} messages where {count} are due"
    sender, recipient = parties.own, parties.peer
    if direction != OUT:
        sender, recipient = recipient, sender
    epoch, status = parties.epoch, parties.status
    rows = iter(messages)
    row = next(rows, None)
    previous = bodies[0].previous
    for body, hashed, span in zip(bodies, ids, opened.spans, strict=True):
        if row is not None and row[0] == index:
            due = (index, direction, stream, seq, hashed, body.kind, body.created_us, id_, *span)
            if row[:10] != due:
                yield 2, index, "the message stored is not the one signed"
            flags = None if row[12] is None else is_list(row[12])
            for text in check_message(body, direction, row[10], row[11], flags):
                yield 11, index, text
            row = next(rows, None)
        else:
            yield 2, index, "a message that was signed is not stored"
        said = (body.sender, body.recipient, body.epoch, body.precedence, body.seq, body.status)
        if said != (sender, recipient, epoch, stream, seq, status):
            yield 2, index, f"the body says {said}"
        if body.previous != previous:
            yield 3, index, "the chain of previous hashes is broken"
        seq += 1
        index += 1
        previous = hashed
    if row is not None:
        yield 2, row[0], "a message lies in no group"


# --- Envelopes --------------------------------------------------------------------------------


class _Opened(NamedTuple):
    """A group's bodies with their places in the envelope, and its signature with what it signs."""

    signature: bytes
    signed: bytes
    bodies: tuple[bytes, ...]
    spans: list[tuple[int, int]]


_envelope = msgspec.msgpack.Decoder(
    tuple[
        Literal[1],
        Annotated[
            tuple[Annotated[bytes, Meta(max_length=MAX_SIGNATURE)], ...],
            Meta(min_length=1, max_length=MAX_SIGNATURES),
        ],
        Annotated[
            tuple[Annotated[bytes, Meta(max_length=MAX_BODY)], ...],
            Meta(min_length=1, max_length=MAX_GROUP),
        ],
    ]
)
_encode = msgspec.msgpack.Encoder().encode


def _open(data: bytes) -> _Opened:
    """Split an envelope, as ``decode_envelope`` does; raises HotlineError as that does.

    The same limits, and bytes equal to those that it encodes to, show that it is in its one
    encoding. Where that does not hold, the decoder that every node uses says why.
    """
    signatures: tuple[bytes, ...]
    bodies: tuple[bytes, ...]
    try:
        _, signatures, bodies = _envelope.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        signatures = bodies = (b"",)
    if (
        len(data) > MAX_ENVELOPE
        or len(signatures[0]) != ED25519_SIGNATURE
        or _encode((VERSION, signatures, bodies)) != data
    ):
        envelope = decode_envelope(data)
        signatures, bodies = envelope.signatures, envelope.bodies
    root = tree_root([sha256(b"\x00" + body).digest() for body in bodies])
    return _Opened(signatures[0], GROUP_CONTEXT + root, bodies, _spans(len(data), bodies))


def _spans(size: int, bodies: tuple[bytes, ...]) -> list[tuple[int, int]]:
    """Return (offset, length) of each body: they end the envelope, each behind its head."""
    if len(bodies) == 1:
        (body,) = bodies
        return [(size - len(body), len(body))]
    spans = []
    for body in reversed(bodies):
        length = len(body)
        size -= length
        spans.append((size, length))
        size -= 2 if length < 256 else 3 if length < 65536 else 5
    spans.reverse()
    return spans
