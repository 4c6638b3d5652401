"""The sentences of the node by what they begin, told apart by their English and said in a language.

A sentence of the catalogue is a form with fields; here it is a pattern too. One whose values cannot
be read is not said at all: whoever asks then shows what was entered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Final

from markupsafe import Markup

from hotline.console.language import Words, catalogue
from hotline.console.saying.values import value_of
from hotline.model.languages.language import Language, Term

MOST_READ: Final = 2000
"""Characters of a sentence that are looked at: a flag or an alarm has no more."""
ANY: Final = "any"
"""What the names of sentences begin with that go with every code."""


@dataclass(frozen=True, slots=True)
class Form:
    """A sentence: its name in the catalogue, the pattern of its English, and its fields."""

    word: str
    pattern: re.Pattern[str]
    fields: tuple[str, ...]


def pattern_of(english: str) -> tuple[str, tuple[str, ...]]:
    """Return the pattern of a sentence with fields, one group a field, and their names."""
    pattern, fields = "", []
    for before, field, _, _ in Formatter().parse(english):
        pattern += re.escape(before)
        if field is not None:
            value = r".{1,2000}?" if field in ("rest", "cause") else value_of(field).pattern
            pattern += f"(?P<{field}>{value})"
            fields.append(field)
    return pattern, tuple(fields)


def form_of(word: str) -> Form:
    """Return a sentence of the catalogue. Raises KeyError."""
    term = catalogue()[word]
    if not isinstance(term, Term):
        raise KeyError(word)
    pattern, fields = pattern_of(term.text(Language.EN))
    return Form(word, re.compile(pattern, re.DOTALL), fields)


@cache
def forms(code: str) -> Sequence[Form]:
    """Return the sentences that go with a code, those of its own first, the longest first."""
    found: list[Form] = []
    for prefix in (code.replace(".", "_"), ANY):
        names = [
            name
            for name in catalogue()
            if name.startswith("entered.")
            and name.removeprefix("entered.").partition("__")[0] == prefix
        ]
        forms_here = [form_of(name) for name in names]
        found += sorted(forms_here, key=lambda one: -len(one.pattern.pattern))
    return found


def filled(form: Form, match: re.Match[str], words: Words, code: str = "") -> Markup | None:
    """Return a sentence with the values that were read; None where a part of it is not known."""
    values: dict[str, Markup] = {}
    for field in form.fields:
        text = match[field]
        if field == "rest":
            rest = sentence(code, text, words)
            if rest is None:
                return None
            values[field] = rest
        else:
            values[field] = value_of(field).say(text, words)
    return words(form.word, **values)


def sentence(code: str, text: str, words: Words) -> Markup | None:
    """Return what an alarm or a flag of a code says, in a language; None where it is not known."""
    if len(text) > MOST_READ:
        return None
    return next(_read(code, text, words), None)


def _read(code: str, text: str, words: Words) -> Iterator[Markup]:
    for form in forms(code):
        match = form.pattern.fullmatch(text)
        if match is not None and (made := filled(form, match, words, code)) is not None:
            yield made
    # What has happened to a notice is alarmed as ``REFERENCE: what``.
    subject, mark, rest = text.partition(": ")
    if mark and rest and (made := sentence(code, rest, words)) is not None:
        yield Markup('<bdi dir="ltr">%s</bdi>: %s') % (subject, made)
