"""What a simulated crew does by itself is done once, wherever the director is killed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotline.errors import UsageError
from hotline.exercise.crew import officer
from hotline.exercise.play.msel import State
from hotline.exercise.record import events
from hotline.exercise.scenario.shape import Crew, CrewKind, Inject
from tests.exercise.play.stage import Stage, advisory, stage
from tests.exercise.play.test_playing import Losing
from tests.exercise.play.test_restart import killed_at

REACTION = {"PRIORITY": 0.2, "IMMEDIATE": 0.2, "FLASH": 0.2, "ROUTINE": 0.2}
CREWS = {"iaf": Crew(kind=CrewKind.SIMULATED, officers=("Levi",), reaction_s=REACTION, spread=0.1)}


def of_crew(name: str, at_s: float = 0.0) -> Inject:
    """Return an inject by which the crew of iaf says the same words as every other one."""
    return msgspec.structs.replace(advisory(name, at_s), from_crew=True)


async def each_once(scene: Stage, *names: str) -> None:
    """Assert that each inject has a message of its own, and the journal no other."""
    sent = await scene.sent("iaf", "advisory")
    delivered = {one.inject: one.message for one in scene.noted(events.InjectDelivered)}
    assert sorted(delivered) == sorted(names)
    assert sorted(delivered.values()) == sorted(sent)


@pytest.mark.parametrize("kind", [events.InjectDue, events.InjectDelivered])
@pytest.mark.parametrize("nth", [1, 2])
async def test_words_of_a_crew_are_said_once_wherever_the_director_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type, nth: int
) -> None:
    """The same words twice are two messages: one too many or too few would show."""
    async with stage(tmp_path, of_crew("1"), of_crew("2"), crews=CREWS) as scene:
        await killed_at(scene, monkeypatch, kind, nth)
        await scene.begin(resume=True)
        assert (await scene.ended()).good
        await each_once(scene, "1", "2")


@pytest.mark.parametrize("done", [True, False])
async def test_an_answer_to_a_crew_that_is_lost_is_not_asked_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    """A crew whose node did not answer looks whether its words went out."""
    monkeypatch.setattr(officer, "AGAIN_S", 0.05)
    async with stage(tmp_path, of_crew("1"), of_crew("2", 0.1), crews=CREWS) as scene:
        losing = Losing(scene.ground.clients["iaf"], 1, done=done)
        scene.ground.clients["iaf"] = losing  # type: ignore[assignment]
        await scene.begin()
        assert (await scene.ended()).good
        await each_once(scene, "1", "2")
        assert losing.asked == (2 if done else 3)


async def test_what_a_node_refuses_a_crew_has_failed(tmp_path: Path) -> None:
    """With the node's reason; nobody waits for it until the time is over."""
    async with stage(tmp_path, of_crew("1"), crews=CREWS) as scene:

        class Refusing(Losing):
            async def send(self, request: Any) -> Any:
                raise UsageError("node.refused", "not today", "")

        node = Refusing(scene.ground.clients["iaf"], 0, done=False)
        scene.ground.clients["iaf"] = node  # type: ignore[assignment]
        playing = await scene.begin()
        async with asyncio.timeout(10):
            result = await scene.ended()
        assert result.why == "all-done"
        assert playing.scene.msel.rows["1"].state is State.FAILED
        assert [one.outcome.value for one in result.verdicts] == ["void"]
