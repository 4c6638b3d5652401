"""What ``hotline watch`` has said of relations, so that an officer hears of each of them once.

A node tells whoever listens of one conflict several times: that it was found, that an alarm rings
about it, and that the peer's node has sent what it has found. The first has all the facts; the
others are said only where they differ from it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hotline.model.kinds import Kind, Relation

CODES: Final = {
    relation.value: f"airspace.{relation.value}"
    for relation in (Relation.CONFLICT, Relation.POSSIBLE, Relation.PROXIMITY)
}
"""The alarms about relations, which are flags as well; by the relation."""
RESOLVED: Final = "airspace.resolved"
MOST: Final = 1000
"""Pairs that are remembered."""


class Told:
    """The relations that were said, the newest of each pair."""

    def __init__(self) -> None:
        # Relation and text by the line and both references, ours first.
        self._said: OrderedDict[tuple[str, str, str], tuple[str, str]] = OrderedDict()

    def relation(self, what: Mapping[str, Any]) -> bool:
        """Take note of a relation; return whether just that was said before."""
        line, own, other = (str(what.get(name, "")) for name in ("line", "reference", "other"))
        pair = line, own, other
        said = str(what.get("relation", "")), str(what.get("text", ""))
        known = self._said.pop(pair, None) == said
        self._said[pair] = said
        while len(self._said) > MOST:
            self._said.popitem(last=False)
        return known

    def alarm(self, what: Mapping[str, Any]) -> bool:
        """Return whether an alarm only says again what two notices are to each other."""
        line, text = what.get("line"), what.get("text")
        return what.get("code") in CODES.values() and any(
            pair[0] == line and said[1] == text for pair, said in self._said.items()
        )

    def conflict(self, line: str, message: Mapping[str, Any] | None) -> bool:
        """Return whether the peer's node has found of two notices what this one has."""
        if message is None:
            return False
        pair = line, str(message.get("other", "")), str(message.get("reference", ""))
        said = self._said.get(pair)
        return said is not None and said[0] == message.get("relation")


def only_relations(codes: Iterable[object]) -> bool:
    """Return whether some flags, at least one, all say what notices are to each other."""
    found = {str(code) for code in codes}
    return bool(found) and found <= {*CODES.values(), RESOLVED}


def is_told_by_nodes(kind: str) -> bool:
    """Return whether messages of a kind are sent by the node itself, about what it has found."""
    return kind == Kind.CONFLICT.value
