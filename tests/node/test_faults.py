"""What is broken on purpose is really broken, is found by what has to find it, and ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hotline.errors import HotlineError, JournalError, UsageError
from hotline.journal.journal import Journal
from hotline.journal.queries import messages
from hotline.model.kinds import Precedence
from hotline.model.messages import Service
from hotline.node.centre import Centre
from hotline.node.faults import BOUNDS
from hotline.node.spoiling import flipped
from hotline.node.watch import keep_watch
from hotline.wire.frames import EnvelopeFrame, Heartbeat, decode_frame, encode_frame
from tests.centres import (
    PATIENCE_S,
    STEP_S,
    centre_pair,
    eventually,
    line_up,
    lone_centre,
    now_us,
    receipted,
    running,
    say,
    sites,
)
from tests.node.grounds import rung, told, verified

PATROL = "iaf/01-patrol.json"


async def break_(
    centre: Centre, kind: str, amount: float = 0.0, for_s: float | None = None, peer: str = ""
) -> None:
    """Break something in the name of a director."""
    await centre.faults.begin(kind, amount=amount, for_s=for_s, peer=peer, by="director")


async def states(centre: Centre) -> list[tuple[object, ...]]:
    """Return what was entered of faults, oldest first: kind, state, and why it ended."""
    return [(one["kind"], one["state"], one.get("why", "")) for one in await told(centre, "fault")]


async def test_a_clock_that_is_off_is_off_in_what_is_signed(tmp_path: Path) -> None:
    """Shifted where it is read; the node itself finds that it was set; whole again at the end."""
    async with lone_centre(tmp_path) as centre:
        await break_(centre, "clock-offset", 120.0)
        composed = await centre.desk.send("", Service("hello"), Precedence.ROUTINE, "levy")
        assert composed.created_us - now_us() > 100_000_000
        with pytest.raises(UsageError):
            await break_(centre, "clock-offset", 1e9)
        await centre.faults.end("clock-offset", peer="", by="director")
        assert abs(centre.clock.wall_us() - now_us()) < 1_000_000
        assert await states(centre) == [
            ("clock-offset", "began", ""),
            ("clock-offset", "ended", "told"),
        ]
    verified([centre])


async def test_a_shifted_clock_rings_here_and_at_the_peer(tmp_path: Path) -> None:
    """Both find it by their own means: a step of the clock, and an offset beyond the letter's."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await break_(iaf, "clock-offset", -60.0)
        watching = asyncio.create_task(keep_watch(iaf))
        await eventually(lambda: any(a.code == "node.clock-stepped" for a in iaf.bell.standing))
        await eventually(lambda: any(a.code == "line.clock-offset" for a in hmeimim.bell.standing))
        watching.cancel()


async def test_a_slow_disk_makes_each_commit_slow(tmp_path: Path) -> None:
    """The transaction itself takes longer, and no more once it is over."""
    async with lone_centre(tmp_path) as centre:
        await break_(centre, "slow-disk", 0.05)
        centre.writer.commit_seconds.clear()
        await centre.desk.send("", Service("hello"), Precedence.ROUTINE, "levy")
        assert min(centre.writer.commit_seconds) >= 0.05
        await centre.faults.end("slow-disk", peer="", by="director")
        assert centre.journal.burden is None
    verified([centre])


async def test_a_full_disk_is_full_for_sqlite_and_the_line_comes_back(tmp_path: Path) -> None:
    """Nothing is recorded, so nothing is sent; what the peer sent is taken when it is over."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await say(iaf, PATROL)
        await break_(hmeimim, "full-disk")
        with pytest.raises(JournalError) as full:
            await hmeimim.desk.send("", Service("hello"), Precedence.ROUTINE, "orlov")
        assert full.value.code == "journal.full"
        sent = await iaf.desk.send("", Service("over"), Precedence.ROUTINE, "levy")
        await eventually(lambda: not iaf.line("").up)
        assert hmeimim.journal_error is not None
        await hmeimim.faults.end("full-disk", peer="", by="director")
        await receipted(iaf, sent.stream, sent.seq)
        await eventually(lambda: hmeimim.journal_error is None)
        async with asyncio.timeout(PATIENCE_S):
            while not await rung(hmeimim, "journal.failed"):
                await asyncio.sleep(STEP_S)
        assert [state for _, state, _ in await states(hmeimim)] == ["began", "ended"]
        assert len(await inbox(hmeimim)) == 2
    verified([iaf, hmeimim])


async def inbox(centre: Centre) -> list[bytes]:
    """Return the ids of what a centre received, line checks too."""
    found = await centre.reader.run(lambda at: messages(at, direction="in", limit=100))
    return [one.id for one in found]


async def test_a_full_disk_never_leaves_anything_behind(tmp_path: Path) -> None:
    """Also where SQLite had room after all: what is written to fill it is never committed."""
    async with lone_centre(tmp_path) as centre:
        await break_(centre, "full-disk")
        burden = centre.journal.burden
        assert burden is not None

        def with_room(journal: Journal) -> None:
            class Roomy:
                def execute(self, sql: str, parameters: tuple[object, ...] = ()) -> object:
                    if "max_page_count" in sql:
                        sql = "SELECT 1"
                    return journal.execute(sql, parameters)

            burden(Roomy())  # type: ignore[arg-type]

        centre.journal.burden = with_room
        with pytest.raises(JournalError) as full:
            await centre.desk.send("", Service("hello"), Precedence.ROUTINE, "orlov")
        assert full.value.code in ("journal.full", "journal.failed", "journal.store-failed")
    verified([centre])


async def test_a_corrupted_envelope_is_found_by_its_signature_and_sent_again(
    tmp_path: Path,
) -> None:
    """The peer enters a refusal and rings, the line comes back, the message arrives once."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        before = iaf.line("").changed_us
        await spoil_an_envelope(iaf)
        id_ = await say(iaf, PATROL)
        await line_up(iaf, hmeimim)
        assert iaf.line("").changed_us > before
        refused = await told(hmeimim, "refusal")
        assert [str(one["code"]) for one in refused] == ["trust.bad-signature"]
        assert await rung(hmeimim, "line.peer-misbehaved")
        assert await inbox(hmeimim) == [id_]
        assert not iaf.faults.lasting
        await eventually_states(iaf, [("corrupted-frame", "began", ""), SPENT])
    verified([iaf, hmeimim])


SPENT = ("corrupted-frame", "ended", "spent")


async def spoil_an_envelope(centre: Centre) -> None:
    """Have the next frame that carries an envelope spoilt, whatever is sent before it."""
    await break_(centre, "corrupted-frame")
    spoiling, spoil = centre.faults.spoiling, centre.faults.spoiling.on_the_way

    def only_envelopes(peer: str, frame: bytes) -> bytes:
        return spoil(peer, frame) if isinstance(decode_frame(frame), EnvelopeFrame) else frame

    spoiling.on_the_way = only_envelopes  # type: ignore[method-assign]


async def eventually_states(centre: Centre, expected: list[tuple[object, ...]]) -> None:
    """Return once this is what was entered of faults."""
    async with asyncio.timeout(30):
        while await states(centre) != expected:
            await asyncio.sleep(0.01)


async def test_any_other_corrupted_frame_is_found_by_its_form(tmp_path: Path) -> None:
    """Without traffic too the next frame, a heartbeat, ends the association; it comes back."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await say(iaf, PATROL)
        began = hmeimim.line("").changed_us
        await break_(hmeimim, "corrupted-frame", 2)
        await say(hmeimim, "hmeimim/02-patrol.json")
        await eventually(lambda: not hmeimim.faults.lasting)
        await line_up(iaf, hmeimim)
        assert hmeimim.line("").changed_us > began
        assert len(await told(iaf, "refusal")) >= 1
        assert len(await inbox(iaf)) == 1
    verified([iaf, hmeimim])


def test_a_flipped_bit_never_makes_another_frame() -> None:
    """The peer finds it by the form or by the signature: the one that was meant is not there."""
    beat = encode_frame(Heartbeat(1, 2, 3))
    with pytest.raises(HotlineError):
        decode_frame(flipped(beat))
    envelope = encode_frame(EnvelopeFrame(0, 1, b"envelope"))
    assert decode_frame(flipped(envelope)) == EnvelopeFrame(0, 1, b"envelopd")


async def test_a_replayed_envelope_is_answered_and_nothing_is_doubled(tmp_path: Path) -> None:
    """The peer counts it, gives the receipt that it gave, and the line stays up."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        up_since = iaf.line("").changed_us
        id_ = await say(iaf, PATROL)
        size = hmeimim.line("").stored.own.size
        await break_(iaf, "replayed-envelope", 2)
        repeated = hmeimim.metrics.repeated.labels("iaf")
        await eventually(lambda: repeated._value.get() == 2)
        await eventually(lambda: not iaf.faults.lasting)
        assert await inbox(hmeimim) == [id_]
        assert await told(hmeimim, "refusal") == await told(hmeimim, "equivocation") == []
        assert hmeimim.line("").stored.own.size == size
        assert iaf.line("").changed_us == up_since
        await say(iaf, "iaf/03-tanker.json")
    verified([iaf, hmeimim])


async def test_a_fault_ends_by_itself_is_replaced_and_ends_with_the_node(tmp_path: Path) -> None:
    """Each end has its reason; the node's own stop is the last."""
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    async with running(site.node()) as centre:
        await break_(centre, "clock-offset", 60.0, for_s=0.05)
        await eventually(lambda: not centre.faults.lasting)
        await eventually_states(
            centre, [("clock-offset", "began", ""), ("clock-offset", "ended", "over")]
        )
        await break_(centre, "clock-offset", 60.0)
        await break_(centre, "clock-offset", 90.0)
        assert [one.amount for one in centre.faults.lasting] == [90.0]
        shift_us = centre.clock.wall_us() - now_us()
        assert 80_000_000 < shift_us < 100_000_000
    async with running(site.node()) as again:
        ends = [why for _, _, why in await states(again)]
        assert ends == ["", "over", "", "replaced", "", "stopped"]
    verified([again])


async def test_what_lasted_when_the_node_was_killed_is_ended_at_its_start(tmp_path: Path) -> None:
    """Nothing is broken after a restart, and the record says so."""
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    async with running(site.node()) as centre:
        await break_(centre, "slow-disk", 0.01)
        await break_(centre, "replayed-envelope", 3, peer="iaf")
        centre.faults.close = _nothing  # type: ignore[method-assign]  # as if it were killed
        centre.journal.burden = None
    async with running(site.node()) as centre:
        assert not centre.faults.lasting
        assert [why for _, _, why in await states(centre)] == ["", "", "restarted", "restarted"]
    verified([centre])


async def _nothing() -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("kind", "amount", "for_s", "peer", "code"),
    [
        ("node-kill", 0, None, "", "fault.unknown-kind"),
        ("slow-disk", -1, None, "", "fault.bad-amount"),
        ("slow-disk", float("nan"), None, "", "fault.bad-amount"),
        ("full-disk", 1, None, "", "fault.bad-amount"),
        ("slow-disk", 1, 0, "", "fault.bad-time"),
        ("slow-disk", 1, float("nan"), "", "fault.bad-time"),
        ("corrupted-frame", 1, None, "atlantis", "node.unknown-peer"),
    ],
)
async def test_what_cannot_be_broken_so_is_refused(
    tmp_path: Path, kind: str, amount: float, for_s: float | None, peer: str, code: str
) -> None:
    """With its code, and nothing is entered."""
    async with lone_centre(tmp_path) as centre:
        with pytest.raises(UsageError) as refused:
            await break_(centre, kind, amount, for_s, peer)
        assert refused.value.code == code
        assert await told(centre, "fault") == []
        assert kind in BOUNDS or code == "fault.unknown-kind"
