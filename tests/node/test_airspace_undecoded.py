"""What cannot be decoded at all stands as possible with all of the other side, before and after."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from hotline.airspace.activity import Key
from hotline.errors import UsageError
from hotline.journal.outgoing import Draft
from hotline.model.answering import ANSWERED
from hotline.model.kinds import Kind, Relation
from hotline.model.messages import (
    Contingency,
    End,
    Message,
    Reply,
    Withdrawal,
    encode_payload,
    kind_of,
)
from hotline.model.times import format_time
from hotline.model.volume import Circle, Position
from hotline.node.airspace import holding
from hotline.node.airspace.line_airspace import LineAirspace
from hotline.node.centre import Centre
from hotline.wire.undecoded import STANDS_US, reference_of
from tests.centres import centre_pair, eventually, line_up, now_us, receipted, running, sites
from tests.node.skies import (
    ROUTINE,
    blurt,
    box,
    clocked_pair,
    flags,
    heard,
    notice,
    revision,
    rings,
    send,
    set_clocks,
    verified,
)

POSSIBLE = Relation.POSSIBLE
NOT_FINITE = box(outline_polygon=None, outline_circle=Circle(Position(33.8, math.nan), 5_000))


def not_finite(reference: str) -> bytes:
    """Return a notice of a circle around a place that is no number."""
    return encode_payload(notice(reference, NOT_FINITE))


def too_many(reference: str) -> bytes:
    """Return a notice with one corner more than a list of a message may hold."""
    corner = {"lat": 33, "lng": 32}
    volume = {"outline_polygon": {"vertices": [corner] * 10_001}}
    return msgspec.msgpack.encode({"reference": reference, "volumes": [volume]})


def between(centre: Centre, key: Key) -> dict[str, Relation]:
    """Return what a notice of a centre is to others, by their references."""
    (line,) = centre.lines.values()
    return {one.other.reference: one.kind for one in line.airspace.relations_of(key)}


async def raw(centre: Centre, kind: Kind, payload: bytes) -> bytes:
    """Have a centre say bytes that are no message of that kind."""
    (line,) = centre.lines.values()
    wants = line.letter.reply_deadline(ROUTINE) if kind.value in ANSWERED else None
    composed = await centre.desk.enter(
        line, ROUTINE, Draft(kind.value, payload, answer_within_s=wants)
    )
    await receipted(centre, composed.stream, composed.seq)
    return composed.id


async def nameless(centre: Centre) -> tuple[bytes, str]:
    """Have a centre send a notice without a reference to be read; return its id and its name."""
    id_ = await raw(centre, Kind.NOTICE, b"\x81")
    return id_, reference_of(id_)


def subjects(centre: Centre) -> set[str]:
    """Return what the alarms about relations that ring at a centre are about."""
    return {one.subject for one in centre.bell.standing if one.code == "airspace.possible"}


async def settled(*centres: Centre) -> None:
    """Wait until nothing is left to compare."""
    for centre in centres:
        (line,) = centre.lines.values()
        await eventually(partial(_compared, line.airspace))


def _compared(airspace: LineAirspace) -> bool:
    return not airspace.loading and not airspace.compared.unfinished


async def bad_notice(centre: Centre, reference: str) -> bytes:
    """Have a centre send a notice that cannot be decoded, but for its reference."""
    return await raw(centre, Kind.NOTICE, not_finite(reference))


@pytest.mark.parametrize("payload", [not_finite, too_many])
async def test_it_is_possible_with_what_is_announced_before_and_after(
    tmp_path: Path, payload: Callable[[str], bytes]
) -> None:
    """On both sides, with an alarm each, and each is told of it by the other."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-1"))
        id_ = await raw(hmeimim, Kind.NOTICE, payload("H-BAD"))
        assert "airspace.possible" in await flags(iaf, id_)
        await send(iaf, notice("IAF-2", box(-40.0, 100.0)))
        await settled(iaf, hmeimim)
        for ours in ("IAF-1", "IAF-2"):
            assert between(iaf, Key("iaf", ours)) == {"H-BAD": POSSIBLE}
        theirs = {"IAF-1": POSSIBLE, "IAF-2": POSSIBLE}
        assert between(hmeimim, Key("hmeimim", "H-BAD")) == theirs
        await eventually(lambda: {"IAF-1 H-BAD", "IAF-2 H-BAD"} <= subjects(iaf))
        await eventually(lambda: {"H-BAD IAF-1", "H-BAD IAF-2"} <= subjects(hmeimim))
        (line,) = iaf.lines.values()
        assert line.airspace.counts()[POSSIBLE] == 2
        assert line.up
        for centre, pair in ((hmeimim, ("IAF-1", "H-BAD")), (iaf, ("H-BAD", "IAF-2"))):
            (said,) = await heard(centre, 1)
            assert (said.reference, said.other, said.relation) == (*pair, "possible")
        verified(iaf, hmeimim)


async def test_it_is_flagged_though_there_is_nothing_to_compare_it_with(tmp_path: Path) -> None:
    """Whoever reads it first has to know what it is taken for; no alarm rings for that."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        id_ = await bad_notice(hmeimim, "H-BAD")
        assert "cannot be read" in (await flags(iaf, id_))["airspace.possible"]
        assert not subjects(iaf)


async def test_it_ends_with_a_withdrawal_or_revision_by_its_reference(tmp_path: Path) -> None:
    """What is said of it by its name counts, though its volumes could not be read."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-1"))
        for name in ("H-1", "H-2"):
            await bad_notice(hmeimim, name)
        await settled(iaf)
        assert between(iaf, Key("iaf", "IAF-1")) == {"H-1": POSSIBLE, "H-2": POSSIBLE}
        await blurt(hmeimim, Withdrawal("H-1"))
        await blurt(hmeimim, revision("H-2", 1, box(10.0, 10.0)))
        await settled(iaf, hmeimim)
        assert between(iaf, Key("iaf", "IAF-1")) == {}
        assert between(hmeimim, Key("hmeimim", "H-2")) == {}
        verified(iaf, hmeimim)


async def test_a_revision_that_cannot_be_decoded_takes_the_notice_everywhere(
    tmp_path: Path,
) -> None:
    """So does what is out of control, which alarms as such; both end like any other."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-1"))
        for name in ("H-1", "H-2"):
            await blurt(hmeimim, notice(name, box(10.0, 10.0)))
        await settled(iaf)
        assert between(iaf, Key("iaf", "IAF-1")) == {}
        worse: list[Message] = [
            revision("H-1", 1, NOT_FINITE),
            Contingency("H-2", format_time(now_us()), "no link", (NOT_FINITE,)),
        ]
        for message in worse:
            await raw(hmeimim, kind_of(message), encode_payload(message))
        await settled(iaf)
        assert between(iaf, Key("iaf", "IAF-1")) == {"H-1": POSSIBLE, "H-2": POSSIBLE}
        await eventually(lambda: rings(iaf, "notice.contingency"))
        await blurt(hmeimim, revision("H-1", 2, box(10.0, 10.0)))
        await settled(iaf)
        assert between(iaf, Key("iaf", "IAF-1")) == {"H-2": POSSIBLE}


@pytest.mark.parametrize("answer", ["reject", "counter", "stand-by"])
async def test_one_without_a_name_stands_until_an_officer_has_dealt_with_it(
    tmp_path: Path, answer: str
) -> None:
    """A refusal or another proposal ends it on both sides, and after a restart; no other reply."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await send(iaf, notice("IAF-1"))
            id_, name = await nameless(hmeimim)
            await settled(iaf, hmeimim)
            assert between(iaf, Key("iaf", "IAF-1")) == {name: POSSIBLE}
            proposal = (box(),) if answer == "counter" else ()
            reply = Reply(id_.hex(), "", answer, None, "say again", proposal, "levy")
            await send(iaf, reply)
            await settled(iaf, hmeimim)
            left = {name: POSSIBLE} if answer == "stand-by" else {}
            assert between(iaf, Key("iaf", "IAF-1")) == left
            assert bool(between(hmeimim, Key("hmeimim", name))) is bool(left)
            (line,) = iaf.lines.values()
            assert line.airspace.counts()[POSSIBLE] == len(left)
            verified(iaf, hmeimim)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await settled(iaf)
            assert between(iaf, Key("iaf", "IAF-1")) == left


async def test_a_reply_takes_out_nothing_that_only_has_that_name(tmp_path: Path) -> None:
    """A notice named after the digits of a message stands on when that message is rejected."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-1"))
        id_ = await bad_notice(hmeimim, "H-BAD")
        named = reference_of(id_)
        await blurt(hmeimim, notice(named))
        await send(iaf, Reply(id_.hex(), "", "reject", None, "no", (), "levy"))
        wanted = {"H-BAD": POSSIBLE, named: Relation.CONFLICT}
        await settled(iaf, hmeimim)
        assert between(iaf, Key("iaf", "IAF-1")) == wanted
        (line,) = iaf.lines.values()
        line.airspace.failed()
        await settled(iaf)
        assert between(iaf, Key("iaf", "IAF-1")) == wanted


async def test_it_stands_after_a_restart_and_is_compared_with_what_comes_then(
    tmp_path: Path,
) -> None:
    """What stood is read from the journal, what cannot be decoded like all else."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await bad_notice(hmeimim, "H-BAD")
            _, name = await nameless(hmeimim)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            await send(iaf, notice("IAF-1"))
            await settled(iaf, hmeimim)
            assert between(iaf, Key("iaf", "IAF-1")) == {"H-BAD": POSSIBLE, name: POSSIBLE}
            verified(iaf, hmeimim)


async def test_it_ends_by_itself_after_thirty_days(tmp_path: Path) -> None:
    """Nothing that is never taken back stands for ever."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        await nameless(hmeimim)
        (line,) = iaf.lines.values()
        assert line.airspace.current.count("hmeimim") == 1
        set_clocks(iaf, hmeimim, seconds=STANDS_US / 1e6 + 1)
        await line.airspace.tick()
        assert line.airspace.current.count("hmeimim") == 0


async def test_a_fault_with_a_reply_to_one_is_no_error_of_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an officer answers is sent, though the program fails at what it ends."""

    def wrong(*_: object, **__: object) -> None:
        raise RuntimeError("dismiss")

    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-1"))
        id_, name = await nameless(hmeimim)
        (line,) = iaf.lines.values()
        monkeypatch.setattr(line.airspace, "dismiss", wrong)
        await send(iaf, Reply(id_.hex(), "", "reject", None, "no", (), "levy"))
        assert between(iaf, Key("iaf", "IAF-1")) == {name: POSSIBLE}
        assert iaf.metrics.stumbles.labels("hmeimim")._value.get() == 1


async def test_an_answer_while_the_journal_is_read_counts(tmp_path: Path) -> None:
    """What is answered may not be loaded yet: the answer waits for it."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-1"))
        id_, _ = await nameless(hmeimim)
        (line,) = iaf.lines.values()
        line.airspace.failed()
        await send(iaf, Reply(id_.hex(), "", "reject", None, "no", (), "levy"))
        await settled(iaf)
        assert between(iaf, Key("iaf", "IAF-1")) == {}


async def test_an_expired_plan_is_called_expired(tmp_path: Path) -> None:
    """Whoever ends what nobody activated is told so, and not that it is planned."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-1"))
        set_clocks(iaf, hmeimim, seconds=3 * 3600)
        with pytest.raises(UsageError, match="the notice is expired"):
            await send(iaf, End("IAF-1", format_time(iaf.clock.wall_us())))


async def test_a_flood_of_them_is_bounded_as_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond what is held each is flagged as possible with anything, and takes no room."""
    monkeypatch.setattr(holding, "MAX_STANDING", 3)
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        ids = [await bad_notice(hmeimim, f"H-{number}") for number in range(5)]
        (line,) = iaf.lines.values()
        assert line.airspace.current.count("hmeimim") == 3
        assert "too many notices" in (await flags(iaf, ids[-1]))["airspace.possible"]
