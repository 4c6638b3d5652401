from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from hotline.errors import ExerciseError
from hotline.exercise.play import control
from hotline.exercise.play.commenting import comment_after
from hotline.exercise.play.control import Command, Control
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from tests.exercise.play.stage import advisory, stage, until

BY = "Umpire"


async def test_whoever_opens_the_socket_steers(tmp_path: Path) -> None:
    """Each command does what its method does, and is in the record under the name given."""
    async with stage(tmp_path, advisory("1"), advisory("late", 500)) as scene:
        playing = await scene.begin()
        await until(lambda: scene.noted(events.InjectDelivered), "nothing was delivered")
        asks = Control(scene.directory)
        await asks.command("pause", Command(by=BY, text="coffee"))
        assert (await asks.board()).state == "paused"
        await asks.command("resume", Command(by=BY))
        tell = {"id": "x", "at": "1 s", "to": "iaf", "tell": "Look out"}
        assert await asks.command("inject", Command(by=BY, inject=tell)) == {"inject": "x"}
        await asks.command("comment", Command(by=BY, text="bold", id="1"))
        await asks.command("skip", Command(by=BY, id="late"))
        board = await asks.board()
        states = {one.id: one.state for one in board.injects}
        assert states["late"] == "skipped"
        assert board.traffic == "EXERCISE drill"
        assert {one.centre for one in board.centres} == {"iaf", "hmeimim"}
        await asks.command("end", Command(by=BY))
        await scene.ended()
        assert playing.board().state == "over"
        for kind in (events.Paused, events.Resumed, events.InjectAdded, events.Commented):
            assert [one.by for one in scene.noted(kind)] == [BY]
        assert not (scene.directory / control.NAME).exists()


async def test_the_board_shows_limits_and_verdicts(tmp_path: Path) -> None:
    """What is left of a limit while it counts, and the words of the verdict after it."""
    async with stage(tmp_path, advisory("1"), advisory("late", 500)) as scene:
        playing = await scene.begin()
        await until(lambda: scene.noted(events.Judged), "nothing was judged")
        first, late = playing.board().injects
        assert (first.expectations[0].verdict, late.expectations[0].verdict) == ("pass", "open")
        assert first.expectations[0].text == "receipted"
        assert (late.state, late.due_t) == ("waiting", 500)
        assert playing.board().counts["pass"] == 1
        playing.end(BY)
        await scene.ended()


@pytest.mark.parametrize(
    ("what", "body", "code"),
    [
        ("fly", {"by": BY}, "exercise.no-such-command"),
        ("end", {}, "exercise.bad-command"),
        ("end", {"by": BY, "more": 1}, "exercise.bad-command"),
        ("end", {"by": ""}, "exercise.bad-name"),
        ("end", {"by": "a\nb"}, "exercise.bad-name"),
        ("comment", {"by": BY, "text": "x" * 3000}, "exercise.long-text"),
        ("skip", {"by": BY, "id": "none"}, "exercise.unknown-inject"),
        ("resume", {"by": BY}, "exercise.unfit"),
        ("inject", {"by": BY, "inject": {"id": "x"}}, "scenario.one-of"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_reason(
    tmp_path: Path, what: str, body: dict[str, object], code: str
) -> None:
    """And changes nothing."""
    async with stage(tmp_path, advisory("late", 500)) as scene:
        playing = await scene.begin()
        await until(lambda: playing.scene.clock.running, "it never began")
        before = len(read_record(scene.directory).entries)
        connector = aiohttp.UnixConnector(str(scene.directory / control.NAME))
        async with (
            aiohttp.ClientSession("http://director", connector=connector) as session,
            session.post(f"/{what}", data=json.dumps(body)) as response,
        ):
            assert response.status == 409
            assert (await response.json())["code"] == code
        assert len(read_record(scene.directory).entries) == before
        playing.end(BY)
        await scene.ended()


async def test_a_directory_with_a_long_name_can_be_steered(tmp_path: Path) -> None:
    """A socket's path is short on every kernel, a directory's is not."""
    async with stage(tmp_path, advisory("late", 500)) as scene:
        scene.directory = tmp_path / ("long" * 30)
        await scene.begin()
        assert (await Control(scene.directory).board()).name == "drill"
        await Control(scene.directory).command("end", Command(by=BY))
        await scene.ended()


async def test_where_no_director_is_at_work_it_is_said(tmp_path: Path) -> None:
    """A directory of none, and one whose director was killed."""
    with pytest.raises(ExerciseError) as error:
        await Control(tmp_path).board()
    assert error.value.code == "exercise.no-director"
    (tmp_path / control.NAME).touch()
    with pytest.raises(ExerciseError) as error:
        await Control(tmp_path).command("end", Command(by=BY))
    assert error.value.code == "exercise.no-director"


async def test_a_comment_can_be_made_after_the_end(tmp_path: Path) -> None:
    """Behind ENDEX, whose hash the journals hold; on an inject that there is."""
    async with stage(tmp_path, advisory("1")) as scene:
        await scene.played()
        # A made scenario has no file; only an inject that was due is known of it.
        await asyncio.to_thread(comment_after, scene.directory, BY, "well read")
        *_, endex, comment = read_record(scene.directory).entries
        assert isinstance(endex.event, events.Endex)
        assert comment.event == events.Commented(by=BY, text="well read")
