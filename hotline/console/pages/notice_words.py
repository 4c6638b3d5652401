"""The words of the model on the pages of notices: kinds, answers, states, relations, in a language.

What is not listed is shown as it came, with nothing invisible in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import Final

from markupsafe import Markup

from hotline.api import schema
from hotline.audit.reconcile.plain import shown
from hotline.console.language import Words
from hotline.console.saying import relations, titles
from hotline.console.saying.said import Said
from hotline.console.saying.said import flag as flag_said
from hotline.model.kinds import Precedence
from hotline.model.languages.terms import said
from hotline.model.phrases import Phrase
from hotline.model.phrasing import duration_text
from hotline.model.times import SECOND_US

RANK: Final[Mapping[str, int]] = {one.name: int(one) for one in Precedence}
OVER: Final = frozenset({"ended", "withdrawn", "expired"})
"""States of a notice that nothing flies under any more."""
SIGNS: Final[Mapping[str, str]] = {
    "planned": "○",
    "activated": "●",
    "nonconforming": "◆",
    "contingent": "▲",
    "ended": "■",
    "withdrawn": "✕",
    "expired": "□",
    "conflict": "▲",
    "possible": "△",
    "proximity": "◇",
    "clear": "✓",
}
"""A shape beside each word, so that neither colour nor language is needed to tell them apart."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A flag in words: its title, the sentence about it, and the field that it is about."""

    code: str
    said: Said
    field: str


class Spoken:
    """Words of closed vocabularies in one language, for templates."""

    def __init__(
        self, words: Words, phrases: Mapping[str, Mapping[int, Phrase]] | None = None
    ) -> None:
        """Speak a language; ``phrases`` are those of each peer's letter, by number."""
        self._words = words
        self._language = words.language
        self._phrases = phrases or {}

    def title(self, view: schema.MessageView) -> Markup:
        """Return a message in one line."""
        return titles.title(view, self._words, self._phrases.get(view.peer))

    def met(self, one: schema.RelationView) -> Markup:
        """Return when, how high, where and how near two notices meet."""
        return relations.relation_facts(one, self._words)

    def kind(self, kind: str) -> str:
        """Return what a message is, as it begins its text."""
        return self._of("kind", kind)

    def precedence(self, name: str) -> str:
        """Return the order of handling."""
        return self._of("precedence", name)

    def answer(self, answer: str) -> str:
        """Return a human's answer."""
        return self._of("answer", answer)

    def activity(self, activity: str) -> str:
        """Return what a notice announces."""
        return self._of("activity", activity)

    def state(self, state: str) -> str:
        """Return a notice's place in its life."""
        return self._own("state", state)

    def relation(self, relation: str) -> str:
        """Return what two notices are to each other, in a word."""
        return self._own("relation", relation)

    def word(self, name: str) -> str:
        """Return a word of the notice's own page."""
        return self._words.plain(f"notice.{name}")

    def sign(self, word: str) -> str:
        """Return the shape that stands beside a state or a relation."""
        return SIGNS.get(word, "·")

    def duration(self, seconds: float) -> str:
        """Return a duration in whole seconds that have passed, as flags say it too."""
        return duration_text(floor(seconds) * SECOND_US, self._language)

    def remark(self, flag: schema.Flag) -> Remark:
        """Return a flag in words."""
        return Remark(flag.code, flag_said(flag, self._words), shown(flag.field, 80))

    def _of(self, group: str, value: str) -> str:
        return said(group, value, self._language) or shown(value, 40)

    def _own(self, group: str, value: str) -> str:
        name = f"notice.{group}_{value}"
        return self._words.plain(name) if self._words.has(name) else shown(value, 40)
