"""A peer that wants a conflict not to be found: by names, by steps out of order, by floods."""

from __future__ import annotations

from hashlib import sha256

import pytest

from hotline.airspace.activity import Key, name_beside
from hotline.model.kinds import Precedence
from hotline.model.lifecycle import Step
from hotline.node.airspace.current import Current, Standing, Stepped
from hotline.node.airspace.findings import name_of
from tests.centres import now_us
from tests.node.skies import box, notice

OVER_OURS = box()
ELSEWHERE = box(36.0, 36.0)


def id_of(number: int) -> bytes:
    """Return the id of a message."""
    return sha256(str(number).encode()).digest()


class Said:
    """What stands by what the two of a line have said so far."""

    def __init__(self) -> None:
        self.current = Current("iaf", "hmeimim")
        self.number = 0

    @property
    def next_id(self) -> bytes:
        """The id of the message that is said next."""
        return id_of(self.number)

    def say(self, message: Step, centre: str = "hmeimim") -> Stepped:
        """Have a centre say something, the peer if not told otherwise."""
        id_ = self.next_id
        self.number += 1
        return self.current.step(centre, message, id_, Precedence.ROUTINE, now_us())

    def theirs(self) -> list[Standing]:
        """Return what stands of the peer."""
        return self.current.of("hmeimim")


@pytest.mark.parametrize("whole", [False, True])
def test_notice_named_as_what_stands_beside(whole: bool) -> None:
    """It is held as any other, whether as people read that name or as it is held."""
    said = Said()
    said.say(notice("A", ELSEWHERE))
    id_ = said.next_id
    beside = said.say(notice("A", ELSEWHERE)).standing
    assert beside is not None
    name = name_beside("A", id_) if whole else f"A ({id_.hex()[:8]})"
    stepped = said.say(notice(name, OVER_OURS))
    assert stepped.taken
    assert stepped.standing is not None
    assert stepped.standing.content.volumes == (OVER_OURS,)
    assert stepped.standing.reference == name
    assert said.current.get(beside.key) is beside
    assert len(said.theirs()) == 3


@pytest.mark.parametrize("whole", [False, True])
def test_what_stands_beside_takes_nobodys_place(whole: bool) -> None:
    """A notice named as a later message will stand beside, whose id its sender knows, stays."""
    said = Said()
    said.say(notice("X", ELSEWHERE))
    name = name_beside("X", id_of(2)) if whole else f"X ({id_of(2).hex()[:8]})"
    first = said.say(notice(name, OVER_OURS)).standing
    second = said.say(notice("X", ELSEWHERE)).standing
    assert first is not None
    assert second is not None
    assert second.id == id_of(2)
    assert said.current.get(first.key) is first
    assert said.current.get(second.key) is second
    assert len(said.theirs()) == 3


def test_name_of_what_stands_beside_as_people_read_it() -> None:
    """The reference, and as much of the message's id as is told apart at sight."""
    name = name_beside("A", id_of(0))
    short = id_of(0).hex()[:8]
    assert name_of(name) == f"A ({short})"
    assert str(Key("hmeimim", name)) == f"A ({short})"
    assert str(Key("hmeimim", name_beside("", id_of(0)))) == f"({short})"
