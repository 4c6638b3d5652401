"""What the engine holds of an activity: its relations, and where the comparison of it stands.

What is held by the thousand (an activity, its extents, its relations) is made of structures that
the collector of garbage does not look at: none of them refers to itself, and a look at all of them
would hold whoever compares for a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from hotline.airspace.activity import Key, Planned
from hotline.airspace.comparison import Comparison, Pair, work_of
from hotline.airspace.index import Mask, Numbers, Rows
from hotline.airspace.relation import Relation


class Held(msgspec.Struct, eq=False, gc=False):
    """An activity in force: its place in the order of arrival, its rows, its relations.

    A relation is held with both its activities, as changes have it.
    """

    planned: Planned
    serial: int
    first_us: int
    """When its first volume begins."""
    rows: Rows
    relations: dict[Key, Relation] = msgspec.field(default_factory=dict)
    points: int = 1
    """Points of the longest of its paths that is measured together with others."""

    def work(self, other: Held, pairs: Sequence[Pair]) -> int:
        """Return how much it is to measure pairs of volumes: 1 for two that are small."""
        return len(pairs) * work_of(self.points, other.points)


Place = tuple[bool, int, int]
"""Where an activity stands in the order in which they are compared with one: whether it comes after
those that are compared again, its start, its serial."""


@dataclass(slots=True, eq=False)
class Open:
    """An activity that is not compared to the end with those that came before it.

    It holds a place in a list, not the list: what has gone meanwhile is not in the list when it is
    made again, and what has come is compared from its own side.
    """

    held: Held
    again: frozenset[int]
    """Serials of those with which it had a relation before its revision: they come first."""
    after: dict[str, Place] = field(default_factory=dict)
    """The last one compared of each centre."""
    full: set[str] = field(default_factory=set)
    """Centres with whose activities it must find no more relations."""
    running: tuple[Held, Comparison] | None = None


Approached = tuple[Held, list[Pair]]
"""An activity, and which of its volumes may be near which of another one."""


def place_of(other: Held, again: Container[int]) -> Place:
    """Return where an activity stands among those to be compared with one."""
    return other.serial not in again, other.first_us, other.serial


def beyond(columns: tuple[Mask, Numbers, Numbers], place: Place) -> Mask:
    """Say of each row whether it stands after a place, the first column counting most."""
    (last, first_us, owners), (of_last, of_first_us, of_owner) = columns, place
    same = last == of_last
    after: Mask = (last > of_last) | (
        same & ((first_us > of_first_us) | ((first_us == of_first_us) & (owners > of_owner)))
    )
    return after


def of_about(most: int, held: Held, approached: Iterator[Approached]) -> list[Approached]:
    """Return the next ones, of so much work together or little more; none at the end."""
    some: list[Approached] = []
    count = 0
    while count < most and (following := next(approached, None)) is not None:
        some.append(following)
        count += held.work(*following)
    return some
