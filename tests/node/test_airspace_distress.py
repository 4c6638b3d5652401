"""What is out of control, or outside of what was announced, rings until it is over."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from hotline.model.messages import Activation, Contingency, End, Nonconformance
from hotline.model.times import SECOND_US, format_time
from hotline.node import watch
from hotline.node.airspace import distress
from hotline.node.centre import Centre
from tests.centres import centre_pair, eventually, line_up, now_us, running, sites
from tests.node.skies import blurt, clocked_pair, notice, rings, send, set_clocks, silent

CONTINGENCY, NONCONFORMANCE = "notice.contingency", "notice.nonconformance"


@pytest.fixture(autouse=True)
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 0.02)


def moment(seconds: float = 0) -> str:
    """Return the time so many seconds from now."""
    return format_time(now_us() + round(seconds * SECOND_US))


def texts(centre: Centre, code: str) -> list[str]:
    """Return what the alarms of a code say, also those whose cause is gone."""
    return [alarm.text for alarm in centre.bell.standing if alarm.code == code]


async def test_from_bad_to_worse_to_the_end(tmp_path: Path) -> None:
    """Each word rings at its receiver, with reason; what is over is silent and stays latched."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(hmeimim, notice("HMEIMIM-0001"))
        await send(hmeimim, Nonconformance("HMEIMIM-0001", moment(), "wind"))
        await eventually(partial(rings, iaf, NONCONFORMANCE))
        wind = "HMEIMIM-0001 is outside of what was announced: wind"
        await eventually(lambda: texts(iaf, NONCONFORMANCE) == [wind])
        await send(hmeimim, Activation("HMEIMIM-0001", moment()))
        await eventually(partial(silent, iaf, NONCONFORMANCE))
        await send(hmeimim, Nonconformance("HMEIMIM-0001", moment()))
        await blurt(hmeimim, Contingency("HMEIMIM-0001", moment(), "engine\u202e"))
        await eventually(partial(rings, iaf, CONTINGENCY))
        await eventually(partial(silent, iaf, NONCONFORMANCE))
        await send(hmeimim, End("HMEIMIM-0001", moment()))
        await eventually(partial(silent, iaf, CONTINGENCY))
        (text,) = texts(iaf, CONTINGENCY)
        assert text.startswith("HMEIMIM-0001 is out of control: engine")
        assert "\u202e" not in text
        for code in (CONTINGENCY, NONCONFORMANCE):
            assert not texts(hmeimim, code), "who says it is not alarmed"


async def test_notice_that_nobody_knows(tmp_path: Path) -> None:
    """Whatever it is about, somebody is in distress."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await blurt(hmeimim, Contingency("HMEIMIM-0009", moment(), "fire"))
        await eventually(lambda: bool(texts(iaf, CONTINGENCY)))
        assert texts(iaf, CONTINGENCY) == ["HMEIMIM-0009: is out of control: fire"]


async def test_end_of_a_moment_to_come(tmp_path: Path) -> None:
    """It rings on until the moment has come."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        await send(hmeimim, notice("HMEIMIM-0001"))
        await send(hmeimim, Contingency("HMEIMIM-0001", moment(), "fire"))
        await blurt(hmeimim, End("HMEIMIM-0001", moment(600)))
        await eventually(partial(rings, iaf, CONTINGENCY))
        set_clocks(iaf, seconds=601)
        await eventually(partial(silent, iaf, CONTINGENCY))


async def test_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is still in distress rings, what is not is silent; of many one alarm is for the rest."""
    monkeypatch.setattr(distress, "MAX_ALARMS", 1)
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            for reference in ("HMEIMIM-0001", "HMEIMIM-0002"):
                await send(hmeimim, notice(reference))
                await send(hmeimim, Contingency(reference, moment(), "fire"))
            await eventually(lambda: len(iaf.bell.active(CONTINGENCY, "hmeimim")) == 2)
            assert iaf.bell.active(CONTINGENCY, "hmeimim") == {"HMEIMIM-0001", ""}
            await iaf.bell.ring(NONCONFORMANCE, "hmeimim", "HMEIMIM-0003", "of an earlier run")
        async with running(iaf_site.node()) as iaf:
            await eventually(partial(silent, iaf, NONCONFORMANCE))
            assert rings(iaf, CONTINGENCY)
            await line_up(iaf)
            await send(hmeimim, End("HMEIMIM-0001", moment()))
            await eventually(lambda: iaf.bell.active(CONTINGENCY, "hmeimim") == {"HMEIMIM-0002"})
            await send(hmeimim, End("HMEIMIM-0002", moment()))
            await eventually(partial(silent, iaf, CONTINGENCY))
