"""What this node itself finds to flag in a message of its own, after it was sent.

The peer's node flags what it receives, and tells nothing of it; nor does this node enter what it
found before signing (`POST /v1/check`), since all of that follows from what is entered: the
message, what was said of its notice before it, and the moment of the peer's receipt. So it is found
again when somebody asks, by the letter that is in force then. Nothing of it is part of the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hotline.airspace.activity import Key
from hotline.airspace.warning import start_of
from hotline.api import schema
from hotline.api.composing import advice, blanks
from hotline.errors import ModelError
from hotline.model.kinds import Kind, Precedence
from hotline.model.lifecycle import Life, State, Step
from hotline.model.messages import Message, Notice, Revision, decode_payload
from hotline.model.times import parse_time
from hotline.node.airspace.remarks import (
    astray_flags,
    early_flags,
    late_flags,
    moment_flags,
    short_warning,
)
from hotline.node.airspace.standing import Standing, standing_of
from hotline.node.line import Line
from hotline.wire.records import Flag

_SHORT: Final = "notice.short-warning"


def own_check(line: Line, thread: schema.Thread, now_us: int) -> list[schema.Flag] | None:
    """Return the flags of a message of ours by the moment of its receipt, or by now without one.

    None where the message is not ours or cannot be read. Reading words takes long: call it in a
    thread of its own.
    """
    view = thread.message
    message = _message(view)
    if view.direction != "out" or message is None:
        return None
    receipt = view.receipt
    at_us = now_us if receipt is None else parse_time(receipt.durable_at)
    precedence = Precedence.__members__.get(view.precedence, Precedence.ROUTINE)
    if isinstance(message, Notice | Revision):
        found = advice(line, message, precedence, at_us)
        if receipt is None:
            return found
        # What is said before it is sent supposes that it is received then.
        start_us = start_of(message.volumes)
        short = short_warning(message, start_us, precedence, line.letter, at_us)
        rest = [flag for flag in found if flag.code != _SHORT]
        return [*_shown([] if short is None else [short]), *rest]
    return [*_shown(_of_step(line, thread, message, at_us)), *blanks(line, message)]


def _of_step(line: Line, thread: schema.Thread, message: Message, at_us: int) -> list[Flag]:
    """Return what is remarkable about when and where a notice was begun, left or ended."""
    if not isinstance(message, Step):
        return []
    found = moment_flags(message, line.airspace.ahead_us, at_us)
    standing = _standing_before(line, thread, message.reference)
    if standing is None:
        return found
    before = Life(State.PLANNED if standing.begun_us is None else State.ACTIVATED)
    found += late_flags(message, standing, before, line.letter.limits, at_us)
    found += early_flags(message, standing.starts_us, before)
    return [*found, *astray_flags(message, standing)]


def _standing_before(line: Line, thread: schema.Thread, reference: str) -> Standing | None:
    """Return our notice as it stood before the message, by what we had said of it."""
    standing: Standing | None = None
    for view, said in _said_before(thread):
        id_, entered_us = bytes.fromhex(view.id), parse_time(view.entered_at)
        precedence = Precedence.__members__.get(view.precedence, Precedence.ROUTINE)
        if standing is not None:
            standing.amend(said, id_, precedence, entered_us, None)
        elif isinstance(said, Notice):
            key = Key(line.centre.config.centre, reference)
            standing = standing_of(key, said, None, id_, precedence, entered_us)
    return standing


def _said_before(thread: schema.Thread) -> Iterator[tuple[schema.MessageView, Step]]:
    asked = thread.message
    for view in thread.thread:
        if view.direction != "out" or view.reference != asked.reference:
            continue
        if view.entry >= asked.entry or view.kind == Kind.REPLY:
            continue
        said = _message(view)
        if isinstance(said, Step):
            yield view, said


def _message(view: schema.MessageView) -> Message | None:
    if view.message is None:
        return None
    try:
        return decode_payload(view.kind, view.message)
    except ModelError:
        return None


def _shown(flags: list[Flag]) -> list[schema.Flag]:
    return [schema.Flag(code=one.code, text=one.text, field=one.field) for one in flags]
