"""What stands for a message about a notice that cannot be decoded: it may be anywhere.

Its bytes are kept as received and shown as such. In the airspace a message of which no volume can
be relied on is one whose volumes cannot be computed (docs/spec/airspace.md, section 4): it reaches
everywhere. Its reference and other short fields are read on their own, as far as they can be, so
that what is said of the notice later still finds it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import msgpack  # type: ignore[import-untyped]
import msgspec

from hotline.errors import ModelError
from hotline.model.kinds import Answer, Kind
from hotline.model.messages import (
    Contingency,
    Nonconformance,
    Notice,
    Reply,
    Revision,
    Withdrawal,
)
from hotline.model.times import SECOND_US, format_time

STANDS_US: Final = 30 * 24 * 3600 * SECOND_US
"""For how long it stands where nothing ends it: the horizon of a letter that states none."""
ID_DIGITS: Final = 12
"""Digits of a message's id that are the reference of a notice that has none to be read."""

_TEXTS: Final = frozenset({"reference", "title", "activity", "at", "reason"})
_FIELDS: Final = _TEXTS | {"number"}

StandIn = Notice | Revision | Nonconformance | Contingency
"""A message that says where something flies."""

_FORMS: Final[dict[str, type[StandIn]]] = {
    Kind.NOTICE.value: Notice,
    Kind.REVISION.value: Revision,
    Kind.NONCONFORMANCE.value: Nonconformance,
    Kind.CONTINGENCY.value: Contingency,
}
_ID: Final = re.compile(r"[0-9a-f]{64}")


def stand_in(kind: str, payload: bytes, id_: bytes, came_us: int) -> StandIn | None:
    """Return what stands for a message that cannot be decoded, in microseconds since 1970.

    Its only volume is everywhere, until `STANDS_US` after ``came_us``. None for kinds that do not
    say where something flies.
    """
    type_ = _FORMS.get(kind)
    if type_ is None:
        return None
    found = fields_of(payload, _FIELDS)
    texts = {name: value for name, value in found.items() if name in _TEXTS and type(value) is str}
    if not texts.get("reference"):
        texts["reference"] = reference_of(id_)
    number = found.get("number")
    known = type(number) is int and number >= 0
    anywhere = {"time_end": _moment(came_us + STANDS_US)}
    return msgspec.convert(
        {
            "at": _moment(came_us),
            **texts,
            # A number that cannot be read is no newer than any: it then stands beside the notice.
            "number": number if known else 0,
            "volumes": [anywhere],
        },
        type_,
    )


def reference_of(id_: bytes) -> str:
    """Return what a notice is called that has no reference to be read: its id's first digits."""
    return id_.hex()[:ID_DIGITS].upper()


def dismissal(reply: Reply) -> Withdrawal | None:
    """Return what a reply does to a notice named by `reference_of`; None if it leaves it be.

    An officer who rejects it, or proposes something else, has dealt with it: nobody could name it
    to take it back. About any other notice the withdrawal says nothing, since none has that name.
    """
    if reply.answer not in {Answer.REJECT, Answer.COUNTER} or _ID.fullmatch(reply.to) is None:
        return None
    return Withdrawal(reference_of(bytes.fromhex(reply.to)))


def fields_of(payload: bytes, names: Collection[str]) -> dict[str, object]:
    """Return the plain values of some fields of a map, as far as its bytes can be followed.

    What the strict decoder refuses in other fields is passed over. A field that is there twice, or
    holds a list or a map, is left out. Any bytes are accepted; nothing is built but the values.
    """
    found: dict[str, object] = {}
    twice: set[str] = set()
    # Lists and maps are never unpacked, so that no length that the bytes claim takes memory.
    unpacker = msgpack.Unpacker(
        raw=False,
        strict_map_key=False,
        max_buffer_size=max(len(payload), 1),
        max_array_len=0,
        max_map_len=0,
    )
    try:
        unpacker.feed(payload)
        for _ in range(unpacker.read_map_header()):
            name = unpacker.unpack()
            if type(name) is not str or name not in names:
                unpacker.skip()
                continue
            value = unpacker.unpack()
            if name in found:
                twice.add(name)
            found[name] = value
    except (ValueError, msgpack.UnpackException):
        pass  # every kind of malformed data: what was read before it counts
    return {name: value for name, value in found.items() if name not in twice}


def _moment(time_us: int) -> str:
    """Return a time as text; none for one that cannot be written, which bounds nothing."""
    try:
        return format_time(time_us)
    except ModelError:
        return ""
