"""Each classic mistake is made on purpose, seen at the other side, and named in the record."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from hotline.errors import ExerciseError
from hotline.exercise.crew.mistakes import Mistake, mistakes_of
from hotline.exercise.crew.opponent import own_injects
from hotline.exercise.scenario.shape import Act, Crew, Inject
from tests.exercise.crew.playing import Game, game, patrol, playing, until
from tests.exercise.traffic.scenarios import scenario


def own(reference: str, **fields: Any) -> Inject:
    """Return an inject that a crew of iaf does by itself."""
    return Inject(
        id=reference, at_s=0, act=Act.SEND, originator="iaf", document=patrol(reference, **fields)
    )


async def codes(play: Game, centre: str, name: str) -> set[str]:
    """Return the flags that a centre's node put on a message."""
    view = await play.until(centre, name, lambda view: True)
    return {flag.code for flag in view.flags}


async def test_late_notice_and_wrong_direction_are_flagged_at_the_peer(tmp_path: Path) -> None:
    """Its own notice comes a minute before its start, and its title names the other side."""
    async with game(tmp_path) as play:
        crew = play.crew("iaf", mistakes=("late-notice", "wrong-direction"))
        async with playing(crew):
            id_ = await crew.perform(own("IAF-0001"))
            await play.until("iaf", id_, lambda view: view.receipt)
        found = await codes(play, "hmeimim", id_)
        assert {"notice.short-warning", "airspace.direction-differs"} <= found
        assert "late-notice, wrong-direction" in play.mistakes()


async def test_duplicate_notice_announces_twice(tmp_path: Path) -> None:
    """The same activity is announced under a second reference, which the node gives."""
    async with game(tmp_path) as play:
        crew = play.crew("iaf", mistakes=("duplicate-notice",))
        async with playing(crew):
            await crew.perform(own("IAF-0101"))
        sent = (await play.clients["iaf"].messages(direction="out", kind="notice")).messages
        assert len(sent) == 2
        assert len({view.reference for view in sent}) == 2
        assert len({view.title for view in sent}) == 1


async def test_silent_leaves_a_flash_and_answers_the_rest(tmp_path: Path) -> None:
    """A FLASH stays unread; what is less urgent is answered all the same."""
    async with game(tmp_path) as play:
        async with playing(play.crew("hmeimim", mistakes=("silent",))):
            flash = await play.send("iaf", {"kind": "advisory", "text": "Unknown aircraft."})
            notice = await play.send("iaf", patrol("IAF-0001"))
            await play.until("hmeimim", notice, lambda view: view.answer == "accept")
        assert (await play.clients["hmeimim"].message(flash)).message.state == "unread"
        assert play.mistakes() == ["silent"]


async def test_read_back_parrot_accepts_at_once(tmp_path: Path) -> None:
    """Even what contradicts itself is accepted, and never opened before."""
    async with game(tmp_path) as play:
        slow = {"IMMEDIATE": 36_000.0}
        crew = play.crew("hmeimim", mistakes=("read-back-parrot",), reaction_s=slow)
        async with playing(crew):
            id_ = await play.send("iaf", patrol("IAF-0001", title="Patrol east of Latakia"))
            view = await play.until("iaf", id_, lambda view: view.answer)
            await play.until_told("read-back-parrot")
        assert view.answer == "accept"
        assert not any("opens" in one.what for one in play.acts)
        assert play.mistakes() == ["read-back-parrot"]


async def test_wrong_levels_reads_feet_for_metres(tmp_path: Path) -> None:
    """Levels are read back with the same figures in feet, and accepted after a second look."""
    async with game(tmp_path) as play:
        metres = {"altitude_lower": "3000 m msl", "altitude_upper": "4000 m msl"}
        async with playing(play.crew("hmeimim", mistakes=("wrong-levels",))):
            id_ = await play.send("iaf", patrol("IAF-0001", volume=metres))
            await play.until("iaf", id_, lambda view: view.answer == "accept")
        thread = (await play.clients["iaf"].message(id_)).thread
        first = next(one.message or {} for one in thread if one.kind == "reply")
        assert first["read_back"]["altitude_lower"]["value"] == 3000
        assert first["read_back"]["altitude_lower"].get("units", "ft") == "ft"
        assert play.mistakes() == ["wrong-levels"]


async def test_stale_revision_answers_what_was_revised(tmp_path: Path) -> None:
    """The notice is answered as it was before, and its revision is not."""
    async with game(tmp_path, running=False) as play:
        async with playing(play.crew("hmeimim", mistakes=("stale-revision",))):
            first = await play.send("iaf", patrol("IAF-0001"))
            second = await play.send("iaf", patrol("IAF-0001", kind="revision", title="Patrol"))
            play.clock.start()
            await play.until("hmeimim", first, lambda view: view.answer == "accept")
            await play.until_told("leaves the revision")
            await play.until_told("with accept")
        assert (await play.clients["hmeimim"].message(second)).message.answer is None
        assert set(play.mistakes()) == {"stale-revision"}


async def test_forgets_withdrawal_leaves_it_standing(tmp_path: Path) -> None:
    """Told to withdraw, it does not; the record says so."""
    async with game(tmp_path) as play:
        crew = play.crew("iaf", mistakes=("forgets-withdrawal",))
        await play.send("iaf", patrol("IAF-0001"))
        async with playing(crew):
            task = Inject(id="9", at_s=0, act=Act.TELL, text="withdraw IAF-0001")
            await crew.told(task)
        assert (await play.clients["iaf"].message("IAF-0001")).message.life == "planned"
        assert play.mistakes() == ["forgets-withdrawal"]


async def test_alarm_blind_acknowledges_nothing(tmp_path: Path) -> None:
    """An alarm rings, is told of as not seen, and stays unacknowledged."""
    async with game(tmp_path) as play:
        async with playing(play.crew("hmeimim", mistakes=("alarm-blind",))):
            await play.send("iaf", patrol("IAF-0001", volume={"time_start": "+30s"}))
            await play.until_told("alarm-blind")
        alarms = (await play.clients["hmeimim"].alarms(all=True)).alarms
        assert alarms
        assert not any(one.acknowledged_by for one in alarms)


@pytest.mark.parametrize(
    ("mistakes", "kinds"),
    [
        ((), ["notice", "activation", "end"]),
        (("overrun",), ["notice", "activation"]),
        (("no-activation",), ["notice"]),
    ],
)
async def test_own_notices_begin_and_end_in_time(
    tmp_path: Path, mistakes: tuple[str, ...], kinds: list[str]
) -> None:
    """What a crew announced it activates and ends when it is time, unless it does not."""
    offset_s = [0.0]
    async with game(tmp_path) as play:
        crew = play.crew("iaf", mistakes=mistakes, wall_s=lambda: time.time() + offset_s[0])
        async with playing(crew):
            volume = {"time_start": "+0s", "time_end": "+30m"}
            id_ = await crew.perform(own("IAF-0101", volume=volume))
            await play.until("iaf", id_, lambda view: view.receipt)
            offset_s[0] = 600.0

            async def said() -> list[str]:
                thread = (await play.clients["hmeimim"].message("IAF-0101")).thread
                return [one.kind for one in thread if one.direction == "in"]

            async def begun() -> bool:
                return "activation" in await said()

            if "no-activation" not in mistakes:
                await until(begun)
            offset_s[0] = 1799.0
            seen = len(play.acts)

            async def ended() -> bool:
                return await said() == kinds

            await until(ended)
            # A look at the desk after that brings nothing more.
            await play.send("hmeimim", {"kind": "advisory", "text": "Severe weather."})

            async def answered() -> bool:
                return any("advisory" in one.what for one in play.acts[seen:])

            await until(answered)
            assert await said() == kinds


async def test_overrun_ends_minutes_late(tmp_path: Path) -> None:
    """It says that its activity is over only minutes after the end that it announced."""
    offset_s = [600.0]
    async with game(tmp_path) as play:
        crew = play.crew("iaf", mistakes=("overrun",), wall_s=lambda: time.time() + offset_s[0])
        async with playing(crew):
            volume = {"time_start": "+0s", "time_end": "+30m"}
            id_ = await crew.perform(own("IAF-0101", volume=volume))
            await play.until("iaf", id_, lambda view: view.receipt)

            async def said(kind: str) -> bool:
                thread = (await play.clients["hmeimim"].message("IAF-0101")).thread
                return any(one.kind == kind for one in thread)

            await until(lambda: said("activation"))
            assert play.mistakes() == []
            offset_s[0] = 30 * 60 + 500.0
            await until(lambda: said("end"))
            await play.until_told("overrun")
        assert play.mistakes() == ["overrun"]


async def test_talks_over_voice_though_the_line_is_up(tmp_path: Path) -> None:
    """A receipted FLASH is read out all the same, written down and confirmed."""
    async with game(tmp_path) as play:
        crews = play.crew("iaf", mistakes=("talks-over-voice",)), play.crew("hmeimim")
        async with playing(*crews):
            id_ = await play.send("iaf", {"kind": "advisory", "text": "Unknown aircraft."})

            async def confirmed() -> object:
                calls = (await play.clients["iaf"].voice(name=id_)).calls
                return [call for call in calls if call.state == "confirmed"]

            await until(confirmed)
        assert play.mistakes() == ["talks-over-voice"]


def test_every_mistake_is_tried() -> None:
    """This module has a test for each mistake by its name."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [one for one in Mistake if f'"{one}"' not in text] == []


def test_an_unknown_mistake_is_refused() -> None:
    """A mistake that no crew makes is refused by name."""
    with pytest.raises(ExerciseError) as refused:
        mistakes_of(Crew(mistakes=("silent", "sleeps")))
    assert refused.value.code == "exercise.unknown-mistake"


def test_an_opponent_without_injects_announces_by_itself() -> None:
    """A crew whose mistakes need notices has some of its own, unless the scenario gives it some."""
    crews = {"iaf": Crew(mistakes=("late-notice",), language="he"), "hmeimim": Crew()}
    alone = scenario(crews=crews)
    found = own_injects(alone, "iaf")
    assert found == own_injects(alone, "iaf")
    assert found
    assert {one.originator for one in found} == {"iaf"}
    assert {(one.document or {})["kind"] for one in found} == {"notice"}
    assert own_injects(alone, "hmeimim") == ()
    given = Inject(id="1", at_s=0, act=Act.SEND, originator="iaf", document={})
    assert own_injects(scenario(crews=crews, injects=(given,)), "iaf") == ()
