"""What is said of a relation: to the officer as a flag, to the journal, to the peer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from hotline.airspace.activity import Key, beside, name_of
from hotline.airspace.comparison import NOT_COMPARED
from hotline.airspace.periods import bounded
from hotline.airspace.relation import Relation
from hotline.airspace.wording import sentence
from hotline.journal.relations import entered_name
from hotline.model.kinds import Kind, Precedence, Reference, Unit
from hotline.model.kinds import Relation as RelationKind
from hotline.model.messages import Conflict
from hotline.model.rules import MAX_DISTANCE_M, MAX_REFERENCE
from hotline.model.text import printable
from hotline.model.times import format_time
from hotline.model.volume import Altitude, Position
from hotline.node.airspace.lateness import where_of
from hotline.node.airspace.standing import Standing
from hotline.wire.records import Flag, Related

MAX_RELATION_FLAGS: Final = 10
"""Relations of one message that are flagged; the next flag counts the rest."""
MAX_TEXT: Final = 1000
"""Characters of what is said of one relation."""

Pair = tuple[str, str]
"""What our notice and the peer's are entered as (`hotline.journal.relations.entered_name`)."""

GRAVITY: Final = {
    RelationKind.CONFLICT: 0,
    RelationKind.POSSIBLE: 1,
    RelationKind.PROXIMITY: 2,
    RelationKind.CLEAR: 3,
}
"""Worst first."""

_PLURALS: Final = {
    RelationKind.CONFLICT: ("conflict", "conflicts"),
    RelationKind.POSSIBLE: ("possible conflict", "possible conflicts"),
    RelationKind.PROXIMITY: ("proximity", "proximities"),
}
_BY_ITSELF: Final = {
    "expiry": "the end of its times",
    "overrun": "the lack of an end",
    "start-up": "what happened before this node started",
    "comparison": "the comparison to the end",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What began, changed or ended a relation: a message about a notice, or the clock.

    ``kind`` is the message's, or ``expiry``, ``overrun``, ``start-up``, ``comparison``; ``id`` the
    message's, None without one. ``about`` is the notice that it is about.
    """

    kind: str
    id: bytes | None = None
    about: Standing | None = None

    def __str__(self) -> str:
        name = "" if self.about is None else name_of(self.about.key.reference)
        if self.kind == Kind.REVISION.value and self.about is not None:
            return f"revision {self.about.life.revision} of {name}"
        if self.kind in _BY_ITSELF:
            return f"{_BY_ITSELF[self.kind]}{f' of {name}' if name else ''}"
        return f"{self.kind} of {name}" if name else self.kind


@dataclass(frozen=True, slots=True)
class Found:
    """A relation that has begun, changed or ended, and what was entered of it before.

    ``own`` and ``other`` are the ids of the two messages; ``relation.one`` is ours. ``entered`` is
    the pair of one that ends, whose notices may not be there any more to name it.
    """

    relation: Relation
    before: RelationKind | None
    own: bytes
    other: bytes
    cause: Cause
    entered: Pair | None = None

    @property
    def pair(self) -> Pair:
        """What names the relation on its line."""
        return pair_of(self.relation) if self.entered is None else self.entered

    @property
    def text(self) -> str:
        """One sentence for an officer, without a full stop."""
        relation = self.relation
        one = beside(relation.one, relation.other)
        if relation.clear:
            other = beside(relation.other, relation.one)
            before = "" if self.before is None else f"{self.before} of "
            return f"{before}{one} and {other} resolved by {self.cause}"[:MAX_TEXT]
        return f"{one}: {said(relation, relation.one)}"[:MAX_TEXT]


def pair_of(relation: Relation) -> Pair:
    """Return what names a relation on its line."""
    return entered_name(relation.one.reference), entered_name(relation.other.reference)


def clear_of(own: Key, other: Key) -> Relation:
    """Return that there is nothing any more between two notices."""
    return Relation(RelationKind.CLEAR, own, other, 0, 0)


def not_compared(standing: Standing, other: Standing) -> Relation:
    """Return what two notices are that may be near each other, until they are compared."""
    one, its = where_of(standing), where_of(other)
    from_us, until_us = sorted((max(one.start_us, its.start_us), min(one.end_us, its.end_us)))
    return Relation(
        RelationKind.POSSIBLE,
        standing.key,
        other.key,
        standing.life.revision,
        other.life.revision,
        from_us=bounded(from_us),
        until_us=bounded(until_us),
        reasons=(NOT_COMPARED,),
    )


def said(relation: Relation, seen_from: Key) -> str:
    """Return what a relation is, in bounded words."""
    try:
        text = sentence(relation, seen_from)
    except Exception:  # a defect of ours must not keep anybody from being told
        other = relation.other if relation.one == seen_from else relation.one
        text = f"{relation.kind} with {name_of(other.reference)}"
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def unfinished(relation: Relation) -> bool:
    """Whether the two have not been compared to the end."""
    return NOT_COMPARED in relation.reasons


def flags_of(found: Sequence[Found], seen_from: Key) -> list[Flag]:
    """Return the flags of the message that brought these relations about, worst first."""
    ordered = sorted(
        found,
        key=lambda one: (GRAVITY[one.relation.kind], one.relation.from_us or -math.inf),
    )
    flags = [
        Flag("airspace.resolved", one.text)
        if one.relation.clear
        else Flag(f"airspace.{one.relation.kind}", said(one.relation, seen_from))
        for one in ordered[:MAX_RELATION_FLAGS]
    ]
    rest = ordered[MAX_RELATION_FLAGS:]
    if rest:
        counts = Counter(one.relation.kind for one in rest)
        parts = [
            f"{count} {_PLURALS[kind][count > 1]}"
            for kind, count in sorted(counts.items(), key=lambda item: GRAVITY[item[0]])
            if kind in _PLURALS
        ]
        if parts:
            worst = min(counts, key=lambda kind: GRAVITY[kind])
            flags.append(Flag(f"airspace.{worst}", f"and {', '.join(parts)} more"))
    return flags


def related(found: Found) -> Related:
    """Return the record of what was found."""
    relation = found.relation
    place = relation.place
    lat, lng = (None, None) if place is None else (_within(place.lat, 90), _within(place.lon, 180))
    if lat is None or lng is None:
        lat = lng = None
    return Related(
        own=found.own,
        other=found.other,
        reference=found.pair[0],
        other_reference=found.pair[1],
        relation=relation.kind.value,
        before=cast(
            "Literal['', 'conflict', 'proximity', 'possible']",
            "" if found.before is None else found.before.value,
        ),
        cause=found.cause.kind,
        caused_by=found.cause.id,
        by_right=relation.by_right,
        from_us=relation.from_us,
        until_us=relation.until_us,
        lat=lat,
        lng=lng,
        lower_m=_finite(relation.lower_m),
        upper_m=_finite(relation.upper_m),
        distance_m=_finite(relation.distance_m),
        vertical_m=_finite(relation.vertical_m),
        time_gap_us=relation.time_gap_us,
        text=found.text,
    )


def conflict_message(found: Found, own: str, other: str) -> Conflict:
    """Return what the peer is told; ``own`` and ``other`` are the references as they were given."""
    relation = found.relation
    reasons = [reason.text for reason in relation.reasons]
    if relation.clear:
        reasons = [f"resolved by {found.cause}"]
    elif relation.by_right:
        reasons.insert(0, "by right of FLASH")
    return Conflict(
        reference=own[:MAX_REFERENCE],
        revision=relation.one_revision,
        other=other[:MAX_REFERENCE],
        other_revision=relation.other_revision,
        relation=relation.kind.value,
        position=_place(relation.place),
        altitude_lower=_height(relation.lower_m),
        altitude_upper=_height(relation.upper_m),
        time_start=_moment(relation.from_us),
        time_end=_moment(relation.until_us),
        distance_m=_metres(relation.distance_m),
        vertical_m=_metres(relation.vertical_m),
        reason=printable("; ".join(reasons))[:MAX_TEXT],
    )


def precedence_of(relation: Relation, own: Precedence, other: Precedence) -> Precedence:
    """Return how urgently the peer is told: as the more urgent of the two, and as the matter is."""
    if relation.clear:
        return Precedence.ROUTINE
    least = Precedence.IMMEDIATE if relation.conflict else Precedence.PRIORITY
    return min(least, own, other)


def _within(degrees: float, limit: float) -> float | None:
    return float(degrees) if abs(degrees) <= limit else None


def _finite(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)


def _metres(number: float | None) -> float | None:
    metres = _finite(number)
    return None if metres is None else min(round(metres, 2), MAX_DISTANCE_M)


def _place(position: Position | None) -> Position | None:
    if position is None or not (abs(position.lat) <= 90 and abs(position.lon) <= 180):
        return None
    return Position(round(position.lat, 6), round(position.lon, 6))


def _height(metres: float | None) -> Altitude | None:
    known = _finite(metres)
    if known is None:
        return None
    return Altitude(round(known, 1), Unit.METRES.value, Reference.WGS84.value)


def _moment(moment_us: int | None) -> str:
    return "" if moment_us is None else format_time(moment_us)
