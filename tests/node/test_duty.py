"""The watch at real nodes: the brief says what is open, and the relief is on record at both."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.audit.verification.journal import verify_journal
from hotline.errors import UsageError
from hotline.journal.access_drafts import Written
from hotline.journal.duty import EXERCISE, FAULT, WATCH, enter
from hotline.journal.journal import Journal
from hotline.journal.queries import records
from hotline.model.kinds import Precedence
from hotline.model.messages import Advisory
from hotline.model.times import SECOND_US, format_time
from hotline.model.watch import BRIEF_GOOD_US, WatchStep
from hotline.node.brief import SECTIONS, brief_of
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from hotline.wire.records import BriefedSection, FaultEnded, Played, WatchAssumed
from tests.centres import centre_pair, eventually, line_up, lone_centre, running, say, sites
from tests.node.grounds import cut_line, told, verified

SOON = Advisory("Turn left at once", phrases=(307,))


async def step(centre: Centre, name: str, officer: str, relieved: str = "") -> None:
    """Have an officer take a step."""
    await centre.duty.take_step(WatchStep(name), officer, relieved=relieved, text="")


async def sections(centre: Centre) -> dict[str, BriefedSection]:
    """Return what a brief would say now, by name."""
    return {section.name: section for section in await brief_of(centre)}


async def anchors(centre: Centre) -> int:
    """Return how often the node's own log was entered in the line's."""
    return len(await centre.reader.run(lambda at: records(at, kinds=["anchor"], limit=999)))


async def test_a_relief_is_entered_and_witnessed(tmp_path: Path) -> None:
    """Each step is a record; the peer cosigns a log that has the node's own at that moment."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await step(iaf, "taken", "levy")
        before = await anchors(iaf)
        await step(iaf, "briefed", "cohen")
        assert await anchors(iaf) == before
        await step(iaf, "assumed", "cohen", "levy")
        assert await anchors(iaf) == before + 1
        line = iaf.line("")
        size = line.stored.own.size
        await eventually(lambda: line.witnessed >= size)
        await step(iaf, "reviewed", "levy")
        assert [one["step"] for one in await told(iaf, "watch")] == [
            "taken",
            "briefed",
            "assumed",
            "reviewed",
        ]
        assert (iaf.duty.watch.on_duty, iaf.duty.watch.to_review) == ("cohen", "")
        assert await told(hmeimim, "watch") == []
    verified([iaf, hmeimim])


async def test_the_brief_has_all_that_is_open(tmp_path: Path) -> None:
    """Unread, to be answered, without a receipt, rung, lines, notices, play and faults."""
    async with cut_line(tmp_path) as cut:
        iaf, hmeimim = cut.iaf, cut.hmeimim
        await iaf.bell.ring("line.down", "hmeimim", "", "the line with hmeimim is down")
        await iaf.desk.send("", SOON, Precedence.FLASH, "levy")
        told_of = await sections(iaf)
        assert tuple(told_of) == SECTIONS
        assert [told_of[name].total for name in ("unread", "unreceipted", "alarms")] == [0, 1, 1]
        (unreceipted,) = told_of["unreceipted"].items
        assert unreceipted.text.startswith("FLASH to hmeimim: advisory Turn left at once")
        assert told_of["lines"].items[0].text == "DOWN"
        await cut.mend()
        await say(iaf, "iaf/01-patrol.json")
        await hmeimim.faults.begin("slow-disk", amount=0.01, for_s=None, peer="", by="director")
        told_of = await sections(hmeimim)
        totals = {name: section.total for name, section in told_of.items()}
        assert totals == {
            "unread": 2,
            "unanswered": 2,
            "proposals": 0,
            "unreceipted": 0,
            "drafts": 0,
            "alarms": totals["alarms"],
            "conflicts": 0,
            "lines": 1,
            "notices": 1,
            "play": 0,
            "faults": 1,
        }
        # The most urgent first, and what has its name is called by it.
        assert [item.text[:5] for item in told_of["unread"].items] == ["FLASH", "ROUTI"]
        assert told_of["notices"].items[0].subject.startswith("IAF-0101 revision 0")
        for message in told_of["unread"].items:
            await hmeimim.desk.read(message.subject, "orlov")
        assert (await sections(hmeimim))["unread"].total == 0


async def test_the_brief_says_what_is_shelved_and_what_waits_for_release(tmp_path: Path) -> None:
    """Who keeps an alarm quiet, until when and why; and each draft that a second officer is due."""
    async with lone_centre(tmp_path) as centre:
        until_us = centre.clock.wall_us() // SECOND_US * SECOND_US + 1800 * SECOND_US
        await centre.bell.ring("line.down", "iaf", "", "the line with iaf is down")
        (alarm,) = centre.bell.standing
        reason = f'cable "B" works: {"long " * 60}'
        await centre.bell.shelve(alarm.id, "levy", reason, until_us)
        written = Written(b"{}", "PRIORITY", "iaf", "notice", "")
        draft = await centre.drafts.add(written, "cohen")
        assert (await sections(centre))["drafts"].total == 0
        await centre.drafts.offer(draft.id, draft.version, "cohen")
        told_of = await sections(centre)
        (shelved,) = told_of["alarms"].items
        assert (
            f"shelved by levy until {format_time(until_us)} for \"cable 'B' works: long"
            in shelved.text
        )
        assert shelved.text.endswith('…": the line with iaf is down')
        (waiting,) = told_of["drafts"].items
        assert waiting.subject == f"draft {draft.id}"
        assert waiting.text == "PRIORITY to iaf, offered by cohen: notice"


async def test_a_brief_that_is_no_longer_true_is_none(tmp_path: Path) -> None:
    """A message that came meanwhile: refused, told what changed, and a new brief mends it."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await step(hmeimim, "taken", "orlov")
        await step(hmeimim, "briefed", "ivanov")
        await say(iaf, "iaf/01-patrol.json")
        with pytest.raises(UsageError) as refused:
            await step(hmeimim, "assumed", "ivanov", "orlov")
        assert refused.value.code == "watch.brief-changed"
        brief = hmeimim.duty.brief
        assert brief is not None
        good, changed = await hmeimim.duty.outdated(brief)
        assert (good, changed) == (False, ("unread", "unanswered", "notices"))
        assert hmeimim.duty.watch.on_duty == "orlov"
        await step(hmeimim, "briefed", "ivanov")
        await step(hmeimim, "assumed", "ivanov", "orlov")
        assert [one["step"] for one in await told(hmeimim, "watch")].count("assumed") == 1
    verified([iaf, hmeimim])


async def test_a_brief_grows_old(tmp_path: Path) -> None:
    """After 15 minutes it is good for nothing, nor after a clock was set back."""
    clock = Clock()
    async with lone_centre(tmp_path, clock=clock) as centre:
        await step(centre, "taken", "levy")
        await step(centre, "briefed", "cohen")
        for offset_us in (BRIEF_GOOD_US, -60_000_000):
            clock.offset_us = offset_us
            brief = centre.duty.brief
            assert brief is not None
            assert await centre.duty.outdated(brief) == (False, ())
            with pytest.raises(UsageError) as refused:
                await step(centre, "assumed", "cohen", "levy")
            assert refused.value.code == "watch.brief-too-old"
        clock.offset_us = 0
        await step(centre, "assumed", "cohen", "levy")
    verified([centre])


async def test_the_watch_outlasts_a_restart(tmp_path: Path) -> None:
    """Who had it has it, and the brief still holds, until it is too old."""
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    async with running(site.node()) as centre:
        await step(centre, "taken", "levy")
        await step(centre, "briefed", "cohen")
        watch = centre.duty.watch
    async with running(site.node()) as centre:
        assert centre.duty.watch == watch
        await step(centre, "assumed", "cohen", "levy")
        await step(centre, "released", "cohen")
        assert centre.duty.watch.abandoned
        assert centre.duty.next_steps[0] == "nobody has the watch: `hotline duty take`"
    verified([centre])


async def test_the_verification_finds_a_step_that_nobody_could_take(tmp_path: Path) -> None:
    """An assumption without a brief, entered past the node, is named with its entry."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await line_up(iaf, hmeimim)

        def falsify(journal: Journal) -> None:
            now_us = iaf.clock.wall_us()
            enter(journal, WATCH, WatchAssumed("cohen", "levy", 0, bytes(32), ""), now_us)
            enter(journal, FAULT, FaultEnded("full-disk", "", "over", ""), now_us)
            enter(journal, EXERCISE, Played("pause", "", "d", "", b"", None, ""), now_us)
            stop = Played("real-world", "", "d", "", b"", bytes(32), "hmeimim")
            enter(journal, EXERCISE, stop, now_us)

        await iaf.writer.do(falsify)
    keyring = iaf.keyring
    report = verify_journal(iaf.journal.path, keyring.card, dict(keyring.peers))
    found = sorted(failure.text for failure in report.failures if failure.step == 11)
    assert found == [
        "a fault ends that was not begun: full-disk",
        "a step of the watch that could not be taken: nobody has the watch",
        "an event of an exercise that could not be: pause does not fit: no exercise is played here",
        "the message that is said to have stopped play is not there",
    ]
