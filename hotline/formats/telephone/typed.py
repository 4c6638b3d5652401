"""What a listener typed, as items: lines, labels, and the check words behind them.

An item is a line that begins with its label; a line that begins with a blank continues the one
above. Small letters and more blanks are taken. Behind a slash may stand the check word of the item,
and ``CHECK`` begins the line of the check words of the whole. Before and behind the items may stand
the mark of an exercise or a test, which is read out first and last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hotline.errors import ModelError
from hotline.formats.telephone.items import WORDS
from hotline.formats.telephone.mistakes import Mistakes
from hotline.model.problem import Problem
from hotline.model.times import shorten

MAX_TEXT: Final = 20_000
"""Characters that are read: the longest sheet has fewer."""
MAX_LINES: Final = 400

_ITEM: Final = re.compile(
    r"(?P<label>[A-Z](?:[0-9]{1,3}(?:\.[0-9]{1,3})?)?)[.:)]?(?:\s+(?P<text>.*))?"
)
_WORD: Final = re.compile(r"(?P<text>.*) /\s*(?P<word>[A-Z]{4,})")
_MARK: Final = re.compile(r"(?P<status>EXERCISE|TEST)[.:]?(?:\s+(?P<name>.*))?")
_CHECK: Final = re.compile(r"CHECK(?:\s+WORDS?)?[.:]?\s+(?P<words>.*)")


@dataclass(frozen=True, slots=True)
class Typed:
    """One item as typed: the number of its line, and its text in capitals with single blanks."""

    line: int
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands before or behind the items: ``EXERCISE`` or ``TEST``, and a name, in capitals.

    ``line`` is the number of its line.
    """

    line: int
    status: str
    name: str


def split(
    text: str, mistakes: Mistakes
) -> tuple[dict[str, Typed], dict[str, str], str, list[Mark]]:
    """Return the items by label, the words behind them, the check words, and the marks.

    Takes note of lines that are no item (``formats.heard-no-item``), or one that is there already
    (``formats.heard-twice``). Raises ModelError: ``formats.heard-too-long``.
    """
    if len(text) > MAX_TEXT or text.count("\n") >= MAX_LINES:
        raise ModelError(
            "formats.heard-too-long",
            f"the text is longer than {MAX_TEXT} characters or {MAX_LINES} lines",
            "type one message, an item a line",
        )
    items: dict[str, Typed] = {}
    words: dict[str, str] = {}
    marks: list[Mark] = []
    check = ""
    for number, line in _lines(text):
        if (marked := _MARK.fullmatch(line)) is not None:
            marks.append(Mark(number, marked["status"], marked["name"] or ""))
            continue
        if (said := _CHECK.fullmatch(line)) is not None:
            check = said["words"]
            continue
        match = _ITEM.fullmatch(line)
        if match is None or match["label"][0] not in WORDS:
            problem = Problem(
                "formats.heard-no-item",
                "",
                f"line {number} does not begin with the letter of an item: {shorten(line)}",
                "begin each item on a line of its own with its letter, as in `C PRECEDENCE FLASH`;"
                " a line that goes on begins with a blank",
            )
            mistakes.note(number, problem)
            continue
        label, content = match["label"], (match["text"] or "").strip()
        if label in items:
            problem = Problem(
                "formats.heard-twice",
                "",
                f"line {number}: item {label} is there already, in line {items[label].line}",
                "keep the one that was read out",
            )
            mistakes.note(number, problem)
            continue
        if (worded := _WORD.fullmatch(content)) is not None:
            content, words[label] = worded["text"], worded["word"].lower()
        items[label] = Typed(number, label, content)
    return items, words, check, marks


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each item's line in capitals with single blanks, continued lines joined to it."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for _, line in lines), default=0)
    whole: list[tuple[int, str]] = []
    for number, line in lines:
        spoken = " ".join(line.upper().split())
        if whole and line[margin].isspace():
            whole[-1] = whole[-1][0], f"{whole[-1][1]} {spoken}"
        else:
            whole.append((number, spoken))
    yield from whole


def misheard(typed: Typed, text: str, mend: str) -> Problem:
    """Return what is wrong with an item (``formats.heard-item``), with its line and the mend."""
    return Problem(
        "formats.heard-item",
        "",
        f"line {typed.line}: item {typed.label} {text}",
        f"ask for item {typed.label} again; {mend}",
    )


def without(word: str, text: str) -> str:
    """Return a text without the word that may begin its item."""
    return text[len(word) :].strip() if word and f"{text} ".startswith(f"{word} ") else text
