"""What two notices mean for each other, told by two real nodes: at once, to both, on record."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
import pytest

from hotline.airspace.activity import Key
from hotline.errors import UsageError
from hotline.journal.queries import messages
from hotline.model.kinds import Precedence
from hotline.model.messages import (
    Activation,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Withdrawal,
)
from hotline.model.times import format_time
from hotline.model.volume import Altitude, Polygon, Position, Volume4D
from hotline.node import watch
from hotline.node.centre import Centre
from hotline.node.desk import stored_flags
from tests.centres import centre_pair, eventually, now_us
from tests.node.skies import (
    blurt,
    box,
    clocked_pair,
    entered,
    flags,
    found,
    heard,
    notice,
    patrol,
    revision,
    rings,
    send,
    set_clocks,
    silent,
    told,
    verified,
)

CONFLICT = "airspace.conflict"
ELSEWHERE = box(36.0, 36.0)


@pytest.fixture(autouse=True)
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 0.02)


async def in_conflict(iaf: Centre, hmeimim: Centre) -> None:
    """Have both say where they fly, and wait until all are told."""
    await send(iaf, notice("IAF-0001"))
    await send(hmeimim, notice("HMEIMIM-0001"))
    for centre in (iaf, hmeimim):
        await eventually(partial(rings, centre, CONFLICT))
    await heard(hmeimim, 1)


async def test_two_notices_that_meet(tmp_path: Path) -> None:
    """The receiver's is flagged, both sides ring and enter it, and the composer is told."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        ours = await send(iaf, patrol("IAF-0001"))
        theirs = await send(hmeimim, patrol("HMEIMIM-0001"))
        shown = await flags(iaf, theirs)
        assert "conflict with IAF-0001 from " in shown[CONFLICT]
        for centre in (iaf, hmeimim):
            await eventually(partial(rings, centre, CONFLICT))
        (said,) = await heard(hmeimim, 1)
        assert (said.reference, said.other) == ("IAF-0001", "HMEIMIM-0001")
        assert said.relation == "conflict"
        assert said.position is not None
        (here,) = await entered(iaf, 1)
        (there,) = await entered(hmeimim, 1)
        assert (here.own, here.other, here.cause) == (ours, theirs, "notice")
        assert (there.own, there.other) == (theirs, ours)
        assert (here.relation, here.before) == ("conflict", "")
        assert not await told(iaf), "who composes does not tell"
        verified(iaf, hmeimim)


async def test_revision_that_resolves(tmp_path: Path) -> None:
    """It is said so: flag, record, alarm cleared, and a message that says what resolved it."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await in_conflict(iaf, hmeimim)
        id_ = await send(hmeimim, revision("HMEIMIM-0001", 1, ELSEWHERE))
        shown = await flags(iaf, id_)
        assert shown["airspace.resolved"].endswith("resolved by revision 1 of HMEIMIM-0001")
        for centre in (iaf, hmeimim):
            await eventually(partial(silent, centre, CONFLICT))
            _, last = await entered(centre, 2)
            assert (last.relation, last.before, last.cause) == ("clear", "conflict", "revision")
            assert last.caused_by == id_
        _, last_told = await heard(hmeimim, 2)
        assert last_told.relation == "clear"
        assert last_told.reason == "resolved by revision 1 of HMEIMIM-0001"
        assert (last_told.other, last_told.other_revision) == ("HMEIMIM-0001", 1)
        verified(iaf, hmeimim)


@pytest.mark.parametrize("way", ["withdrawal", "end"])
async def test_what_is_over_is_resolved(tmp_path: Path, way: str) -> None:
    """A withdrawal, or an end after an activation, resolves it, and the peer is told."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await in_conflict(iaf, hmeimim)
        if way == "withdrawal":
            await send(iaf, Withdrawal("IAF-0001"))
        else:
            await send(iaf, Activation("IAF-0001", format_time(now_us())))
            await send(iaf, End("IAF-0001", format_time(now_us())))
        # Who receives it tells: this time hmeimim.
        (said,) = await heard(iaf, 1)
        assert (said.relation, said.reason) == ("clear", f"resolved by {way} of IAF-0001")
        for centre in (iaf, hmeimim):
            await eventually(partial(silent, centre, CONFLICT))
            _, last = await entered(centre, 2)
            assert (last.relation, last.cause) == ("clear", way)
        verified(iaf, hmeimim)


async def test_plan_that_expires(tmp_path: Path) -> None:
    """By the clock alone: both sides enter it and are silent, and nobody needs to be told."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        await in_conflict(iaf, hmeimim)
        set_clocks(iaf, hmeimim, seconds=7300)
        for centre in (iaf, hmeimim):
            await eventually(partial(silent, centre, CONFLICT))
            _, last = await entered(centre, 2)
            assert (last.relation, last.cause, last.caused_by) == ("clear", "expiry", None)
            (line,) = centre.lines.values()
            await eventually(lambda line=line: not len(line.airspace.compared.current))
        assert [one.relation for one in await told(hmeimim)] == ["conflict"]
        verified(iaf, hmeimim)


async def test_flash_is_there_by_right(tmp_path: Path) -> None:
    """It is told all the same, as urgently as it is, and said so."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        id_ = await send(hmeimim, notice("HMEIMIM-0001"), Precedence.FLASH)
        assert "by right of FLASH, IAF-0001 gives way" in (await flags(iaf, id_))[CONFLICT]
        (said,) = await heard(hmeimim, 1)
        assert said.reason == "by right of FLASH"
        (one,) = await entered(iaf, 1)
        assert one.by_right


async def test_proximity(tmp_path: Path) -> None:
    """Nearer than the letter's minima: flagged and told, and no conflict."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        id_ = await send(hmeimim, notice("HMEIMIM-0001", box(33.6, 33.11)))
        shown = await flags(iaf, id_)
        assert "NM) apart" in shown["airspace.proximity"]
        assert CONFLICT not in shown
        (said,) = await heard(hmeimim, 1)
        assert said.distance_m is not None
        assert 0 < said.distance_m < 5556
        for centre in (iaf, hmeimim):
            await eventually(partial(rings, centre, "airspace.proximity"))
        verified(iaf, hmeimim)


def at(*corners: tuple[float, float]) -> Volume4D:
    """Return the usual square with other corners."""
    vertices = tuple(Position(lat, lon) for lat, lon in corners)
    return msgspec.structs.replace(box(), outline_polygon=Polygon(vertices))


UNCOMPUTABLE = {
    "latitude 91": at((91.0, 33.0), (33.0, 33.0), (33.0, 34.0)),
    "unknown unit": msgspec.structs.replace(box(), altitude_lower=Altitude(3.0, "furlong")),
    "time without zone": msgspec.structs.replace(box(), time_start="2026-03-01T10:00:00"),
    "levels backwards": msgspec.structs.replace(
        box(), altitude_lower=Altitude(300.0, "fl", "standard")
    ),
    "no outline": msgspec.structs.replace(box(), outline_polygon=None),
}


@pytest.mark.parametrize("what", UNCOMPUTABLE)
async def test_what_cannot_be_computed_is_possible(tmp_path: Path, what: str) -> None:
    """It is delivered, flagged and alarmed about, and the peer's officer is told."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        id_ = await blurt(hmeimim, notice("HMEIMIM-0001", UNCOMPUTABLE[what]))
        assert "possible conflict with IAF-0001" in (await flags(iaf, id_))["airspace.possible"]
        for centre in (iaf, hmeimim):
            await eventually(partial(rings, centre, "airspace.possible"))
        (said,) = await heard(hmeimim, 1)
        assert said.relation == "possible"
        assert said.reason
        verified(iaf, hmeimim)


async def test_ring_that_crosses_itself(tmp_path: Path) -> None:
    """It is delivered, flagged, and taken as it stands."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        crossed = at((33.6, 32.6), (34.1, 33.1), (34.1, 32.6), (33.6, 33.1))
        shown = await flags(iaf, await blurt(hmeimim, notice("HMEIMIM-0001", crossed)))
        assert CONFLICT in shown
        assert any(code.startswith("model.") for code in shown)


async def test_notice_that_cannot_be_read(tmp_path: Path) -> None:
    """What nobody can decode is possibly in conflict with all that we have announced."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        bad = msgspec.structs.replace(notice("HMEIMIM-0001"), title=7)  # type: ignore[arg-type]
        shown = await flags(iaf, await blurt(hmeimim, bad))
        assert "airspace.possible" in shown
        await eventually(
            lambda: any(alarm.code == "airspace.possible" for alarm in iaf.bell.standing)
        )


async def test_short_notice(tmp_path: Path) -> None:
    """It is delivered, flagged, alarmed about and counted."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        id_ = await send(hmeimim, notice("HMEIMIM-0001", box(begins_s=60)))
        assert (await flags(iaf, id_))["notice.short-warning"].startswith("warning time ")
        await eventually(
            lambda: any(alarm.code == "notice.short-warning" for alarm in iaf.bell.standing)
        )
        assert b'hotline_short_notices_total{line="hmeimim"} 1.0' in iaf.metrics.text()


async def test_contradiction(tmp_path: Path) -> None:
    """Words that say something else than the numbers are flagged."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        said = notice("HMEIMIM-0001", title="Patrol north of Cyprus")
        shown = await flags(iaf, await send(hmeimim, said))
        assert "airspace.direction-differs" in shown


async def test_life_cycle_is_flagged(tmp_path: Path) -> None:
    """Steps that do not follow, gaps and old revisions: delivered, flagged, and nothing changed.

    What an old revision says that was not known is compared all the same.
    """
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        strange = await blurt(hmeimim, Withdrawal("IAF-0001"))
        assert "model.wrong-actor" in await flags(iaf, strange)
        unknown = await blurt(hmeimim, End("HMEIMIM-0009", box().time_start))
        assert "model.undefined-step" in await flags(iaf, unknown)
        await send(hmeimim, notice("HMEIMIM-0001", ELSEWHERE))
        gap = await blurt(hmeimim, revision("HMEIMIM-0001", 3, ELSEWHERE))
        assert "model.revision-gap" in await flags(iaf, gap)
        old = await blurt(hmeimim, revision("HMEIMIM-0001", 2, box()))
        shown = await flags(iaf, old)
        assert "model.revision-old" in shown
        assert CONFLICT in shown
        (line,) = iaf.lines.values()
        held = line.airspace.current.get(Key("hmeimim", "HMEIMIM-0001"))
        assert held is not None
        assert (held.life.revision, held.content.volumes) == (3, (ELSEWHERE,))


async def test_what_does_not_follow_is_compared_all_the_same(tmp_path: Path) -> None:
    """A second notice under one reference, and a revision of none, fly somewhere too."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await send(hmeimim, notice("HMEIMIM-0001", ELSEWHERE))
        again = await blurt(hmeimim, notice("HMEIMIM-0001"))
        lost = await blurt(hmeimim, revision("HMEIMIM-0007", 2, box()))
        off = await blurt(
            hmeimim, Contingency("HMEIMIM-0008", box().time_start, "adrift", (box(),))
        )
        for id_ in (again, lost, off):
            shown = await flags(iaf, id_)
            assert "model.undefined-step" in shown
            assert CONFLICT in shown
        assert [one.other for one in await heard(hmeimim, 3)] == [
            "HMEIMIM-0001",
            "HMEIMIM-0007",
            "HMEIMIM-0008",
        ]
        verified(iaf, hmeimim)


async def test_what_is_outside_of_its_volumes(tmp_path: Path) -> None:
    """Where it is expected instead counts beside, until it is back."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await send(hmeimim, notice("HMEIMIM-0001", ELSEWHERE))
        begun = format_time(now_us())
        await send(hmeimim, Activation("HMEIMIM-0001", begun))
        id_ = await send(hmeimim, Nonconformance("HMEIMIM-0001", begun, "drift", (box(),)))
        assert CONFLICT in await flags(iaf, id_)
        back = await send(hmeimim, Activation("HMEIMIM-0001", begun))
        assert "activation of HMEIMIM-0001" in (await flags(iaf, back))["airspace.resolved"]
        verified(iaf, hmeimim)


async def test_lateness(tmp_path: Path) -> None:
    """Activations and ends that do not come ring at both, and are silent once they do."""
    async with clocked_pair(tmp_path) as (iaf, hmeimim):
        volume = box()
        await send(hmeimim, notice("HMEIMIM-0001", volume))
        set_clocks(iaf, hmeimim, seconds=3600 + 302)
        for centre in (iaf, hmeimim):
            await eventually(partial(rings, centre, "notice.activation-late"))
        id_ = await send(hmeimim, Activation("HMEIMIM-0001", later(volume, 302)))
        assert "after its start" in (await flags(iaf, id_))["notice.activation-late"]
        for centre in (iaf, hmeimim):
            await eventually(partial(silent, centre, "notice.activation-late"))
        set_clocks(iaf, hmeimim, seconds=3600)
        for centre in (iaf, hmeimim):
            await eventually(partial(rings, centre, "notice.overrun"))
        # It flies on: what we announce for later meets it.
        ours = notice("IAF-0001", box(begins_s=7800))
        await send(iaf, ours)
        await eventually(partial(rings, iaf, CONFLICT))
        set_clocks(iaf, hmeimim, seconds=601)
        for centre in (iaf, hmeimim):
            await eventually(partial(rings, centre, "notice.end-missing"))
            assert silent(centre, "notice.overrun")
        id_ = await send(hmeimim, End("HMEIMIM-0001", later(volume, 3600 + 700)))
        assert "after the end of its times" in (await flags(iaf, id_))["notice.overrun"]
        for centre in (iaf, hmeimim):
            await eventually(partial(silent, centre, "notice.end-missing"))
            await eventually(partial(silent, centre, CONFLICT))
        verified(iaf, hmeimim)


def later(volume: Volume4D, seconds: int) -> str:
    """Return a time so many seconds after a volume's start."""
    assert volume.start_us is not None
    return format_time(volume.start_us + seconds * 1_000_000)


async def test_peer_that_finds_something_else(tmp_path: Path) -> None:
    """A message of its node that disagrees with ours is flagged; one that agrees is not."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await in_conflict(iaf, hmeimim)
        wrong = Conflict("HMEIMIM-0001", 0, "IAF-0001", 0, "proximity")
        shown = await flags(iaf, await blurt(hmeimim, wrong))
        assert shown["airspace.disagrees"] == (
            "the peer's node finds proximity, this node finds conflict"
        )
        right = msgspec.structs.replace(wrong, relation="conflict")
        assert "airspace.disagrees" not in await flags(iaf, await blurt(hmeimim, right))
        older = msgspec.structs.replace(wrong, revision=1)
        assert "airspace.disagrees" not in await flags(iaf, await blurt(hmeimim, older))
        unknown = msgspec.structs.replace(wrong, other="IAF-0099")
        assert "IAF-0099" in (await flags(iaf, await blurt(hmeimim, unknown)))["airspace.disagrees"]
        assert len(await found(iaf)) == 1, "a message about a relation begins none"


async def test_letters_that_differ(tmp_path: Path) -> None:
    """Each node judges by its own letter, tells the other, and is told that they disagree."""

    def wider(letter: str) -> str:
        return letter.replace("lateral_m = 5556", "lateral_m = 55560")

    async with clocked_pair(tmp_path, amend={"iaf": wider}) as (iaf, hmeimim):
        await send(iaf, notice("IAF-0001"))
        await send(hmeimim, notice("HMEIMIM-0001", box(33.6, 33.3)))
        await heard(hmeimim, 1)
        assert not await found(hmeimim)
        row = (await told_flags(hmeimim))[0]
        assert row["airspace.disagrees"].endswith("proximity, this node finds clear")
        assert len(await found(iaf)) == 1


async def told_flags(centre: Centre) -> list[dict[str, str]]:
    """Return the flags of what the peer's node has told."""
    rows = await centre.reader.run(partial(messages, direction="in", kinds=("conflict",)))
    return [{flag.code: flag.text for flag in stored_flags(row)} for row in rows]


@pytest.mark.parametrize(
    "message", [Conflict("IAF-0001", 0, "HMEIMIM-0001", 0, "clear"), LineCheck("are you there?")]
)
async def test_what_nodes_compose_no_officer_sends(tmp_path: Path, message: Message) -> None:
    """A file or request of such a kind is refused, with the mend."""
    async with centre_pair(tmp_path) as (iaf, _):
        with pytest.raises(UsageError) as refused:
            await iaf.desk.send("", message, Precedence.ROUTINE, "levy")
        assert refused.value.code == "node.composed-by-node"
