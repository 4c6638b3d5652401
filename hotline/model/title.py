"""A message in one line, and when what it announces begins: what every list and report shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hotline.model.filling import phrase_text
from hotline.model.kinds import Relation
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
    phrases_of,
)
from hotline.model.phrases import Phrase
from hotline.model.phrasing import time_text
from hotline.model.text import printable

LISTED = 10
"""Numbers of phrases that a title lists."""
MAX_TITLE = 200
"""Characters of a title."""


_RELATIONS: Final = {
    Relation.CONFLICT.value: "conflict between {one} and {other}",
    Relation.POSSIBLE.value: "possible conflict between {one} and {other}",
    Relation.PROXIMITY.value: "proximity of {one} and {other}",
    Relation.CLEAR.value: "resolved: {one} and {other}",
}


def title_of(message: Message | None, phrases: Mapping[int, Phrase] | None = None) -> str:
    """Return a message in one line: its title, its subject, or the beginning of its text.

    What has no words but the phrases of a letter is said in these, where ``phrases`` are given:
    those of the letter, by number.
    """
    match message:
        case Notice() | Revision():
            text = message.title
        case Advisory():
            text = message.subject or message.text or _phrases(message, phrases)
        case Reply():
            text = f"{message.answer} {message.reference}"
        case LineCheck():
            text = message.phrase or _phrases(message, phrases)
        case Service():
            text = message.text or _phrases(message, phrases)
        case Withdrawal() | Nonconformance() | Contingency():
            text = message.reason
        case Conflict():
            text = _met(message)
        case Activation():
            text = f"begun at {time_text(message.at)}"
        case End():
            text = f"ended at {time_text(message.at)}"
        case _:
            text = "(cannot be read)"
    line = printable(text.strip().partition("\n")[0])
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1]}…"


def _met(message: Conflict) -> str:
    """Return what two notices are to each other; a relation that is not listed as it came."""
    form = _RELATIONS.get(message.relation)
    if form is None:
        return f"{message.relation}: {message.reference} and {message.other}"
    return form.format(one=message.reference, other=message.other)


def _phrases(message: Message, phrases: Mapping[int, Phrase] | None) -> str:
    """Return ``311 Live firing.``; ``phrases 301, 317`` without a letter; empty for none."""
    numbers = phrases_of(message)
    if phrases is not None and any(number in phrases for number in numbers[:LISTED]):
        return " ".join(
            f"{number} {phrase_text(phrases[number], message)}"
            if number in phrases
            else f"{number}"
            for number in numbers[:LISTED]
        )
    listed = ", ".join(map(str, numbers[:LISTED]))
    return f"phrase{'s' if len(numbers) > 1 else ''} {listed}" if listed else ""


def start_of(message: Message | None) -> int | None:
    """Return the earliest start of a notice's volumes, microseconds since 1970; None without."""
    if not isinstance(message, Notice | Revision):
        return None
    starts = (volume.start_us for volume in message.volumes)
    return min((start for start in starts if start is not None), default=None)
