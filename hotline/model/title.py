"""A message in one line, and when what it announces begins: what every list and report shows."""

from __future__ import annotations

from hotline.model.messages import (
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Notice,
    Reply,
    Revision,
    Service,
    Withdrawal,
)
from hotline.model.text import printable

LISTED = 10
"""Numbers of phrases that a title lists."""
MAX_TITLE = 200
"""Characters of a title."""


def title_of(message: Message | None) -> str:
    """Return a message in one line: its title, its subject, or the beginning of its text."""
    match message:
        case Notice() | Revision():
            text = message.title
        case Advisory():
            text = message.subject or message.text or _phrases(message.phrases)
        case Reply():
            text = f"{message.answer} {message.reference}"
        case LineCheck():
            text = message.phrase or _phrases(message.phrases)
        case Service():
            text = message.text or _phrases(message.phrases)
        case Withdrawal() | Nonconformance() | Contingency():
            text = message.reason
        case Conflict():
            text = f"{message.reference} {message.relation} {message.other}"
        case Activation() | End():
            text = message.at
        case _:
            text = "(cannot be read)"
    line = printable(text.strip().partition("\n")[0])
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1]}…"


def _phrases(numbers: tuple[int, ...]) -> str:
    """Return ``phrase 301`` or ``phrases 301, 317``; empty for none."""
    listed = ", ".join(map(str, numbers[:LISTED]))
    return f"phrase{'s' if len(numbers) > 1 else ''} {listed}" if listed else ""


def start_of(message: Message | None) -> int | None:
    """Return the earliest start of a notice's volumes, microseconds since 1970; None without."""
    if not isinstance(message, Notice | Revision):
        return None
    starts = (volume.start_us for volume in message.volumes)
    return min((start for start in starts if start is not None), default=None)
