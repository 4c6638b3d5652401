"""The first notice of a group is compared before it is entered, however loaded the machine is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hotline.airspace.activity import Key
from hotline.airspace.relation import Relation
from hotline.model.kinds import Precedence
from hotline.model.letter import read_letter
from hotline.node.airspace import compared as module
from hotline.node.airspace import line_airspace
from hotline.node.airspace.compared import Compared
from hotline.node.airspace.findings import Cause
from tests.centres import EXAMPLES, centre_pair, now_us
from tests.node.skies import box, flags, notice, send

ROUTINE = Precedence.ROUTINE


def compared_late(theirs: int, *, first: bool) -> tuple[list[Relation], bool]:
    """Say a notice amid ``theirs`` others when there is no time; return what that is found to be.

    And whether it waits for more.
    """
    compared = Compared(
        "iaf", "hmeimim", read_letter((EXAMPLES / "letter.toml").read_bytes()), lambda _: None
    )
    for number in range(theirs):
        named = notice(f"H-{number}", box())
        held = compared.step("hmeimim", named, b"%d" % number, ROUTINE, now_us()).standing
        assert held is not None
        compared.place(held, Cause("notice"), math.inf)
    step = compared.step("iaf", notice("IAF-1", box()), b"x", ROUTINE, now_us())
    assert step.standing is not None
    near = compared.neighbours(step.standing)
    assert near is not None
    changed = compared.compare(step.standing, near, Cause("notice"), -math.inf, first=first)
    waits = compared.waits(Key("iaf", "IAF-1"))
    while compared.unfinished:
        changed += compared.go_on(math.inf)
    settled = [change.relation for change, _ in changed if not waits or change.relation.conflict]
    assert len({relation.other for relation in settled}) == theirs
    return [change.relation for change, _ in changed if change.relation.conflict], waits


def test_first_of_a_group() -> None:
    """It has its answer at once; the next ones wait when the time is over; so does too much."""
    found, waits = compared_late(module.FIRST_NEIGHBOURS, first=True)
    assert len(found) == module.FIRST_NEIGHBOURS
    assert not waits
    assert compared_late(1, first=False)[1]
    assert compared_late(module.FIRST_LOOKS + 20, first=True)[1]


async def test_loaded_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice that comes when all time is spent says what it meets, not that it will be said."""
    monkeypatch.setattr(line_airspace, "GROUP_S", -1.0)
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        shown = await flags(iaf, await send(hmeimim, notice("HMEIMIM-0001")))
        assert "conflict with IAF-0001" in shown["airspace.conflict"]
        assert "airspace.compared-later" not in shown
