"""What two notices mean for each other, over restarts, failures, floods and several lines."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hotline.airspace.activity import Key, shown_name
from hotline.errors import JournalError
from hotline.journal.queries import records
from hotline.journal.relations import CONFLICT
from hotline.journal.state import IN, LineState
from hotline.model.kinds import Kind, Precedence
from hotline.model.messages import Activation, End, Withdrawal, encode_payload
from hotline.model.times import format_time
from hotline.node import watch
from hotline.node.airspace import line_airspace, loading, telling
from hotline.node.airspace.entering import MOST_A_MINUTE
from hotline.node.centre import Centre
from hotline.node.config import read_config
from hotline.node.keyring import load_keyring
from tests.centres import (
    Site,
    centre_pair,
    eventually,
    line_up,
    now_us,
    receipted,
    running,
    sites,
)
from tests.node.hub import letter_between
from tests.node.skies import (
    blurt,
    box,
    entered,
    flags,
    found,
    heard,
    notice,
    revision,
    rings,
    send,
    silent,
    told,
    until,
    verified,
)

ROUTINE = Precedence.ROUTINE
ELSEWHERE = box(36.0, 36.0)
ALARM = "airspace.conflict"


@pytest.fixture(autouse=True)
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 0.02)


async def loaded(*centres: Centre) -> None:
    """Wait until all that stands has been read from the journals."""
    for centre in centres:
        for line in centre.lines.values():
            await eventually(lambda line=line: not line.airspace.loading, "it is still loading")


@pytest.mark.parametrize("known", [False, True])
async def test_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    """What stood stands again, nothing is told twice, and what ended meanwhile is resolved.

    What comes meanwhile is about a notice that is not loaded yet, or one that is.
    """
    monkeypatch.setattr(loading, "STRETCH", 3)
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await loaded(iaf, hmeimim)
            for number in (1, 2, 3, 4):
                place = box(33.6 + number, 32.6)
                await send(iaf, notice(f"IAF-{number}", place))
                await send(hmeimim, notice(f"HMEIMIM-{number}", place))
            await send(hmeimim, Withdrawal("HMEIMIM-4"))
            await heard(hmeimim, 5)
            await entered(iaf, 5)
            await entered(hmeimim, 5)
        if known:
            monkeypatch.setattr(loading, "PAUSE_S", 0.5)
        else:
            await elsewhere(hmeimim)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf)
            if known:
                airspace = iaf.lines["hmeimim"].airspace
                await eventually(lambda: bool(airspace.current.known(Key("hmeimim", "HMEIMIM-1"))))
                assert airspace.loading
                await elsewhere(hmeimim)
            await loaded(iaf)
            _, standing = iaf.lines["hmeimim"].airspace.current, await found(iaf)
            await until(partial(_has, iaf, "clear", "revision"), "the revision came")
            assert [one.relation for one in standing[:5]] == ["conflict"] * 4 + ["clear"]
            await eventually(lambda: len(iaf.bell.active(ALARM, "hmeimim")) == 2)
            late = await send(hmeimim, notice("HMEIMIM-7", box(35.6, 32.6)))
            assert "IAF-2" in (await flags(iaf, late))[ALARM]
            assert await found(iaf) == await entered(iaf, 7), "none is entered twice"
            assert len(await found(iaf)) == 7
            # One withdrawal after the restart resolves what was found before it.
            await send(iaf, Withdrawal("IAF-3"))
            await until(partial(_has, hmeimim, "clear", "withdrawal"))
            await entered(iaf, 8)
            assert (await found(iaf))[-1].before == "conflict"
            verified(iaf, hmeimim)


async def elsewhere(hmeimim: Centre) -> None:
    """Have the first of its notices be where nobody else is."""
    await hmeimim.desk.send("", revision("HMEIMIM-1", 1, ELSEWHERE), Precedence.FLASH, "levy")


async def _has(centre: Centre, relation: str, cause: str) -> bool:
    return any((one.relation, one.cause) == (relation, cause) for one in await found(centre))


async def test_life_over_a_restart(tmp_path: Path) -> None:
    """Revisions, activations and ends are gone through as when they came."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            begun = format_time(now_us())
            await send(hmeimim, notice("HMEIMIM-1", ELSEWHERE))
            await send(hmeimim, revision("HMEIMIM-1", 1, box()))
            await send(hmeimim, Activation("HMEIMIM-1", begun))
            await send(hmeimim, notice("HMEIMIM-2"))
            await send(hmeimim, Activation("HMEIMIM-2", begun))
            await send(hmeimim, End("HMEIMIM-2", begun))
            await blurt(hmeimim, revision("HMEIMIM-3", 1, box()))
        async with running(iaf_site.node()) as iaf:
            await loaded(iaf)
            current = iaf.lines["hmeimim"].airspace.current
            lives = {shown_name(one.key.reference).split(" ")[0]: one.life for one in current}
            assert sorted(lives) == ["HMEIMIM-1", "HMEIMIM-3"]
            assert (lives["HMEIMIM-1"].state, lives["HMEIMIM-1"].revision) == ("activated", 1)
            await line_up(iaf)
            again = await blurt(hmeimim, Activation("HMEIMIM-2", begun))
            assert "model.undefined-step" in await flags(iaf, again)
            await send(iaf, notice("IAF-1"))
            met = {shown_name(one.other_reference).split(" ")[0] for one in await entered(iaf, 3)}
            # What flies although it was ended is compared as well.
            assert met == {"HMEIMIM-1", "HMEIMIM-2", "HMEIMIM-3"}
            verified(iaf, hmeimim)


async def test_commit_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found with a group that was not taken is forgotten, and found as it comes again."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await loaded(iaf, hmeimim)
        await send(iaf, notice("IAF-1"))
        failures: list[int] = []
        flush = LineState.flush

        def full(state: Any, connection: Any) -> None:
            if len(failures) < 2 and state.centre == "iaf" and (IN, ROUTINE) in state.changed:
                failures.append(state.own.size)
                raise JournalError("journal.full", "the disk is full", "make room")
            flush(state, connection)

        monkeypatch.setattr(LineState, "flush", full)
        composed = await hmeimim.desk.send("", notice("HMEIMIM-1"), Precedence.ROUTINE, "levy")
        await eventually(lambda: len(failures) == 2)
        await receipted(hmeimim, composed.stream, composed.seq)
        (one,) = await entered(iaf, 1)
        assert (one.other, one.relation) == (composed.id, "conflict")
        await eventually(partial(rings, iaf, ALARM))
        assert len(await heard(hmeimim, 1)) == 1
        verified(iaf, hmeimim)


async def test_flood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 000 notices that meet one of ours: bounded messages and alarms, and the line stays up."""
    monkeypatch.setattr(telling, "MAX_TOLD_A_MINUTE", 40)
    monkeypatch.setattr(line_airspace, "GROUP_S", 0.002)
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await loaded(iaf, hmeimim)
        since = iaf.lines["hmeimim"].changed_us
        await send(iaf, notice("IAF-1"))
        (line,) = hmeimim.lines.values()
        drafts = []
        for number in range(2000):
            message = notice(f"HMEIMIM-{number}", box(begins_s=60))
            payload = encode_payload(message)
            drafts.append(
                hmeimim.desk.draft(line, Kind.NOTICE, payload, message, Precedence.ROUTINE)
            )
        sent = await asyncio.gather(
            *(hmeimim.desk.enter(line, Precedence.ROUTINE, draft) for draft in drafts)
        )
        await receipted(hmeimim, sent[-1].stream, sent[-1].seq)
        assert len(await entered(iaf, MOST_A_MINUTE)) == MOST_A_MINUTE
        await eventually(lambda: not iaf.lines["hmeimim"].airspace.compared.unfinished)
        assert len(await heard(hmeimim, 40)) == 40
        for centre, peer in ((iaf, "hmeimim"), (hmeimim, "iaf")):
            await eventually(partial(rings, centre, "airspace.more-relations"))
            assert len(centre.bell.active(ALARM, peer)) == telling.MAX_ALARMS
        short = [one for one in iaf.bell.standing if one.code == "notice.short-warning"]
        assert len(short) <= telling.MAX_ALARMS + 1
        await eventually(lambda: untold(iaf) == 1960)
        assert iaf.lines["hmeimim"].up
        assert iaf.lines["hmeimim"].changed_us == since
        # Where all is withdrawn at once, every alarm is cleared.
        await send(iaf, Withdrawal("IAF-1"))
        for centre in (iaf, hmeimim):
            await eventually(partial(silent, centre, ALARM))
            await eventually(partial(silent, centre, "airspace.more-relations"))
        # What was entered has its end, and how many were not is said.
        all_entered = await entered(iaf, 2 * MOST_A_MINUTE)
        assert {one.relation for one in all_entered[MOST_A_MINUTE:]} == {"clear"}
        left_out = [re.findall(r"and (\d+) more begun", one.text) for one in all_entered]
        assert sum(int(count) for found in left_out for count in found) == 2000 - MOST_A_MINUTE
        verified(iaf, hmeimim)


def untold(centre: Centre) -> float | None:
    """Return of how many relations the peer was not told."""
    return centre.metrics.registry.get_sample_value(
        "hotline_airspace_conflicts_untold_total", {"line": "hmeimim"}
    )


async def test_three_centres(tmp_path: Path) -> None:
    """What is said on one line is compared with nothing of another, and told to nobody there."""
    hub_site, iaf_site, third_site = (Site(tmp_path, name) for name in ("hmeimim", "iaf", "third"))
    for site in (iaf_site, third_site):
        site.enrol(hub_site)
        hub_site.enrol(site)
    third_site.letter.write_text(letter_between("third", "hmeimim", dials="third"))
    (hub_site.directory / "third.toml").write_bytes(third_site.letter.read_bytes())
    path = hub_site.configure("iaf", port=0)
    with path.open("a") as file:
        file.write('[[line]]\npeer = "third"\nletter = "third.toml"\n')
    async with running(Centre(read_config(path), load_keyring(hub_site.keys))) as hub:
        iaf_site.configure("hmeimim", port=hub.port or 0)
        config = third_site.configure("hmeimim", port=hub.port or 0)
        text = config.read_text("utf-8").replace("[listen]", "[listen]")
        dial = f'addresses = ["127.0.0.1:{hub.port}"]\n'
        listen = f'[listen]\nhost = "127.0.0.1"\nport = {hub.port}\n'
        config.write_text(text.replace(listen, "") + dial)
        async with running(iaf_site.node()) as iaf, running(third_site.node()) as third:
            await line_up(iaf, third)
            await eventually(lambda: all(line.up for line in hub.lines.values()))
            await send(iaf, notice("IAF-1"))
            one = await send(third, notice("THIRD-1"))
            assert not any(code.startswith("airspace.") for code in await flags(hub, one))
            sent = await hub.desk.send("iaf", notice("HMEIMIM-1"), Precedence.ROUTINE, "levy")
            await asyncio.wait_for(hub.lines["iaf"].receipt_of(sent.stream, sent.seq), 30)
            await heard(hub, 1)
            await until(partial(_has, hub, "conflict", "notice"))
            assert len(await found(hub)) == 1
            for row in await hub.reader.run(partial(records, kinds=(CONFLICT,))):
                assert "/iaf/" in row.origin
            assert not await found(third)
            assert not await told(third)
            assert not any(alarm.code.startswith("airspace.") for alarm in third.bell.standing)
            assert {a.peer for a in hub.bell.standing if a.code == ALARM} == {"iaf"}
            verified(hub, iaf, third)
