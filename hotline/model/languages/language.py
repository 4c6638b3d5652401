"""Which languages there are, which way they are written, and how they count."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """A language that messages can be rendered in, by its tag in the letter (BCP 47)."""

    EN = "en"
    RU = "ru"
    HE = "he"

    @property
    def direction(self) -> str:
        """``rtl`` or ``ltr``: the ``dir`` attribute of whatever shows a text in HTML."""
        return "rtl" if self is Language.HE else "ltr"


def language_of(tag: str) -> Language | None:
    """Return the language of a tag such as ``ru`` or ``he-IL``; None for another one."""
    primary = tag.partition("-")[0].lower()
    return Language(primary) if primary in set(Language) else None


@dataclass(frozen=True, slots=True)
class Term:
    """One word, label or sentence in three languages; ``{...}`` marks what is filled in."""

    en: str
    ru: str
    he: str

    def text(self, language: Language) -> str:
        """Return the term in a language."""
        if language is Language.EN:
            return self.en
        return self.ru if language is Language.RU else self.he


@dataclass(frozen=True, slots=True)
class Counted:
    """A noun after a number: the forms for one, for a few and for many of it.

    English and Hebrew have two forms, given as ``one`` and ``many``. Russian takes ``few`` after
    2, 3 and 4 (and 22, 33, ...), and after every number that is not whole.
    """

    en: tuple[str, str]
    ru: tuple[str, str, str]
    he: tuple[str, str]

    def after(self, number: float, language: Language) -> str:
        """Return the form of the noun that follows ``number``."""
        if language is not Language.RU:
            one, many = self.en if language is Language.EN else self.he
            return one if number == 1 else many
        one, few, many = self.ru
        if number % 1 != 0:  # also NaN and the infinities, which have no grammar
            return few
        last, teens = abs(number) % 10, 11 <= abs(number) % 100 <= 14
        if teens or last == 0 or last > 4:
            return many
        return one if last == 1 else few
