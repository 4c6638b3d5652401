"""An alarm about a short warning lasts as long as something may be done about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hotline.model.messages import Activation, End, Notice, Revision, Withdrawal
from hotline.model.times import format_time
from hotline.node import watch
from hotline.node.airspace.short_notice import SHORT
from hotline.node.centre import Centre
from tests.centres import centre_pair, eventually, line_up, now_us, running, sites
from tests.node.skies import (
    blurt,
    box,
    clocked_pair,
    notice,
    revision,
    rings,
    send,
    set_clocks,
    silent,
)

THEIRS = "HMEIMIM-0001"


@pytest.fixture(autouse=True)
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 0.02)


def texts(centre: Centre) -> list[str]:
    """Return what the alarms say that nobody has acknowledged, or whose cause is there."""
    return [alarm.text for alarm in centre.bell.standing if alarm.code == SHORT]


def short(reference: str = THEIRS, begins_s: float = 300) -> Notice:
    """Return a notice that comes too late for the letter."""
    return notice(reference, box(begins_s=begins_s))


async def looked_at(centre: Centre) -> None:
    """Have the clock be looked at."""
    (line,) = centre.lines.values()
    await line.airspace.tick()


async def test_it_lasts_until_the_start(tmp_path: Path) -> None:
    """An acknowledgement does not end it, and its end does not acknowledge it."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        for reference in (THEIRS, "HMEIMIM-0002"):
            await send(hmeimim, short(reference))
        await eventually(lambda: len(iaf.bell.active(SHORT, "hmeimim")) == 2)
        (first,) = (alarm for alarm in iaf.bell.standing if alarm.subject == THEIRS)
        await iaf.bell.acknowledge(first.id, "levy")
        await looked_at(iaf)
        assert len(texts(iaf)) == 2
        set_clocks(iaf, hmeimim, seconds=301)
        await eventually(partial(silent, iaf, SHORT))
        (text,) = texts(iaf)
        assert text.startswith("HMEIMIM-0002: warning time ")


async def test_what_came_after_its_start_rings_until_its_end(tmp_path: Path) -> None:
    """It goes on already, so its start is not what is waited for."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(hmeimim, short(begins_s=-60))
        await eventually(partial(rings, iaf, SHORT))
        await send(hmeimim, Activation(THEIRS, format_time(now_us())))
        await looked_at(iaf)
        assert rings(iaf, SHORT)
        await send(hmeimim, End(THEIRS, format_time(now_us())))
        await eventually(partial(silent, iaf, SHORT))
        assert len(texts(iaf)) == 1


@pytest.mark.parametrize(
    "said",
    [
        lambda: Withdrawal(THEIRS),
        lambda: Activation(THEIRS, format_time(now_us())),
        lambda: revision(THEIRS, 1, box(begins_s=7200)),
    ],
    ids=["withdrawal", "activation", "revision"],
)
async def test_what_is_said_of_it_ends_it(
    tmp_path: Path, said: Callable[[], Withdrawal | Activation | Revision]
) -> None:
    """Withdrawn, begun early, or put off so that the warning is long enough."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(hmeimim, short())
        await eventually(partial(rings, iaf, SHORT))
        await send(hmeimim, said())
        await eventually(partial(silent, iaf, SHORT))
        assert len(texts(iaf)) == 1


async def test_a_revision_that_comes_too_late_rings_again(tmp_path: Path) -> None:
    """With its own warning time, and until its own start."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        await send(hmeimim, short(begins_s=60))
        await eventually(partial(rings, iaf, SHORT))
        await send(hmeimim, revision(THEIRS, 1, box(begins_s=400)))
        await eventually(lambda: any("time 6 min" in text for text in texts(iaf)))
        await eventually(partial(rings, iaf, SHORT))
        set_clocks(iaf, hmeimim, seconds=100)
        await looked_at(iaf)
        assert rings(iaf, SHORT)
        set_clocks(iaf, hmeimim, seconds=301)
        await eventually(partial(silent, iaf, SHORT))


async def test_over_a_restart(tmp_path: Path) -> None:
    """What is still to begin goes on ringing; what nothing is known of is over."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await send(hmeimim, short())
            await eventually(partial(rings, iaf, SHORT))
            await iaf.bell.ring(SHORT, "hmeimim", "HMEIMIM-0099", "of an earlier run")
        async with running(iaf_site.node()) as iaf:
            await eventually(lambda: iaf.bell.active(SHORT, "hmeimim") == {THEIRS})
            await line_up(iaf)
            await send(hmeimim, Withdrawal(THEIRS))
            await eventually(partial(silent, iaf, SHORT))


async def test_a_plan_without_a_start_rings_until_it_is_withdrawn(tmp_path: Path) -> None:
    """Nobody can tell when it begins."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await blurt(hmeimim, notice(THEIRS, box(time_start="")))
        await eventually(partial(rings, iaf, SHORT))
        await looked_at(iaf)
        assert rings(iaf, SHORT)
        await send(hmeimim, Withdrawal(THEIRS))
        await eventually(partial(silent, iaf, SHORT))
