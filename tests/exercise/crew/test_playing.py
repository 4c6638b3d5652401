"""Simulated crews at a real pair: what they do is in the journals of their nodes."""

from __future__ import annotations

from pathlib import Path

from hotline.api.client import Client
from hotline.api.schema import ReplyRequest
from hotline.errors import UsageError
from hotline.exercise.scenario.shape import Act, Inject
from tests.exercise.crew.playing import game, patrol, playing, until


async def test_a_notice_is_opened_and_accepted_with_its_read_back(tmp_path: Path) -> None:
    """A notice with nothing amiss is opened by name, and accepted with what was signed."""
    async with game(tmp_path) as play, playing(play.crew("hmeimim")):
        id_ = await play.send("iaf", patrol("IAF-0001"))
        view = await play.until("iaf", id_, lambda view: view.answer)
        here = (await play.clients["hmeimim"].message(id_)).message
        assert (view.answer, view.answered_by) == ("accept", "sim. Levi")
        assert (here.read_by, here.state) == ("sim. Levi", "answered")
        thread = (await play.clients["iaf"].message(id_)).thread
        said = thread[-1].message or {}
        assert said["read_back"]["altitude_lower"]["value"] == 180
        assert [one.officer for one in play.acts] == ["sim. Levi"] * len(play.acts)


async def test_a_conflict_is_noticed_by_a_skilled_crew(tmp_path: Path) -> None:
    """A crew of full skill stands by first, and does not simply accept what meets its own plan."""
    async with game(tmp_path) as play:
        await play.send("hmeimim", patrol("HMEIMIM-0001"))
        id_ = await play.send("iaf", patrol("IAF-0001"))
        async with playing(play.crew("hmeimim", language="ru")):
            view = await play.until("iaf", id_, lambda view: view.answer not in (None, "stand-by"))
            thread = (await play.clients["iaf"].message(id_)).thread
            answers = [(one.message or {})["answer"] for one in thread if one.kind == "reply"]
            assert answers[0] == "stand-by"
            assert view.answer in ("counter", "reject")
            reason = (thread[-1].message or {})["reason"]
            assert any("\u0430" <= letter <= "\u044f" for letter in reason)
            if view.answer == "counter":
                proposed = (thread[-1].message or {})["proposal"][0]
                own = (await play.clients["hmeimim"].message("HMEIMIM-0001")).message
                assert proposed["time_start"] > (own.ends_at or "")


async def test_an_unskilled_crew_accepts_what_it_should_not(tmp_path: Path) -> None:
    """With no skill at all a conflict and a wrong direction are accepted."""
    async with game(tmp_path) as play:
        await play.send("hmeimim", patrol("HMEIMIM-0001"))
        async with playing(play.crew("hmeimim", skill=0.0)):
            wrong = patrol("IAF-0001", title="Patrol east of Latakia")
            view = await play.until("iaf", await play.send("iaf", wrong), lambda view: view.answer)
            assert view.answer == "accept"


async def test_a_contradiction_is_asked_about_and_refused(tmp_path: Path) -> None:
    """Words that differ from the area make a skilled crew ask, and then refuse."""
    async with game(tmp_path) as play, playing(play.crew("hmeimim")):
        wrong = patrol("IAF-0001", title="Patrol east of Latakia")
        id_ = await play.send("iaf", wrong)
        await play.until("iaf", id_, lambda view: view.answer == "reject")
        thread = (await play.clients["iaf"].message(id_)).thread
        reasons = [(one.message or {}).get("reason", "") for one in thread if one.kind == "reply"]
        assert reasons == ["Request details of IAF-0001.", "Message not understood."]


async def test_a_revision_is_answered_instead_of_what_it_revised(tmp_path: Path) -> None:
    """What was revised before it was answered gets no answer; its revision does."""
    async with game(tmp_path, running=False) as play, playing(play.crew("hmeimim")):
        first = await play.send("iaf", patrol("IAF-0001"))
        second = await play.send("iaf", patrol("IAF-0001", kind="revision", title="Patrol"))
        play.clock.start()
        await play.until("hmeimim", second, lambda view: view.answer == "accept")
        assert (await play.clients["hmeimim"].message(first)).message.answer is None


async def test_a_read_back_is_wrong_at_the_error_rate_and_then_mended(tmp_path: Path) -> None:
    """A crew that always errs reads back wrongly with a stand-by, is told, and reads again."""
    async with game(tmp_path) as play:
        crews = play.crew("iaf"), play.crew("hmeimim", error_rate=1.0)
        async with playing(*crews):
            id_ = await play.send("iaf", patrol("IAF-0001"))
            await play.until("iaf", id_, lambda view: view.answer == "accept")

            async def told() -> object:
                page = await play.clients["hmeimim"].messages(direction="in", kind="service")
                return [one for one in page.messages if "Read-back wrong" in one.text]

            await until(told)
        thread = (await play.clients["iaf"].message(id_)).thread
        replies = [one.message or {} for one in thread if one.kind == "reply"]
        assert [one["answer"] for one in replies] == ["stand-by", "accept"]
        assert replies[0]["read_back"] != replies[1]["read_back"]
        (mistake,) = play.mistakes()
        assert mistake in ("wrong-level", "wrong-time", "wrong-place")


async def test_an_advisory_is_answered_and_an_alarm_acknowledged(tmp_path: Path) -> None:
    """A FLASH advisory is answered; alarms that stand are acknowledged one by one, by name."""
    async with game(tmp_path) as play, playing(play.crew("hmeimim")):
        short = patrol("IAF-0001", volume={"time_start": "+30s"})
        id_ = await play.send("iaf", {"kind": "advisory", "text": "Unknown aircraft."})
        await play.send("iaf", short)
        await play.until("iaf", id_, lambda view: view.answer == "accept")

        async def acknowledged() -> object:
            alarms = (await play.clients["hmeimim"].alarms(all=True)).alarms
            return alarms and all(one.acknowledged_by == "sim. Levi" for one in alarms)

        await until(acknowledged)


async def test_nothing_is_done_while_the_clock_stands(tmp_path: Path) -> None:
    """While the exercise is paused a crew opens nothing, and goes on when it is resumed."""
    async with game(tmp_path, running=False) as play, playing(play.crew("hmeimim")):
        id_ = await play.send("iaf", patrol("IAF-0001"))
        seen = play.clients["hmeimim"]
        await play.until("hmeimim", id_, lambda view: view.state == "unread")
        for _ in range(20):
            assert (await seen.message(id_)).message.read_by is None
        assert play.acts == []
        play.clock.start()
        await play.until("hmeimim", id_, lambda view: view.answer == "accept")


async def test_a_crew_that_is_started_again_says_nothing_twice(tmp_path: Path) -> None:
    """Another crew with the same seed at the same node finds what is answered already."""
    async with game(tmp_path) as play:
        async with playing(play.crew("hmeimim")):
            id_ = await play.send("iaf", patrol("IAF-0001"))
            await play.until("hmeimim", id_, lambda view: view.answer == "accept")
        play.acts.clear()
        async with playing(play.crew("hmeimim")):
            second = await play.send("iaf", patrol("IAF-0002", title="Patrol"))
            await play.until("hmeimim", second, lambda view: view.answer == "accept")
        thread = (await play.clients["hmeimim"].message(id_)).thread
        assert [one.kind for one in thread] == ["notice", "reply"]
        assert not any("IAF-0001" in one.what for one in play.acts)


async def test_an_inject_of_its_own_is_sent_once(tmp_path: Path) -> None:
    """What the scenario gives a crew to send is sent in its name, and not again after a restart."""
    document = patrol("IAF-0103")
    inject = Inject(id="3", at_s=0, act=Act.SEND, originator="iaf", document=document)
    async with game(tmp_path) as play:
        crew = play.crew("iaf")
        async with playing(crew):
            id_ = await crew.perform(inject)
            again = await play.crew("iaf").perform(inject, again=True)
        assert again == id_
        sent = (await play.clients["hmeimim"].message("IAF-0103")).message
        assert sent.id == id_
        assert sent.composed_by == "sim. Levi"


async def test_a_task_that_is_told_is_done_where_it_is_simple(tmp_path: Path) -> None:
    """Told to withdraw a notice, a crew withdraws it; what it cannot understand it says so."""
    async with game(tmp_path) as play:
        crew = play.crew("iaf")
        await play.send("iaf", patrol("IAF-0001"))

        def task(text: str) -> Inject:
            return Inject(id="4", at_s=0, act=Act.TELL, recipient="iaf", text=text)

        async with playing(crew):
            assert await crew.told(task("Please withdraw IAF-0001."))
            assert not await crew.told(task("Think of something."))
        assert (await play.clients["iaf"].message("IAF-0001")).message.life == "withdrawn"
        assert "no simulated crew" in play.acts[-1].what


async def test_a_refused_plan_of_its_own_is_withdrawn_or_moved(tmp_path: Path) -> None:
    """A crew withdraws what the peer rejects, and takes what the peer proposes."""
    async with game(tmp_path) as play:
        crew = play.crew("iaf")
        async with playing(crew):
            for reference in ("IAF-0001", "IAF-0002"):
                inject = Inject(
                    id=reference, at_s=0, act=Act.SEND, originator="iaf",
                    document=patrol(reference),
                )  # fmt: skip
                await crew.perform(inject)
            peer = play.clients["hmeimim"]
            await until(lambda: _there(peer, "IAF-0002"))
            await peer.reply(
                "IAF-0001", ReplyRequest(answer="reject", officer="orlov", reason="Unable.")
            )
            proposal = patrol("X", volume={"time_start": "+3h", "time_end": "+4h"})["volumes"]
            await peer.reply(
                "IAF-0002", ReplyRequest(answer="counter", officer="orlov", proposal=proposal)
            )
            await play.until("iaf", "IAF-0001", lambda view: view.life == "withdrawn")

            async def revised() -> object:
                thread = (await play.clients["iaf"].message("IAF-0002")).thread
                return [one for one in thread if one.kind == "revision"]

            await until(revised)


async def _there(client: Client, name: str) -> bool:
    try:
        await client.message(name)
    except UsageError:
        return False
    return True


async def test_the_same_seed_makes_the_same_decisions(tmp_path: Path) -> None:
    """Two games with one seed end with the same answers and mistakes, whatever the timing."""
    ends = []
    for number in range(2):
        async with game(tmp_path / str(number)) as play:
            play.seed = 1
            async with playing(play.crew("hmeimim", skill=0.5, error_rate=0.5)):
                for count in range(6):
                    direction = "east" if count % 2 else "west"
                    title = f"Patrol {direction} of Latakia"
                    await play.send("iaf", patrol(f"IAF-{count:04}", title=title))
                answers = []
                for count in range(6):
                    view = await play.until(
                        "hmeimim",
                        f"IAF-{count:04}",
                        lambda view: view.answer not in (None, "stand-by"),
                    )
                    answers.append(view.answer)
            ends.append((answers, sorted(play.mistakes())))
    assert ends[0] == ends[1]
