"""A text as a list of words: one pass, with what each word is worth to a reader of positions."""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final, NamedTuple

from hotline.airspace.said.lexicon import COMPASS_LETTERS, LEXICON, Role, Tag
from hotline.model.text import printable

MAX_CHARACTERS: Final = 4_000
"""No more of a text is read: what a notice may hold. A longer one is flagged by the model."""

MAX_STATEMENTS: Final = 32
"""No more of each kind are read in one text, so that the longest takes only milliseconds."""

_MAX_QUOTED: Final = 70

# A word may hold an apostrophe or, in Hebrew, the gershayim of an abbreviation. Its length is
# bounded so that folding is; the rest of a longer one becomes a word that nobody knows.
_WORD: Final = r"[^\W\d_]{1,30}(?:['’ʼ׳\"״][^\W\d_]{1,15}){0,2}['׳]?"
_WORDS: Final = re.compile(_WORD)
_PARTS: Final = re.compile(
    rf"(?P<word>{_WORD})"
    r"|(?P<number>[0-9]{1,9}(?:[.,:][0-9]{1,9}){0,3})"
    r"|(?P<comma>,)"
    r"|(?P<stop>[.;!?()\[\]\n«»“”])"
)
_PLAIN: Final = re.compile("[а-яА-Я]+|[א-ת]+")
_MARKS: Final = re.compile("['’ʼ׳\"״]")
_POSSESSIVE: Final = ("'s", "’s", "'S", "’S")
_SHORTENED: Final = frozenset(
    [
        "col",
        "lt",
        "capt",
        "maj",
        "gen",
        "mr",
        "mrs",
        "dr",
        "st",
        "approx",
        "alt",
        "км",
        "м",
        "ч",
        "г",
    ]
)
"""Words behind which a full stop ends no sentence."""
_TAKES: Final = frozenset({"take", "takes", "taking"})
_NUMBER: Final = Tag(Role.NUMBER)
_COMMA: Final = Tag(Role.COMMA)
_STOP: Final = Tag(Role.STOP)
_OTHER: Final = Tag(Role.OTHER)


def fold(word: str) -> str:
    """Return a word as it is looked up: small letters, no accents, vowel points or apostrophes.

    The breve of a short i is kept, the dots of an o are not. The word is expected to be short.
    """
    if word.isascii():
        return word.replace("'", "").lower()
    if _PLAIN.fullmatch(word):
        return word.lower()
    decomposed = unicodedata.normalize("NFD", _MARKS.sub("", word).casefold())
    kept = "".join(
        mark
        for before, mark in zip(" " + decomposed, decomposed, strict=False)
        if not unicodedata.combining(mark) or (before == "и" and mark == "\u0306")
    )
    return unicodedata.normalize("NFC", kept)


def name_key(word: str) -> str:
    """Return a word as it is looked up, without an English genitive."""
    return fold(word[:-2] if word.endswith(_POSSESSIVE) else word)


def words_in(text: str) -> list[str]:
    """Return the words of a text as they stand, without numbers and signs."""
    return _WORDS.findall(text)


class Word(NamedTuple):
    """One word, number or sign: where it stands, how it is looked up, what it is worth.

    ``capital`` says that it may be a name: its first letter is a capital one, or is of a script
    that has none.
    """

    start: int
    end: int
    key: str
    tag: Tag
    capital: bool
    possessive: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A title (or remarks, by ``field``) and its words, between two full stops.

    ``names`` are the numbers of the words that name a place (`mentions`), once they are known.
    """

    field: str
    text: str
    words: tuple[Word, ...]
    names: frozenset[int] = frozenset()

    def quote(self, first: int, last: int) -> str:
        """Return the words from one number to another as they stand, safe to show and short."""
        return self.quote_span(self.words[first].start, self.words[last].end)

    def quote_span(self, start: int, end: int) -> str:
        """Return the characters from ``start`` to ``end`` as they stand, safe to show and short."""
        said = " ".join(self.text[start : min(end, start + _MAX_QUOTED)].split())
        return printable(said + ("…" if end - start > _MAX_QUOTED else ""))

    def number_after(self, offset: int) -> int:
        """Return the number of the first word that begins at or after a character."""
        return bisect_left(self.words, offset, key=_start_of)


def _start_of(word: Word) -> int:
    return word.start


def read_words(field: str, text: str) -> Text:
    """Return a text's words, a stop at either end; at most `MAX_CHARACTERS` are read."""
    text = text[:MAX_CHARACTERS]
    words = [Word(0, 0, "", _STOP, False, False)]
    for match in _PARTS.finditer(text):
        start, end = match.span()
        part = match[0]
        kind = match.lastgroup
        if kind == "word":
            possessive = part.endswith(_POSSESSIVE)
            key = name_key(part)
            if key == "place" and words[-1].key in _TAKES:
                # "The strike will take place at" is of the strike, unlike "take off at".
                words[-1] = words[-1]._replace(end=end, key="happen", tag=_OTHER)
                continue
            tag = COMPASS_LETTERS.get(part) or LEXICON.get(key, _OTHER)
            capital = not part[0].islower()
            words.append(Word(start, end, key, tag, capital, possessive))
        elif kind == "number":
            words.append(Word(start, end, part, _NUMBER, False, False))
        elif kind == "comma":
            words.append(Word(start, end, part, _COMMA, False, False))
        elif part != "." or words[-1].key not in _SHORTENED:
            words.append(Word(start, end, part, _STOP, False, False))
    words.append(Word(len(text), len(text), "", _STOP, False, False))
    return Text(field, text, tuple(words))
