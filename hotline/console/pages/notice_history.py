"""What a thread of messages tells of one notice: its contents, what changed, its three stamps.

Works on the views of the API alone, so that it can be tried without a node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hotline.api import schema
from hotline.audit.reconcile.plain import shown
from hotline.console.pages.notice_words import OVER, Spoken
from hotline.model.kinds import Answer, Kind
from hotline.model.languages.language import Language
from hotline.model.languages.terms import say
from hotline.model.messages import TYPES, Message, Notice, Reply, Revision
from hotline.model.phrasing import altitude_text, area_lines, time_text
from hotline.model.volume import Altitude, Volume4D

CONTENT: Final = frozenset({Kind.NOTICE.value, Kind.REVISION.value})
REPLACING: Final = frozenset({Kind.REVISION.value, Kind.WITHDRAWAL.value, Kind.END.value})
MOST_SHOWN: Final = 6000
"""Characters of one field that a page shows; what is longer is in the download."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a notice in words: whose label it has, and its text in lines."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A field that a revision has given another text; empty where there was, or is, none."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Content:
    """One state of a notice's content, and what it has changed of the one before."""

    view: schema.MessageView
    number: int
    reason: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Answered:
    """A human's answer, and where it stands: ``view`` is the reply."""

    view: schema.MessageView
    reply: Reply


def message_of(view: schema.MessageView) -> Message | None:
    """Return a message's payload; None for one that cannot be read."""
    type_ = TYPES.get(view.kind)
    if view.message is None or type_ is None:
        return None
    try:
        return msgspec.convert(view.message, type_)
    except msgspec.ValidationError:
        return None


def notice_of(view: schema.MessageView) -> Notice | Revision | None:
    """Return a message that gives a notice its content; None for any other."""
    message = message_of(view)
    return message if isinstance(message, Notice | Revision) else None


def latest(thread: schema.Thread) -> schema.MessageView:
    """Return the message that has the content of the notice now; the message itself for others."""
    found = thread.message
    if found.kind not in CONTENT:
        return found
    same = [one for one in thread.thread if _same(one, found) and one.kind in CONTENT]
    return max(same, key=lambda one: one.entry, default=found)


def retiring(thread: schema.Thread) -> schema.MessageView | None:
    """Return the latest message after which nobody has to answer this one; None without one."""
    found = thread.message
    later = [
        one
        for one in thread.thread
        if one.kind in REPLACING and _same(one, found) and one.entry > found.entry
    ]
    return max(later, key=lambda one: one.entry, default=None)


def contents(thread: schema.Thread, spoken: Spoken, language: Language) -> list[Content]:
    """Return every content that the notice has had, the newest first."""
    found: list[Content] = []
    before: list[Field] | None = None
    for view in thread.thread:
        if view.kind not in CONTENT or not _same(view, thread.message):
            continue
        message = notice_of(view)
        fields = [] if message is None else fields_of(view, message, spoken, language)
        revision = isinstance(message, Revision)
        found.append(
            Content(
                view=view,
                number=message.number if isinstance(message, Revision) else 0,
                reason=message.reason if isinstance(message, Revision) else "",
                changes=changes(before, fields) if revision and before is not None else [],
            )
        )
        before = fields
    return found[::-1]


def fields_of(
    view: schema.MessageView, message: Notice | Revision, spoken: Spoken, language: Language
) -> list[Field]:
    """Return the fields of a notice in words, in the order in which they are read."""
    return [
        Field(say("label.precedence", language), spoken.precedence(view.precedence)),
        Field(spoken.word("title_field"), message.title),
        Field(say("label.activity", language), spoken.activity(message.activity)),
        *_volumes(message.volumes, language),
        Field(say("label.remarks", language), message.remarks),
        Field(say("label.contact", language), message.contact),
        Field(say("label.officer", language), message.officer),
    ]


def changes(old: Sequence[Field], new: Sequence[Field]) -> list[Change]:
    """Return the fields that differ, each with both texts; in the order of the new ones."""
    before = {field.label: field.text for field in old}
    after = {field.label: field.text for field in new}
    labels = [*after, *(label for label in before if label not in after)]
    return [
        Change(label, _cut(before.get(label, "")), _cut(after.get(label, "")))
        for label in labels
        if before.get(label, "") != after.get(label, "")
    ]


def answers_to(thread: schema.Thread, id_: str) -> list[Answered]:
    """Return the answers to a message, the newest first."""
    found = [
        Answered(view, reply)
        for view in thread.thread
        if view.about == id_ and isinstance(reply := message_of(view), Reply)
    ]
    return found[::-1]


def open_proposal(thread: schema.Thread) -> Answered | None:
    """Return the peer's change to a notice of ours that nobody has taken up or turned down yet.

    That is the newest answer to the newest content of a notice that is not over.
    """
    view = thread.message
    if view.direction != "out" or view.kind not in CONTENT or view.life in OVER:
        return None
    if retiring(thread) is not None:
        return None
    newest = next(iter(answers_to(thread, view.id)), None)
    return newest if newest is not None and newest.reply.answer == Answer.COUNTER else None


def proposed(
    before: Sequence[Volume4D], after: Sequence[Volume4D], language: Language
) -> list[Change]:
    """Return what a proposal changes of the volumes of a notice, in words."""
    return changes(_volumes(before, language), _volumes(after, language))


def area_text(volume: Volume4D, language: Language) -> str:
    """Return an outline in lines; a dash where there is none."""
    return "\n".join(line.strip() for line in area_lines(volume, language)) or "—"


def level_text(altitude: Altitude | None, language: Language) -> str:
    """Return a level in words; a dash where there is none."""
    return "—" if altitude is None else altitude_text(altitude, language)


def levels_text(volume: Volume4D, language: Language) -> str:
    """Return both levels with a word between them, which reads right in any direction."""
    return say(
        "altitude.range",
        language,
        lower=level_text(volume.altitude_lower, language),
        upper=level_text(volume.altitude_upper, language),
    )


def _volumes(volumes: Sequence[Volume4D], language: Language) -> list[Field]:
    return [
        field
        for number, volume in enumerate(volumes, 1)
        for field in _volume(volume, number, len(volumes), language)
    ]


def _volume(volume: Volume4D, number: int, count: int, language: Language) -> Iterator[Field]:
    which = f" {number}" if count > 1 else ""
    yield Field(say("label.area", language) + which, area_text(volume, language))
    yield Field(say("label.levels", language) + which, levels_text(volume, language))
    yield Field(say("label.from", language) + which, _time(volume.time_start))
    yield Field(say("label.until", language) + which, _time(volume.time_end))


def _time(text: str) -> str:
    return time_text(text) if text else "—"


def _cut(text: str) -> str:
    return shown(text, MOST_SHOWN, lines=True)


def _same(one: schema.MessageView, other: schema.MessageView) -> bool:
    """Say whether two messages speak of the same notice of the same side."""
    return (
        one.reference is not None
        and one.reference == other.reference
        and one.direction == other.direction
    ) or one.id == other.id
