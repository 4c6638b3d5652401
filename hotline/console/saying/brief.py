"""The items of a brief in the officer's language: names, not ids, and times as on other pages.

The brief is entered as it was put together, in English, so that two of them can be held against
each other; `hotline.node.brief` has its forms. An item of another form is shown as it was entered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hotline.api.exercise_shapes import BriefItem
from hotline.console.language import Words
from hotline.console.page import said
from hotline.console.saying import relations, titles, values
from hotline.console.saying.said import sentence
from hotline.console.saying.values import CLOCK, DATE
from hotline.model.kinds import Kind, Precedence, Relation
from hotline.model.languages import terms
from hotline.model.lifecycle import State
from hotline.model.rules import is_reference

_TIME: Final = rf"{DATE}T{CLOCK}Z"
_PRECEDENCE: Final = "|".join(one.name for one in Precedence)
_MESSAGE: Final = re.compile(
    rf"(?P<precedence>{_PRECEDENCE}) (?P<way>from|to) (?P<peer>\S{{1,80}}?)"
    rf"(?:, due (?P<due>{_TIME}))?"
    rf"(?:, change proposed by (?P<officer>.{{1,80}}?) at (?P<proposed>{_TIME}))?"
    rf": (?P<kind>{'|'.join(one.value for one in Kind)})"
    r"(?: (?P<rest>.*))?",
    re.DOTALL,
)
_ALARM: Final = re.compile(
    r"(?P<code>[a-z0-9.-]{3,80})(?:, seen by (?P<officer>[^:]{1,80}?))?(?P<over>, over)?"
    rf"(?:, shelved by (?P<shelver>[^:]{{1,80}}?) until (?P<until>{_TIME})"
    r' for "(?P<reason>[^"]*)")?: (?P<text>.*)',
    re.DOTALL,
)
_DRAFT: Final = re.compile(
    rf"(?P<precedence>{_PRECEDENCE}) to (?P<peer>\S{{1,80}}), offered by (?P<officer>[^:]{{1,80}})"
    rf": (?P<kind>{'|'.join(one.value for one in Kind)})(?: about (?P<about>\S{{1,80}}))?"
)
_PAIR: Final = re.compile(
    rf"(?P<relation>{'|'.join(one.value for one in Relation)}) with (?P<peer>.{{1,80}})"
)
_LINE: Final[Mapping[str, str]] = {
    "up": "brief.line_up",
    "DOWN": "brief.line_down",
    "the letters differ": "brief.line_letters",
    "nothing is signed on it": "brief.line_held",
}
_NOTICE: Final = re.compile(
    rf"(?P<centre>.{{1,80}}?), (?P<precedence>{_PRECEDENCE}),"
    rf" (?P<state>{'|'.join(one.value for one in State)})(?: until (?P<until>{_TIME}))?"
)
_FAULT: Final = re.compile(
    r"broken on purpose by (?P<officer>.{1,80}?)(?: on the line with (?P<peer>.{1,80}))?"
)


@dataclass(frozen=True, slots=True)
class Told:
    """One item: what names it, what is said of it, and where to look (empty for nowhere).

    ``entered`` is the item as it stands in the record, where it is not said anew.
    """

    head: Markup
    text: Markup
    place: str = ""
    entered: str = ""


def told(section: str, item: BriefItem, words: Words) -> Told:
    """Return an item of a section of the brief in a language."""
    form = _SECTIONS.get(section)
    found = None if form is None else form(item, words)
    if found is not None:
        return found
    return Told(said(item.subject, 80), Markup(""), entered=item.text)


def _message(item: BriefItem, words: Words) -> Told | None:
    found = _MESSAGE.fullmatch(item.text)
    if found is None:
        return None
    what = words(
        f"brief.{found['way']}",
        kind=values.VALUES["kind"].say(found["kind"], words),
        peer=values.name(found["peer"], words),
        precedence=_precedence(found["precedence"], words),
    )
    head, title = titles.from_text(found["kind"], found["rest"] or "", words)
    parts = [title] if title else []
    parts.append(what)
    if found["due"]:
        parts.append(words("brief.due", time=values.moment(found["due"], words)))
    if found["proposed"]:
        parts.append(
            words(
                "brief.proposed",
                officer=values.officer(found["officer"], words),
                time=values.moment(found["proposed"], words),
            )
        )
    name = head or Markup("%s") % (terms.said("kind", found["kind"], words.language) or "—")
    return Told(name, _joined(parts), f"/notice/{item.subject}")


def _alarm(item: BriefItem, words: Words) -> Told | None:
    found = _ALARM.fullmatch(item.text)
    number = item.subject.removeprefix("alarm ")
    if found is None or not number.isdecimal():
        return None
    word = f"alarms.code_{found['code'].replace('.', '_')}"
    parts = [words(word) if words.has(word) else values.name(found["code"], words)]
    if found["officer"]:
        parts.append(words("brief.seen", officer=values.officer(found["officer"], words)))
    if found["over"]:
        parts.append(words("brief.over"))
    if found["shelver"]:
        parts.append(
            words(
                "brief.shelved",
                officer=values.officer(found["shelver"], words),
                time=values.moment(found["until"], words),
                reason=said(found["reason"], 200),
            )
        )
    text = sentence(found["code"], found["text"], words, alone=True)
    return Told(
        words("brief.alarm", number=number),
        Markup(". ").join([_joined(parts), *([text] if text is not None else [])]),
        "" if number == "0" else f"/watch/alarms/{number}",
        "" if text is not None else found["text"],
    )


def _draft(item: BriefItem, words: Words) -> Told | None:
    found = _DRAFT.fullmatch(item.text)
    number = item.subject.removeprefix("draft ")
    if found is None or not number.isdecimal():
        return None
    parts = [values.VALUES["kind"].say(found["kind"], words)]
    if found["about"]:
        parts.append(words("brief.draft_about", reference=values.name(found["about"], words)))
    offered = words(
        "brief.draft_offered",
        precedence=_precedence(found["precedence"], words),
        peer=values.name(found["peer"], words),
        officer=values.officer(found["officer"], words),
    )
    head = words("brief.draft", number=number)
    return Told(head, _joined([*parts, offered]), f"/compose/{number}/release")


def _pair(item: BriefItem, words: Words) -> Told | None:
    found = _PAIR.fullmatch(item.text)
    one, joint, other = item.subject.partition(" and ")
    if found is None or not joint:
        return None
    head = relations.between(found["relation"], one, other, words)
    return Told(head, words("brief.with", peer=values.name(found["peer"], words)))


def _line(item: BriefItem, words: Words) -> Told | None:
    states = item.text.split(", ")
    if not all(state in _LINE for state in states):
        return None
    return Told(values.name(item.subject, words), _joined(words(_LINE[one]) for one in states))


def _notice(item: BriefItem, words: Words) -> Told | None:
    found = _NOTICE.fullmatch(item.text)
    reference, joint, number = item.subject.rpartition(" revision ")
    if found is None or not joint:
        return None
    parts = [
        values.name(found["centre"], words),
        _precedence(found["precedence"], words),
        words(f"notice.state_{found['state']}"),
    ]
    if number != "0":
        parts.insert(0, words("brief.revision", number=number))
    if found["until"]:
        parts.append(words("brief.until", time=values.moment(found["until"], words)))
    place = f"/notice/{reference}" if is_reference(reference) else ""
    return Told(values.name(reference, words), _joined(parts), place)


def _play(item: BriefItem, words: Words) -> Told | None:
    word = f"exercise.state_{item.text}"
    return Told(said(item.subject, 80), words(word)) if words.has(word) else None


def _fault(item: BriefItem, words: Words) -> Told | None:
    found = _FAULT.fullmatch(item.text)
    word = f"brief.fault_{item.subject}"
    if found is None or not words.has(word):
        return None
    parts = [words("brief.fault_by", officer=values.officer(found["officer"], words))]
    if found["peer"]:
        parts.append(words("brief.with", peer=values.name(found["peer"], words)))
    return Told(words(word), _joined(parts))


def _precedence(name: str, words: Words) -> Markup:
    return Markup("%s") % (terms.said("precedence", name, words.language) or name)


def _joined(parts: Iterator[Markup] | list[Markup]) -> Markup:
    return Markup(", ").join(parts)


_SECTIONS: Final[Mapping[str, Callable[[BriefItem, Words], Told | None]]] = {
    "unread": _message,
    "unanswered": _message,
    "proposals": _message,
    "unreceipted": _message,
    "drafts": _draft,
    "alarms": _alarm,
    "conflicts": _pair,
    "lines": _line,
    "notices": _notice,
    "play": _play,
    "faults": _fault,
}
