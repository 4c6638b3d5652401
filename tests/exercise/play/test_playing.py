from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hotline.api.exercise_shapes import ExerciseRequest
from hotline.errors import ExerciseError, UsageError
from hotline.exercise.judging.verdict import Outcome
from hotline.exercise.play.msel import State
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from hotline.exercise.scenario.shape import (
    Act,
    Delivery,
    Expectation,
    ExpectationKind,
    Fault,
    FaultKind,
    Inject,
)
from hotline.model.kinds import Answer
from tests.exercise.play.stage import advisory, send, stage, until


async def test_an_exercise_is_played_from_startex_to_endex(tmp_path: Path) -> None:
    """Each inject once, in order; every verdict; and both nodes hold the record's hash."""
    first, second = send("1", 0.1), advisory("2", 0.2)
    reply = send(
        "3",
        0.1,
        act=Act.REPLY,
        originator="hmeimim",
        recipient="iaf",
        document=None,
        about="1",
        after="2",
        answer=Answer.ACCEPT,
        officer="sim. Orlov",
    )
    async with stage(tmp_path, first, second, reply) as scene:
        await scene.begin()
        result = await scene.ended()
        assert (result.why, result.good) == ("all-done", True)
        assert [one.outcome for one in result.verdicts] == [Outcome.PASS] * 3
        delivered = scene.noted(events.InjectDelivered)
        assert [one.inject for one in delivered] == ["1", "2", "3"]
        assert [delivered[0].message] == await scene.sent("iaf", "notice")
        assert [delivered[2].message] == await scene.sent("hmeimim", "reply")
        record = read_record(scene.directory)
        assert isinstance(record.entries[-1].event, events.Endex)
        for client in scene.ground.clients.values():
            view = await client.exercise()
            assert view.state == "none"
            assert [event.event for event in view.events] == ["endex", "startex"]
            assert view.events[0].record == record.last_hash
        assert (scene.directory / "collected").is_dir()


async def test_both_logs_are_counted_at_startex_and_endex(tmp_path: Path) -> None:
    """By their origins, so that nobody can say that they were shorter."""
    async with stage(tmp_path, advisory("1")) as scene:
        await scene.begin()
        await scene.ended()
        (startex,), (endex,) = scene.noted(events.Startex), scene.noted(events.Endex)
        for node in startex.nodes:
            assert len(node.logs) == 2
            assert set(node.logs) == set(endex.logs[node.centre])
            assert all(node.logs[log] <= endex.logs[node.centre][log] for log in node.logs)


async def test_nothing_is_delivered_while_it_is_paused(tmp_path: Path) -> None:
    """Both nodes know; what was due in the meantime comes when it goes on."""
    async with stage(tmp_path, advisory("1", 0.5)) as scene:
        playing = await scene.begin()
        await until(lambda: playing.scene.clock.running, "it never began")
        await playing.pause("Umpire", "coffee")
        with pytest.raises(ExerciseError) as error:
            await playing.pause("Umpire")
        assert error.value.code == "exercise.unfit"
        assert [(await one.exercise()).state for one in scene.ground.clients.values()] == [
            "paused",
            "paused",
        ]
        assert playing.board().state == "paused"
        assert playing.scene.msel.rows["1"].state is State.WAITING
        await playing.resume("Umpire")
        result = await scene.ended()
        assert result.good
        (paused,) = scene.noted(events.Paused)
        assert (paused.by, paused.why) == ("Umpire", "coffee")


async def test_injects_are_added_and_skipped(tmp_path: Path) -> None:
    """What is skipped is void with what follows on it; what is added counts as any other."""
    later, follows = advisory("late", 500), advisory("follows", 1)
    follows = send("follows", 1, after="late")
    async with stage(tmp_path, later, follows) as scene:
        playing = await scene.begin()
        added = playing.add(
            {
                "id": "x1",
                "at": "0 s",
                "from": "iaf",
                "send": {"kind": "advisory", "subject": "extra", "text": "Exercise. Extra."},
                "expect": [{"receipt": {"within": "20 s"}}],
            },
            "Umpire",
        )
        assert added.id == "x1"
        playing.skip("late", "Umpire", "no time")
        playing.comment("Umpire", "bold", "x1")
        for wrong in (lambda: playing.skip("late", "x"), lambda: playing.comment("x", "y", "none")):
            with pytest.raises(ExerciseError):
                wrong()
        result = await scene.ended()
        outcomes = {one.expectation: one.outcome.value for one in result.verdicts}
        assert outcomes == {"late.1": "void", "follows.1": "void", "x1.1": "pass"}
        assert [one.inject for one in scene.noted(events.InjectSkipped)] == ["late", "follows"]


async def test_an_extra_inject_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """With what is wrong, and nothing in the record."""
    async with stage(tmp_path, advisory("1", 500)) as scene:
        playing = await scene.begin()
        for given in ({}, {"id": "1", "at": "1 s", "to": "iaf", "tell": "x"}, {"id": "2", "no": 1}):
            with pytest.raises(ExerciseError):
                playing.add(given, "Umpire")
        playing.end("Umpire")
        result = await scene.ended()
        assert result.why == "ended"
        assert not scene.noted(events.InjectAdded)


async def test_the_time_is_over_at_the_end_of_the_time(tmp_path: Path) -> None:
    """Whatever is still expected has expired, and whatever was to come is void."""
    reads = Expectation(id="1.1", kind=ExpectationKind.READ, centre="hmeimim", within_s=500)
    first = send("1", expectations=(reads,))
    async with stage(tmp_path, first, advisory("2", 500), duration_s=1.0) as scene:
        await scene.begin()
        result = await scene.ended()
        assert result.why == "time"
        assert [one.outcome.value for one in result.verdicts] == ["expired", "void"]
        assert not result.good


def fault(name: str, at_s: float, for_s: float | None, centre: str = "iaf") -> Inject:
    """Return an inject that delays what iaf sends."""
    broken = Fault(kind=FaultKind.DELAY, centre=centre, amount=0.1, for_s=for_s)
    return Inject(id=name, at_s=at_s, act=Act.FAULT, delivery=Delivery.FAULT, fault=broken)


async def test_what_is_broken_is_made_whole_in_time_and_at_endex(tmp_path: Path) -> None:
    """Both moments are in the record; what is not possible says why."""
    faults = fault("1", 0.0, 0.2), fault("2", 0.1, None), fault("3", 0.1, 1, centre="nobody")
    async with stage(tmp_path, *faults) as scene:
        await scene.begin()
        await scene.ended()
        assert not scene.ground.broken
        assert [one.inject for one in scene.noted(events.FaultBegan)] == ["1", "2"]
        assert [one.inject for one in scene.noted(events.FaultEnded)] == ["1", "2"]
        (failed,) = scene.noted(events.InjectFailed)
        assert (failed.inject, failed.code) == ("3", "exercise.fault-not-possible")


async def test_what_breaks_the_rules_on_purpose_is_refused_as_it_should_be(tmp_path: Path) -> None:
    """It is delivered all the same; without the purpose it has failed."""
    wrong = {"kind": "advisory", "text": ""}
    meant = send("1", document=wrong, flawed=True, expectations=())
    async with stage(tmp_path, meant, send("2", document=wrong, expectations=())) as scene:
        await scene.begin()
        await scene.ended()
        (delivered,), (failed,) = (
            scene.noted(events.InjectDelivered),
            scene.noted(events.InjectFailed),
        )
        assert (delivered.inject, delivered.message) == ("1", "")
        assert delivered.refused == failed.code


async def test_a_restart_lasts_until_the_node_is_back(tmp_path: Path) -> None:
    """It begins when it is ordered; an order of a director that is gone is not given twice."""
    back = asyncio.Event()
    broken = Fault(kind=FaultKind.RESTART, centre="iaf")
    again = Inject(id="1", at_s=0.0, act=Act.FAULT, delivery=Delivery.FAULT, fault=broken)
    async with stage(tmp_path, again) as scene:
        end = scene.ground.end

        async def once_back(fault: Fault) -> None:
            await back.wait()
            await end(fault)

        scene.ground.end = once_back  # type: ignore[method-assign]
        playing = await scene.begin()
        await until(lambda: scene.noted(events.InjectDelivered), "nothing was ordered")
        assert playing.scene.faults.standing
        assert not scene.noted(events.FaultEnded)
        await scene.killed()
        await scene.begin(resume=True)
        back.set()
        await scene.ended()
        assert scene.ground.done.count("begin node-restart") == 1
        assert len(scene.noted(events.FaultEnded)) == 1


async def test_what_a_human_crew_does_by_itself_is_taken_notice_of(tmp_path: Path) -> None:
    """It is told on the board; the message that it then sends carries the inject."""
    async with stage(tmp_path, send("1", from_crew=True), advisory("2", 0.0)) as scene:
        playing = await scene.begin()
        await until(lambda: playing.scene.tasks, "nobody was told")
        (task,) = playing.board().tasks
        assert (task.inject, task.centre) == ("1", "iaf")
        (told,) = (await scene.ground.clients["iaf"].exercise()).tasks
        assert told.text == f"inject 1: {task.text}"
        for word in ("send: notice to hmeimim", "reference IAF-0101", "time_end +2h45m"):
            assert word in told.text
        sent = await _send_as_crew(scene.ground.clients["iaf"])
        result = await scene.ended()
        assert result.good
        delivered = {one.inject: one for one in scene.noted(events.InjectDelivered)}
        assert delivered["1"].message == sent


async def _send_as_crew(client: Any) -> str:
    from hotline.api.schema import SendRequest
    from tests.centres import example

    request = SendRequest(document=example("iaf/01-patrol.json"), officer="Levi")
    return str((await client.send(request)).id)


# --- Nodes that come and go ---------------------------------------------------------------


class Losing:
    """A node whose answers get lost: ``lost`` of them after it has done what was asked."""

    def __init__(self, client: Any, lost: int, *, done: bool) -> None:
        self._client = client
        self._left = lost
        self._done = done
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, request: Any) -> Any:
        """Send, and lose the answer, or do not even send."""
        self.asked += 1
        if self._left:
            self._left -= 1
            if self._done:
                await self._client.send(request)
            raise UsageError("api.no-answer" if self._done else "api.no-node", "gone", "")
        return await self._client.send(request)


@pytest.mark.parametrize("done", [True, False])
async def test_an_answer_that_is_lost_is_not_asked_for_twice(tmp_path: Path, done: bool) -> None:
    """Two advisories with the same words are two messages, whatever was lost between."""
    async with stage(tmp_path, advisory("1"), advisory("2", 0.1)) as scene:
        losing = Losing(scene.ground.clients["iaf"], 1, done=done)
        scene.ground.clients["iaf"] = losing  # type: ignore[assignment]
        await scene.begin()
        result = await scene.ended()
        assert result.good
        sent = await scene.sent("iaf", "advisory")
        assert [one.message for one in scene.noted(events.InjectDelivered)] == sent
        assert len(sent) == 2
        assert losing.asked == (2 if done else 3)


async def test_a_defect_ends_the_director_and_not_the_record(tmp_path: Path) -> None:
    """What is no error of ours to handle comes out as it is."""
    async with stage(tmp_path, advisory("1")) as scene:

        class Broken(Losing):
            async def send(self, request: Any) -> Any:
                raise ZeroDivisionError

        scene.ground.clients["iaf"] = Broken(scene.ground.clients["iaf"], 0, done=False)  # type: ignore[assignment]
        await scene.begin()
        with pytest.raises(ZeroDivisionError):
            await scene.ended()
        assert scene.noted(events.InjectDue)
        assert not scene.noted(events.Endex)


# --- Before STARTEX -----------------------------------------------------------------------


async def test_nothing_begins_where_another_exercise_is_played(tmp_path: Path) -> None:
    """Nor where one was stopped by the real world, and nobody has taken notice."""
    async with stage(tmp_path, advisory("1")) as scene:
        client = scene.ground.clients["hmeimim"]
        await client.tell_exercise(ExerciseRequest(event="startex", by="x", name="other"))
        with pytest.raises(ExerciseError) as error:
            await scene.begin()
        assert error.value.code == "exercise.played-already"
        assert "hmeimim" in error.value.message
        await client.real_world("Orlov")
        with pytest.raises(ExerciseError) as error:
            await scene.begin()
        assert error.value.code == "exercise.stop-unacknowledged"
        assert not scene.directory.exists()


class Posing:
    """A node that says another thing of itself."""

    def __init__(self, client: Any, **changes: Any) -> None:
        self._client = client
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def status(self) -> Any:
        """Return the node's status, changed."""
        import msgspec

        return msgspec.structs.replace(await self._client.status(), **self._changes)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "actual"}, "exercise.not-an-exercise"),
        ({"status": "test"}, "exercise.not-an-exercise"),
        ({"centre": "elsewhere"}, "exercise.wrong-node"),
        ({"lines": []}, "exercise.no-line"),
    ],
)
async def test_nothing_is_played_on_the_wrong_node(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    """Least of all on one whose traffic is real; and nothing is left behind."""
    async with stage(tmp_path, advisory("1")) as scene:
        scene.ground.clients["iaf"] = Posing(scene.ground.clients["iaf"], **changes)  # type: ignore[assignment]
        with pytest.raises(ExerciseError) as error:
            await scene.begin()
        assert error.value.code == code
        assert not scene.directory.exists()
        assert not await scene.sent("iaf", "advisory")


async def test_a_node_that_cannot_be_asked_is_named(tmp_path: Path) -> None:
    """With its mend."""
    async with stage(tmp_path, advisory("1")) as scene:

        class Gone:
            async def status(self) -> Any:
                raise UsageError("api.no-node", "no node answers on x", "start it")

        scene.ground.clients["hmeimim"] = Gone()  # type: ignore[assignment]
        with pytest.raises(ExerciseError) as error:
            await scene.begin()
        assert error.value.code == "exercise.node-unreachable"
        assert "hmeimim" in error.value.message
        assert error.value.hint == "start it"
        del scene.ground.clients["hmeimim"]
        with pytest.raises(ExerciseError) as error:
            await scene.begin()
        assert error.value.code == "exercise.node-missing"
