"""The phrase book of a letter: what is said by number, and reads the same in every language.

A phrase is short and in the style of radio telephony. Its texts may have slots, such as
``{position}``, which are filled from the signed fields of the message that says it
(`hotline.model.filling`). Only numbers travel; the texts stand in the letter that both sides hold.
Rules and the standard book: ``docs/spec/phrases.md``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

import msgspec

from hotline.model.languages.language import Language, language_of
from hotline.model.problem import Problem
from hotline.model.text import unsafe_character
from hotline.model.times import shorten

MAX_PHRASES = 200
"""Phrases of one letter."""
MAX_PHRASE = 300
"""Characters of one text of a phrase."""
FIRST_NUMBER = 100
LAST_NUMBER = 999
UNFILLED = "..."
STANDARD_BOOK = "phrase_book.toml"
"""The file in this room that holds the standard book."""

GROUPS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "request": 1,
        "answer": 2,
        "warning": 3,
        "distress": 4,
        "line-check": 5,
        "co-ordination": 6,
        "agreed": 7,
    }
)
"""Groups with the hundred that their numbers begin with; ``agreed`` is left to the two centres."""

SLOTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reference": "the notice that the message is about",
        "subject": "who or what an advisory is about",
        "position": "the position of an advisory, or of a read-back",
        "level": "the altitude of an advisory; both levels of a read-back or of a proposal",
        "track": "the true track of an advisory, in degrees",
        "speed": "the ground speed of an advisory, in knots",
        "time": "the start of a read-back, or the earliest of a proposal",
        "until": "the end of a read-back, or the latest of a proposal",
        "minutes": "the whole minutes from `time` to `until`",
        "officer": "who composed the message",
    }
)
"""What a phrase may have filled in, and from which signed field."""

CONSENTING: Final = frozenset({201, 202, 204, 205, 207, 212, 215, 218})
"""Answers of the standard book that refuse nothing: Roger, Wilco, Stand by and their like."""

_SLOT = re.compile(r"\{([a-z]+)\}")


class Phrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One phrase: ``number`` begins with the hundred of its ``group``; one text a language."""

    number: int
    group: str
    en: str
    ru: str = ""
    he: str = ""

    def text(self, language: Language) -> str:
        """Return the text in a language, or the English one where the letter has none in it."""
        return getattr(self, language.value) or self.en


class _Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of the standard book."""

    phrase: tuple[Phrase, ...]


@cache
def standard_phrases() -> tuple[Phrase, ...]:
    """Return the standard book, in the order of its numbers."""
    data = resources.files("hotline.model").joinpath(STANDARD_BOOK).read_text("utf-8")
    return msgspec.convert(tomllib.loads(data), _Book).phrase


def phrases_toml(phrases: Iterable[Phrase]) -> str:
    """Return phrases as the ``[[phrase]]`` tables of a letter."""
    return "\n".join(
        "[[phrase]]\n"
        + "".join(
            f"{key} = {value if isinstance(value, int) else _quoted(value)}\n"
            for key, value in msgspec.structs.asdict(phrase).items()
            if value != ""
        )
        for phrase in phrases
    )


def _quoted(text: str) -> str:
    """Return a text as a basic string of TOML; what JSON escapes, TOML reads alike."""
    return msgspec.json.encode(text).decode()


def by_number(phrases: Iterable[Phrase]) -> dict[int, Phrase]:
    """Return phrases by their numbers."""
    return {phrase.number: phrase for phrase in phrases}


def refuses(number: int) -> bool:
    """Say whether a phrase may stand for the reason of a refusal.

    That is what answers and does not consent; of what two centres agreed on, they know best.
    """
    group = number // 100
    return group == GROUPS["agreed"] or (group == GROUPS["answer"] and number not in CONSENTING)


def slots_of(text: str) -> list[str]:
    """Return the names of the slots of a text, in order, known or not."""
    return _SLOT.findall(text)


def filled(text: str, fields: Mapping[str, str]) -> str:
    """Return a text with its slots filled; one that ``fields`` does not have reads ``...``.

    As on the radio, the gap is heard. What is filled in is never itself taken for a slot.
    """
    return _SLOT.sub(lambda slot: fields.get(slot[1], UNFILLED), text)


def unknown_phrases(numbers: Iterable[int], known: Collection[int]) -> list[Problem]:
    """Return a problem for each number that the letter has no phrase for."""
    return [
        Problem(
            "model.unknown-phrase",
            f"phrases[{index}]",
            f"the letter of agreement has no phrase {number}",
            "`hotline letter phrases` lists those of a letter; say anything else as text",
        )
        for index, number in enumerate(numbers)
        if number not in known
    ]


def phrase_problems(phrases: Sequence[Phrase], languages: Iterable[str]) -> Iterator[Problem]:
    """Yield every rule that a letter's phrases break; ``languages`` are the letter's tags."""
    if len(phrases) > MAX_PHRASES:
        yield Problem(
            "model.letter-phrases",
            "phrase",
            f"has {len(phrases)} phrases, more than {MAX_PHRASES}",
            "keep those that are spoken",
        )
        return
    needed = {Language.EN} | {language_of(tag) for tag in languages} - {None}
    seen: set[int] = set()
    for index, phrase in enumerate(phrases):
        path = f"phrase[{index}]"
        if phrase.number in seen:
            yield Problem(
                "model.letter-phrase-number",
                f"{path}.number",
                f"{phrase.number} is given twice",
                "give every phrase a number of its own",
            )
        seen.add(phrase.number)
        if GROUPS.get(phrase.group) != phrase.number // 100:
            numbers = ", ".join(f"{hundred}xx {group}" for group, hundred in GROUPS.items())
            yield Problem(
                "model.letter-phrase-group",
                f"{path}.group",
                f"{shorten(phrase.group)} is not the group of {phrase.number}",
                f"the groups are {numbers}",
            )
        for language in Language:
            text = getattr(phrase, language.value)
            yield from _text_problems(text, f"{path}.{language}", needed=language in needed)
            if text and sorted(slots_of(text)) != sorted(slots_of(phrase.en)):
                yield Problem(
                    "model.letter-phrase-slots",
                    f"{path}.{language}",
                    "has other slots than the English text",
                    "let all texts of a phrase say the same",
                )


def _text_problems(text: str, path: str, *, needed: bool) -> Iterator[Problem]:
    if needed and not text.strip():
        yield Problem(
            "model.letter-phrase-text",
            path,
            "is empty, and it is a language of the letter",
            "give every phrase in English and in each of the letter's languages",
        )
    if len(text) > MAX_PHRASE:
        yield Problem(
            "model.letter-phrase-text",
            path,
            f"has {len(text)} characters, more than {MAX_PHRASE}",
            "shorten it: a phrase is spoken in one breath",
        )
    if (character := unsafe_character(text)) is not None:
        yield Problem(
            "model.letter-unsafe",
            path,
            f"contains {character}, which steers how text is shown",
            "remove it; letters of any script are welcome",
        )
    unknown = [name for name in slots_of(text) if name not in SLOTS]
    if unknown or set("{}") & set(_SLOT.sub("", text)):
        yield Problem(
            "model.letter-phrase-slots",
            path,
            f"has the unknown slot {shorten(unknown[0])}" if unknown else "has a brace of no slot",
            f"the slots are {', '.join(SLOTS)}",
        )
