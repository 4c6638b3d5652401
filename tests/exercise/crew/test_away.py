"""Crews when something is not there: the line, the node, the other crew; and the watch's relief."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hotline.api.client import Client
from hotline.api.schema import SendRequest
from hotline.api.server import open_api
from hotline.errors import HotlineError
from hotline.exercise.crew import officer
from hotline.exercise.crew.desk import Desk, Seen
from tests.centres import client_of, eventually, line_up, running, sites
from tests.exercise.crew.playing import Game, game, patrol, playing, until

FLASH: dict[str, Any] = {
    "kind": "advisory", "text": "Unknown aircraft.", "altitude": "FL180",
    "position": {"lat": 35.5, "lng": 34.6},
}  # fmt: skip


@asynccontextmanager
async def line_down(directory: Path) -> AsyncIterator[Game]:
    """Run both centres with no line between them: the one dials where nobody listens."""
    iaf_site, hmeimim_site = sites(directory)
    hmeimim_site.configure("iaf", port=0)
    iaf_site.configure("hmeimim", port=1)
    async with (
        running(hmeimim_site.node()) as hmeimim,
        running(iaf_site.node()) as iaf,
        client_of(iaf, hmeimim) as clients,
    ):
        found = Game(
            {"iaf": iaf, "hmeimim": hmeimim},
            dict(zip(("iaf", "hmeimim"), clients, strict=True)),
        )
        found.clock.start()
        yield found


def later() -> float:
    """Return a wall clock at which everything has waited for its receipt long enough."""
    return time.time() + 60.0


async def test_a_flash_without_receipt_is_read_out_between_two_crews(tmp_path: Path) -> None:
    """With the line down a FLASH goes over the telephone, and both nodes have it in their logs."""
    async with line_down(tmp_path) as play:
        crews = play.crew("iaf", wall_s=later), play.crew("hmeimim", error_rate=1.0)
        async with playing(*crews):
            sent = await play.clients["iaf"].send(SendRequest(document=FLASH, officer="director"))
            await play.until_told("hears the answer")
            calls = (await play.clients["iaf"].voice(name=sent.id)).calls
            assert [call.state for call in calls] == ["confirmed", "spoken"]
        heard = (await play.clients["hmeimim"].voice()).calls
        # The crew that always errs mishears the level first: its check words differ.
        assert [call.state for call in heard] == ["heard", "heard"]
        assert heard[0].said == heard[0].words
        assert heard[1].said != heard[1].words
        assert play.mistakes() == ["wrong-level"]


async def test_where_a_person_sits_at_the_other_side_the_crew_says_so(tmp_path: Path) -> None:
    """With nobody simulated to call, the reading is recorded and a person is asked to call."""
    async with line_down(tmp_path) as play:
        async with playing(play.crew("iaf", wall_s=later)):
            await play.clients["iaf"].send(SendRequest(document=FLASH, officer="director"))
            await play.until_told("a person has to call there")
        (call,) = (await play.clients["iaf"].voice()).calls
        assert call.state == "spoken"


async def test_a_crew_goes_on_when_its_node_comes_back(tmp_path: Path) -> None:
    """A node that is stopped and started again finds its crew still there, which misses nothing."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        port = hmeimim.port or 0
        hmeimim_site.configure("iaf", port=port)
        iaf_site.configure("hmeimim", port=port)
        async with running(iaf_site.node()) as iaf, client_of(iaf) as sender:
            await line_up(iaf, hmeimim)
            async with open_api(hmeimim) as socket:
                client = Client(socket)
                await client.__aenter__()
            play = Game({}, {"iaf": sender, "hmeimim": client})
            play.clock.start()
            async with playing(play.crew("hmeimim")):
                # The API is gone, so nothing can be answered; then it is there again.
                id_ = await play.send("iaf", patrol("IAF-0001"))
                assert play.acts == []
                async with open_api(hmeimim):
                    view = await play.until("iaf", id_, lambda view: view.answer)
                    assert view.answer == "accept"
                await hmeimim.stop()
                second = await sender.send(
                    SendRequest(document=patrol("IAF-0002", title="Patrol"), officer="director")
                )
                async with running(hmeimim_site.node()) as back, open_api(back):
                    await eventually(lambda: iaf.line("").up)
                    view = await play.until("iaf", second.id, lambda view: view.answer)
                    assert view.answer == "accept"
                    await play.until_told("answers IAF-0002")
            await client.__aexit__(None, None, None)
    said = [one.what for one in play.acts if one.what.startswith("answers")]
    assert said == ["answers IAF-0001 with accept", "answers IAF-0002 with accept"]


async def test_the_watch_is_taken_and_relieved_in_every_step(tmp_path: Path) -> None:
    """A crew takes the watch, and a relief is briefed, assumes by name, and is reviewed."""
    async with game(tmp_path) as play:
        crew = play.crew("hmeimim")
        client = play.clients["hmeimim"]
        async with playing(crew):

            async def taken() -> bool:
                return (await client.watch()).on_duty == "sim. Levi"

            await until(taken)
            await crew.relieve("Cohen")
            await crew.relieve("Cohen")
            view = await client.watch()
            assert (view.on_duty, view.to_review) == ("sim. Cohen", "")
            steps = [step.step for step in reversed(view.steps)]
            assert steps == ["taken", "briefed", "assumed", "reviewed"]
            id_ = await play.send("iaf", patrol("IAF-0001"))
            found = await play.until("iaf", id_, lambda view: view.answer)
            assert found.answered_by == "sim. Cohen"
            # Without a name the next of the crew's officers comes, after the last one the first.
            await crew.relieve("")
            assert (await client.watch()).on_duty == "sim. Levi"


async def test_a_desk_that_cannot_be_seen_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that answers with an error of its own is told of once, and asked until it is well."""
    async with game(tmp_path) as play:
        crew, asked = play.crew("hmeimim"), 0
        look = Desk.look

        async def ill(desk: Desk) -> Seen:
            nonlocal asked
            asked += 1
            if asked < 3:
                raise HotlineError("api.failed", "the node failed", "")
            return await look(desk)

        monkeypatch.setattr(Desk, "look", ill)
        async with playing(crew):
            id_ = await play.send("iaf", patrol("IAF-0001"))
            await play.until("hmeimim", id_, lambda view: view.answer == "accept")
        told = [one.what for one in play.acts if "desk" in one.what]
        assert told == ["cannot see its desk: the node failed [api.failed]"]


async def test_a_crew_that_hears_nothing_and_looks_slowly_answers_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One slow look at a busy machine, and events that do not come, leave no crew idle."""

    async def deaf(client: Client) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        del client
        await asyncio.Event().wait()
        yield "never", {}

    monkeypatch.setattr(Client, "events", deaf)
    monkeypatch.setattr(officer, "LOOKING_SHARE", 1e-9)
    monkeypatch.setattr(officer, "LOOK_WHOLE_S", 1000.0)
    monkeypatch.setattr(officer, "LOOK_EVERY_S", 0.2)
    async with game(tmp_path) as play, playing(play.crew("hmeimim")):
        await play.until_told("takes the watch")
        id_ = await play.send("iaf", patrol("IAF-0001"))
        await play.until("hmeimim", id_, lambda view: view.answer == "accept")


async def test_a_crew_that_can_listen_no_more_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect ends the director, who can be told of it, and not one crew in silence."""

    async def broken(client: Client) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        raise ZeroDivisionError
        yield str(client), {}

    monkeypatch.setattr(Client, "events", broken)
    async with game(tmp_path) as play:
        with pytest.raises(ZeroDivisionError):
            await play.crew("hmeimim").run()
