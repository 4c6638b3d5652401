"""Status, readiness, alarms and figures: what is wrong comes first, with its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.api.schema import SendRequest, Status
from hotline.api.standing import line_view
from hotline.errors import JournalError
from hotline.model.times import SECOND_US, parse_time
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from tests.api.conftest import Lone, Pair, ask
from tests.centres import (
    PATIENCE_S,
    centre_pair,
    client_of,
    eventually,
    example,
    line_up,
    lone_centre,
    running,
    say,
    sites,
)

DAY_US = 86_400_000_000


def codes(status: Status) -> list[str]:
    """Return what is wrong, in order."""
    for item in status.wrong:
        assert item.text
        assert item.hint
    return [item.code for item in status.wrong]


async def test_nothing_is_wrong_with_a_pair_at_rest(pair: Pair) -> None:
    """The line is up and described on both sides, each with its own role."""
    here, there = await pair.a.status(), await pair.b.status()
    assert codes(here) == codes(there) == []
    (line,) = here.lines
    assert (here.centre, here.status, line.peer, line.state) == (
        "iaf",
        "exercise",
        "hmeimim",
        "DATA_READY",
    )
    assert (line.up, line.dials, there.lines[0].dials) == (True, True, False)
    assert line.letter == there.lines[0].letter
    assert line.last_contact_s is not None
    assert sum(line.backlog.values()) == 0


async def test_a_line_that_is_down_is_wrong_but_the_node_is_ready(lone: Lone) -> None:
    """Messages queue, so the node is ready; the officer is told to use the voice line."""
    status = await lone.client.status()
    assert codes(status) == ["line.down"]
    assert "voice" in status.wrong[0].hint
    (line,) = status.lines
    assert (line.up, line.state, line.remote, line.last_contact_s) == (False, "IDLE", None, None)
    assert line.last_recorded_at is None
    assert (await lone.client.ready()).ready


async def test_a_line_that_is_down_tells_since_when_the_peer_was_heard(tmp_path: Path) -> None:
    """It counts on without an association; after a restart the record tells of what it holds."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await say(iaf, "iaf/01-patrol.json")
            taken = line_view(iaf.line(""))
            await hmeimim.stop()
            await eventually(lambda: not iaf.line("").up)
            await eventually(lambda: iaf.line("").association is None)
            down = line_view(iaf.line(""))
            assert down.last_contact_s is not None
            assert down.last_recorded_at is None
            later = line_view(iaf.line(""))
            assert later.last_contact_s is not None
            assert later.last_contact_s > down.last_contact_s
            assert taken.last_recorded_at is None
    async with running(iaf_site.node()) as again:
        view = line_view(again.line(""))
        assert (view.up, view.last_contact_s) == (False, None)
        assert view.last_recorded_at is not None
        assert abs(parse_time(view.last_recorded_at) - again.started_us) < 60 * SECOND_US


async def test_the_worst_comes_first(lone: Lone) -> None:
    """Fence, journal, line, letter, receipts, clock, unwitnessed entries: in this order."""
    line = lone.centre.line("")
    await lone.client.send(SendRequest(document={"kind": "service", "text": "test"}))
    line.oldest_unreceipted_s = 11.0
    line.unwitnessed_since = lone.centre.clock.now().mono - 61
    await line.note_letter(differs=True)
    await line.peer_clock.note(6_000_000, 1000, record=False)
    await lone.centre.fence("its log was rolled back")
    lone.centre.journal_error = JournalError("journal.full", "the disk is full", "free space")
    assert codes(await lone.client.status()) == [
        "journal.fenced",
        "journal.failed",
        "line.down",
        "line.letter-mismatch",
        "line.receipt-overdue",
        "line.clock-offset",
        "line.unwitnessed",
    ]


async def test_an_unread_flash_is_wrong_until_it_is_read(pair: Pair) -> None:
    """A FLASH that nobody has opened is told of above routine worries."""
    sent = await pair.a.send(
        SendRequest(document=example("iaf/14-advisory.json"), precedence="FLASH", wait_s=PATIENCE_S)
    )
    assert codes(await pair.b.status()) == ["desk.unread-flash"]
    await pair.b.read(sent.id, "ivanov")
    assert codes(await pair.b.status()) == []


async def test_overdue_answers_are_wrong_on_both_sides(pair: Pair) -> None:
    """The one owes the answer, the other waits for it."""
    await pair.a.send(SendRequest(document=example("iaf/01-patrol.json"), wait_s=PATIENCE_S))
    for centre in (pair.iaf, pair.hmeimim):
        centre.clock.offset_us = 7 * 3_600_000_000
        centre.clock.step_us()
    here, there = await pair.a.status(), await pair.b.status()
    assert "desk.reply-overdue" in codes(here)
    assert "desk.reply-overdue" in codes(there)
    assert "by the peer" in next(w.text for w in here.wrong if w.code == "desk.reply-overdue")
    assert "here" in next(w.text for w in there.wrong if w.code == "desk.reply-overdue")


async def test_keys_that_end_soon_are_wrong(tmp_path: Path) -> None:
    """A month before the end the mend is named."""
    clock = Clock(offset_us=350 * DAY_US)
    async with lone_centre(tmp_path, clock=clock) as centre, client_of(centre) as client:
        status = await client.status()
        assert codes(status)[-2:] == ["node.keys-expiring", "node.keys-expiring"]
        assert "hotline keys" in status.wrong[-1].hint


async def test_a_latched_alarm_stays_until_it_is_acknowledged(lone: Lone) -> None:
    """Its cause may be gone: somebody has to take notice, by name."""
    await lone.centre.bell.ring("test.alarm", "iaf", "x", "something happened")
    await lone.centre.bell.clear("test.alarm", "iaf", "x")
    status = await lone.client.status()
    assert codes(status) == ["line.down", "test.alarm"]
    (alarm,) = status.alarms
    assert f"hotline acknowledge {alarm.id}" in status.wrong[-1].hint
    assert (await lone.client.acknowledge(alarm.id, "ivanov")).alarms == []
    (settled,) = (await lone.client.alarms(all=True)).alarms
    assert (settled.acknowledged_by, settled.text) == ("ivanov", "something happened")
    assert settled.cleared_at is not None


async def test_an_acknowledged_alarm_with_its_cause_is_still_wrong(lone: Lone) -> None:
    """Acknowledging silences; only the end of the cause mends."""
    await lone.centre.bell.ring("test.alarm", "", "", "something")
    (alarm,) = (await lone.client.alarms()).alarms
    await lone.client.acknowledge(alarm.id, "ivanov")
    status = await lone.client.status()
    assert "its cause is still there" in status.wrong[-1].hint


async def test_an_alarm_of_a_cause_told_above_is_not_told_twice(lone: Lone) -> None:
    """One line for the line that is down, not a second one for its alarm."""
    await lone.centre.bell.ring("line.down", "iaf", "", "the line with iaf is down")
    assert codes(await lone.client.status()) == ["line.down"]


@pytest.mark.parametrize("why", ["fenced", "journal", "stopping"])
async def test_a_node_that_takes_nothing_is_not_ready(lone: Lone, why: str) -> None:
    """503 with the reason, which the client returns rather than raises."""
    if why == "fenced":
        await lone.centre.fence("its log was rolled back")
    elif why == "journal":
        lone.centre.journal_error = JournalError("journal.full", "the disk is full", "free space")
    else:
        lone.centre.stopping = True
    try:
        asked = await ask(lone.centre, "GET", "/ready")
        assert asked.status == 503
        found = await lone.client.ready()
        assert not found.ready
        assert found.reason
        assert (await lone.client.health()).centre == "hmeimim"
    finally:
        lone.centre.stopping = False


async def test_the_figures_are_those_of_the_status(pair: Pair) -> None:
    """Each scrape looks at the lines anew."""
    await pair.a.send(SendRequest(document=example("iaf/01-patrol.json"), wait_s=PATIENCE_S))
    await pair.iaf.line("").peer_clock.note(1_500_000, 2_000, record=False)
    text = await pair.a.metrics()
    line = (await pair.a.status()).lines[0]
    assert 'hotline_line_up{line="hmeimim"} 1.0' in text
    assert f'hotline_log_entries{{line="hmeimim"}} {float(line.log_entries)}' in text
    assert 'hotline_backlog{line="hmeimim",stream="3"} 0.0' in text
    assert 'hotline_clock_offset_seconds{line="hmeimim"} 1.5' in text
    assert 'hotline_round_trip_seconds{line="hmeimim"} 0.002' in text
    assert 'hotline_receipt_seconds_count{line="hmeimim",stream="3"} 1.0' in text
    assert "hotline_fenced 0.0" in text


async def test_no_clock_is_no_sample(lone: Lone) -> None:
    """A clock that was never measured is absent, not zero."""
    text = await lone.client.metrics()
    assert "hotline_clock_offset_seconds{" not in text
    assert 'hotline_line_up{line="iaf"} 0.0' in text


async def test_what_was_cosigned_before_the_start_is_not_waited_for(tmp_path: Path) -> None:
    """A node that comes back, fenced too, counts what its journal has the peer's cosignature of."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await say(iaf, "iaf/01-patrol.json")
        await eventually(lambda: iaf.lines["hmeimim"].witnessed > 0)
        cosigned = iaf.lines["hmeimim"].witnessed
        await hmeimim.stop()
    async with running(Centre(iaf.config, iaf.keyring)) as again:
        await again.fence("it was rolled back")
        line = line_view(again.lines["hmeimim"])
        assert line.log_entries - line.unwitnessed_entries >= cosigned


async def test_past_alarms_come_page_by_page(lone: Lone) -> None:
    """Each page ends at its limit, none is missed or comes twice, and all can still be had."""
    for number in range(5):
        await lone.centre.bell.once("test.alarm", "", str(number), f"number {number}")
    whole = (await lone.client.alarms(all=True)).alarms
    assert [one.subject for one in whole if one.code == "test.alarm"] == ["0", "1", "2", "3", "4"]
    page = await lone.client.past_alarms(limit=2)
    pages = [page.alarms]
    while page.more:
        page = await lone.client.past_alarms(before=page.alarms[0].id, limit=2)
        assert 0 < len(page.alarms) <= 2
        pages.insert(0, page.alarms)
    assert [alarm.id for one in pages for alarm in one] == [alarm.id for alarm in whole]
