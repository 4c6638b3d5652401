"""A scenario that is played twice on nodes that stay: the same injects, other references."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from hotline.api.exercise_shapes import WatchRequest
from hotline.exercise.crew.seat import REACTION_S
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from hotline.exercise.record.references import References
from hotline.exercise.scenario.shape import Crew, CrewKind, Rate, Traffic
from tests.exercise.play.stage import Stage, advisory, send, stage, until

DAY = Traffic(
    id="day",
    from_s=0.0,
    until_s=40.0,
    originator="iaf",
    rates=(Rate(hour=0, per_hour=500),),
    advisory_share=0.0,
)


async def references(scene: Stage) -> list[str]:
    """Return the references of all notices that iaf ever sent."""
    page = await scene.ground.clients["iaf"].messages(direction="out", kind="notice", limit=100)
    return [view.reference or "" for view in page.messages]


async def test_a_scenario_is_played_again_on_nodes_that_stay(tmp_path: Path) -> None:
    """No reference comes twice; without its mark each run has the same ones; a restart goes on."""
    given: dict[str, Any] = {"traffic": (DAY,), "time_factor": 20.0, "duration_s": 60.0}
    end = {"kind": "withdrawal", "reference": "IAF-0101"}
    injects = send("1"), send("2", 30, document=end, after="1")
    async with stage(tmp_path, *injects, **given) as scene:
        scene.ground.kind = "elsewhere"
        playing = await scene.begin()
        scenario = scene.scenario
        first = await scene.ended()
        assert {one.outcome.value for one in first.verdicts} <= {"pass", "void"}
        assert any(one.mock and one.outcome.value == "pass" for one in first.verdicts)
        once = await references(scene)
        mark = scene.noted(events.Opened)[0].mark
        assert mark
        assert all(one.endswith(f"-{mark}") for one in once)

        again = Stage(tmp_path / "again", scenario, scene.ground)
        playing = await again.begin()
        while not again.noted(events.InjectDelivered):
            await playing.scene.clock.sleep(0.5)
        await again.killed()
        await again.begin(resume=True)
        second = await again.ended()
        assert {one.outcome.value for one in second.verdicts} <= {"pass", "void"}
        (opened,) = again.noted(events.Opened)
        twice = [one for one in await references(scene) if one not in once]
        assert opened.mark != mark
        assert sorted(one.removesuffix(opened.mark) for one in twice) == sorted(
            one.removesuffix(mark) for one in once
        )
        plans = [
            [one.planned for one in run.noted(events.InjectDue) if one.planned is not None]
            for run in (scene, again)
        ]
        assert msgspec.json.encode(plans[0]) == msgspec.json.encode(plans[1])


async def test_what_stands_from_earlier_play_is_ended_before_startex(tmp_path: Path) -> None:
    """Notices, alarms and a simulated watch of another run are nobody's business in this one."""
    quick = Crew(kind=CrewKind.SIMULATED, skill=1.0, reaction_s=dict.fromkeys(REACTION_S, 1.0))
    crews = {"iaf": quick, "hmeimim": quick}
    alone = {**crews, "hmeimim": Crew(kind=CrewKind.HUMAN)}
    async with stage(tmp_path, send("1"), crews=alone) as scene:
        scene.ground.kind = "elsewhere"
        iaf, hmeimim = scene.ground.clients.values()
        await scene.played()
        assert not scene.noted(events.Cleared)
        # Who sat there has left, so that people may take the watch.
        assert (await iaf.watch()).on_duty == ""
        (before,) = (await iaf.airspace()).activities
        (left,) = (await hmeimim.messages(direction="in", kind="notice")).messages
        await iaf.take_step(WatchRequest(step="taken", officer="sim. Levi"))
        await hmeimim.take_step(WatchRequest(step="taken", officer="Orlov"))

        changes: dict[str, Any] = {"crews": crews, "injects": (send("1"), advisory("late", 500))}
        scenario = msgspec.structs.replace(scene.scenario, time_factor=10.0, **changes)
        again = Stage(tmp_path / "again", scenario, scene.ground)
        playing = await again.begin()
        assert again.noted(events.Opened)[0].mark != scene.noted(events.Opened)[0].mark
        await until(
            lambda: any(one.message for one in again.noted(events.CrewActed)),
            "the crew has opened what is new",
        )
        playing.end("Umpire")
        await again.ended()
        record = read_record(again.directory)
        told = [one for _, one in record.every(events.Cleared) if one.ended or one.watch]
        assert [(one.centre, one.ended, one.watch) for one in told] == [
            ("iaf", (before.reference,), "sim. Levi")
        ]
        ((cleared, _), *_) = record.every(events.Cleared)
        ((startex, _),) = record.every(events.Startex)
        assert cleared.n < startex.n
        standing = {one.reference for one in (await iaf.airspace()).activities}
        assert before.reference not in standing
        # What nobody answered then is not answered now, and people keep their watch.
        assert (await hmeimim.message(left.id)).message.answer is None
        assert (await hmeimim.watch()).on_duty == "Orlov"


async def test_what_is_added_and_what_a_crew_gives_is_marked_too(tmp_path: Path) -> None:
    """Whoever adds an end of IAF-0101 means the one of this run."""
    last = send("1"), advisory("late", 500)
    async with stage(tmp_path, *last) as scene:
        scene.ground.kind = "elsewhere"
        playing = await scene.begin()
        while not scene.noted(events.InjectDelivered):
            await playing.scene.clock.sleep(0.05)
        given = {
            "id": "x1",
            "at": "0 s",
            "from": "iaf",
            "send": {"kind": "withdrawal", "reference": "IAF-0101"},
            "expect": [{"receipt": {"within": "20 s"}}],
        }
        playing.add(given, "Umpire")
        playing.skip("late", "Umpire")
        result = await scene.ended()
        assert result.good
        assert len(await scene.sent("iaf", "withdrawal")) == 1


async def test_nodes_that_were_made_for_it_keep_the_references_as_written(tmp_path: Path) -> None:
    """There is nothing that they could collide with."""
    async with stage(tmp_path, send("1")) as scene:
        await scene.played()
        assert await references(scene) == ["IAF-0101"]
        assert References("").mark == scene.noted(events.Opened)[0].mark
