"""Step 4: what each kind of record says, and in which logs it is entered.

Every kind has one form (``docs/spec/log.md``, section 2). A kind that is not in the table fails:
whoever verifies must know all that a record can say. So a kind of a later version is a failure to
an older program, which cannot tell what it would pass over.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hotline.errors import HotlineError
from hotline.journal.deadlines import ANSWER_DUE, ANSWER_TIME
from hotline.journal.forks import FORK
from hotline.journal.opening import LINE_OPENED
from hotline.journal.prune import ARCHIVED
from hotline.journal.remarks import REMARKED
from hotline.model.times import shorten
from hotline.wire.codec import unpack
from hotline.wire.frames import MAX_FRAME
from hotline.wire.shapes import Hash, Seq, Stream, decode_shape

MAX_RECORD = 2 * MAX_FRAME
"""Bytes of a payload that are read: a refused frame is kept whole, with a few words."""


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A MessagePack map with just these keys."""


class _Rejection(_Said, frozen=True):
    stream: Stream
    seq: Seq
    message: Hash
    code: str
    text: str


class _RefusedFrame(_Said, frozen=True):
    code: str
    text: str
    frame: Annotated[bytes, Meta(max_length=MAX_FRAME)]


class _RefusedStranger(_Said, frozen=True):
    code: str
    text: str
    remote: str


class _Up(_Said, frozen=True, tag_field="state", tag="up"):
    remote: str


class _Identified(_Said, frozen=True, tag_field="state", tag="identified"):
    remote: str
    letter: Hash
    checkpoint: bytes


class _Down(_Said, frozen=True, tag_field="state", tag="down"):
    reason: str


class _Clock(_Said, frozen=True):
    offset_us: int
    round_trip_us: int


class _Node(_Said, frozen=True):
    state: Literal["started", "stopped", "journal works again"]


class _Stepped(_Said, frozen=True):
    step_us: int


OF_A_LINE: dict[str, Any] = {
    # None: it is read by the step that it is for (9, 2, 11, 6, 11, 11, 11, 10).
    "receipt": None,
    "equivocation": None,
    "read": None,
    "anchor": None,
    REMARKED: None,
    ANSWER_TIME: None,
    ANSWER_DUE: None,
    FORK: None,
    "rejection": _Rejection,
    "refusal": _RefusedFrame,
    "association": _Up | _Identified | _Down,
    "clock": _Clock,
}
"""The kinds of record in a line's log, with the form of those that no other step reads."""

OF_THE_NODE: dict[str, Any] = {
    # By steps 10, 11, 4, 1 and 1.
    FORK: None,
    "alarm-raised": None,
    "alarm-cleared": None,
    "alarm-acknowledged": None,
    "recovered": None,
    ARCHIVED: None,
    LINE_OPENED: None,
    "refusal": _RefusedStranger,
    "node": _Node,
    "clock-stepped": _Stepped,
}
"""The kinds of record in the node's own log, as above."""

_MISSING = object()
_encode = msgspec.msgpack.Encoder().encode


def check_record(kind: str, payload: bytes, *, of_line: bool) -> str:
    """Return what is wrong with a record of a line's log, or of the node's own; "" if nothing."""
    kinds = OF_A_LINE if of_line else OF_THE_NODE
    form = kinds.get(kind, _MISSING)
    if form is None:
        return ""
    if form is _MISSING:
        other = OF_THE_NODE if of_line else OF_A_LINE
        where = "does not belong in this log" if kind in other else "is not known to this version"
        return f"a record of the kind {shorten(kind, 40)} {where}"
    if len(payload) > MAX_RECORD:
        return f"what is entered as {kind} is too large to be read"
    try:
        said = decode_shape(_decoder(form), payload, kind)
        if _encode(said) != payload:  # the strict decoder knows what is wrong with it
            unpack(payload, max_bytes=MAX_RECORD)
    except HotlineError as error:
        return f"what is entered as {kind} cannot be read: {error.message}"
    return ""


@cache
def _decoder(form: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(form)
