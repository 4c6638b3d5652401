"""What two notices are to each other, as a sentence: who, when, how high, where, how near, and why.

The times come first, since an officer has to know how soon. They, and the relation itself, are of
the fields of the API wherever there are any; levels as they were written and the reasons stand only
in the node's sentence, and are read out of it part by part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from markupsafe import Markup

from hotline.api.schema import RelationView
from hotline.console.language import Words, catalogue
from hotline.console.page import utc
from hotline.console.saying import values
from hotline.console.saying.sentences import MOST_READ, Form, form_of
from hotline.console.saying.values import CLOCK, DATE, NAME
from hotline.model.kinds import Relation
from hotline.model.phrasing import position_text
from hotline.model.volume import Position

_HEAD: Final = re.compile(
    rf"(?:(?P<one>{NAME}): )?"
    r"(?P<verb>conflict with|near|possible conflict with|clear of)"
    rf" (?P<other>{NAME})(?P<rest>.*)",
    re.DOTALL,
)
_ENDED: Final = re.compile(
    rf"(?:(?P<before>conflict|possible|proximity) of )?(?P<one>{NAME}) and (?P<other>{NAME})"
    r" resolved by (?P<cause>.{1,300})",
    re.DOTALL,
)
_VERBS: Final = {
    "conflict with": Relation.CONFLICT,
    "near": Relation.PROXIMITY,
    "possible conflict with": Relation.POSSIBLE,
    "clear of": Relation.CLEAR,
}
_TIMES: Final = re.compile(
    rf"from (?P<start>(?P<day>{DATE}) {CLOCK}) to (?P<end>(?:{DATE} )?{CLOCK}) UTC"
    rf"|from (?P<from>{DATE} {CLOCK}) UTC on, without end"
    rf"|from any time to (?P<until>{DATE} {CLOCK}) UTC"
)
_CAUSES: Final = ("revision", "message", "expiry", "overrun", "start-up", "comparison")
_RELATIONS: Final = frozenset(one.value for one in Relation)
_END: Final = r"(?=, | and |$)"


@dataclass(frozen=True, slots=True)
class Read:
    """A sentence about a relation: whose, what, since when, and the other parts in order."""

    one: str
    other: str
    relation: str
    times: Markup | None
    parts: tuple[Markup, ...]


def relation_facts(view: RelationView, words: Words) -> Markup:
    """Return all of a relation but which notices it is between: when, how high, where, how near."""
    read = read_relation(view.text, words)
    start = utc(view.from_) if view.from_ else None
    end = utc(view.until) if view.until else None
    times = _times(start, end, words)
    parts = read.parts if read is not None else _of_fields(view, words)
    return Markup(", ").join((*([times] if times else []), *parts))


def sentence(text: str, words: Words, *, alone: bool = False) -> Markup | None:
    """Return what the node says of two notices, in a language; None for what is no such sentence.

    ``alone`` is where nothing else says which notice it stands at: then both are named.
    """
    if len(text) > MOST_READ:
        return None
    ended = _ENDED.fullmatch(text)
    if ended is not None:
        return _resolved(ended, words)
    read = read_relation(text, words)
    if read is None:
        return None
    other = values.name(read.other, words)
    if alone and read.one:
        one = values.name(read.one, words)
        first = words(f"entered.between_{read.relation}", one=one, other=other)
    else:
        first = words(f"entered.with_{read.relation}", other=other)
    return _joined(first, (*([read.times] if read.times else []), *read.parts))


def between(relation: str, one: str, other: str, words: Words) -> Markup:
    """Return in a few words what two notices are to each other."""
    names = {"one": values.name(one, words), "other": values.name(other, words)}
    if relation in _RELATIONS:
        return words(f"entered.between_{relation}", **names)
    return words("entered.between_unlisted", detail=values.detail(relation, words), **names)


def read_relation(text: str, words: Words) -> Read | None:
    """Return the parts of what the node says of a relation; None for another sentence."""
    head = _HEAD.fullmatch(text) if len(text) <= MOST_READ else None
    if head is None:
        return None
    rest, at, times, parts = head["rest"], 0, None, []
    for joint in (": ", ", ", " "):
        if rest.startswith(joint):
            at = len(joint)
            break
    else:
        if rest:
            return None
    while at < len(rest):
        found = _TIMES.match(rest, at)
        if found is not None and times is None:
            times, at = _said_times(found, words), found.end()
        else:
            part, at = _part(rest, at, words)
            parts.append(part)
        for joint in (", ", " and "):
            if rest.startswith(joint, at):
                at += len(joint)
                break
    return Read(head["one"] or "", head["other"], _VERBS[head["verb"]].value, times, tuple(parts))


def _said_times(found: re.Match[str], words: Words) -> Markup | None:
    if found["from"]:
        return _times(values.moment(found["from"], words), None, words)
    if found["until"]:
        return _times(None, values.moment(found["until"], words), words)
    end = found["end"] if "-" in found["end"] else f"{found['day']} {found['end']}"
    return _times(values.moment(found["start"], words), values.moment(end, words), words)


def _times(start: Markup | None, end: Markup | None, words: Words) -> Markup | None:
    if start is not None and end is not None:
        return words("entered.part_times", time=start, time_2=end)
    if start is not None:
        return words("entered.part_from", time=start)
    return None if end is None else words("entered.part_until", time=end)


@cache
def _parts() -> Sequence[Form]:
    """Return the parts that a sentence can have, the longest form first, the levels last."""
    last = "entered.part_levels"
    names = [
        name
        for name in catalogue()
        if name.startswith("entered.part_")
        and name not in (last, "entered.part_times", "entered.part_from", "entered.part_until")
    ]
    made = [form_of(name) for name in sorted(names)]
    made.sort(key=lambda form: -len(form.pattern.pattern))
    return [
        Form(form.word, re.compile(form.pattern.pattern + _END, re.DOTALL), form.fields)
        if "rest" not in form.fields
        else form
        for form in [*made, form_of(last)]
    ]


def _part(text: str, at: int, words: Words) -> tuple[Markup, int]:
    """Return the part that begins at a place, and where it ends; an unknown one as it is."""
    for form in _parts():
        found = form.pattern.match(text, at)
        if found is None:
            continue
        if "rest" in form.fields:
            rest, end = _part(text, found.start("rest"), words)
            said = {
                field: values.value_of(field).say(found[field], words)
                for field in form.fields
                if field != "rest"
            }
            return words(form.word, rest=rest, **said), end
        said = {field: values.value_of(field).say(found[field], words) for field in form.fields}
        return words(form.word, **said), found.end()
    end = text.find(", ", at)
    end = len(text) if end < 0 else end
    return values.detail(text[at:end], words), end


def _of_fields(view: RelationView, words: Words) -> tuple[Markup, ...]:
    """Return the parts that the fields give, for a sentence that cannot be read."""
    found = []
    low, high = view.altitude_lower_m, view.altitude_upper_m
    if low is not None and high is not None:
        text = f"{low:.0f} to {high:.0f} m"
        found.append(words("entered.part_levels", level=values.level(text, words)))
    if view.place is not None:
        place = position_text(Position(view.place.lat, view.place.lng))
        found.append(words("entered.part_around", position=values.name(place, words)))
    if view.distance_m:
        metres = values.metres(f"{view.distance_m:.0f} m (NM)", words)
        found.append(words("entered.part_distance", metres=metres))
    if view.vertical_m:
        metres = values.metres(f"{view.vertical_m:.0f} m", words)
        found.append(words("entered.part_vertical", metres=metres))
    if view.time_gap_s:
        found.append(words("entered.part_gap", span=values.seconds(view.time_gap_s, words)))
    if view.by_right:
        found.append(words("entered.part_right"))
    return tuple(found)


def _resolved(ended: re.Match[str], words: Words) -> Markup:
    first = between(Relation.CLEAR.value, ended["one"], ended["other"], words)
    parts = []
    if ended["before"]:
        relation = words(f"entered.relation_{ended['before']}")
        parts.append(words("entered.clear_was", relation=relation))
    parts.append(words("entered.clear_by", cause=_cause(ended["cause"], words)))
    return Markup("; ").join([first, *parts])


def _cause(text: str, words: Words) -> Markup:
    for cause in _CAUSES:
        form = form_of(f"entered.cause_{cause}")
        found = form.pattern.fullmatch(text)
        if found is not None:
            said = {field: values.value_of(field).say(found[field], words) for field in form.fields}
            return words(form.word, **said)
    return values.detail(text, words)


def _joined(first: Markup, parts: Sequence[Markup]) -> Markup:
    return Markup(": ").join([first, Markup(", ").join(parts)]) if parts else first
