"""What flies before its start, outside of its volumes, or is said of a moment to come."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from hotline.airspace.activity import Key
from hotline.model.kinds import Precedence
from hotline.model.lifecycle import State
from hotline.model.messages import Activation, Contingency, End, Nonconformance, Revision
from hotline.model.problem import RulesBroken
from hotline.model.times import SECOND_US, format_time
from hotline.node import watch
from hotline.node.airspace.current import Current
from hotline.node.airspace.standing import ADRIFT_M
from tests.centres import centre_pair, eventually, line_up, now_us, running, sites
from tests.node.skies import (
    SetClock,
    blurt,
    box,
    clocked_pair,
    entered,
    flags,
    found,
    notice,
    rings,
    send,
    set_clocks,
    silent,
    verified,
)

CONFLICT = "airspace.conflict"
ELSEWHERE = box(36.0, 36.0)
ROUTINE = Precedence.ROUTINE


@pytest.fixture(autouse=True)
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 0.02)


def moment(seconds: float = 0) -> str:
    """Return the time so many seconds from now."""
    return format_time(now_us() + round(seconds * SECOND_US))


@pytest.mark.parametrize("form", [Nonconformance, Contingency])
async def test_word_without_volumes_gives_nothing_free(
    tmp_path: Path, form: type[Nonconformance | Contingency]
) -> None:
    """Whoever says that it is out of control and not where has not moved it; back inside has."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await send(hmeimim, notice("HMEIMIM-0001", ELSEWHERE))
        await send(hmeimim, Nonconformance("HMEIMIM-0001", moment(), "drift", (box(),)))
        await eventually(partial(rings, iaf, CONFLICT))
        shown = await flags(iaf, await send(hmeimim, form("HMEIMIM-0001", moment(), "worse")))
        assert "still count" in shown["notice.area-unknown"]
        assert "airspace.resolved" not in shown
        assert rings(iaf, CONFLICT)
        assert [one.relation for one in await found(iaf)] == ["conflict"]
        if form is Nonconformance:
            back = await flags(iaf, await send(hmeimim, Activation("HMEIMIM-0001", moment())))
            assert "activation of HMEIMIM-0001" in back["airspace.resolved"]
        verified(iaf, hmeimim)


async def test_nobody_says_where_it_is(tmp_path: Path) -> None:
    """Without any volumes outside it may be anywhere around its own, which stay taken."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001", box(33.6, 33.6)))
        await send(iaf, notice("IAF-0002", ELSEWHERE))
        quiet = await send(hmeimim, notice("HMEIMIM-0001", box(33.6, 32.6)))
        assert not await flags(iaf, quiet)
        shown = await flags(iaf, await send(hmeimim, Contingency("HMEIMIM-0001", moment(), "")))
        assert "up to 100 km off" in shown["notice.area-unknown"]
        assert "possible conflict with IAF-0001" in shown["airspace.possible"]
        assert "up to 100 km" in shown["airspace.possible"]
        assert [one.other_reference for one in await found(iaf)] == ["HMEIMIM-0001"]
        verified(iaf, hmeimim)


async def test_activation_before_its_start(tmp_path: Path) -> None:
    """From then on its volumes are taken: what was to be over by its start meets it."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001", box(begins_s=600, lasts_s=600)))
        planned = await send(hmeimim, notice("HMEIMIM-0001", box(begins_s=7200)))
        assert CONFLICT not in await flags(iaf, planned)
        shown = await flags(iaf, await send(hmeimim, Activation("HMEIMIM-0001", moment())))
        assert "before its start" in shown["notice.activation-early"]
        assert "conflict with IAF-0001" in shown[CONFLICT]
        for centre in (iaf, hmeimim):
            await eventually(partial(rings, centre, CONFLICT))
        verified(iaf, hmeimim)


async def test_activation_after_its_end(tmp_path: Path) -> None:
    """A plan that has expired and is activated flies on: what is announced now meets it."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        await send(hmeimim, notice("HMEIMIM-0001", box()))
        set_clocks(iaf, hmeimim, seconds=7300)
        await send(iaf, notice("IAF-0001", box(begins_s=7300)))
        id_ = await send(hmeimim, Activation("HMEIMIM-0001", moment(7300)))
        assert "conflict with IAF-0001" in (await flags(iaf, id_))[CONFLICT]
        verified(iaf, hmeimim)


async def test_overrun_over_a_restart(tmp_path: Path) -> None:
    """What flies on after its end is found as it was left: nothing is resolved in between."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node(clock=SetClock())) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node(clock=SetClock())) as iaf:
            await line_up(iaf, hmeimim)
            await send(hmeimim, notice("HMEIMIM-0001", box()))
            await send(hmeimim, Activation("HMEIMIM-0001", moment()))
            await send(iaf, notice("IAF-0001", box(begins_s=9000)))
            set_clocks(iaf, hmeimim, seconds=7300)
            before = await entered(iaf, 1)
            assert [(one.relation, one.cause) for one in before] == [("conflict", "overrun")]
        clock = SetClock()
        clock.set_by(7310)
        async with running(iaf_site.node(clock=clock)) as iaf:
            airspace = iaf.lines["hmeimim"].airspace
            await eventually(lambda: not airspace.loading)
            assert rings(iaf, CONFLICT)
            late = await send(iaf, notice("IAF-0002", box(begins_s=9000)))
            assert len(late) == 32
            assert await found(iaf) == await entered(iaf, 2)
            assert [one.relation for one in await found(iaf)] == ["conflict"] * 2
            verified(iaf)


async def test_end_of_a_moment_to_come(tmp_path: Path) -> None:
    """No desk sends it; from a peer it is flagged, and frees the area when the moment has come."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await send(hmeimim, notice("HMEIMIM-0001"))
        await send(hmeimim, Activation("HMEIMIM-0001", moment()))
        end = End("HMEIMIM-0001", moment(1200))
        with pytest.raises(RulesBroken, match="in the future") as refused:
            await send(hmeimim, end)
        assert refused.value.code == "notice.at-in-future"
        shown = await flags(iaf, await blurt(hmeimim, end))
        assert "19 min 5" in shown["notice.at-in-future"]
        assert "airspace.resolved" not in shown
        assert rings(iaf, CONFLICT)
        set_clocks(iaf, seconds=1201)
        await eventually(partial(silent, iaf, CONFLICT))
        (*_, last) = await found(iaf)
        assert (last.relation, last.cause) == ("clear", "end")
        verified(iaf, hmeimim)


async def test_moment_long_ago(tmp_path: Path) -> None:
    """It counts, and whoever reads it sees that it is old."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(hmeimim, notice("HMEIMIM-0001"))
        id_ = await send(hmeimim, Activation("HMEIMIM-0001", moment(-4000)))
        assert "before this was received" in (await flags(iaf, id_))["notice.at-long-ago"]


def test_back_inside_at_a_moment_to_come() -> None:
    """Until then the volumes outside stay taken, and whatever comes meanwhile undoes it."""
    current, at_us = Current("iaf", "hmeimim"), now_us()
    key = Key("iaf", "IAF-1")
    off = Nonconformance("IAF-1", format_time(at_us), "", (ELSEWHERE,))
    back = Activation("IAF-1", format_time(at_us + 60 * SECOND_US))
    current.step("iaf", notice("IAF-1"), b"a", ROUTINE, at_us)
    current.step("iaf", off, b"b", ROUTINE, at_us)
    held = current.get(key)
    assert held is not None
    for again in (True, False):
        assert not current.step("iaf", back, b"c", ROUTINE, at_us).taken
        assert (held.life.state, held.off_nominal) == (State.NONCONFORMING, (ELSEWHERE,))
        if again:
            current.step("iaf", off, b"d", ROUTINE, at_us)
            assert current.come(held, at_us + 61 * SECOND_US) is None
    assert current.come(held, at_us + 59 * SECOND_US) is None
    stepped = current.come(held, at_us + 60 * SECOND_US)
    assert stepped is not None
    assert stepped.taken
    assert (held.life.state, held.off_nominal) == (State.ACTIVATED, ())


def test_what_began_early_stays_so_after_a_revision() -> None:
    """It flies, whatever new times are announced; its box, its periods and its reach say so."""
    current, at_us = Current("iaf", "hmeimim"), now_us()
    current.step("iaf", notice("IAF-1", box(begins_s=600)), b"a", ROUTINE, at_us)
    current.step("iaf", Activation("IAF-1", format_time(at_us)), b"b", ROUTINE, at_us)
    later = Revision("IAF-1", 1, "x", "patrol", (box(begins_s=900), box(begins_s=4500)))
    held = current.step("iaf", later, b"c", ROUTINE, at_us).standing
    assert held is not None
    assert held.where.start_us == at_us
    first, second = held.planned().extents
    assert (first.period.start_us, second.period.start_us) == (at_us, later.volumes[1].start_us)
    west = held.where.west
    current.step("iaf", Contingency("IAF-1", "no time", "gone"), b"d", ROUTINE, at_us + 5)
    assert held.begun_us == at_us
    assert held.where.west < west - 1
    *_, around = held.planned().extents
    assert around.footprint is not None
    assert around.footprint.reach_m == ADRIFT_M
