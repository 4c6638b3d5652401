"""What the picture says of each activity: one row, for the list and for the map alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hotline.api.airspace_shapes import ActivityView, AirspaceView, DrawnVolume
from hotline.api.schema import RelationView
from hotline.console.language import Words
from hotline.model.kinds import Reference, Relation
from hotline.model.languages.language import Language
from hotline.model.languages.terms import said, say
from hotline.model.lifecycle import RUNNING
from hotline.model.times import SECOND_US, parse_time

SOON_US: Final = 3600 * SECOND_US
MOST_RELATIONS: Final = 5
"""Relations that a row names; it counts the rest."""
_RUNNING: Final = frozenset(state.value for state in RUNNING)
_GRAVITY: Final = (Relation.CONFLICT.value, Relation.POSSIBLE.value, Relation.PROXIMITY.value)
_LEVELS: Final = {
    "all levels": "picture.all_levels",
    "unlimited": "picture.unlimited",
    "any depth": "picture.any_depth",
    "ground": "picture.ground",
}
"""Levels that are told in words, and the words."""
_BRIEF: Final = {Reference.MSL: "MSL", Reference.GROUND: "AGL", Reference.WGS84: "WGS 84"}
"""What an altitude is measured from, where there is room for a few letters."""


class Group(StrEnum):
    """The parts of the list, in this order."""

    NOW = "now"
    SOON = "soon"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What an activity is to another: ``reference`` is the other's, ``key`` names its row."""

    relation: str
    reference: str
    key: str
    by_right: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One activity. ``key`` names it in addresses; times are microseconds, None where open.

    ``warning_s`` is how long before its start the peer's came to be here. ``undrawn`` says why some
    of it is not on the map.
    """

    key: str
    view: ActivityView
    group: Group
    starts_us: int | None
    ends_us: int | None
    spans: tuple[tuple[int | None, int | None], ...]
    levels: str
    brief_levels: str
    activity: str
    precedence: str
    warning_s: float | None
    meetings: tuple[Meeting, ...]
    more_meetings: int
    undrawn: tuple[str, ...]

    @property
    def own(self) -> bool:
        """Whether it is this centre's."""
        return self.view.direction == "out"


def rows_of(found: AirspaceView, words: Words) -> list[Row]:
    """Return a row for each activity, those in use first, then by their start."""
    at_us = parse_time(found.at)
    meetings = _meetings(found.relations, found.centre)
    rows = [_row(view, at_us, meetings, words) for view in found.activities]
    return sorted(rows, key=lambda row: (list(Group).index(row.group), row.starts_us or 0, row.key))


def key_of(line: str, centre: str, reference: str, id_: str = "") -> str:
    """Return what names an activity in addresses: its line, whose it is, and its reference.

    ``id_`` is the message of one that stands beside another of the same reference.
    """
    return ":".join((line, centre, reference, *([id_] if id_ else [])))


def _row(view: ActivityView, at_us: int, meetings: dict[str, list[Meeting]], words: Words) -> Row:
    key = key_of(view.line, view.centre, view.reference, view.id if view.beside else "")
    starts_us, ends_us = _moment(view.starts_at), _moment(view.ends_at)
    drawn = view.drawn or []
    spans = tuple((_moment(one.starts_at), _moment(one.ends_at)) for one in drawn)
    named = meetings.get(key, [])
    announced = [_moment(one.starts_at) for one in drawn if not one.off_nominal]
    first_us = min((one for one in announced if one is not None), default=None)
    return Row(
        key=key,
        view=view,
        group=_group(view.state, spans or ((starts_us, ends_us),), at_us),
        starts_us=starts_us,
        ends_us=ends_us,
        spans=spans,
        levels=levels_in(view.levels, words),
        brief_levels=levels_in(view.levels, words, brief=True),
        activity=said("activity", view.activity, words.language) or view.activity,
        precedence=said("precedence", view.precedence, words.language) or view.precedence,
        warning_s=None
        if view.direction == "out" or first_us is None or None in announced
        else (first_us - parse_time(view.entered_at)) / SECOND_US,
        meetings=tuple(named[:MOST_RELATIONS]),
        more_meetings=max(0, sum(view.relations.values()) - len(named[:MOST_RELATIONS])),
        undrawn=_undrawn(drawn),
    )


def _group(state: str, spans: tuple[tuple[int | None, int | None], ...], at_us: int) -> Group:
    if state in _RUNNING or any(
        (start is None or start <= at_us) and (end is None or at_us <= end) for start, end in spans
    ):
        return Group.NOW
    soon = any(start is not None and at_us < start <= at_us + SOON_US for start, _ in spans)
    return Group.SOON if soon else Group.LATER


def _meetings(relations: list[RelationView], centre: str) -> dict[str, list[Meeting]]:
    """Return what each activity is to others, the gravest first, by its key."""
    found: dict[str, list[Meeting]] = {}
    for one in relations:
        own = key_of(one.line, centre, one.own)
        other = key_of(one.line, one.line, one.other)
        found.setdefault(own, []).append(Meeting(one.relation, one.other, other, one.by_right))
        found.setdefault(other, []).append(Meeting(one.relation, one.own, own, one.by_right))
    for named in found.values():
        named.sort(key=lambda one: _GRAVITY.index(one.relation) if one.relation in _GRAVITY else 9)
    return found


def levels_in(text: str, words: Words, *, brief: bool = False) -> str:
    """Return levels in a language: the node says ``FL180 to FL280`` or ``all levels``.

    ``brief`` is for a label on a map: what they are measured from in the letters that charts use.
    """
    return " \N{EN DASH} ".join(_level_in(part, words, brief) for part in text.split(" to "))


def _level_in(part: str, words: Words, brief: bool) -> str:
    if part in _LEVELS:
        return words.plain(_LEVELS[part])
    for reference in Reference:
        above = f" {say(f'reference.{reference}', Language.EN)}"
        if part.endswith(above):
            told = _BRIEF.get(reference) if brief else None
            if told is not None:
                return _isolated(f"{part.removesuffix(above)} {told}", words)
            told = say(f"reference.{reference}", words.language)
            return f"{part.removesuffix(above)} {told}"
    return _isolated(part, words) if brief else part


def _isolated(text: str, words: Words) -> str:
    """Return a number with its unit, whose order text from right to left does not change.

    For text that a script shows: a page makes characters that steer text visible.
    """
    return text if words.direction == "ltr" else f"\u2066{text}\u2069"


def _undrawn(drawn: list[DrawnVolume]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.undrawn for one in drawn if one.undrawn))


def _moment(text: str | None) -> int | None:
    return None if text is None else parse_time(text)
