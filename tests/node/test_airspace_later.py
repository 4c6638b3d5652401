"""What was not compared before it was entered: the flag says so, and what was found is joined."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from hotline.api.schema import Flag
from hotline.api.stopped import StoppedNode
from hotline.api.views import message_views, viewpoint_of
from hotline.audit.verification.journal import verify_journal
from hotline.journal.compared import COMPARED, LATER, compared_later
from hotline.journal.queries import find_message, records
from hotline.journal.records import append_record
from hotline.model.messages import Notice, Withdrawal
from hotline.model.volume import Altitude
from hotline.node.airspace import compared as comparing
from hotline.node.airspace import line_airspace
from hotline.node.airspace.line_airspace import LineAirspace
from hotline.node.centre import Centre
from hotline.wire.records import ComparedLater, decode_record, encode_record
from tests.centres import centre_pair, client_of, line_up, now_us, running, sites
from tests.node.skies import blurt, box, notice, revision, send, until, verified

HIGH = box(
    altitude_lower=Altitude(600.0, "fl", "standard"),
    altitude_upper=Altitude(610.0, "fl", "standard"),
)


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no time at all before a message is entered."""
    monkeypatch.setattr(line_airspace, "GROUP_S", -1.0)
    monkeypatch.setattr(comparing, "FIRST_LOOKS", 0)


class Held:
    """Holds back what is compared later, until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._go_on = LineAirspace._go_on
        self._held: set[LineAirspace] = set()
        self._holds = True
        monkeypatch.setattr(LineAirspace, "_go_on", lambda airspace: self._hold(airspace))

    def _hold(self, airspace: LineAirspace) -> None:
        if self._holds:
            self._held.add(airspace)
        else:
            self._go_on(airspace)

    def let_go(self) -> None:
        """Let everything be compared."""
        self._holds = False
        for airspace in self._held:
            self._go_on(airspace)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, no_time: None) -> Held:
    """Hold back what is compared later."""
    return Held(monkeypatch)


async def shown(centre: Centre, id_: bytes) -> list[Flag]:
    """Return the flags of a message as the API shows them."""

    def view(connection: object) -> list[Flag]:
        stored = find_message(connection, id_.hex())  # type: ignore[arg-type]
        (found,) = message_views(connection, [stored], viewpoint_of(centre))  # type: ignore[arg-type]
        return found.flags

    return await centre.reader.run(view)


async def settled(centre: Centre, count: int) -> list[ComparedLater]:
    """Return what a centre has entered as compared, once it is so much."""

    async def enough() -> bool:
        return len(await centre.reader.run(partial(records, kinds=(COMPARED,)))) >= count

    await until(enough, f"fewer than {count} were settled")
    rows = await centre.reader.run(partial(records, kinds=(COMPARED,)))
    return [decode_record(row.payload, ComparedLater, COMPARED) for row in reversed(rows)]


async def test_what_is_found_later_is_joined_to_the_flag(tmp_path: Path, no_time: None) -> None:
    """With when it was found; a notice that meets nobody is said to be clear; both verify."""
    del no_time
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        meets = await send(hmeimim, notice("HMEIMIM-0001"))
        passes = await send(hmeimim, notice("HMEIMIM-0002", HIGH))
        await settled(iaf, 2)
        later, conflict = await shown(iaf, meets)
        assert later.code == LATER
        assert later.text.startswith("compared ")
        assert later.text.endswith(" later: conflict")
        assert later.found_at is not None
        assert later.found_at == conflict.found_at
        assert "conflict with IAF-0001" in conflict.text
        (clear,) = await shown(iaf, passes)
        assert clear.text.endswith(" later: nothing was found")
        async with client_of(iaf) as client:
            page = await client.messages(direction="in", kind="notice")
            assert {view.id: view.flags for view in page.messages} == {
                meets.hex(): [later, conflict],
                passes.hex(): [clear],
            }
        verified(iaf, hmeimim)


async def test_until_it_is_compared_the_flag_says_so(tmp_path: Path, held: Held) -> None:
    """What was revised or withdrawn before is never said to have been compared as it was."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        first = await send(hmeimim, notice("HMEIMIM-0001"))
        gone = await send(hmeimim, notice("HMEIMIM-0002"))
        (open_,) = await shown(iaf, first)
        assert (open_.code, open_.found_at) == (LATER, None)
        assert "not compared" in open_.text
        second = await send(hmeimim, revision("HMEIMIM-0001", 1, HIGH))
        await send(hmeimim, Withdrawal("HMEIMIM-0002"))
        held.let_go()
        found = {one.message: one for one in await settled(iaf, 3)}
        assert not found[first].stood
        assert not found[gone].stood
        assert found[second].stood
        (late,) = await shown(iaf, first)
        assert late.text.startswith("not compared as it was said: ")
        assert late.found_at is not None
        assert (await shown(iaf, second))[0].text.endswith("nothing was found")
        verified(iaf)


async def test_what_a_restart_leaves_open_is_settled_by_the_next_run(
    tmp_path: Path, held: Held
) -> None:
    """Of a stopped node the flag is open, and settled when it has run again; once for each."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await send(iaf, notice("IAF-0001"))
            id_ = await send(hmeimim, notice("HMEIMIM-0001"))
            passes = await send(hmeimim, notice("HMEIMIM-0002", HIGH))
            journal = iaf.journal.path
        for flag in await stopped(journal, id_):
            assert (flag.code, flag.found_at) == (LATER, None)
        held.let_go()
        for _ in range(2):
            async with running(iaf_site.node()) as iaf:
                (one,) = iaf.lines.values()
                assert len(await settled(iaf, 2)) == 2
                assert not len(one.airspace.later)
                verified(iaf)
        later, conflict = await stopped(journal, id_)
        assert later.text.endswith(" later: conflict")
        assert "conflict with IAF-0001" in conflict.text
        (clear,) = await stopped(journal, passes)
        assert clear.text.endswith("nothing was found")


async def stopped(journal: Path, id_: bytes) -> list[Flag]:
    """Return the flags of a message as they are read without the node."""
    async with StoppedNode(journal, now_us()) as node:
        return (await node.message(id_.hex())).message.flags


async def test_words_that_came_while_the_journal_was_read_are_settled(tmp_path: Path) -> None:
    """A revision of what is not loaded yet is compared when all is, and so is its flag."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await send(hmeimim, notice("HMEIMIM-0001", HIGH))
        (line,) = iaf.lines.values()
        line.airspace.failed()
        assert line.airspace.loading
        id_ = await send(hmeimim, revision("HMEIMIM-0001", 1, box()))
        flags = await shown(iaf, id_)
        if any(flag.code == LATER for flag in flags):
            await settled(iaf, 1)
            flags = await shown(iaf, id_)
        assert "airspace.conflict" in [flag.code for flag in flags]
        verified(iaf)


async def test_record_that_settles_nothing_fails(tmp_path: Path, no_time: None) -> None:
    """One of a message without that flag, one too many, and one that cannot be read."""
    del no_time
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        own = await send(iaf, notice("IAF-0001"))
        id_ = await send(hmeimim, notice("HMEIMIM-0001"))
        far = await blurt(hmeimim, Notice("FAR", "x", "patrol", (box(10.0, 10.0),)))
        await settled(iaf, 1)
        for what in (
            encode_record(ComparedLater(own, True, ())),
            encode_record(ComparedLater(far, True, ())),
            encode_record(ComparedLater(id_, True, ())),
            b"\x83",
        ):
            await iaf.writer.do(
                lambda journal, what=what: append_record(
                    journal, journal.line("hmeimim"), COMPARED, what, now_us()
                )
            )
        report = verify_journal(iaf.journal.path, iaf.keyring.card, dict(iaf.keyring.peers))
        said = [str(failure) for failure in report.failures]
        assert sum("settles no message" in one for one in said) == 2
        assert sum("was settled before" in one for one in said) == 1
        assert sum("cannot be read" in one for one in said) == 1
        (line,) = iaf.lines.values()
        found = await iaf.reader.run(partial(compared_later, log=line.log, message=id_))
        assert found is not None
        assert found[1].flags
        await asyncio.sleep(0)
