"""What was entered last of each pair of one line, against which all that is found is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from hotline.airspace.activity import Key
from hotline.airspace.relation import Relation
from hotline.model.kinds import Relation as RelationKind
from hotline.node.airspace.compared import Changed
from hotline.node.airspace.current import Current
from hotline.node.airspace.findings import Cause, Found, Pair, clear_of, pair_of, unfinished
from hotline.wire.records import Related


@dataclass(frozen=True, slots=True)
class _Last:
    """What was entered last of a pair, and by which messages."""

    kind: RelationKind
    from_us: int | None
    until_us: int | None
    own: bytes
    other: bytes


class Entered:
    """The relations that have begun and not ended, by what was entered."""

    def __init__(self) -> None:
        self._last: dict[Pair, _Last] = {}

    def __contains__(self, pair: Pair) -> bool:
        return pair in self._last

    @property
    def pairs(self) -> set[Pair]:
        """The pairs that are something to each other."""
        return set(self._last)

    def kind(self, pair: Pair) -> RelationKind:
        """Return what a pair is to each other."""
        last = self._last.get(pair)
        return RelationKind.CLEAR if last is None else last.kind

    def counts(self) -> Counter[RelationKind]:
        """Return how many relations of each kind there are."""
        return Counter(last.kind for last in self._last.values())

    def loaded(self, told: Mapping[Pair, Related]) -> None:
        """Take over what the log says; what was found meanwhile is newer."""
        for pair, one in told.items():
            if one.relation != RelationKind.CLEAR.value and pair not in self._last:
                kind = RelationKind(one.relation)
                self._last[pair] = _Last(kind, one.from_us, one.until_us, one.own, one.other)

    def settle(self, changed: Changed, current: Current) -> list[Found]:
        """Return what is to be entered of some changes, which counts as entered from now on."""
        found = []
        for change, cause in changed:
            relation = change.relation
            if not relation.clear and unfinished(relation):
                continue
            one = self._found(relation, cause, current)
            if one is not None:
                found.append(one)
        return found

    def _found(self, relation: Relation, cause: Cause, current: Current) -> Found | None:
        """Return what a relation is that was something else, or nothing, before."""
        pair = pair_of(relation)
        before = self._last.get(pair)
        if relation.clear and before is None:
            return None
        own, other = current.known(relation.one), current.known(relation.other)
        now = _Last(
            relation.kind,
            relation.from_us,
            relation.until_us,
            own.id if own is not None else before.own if before is not None else b"",
            other.id if other is not None else before.other if before is not None else b"",
        )
        if relation.clear:
            del self._last[pair]
        else:
            self._last[pair] = now
        if now == before:
            return None
        kind = None if before is None else before.kind
        return Found(relation, kind, now.own, now.other, cause)

    def end(self, pair: Pair, one: Key, other: Key, cause: Cause) -> Found:
        """Return that a pair is nothing to each other any more, which counts as entered."""
        last = self._last.pop(pair)
        return Found(clear_of(one, other), last.kind, last.own, last.other, cause, pair)
