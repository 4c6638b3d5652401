"""What records say: the payloads of entries that are no messages.

A payload is a MessagePack map with just the keys of its kind (``docs/spec/log.md``, section 2). It
never crosses the line as it is, but it is what the hash in a leaf is of, and whoever holds an
export or evidence reads it: so it is decoded by the rules of the wire, and in one place.

What is written is bounded where it is made; the bounds here keep out what no node writes. The forms
of ``fork``, ``line-opened`` and ``archived`` stand with what makes them, in the journal.

A new kind takes a form here, an entry by ``append_record``, its log in
``hotline/audit/verification/records.py``, its words in ``hotline/audit/search/words.py``, and a
row in that section. Tests fail until each is there.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Literal, TypeVar, cast

import msgspec
from msgspec import Meta

from hotline.wire.codec import unpack
from hotline.wire.frames import MAX_FRAME, MAX_RECEIPT_ITEMS, ReceiptItem
from hotline.wire.shapes import Count, ErrorCode, Hash, Seq, Stream, decode_shape

MAX_RECORD = 2 * MAX_FRAME
"""Bytes of a payload that are read: a refused frame is kept whole, with a few words."""
MAX_FLAGS = 192
"""Flags of one message: the rules name at most fifty of each sort, the airspace some forty."""
MAX_FLAG_TEXT = 2000
"""Characters of a flag's text, and of the name of the field that it is about."""
MAX_NAME = 300
"""Characters of a reference that a record repeats: a peer chooses its own."""

Moment = Annotated[int, Meta(ge=-(2**62), le=2**62)]
"""Microseconds since 1970."""

T = TypeVar("T")


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A MessagePack map with just these keys."""


# --- In a line's log --------------------------------------------------------------------------


class ReceiptTaken(Record, frozen=True):
    """``receipt``: the peer's receipt for messages of ours, without the leaf hashes it brought."""

    checkpoint: bytes
    old_size: Count
    items: Annotated[tuple[ReceiptItem, ...], Meta(max_length=MAX_RECEIPT_ITEMS)]


class Rejected(Record, frozen=True):
    """``rejection``: the peer says that it will not take a message, and why."""

    stream: Stream
    seq: Seq
    message: Hash
    code: str
    text: str


class RefusedFrame(Record, frozen=True):
    """``refusal`` on a line: what came is kept whole, since the peer may have signed it."""

    code: str
    text: str
    frame: Annotated[bytes, Meta(max_length=MAX_FRAME)]


class Equivocation(Record, frozen=True):
    """``equivocation``: a second message under one number, within its signed envelope."""

    stream: Stream
    seq: Seq
    envelope: bytes


class Identified(Record, frozen=True, tag_field="state", tag="identified"):
    """``association``: the peer said who it is; ``letter`` is the hash of its own."""

    remote: str
    letter: Hash
    checkpoint: bytes


class Up(Record, frozen=True, tag_field="state", tag="up"):
    """``association``: messages go both ways."""

    remote: str


class Down(Record, frozen=True, tag_field="state", tag="down"):
    """``association``: it ended."""

    reason: str


class Clock(Record, frozen=True):
    """``clock``: the peer's clock minus this one's, true within half the round trip."""

    offset_us: Annotated[int, Meta(ge=-(2**62), le=2**62)]
    round_trip_us: Annotated[int, Meta(ge=0, le=2**62)]


class Reading(Record, frozen=True):
    """``read``: an officer opened a message."""

    message: Hash
    officer: str


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


class Related(Record, frozen=True):
    """``conflict``: what this node found that two notices are to each other, and since when.

    ``own`` is a message of ours, ``other`` one of the peer's: each the notice or the revision that
    was compared; ``reference`` and ``other_reference`` are theirs. ``before`` is what was entered
    last of the two, empty for nothing; a ``relation`` that is ``clear`` ends it. ``cause`` is the
    kind of the message ``caused_by`` that brought it about, or what did so without a message.
    Times are microseconds since 1970, heights metres above WGS 84; null is unbounded or unknown.
    """

    own: Hash
    other: Hash
    reference: Annotated[str, Meta(max_length=MAX_NAME)]
    other_reference: Annotated[str, Meta(max_length=MAX_NAME)]
    relation: Literal["conflict", "proximity", "possible", "clear"]
    before: Literal["", "conflict", "proximity", "possible"]
    cause: Annotated[str, Meta(pattern=r"\A[a-z][a-z-]{0,31}\Z")]
    caused_by: Hash | None
    by_right: bool
    from_us: Moment | None
    until_us: Moment | None
    lat: Annotated[float, Meta(ge=-90, le=90)] | None
    lng: Annotated[float, Meta(ge=-180, le=180)] | None
    lower_m: float | None
    upper_m: float | None
    distance_m: float | None
    vertical_m: float | None
    time_gap_us: Count | None
    text: Annotated[str, Meta(max_length=MAX_FLAG_TEXT)]


class ComparedLater(Record, frozen=True):
    """``compared``: what ``message``, taken before there was time to compare it, was found to mean.

    ``flags`` are those that it would have had besides, none where it meets nobody. ``stood`` is
    whether it still stood as it says by then; if not, it was never compared as that.
    """

    message: Hash
    stood: bool
    flags: Annotated[tuple[Flag, ...], Meta(max_length=MAX_FLAGS)]


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


class Anchored(Record, frozen=True):
    """``anchor``: the node's own log, as it was; the note is opened by whoever has its key."""

    checkpoint: bytes


MAX_SPOKEN = 20_000
"""Characters of a text that was read out over a telephone."""

SpokenText = Annotated[str, Meta(max_length=MAX_SPOKEN)]
CheckWords = Annotated[str, Meta(max_length=80)]
Labels = Annotated[tuple[Annotated[str, Meta(max_length=8)], ...], Meta(max_length=400)]


class VoiceSpoken(Record, frozen=True, tag_field="state", tag="spoken"):
    """``voice``: an officer began to read ``message`` out, as ``text``, with its ``words``."""

    message: Hash
    text: SpokenText
    words: CheckWords
    officer: str


class VoiceHeard(Record, frozen=True, tag_field="state", tag="heard"):
    """``voice``: an officer wrote down what was read out, as ``text``, which has these ``words``.

    ``said`` are the check words that the speaker read, empty where they were not typed; ``differs``
    the items whose own word was typed and is another.
    """

    text: SpokenText
    words: CheckWords
    said: CheckWords
    differs: Labels
    officer: str


class VoiceConfirmed(Record, frozen=True, tag_field="state", tag="confirmed"):
    """``voice``: the other side answered with ``words`` what entry ``spoken`` says was read out.

    ``agrees`` says whether they are those of the text, ``differs`` which items are not.
    """

    message: Hash
    spoken: Count
    words: Annotated[str, Meta(max_length=4000)]
    agrees: bool
    differs: Labels
    officer: str


# --- In the node's own log --------------------------------------------------------------------


class RefusedStranger(Record, frozen=True):
    """``refusal`` of somebody who is no peer: nothing that came is worth keeping."""

    code: str
    text: str
    remote: str


class NodeState(Record, frozen=True):
    """``node``: it began, ended, can store again, or has a new certificate."""

    state: Literal["started", "stopped", "journal works again", "certificate renewed"]


class Stepped(Record, frozen=True):
    """``clock-stepped``: this node's clock was set."""

    step_us: int


class AlarmRaised(Record, frozen=True):
    """``alarm-raised``: something needs somebody."""

    alarm: int
    code: str
    peer: str
    subject: str
    text: str


class AlarmCleared(Record, frozen=True):
    """``alarm-cleared``: its cause is gone."""

    alarm: int


class AlarmAcknowledged(Record, frozen=True):
    """``alarm-acknowledged``: an officer has seen it."""

    alarm: int
    officer: str


class Closed(Record, frozen=True):
    """A log that a recovery closed, and how many entries it had."""

    origin: str
    size: Count


class Recovered(Record, frozen=True):
    """``recovered``: the first entry of a later generation, after a rollback."""

    officer: str
    fence: str
    closed: tuple[Closed, ...]


# Play, faults on purpose, and the watch: in the node's own log too.

MAX_OFFICER = 80
"""Characters of an officer's name, as in a message."""
MAX_REMARK = 2000
"""Characters of what somebody adds in his own words."""
MAX_EXERCISE = 120
"""Characters of the name of an exercise."""
MAX_BRIEF_ITEMS = 50
"""Items of one section of a brief that are told; the rest of them is only counted."""
BRIEF_SECTIONS = 12
"""Sections of a brief, at most."""

Officer = Annotated[str, Meta(max_length=MAX_OFFICER)]
SomeOfficer = Annotated[str, Meta(min_length=1, max_length=MAX_OFFICER)]
Remark = Annotated[str, Meta(max_length=MAX_REMARK)]
Peer = Annotated[str, Meta(max_length=64)]
Happening = Literal["startex", "pause", "resume", "endex", "real-world", "comment", "task"]
FaultName = Literal[
    "clock-offset", "slow-disk", "full-disk", "corrupted-frame", "replayed-envelope"
]
FaultWhy = Literal["told", "over", "spent", "replaced", "stopped", "restarted", "real-world"]


class Played(Record, frozen=True):
    """``exercise``: what happened in an exercise, as somebody said it here or a peer said it.

    ``name`` is the exercise's, ``by`` whoever said it. ``record`` is the SHA-256 of the last line
    of the director's record, given at its end, else empty. Of a ``real-world`` that a message said:
    ``message`` is its id and ``peer`` the centre that it came from, or went to.
    """

    event: Happening
    name: Annotated[str, Meta(max_length=MAX_EXERCISE)]
    by: Officer
    text: Remark
    record: Annotated[bytes, Meta(max_length=32)]
    message: Hash | None
    peer: Peer


class FaultBegun(Record, frozen=True, tag_field="state", tag="began"):
    """``fault``: something of this node is broken on purpose from here on, until its ``ended``.

    ``amount`` is in the unit of its kind; ``for_us`` is after how long it ends by itself, null
    where somebody is to end it.
    """

    kind: FaultName
    peer: Peer
    amount: Annotated[float, Meta(ge=-1e9, le=1e9)]
    for_us: Count | None
    by: SomeOfficer


class FaultEnded(Record, frozen=True, tag_field="state", tag="ended"):
    """``fault``: it is whole again: told so, its time over, done as often as was asked, ...

    ``by`` is who told so, empty where nobody had to.
    """

    kind: FaultName
    peer: Peer
    why: FaultWhy
    by: Officer


class BriefedItem(Record, frozen=True):
    """One thing that a relieving officer was told."""

    subject: Annotated[str, Meta(max_length=MAX_NAME)]
    text: Annotated[str, Meta(max_length=MAX_NAME)]


class BriefedSection(Record, frozen=True):
    """All of one sort: ``total`` of them, of which ``items`` were told."""

    name: Annotated[str, Meta(pattern=r"\A[a-z][a-z-]{0,31}\Z")]
    total: Count
    items: Annotated[tuple[BriefedItem, ...], Meta(max_length=MAX_BRIEF_ITEMS)]


Sections = Annotated[tuple[BriefedSection, ...], Meta(max_length=BRIEF_SECTIONS)]


class WatchTaken(Record, frozen=True, tag_field="step", tag="taken"):
    """``watch``: ``officer`` has it from here on; nobody had it before."""

    officer: SomeOfficer
    text: Remark


class WatchBriefed(Record, frozen=True, tag_field="step", tag="briefed"):
    """``watch``: what ``officer``, who is to relieve the one on duty, was presented with."""

    officer: SomeOfficer
    sections: Sections
    text: Remark


class WatchAssumed(Record, frozen=True, tag_field="step", tag="assumed"):
    """``watch``: ``officer`` says "I have the watch", relieving ``relieved``.

    ``brief`` is the entry of the brief that it rests on, ``digest`` the SHA-256 of what a brief
    would have said at this moment, which is the same.
    """

    officer: SomeOfficer
    relieved: SomeOfficer
    brief: Count
    digest: Hash
    text: Remark


class WatchReviewed(Record, frozen=True, tag_field="step", tag="reviewed"):
    """``watch``: ``officer``, who was relieved, has monitored the other and signs off."""

    officer: SomeOfficer
    text: Remark


class WatchReleased(Record, frozen=True, tag_field="step", tag="released"):
    """``watch``: ``officer`` gives it up without a relief: nobody has it from here on."""

    officer: SomeOfficer
    text: Remark


WatchRecord = WatchTaken | WatchBriefed | WatchAssumed | WatchReviewed | WatchReleased
"""Everything that is entered as ``watch``."""

_encode = msgspec.msgpack.Encoder().encode


def brief_digest(sections: tuple[BriefedSection, ...]) -> bytes:
    """Return the SHA-256 of the sections of a brief, as they are entered."""
    return sha256(_encode(sections)).digest()


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
