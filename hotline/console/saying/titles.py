"""A message in one line, in the officer's language: what lists and headings call it.

What an officer has written stays in the words that it was written in. What the node makes of a
message that has none (an answer, a conflict, a step of a notice) is said anew from its fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from hotline.api import schema
from hotline.console.language import Words
from hotline.console.page import said
from hotline.console.saying import relations, values
from hotline.console.saying.values import CLOCK, DATE
from hotline.errors import ModelError
from hotline.model.filling import phrase_text
from hotline.model.kinds import Answer, Kind, Relation
from hotline.model.languages import terms
from hotline.model.messages import TYPES, Message, decode_payload, phrases_of
from hotline.model.phrases import Phrase
from hotline.model.rules import is_reference

MOST: Final = 200
"""Characters of somebody's words in a title."""
LISTED: Final = 10
"""Phrases that a title says."""
_WORDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    Kind.NOTICE.value: ("title",),
    Kind.REVISION.value: ("title",),
    Kind.ADVISORY.value: ("subject", "text"),
    Kind.LINE_CHECK.value: ("phrase",),
    Kind.SERVICE.value: ("text",),
    Kind.WITHDRAWAL.value: ("reason",),
    Kind.NONCONFORMANCE.value: ("reason",),
    Kind.CONTINGENCY.value: ("reason",),
}
"""The fields that have somebody's words, of which the first that is not empty is the title."""


_ABOUT: Final = frozenset({Kind.WITHDRAWAL, Kind.NONCONFORMANCE, Kind.CONTINGENCY})
"""Kinds that say of which notice they are where nobody has given a reason."""
_ANSWER: Final = re.compile(
    rf"(?:(?P<first>\S{{1,80}}) )?(?P<answer>{'|'.join(one.value for one in Answer)})"
    r"(?: (?P<about>\S{1,80}))?"
)
_MOMENT: Final = re.compile(
    rf"(?:(?P<about>\S{{1,80}}) )?(?P<what>begun|ended) at (?P<at>{DATE} {CLOCK} UTC)"
)
_MET: Final = re.compile(
    r"(?:\S{1,80} )?(?P<form>conflict between|possible conflict between|proximity of|resolved:)"
    r" (?P<one>\S{1,80}) and (?P<other>\S{1,80})"
)
_FORMS: Final[Mapping[str, str]] = {
    "conflict between": Relation.CONFLICT.value,
    "possible conflict between": Relation.POSSIBLE.value,
    "proximity of": Relation.PROXIMITY.value,
    "resolved:": Relation.CLEAR.value,
}


def from_text(kind: str, text: str, words: Words) -> tuple[Markup | None, Markup | None]:
    """Return what a message is about, and what it is called, as the node's title of it says.

    ``text`` may begin with the reference. Where a title is somebody's words it stays as it is.
    """
    if (answer := _ANSWER.fullmatch(text)) and kind == Kind.REPLY:
        told = terms.said("answer", answer["answer"], words.language) or answer["answer"]
        about, said_answer = answer["about"] or answer["first"], Markup("%s") % told
        # What has no reference, as a service message, is answered by the answer alone.
        return (values.name(about, words), said_answer) if about else (said_answer, None)
    if (met := _MET.fullmatch(text)) and kind == Kind.CONFLICT:
        return relations.between(_FORMS[met["form"]], met["one"], met["other"], words), None
    if (moment := _MOMENT.fullmatch(text)) and kind in (Kind.ACTIVATION, Kind.END):
        called = words(f"titles.{kind}", time=values.moment(moment["at"], words))
        return values.name(moment["about"], words) if moment["about"] else None, called
    first, _, others = text.partition(" ")
    if is_reference(first):
        return values.name(first, words), said(others, MOST) if others else None
    return None, said(text, MOST) if text else None


def title(
    view: schema.MessageView, words: Words, phrases: Mapping[int, Phrase] | None = None
) -> Markup:
    """Return a message in one line; ``phrases`` are those of its line's letter, by number."""
    fields = view.message
    if fields is None:
        return words("titles.unreadable")
    match view.kind:
        case Kind.REPLY:
            answer = terms.said("answer", _text(fields, "answer"), words.language)
            about = _text(fields, "reference") or _text(fields, "to")[:12]
            return words(
                "titles.reply",
                answer=answer or values.name(_text(fields, "answer") or "—", words),
                reference=values.name(about or "—", words),
            )
        case Kind.CONFLICT:
            one, other = _text(fields, "reference"), _text(fields, "other")
            return relations.between(_text(fields, "relation"), one or "—", other or "—", words)
        case Kind.ACTIVATION | Kind.END:
            at = _text(fields, "at")
            time = values.moment(at, words) if at else words("entered.time_unknown")
            return words(f"titles.{view.kind}", time=time)
    for name in _WORDS_OF.get(view.kind, ()):
        text = _text(fields, name).strip().partition("\n")[0]
        if text:
            return said(text, MOST)
    if view.kind in _ABOUT and view.reference:
        return words(f"titles.{view.kind}", reference=values.name(view.reference, words))
    return _phrases(view, words, phrases or {}) or words(
        "titles.line-check" if view.kind == Kind.LINE_CHECK else "titles.untitled"
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _phrases(
    view: schema.MessageView, words: Words, phrases: Mapping[int, Phrase]
) -> Markup | None:
    """Return the phrases of a message that says nothing else; None for one that has none."""
    message = _message(view)
    if message is None:
        return None
    numbers = phrases_of(message)[:LISTED]
    if not numbers:
        return None
    known = [
        f"{number} {phrase_text(phrases[number], message, words.language)}"
        for number in numbers
        if number in phrases
    ]
    if known:
        return said(" ".join(known), MOST)
    return words("titles.phrases", numbers=", ".join(map(str, numbers)))


def _message(view: schema.MessageView) -> Message | None:
    if view.kind not in TYPES or view.message is None:
        return None
    try:
        return decode_payload(view.kind, view.message)
    except ModelError:
        return None
