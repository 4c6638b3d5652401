"""The writer thread: save, then release; many jobs in one commit, FLASH in the next."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hotline.errors import HotlineError, JournalError, UsageError
from hotline.journal import writer as writing
from hotline.journal.journal import Journal
from hotline.journal.outgoing import Composed
from hotline.journal.queries import Reader
from hotline.journal.records import append_record
from hotline.journal.schema import connect
from hotline.journal.state import Committed
from hotline.journal.writer import Writer
from tests.journal.ledger import FLASH, ROUTINE, T0_US, draft, line_of, open_journal


@dataclass
class Desk:
    """A writer with what it told the node, and a second connection to look at the disk."""

    writer: Writer
    journal: Journal
    disk: sqlite3.Connection
    released: list[Committed] = field(default_factory=list)
    # How many messages the disk showed at the moment of each release.
    seen: list[int] = field(default_factory=list)
    failures: list[HotlineError] = field(default_factory=list)
    # The release itself stumbles when this is set.
    stumbles: bool = False
    gate: threading.Event = field(default_factory=threading.Event)

    def release(self, committed: Committed) -> None:
        """Note a commit, and what a second connection sees of it."""
        self.released.append(committed)
        self.seen.append(self.disk.execute("SELECT count(*) FROM message").fetchone()[0])
        if self.stumbles:
            raise ZeroDivisionError

    def fail(self, error: HotlineError) -> None:
        """Note a failed commit."""
        self.failures.append(error)
        if self.stumbles:
            raise ZeroDivisionError

    async def hold(self) -> asyncio.Future[None]:
        """Keep the writer in one commit until the gate opens, so that jobs gather behind it."""
        busy = threading.Event()
        self.gate.clear()

        def wait(journal: Journal) -> None:
            busy.set()
            assert self.gate.wait(10)

        held = self.writer.do(wait)
        await asyncio.to_thread(busy.wait)
        return held

    @property
    def sent(self) -> list[list[tuple[int, int]]]:
        """Return (stream, messages) of the groups of each commit that released some."""
        return [
            [(group.stream, len(group.ids)) for group in groups]
            for committed in self.released
            for groups in committed.groups.values()
        ]


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Give a running writer."""
    journal = open_journal(tmp_path)
    disk = connect(journal.path, writable=False)
    made: list[Desk] = []
    writer = Writer(
        journal,
        clock_us=lambda: T0_US,
        released=lambda committed: made[0].release(committed),
        failed=lambda error: made[0].fail(error),
    )
    made.append(Desk(writer, journal, disk))
    yield made[0]
    made[0].gate.set()
    await writer.close()
    disk.close()


def record(journal: Journal) -> int:
    """Enter a record."""
    return append_record(journal, line_of(journal), "clock", b"\x80", T0_US)


def refuse(journal: Journal) -> None:
    """Raise before anything is changed."""
    raise UsageError("alarm.unknown", "there is no alarm 7")


async def test_nothing_is_released_before_it_is_on_disk(desk: Desk) -> None:
    """Whoever is told of a commit can read it through another connection already."""
    for n in range(1, 4):
        done = await desk.writer.compose("hmeimim", ROUTINE, draft())
        assert done.seq == n
        assert desk.seen == list(range(1, n + 1))


async def test_a_release_comes_before_the_answers_and_in_order(desk: Desk) -> None:
    """Releases follow the order of the commits, and each precedes its own answers."""
    order: list[tuple[int, int, int]] = []
    futures = []

    def note(n: int, done: asyncio.Future[Composed]) -> None:
        order.append((n, done.result().seq, desk.seen[-1]))

    for n in range(20):
        future = desk.writer.compose("hmeimim", ROUTINE, draft())
        future.add_done_callback(partial(note, n))
        futures.append(future)
        await asyncio.sleep(0)
    await asyncio.gather(*futures)
    await asyncio.sleep(0)
    assert [(n, seq) for n, seq, _ in order] == [(n, n + 1) for n in range(20)]
    assert all(seq <= seen for _, seq, seen in order)
    firsts = [g.first_seq for c in desk.released for g in c.groups.get("hmeimim", [])]
    assert firsts == sorted(firsts)


async def test_what_gathers_shares_one_commit(desk: Desk) -> None:
    """Jobs that wait while the disk is busy become one transaction and one group."""
    held = await desk.hold()
    waiting = [desk.writer.compose("hmeimim", ROUTINE, draft()) for _ in range(50)]
    waiting += [desk.writer.compose("hmeimim", FLASH, draft())]
    records = [desk.writer.do(record) for _ in range(5)]
    desk.gate.set()
    await asyncio.gather(held, *waiting, *records)
    assert desk.sent == [[(FLASH, 1), (ROUTINE, 50)]]
    assert len(desk.released) == 2
    assert len(desk.writer.commit_seconds) == 2


async def test_flash_overtakes_what_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A FLASH is in the next commit, though more waits than fits into many commits."""
    monkeypatch.setattr(writing, "MAX_BATCH", 4)
    held = await desk.hold()
    routine = [desk.writer.compose("hmeimim", ROUTINE, draft()) for _ in range(40)]
    flash = [desk.writer.compose("hmeimim", FLASH, draft()) for _ in range(6)]
    desk.gate.set()
    await asyncio.gather(held, *routine, *flash)
    assert desk.sent[0][0] == (FLASH, 4)
    assert desk.sent[1][0] == (FLASH, 2)
    assert [one.result().seq for one in routine] == list(range(1, 41))
    assert [one.result().seq for one in flash] == list(range(1, 7))


async def test_closing_commits_what_waits_and_refuses_the_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every job has an answer: done before the end, or refused after it."""
    monkeypatch.setattr(writing, "MAX_BATCH", 2)
    held = await desk.hold()
    waiting = [desk.writer.compose("hmeimim", FLASH, draft()) for _ in range(7)]
    closing = asyncio.create_task(desk.writer.close())
    await asyncio.sleep(0)
    late: list[asyncio.Future[Any]] = [
        desk.writer.do(record),
        desk.writer.compose("hmeimim", FLASH, draft()),
    ]
    desk.gate.set()
    await closing
    await asyncio.gather(held, *waiting)
    for future in late:
        with pytest.raises(JournalError) as caught:
            await future
        assert caught.value.code == "journal.closed"
    assert desk.seen[-1] == 7


async def test_a_refused_job_answers_for_itself(desk: Desk) -> None:
    """An action or a draft that is refused leaves those beside it alone."""
    held = await desk.hold()
    good, bad = desk.writer.do(record), desk.writer.do(refuse)
    said = desk.writer.compose("hmeimim", ROUTINE, draft())
    unsaid = desk.writer.compose("hmeimim", ROUTINE, draft(kind="Not A Kind"))
    lost = desk.writer.compose("nowhere", ROUTINE, draft())
    desk.gate.set()
    results = await asyncio.gather(held, good, bad, said, unsaid, lost, return_exceptions=True)
    assert results[1] == 0
    assert [getattr(result, "code", "") for result in results[2:]] == [
        "alarm.unknown",
        "",
        "wire.bad-body",
        "node.unknown-peer",
    ]
    assert desk.failures == []


async def test_a_failed_commit_fails_its_jobs_and_no_later_one(desk: Desk) -> None:
    """A defect is told to the node and to each job; the writer goes on."""
    held = await desk.hold()
    defect = desk.writer.do(lambda journal: 1 // 0)
    beside = desk.writer.do(record)
    desk.gate.set()
    await held
    for future in (defect, beside):
        with pytest.raises(JournalError, match="ZeroDivisionError") as caught:
            await future
        assert caught.value.code == "journal.defect"
    assert [error.code for error in desk.failures] == ["journal.defect"]
    assert await desk.writer.do(record) == 0


async def test_a_store_that_fails_is_told_with_its_code(desk: Desk) -> None:
    """What SQLite refuses comes as the journal's own error."""
    with pytest.raises(JournalError) as caught:
        await desk.writer.do(lambda journal: journal.execute("SELECT nothing"))
    assert caught.value.code == "journal.store-failed"
    assert await desk.writer.do(record) == 0


async def test_whoever_gave_up_is_left_alone(desk: Desk) -> None:
    """Cancelled futures, of commits that succeed or fail, disturb nobody."""
    held = await desk.hold()
    given_up: list[asyncio.Future[Any]] = [
        desk.writer.do(record),
        desk.writer.compose("hmeimim", FLASH, draft()),
    ]
    for future in given_up:
        future.cancel()
    desk.gate.set()
    await held
    await desk.writer.do(record)
    size = await desk.writer.do(lambda journal: line_of(journal).own.size)
    assert size == 3, "what was handed over is entered all the same"
    held = await desk.hold()
    failing = desk.writer.do(lambda journal: 1 // 0)
    failing.cancel()
    beside = desk.writer.do(record)
    desk.gate.set()
    await held
    with pytest.raises(JournalError):
        await beside
    assert await desk.writer.do(record) == 3


async def test_a_node_that_stumbles_over_a_release_leaves_nobody_waiting(desk: Desk) -> None:
    """Answers are given even where the release, or the report of a failure, raises."""
    loop = asyncio.get_running_loop()
    stumbled: list[object] = []
    loop.set_exception_handler(lambda _, context: stumbled.append(context["exception"]))
    desk.stumbles = True
    assert await desk.writer.do(record) == 0
    with pytest.raises(JournalError):
        await desk.writer.do(lambda journal: 1 // 0)
    desk.stumbles = False
    assert [type(error) for error in stumbled] == [ZeroDivisionError] * 2


def test_a_loop_that_is_gone_does_not_end_the_writer(tmp_path: Path) -> None:
    """What was handed over is durable though nobody is left to be told."""
    journal = open_journal(tmp_path)
    gate = threading.Event()

    async def hand_over_and_leave() -> Writer:
        writer = Writer(
            journal,
            clock_us=lambda: T0_US,
            released=lambda committed: None,
            failed=lambda error: None,
        )
        writer.do(lambda journal: gate.wait(10))
        writer.compose("hmeimim", FLASH, draft())
        return writer

    writer = asyncio.run(hand_over_and_leave())
    gate.set()
    asyncio.run(writer.close())
    journal = open_journal(tmp_path)
    assert line_of(journal).own.size == 1
    journal.close()


async def test_a_reader_sees_each_commit_and_names_what_fails(desk: Desk, tmp_path: Path) -> None:
    """Reading goes on beside the writer; an error of the store is the journal's own."""
    reader = Reader(desk.journal.path)

    def count(connection: sqlite3.Connection) -> int:
        number: int = connection.execute("SELECT count(*) FROM message").fetchone()[0]
        return number

    for n in range(3):
        assert await reader.run(count) == n
        await desk.writer.compose("hmeimim", ROUTINE, draft())
    with pytest.raises(JournalError) as caught:
        await reader.run(lambda connection: connection.execute("DELETE FROM message"))
    assert caught.value.code == "journal.cannot-open"
    reader.close()
    unused = Reader(tmp_path / "nothing")
    unused.close()
