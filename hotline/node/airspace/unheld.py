"""Notices that the engine could not take by a fault of this program: possible with all near them.

Such a notice is put into the engine again whenever it is revised, or one of the other side comes
near; until that goes well, what it may be to others is held here.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from msgspec.structs import replace

from hotline.airspace.activity import Key
from hotline.airspace.engine import Change, What
from hotline.airspace.relation import Relation
from hotline.airspace.stumbling import STUMBLED
from hotline.node.airspace.findings import clear_of, not_compared
from hotline.node.airspace.standing import Standing


class Unheld:
    """The relations of these notices, ours being ``one``."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._relations: dict[Key, dict[Key, Relation]] = {}

    def __len__(self) -> int:
        return len(self._relations)

    def __contains__(self, key: Key) -> bool:
        return key in self._relations

    def put(self, standing: Standing, others: Iterable[Standing]) -> list[Change]:
        """Hold a notice, possible with those that may be near; return what that changes."""
        before = self._relations.get(standing.key, {})
        now: dict[Key, Relation] = {}
        for other in others:
            ours = standing.key.centre == self._own
            one, two = (standing, other) if ours else (other, standing)
            now[other.key] = replace(not_compared(one, two), reasons=(STUMBLED,))
        self._relations[standing.key] = now
        changes = [Change(What.NEW, relation) for relation in now.values()]
        return changes + [_resolved(held) for key, held in before.items() if key not in now]

    def release(self, key: Key, known: Container[Key]) -> list[Change]:
        """Forget a notice that is compared now; return what that resolves.

        ``known`` are those with which it was found to have to do.
        """
        relations = self._relations.pop(key, {})
        return [
            _resolved(held)
            for other, held in relations.items()
            if other not in known and key not in self._relations.get(other, {})
        ]

    def gone(self, key: Key) -> list[Change]:
        """Forget a notice that stands no more, of either side; return what that resolves."""
        ended = [*self._relations.pop(key, {}).values()]
        ended += [its.pop(key) for its in self._relations.values() if key in its]
        return [_resolved(held) for held in ended]

    def relations_of(self, key: Key) -> list[Relation]:
        """Return what a notice is taken to be to others, it being ``one``."""
        found = dict(self._relations.get(key, {}))
        for other, its in self._relations.items():
            if key in its:
                found.setdefault(other, its[key])
        return [one if one.one == key else one.mirrored() for one in found.values()]


def _resolved(held: Relation) -> Change:
    return Change(What.RESOLVED, clear_of(held.one, held.other), held)
