"""What a view of a message says, as the message that it is, and whether it wants an answer."""

from __future__ import annotations

import msgspec

from hotline.api.schema import MessageView
from hotline.model.answering import wants_answer
from hotline.model.kinds import Status
from hotline.model.messages import TYPES, Message


def message_in(view: MessageView) -> Message | None:
    """Return the message that a view shows, None where it cannot be read."""
    if view.message is None or view.kind not in TYPES:
        return None
    try:
        return msgspec.convert(view.message, TYPES[view.kind])
    except msgspec.ValidationError:
        return None


def is_answered(view: MessageView) -> bool:
    """Whether the crew that a message is for answers it; exercises have no actual traffic."""
    return wants_answer(view.kind, message_in(view), Status.EXERCISE)
