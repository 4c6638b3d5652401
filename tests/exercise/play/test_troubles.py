"""A director that cannot go on says why, and leaves what the next one can go on with."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from hotline.api.exercise_shapes import ExerciseRequest
from hotline.errors import ExerciseError, UsageError
from hotline.exercise.record import events, writing
from hotline.exercise.record.reading import read_record
from tests.exercise.play.stage import advisory, stage, until
from tests.exercise.play.test_playing import Losing


async def test_a_full_disk_ends_the_director_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a line: nothing is written behind it, and nothing is done twice."""
    write, left = os.write, [3000]

    def full(descriptor: int, data: Any) -> int:
        taken = min(len(data), left[0])
        left[0] -= taken
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:taken])

    injects = [advisory(str(n), n / 10) for n in range(6)]
    async with stage(tmp_path, *injects) as scene:
        with monkeypatch.context() as patch:
            patch.setattr(writing.os, "write", full)
            with pytest.raises(ExerciseError) as error:
                await scene.played()
        assert error.value.code == "record.full"
        assert "no space left" in error.value.message
        assert "--resume" in error.value.hint
        torn = read_record(scene.directory)
        assert torn.torn
        assert not list(torn.every(events.Endex))
        result = await scene.played(resume=True)
        assert result.good
        assert len(await scene.sent("iaf", "advisory")) == len(injects)
        (restarted,) = scene.noted(events.DirectorRestarted)
        assert restarted.cut == torn.torn


async def test_an_officer_ends_play_at_his_own_node(tmp_path: Path) -> None:
    """The director ends with it, and says who it was; both nodes bind its record all the same."""
    async with stage(tmp_path, advisory("1"), advisory("late", 500)) as scene:
        await scene.begin()
        await until(lambda: scene.noted(events.InjectDelivered), "nothing was delivered")
        end = ExerciseRequest(event="endex", by="Levi", name="drill")
        await scene.ground.clients["iaf"].tell_exercise(end)
        result = await scene.ended()
        assert result.why == "ended"
        (endex,) = scene.noted(events.Endex)
        assert endex.by == "Levi at iaf"
        last = read_record(scene.directory).last_hash
        for client in scene.ground.clients.values():
            view = await client.exercise()
            assert (view.state, view.events[0].record) == ("none", last)
        # Whoever goes on finds nothing to be done.
        again = await scene.over()
        assert again.unbound == ()
        assert len(view.events) == len((await client.exercise()).events)


async def test_a_node_that_cannot_be_told_of_endex_is_named_and_told_by_the_next_director(
    tmp_path: Path,
) -> None:
    """It is no good end until its journal holds the record's hash; nothing is collected before."""
    async with stage(tmp_path, advisory("1")) as scene:

        class Deaf(Losing):
            async def tell_exercise(self, request: ExerciseRequest) -> Any:
                if request.event == "endex":
                    raise UsageError("api.no-node", "no node answers on x", "start it")
                return await self._client.tell_exercise(request)

        node = scene.ground.clients["hmeimim"]
        scene.ground.clients["hmeimim"] = Deaf(node, 0, done=False)  # type: ignore[assignment]
        result = await scene.played()
        assert (result.unbound, result.good) == (("hmeimim",), False)
        assert not (scene.directory / "collected").exists()
        scene.ground.clients["hmeimim"] = node
        assert any("exercise run --resume" in one for one in scene.told)
        last = read_record(scene.directory).last_hash
        again = await scene.over()
        assert again.good
        assert (await node.exercise()).events[0].record == last
        assert (scene.directory / "collected").is_dir()
