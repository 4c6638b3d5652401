"""What both sides notice by themselves: letters, clocks, silence, answers that do not come."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hotline.audit.verification.journal import verify_journal
from hotline.errors import FencedError
from hotline.journal.queries import StoredAlarm, alarms, records
from hotline.model.kinds import Answer, Kind, Precedence
from hotline.model.messages import Reply, Service, encode_payload
from hotline.node import watch
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from tests.centres import (
    Site,
    drafted,
    eventually,
    line_up,
    receipted,
    running,
    say,
    sites,
)
from tests.pair.relay import Relay, relay_to

ROUTINE = Precedence.ROUTINE


class SetClock(Clock):
    """A clock that somebody sets; monotonic time is the machine's."""

    def set_by(self, seconds: float) -> None:
        """Set the wall clock forward, or back."""
        self.offset_us += round(seconds * 1e6)


@pytest.fixture(autouse=True)
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 0.02)


def amend(site: Site, **values: object) -> None:
    """Set keys of a site's letter to other values, where they come first."""
    lines = site.letter.read_text("utf-8").splitlines()
    for key, value in values.items():
        at = next(n for n, line in enumerate(lines) if line.startswith(f"{key} ="))
        lines[at] = f"{key} = {value}"
    site.letter.write_text("\n".join(lines) + "\n")


@asynccontextmanager
async def pair_under(
    directory: Path,
    *,
    only_iaf: dict[str, object] | None = None,
    ahead_s: float = 0,
    **letter: object,
) -> AsyncIterator[tuple[Centre, Centre, Relay]]:
    """Run a pair, with a relay between, under a letter that is amended alike or at iaf only.

    Their clocks are ahead of the machine's, so that they can be set back beyond the moment at
    which their certificates were made.
    """
    offset_us = round(ahead_s * 1e6)
    iaf_site, hmeimim_site = sites(directory)
    for site in (iaf_site, hmeimim_site):
        amend(site, **letter)
    amend(iaf_site, **(only_iaf or {}))
    hmeimim_site.configure("iaf", port=0)
    async with (
        running(hmeimim_site.node(clock=SetClock(offset_us))) as hmeimim,
        relay_to(hmeimim.port or 0) as relay,
    ):
        iaf_site.configure("hmeimim", port=relay.port)
        async with running(iaf_site.node(clock=SetClock(offset_us))) as iaf:
            yield iaf, hmeimim, relay


def standing(centre: Centre, code: str, *, cleared: bool | None = None) -> list[StoredAlarm]:
    """Return the standing alarms with a code."""
    return [
        alarm
        for alarm in centre.bell.standing
        if alarm.code == code and cleared in (None, alarm.cleared_us is not None)
    ]


async def rings(centre: Centre, code: str) -> StoredAlarm:
    """Return the alarm with that code, once it stands."""
    await eventually(
        lambda: standing(centre, code) and standing(centre, code)[0].id,
        f"{centre.config.centre}: no {code}",
    )
    return standing(centre, code)[0]


async def test_letters_that_differ(tmp_path: Path) -> None:
    """Under letters that differ the line comes up, messages flow, and both sides alarm."""
    async with pair_under(tmp_path, only_iaf={"edition": '"1.1"'}) as (iaf, hmeimim, _):
        await line_up(iaf, hmeimim)
        for centre in (iaf, hmeimim):
            await rings(centre, "line.letter-mismatch")
        await say(iaf, "iaf/01-patrol.json")


async def test_epochs_that_differ(tmp_path: Path) -> None:
    """In different epochs there is no association; the side that is told so records it."""
    letter = {"receive_s": 0.4, "heartbeat_s": 0.1}
    async with pair_under(tmp_path, only_iaf={"epoch": 2}, **letter) as (iaf, hmeimim, _):
        await rings(hmeimim, "line.peer-misbehaved")
        for centre in (iaf, hmeimim):
            await rings(centre, "line.down")
        found = await hmeimim.reader.run(partial(records, kinds=("refusal",)))
        assert any(b"line.wrong-epoch" in record.payload for record in found)
        assert not iaf.lines["hmeimim"].up
        assert not hmeimim.lines["iaf"].up


async def test_clock_that_is_set(tmp_path: Path) -> None:
    """A clock that jumps is recorded and alarmed, and so is the offset, at both ends."""
    async with pair_under(tmp_path, ahead_s=3600, heartbeat_s=0.05) as (iaf, hmeimim, _):
        await line_up(iaf, hmeimim)
        clock = iaf.clock
        assert isinstance(clock, SetClock)
        clock.set_by(-3600)
        alarm = await rings(iaf, "node.clock-stepped")
        assert "-3600.0 s" in alarm.text
        assert "+3600.0 s" in (await rings(iaf, "line.clock-offset")).text
        assert "-3600.0 s" in (await rings(hmeimim, "line.clock-offset")).text
        assert not standing(hmeimim, "node.clock-stepped")
        clock.set_by(3600)
        for centre in (iaf, hmeimim):
            await eventually(lambda c=centre: standing(c, "line.clock-offset", cleared=True))
        await say(iaf, "iaf/01-patrol.json")


@pytest.mark.parametrize("set_by", [0, -3600])
async def test_receipt_that_does_not_come(tmp_path: Path, set_by: float) -> None:
    """Without a receipt in the letter's time an alarm rings, even while the clock is set back."""
    letter = {"receipt_alarm_s": 0.3, "receive_s": 0.4, "heartbeat_s": 0.1}
    async with pair_under(tmp_path, ahead_s=-set_by, **letter) as (iaf, hmeimim, relay):
        await line_up(iaf, hmeimim)
        relay.cut()
        await eventually(lambda: not iaf.lines["hmeimim"].up)
        sent = await iaf.desk.send("", Service(text="x"), Precedence.FLASH, "levy")
        clock = iaf.clock
        assert isinstance(clock, SetClock)
        clock.set_by(set_by)
        alarm = await rings(iaf, "line.receipt-overdue")
        assert (alarm.peer, alarm.subject) == ("hmeimim", "FLASH")
        for centre in (iaf, hmeimim):
            await rings(centre, "line.down")
        relay.mend()
        await receipted(iaf, sent.stream, sent.seq)
        for code in ("line.receipt-overdue", "line.down"):
            await eventually(lambda code=code: standing(iaf, code, cleared=True))
        # It stands until somebody has taken notice of it, by name.
        await iaf.bell.acknowledge(alarm.id, "levy")
        assert not standing(iaf, "line.receipt-overdue")
        stored = await iaf.reader.run(partial(alarms, standing_only=False))
        assert {a.acknowledged_by for a in stored if a.code == "line.receipt-overdue"} == {"levy"}


async def test_alarm_whose_cause_comes_back(tmp_path: Path) -> None:
    """An alarm whose cause comes back before it was acknowledged stands, also afterwards."""
    letter = {"receive_s": 0.3, "heartbeat_s": 0.1}
    async with pair_under(tmp_path, **letter) as (iaf, hmeimim, relay):
        await line_up(iaf, hmeimim)
        relay.cut()
        first = await rings(iaf, "line.down")
        relay.mend()
        await eventually(lambda: standing(iaf, "line.down", cleared=True))
        relay.cut()
        await eventually(lambda: standing(iaf, "line.down", cleared=False))
        await iaf.bell.acknowledge(first.id, "levy")
        (second,) = standing(iaf, "line.down", cleared=False)
        assert second.acknowledged_by == "levy"


async def test_answer_that_does_not_come(tmp_path: Path) -> None:
    """An overdue answer alarms both sides; a stand-by buys time, an answer ends the matter."""
    deadlines = dict.fromkeys(("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"), 0.5)
    async with pair_under(tmp_path, **deadlines) as (iaf, hmeimim, _):
        await line_up(iaf, hmeimim)
        draft = drafted("iaf/01-patrol.json")
        sent = await iaf.desk.send("", draft.message, ROUTINE, "levy")
        for centre in (iaf, hmeimim):
            alarm = await rings(centre, "desk.reply-overdue")
            assert alarm.subject == f"IAF-0101 {sent.id.hex()[:8]}"
        for answer in (Answer.STAND_BY, Answer.REJECT):
            reply = Reply(to=sent.id.hex(), answer=answer, reason="not yet", officer="petrov")
            said = await hmeimim.desk.send("", reply, ROUTINE, "petrov")
            await receipted(hmeimim, said.stream, said.seq)
            for centre in (iaf, hmeimim):
                await eventually(
                    lambda c=centre: standing(c, "desk.reply-overdue", cleared=True),
                    f"{centre.config.centre}: overdue after {answer}",
                )
        assert await due(iaf) == await due(hmeimim) == []


async def test_stand_by_of_low_precedence(tmp_path: Path) -> None:
    """A ROUTINE stand-by buys no more time for a FLASH than a FLASH has."""
    async with pair_under(tmp_path, FLASH=0.5) as (iaf, hmeimim, _):
        await line_up(iaf, hmeimim)
        draft = drafted("iaf/14-advisory.json")
        sent = await iaf.desk.send("", draft.message, Precedence.FLASH, "levy")
        await receipted(iaf, sent.stream, sent.seq)
        reply = Reply(to=sent.id.hex(), answer=Answer.STAND_BY, officer="petrov")
        said = await hmeimim.desk.send("", reply, ROUTINE, "petrov")
        await receipted(hmeimim, said.stream, said.seq)
        await rings(iaf, "desk.reply-overdue")


async def test_what_is_no_answer_settles_nothing(tmp_path: Path) -> None:
    """A peer's reply that neither accepts, rejects nor offers leaves the alarm to come."""
    async with pair_under(tmp_path) as (iaf, hmeimim, _):
        await line_up(iaf, hmeimim)
        draft = drafted("iaf/01-patrol.json")
        sent = await iaf.desk.send("", draft.message, ROUTINE, "levy")
        await eventually_async(lambda: due(hmeimim))
        line = hmeimim.line("")
        reply = Reply(to=sent.id.hex(), answer="banana", officer="petrov")
        entry = hmeimim.desk.draft(line, Kind.REPLY, encode_payload(reply), reply, ROUTINE, sent.id)
        said = await hmeimim.desk.enter(line, ROUTINE, entry)
        await asyncio.wait_for(line.receipt_of(said.stream, said.seq), 30)
        assert len(await due(iaf)) == len(await due(hmeimim)) == 1


async def eventually_async(question: Callable[[], Awaitable[object]]) -> None:
    """Return as soon as the answer to ``question`` is true; a test that hangs is timed out."""
    while not await question():
        await asyncio.sleep(0.01)


async def due(centre: Centre) -> list[Any]:
    """Return what a centre's journal says still wants an answer."""
    return await centre.reader.run(lambda c: c.execute("SELECT * FROM deadline").fetchall())


async def test_rolled_back_node(tmp_path: Path) -> None:
    """A node whose older copy was restored signs nothing and says so; its peer is unharmed."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        data, copy = iaf_site.directory / "data", tmp_path / "copy"
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await say(iaf, "iaf/01-patrol.json")
            await iaf.stop()
            kept = iaf_size(iaf)
        shutil.copytree(data, copy)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await say(iaf, "iaf/03-tanker.json")
            # What is lost below must have been signed, and must have reached the peer.
            lost = iaf_size(iaf)
            await eventually(lambda: hmeimim.lines["iaf"].stored.mirror.size >= lost > kept)
        shutil.rmtree(data)
        shutil.copytree(copy, data)
        for _ in range(2):  # the second start knows it from the journal
            async with running(iaf_site.node()) as iaf:
                await rings(iaf, "journal.fenced")
                assert iaf.fenced is not None
                size = iaf_size(iaf)
                with pytest.raises(FencedError) as caught:
                    await say(iaf, "iaf/05-uas.geojson")
                assert caught.value.code == "journal.fenced"
                assert iaf_size(iaf) - size < 10
                assert not iaf.lines["hmeimim"].up
                assert not hmeimim.lines["iaf"].up
        assert hmeimim.fenced is None
        sent = await hmeimim.desk.send("", Service(text="are you there?"), ROUTINE, "petrov")
        assert hmeimim.lines["iaf"].backlog[sent.stream] == 1
        own = hmeimim.keyring
        assert verify_journal(hmeimim.journal.path, own.card, dict(own.peers)).ok


def iaf_size(iaf: Centre) -> int:
    """Return how many entries the log of iaf's line has."""
    return iaf.lines["hmeimim"].stored.own.size
