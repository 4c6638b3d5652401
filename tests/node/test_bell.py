"""Alarms while the journal is busy: what is shown is what will be entered, once each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import JournalError
from hotline.journal.queries import StoredAlarm, alarms
from hotline.node.alarms import Bell
from hotline.node.centre import Centre
from tests.centres import eventually, running, sites

CODE, PEER, SUBJECT = "notice.short-warning", "", "IAF-0001"


@asynccontextmanager
async def alone(directory: Path) -> AsyncIterator[Centre]:
    """Run a node whose peer is not there."""
    site, _ = sites(directory)
    site.configure("hmeimim", port=9)
    async with running(site.node()) as centre:
        yield centre


@asynccontextmanager
async def busy(centre: Centre) -> AsyncIterator[None]:
    """Keep the journal from taking anything."""
    gate = threading.Event()
    held = centre.writer.do(lambda _: gate.wait(30))
    try:
        yield
    finally:
        gate.set()
        await held


def shown(bell: Bell) -> list[tuple[str, bool]]:
    """Return text and whether the cause is there, of the alarms of these tests."""
    return [(one.text, one.cleared_us is None) for one in bell.standing if one.code == CODE]


async def entered(centre: Centre) -> list[StoredAlarm]:
    """Return what the journal has of them."""
    found = await centre.reader.run(partial(alarms, standing_only=False))
    return [one for one in found if one.code == CODE]


async def test_what_rings_again_while_its_end_is_entered_says_its_new_text(tmp_path: Path) -> None:
    """The end was on its way to the journal when the same cause came back otherwise."""
    async with alone(tmp_path) as centre:
        bell = centre.bell
        await bell.ring(CODE, PEER, SUBJECT, "1 min")
        async with busy(centre):
            ending = asyncio.create_task(bell.clear(CODE, PEER, SUBJECT))
            await eventually(lambda: shown(bell) == [("1 min", False)])
            again = asyncio.create_task(bell.ring(CODE, PEER, SUBJECT, "6 min"))
            await eventually(lambda: shown(bell) == [("6 min", True)])
        await asyncio.gather(ending, again)
        assert shown(bell) == [("6 min", True)]
        (alarm,) = await entered(centre)
        assert (alarm.text, alarm.cleared_us) == ("6 min", None)


async def test_what_is_being_entered_is_shown_once(tmp_path: Path) -> None:
    """Also when the alarms are read again in the moment after the commit."""
    async with alone(tmp_path) as centre:
        bell = centre.bell
        seen: set[int] = set()
        for number in range(20):
            subject = f"IAF-{number}"
            ringing = asyncio.create_task(bell.ring(CODE, PEER, subject, "1 min"))
            reading = asyncio.create_task(bell.retry())
            while not (ringing.done() and reading.done()):
                seen.add(sum(one.subject == subject for one in bell.standing))
                await asyncio.sleep(0)
        assert seen <= {0, 1}


async def test_nothing_is_lost_while_the_journal_takes_nothing(tmp_path: Path) -> None:
    """It is entered later, in its order, with the times of then."""
    async with alone(tmp_path) as centre:
        bell, take = centre.bell, centre.writer.do

        def refuse(_: object) -> asyncio.Future[None]:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.set_exception(JournalError("journal.full", "the disk is full", "make room"))
            return future

        centre.writer.do = refuse  # type: ignore[assignment, method-assign]
        await bell.ring(CODE, PEER, SUBJECT, "1 min")
        await bell.clear(CODE, PEER, SUBJECT)
        await bell.ring(CODE, PEER, SUBJECT, "6 min")
        assert shown(bell) == [("6 min", True)]
        await bell.clear(CODE, PEER, SUBJECT)
        assert shown(bell) == [("6 min", False)]
        assert not await entered(centre)
        centre.writer.do = take  # type: ignore[method-assign]
        await bell.retry()
        (alarm,) = await entered(centre)
        assert alarm.text == "6 min"
        assert alarm.cleared_us is not None
        assert alarm.raised_us <= alarm.cleared_us
        assert shown(bell) == [("6 min", False)]


WORDS = st.lists(st.sampled_from(["one", "two", "", "settle"]), max_size=12)


@settings(max_examples=15, deadline=None)
@given(said=WORDS)
def test_whatever_happens_while_the_journal_is_busy(
    said: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is shown then is what the journal has when it is done, and the bell knows the cause."""
    asyncio.run(_happens(said, tmp_path_factory.mktemp("bell")))


async def _happens(said: list[str], directory: Path) -> None:
    async with alone(directory) as centre:
        bell = centre.bell
        async with busy(centre):
            tasks = []
            for word in said:
                if word == "":
                    tasks.append(asyncio.create_task(bell.clear(CODE, PEER, SUBJECT)))
                elif word in ("one", "two"):
                    tasks.append(asyncio.create_task(bell.ring(CODE, PEER, SUBJECT, word)))
                elif word == "settle":
                    tasks.append(asyncio.create_task(bell.retry()))
                await asyncio.sleep(0)
            before = shown(bell)
        await asyncio.gather(*tasks)
        assert shown(bell) == before
        assert [(one.text, one.cleared_us is None) for one in await entered(centre)] == before
        rings = any(there for _, there in before)
        assert rings == (SUBJECT in bell.active(CODE, PEER))
        heard = [word for word in said if word in ("one", "two", "")]
        last = [word for before, word in pairwise(["", *heard]) if word and not before]
        assert [text for text, _ in before] == last[-1:]


async def test_a_journal_that_fails_while_the_node_ends_rings_no_more(tmp_path: Path) -> None:
    """Sealing the logs failed on a full disk: nobody is left to hear it."""
    site, _ = sites(tmp_path)
    site.configure("hmeimim", port=9)
    async with running(site.node()) as centre:
        pass
    centre.writer._failed(JournalError("journal.store-failed", "the store failed", ""))
    await asyncio.sleep(0)
    assert centre.journal_error is not None
    assert not centre._tasks
