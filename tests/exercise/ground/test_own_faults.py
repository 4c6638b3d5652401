"""Every fault on a pair of real processes: by what means, when it bites, and that it is undone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hotline.api.client import Client
from hotline.api.schema import EntryView
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.ground.own import OwnPair
from hotline.exercise.ground.processes import holds_within
from hotline.exercise.scenario.shape import FaultKind
from tests.exercise.ground.pairs import (
    PATIENCE_S,
    RECEIVE_S,
    advise,
    fault,
    is_up,
    letter,
    line_is,
    scenario,
    took_s,
)

pytestmark = pytest.mark.pair

BUSY_S = 1.5
"""What a busy machine may add to a timer of a node."""


@asynccontextmanager
async def played(directory: Path, **changes: str) -> AsyncIterator[OwnPair]:
    """Run a pair whose line is up; ``changes`` are of the letter."""
    async with OwnPair(directory, scenario(letter=letter(**changes))) as pair:
        await line_is(pair, up=True)
        yield pair


async def entries(client: Client, kind: str) -> list[EntryView]:
    """Return a node's entries of a kind, newest first."""
    return (await client.log(kind=[kind])).entries


async def alarms(client: Client) -> set[str]:
    """Return the codes of all alarms that ever were."""
    return {alarm.code for alarm in (await client.alarms(all=True)).alarms}


@pytest.mark.alone
async def test_a_cut_is_found_by_silence_and_delivered_over(tmp_path: Path) -> None:
    """Nobody is told; both nodes find out by their timers, and what was said meanwhile arrives."""
    async with played(tmp_path) as pair:
        cut = fault(FaultKind.CUT)
        assert await pair.begin(cut) == "fault proxy"
        kept = await advise(pair.clients["iaf"], wait_s=0.0)
        down_s = await line_is(pair, up=False)
        assert RECEIVE_S / 2 < down_s < RECEIVE_S + BUSY_S
        assert (await pair.clients["iaf"].message(kept.id)).message.receipt is None
        await pair.end(cut)
        await line_is(pair, up=True)
        assert (await advise(pair.clients["iaf"])).receipt is not None
        assert (await pair.clients["hmeimim"].message(kept.id)).message.id == kept.id
        # To end what is whole does nothing.
        await pair.end(cut)
        assert await is_up(pair.clients["iaf"])


@pytest.mark.alone
@pytest.mark.parametrize("deaf", ["iaf", "hmeimim"])
async def test_a_one_way_cut_takes_the_line_down_at_both_ends(tmp_path: Path, deaf: str) -> None:
    """The node that hears nothing ends the association, and the other one learns of it."""
    mute = "hmeimim" if deaf == "iaf" else "iaf"
    async with played(tmp_path) as pair:
        cut = fault(FaultKind.ONE_WAY, centre=mute)
        await pair.begin(cut)
        assert await line_is(pair, up=False) < 2 * RECEIVE_S + BUSY_S
        await pair.end(cut)
        await line_is(pair, up=True)


@pytest.mark.alone
async def test_a_bad_line_takes_longer_and_stays_up(tmp_path: Path) -> None:
    """Delay, jitter, loss and a narrow band: receipts come later, and no association ends."""
    async with played(tmp_path, receive_s="8") as pair:
        iaf = pair.clients["iaf"]
        quick = took_s(await advise(iaf))
        for bad, least_s in (
            (fault(FaultKind.DELAY, 0.4), 0.8),
            (fault(FaultKind.DELAY, 0.4, "hmeimim"), 0.4),
            (fault(FaultKind.JITTER, 0.3), 0.0),
            (fault(FaultKind.LOSS, 20.0), 0.0),
            # A message in its envelope is some two hundred bytes.
            (fault(FaultKind.BANDWIDTH, 3_000.0, "iaf"), 0.4),
        ):
            assert await pair.begin(bad) == "fault proxy"
            slow = took_s(await advise(iaf))
            assert slow >= least_s, bad
            assert await is_up(iaf), bad
            await pair.end(bad)
        assert took_s(await advise(iaf)) < quick + 0.3
        assert not await entries(iaf, "line_down")


@pytest.mark.alone
async def test_a_killed_node_is_gone_until_it_is_started_again(tmp_path: Path) -> None:
    """The peer's line goes down at once; what was durable stays; play goes on."""
    async with played(tmp_path) as pair:
        sent = await advise(pair.clients["hmeimim"])
        killed = fault(FaultKind.KILL, centre="hmeimim")
        assert await pair.begin(killed) == "SIGKILL"
        with pytest.raises(HotlineError) as caught:
            await pair.clients["hmeimim"].status()
        assert caught.value.code == "api.no-node"

        async def down() -> bool:
            return await is_up(pair.clients["iaf"]) is False

        assert await holds_within(down, RECEIVE_S + BUSY_S)
        # What its journal says can be collected while it is down.
        assert set(await pair.collect(tmp_path / "collected")) == {"iaf", "hmeimim"}
        await pair.end(killed)
        await line_is(pair, up=True)
        assert (await pair.clients["hmeimim"].message(sent.id)).message.id == sent.id


async def test_a_restarted_node_comes_back_by_itself(tmp_path: Path) -> None:
    """It parts in order; its end is when it answers again."""
    async with played(tmp_path) as pair:
        since = (await pair.clients["iaf"].status()).started_at
        again = fault(FaultKind.RESTART, centre="iaf")
        assert await pair.begin(again) == "SIGTERM"
        # It is ordered, and not done yet: whoever ends it waits until the node answers.
        await pair.end(again)
        assert (await pair.clients["iaf"].status()).started_at != since
        await line_is(pair, up=True)


async def test_a_clock_that_is_wrong_is_noticed_by_the_other_side(tmp_path: Path) -> None:
    """The offset is measured by the peer, which raises its alarm beyond what the letter allows."""
    async with played(tmp_path) as pair:
        drift = fault(FaultKind.CLOCK, 30.0, "iaf")
        assert await pair.begin(drift) == "the node itself"

        async def noticed() -> bool:
            (line,) = (await pair.clients["hmeimim"].status()).lines
            return line.clock_offset_ms is not None and abs(line.clock_offset_ms) > 20_000

        assert await holds_within(noticed, PATIENCE_S)

        async def rung() -> bool:
            return "line.clock-offset" in await alarms(pair.clients["hmeimim"])

        assert await holds_within(rung, PATIENCE_S)
        await pair.end(drift)
        assert (await pair.clients["iaf"].faults()).faults == []


async def test_a_slow_disk_is_felt_and_a_full_one_is_said(tmp_path: Path) -> None:
    """A commit takes longer; then nothing is taken, and the sender is told why."""
    async with played(tmp_path) as pair:
        iaf = pair.clients["iaf"]
        slow = fault(FaultKind.SLOW_DISK, 0.4, "iaf")
        await pair.begin(slow)
        began = asyncio.get_running_loop().time()
        await advise(iaf)
        assert asyncio.get_running_loop().time() - began >= 0.4
        await pair.end(slow)
        full = fault(FaultKind.FULL_DISK, centre="iaf")
        await pair.begin(full)
        with pytest.raises(HotlineError) as caught:
            await advise(iaf, wait_s=0.0)
        assert caught.value.code == "journal.full"
        await pair.end(full)
        await line_is(pair, up=True)
        assert (await advise(iaf)).receipt is not None


async def test_what_is_spoilt_or_said_twice_on_the_wire_changes_nothing(tmp_path: Path) -> None:
    """A spoilt frame ends the association and is sent again; what comes twice is taken once."""
    async with played(tmp_path) as pair:
        iaf, hmeimim = pair.clients.values()

        async def spent() -> bool:
            return not (await iaf.faults()).faults

        sent = []
        for kind in (FaultKind.CORRUPT, FaultKind.REPLAY):
            await pair.begin(fault(kind, centre="iaf"))
            sent.append(await advise(iaf, wait_s=30.0))
            assert sent[-1].receipt is not None
            assert await holds_within(spent, PATIENCE_S)
            await pair.end(fault(kind, centre="iaf"))
        sent.append(await advise(iaf, wait_s=30.0))
        assert "line.peer-misbehaved" in await alarms(hmeimim)
        assert await entries(hmeimim, "refusal")
        page = await hmeimim.messages(direction="in", kind="advisory")
        arrived = [message.id for message in page.messages]
        assert sorted(arrived) == sorted(one.id for one in sent)


async def test_what_cannot_be_had_is_said_before_it_is_tried(tmp_path: Path) -> None:
    """A fault of nobody, of a stranger, or beyond its limits."""
    async with OwnPair(tmp_path, scenario()) as pair:
        for wrong in (
            fault(FaultKind.KILL),
            fault(FaultKind.CLOCK, 1.0, "ramla"),
            fault(FaultKind.ONE_WAY),
            fault(FaultKind.BANDWIDTH, 10.0),
            fault(FaultKind.DELAY, -1.0),
            fault(FaultKind.LOSS, float("nan")),
        ):
            assert pair.why_not(wrong), wrong
            with pytest.raises(ExerciseError) as caught:
                await pair.begin(wrong)
            assert caught.value.code == "exercise.fault-impossible"
        assert pair.why_not(fault(FaultKind.CUT)) is None
