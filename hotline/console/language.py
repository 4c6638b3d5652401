"""The words of all pages in three languages: one TOML file a page, one table a word.

A word ``a`` of ``words/inbox.toml`` is ``inbox.a``. It has ``en``, ``ru`` and ``he``, each a text
with ``{fields}``, or the forms of a counted noun, as `hotline.model.languages.language.Counted` has
them: two in English and Hebrew, three in Russian.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup, escape

from hotline.model.languages.language import Counted, Language, Term, language_of

WORDS = Path(__file__).parent / "words"


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    en: str
    ru: str
    he: str


class _Noun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    en: tuple[str, str]
    ru: tuple[str, str, str]
    he: tuple[str, str]


@cache
def catalogue() -> Mapping[str, Term | Counted]:
    """Return every word by its name. Raises ``msgspec.ValidationError`` where a language lacks."""
    found: dict[str, Term | Counted] = {}
    for file in sorted(WORDS.glob("*.toml")):
        for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            found[f"{file.stem}.{name}"] = _entry(table)
    return found


def _entry(table: Any) -> Term | Counted:
    if isinstance(table, dict) and isinstance(table.get("en"), list):
        noun = msgspec.convert(table, _Noun)
        return Counted(noun.en, noun.ru, noun.he)
    text = msgspec.convert(table, _Text)
    return Term(text.en, text.ru, text.he)


class Words:
    """The words of one language, as templates ask for them: ``t("inbox.title", count=3)``."""

    def __init__(self, language: Language) -> None:
        self.language = language

    @property
    def tag(self) -> str:
        """The ``lang`` attribute."""
        return self.language.value

    @property
    def direction(self) -> str:
        """The ``dir`` attribute."""
        return self.language.direction

    def __call__(self, name: str, /, **fields: object) -> Markup:
        """Return a word; what is filled in is escaped, and isolated from its direction.

        Raises ``KeyError`` for a word that does not exist.
        """
        term = catalogue()[name]
        if isinstance(term, Counted):
            raise KeyError(name)
        filled = {field: Markup("<bdi>%s</bdi>") % value for field, value in fields.items()}
        return escape(term.text(self.language)).format(**filled)

    def plain(self, name: str, /, **fields: object) -> str:
        """Return a word for an attribute or a title: text, not markup."""
        term = catalogue()[name]
        if isinstance(term, Counted):
            raise KeyError(name)
        return term.text(self.language).format(**fields)

    def counted(self, name: str, number: float) -> str:
        """Return the form of a noun that follows a number, without the number."""
        noun = catalogue()[name]
        if isinstance(noun, Term):
            raise KeyError(name)
        return noun.after(number, self.language)

    def percent(self, share: float) -> str:
        """Return a share from 0 to 1 in whole per cent, as the language writes it."""
        space = "\N{NO-BREAK SPACE}" if self.language is Language.RU else ""
        return f"{100 * share:.0f}{space}%"

    def has(self, name: str) -> bool:
        """Say whether there is such a word."""
        return name in catalogue()

    def group(self, prefix: str) -> dict[str, str]:
        """Return all plain words whose names begin so, by the rest: what a script is given."""
        return {
            name.removeprefix(prefix): term.text(self.language)
            for name, term in catalogue().items()
            if name.startswith(prefix) and isinstance(term, Term)
        }


def preferred(accepted: str) -> Language:
    """Return the first language of an ``Accept-Language`` header that there is, else English."""
    for part in accepted[:200].split(","):
        language = language_of(part.partition(";")[0].strip())
        if language is not None:
            return language
    return Language.EN
