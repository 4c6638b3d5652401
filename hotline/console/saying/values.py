"""The values in a sentence of the node: how each is written in English, and how it is shown.

A field of a sentence has the name of its kind, with a number where there are two of it:
``{span}`` and ``{span_2}`` are both durations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hotline.audit.reconcile.plain import shown
from hotline.console.language import Words
from hotline.console.page import said, utc, utc_seconds
from hotline.errors import ModelError
from hotline.model.kinds import Answer, Kind, Precedence, Reference, Relation
from hotline.model.languages import terms
from hotline.model.languages.language import Language
from hotline.model.lifecycle import State
from hotline.model.phrasing import METRES_PER_NM, duration_text, metres_text
from hotline.model.times import SECOND_US, parse_time

WHOLE: Final = 40
"""Characters of a name that stands on one line: those of the longest reference."""
NUMBER: Final = r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
NAME: Final = (
    r"(?:[a-z0-9-]{1,64}:)?(?:'(?:[^'\\]|\\.){0,80}'…?|\"(?:[^\"\\]|\\.){0,80}\"…?|[A-Za-z0-9][A-Za-z0-9._-]{0,79}"
    r"|a notice without a reference)(?: \([0-9a-f]{8}\))?|\([0-9a-f]{8}\)"
)
"""A reference as `hotline.airspace.activity.beside` writes it: quoted where it is none, and with
its centre before it where both have given one of that name."""
DATE: Final = r"\d{4}-\d\d-\d\d"
CLOCK: Final = r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_LEVEL: Final = (
    rf"(?:FL\d+(?:\.\d+)?|ground|any depth|unlimited|all levels"
    rf"|{NUMBER}(?: (?:m|ft))?(?: (?:above [^,;]{{1,60}}?|on standard pressure))?)"
)
_SPAN: Final = r"-?\d+(?:\.\d+)? (?:d|h|min|s|ms)\b"
_NOUNS: Final = {"d": "day", "h": "hour", "min": "minute", "s": "second"}
_TALLY: Final = r"\d+ (?:possible conflicts?|conflicts?|proximity|proximities)"
_TALLIED: Final = {"possible conflict": "possible", "conflict": "conflict", "proximit": "proximity"}
_DIRECTION: Final = r"(?:north|south|east|west)(?:-(?:north|south|east|west)){0,2}"
_FOUND: Final = {
    "conflict": "conflict",
    "possible conflict": "possible",
    "proximity": "proximity",
    "an end of what was there before": "resolved",
    "more than can be compared": "more",
    "nothing was found": "nothing",
}
_LEVEL_WORDS: Final = {
    "all levels": "picture.all_levels",
    "unlimited": "picture.unlimited",
    "any depth": "picture.any_depth",
    "ground": "picture.ground",
}
_CODED: Final = re.compile(r"(.*) \[([a-z0-9.-]{3,60})\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """One kind of value: the pattern of its English form, and how that is said in a language."""

    pattern: str
    say: Callable[[str, Words], Markup]


def name(text: str, words: Words) -> Markup:
    """Return a reference, a centre, a file: what is the same in every language."""
    del words
    # What is short is not broken at its hyphen, which would scatter it in a Hebrew line.
    if len(text) <= WHOLE:
        return Markup('<bdi dir="ltr" class="name">%s</bdi>') % shown(text, 400)
    return Markup('<bdi dir="ltr">%s</bdi>') % shown(text, 400)


def number(text: str, words: Words) -> Markup:
    """Return a number, with its sign on the left of it also where Hebrew is written."""
    del words
    return Markup('<bdi dir="ltr">%s</bdi>') % text


def moment(text: str, words: Words) -> Markup:
    """Return a time as an element that a script adds the local time to."""
    if not text[:1].isdigit():
        return Markup("%s") % words("entered.time_unknown")
    written = text.removesuffix(" UTC").removesuffix("Z").replace(" ", "T")
    clock = written.partition("T")[2]
    try:
        us = parse_time(f"{written}{':00' if clock.count(':') == 1 else ''}Z")
    except ModelError:
        return name(text, words)
    return utc(us) if us % 60_000_000 == 0 else utc_seconds(us)


def span(text: str, words: Words) -> Markup:
    """Return a duration."""
    if not text[:1].isdigit() and not text.startswith("-"):
        return words("entered.short_second")
    parts = []
    for figure, unit in re.findall(r"(-?\d+(?:\.\d+)?) (d|h|min|s|ms)\b", text):
        noun = _NOUNS.get(unit)
        if noun is None:
            parts.append(f"{figure} {unit}")
        else:
            parts.append(terms.counted(float(figure), noun, words.language))
    return Markup("%s") % " ".join(parts)


def seconds(lasting: float, words: Words) -> Markup:
    """Return a duration that is given in seconds."""
    return Markup("%s") % duration_text(round(lasting * SECOND_US), words.language)


def metres(text: str, words: Words) -> Markup:
    """Return a distance, with nautical miles beside where the node gives them."""
    figure = float(text.partition(" ")[0])
    if "NM" in text and abs(figure) >= METRES_PER_NM / 20:
        return Markup("%s") % metres_text(figure, words.language)
    return Markup("%s") % terms.counted(figure, "metre", words.language)


def level(text: str, words: Words) -> Markup:
    """Return a level, or the lower and the upper one."""
    parts = (_level(part, words) for part in text.split(" to "))
    return Markup("<bdi>%s</bdi>") % " \N{EN DASH} ".join(parts)


def _level(part: str, words: Words) -> str:
    if part in _LEVEL_WORDS:
        return words.plain(_LEVEL_WORDS[part])
    for reference in Reference:
        above = f" {terms.say(f'reference.{reference}', Language.EN)}"
        if part.endswith(above):
            here = terms.say(f"reference.{reference}", words.language)
            return f"{part.removesuffix(above)} {here}"
    return part


def others(text: str, words: Words) -> Markup:
    """Return what an officer of either side has written."""
    del words
    return said(text, 400)


def officer(text: str, words: Words) -> Markup:
    """Return who it was, by name where there is one."""
    if text in ("nobody named", "somebody"):
        return words("entered.nobody" if text == "nobody named" else "entered.somebody")
    return said(text, 80)


def detail(text: str, words: Words) -> Markup:
    """Return what only the program knows: by its code in a language, else in English."""
    coded = _CODED.fullmatch(text)
    if coded is not None and words.language is not Language.EN:
        word = f"problems.{coded[2].replace('.', '_')}"
        if words.has(word):
            return Markup('%s <code dir="ltr">%s</code>') % (words(word), coded[2])
    return Markup('<bdi lang="en" dir="ltr">%s</bdi>') % shown(text, 1000)


def _term(group: str) -> Callable[[str, Words], Markup]:
    def say(text: str, words: Words) -> Markup:
        if words.language is Language.EN and group == "kind":
            return Markup("%s") % text
        if text == "message":
            return words("entered.message")
        found = terms.said(group, text, words.language) or text
        return Markup("%s") % (found.lower() if group == "kind" else found)

    return say


def _word(prefix: str) -> Callable[[str, Words], Markup]:
    def say(text: str, words: Words) -> Markup:
        return words(f"{prefix}{text}") if words.has(f"{prefix}{text}") else name(text, words)

    return say


def relation(text: str, words: Words) -> Markup:
    """Return what two notices are to each other."""
    kind = text.removeprefix("a ").replace("possible conflict", "possible")
    return words(f"entered.relation_{kind}")


def _list(
    joint: str, one: Callable[[str, Words], Markup], join: str
) -> Callable[[str, Words], Markup]:
    def say(text: str, words: Words) -> Markup:
        between = Markup(" %s ") % words(join) if join else Markup(", ")
        return between.join(one(part, words) for part in text.split(joint))

    return say


def _tallied(text: str, words: Words) -> Markup:
    figure, _, noun = text.partition(" ")
    kind = next(kind for start, kind in _TALLIED.items() if noun.startswith(start))
    return Markup("%s %s") % (figure, words.counted(f"entered.tally_{kind}", int(figure)))


def _found(text: str, words: Words) -> Markup:
    if text not in _FOUND:
        return name(text, words)
    return words(f"entered.found_{_FOUND[text]}")


def _any(values: type[Kind | Answer | Precedence | State]) -> str:
    return "|".join(one.name if values is Precedence else str(one.value) for one in values)


_NUMBER: Final = Value(NUMBER, number)
_NAME: Final = Value(rf"(?:{NAME})", name)
VALUES: Final[Mapping[str, Value]] = {
    **dict.fromkeys(("number", "count", "size", "seconds", "days"), _NUMBER),
    **dict.fromkeys(("reference", "one", "other"), _NAME),
    **dict.fromkeys(("peer", "centre", "name", "place"), Value(r".{1,200}?", name)),
    "references": Value(r".{1,400}?", name),
    "quoted": Value(r"['\"].{0,100}?['\"]", name),
    "position": Value(r"[-\w. ]{1,60}?", name),
    "time": Value(rf"{DATE}[ T]{CLOCK}(?: UTC|Z)?|a time not known", moment),
    "span": Value(rf"(?:{_SPAN}(?: (?={_SPAN})|))+|less than 1 s", span),
    "metres": Value(rf"{NUMBER} m(?: \({NUMBER} NM\))?", metres),
    "level": Value(rf"{_LEVEL}(?: to {_LEVEL})?", level),
    "words": Value(r".{1,600}?", others),
    "officer": Value(r".{1,200}?", officer),
    "detail": Value(r".{1,2000}?", detail),
    "items": Value(r".{1,300}?", detail),
    "kind": Value(f"{_any(Kind)}|message", _term("kind")),
    "answer": Value(_any(Answer), _term("answer")),
    "precedence": Value(_any(Precedence), _term("precedence")),
    "state": Value(_any(State), _word("notice.state_")),
    "bound": Value("upper|lower", _word("entered.bound_")),
    "relation": Value(
        f"(?:a )?(?:possible conflict|{'|'.join(one.value for one in Relation)})", relation
    ),
    "tally": Value(rf"{_TALLY}(?:, {_TALLY})*", _list(", ", _tallied, "")),
    "found": Value(r"[a-z.,\- ]{3,200}?", _list(", ", _found, "")),
    "directions": Value(
        rf"{_DIRECTION}(?: or {_DIRECTION})*",
        _list(" or ", _word("entered.direction_"), "entered.or"),
    ),
}
"""By the name of the field."""


def value_of(field: str) -> Value:
    """Return the kind of value that a field of a sentence is. Raises KeyError."""
    return VALUES[re.sub(r"_\d$", "", field)]
