from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hotline.errors import ExerciseError, UsageError
from hotline.exercise.record import events
from hotline.exercise.scenario.shape import (
    Act,
    Expectation,
    ExpectationKind,
    Fault,
    FaultKind,
    Inject,
)
from tests.exercise.play.stage import Stage, advisory, send, stage, until

LATER = advisory("later", 500)
STOPPED_WITHIN_S = 2.0
"""From the call until both nodes have said so; on a busy machine, with a fsync or two."""


async def stopped(scene: Stage) -> events.PlayStopped:
    """Return how long it took, once both journals say that play was stopped."""
    (found,) = scene.noted(events.PlayStopped)
    assert isinstance(found, events.PlayStopped)
    for client in scene.ground.clients.values():
        view = await client.exercise()
        assert "real-world" in [one.event for one in view.events]
    return found


@pytest.mark.alone
@pytest.mark.parametrize("centre", ["iaf", "hmeimim"])
async def test_an_officer_at_either_node_stops_play_on_both_sides(
    tmp_path: Path, centre: str
) -> None:
    """Who calls it need not know of a director; nothing more is delivered, nothing stays broken."""
    broken = Fault(kind=FaultKind.DELAY, amount=0.2)
    inject = Inject(id="1", at_s=0, act=Act.FAULT, fault=broken)
    async with stage(tmp_path, inject, LATER) as scene:
        playing = await scene.begin()
        await until(lambda: scene.ground.broken, "nothing was broken")
        await until(lambda: playing.scene.followers, "nobody looks on")
        await scene.ground.clients[centre].real_world("Orlov", "an aircraft in distress")
        result = await scene.ended()
        assert result.why == "real-world"
        found = await stopped(scene)
        assert set(found.after_s) == {"iaf", "hmeimim"}
        assert max(found.after_s.values()) < STOPPED_WITHIN_S
        (called,) = scene.noted(events.RealWorld)
        assert called.by == f"Orlov at {centre}"
        assert called.text == "an aircraft in distress"
        assert not scene.ground.broken
        assert not [one for one in scene.noted(events.InjectDue) if one.inject == "later"]
        assert [one.outcome.value for one in result.verdicts] == ["void"]
        assert not result.good  # what was cut short is not passed


@pytest.mark.alone
async def test_the_director_stops_both(tmp_path: Path) -> None:
    """Nothing fits any more afterwards."""
    async with stage(tmp_path, LATER) as scene:
        playing = await scene.begin()
        await until(lambda: playing.scene.clock.running, "it never began")
        await playing.call_real_world("Umpire", "fire in the building")
        await playing.real_world("Umpire")
        assert playing.board().state in ("stopping", "over")
        with pytest.raises(ExerciseError) as error:
            await playing.call_real_world("Umpire")
        assert error.value.code == "exercise.unfit"
        await scene.ended()
        found = await stopped(scene)
        assert max(found.after_s.values()) < STOPPED_WITHIN_S
        assert len(scene.noted(events.RealWorld)) == 1


async def test_a_node_that_cannot_be_told_does_not_hold_the_stop_up(tmp_path: Path) -> None:
    """It is named; the other one tells it over the line."""
    async with stage(tmp_path, LATER) as scene:
        playing = await scene.begin()
        await until(lambda: playing.scene.clock.running, "it never began")

        class Deaf:
            def __init__(self, client: Any) -> None:
                self._client = client

            def __getattr__(self, name: str) -> Any:
                return getattr(self._client, name)

            async def real_world(self, *_: Any) -> Any:
                raise UsageError("api.no-node", "no node answers", "")

        node = scene.ground.clients["hmeimim"]
        scene.ground.clients["hmeimim"] = Deaf(node)  # type: ignore[assignment]
        await playing.call_real_world("Umpire")
        await scene.ended()
        (found,) = scene.noted(events.PlayStopped)
        assert found.unreached == ("hmeimim",)
        assert set(found.after_s) == {"iaf"}


async def test_a_stop_that_is_trained_waits_for_what_is_expected_of_it(tmp_path: Path) -> None:
    """An inject says it; the alarm of it is to ring at the other node, and play is over."""
    rings = Expectation(
        id="1.1",
        kind=ExpectationKind.ALARM,
        centre="hmeimim",
        within_s=20,
        code="exercise.real-world",
    )
    inject = Inject(id="1", at_s=0.1, act=Act.REAL_WORLD, originator="iaf", expectations=(rings,))
    async with stage(tmp_path, inject, send("2", 500)) as scene:
        result = await scene.played()
        assert result.why == "real-world"
        assert [one.outcome.value for one in result.verdicts] == ["pass", "void"]
