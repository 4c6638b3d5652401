"""What notices are to each other, made into the shapes of the API.

A running node has it in memory, and that is what is shown; of a stopped one, and of a past moment,
it is what was entered then. Both are told from this centre: ``own`` is ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from hotline.airspace.activity import Key, name_beside, shown_name
from hotline.airspace.relation import Relation, millimetres
from hotline.api import schema
from hotline.audit.export.values import time_or_none
from hotline.journal.relations import entered_name
from hotline.journal.stood import Stood
from hotline.model.kinds import Relation as RelationKind
from hotline.model.lifecycle import IN_FORCE, ORIGINATOR_ONLY
from hotline.model.times import SECOND_US
from hotline.node.airspace.findings import GRAVITY, Cause, Found, related
from hotline.node.centre import Centre
from hotline.node.line import Line
from hotline.wire.records import Related

MOST: Final = 20
"""Relations that one message is shown with, the gravest ones."""
MOST_LOOKED_AT: Final = 1000
"""Relations of one notice among which these are looked for."""

Lookup = Callable[[str, str, str], list[schema.RelationView]]
"""Relations of a notice by peer, direction (out, in) and the name that it stands under: its
reference, or that of what stands beside (`hotline.airspace.activity.name_beside`); in any order."""

_ORDER: Final = {kind.value: rank for kind, rank in GRAVITY.items()}
_IN_FORCE: Final = frozenset(state.value for state in IN_FORCE)
_LIVING: Final = frozenset(kind.value for kind in ORIGINATOR_ONLY)


def relation_view(line: str, said: Related, since_us: int | None = None) -> schema.RelationView:
    """Return a relation as it was, or would be, entered."""
    place = None
    if said.lat is not None and said.lng is not None:
        place = schema.Place(lat=said.lat, lng=said.lng)
    return schema.RelationView(
        line=line,
        relation=said.relation,
        own=shown_name(said.reference),
        other=shown_name(said.other_reference),
        own_id=said.own.hex(),
        other_id=said.other.hex(),
        by_right=said.by_right,
        text=said.text,
        place=place,
        altitude_lower_m=millimetres(said.lower_m),
        altitude_upper_m=millimetres(said.upper_m),
        from_=time_or_none(said.from_us),
        until=time_or_none(said.until_us),
        distance_m=millimetres(said.distance_m),
        vertical_m=millimetres(said.vertical_m),
        time_gap_s=None if said.time_gap_us is None else said.time_gap_us / SECOND_US,
        since=time_or_none(since_us),
    )


def ordered(relations: Iterable[schema.RelationView]) -> list[schema.RelationView]:
    """Return relations, the gravest first, then by their beginning."""
    return sorted(
        relations,
        key=lambda one: (_ORDER.get(one.relation, 9), one.from_ or "", one.own, one.other),
    )


def counted(relations: Iterable[schema.RelationView]) -> dict[str, int]:
    """Return how many there are of each kind that there is, the gravest first."""
    counts = Counter(one.relation for one in relations)
    return {kind: counts[kind] for kind in _ORDER if counts[kind]}


def with_relations(views: Sequence[schema.MessageView], lookup: Lookup) -> list[schema.MessageView]:
    """Return views with what their notices are to others, as far as they are in force."""
    found: dict[tuple[str, str, str], list[schema.RelationView]] = {}
    shown = []
    for view in views:
        relations: list[schema.RelationView] = []
        for name in _names(view):
            key = view.peer, view.direction, name
            if key not in found:
                found[key] = ordered(lookup(*key))[:MOST]
            relations += found[key]
        relations = ordered(relations)[:MOST]
        shown.append(msgspec.structs.replace(view, relations=relations) if relations else view)
    return shown


def _names(view: schema.MessageView) -> list[str]:
    """Return the names under which what a message announces stands, if it is in force."""
    if view.kind not in _LIVING:
        return []
    reference = view.reference or ""
    beside = name_beside(reference, bytes.fromhex(view.id))
    return [reference, beside] if view.life in _IN_FORCE and reference else [beside]


def thread_with_relations(found: schema.Thread, lookup: Lookup) -> schema.Thread:
    """Return a thread with what its notice is to others."""
    whole = with_relations(found.thread, lookup)
    (message,) = (view for view in whole if view.id == found.message.id)
    return msgspec.structs.replace(found, message=message, thread=whole)


# --- A running node ---------------------------------------------------------------------------


def relations_now(line: Line, key: Key, most: int = MOST_LOOKED_AT) -> list[schema.RelationView]:
    """Return what a notice is to others now; on the loop of the node."""
    return [
        view_of_relation(line, relation)
        for relation in line.airspace.compared.relations_of(key, most)
    ]


def lookup_now(centre: Centre) -> Lookup:
    """Return how relations are looked up in a running node's memory; on its loop."""

    def lookup(peer: str, direction: str, reference: str) -> list[schema.RelationView]:
        line = centre.lines.get(peer)
        if line is None:
            return []
        side = centre.config.centre if direction == "out" else peer
        return relations_now(line, Key(side, reference))

    return lookup


def counted_now(line: Line) -> dict[str, int]:
    """Return how many relations of each kind are entered on a line; on the loop of the node."""
    counts = line.airspace.counts()
    return {kind.value: counts[kind] for kind in RelationKind if kind is not RelationKind.CLEAR}


def view_of_relation(line: Line, relation: Relation) -> schema.RelationView:
    """Return a relation of a running node as it would be entered now."""
    if relation.one.centre != line.centre.config.centre:
        relation = relation.mirrored()
    current = line.airspace.compared.current
    own, other = current.known(relation.one), current.known(relation.other)
    found = Found(
        relation,
        None,
        b"" if own is None else own.id,
        b"" if other is None else other.id,
        Cause("comparison"),
    )
    return relation_view(line.peer, related(found))


# --- A journal ----------------------------------------------------------------------------------


def lookup_in(stood: dict[str, list[Stood]], at_us: int) -> Lookup:
    """Return how relations are looked up in what was entered, by peer; what is over is left out."""
    found: dict[tuple[str, str, str], list[schema.RelationView]] = {}
    for peer, whole in stood.items():
        for one in whole:
            said = one.related
            if said.until_us is not None and said.until_us < at_us:
                continue
            view = relation_view(peer, said, one.since_us)
            found.setdefault((peer, "out", said.reference), []).append(view)
            found.setdefault((peer, "in", said.other_reference), []).append(view)

    def lookup(peer: str, direction: str, reference: str) -> list[schema.RelationView]:
        return found.get((peer, direction, entered_name(reference)), [])

    return lookup
