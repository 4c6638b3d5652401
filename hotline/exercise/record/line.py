"""An entry of the record as one line of JSON, and a line read strictly (exercise-record.md, 2)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final, Union

import msgspec

from hotline.errors import ExerciseError, HotlineError, ModelError
from hotline.exercise.record.events import EVENTS, Event
from hotline.model.strict_json import MAX_FILE_BYTES, read_json
from hotline.model.times import format_time, parse_time

FIRST: Final = "0" * 64
"""What the first entry has as the hash of the line before."""
MAX_LINE: Final = MAX_FILE_BYTES
"""Bytes of a line: an extra inject with its message is the longest."""
HEADER: Final = ("n", "at", "t", "prev")

# Union of every kind, made from the one list of them; msgspec tells them apart by their tag.
_AnyEvent: Any = Union[EVENTS]  # noqa: UP007 - a tuple cannot be joined with |


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry, as it was read.

    ``at_us`` is in microseconds since 1970 by the director's clock, ``t`` the scenario's seconds
    since STARTEX (None before it), ``sha256`` of its line, hexadecimal.
    """

    n: int
    at_us: int
    t: float | None
    prev: str
    event: Event
    sha256: str

    @property
    def at(self) -> str:
        """When it was written, RFC 3339 in UTC with six decimals."""
        return time_text(self.at_us)


def time_text(us: int) -> str:
    """Return RFC 3339 in UTC, always with six decimals, so that texts sort as times do."""
    text = format_time(us)
    return text if "." in text else f"{text[:-1]}.000000Z"


def encode_line(n: int, at_us: int, t: float | None, prev: str, event: Event) -> bytes:
    """Return an entry's line without its newline."""
    head = {"n": n, "at": time_text(at_us), "t": t if t is None else round(t, 6), "prev": prev}
    told = msgspec.to_builtins(event)
    return msgspec.json.encode({**head, **told})


def hash_of(line: bytes) -> str:
    """Return what the next line has as ``prev``."""
    return sha256(line).hexdigest()


def decode_line(line: bytes) -> Entry:
    """Return the entry in a line without its newline. Raises ExerciseError ``record.bad-line``."""
    try:
        found = read_json(line)
        if not isinstance(found, dict):
            raise _bad("it is no JSON object")
        head = {name: found.pop(name) for name in HEADER if name in found}
        if len(head) < len(HEADER):
            raise _bad(f"it lacks {', '.join(name for name in HEADER if name not in head)}")
        n, at, t, prev = (head[name] for name in HEADER)
        if type(n) is not int or n < 1 or not isinstance(at, str) or not isinstance(prev, str):
            raise _bad("its n, at or prev is of another type")
        if isinstance(t, bool) or not isinstance(t, int | float | None):
            raise _bad("its t is no number")
        event: Event = msgspec.convert(found, _AnyEvent)
        return Entry(
            n=n,
            at_us=parse_time(at),
            t=None if t is None else float(t),
            prev=prev,
            event=event,
            sha256=hash_of(line),
        )
    except ModelError as error:
        raise _bad(error.message) from None
    except (msgspec.ValidationError, OverflowError) as error:
        raise _bad(str(error)[:200]) from None


def _bad(why: str) -> HotlineError:
    return ExerciseError(
        "record.bad-line",
        f"a line of the exercise's record cannot be read: {why}",
        "the record was written or changed by something else: take the copy that was collected",
    )
