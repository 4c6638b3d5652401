"""Faults of this program, put in on purpose: what they come with is possible, all else goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hotline.airspace import activity, comparison, elsewhere
from hotline.airspace.activity import Key
from hotline.airspace.comparison import Comparison
from hotline.airspace.engine import Engine
from hotline.airspace.laterals import laterals
from hotline.model.kinds import Relation
from hotline.model.volume import Circle, Polygon, Position, Volume4D
from hotline.node.airspace import arrival, current, errands, words
from hotline.node.airspace import standing as standing_room
from hotline.node.airspace.compared import Compared
from hotline.node.airspace.current import Current
from hotline.node.centre import Centre
from tests.centres import centre_pair, eventually, line_up, now_us, running, sites
from tests.node.skies import ROUTINE, blurt, box, flags, notice, revision, send, verified

BAD_M = 6_666.0
"""The radius of circles at which the program is made to fail."""
OURS, BAD, GOOD = Key("iaf", "IAF-0001"), Key("hmeimim", "H-BAD"), Key("hmeimim", "H-GOOD")


class FaultError(RuntimeError):
    """What nobody has thought of."""


def bad() -> Volume4D:
    """Return a volume in the middle of the usual one, at which the program fails."""
    here = Circle(Position(33.85, 32.85), BAD_M)
    return box(outline_polygon=None, outline_circle=here)


def fail_at_bad(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, named: bool = True
) -> None:
    """Have a function fail as soon as one of its arguments has to do with the bad circle.

    Or, where it goes by names, with the notice that has it.
    """
    right = getattr(owner, name)

    def wrong(*args: Any, **kwargs: Any) -> Any:
        compared = [(arg.one, arg.other) for arg in args if isinstance(arg, Comparison)]
        if f"{BAD_M}" in f"{args}" or (named and "H-BAD" in f"{args} {compared}"):
            raise FaultError(name)
        return right(*args, **kwargs)

    monkeypatch.setattr(owner, name, wrong)


def measuring_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the bad circle be placed, and measuring it fail."""

    def wrong(pairs: Any, *, beyond_m: float) -> Any:
        if any(BAD_M in (one.reach_m, other.reach_m) for one, other in pairs):
            raise FaultError("laterals")
        return laterals(pairs, beyond_m=beyond_m)

    for owner in (comparison, elsewhere):
        monkeypatch.setattr(owner, "laterals", wrong)


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "drawing": lambda patch: fail_at_bad(patch, activity, "footprint_of"),
    "planning": lambda patch: fail_at_bad(patch, standing_room.Standing, "planned"),
    "measuring": measuring_fails,
    "judging": lambda patch: fail_at_bad(patch, Comparison, "_judge_apart"),
    "telling apart": lambda patch: fail_at_bad(patch, Comparison, "relation"),
    "holding": lambda patch: fail_at_bad(patch, Engine, "put"),
    "looking around": lambda patch: fail_at_bad(patch, Compared, "neighbours"),
    "remarking": lambda patch: fail_at_bad(patch, arrival.Arrival, "_remarks"),
    "reading words": lambda patch: fail_at_bad(patch, words, "contradictions"),
    "stepping": lambda patch: fail_at_bad(patch, current, "standing_of", named=False),
    "following": lambda patch: fail_at_bad(patch, Compared, "follow"),
}
NOT_HELD = {"stepping"}
"""Faults after which the notice does not even stand: the message alone is flagged."""
GRAVE = {Relation.CONFLICT, Relation.POSSIBLE}


def between(centre: Centre, key: Key) -> dict[str, Relation]:
    """Return what a notice of a centre is to others, by their references."""
    (line,) = centre.lines.values()
    return {one.other.reference: one.kind for one in line.airspace.relations_of(key)}


def fell_down(centre: Centre) -> bool:
    """Say whether an alarm has told of a fault with the bad notice."""
    return any(
        alarm.code == "airspace.possible" and "a fault of its own" in alarm.text
        for alarm in centre.bell.standing
    )


async def healthy(iaf: Centre, hmeimim: Centre) -> None:
    """Hold that the line, the desk and the comparison of others go on."""
    await blurt(hmeimim, notice(GOOD.reference))
    await send(iaf, notice("IAF-0002"))
    (line,) = iaf.lines.values()
    await eventually(lambda: not line.airspace.compared.unfinished)
    assert between(iaf, OURS)[GOOD.reference] is Relation.CONFLICT
    assert between(iaf, Key("iaf", "IAF-0002"))[GOOD.reference] is Relation.CONFLICT
    assert line.up


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_with_what_arrives_is_possible_and_drops_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """What arrives while the program fails at it is receipted, flagged, and never shown clear."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        (theirs,) = hmeimim.lines.values()
        monkeypatch.setattr(theirs.airspace, "composed", lambda *_: None)
        await send(iaf, notice(OURS.reference))
        FAULTS[fault](monkeypatch)
        id_ = await blurt(hmeimim, notice(BAD.reference, bad()))
        if fault not in NOT_HELD:
            await eventually(lambda: between(iaf, OURS).get(BAD.reference) in GRAVE)
        said = await flags(iaf, id_)
        assert said.keys() & {"airspace.possible", "airspace.conflict", "airspace.words-unread"}
        await healthy(iaf, hmeimim)
        if fault != "reading words":
            await eventually(lambda: fell_down(iaf))
            assert iaf.metrics.stumbles.labels("hmeimim")._value.get() >= 1
        verified(iaf, hmeimim)


@pytest.mark.parametrize("fault", ["drawing", "planning", "holding", "looking around", "stepping"])
async def test_a_fault_is_no_end_of_the_airspace_when_a_node_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A node that fails at a notice while it reads back what stood compares all others."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await send(iaf, notice(OURS.reference))
            await blurt(hmeimim, notice(BAD.reference, bad()))
            await blurt(hmeimim, notice("H-NEAR"))
        (theirs,) = hmeimim.lines.values()
        monkeypatch.setattr(theirs.airspace, "composed", lambda *_: None)
        monkeypatch.setattr(
            theirs.airspace, "arrive", lambda *args: [arrival.NOTHING] * len(args[2])
        )
        FAULTS[fault](monkeypatch)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            (line,) = iaf.lines.values()
            await eventually(lambda: not line.airspace.loading)
            await eventually(lambda: not line.airspace.compared.unfinished)
            assert between(iaf, OURS)["H-NEAR"] is Relation.CONFLICT
            names = between(iaf, OURS)
            assert any(kind in GRAVE and BAD.reference in name for name, kind in names.items()), (
                names
            )
            await healthy(iaf, hmeimim)


@pytest.mark.parametrize("fault", ["drawing", "planning", "holding", "stepping", "following"])
async def test_a_fault_with_what_we_say_is_no_error_of_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """What an officer says is sent, though the program fails at comparing it afterwards."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        (theirs,) = hmeimim.lines.values()
        monkeypatch.setattr(
            theirs.airspace, "arrive", lambda *args: [arrival.NOTHING] * len(args[2])
        )
        monkeypatch.setattr(theirs.airspace, "composed", lambda *_: None)
        await blurt(hmeimim, notice("H-FIRST"))
        FAULTS[fault](monkeypatch)
        await send(iaf, notice("H-BAD", bad()))
        if fault not in NOT_HELD:
            of_ours = Key("iaf", "H-BAD")
            await eventually(lambda: between(iaf, of_ours).get("H-FIRST") in GRAVE)
        await send(iaf, notice(OURS.reference))
        await healthy(iaf, hmeimim)


@pytest.mark.parametrize("fault", ["drawing", "planning", "measuring"])
async def test_a_fault_in_a_thread_ends_as_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """What is drawn and measured in a thread, and fails there, is possible and waits no more."""
    monkeypatch.setattr(errands, "MOST_PIECES", 0)
    monkeypatch.setattr(elsewhere, "LONG", 0)
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        (theirs,) = hmeimim.lines.values()
        monkeypatch.setattr(theirs.airspace, "composed", lambda *_: None)
        await send(iaf, notice(OURS.reference))
        FAULTS[fault](monkeypatch)
        await blurt(hmeimim, notice(BAD.reference, bad()))
        (line,) = iaf.lines.values()
        await eventually(lambda: not line.airspace.compared.unfinished)
        assert between(iaf, OURS)[BAD.reference] in GRAVE
        assert fell_down(iaf)
        await healthy(iaf, hmeimim)


async def test_what_could_not_be_compared_is_once_the_fault_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision of a notice that the program failed at is compared anew, and can be clear."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice(OURS.reference))
        with monkeypatch.context() as patch:
            fail_at_bad(patch, Engine, "put")
            await blurt(hmeimim, notice(BAD.reference, bad()))
            assert between(iaf, OURS) == {BAD.reference: Relation.POSSIBLE}
        await blurt(hmeimim, revision(BAD.reference, 1, box(10.0, 10.0)))
        assert between(iaf, OURS) == {}
        (line,) = iaf.lines.values()
        assert not line.airspace.counts()


async def test_a_conflict_with_another_volume_stays_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A volume that the program fails at hides no conflict with another one of the notice."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice(OURS.reference))
        fail_at_bad(monkeypatch, activity, "footprint_of")
        await blurt(hmeimim, notice(BAD.reference, bad(), box()))
        assert between(iaf, OURS) == {BAD.reference: Relation.CONFLICT}


async def test_a_tiny_ring_hides_nothing_and_drops_no_line(tmp_path: Path) -> None:
    """A ring of a tenth of a millimetre that crosses itself is compared as where it is."""
    step = 1e-9
    corners = ((0, 0), (1, 1), (1, 0), (0, 1))
    ring = Polygon(tuple(Position(33.7 + up * step, 32.7 + right * step) for up, right in corners))
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice(OURS.reference))
        await blurt(hmeimim, notice(BAD.reference, box(outline_polygon=ring)))
        assert between(iaf, OURS) == {BAD.reference: Relation.CONFLICT}
        await healthy(iaf, hmeimim)


async def test_a_group_that_comes_again_is_taken_as_if_it_had_come_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that was compared and could not be entered is compared anew when it is resent.

    Nothing of it stands twice, and nothing is called a step out of order.
    """
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice(OURS.reference))
        await blurt(hmeimim, notice(GOOD.reference, box(10.0, 10.0)))
        failures = iter([FaultError("voice")])
        heard = iaf.voice.flags

        def wrong(*args: Any) -> Any:
            for failure in failures:
                raise failure
            return heard(*args)

        monkeypatch.setattr(iaf.voice, "flags", wrong)
        id_ = await blurt(hmeimim, revision(GOOD.reference, 1, box()))
        (line,) = iaf.lines.values()
        await eventually(
            lambda: not line.airspace.loading and not line.airspace.compared.unfinished
        )
        assert between(iaf, OURS) == {GOOD.reference: Relation.CONFLICT}
        assert line.airspace.current.count("hmeimim") == 1
        assert not await flags(iaf, id_) or "model.undefined-step" not in await flags(iaf, id_)
        assert next(failures, None) is None


def test_a_step_that_fails_leaves_the_notice_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is raised in the midst of a revision takes the notice neither out nor half over."""
    held = Current("iaf", "hmeimim")
    said = notice(BAD.reference)
    standing = held.step("hmeimim", said, b"1" * 32, ROUTINE, now_us()).standing
    assert standing is not None
    before = (standing.payload, standing.life, standing.where, standing.id)
    fail_at_bad(monkeypatch, standing_room, "bounds_of")
    with pytest.raises(FaultError):
        held.step("hmeimim", revision(BAD.reference, 1, bad()), b"2" * 32, ROUTINE, now_us())
    assert held.get(standing.key) is standing
    assert (standing.payload, standing.life, standing.where, standing.id) == before
    monkeypatch.undo()
    again = held.step("hmeimim", revision(BAD.reference, 1, bad()), b"2" * 32, ROUTINE, now_us())
    assert again.standing is standing
    assert not again.problems
