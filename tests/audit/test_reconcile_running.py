"""Two real nodes over real TLS, stopped and running: their records agree at any moment."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.findings import Reconciliation
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.node.centre import Centre
from hotline.node.place import read_place
from tests.centres import centre_pair, drafted, line_up, receipted, say

ROUNDS = 12
"""Times that the records are compared while the line is busy."""


def record_of(directory: Path) -> JournalRecord:
    """Open the record in a node's directory."""
    place = read_place(directory / "node.toml")
    return JournalRecord(
        str(directory), place.journal, place.card, place.peers, witnesses=place.witnesses
    )


def compare(a: Path, b: Path, *, verify: bool) -> Reconciliation:
    """Reconcile the records in two directories."""
    first, second = record_of(a), record_of(b)
    with closing(first), closing(second):
        return reconcile(first, second, verify=verify)


def assert_agree(found: Reconciliation) -> None:
    """Fail with what differs."""
    text = "\n".join(f"{one.code}: {one.text}" for one in found.differences)
    # At the very first moments nothing may be there that could be compared.
    assert found.agree or not (found.compared or found.differences), text


async def test_a_pair_agrees_while_it_runs_and_when_it_is_stopped(tmp_path: Path) -> None:
    """Either order, with every message counted; both sides have measured the other's clock."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        said = [await say(iaf, "iaf/01-patrol.json"), await say(hmeimim, "hmeimim/02-patrol.json")]
        running = await asyncio.to_thread(
            compare, tmp_path / "iaf", tmp_path / "hmeimim", verify=True
        )
        assert_agree(running)
        assert set(said) <= {one.message for one in running.exchanges}
        assert {clock.measured_by for clock in running.clocks} >= {"a", "b"}
    for a, b in (("iaf", "hmeimim"), ("hmeimim", "iaf")):
        stopped = await asyncio.to_thread(compare, tmp_path / a, tmp_path / b, verify=True)
        assert_agree(stopped)
        assert stopped.messages >= running.messages


async def test_a_busy_pair_agrees_at_any_moment(tmp_path: Path) -> None:
    """Read one after the other while both talk and the line is cut: open items, no differences."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        talking = [asyncio.create_task(_talk(*pair)) for pair in _talks(iaf, hmeimim)]
        beyond = 0
        try:
            for number in range(ROUNDS):
                order = ("iaf", "hmeimim") if number % 2 else ("hmeimim", "iaf")
                found = await asyncio.to_thread(
                    compare, *(tmp_path / each for each in order), verify=False
                )
                assert_agree(found)
                beyond += len(found.open)
                if number % 4 == 3:
                    (line,) = iaf.lines.values()
                    if line.connection is not None:
                        await line.connection.close("line.stopping", "cut by the test")
                    await line_up(iaf, hmeimim)
        finally:
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)
        assert beyond, "the records were never read in the midst of something"
        for task in talking:
            assert task.cancelled()


def _talks(iaf: Centre, hmeimim: Centre) -> list[tuple[Centre, str]]:
    return [(iaf, "iaf/14-advisory.json"), (hmeimim, "hmeimim/18-advisory.json")]


async def _talk(centre: Centre, name: str) -> None:
    """Say the same again and again, several at once, and wait for receipts now and then."""
    draft = drafted(name)
    while True:
        composed = await asyncio.gather(
            *(centre.desk.send("", draft.message, draft.precedence, "tester") for _ in range(5))
        )
        await receipted(centre, composed[-1].stream, composed[-1].seq)
