"""What a page shows of an alarm or a flag: a title, a sentence, and what was entered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hotline.api import schema
from hotline.audit.reconcile.plain import shown
from hotline.console.language import Words
from hotline.console.saying import relations, sentences
from hotline.model.languages.flags import FLAGS
from hotline.model.languages.language import Language
from hotline.model.rules import is_reference

MOST_SHOWN: Final = 2000
"""Characters of a sentence of the record that a page shows."""
_OF_TWO: Final = frozenset(
    {"airspace.conflict", "airspace.possible", "airspace.proximity", "airspace.resolved"}
)


@dataclass(frozen=True, slots=True)
class Said:
    """A title in the language of the page; ``text`` says the facts in it, None where it cannot.

    ``entered`` is the node's own sentence where it says more than that: in English, as signed.
    """

    title: str
    text: Markup | None
    entered: str


def alarm(view: schema.AlarmView, words: Words) -> Said:
    """Return an alarm in a language; one of an unknown code has the code for a title."""
    word = f"alarms.code_{view.code.replace('.', '_')}"
    title = words.plain(word) if words.has(word) else view.code
    text = sentence(view.code, view.text, words, alone=True)
    return Said(title, text, "" if text is not None else shown(view.text, MOST_SHOWN))


def flag(view: schema.Flag, words: Words) -> Said:
    """Return a flag in a language; where its code says all, its sentence is not repeated."""
    term = FLAGS.get(view.code)
    title = view.code if term is None else _capital(term.text(words.language))
    text = sentence(view.code, view.text, words)
    if text is not None:
        return Said(title, text, "")
    more = words.language is Language.EN or any(one.isdigit() or one == '"' for one in view.text)
    entered = shown(view.text, MOST_SHOWN) if more or term is None else ""
    return Said(title, None, entered)


def sentence(code: str, text: str, words: Words, *, alone: bool = False) -> Markup | None:
    """Return a sentence of the node in a language, with a capital; None for an unknown one.

    ``alone`` is where nothing else says which notice it is about.
    """
    found = relations.sentence(text, words, alone=alone) if code in _OF_TWO else None
    if found is None:
        found = sentences.sentence(code, text, words)
    return None if found is None else Markup(_capital(str(found)))  # noqa: S704 - was markup


def subjects(view: schema.AlarmView) -> list[str]:
    """Return what names the messages that an alarm is about, where it is about some."""
    if not view.code.startswith(("airspace.", "notice.", "desk.")):
        return []
    names = view.subject.split()
    if view.code.startswith("desk."):
        return names[1:2]
    return [name for name in names[:2] if is_reference(name) and name != view.peer.upper()]


def _capital(text: str) -> str:
    """Return a text with its first letter large; what is filled in stays as it is."""
    return text[:1].upper() + text[1:]
