"""Check words over a text that was read out: four for the whole, four to answer, one an item.

They find what was misheard or mistyped, and are no signature: whoever speaks on a telephone can
compute them as well. The words of the answer are others than those that the speaker reads, so
nobody can give them who has not the whole text. ``docs/spec/voice.md``, section 4, has the rule.
"""

from __future__ import annotations

from hashlib import sha256

from hotline.errors import UsageError
from hotline.model.times import shorten
from hotline.trust.words import WORDS, separated

CHECK_WORDS = 4
"""Words over a whole text: 32 bits."""

_CHECK = b"hotline/voice-check/v1\0"
_ANSWER = b"hotline/voice-answer/v1\0"
_ITEM = b"hotline/voice-item/v1\0"
# No two words share their first four letters, and none has fewer.
_BY_BEGINNING = {word[:4]: word for word in WORDS}


def check_words(text: str) -> tuple[str, ...]:
    """Return the words that the speaker reads after a canonical text."""
    return _words(_CHECK, text, CHECK_WORDS)


def answer_words(text: str) -> tuple[str, ...]:
    """Return the words that whoever has the same text answers with."""
    return _words(_ANSWER, text, CHECK_WORDS)


def item_word(item: str) -> str:
    """Return the word of one item, label and content; it finds 255 of 256 errors."""
    return _words(_ITEM, item, 1)[0]


def heard_words(text: str) -> tuple[str, ...]:
    """Return the check words that somebody typed, in any case, with any separators.

    The first four letters tell a word from all others, so the rest may be misspelled.

    Raises:
        UsageError: ``trust.unknown-check-word``.

    """
    found = []
    for typed in separated(text):
        word = _BY_BEGINNING.get(typed[:4])
        if word is None:
            raise UsageError(
                "trust.unknown-check-word",
                f"{shorten(typed)} is not one of the check words",
                "ask for this word again, and type it, or its first four letters",
            )
        found.append(word)
    return tuple(found)


def _words(context: bytes, text: str, count: int) -> tuple[str, ...]:
    return tuple(WORDS[byte] for byte in sha256(context + text.encode()).digest()[:count])
