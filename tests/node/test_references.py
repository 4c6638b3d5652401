"""Whose notice is meant: a peer that calls its notices as ours stops and hides nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
import pytest

from hotline.airspace.activity import Key
from hotline.api.composing import check
from hotline.cli.log.reconcile import reconcile_paths
from hotline.errors import UsageError
from hotline.journal.queries import find_message, thread
from hotline.model.kinds import Answer, Precedence
from hotline.model.messages import Reply, Revision, Withdrawal
from hotline.model.reading import Draft
from hotline.node import watch
from hotline.node.centre import Centre
from tests.centres import centre_pair, eventually
from tests.node.skies import blurt, box, flags, notice, revision, send, verified

ELSEWHERE = box(36.0, 36.0)
OURS = "notice.reference-ours"


@pytest.fixture(autouse=True)
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 0.02)


def said_once(centre: Centre) -> bool:
    """Say whether the alarm has been raised, which is about what has happened."""
    return any(alarm.code == OURS for alarm in centre.bell.standing)


async def reference_of(centre: Centre, id_: bytes) -> str | None:
    """Return the reference of a message."""
    return (await centre.reader.run(partial(find_message, name=id_.hex()))).reference


async def test_no_peer_stops_our_next_notice(tmp_path: Path) -> None:
    """However many of our next numbers the peer takes, ours are composed, checked and numbered."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await send(iaf, notice(""))
        for number in (2, 3):
            taken = await blurt(hmeimim, notice(f"IAF-{number:04}", ELSEWHERE))
            assert OURS in await flags(iaf, taken)
        (line,) = iaf.lines.values()
        draft = Draft(Precedence.ROUTINE, notice(""))
        assert (await check(line, draft, Precedence.ROUTINE, "levy")).kind == "notice"
        for number in (2, 3):
            id_ = await send(iaf, notice(""))
            assert await reference_of(iaf, id_) == f"IAF-{number:04}"
            held = line.airspace.current.get(Key("iaf", f"IAF-{number:04}"))
            assert held is not None
            assert held.id == id_
        # What is said of the name from here on is said of ours, and of the peer's by the peer.
        await send(iaf, Revision("IAF-0002", 0, "Patrol", "patrol", (box(33.7),)))
        moved = await blurt(hmeimim, revision("IAF-0003", 1, box(35.0, 35.0)))
        assert "model.wrong-actor" not in await flags(iaf, moved)
        ours, theirs = (
            line.airspace.current.get(Key(one, "IAF-0003")) for one in ("iaf", "hmeimim")
        )
        assert ours is not None
        assert theirs is not None
        assert (ours.life.revision, theirs.life.revision) == (0, 1)
        verified(iaf, hmeimim)
    # Nothing of it is a difference, or does not hold, when the two records lie side by side.
    compared = reconcile_paths(*(tmp_path / one for one in ("iaf", "hmeimim")))
    assert compared.agree


async def test_a_name_of_ours_is_flagged_and_an_alarm_where_ours_stands(tmp_path: Path) -> None:
    """The peer's notice under a name of ours is delivered, flagged; ours has its thread."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        ours = await send(iaf, notice("", ELSEWHERE))
        harmless = await blurt(hmeimim, notice("HMEIMIM-0001", ELSEWHERE))
        assert OURS not in await flags(iaf, harmless)
        wrong = await blurt(hmeimim, Withdrawal("IAF-0001"))
        assert OURS not in await flags(iaf, wrong)
        ahead = await blurt(hmeimim, notice("IAF-0099"))
        assert "as iaf gives them" in (await flags(iaf, ahead))[OURS]
        assert not said_once(iaf)
        theirs = await blurt(hmeimim, notice("IAF-0001", ELSEWHERE))
        assert "this is another, of hmeimim" in (await flags(iaf, theirs))[OURS]
        await eventually(lambda: said_once(iaf))
        reply = Reply(reference="IAF-0001", answer=Answer.REJECT.value, reason="no name of yours")
        answered = await send(iaf, reply)
        found = await iaf.reader.run(partial(find_message, name=answered.hex()))
        assert found.about == theirs
        of_ours = await iaf.reader.run(
            lambda store: thread(store, find_message(store, "iaf:IAF-0001"))
        )
        # The withdrawal came when ours was the only one that it could be about.
        assert theirs not in [one.id for one in of_ours]
        assert answered not in [one.id for one in of_ours]
        assert of_ours[0].id == ours


async def test_our_own_notice_rings_where_the_peer_has_taken_its_name(tmp_path: Path) -> None:
    """The name that the peer's notice has is an alarm as soon as ours is called so."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await blurt(hmeimim, notice("IAF-0001", ELSEWHERE))
        assert not said_once(iaf)
        await send(iaf, notice(""))
        await eventually(lambda: said_once(iaf))


async def test_a_composer_calls_no_notice_as_the_peer_does(tmp_path: Path) -> None:
    """A number of the peer's is refused; one of ours given by hand makes the next one the next."""
    async with centre_pair(tmp_path) as (iaf, _):
        with pytest.raises(UsageError) as caught:
            await send(iaf, notice("HMEIMIM-0007"))
        assert caught.value.code == "node.reference-of-peer"
        await send(iaf, notice("IAF-0002"))
        assert await reference_of(iaf, await send(iaf, notice(""))) == "IAF-0003"
        await send(iaf, msgspec.structs.replace(notice(""), reference="RANGE-7"))
