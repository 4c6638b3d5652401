from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotline.errors import ExerciseError
from hotline.exercise.play.faults import left_broken
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from hotline.exercise.record.writing import RecordWriter
from hotline.exercise.scenario.shape import Act, Delivery, Fault, FaultKind, Inject
from hotline.model.kinds import Answer
from tests.exercise.play.stage import Stage, advisory, send, stage, until


class Killed(BaseException):
    """The director is gone at this very moment."""


async def killed_at(
    scene: Stage, monkeypatch: pytest.MonkeyPatch, kind: type, nth: int = 1
) -> None:
    """Play until the director is to write the nth entry of a kind, and end it there."""
    write, seen = RecordWriter.append, [0]

    def append(self: RecordWriter, event: events.Event, t: float | None) -> Any:
        if isinstance(event, kind):
            seen[0] += 1
            if seen[0] == nth:
                raise Killed
        return write(self, event, t)

    monkeypatch.setattr(RecordWriter, "append", append)
    with pytest.raises(Killed):
        await scene.played()
    monkeypatch.setattr(RecordWriter, "append", write)


REPLY = send(
    "reply",
    0.1,
    act=Act.REPLY,
    originator="hmeimim",
    recipient="iaf",
    document=None,
    about="notice",
    after="notice",
    answer=Answer.ACCEPT,
)
INJECTS = (send("notice"), REPLY, advisory("first", 0.3), advisory("second", 0.4))
"""A notice with its answer, and the same words twice."""


@pytest.mark.parametrize("kind", [events.InjectDue, events.InjectDelivered])
@pytest.mark.parametrize("nth", [1, 2, 4])
async def test_each_inject_is_delivered_once_wherever_the_director_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type, nth: int
) -> None:
    """Before it is sent, or after: the journals have each message once, and all of them."""
    async with stage(tmp_path, *INJECTS) as scene:
        await killed_at(scene, monkeypatch, kind, nth)
        await scene.begin(resume=True)
        result = await scene.ended()
        assert result.good
        assert len(await scene.sent("iaf", "notice")) == 1
        assert len(await scene.sent("hmeimim", "reply")) == 1
        assert len(await scene.sent("iaf", "advisory")) == 2
        delivered = {one.inject: one.message for one in scene.noted(events.InjectDelivered)}
        assert sorted(delivered) == sorted(one.id for one in INJECTS)
        assert delivered["first"] != delivered["second"]
        assert len(scene.noted(events.InjectDue)) == len(INJECTS)
        (restarted,) = scene.noted(events.DirectorRestarted)
        assert restarted.cut == 0


async def test_no_time_passed_while_the_director_was_gone(tmp_path: Path) -> None:
    """What was due in 500 s is still due in 500 s; a verdict is entered once."""
    async with stage(tmp_path, advisory("1"), advisory("late", 500)) as scene:
        playing = await scene.begin()
        while not scene.noted(events.Judged):
            await asyncio.sleep(0.01)
        await scene.killed()
        before = read_record(scene.directory).entries[-1]
        again = await scene.begin(resume=True)
        assert again.scene is not playing.scene
        (entry, _), *_ = read_record(scene.directory).every(events.DirectorRestarted)
        assert entry.t == before.t
        again.end("Umpire")
        await scene.ended()
        assert [one.expectation for one in scene.noted(events.Judged)] == ["1.1", "late.1"]


async def test_what_is_still_broken_lasts_on_until_its_time_is_over(tmp_path: Path) -> None:
    """Nothing is lifted in between; its end is when the time that was left has passed."""
    broken = Fault(kind=FaultKind.CUT, for_s=60)
    inject = Inject(id="1", at_s=0, act=Act.FAULT, delivery=Delivery.FAULT, fault=broken)
    async with stage(tmp_path, inject, advisory("late", 500)) as scene:
        await scene.begin()
        await until(lambda: scene.noted(events.InjectDelivered), "the line is cut")
        await scene.killed()
        scene.scenario = msgspec.structs.replace(scene.scenario, time_factor=60.0)
        playing = await scene.begin(resume=True)
        await until(lambda: scene.noted(events.FaultEnded), "it is over")
        assert scene.ground.done == ["begin cut", "end cut"]
        playing.end("Umpire")
        await scene.ended()
        record = read_record(scene.directory)
        ((began, _),) = record.every(events.FaultBegan)
        ((ended, _),) = record.every(events.FaultEnded)
        assert began.t is not None
        assert ended.t is not None
        assert 60 <= ended.t - began.t < 70


async def test_what_is_over_by_now_is_lifted_at_once(tmp_path: Path) -> None:
    """And it is entered as over when it was, not before."""
    broken = Fault(kind=FaultKind.CUT, for_s=1)
    inject = Inject(id="1", at_s=0, act=Act.FAULT, delivery=Delivery.FAULT, fault=broken)
    async with stage(tmp_path, inject, advisory("late", 500)) as scene:
        playing = await scene.begin()
        await until(lambda: scene.noted(events.InjectDelivered), "the line is cut")
        ends_at = playing.scene.now_t() + 2

        async def unable(_: Fault) -> None:
            raise ExerciseError("exercise.no-proxy", "no", "yes")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scene.ground, "end", unable)
            await until(lambda: playing.scene.now_t() > ends_at, "it should be over")
            playing.comment("Umpire", "the line is still cut")
            await scene.killed()
        assert scene.ground.broken == [broken]
        again = await scene.begin(resume=True)
        await until(lambda: scene.noted(events.FaultEnded), "it is over")
        assert not scene.ground.broken
        assert scene.ground.done == ["begin cut", "end cut"]
        again.end("Umpire")
        await scene.ended()
        assert len(scene.noted(events.FaultEnded)) == 1


async def test_what_is_left_for_later_is_entered_where_the_ground_does_not_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes of others are left whole, with the moment; what was broken is so again afterwards."""
    broken = Fault(kind=FaultKind.CUT, for_s=400)
    inject = Inject(id="1", at_s=0, act=Act.FAULT, delivery=Delivery.FAULT, fault=broken)
    async with stage(tmp_path, inject, advisory("late", 500)) as scene:
        monkeypatch.setattr(scene.ground, "keeps", lambda _: False)
        await scene.begin()
        await until(lambda: scene.noted(events.InjectDelivered), "the line is cut")
        await scene.killed()
        assert not scene.ground.broken
        (ended,) = scene.noted(events.FaultEnded)
        assert ended.left
        assert left_broken(read_record(scene.directory), scene.scenario) == ()
        playing = await scene.begin(resume=True)
        await until(lambda: len(scene.noted(events.FaultBegan)) == 2, "it is cut again")
        assert scene.ground.broken == [broken]
        assert left_broken(read_record(scene.directory), scene.scenario) == (broken,)
        playing.end("Umpire")
        await scene.ended()
        assert [one.left for one in scene.noted(events.FaultEnded)] == [True, False]


async def test_what_was_broken_is_broken_anew(tmp_path: Path) -> None:
    """The ground has mended it meanwhile, so it is entered as ended, and as begun again."""
    broken = Fault(kind=FaultKind.LOSS, amount=10)
    inject = Inject(id="1", at_s=0, act=Act.FAULT, delivery=Delivery.FAULT, fault=broken)
    async with stage(tmp_path, inject, advisory("late", 500)) as scene:
        await scene.begin()
        while not scene.noted(events.InjectDelivered):
            await asyncio.sleep(0.01)
        await scene.killed()
        scene.ground.broken.clear()
        playing = await scene.begin(resume=True)
        while len(scene.noted(events.FaultBegan)) < 2:
            await asyncio.sleep(0.01)
        assert scene.ground.broken == [broken]
        playing.end("Umpire")
        await scene.ended()
        assert not scene.ground.broken
        assert len(scene.noted(events.FaultEnded)) == 2


async def test_an_exercise_that_was_paused_is_still_paused(tmp_path: Path) -> None:
    """Somebody has to say that it goes on."""
    async with stage(tmp_path, advisory("1", 500)) as scene:
        playing = await scene.begin()
        while not playing.scene.clock.running:
            await asyncio.sleep(0.01)
        await playing.pause("Umpire")
        await scene.killed()
        again = await scene.begin(resume=True)
        assert again.board().state == "paused"
        await again.resume("Umpire")
        again.end("Umpire")
        await scene.ended()


async def test_what_was_left_to_be_done_after_endex_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between ENDEX and the nodes' learning of it: they learn it, and it is collected."""
    from hotline.exercise.play import ending

    async def killed(*_: object) -> None:
        raise Killed

    async with stage(tmp_path, advisory("1")) as scene:
        with monkeypatch.context() as patch:
            patch.setattr(ending, "bind", killed)
            with pytest.raises(Killed):
                await scene.played()
        last = read_record(scene.directory).last_hash
        task = asyncio.create_task(scene.begin(resume=True))
        await asyncio.wait([task])
        for client in scene.ground.clients.values():
            assert (await client.exercise()).events[0].record == last
        assert read_record(scene.directory).last_hash == last
        assert (scene.directory / "collected").is_dir()


async def test_two_directors_are_not_at_work_in_one_directory(tmp_path: Path) -> None:
    """The second one is told, and has done nothing."""
    async with stage(tmp_path, advisory("1", 500)) as scene:
        playing = await scene.begin()
        other = Stage(scene.directory, scene.scenario, scene.ground)
        with pytest.raises(ExerciseError) as error:
            await other.begin(resume=True)
        assert error.value.code == "record.in-use"
        playing.end("Umpire")
        await scene.ended()
