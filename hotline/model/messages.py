"""The messages of a line, one frozen struct a kind, and their MessagePack payloads.

Every field but the few that make no sense without each other has a default, and every vocabulary
is held as plain text: a payload that is typed at all can be held, shown and flagged. Times are
RFC 3339 text in UTC. Fields left at their default are not written.

``officer`` is who composed a message, by the name that its centre gives: only the centre signs.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from hotline.errors import ModelError
from hotline.model.kinds import Kind
from hotline.model.volume import Altitude, Position, Volume4D


class Notice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Who flies where, how high, when. ``activity`` holds an `Activity`."""

    reference: str = ""
    title: str = ""
    activity: str = ""
    volumes: tuple[Volume4D, ...] = ()
    remarks: str = ""
    contact: str = ""
    officer: str = ""


class Revision(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The whole new content of a notice (OLDI REV); ``number`` counts its revisions from 1."""

    reference: str = ""
    number: int = 0
    title: str = ""
    activity: str = ""
    volumes: tuple[Volume4D, ...] = ()
    remarks: str = ""
    contact: str = ""
    reason: str = ""
    officer: str = ""


class Withdrawal(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A notice is taken back before it was activated (OLDI MAC)."""

    reference: str = ""
    reason: str = ""
    officer: str = ""


class Activation(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a notice announced has begun, at the time ``at``."""

    reference: str = ""
    at: str = ""
    officer: str = ""


class End(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a notice announced is over since ``at``, and its volumes are free."""

    reference: str = ""
    at: str = ""
    officer: str = ""


class Nonconformance(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a notice announced is outside its volumes or times since ``at`` (F3548: Nonconforming).

    ``volumes`` is where it is expected instead, as far as that is known; they count beside the
    notice's own. A later activation says that it is back inside.
    """

    reference: str = ""
    at: str = ""
    reason: str = ""
    volumes: tuple[Volume4D, ...] = ()
    officer: str = ""


class Contingency(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a notice announced is out of control since ``at``, and only ends (F3548: Contingent).

    ``volumes`` as in `Nonconformance`.
    """

    reference: str = ""
    at: str = ""
    reason: str = ""
    volumes: tuple[Volume4D, ...] = ()
    officer: str = ""


class Conflict(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the sender's node computed between two notices; composed by the node, not by a human.

    ``reference`` and ``revision`` are the sender's notice, ``other`` and ``other_revision`` the
    receiver's. ``relation`` holds a `Relation`: ``clear`` once a conflict is resolved. The rest
    says where, how high (above the ellipsoid, in metres) and when, and how near: metres over
    ground and of height, 0 where the two meet. ``reason`` says what could not be computed, or
    what resolved it.
    """

    reference: str = ""
    revision: int = 0
    other: str = ""
    other_revision: int = 0
    relation: str = ""
    position: Position | None = None
    altitude_lower: Altitude | None = None
    altitude_upper: Altitude | None = None
    time_start: str = ""
    time_end: str = ""
    distance_m: float | None = None
    vertical_m: float | None = None
    reason: str = ""


class Advisory(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An immediate warning; should carry a position.

    ``subject`` is who or what it is about; ``track_deg`` its true track in degrees (0 to 360),
    ``speed_kt`` its ground speed in knots; ``phrases`` are numbers of the letter's phrase book.
    """

    text: str = ""
    subject: str = ""
    position: Position | None = None
    altitude: Altitude | None = None
    track_deg: float | None = None
    speed_kt: float | None = None
    officer: str = ""
    phrases: tuple[int, ...] = ()


class ReadBack(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Area, times and levels as the officer who answers understood them.

    ``position`` lies in the area; ``place`` is how it was spoken of, in words.
    """

    position: Position | None = None
    place: str = ""
    time_start: str = ""
    time_end: str = ""
    altitude_lower: Altitude | None = None
    altitude_upper: Altitude | None = None


class Reply(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A human's answer to the message whose id is ``to`` (64 hexadecimal digits).

    ``reference`` is the answered notice's, where it has one. ``answer`` holds an `Answer`;
    ``proposal`` is what a counter-proposal offers instead; ``officer`` is who answers; ``phrases``
    are numbers of the letter's phrase book.
    """

    to: str = ""
    reference: str = ""
    answer: str = ""
    read_back: ReadBack | None = None
    reason: str = ""
    proposal: tuple[Volume4D, ...] = ()
    officer: str = ""
    phrases: tuple[int, ...] = ()


class LineCheck(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Words sent only to see that the line and the people at it are there.

    ``phrases`` are numbers of the letter's phrase book.
    """

    phrase: str = ""
    operator: str = ""
    phrases: tuple[int, ...] = ()


class Service(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Words between the operators about the line itself; ``operator`` is who they are from.

    ``phrases`` are numbers of the letter's phrase book.
    """

    text: str = ""
    operator: str = ""
    officer: str = ""
    phrases: tuple[int, ...] = ()


Message = (
    Notice
    | Revision
    | Withdrawal
    | Activation
    | End
    | Advisory
    | Reply
    | LineCheck
    | Service
    | Nonconformance
    | Contingency
    | Conflict
)

TYPES: Final[dict[str, type[Message]]] = {
    Kind.NOTICE.value: Notice,
    Kind.REVISION.value: Revision,
    Kind.WITHDRAWAL.value: Withdrawal,
    Kind.ACTIVATION.value: Activation,
    Kind.END.value: End,
    Kind.ADVISORY.value: Advisory,
    Kind.REPLY.value: Reply,
    Kind.LINE_CHECK.value: LineCheck,
    Kind.SERVICE.value: Service,
    Kind.NONCONFORMANCE.value: Nonconformance,
    Kind.CONTINGENCY.value: Contingency,
    Kind.CONFLICT.value: Conflict,
}
_WITH_PHRASES = Advisory | Reply | LineCheck | Service
_KINDS: Final = {type_: Kind(kind) for kind, type_ in TYPES.items()}

_encoder = msgspec.msgpack.Encoder()
# How NaN and the infinities begin in MessagePack; in other bytes it only costs the strict way.
_MAYBE_NOT_FINITE: Final = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]")
_DECODERS: Final = {kind: msgspec.msgpack.Decoder(type_) for kind, type_ in TYPES.items()}


def kind_of(message: Message) -> Kind:
    """Return the kind that stands in the body beside this message's payload."""
    return _KINDS[type(message)]


def phrases_of(message: Message) -> tuple[int, ...]:
    """Return the numbers of the phrases that a message says; most kinds can say none."""
    return message.phrases if isinstance(message, _WITH_PHRASES) else ()


def composer_of(message: Message) -> str:
    """Return the name of who composed a message, or at least speaks in it; empty for nobody."""
    if isinstance(message, Conflict):
        name = ""
    elif isinstance(message, LineCheck):
        name = message.operator
    else:
        name = message.officer
        if isinstance(message, Service) and not name.strip():
            name = message.operator
    return name if name.strip() else ""


def encode_payload(message: Message) -> bytes:
    """Return the MessagePack map of a message; rules are checked before, by `rules.check`."""
    return _encoder.encode(message)


def decode_payload(kind: str, obj: object) -> Message:
    """Return the message in an object that was strictly unpacked from a payload.

    Only types are checked, never rules. Fields that this version does not know are left out; ask
    `rules.unknown_fields` for their names.

    Raises:
        ModelError: ``model.unknown-kind``, or ``model.unreadable-payload`` when a field has
            another type than it must have.

    """
    type_ = TYPES.get(kind)
    if type_ is None:
        raise ModelError(
            "model.unknown-kind",
            f"{kind[:40]!a} is not a kind of message that this version knows",
            "read the payload as it stands, and ask the sender which version it runs",
        )
    try:
        return msgspec.convert(obj, type_)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ModelError(
            "model.unreadable-payload",
            f"the payload of this {kind} can't be read: {lower_first(str(error))}",
            "ask the sender to say it again; the bytes are kept as received",
        ) from None


def decode_own_form(kind: str, payload: bytes) -> Message | None:
    """Return the message in a payload that is written exactly as this version writes it.

    Equal bytes prove that nothing is doubled, unknown or left over, at a tenth of the cost of
    the strict way. None means nothing but that the strict way has to be taken.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None or _MAYBE_NOT_FINITE.search(payload):
        return None
    try:
        message = decoder.decode(payload)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None
    return message if _encoder.encode(message) == payload else None


def lower_first(text: str) -> str:
    """Return ``text`` with a small first letter, to continue a sentence."""
    return text[:1].lower() + text[1:]
