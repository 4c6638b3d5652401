"""What two activities are to each other: conflict, proximity, possible conflict, or clear.

The definitions are those of docs/spec/airspace.md. `relate` compares two activities from end to
end; `hotline.airspace.comparison` has the steps, which the engine takes one by one.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final

import msgspec
from msgspec.structs import replace

from hotline.airspace.activity import Key, Planned
from hotline.airspace.reason import Reason
from hotline.model.kinds import Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.times import SECOND_US
from hotline.model.volume import Position

MAX_PAIRS: Final = 100
"""Pairs of volumes that a relation names; it counts all of them."""
MAX_REASONS: Final = 10


class Relation(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What ``one`` and ``other`` are to each other, and where, how high and when.

    ``kind`` is that of the gravest pair of volumes. ``distance_m``, ``vertical_m`` and
    ``time_gap_us`` are the closest approach: over ground, in height and in time, each 0 where the
    two meet in it; None where it was not measured, being beyond the minima, or cannot be.
    ``place`` is where they meet, or midway of where they are nearest.

    ``lower_m`` to ``upper_m`` (above WGS 84, with the margin) and ``from_us`` to ``until_us`` are
    the heights and times that they share, or, where they share none, those between them. None is
    unbounded; in a clear relation all four are None. ``lower_text`` and ``upper_text`` are these
    levels as they were written.

    ``margin_m`` is how much of the gap in height rests on the letter's margin, 0 where the levels
    count from one reference; ``by_margin``: the two levels where, as written, no pair meets.
    ``reasons`` say why a relation is only possible. ``volumes`` are the pairs that are of this
    kind, by their numbers from 0, and ``pairs`` how many there are.
    ``by_right``: one of the two is of FLASH precedence. ``gives_way``: whose precedence is lower;
    both where it is equal, were it FLASH. Two are equal whatever the revisions are.
    """

    kind: RelationKind
    one: Key
    other: Key
    one_revision: int
    other_revision: int
    distance_m: float | None = None
    vertical_m: float | None = None
    time_gap_us: int | None = None
    place: Position | None = None
    lower_m: float | None = None
    upper_m: float | None = None
    lower_text: str = ""
    upper_text: str = ""
    from_us: int | None = None
    until_us: int | None = None
    margin_m: float = 0.0
    by_margin: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    volumes: tuple[tuple[int, int], ...] = ()
    pairs: int = 0
    by_right: bool = False
    gives_way: tuple[Key, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relation) and _what(self) == _what(other)

    def __ne__(self, other: object) -> bool:
        return not self == other  # structures have one of their own, by identity

    def __hash__(self) -> int:
        return hash(_what(self))

    @property
    def conflict(self) -> bool:
        """Whether the two meet in space and time, as far as everything could be computed."""
        return self.kind is RelationKind.CONFLICT

    @property
    def clear(self) -> bool:
        """Whether there is nothing to say: no conflict, no proximity, nothing left open."""
        return self.kind is RelationKind.CLEAR

    @property
    def time_gap_s(self) -> float | None:
        """The gap in time in seconds."""
        return None if self.time_gap_us is None else self.time_gap_us / SECOND_US

    def other_than(self, key: Key) -> Key:
        """Return the key of the activity that ``key``'s is related to."""
        return self.other if key == self.one else self.one

    def mirrored(self) -> Relation:
        """Return the same relation, seen from the other side."""
        return replace(
            self,
            one=self.other,
            other=self.one,
            one_revision=self.other_revision,
            other_revision=self.one_revision,
            volumes=tuple((other, one) for one, other in self.volumes),
        )


_what = attrgetter(
    *(name for name in Relation.__struct_fields__ if name not in {"one_revision", "other_revision"})
)
"""All that a relation says of the two, in a tuple."""


def gives_way(one: Planned, other: Planned) -> tuple[Key, ...]:
    """Return whose precedence is the lower one (F3548 priorities); both keys where it is equal."""
    if one.precedence == other.precedence:
        return tuple(sorted((one.key, other.key)))
    # The most urgent precedence is the smallest number.
    return (max(one, other, key=lambda planned: planned.precedence).key,)


def by_right(one: Planned, other: Planned) -> bool:
    """Say whether the two may conflict by right, because one of them is FLASH."""
    return Precedence.FLASH in (one.precedence, other.precedence)


def millimetres(metres: float | None) -> float | None:
    """Return metres to the millimetre, as they are told: what is below is noise."""
    return None if metres is None else round(metres, 3)
