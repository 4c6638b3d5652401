"""Play, faults and the watch over the API: what is answered, refused, shown and streamed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hotline.api.exercise_shapes import ExerciseRequest, FaultRequest, WatchRequest
from hotline.cli.exits import Exit, exit_of
from hotline.errors import HotlineError, UsageError
from tests.api.conftest import Lone, Pair, ask
from tests.centres import client_of, eventually
from tests.node.grounds import actual_pair

RECORD = "ab" * 32


def event(what: str, /, **more: str) -> ExerciseRequest:
    """Return what a director tells."""
    return ExerciseRequest(event=what, by="director", **more)


def step(what: str, officer: str, **more: str) -> WatchRequest:
    """Return a step of the watch."""
    return WatchRequest(step=what, officer=officer, **more)


async def test_an_exercise_is_told_shown_and_bound(lone: Lone) -> None:
    """Each event is an entry with its name; the record of the director is bound at the end."""
    begun = await lone.client.tell_exercise(event("startex", name="Spring"))
    assert (begun.state, begun.name) == ("running", "Spring")
    assert begun.traffic.startswith("EXERCISE")
    status = await lone.client.status()
    assert (status.play, status.play_name, status.play_since) == ("running", "Spring", begun.since)
    await lone.client.tell_exercise(event("pause", text="lunch"))
    await lone.client.tell_exercise(event("resume"))
    ended = await lone.client.tell_exercise(event("endex", record=RECORD))
    assert ended.state == "none"
    assert [one.event for one in ended.events] == ["endex", "resume", "pause", "startex"]
    assert (ended.events[0].record, ended.events[2].text) == (RECORD, "lunch")
    (entry,) = (await lone.client.log(kind=["exercise"], text="endex")).entries
    assert entry.text == "exercise Spring: endex by director, record abababab"
    assert (entry.entry, entry.at) == (ended.events[0].entry, ended.events[0].at)


async def test_a_task_is_told_to_the_crew_while_somebody_plays(lone: Lone) -> None:
    """It is entered, listed and counted; another exercise begins without it."""
    await lone.client.tell_exercise(event("startex", name="Spring"))
    told = await lone.client.tell_exercise(event("task", text="call the tower"))
    assert [(one.by, one.text) for one in told.tasks] == [("director", "call the tower")]
    assert (told.state, (await lone.client.status()).tasks) == ("running", 1)
    (entry,) = (await lone.client.log(kind=["exercise"], text="tower")).entries
    assert (entry.entry, entry.what["event"]) == (told.tasks[0].entry, "task")
    assert (await lone.client.tell_exercise(event("endex"))).tasks == []
    with pytest.raises(UsageError) as refused:
        await lone.client.tell_exercise(event("task", text="too late"))
    assert refused.value.code == "exercise.not-possible"


async def test_real_world_is_one_call(pair: Pair) -> None:
    """By whoever sees it: both sides stop, say so first in their status, and know who said it."""
    said = await pair.b.real_world("orlov", "engine fire")
    assert said.state == "stopped"
    assert len(said.sent) == 1
    await eventually(lambda: pair.iaf.exercise.unacknowledged)
    heard = await pair.a.exercise()
    assert (heard.state, heard.events[0].by, heard.events[0].message) == (
        "stopped",
        "orlov",
        said.sent[0],
    )
    wrong = {one.code: one for one in (await pair.a.status()).wrong}["exercise.real-world"]
    assert wrong.text.startswith("real world, no play: orlov")
    await pair.a.acknowledge(heard.unacknowledged[0], "levy")
    assert (await pair.a.exercise()).unacknowledged == []
    assert "exercise.real-world" not in {one.code for one in (await pair.a.status()).wrong}


async def test_a_fault_stands_in_the_status_until_it_ends(lone: Lone) -> None:
    """So that nobody forgets one; the record has its beginning and its end in words."""
    request = FaultRequest(kind="clock-offset", amount=90, for_s=600, by="director")
    (fault,) = (await lone.client.break_(request)).faults
    assert (fault.kind, fault.amount, fault.by, fault.left) == (
        "clock-offset",
        90,
        "director",
        None,
    )
    assert fault.until is not None
    wrong = {one.code: one.text for one in (await lone.client.status()).wrong}
    assert wrong["fault.clock-offset"].startswith(
        "broken on purpose by director: clock-offset 90, for "
    )
    assert (await lone.client.faults()).faults[0].kind == "clock-offset"
    off = FaultRequest(kind="clock-offset", by="director", off=True)
    assert (await lone.client.break_(off)).faults == []
    assert "fault.clock-offset" not in {one.code for one in (await lone.client.status()).wrong}
    texts = {entry.text for entry in (await lone.client.log(kind=["fault"])).entries}
    assert texts == {
        "fault on purpose begins: clock-offset, 90, for 10 min, by director",
        "fault on purpose ended: clock-offset (told by director)",
    }


async def test_a_fault_of_a_line_counts_down(lone: Lone) -> None:
    """What happens so many times says how many are left; the line may be down meanwhile."""
    request = FaultRequest(kind="replayed-envelope", amount=3, by="director")
    (fault,) = (await lone.client.break_(request)).faults
    assert (fault.peer, fault.left, fault.until) == ("iaf", 3, None)


async def test_a_relief_over_the_api(lone: Lone) -> None:
    """Who has it, what may be done next, the brief with what changed, and the steps."""
    assert (await lone.client.watch()).next == ["nobody has the watch: `hotline duty take`"]
    await lone.client.take_step(step("taken", "levy"))
    briefed = await lone.client.take_step(step("briefed", "cohen"))
    assert briefed.brief is not None
    assert (briefed.brief.good, briefed.brief.officer, briefed.brief.changed) == (True, "cohen", [])
    await lone.centre.bell.ring("test.alarm", "", "", "something")
    outdated = (await lone.client.watch()).brief
    assert outdated is not None
    assert (outdated.good, outdated.changed) == (False, ["alarms"])
    await lone.client.take_step(step("briefed", "cohen"))
    view = await lone.client.take_step(step("assumed", "cohen", relieved="levy", text="all quiet"))
    assert (view.on_duty, view.to_review, view.brief) == ("cohen", "levy", None)
    assert (view.steps[0].relieved, view.steps[0].brief) == ("levy", view.steps[1].entry)
    status = await lone.client.status()
    assert (status.on_duty, status.on_duty_since, status.to_review) == ("cohen", view.since, "levy")
    (entry,) = (await lone.client.log(kind=["watch"], text="all quiet")).entries
    assert entry.text == (
        f"cohen assumed the watch, relieving levy, on the brief of entry {view.steps[1].entry}:"
        ' "all quiet"'
    )
    found = await lone.client.log(operator="levy", kind=["watch"])
    assert {one.entry for one in found.entries} == {view.steps[0].entry, view.steps[3].entry}


async def test_a_watch_that_nobody_has_is_wrong(lone: Lone) -> None:
    """Given up without a relief: the status says so; a node that never had one is not wrong."""
    assert "watch.nobody" not in {one.code for one in (await lone.client.status()).wrong}
    await lone.client.take_step(step("taken", "levy"))
    await lone.client.take_step(step("released", "levy", text="building is left"))
    status = await lone.client.status()
    assert status.on_duty == ""
    assert "watch.nobody" in {one.code for one in status.wrong}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/exercise", {"event": "begin", "by": "d"}, 400, "api.bad-event"),
        ("/v1/exercise", {"event": "startex", "by": "d"}, 400, "exercise.no-name"),
        ("/v1/exercise", {"event": "startex", "name": "a\nb", "by": "d"}, 400, "api.bad-text"),
        ("/v1/exercise", {"event": "startex", "name": "Spring", "by": ""}, 400, "api.bad-officer"),
        ("/v1/exercise", {"event": "pause", "by": "d"}, 409, "exercise.not-possible"),
        ("/v1/exercise", {"event": "task", "by": "d"}, 400, "exercise.no-task"),
        ("/v1/exercise", {"event": "endex", "by": "d", "record": "ab"}, 400, "api.bad-record"),
        ("/v1/exercise", {"event": "comment", "by": "d", "record": RECORD}, 400, "api.bad-record"),
        ("/v1/exercise", {"event": "comment", "by": "d", "text": "x" * 2001}, 400, "api.bad-text"),
        ("/v1/exercise", {"event": "comment", "by": "d", "text": "\u202e"}, 400, "api.bad-text"),
        ("/v1/faults", {"kind": "cut", "by": "d"}, 400, "fault.unknown-kind"),
        ("/v1/faults", {"kind": "slow-disk", "amount": 99, "by": "d"}, 400, "fault.bad-amount"),
        ("/v1/faults", {"kind": "corrupted-frame", "peer": "x", "by": "d"}, 404, None),
        ("/v1/watch", {"step": "slept", "officer": "levy"}, 400, "api.bad-step"),
        ("/v1/watch", {"step": "briefed", "officer": "levy"}, 409, "watch.free"),
        ("/v1/watch", {"step": "taken", "officer": "levy", "more": 1}, 400, "api.bad-body"),
    ],
)
async def test_what_cannot_be_is_refused(
    lone: Lone, path: str, body: dict[str, Any], status: int, code: str | None
) -> None:
    """With a code and a hint, and nothing of it is entered."""
    size = lone.centre.journal.node_log.size
    asked = await ask(lone.centre, "POST", path, body)
    assert (asked.status, asked.body["code"]) == (status, code or "node.unknown-peer")
    assert asked.body["hint"]
    assert lone.centre.journal.node_log.size == size


async def test_an_actual_node_refuses_with_403_and_exit_code_4(tmp_path: Path) -> None:
    """Exercises and faults are refused there; the watch is not."""
    async with actual_pair(tmp_path) as (iaf, _), client_of(iaf) as client:
        for request in (
            client.tell_exercise(event("startex", name="Spring")),
            client.real_world("levy"),
            client.break_(FaultRequest(kind="full-disk", by="levy")),
        ):
            with pytest.raises(HotlineError) as refused:
                await request
            assert refused.value.code == "node.actual"
            assert exit_of(refused.value) is Exit.NOT_ALLOWED
        asked = await ask(iaf, "POST", "/v1/exercise", {"event": "real-world", "by": "levy"})
        assert asked.status == 403
        assert (await client.take_step(step("taken", "levy"))).on_duty == "levy"
        assert (await client.exercise()).state == "none"


async def test_the_stream_tells_of_all_three(lone: Lone) -> None:
    """Whoever listens need not ask again and again."""
    events = lone.client.events()
    assert (await anext(events))[0] == "open"
    await lone.client.tell_exercise(event("startex", name="Spring"))
    await lone.client.break_(FaultRequest(kind="slow-disk", amount=0.01, by="director"))
    await lone.client.take_step(step("taken", "levy"))
    heard: dict[str, dict[str, Any]] = {}
    async with asyncio.timeout(30):
        async for name, what in events:
            heard[name] = what
            if {"exercise", "fault", "watch"} <= heard.keys():
                break
    assert (heard["exercise"]["event"], heard["exercise"]["state"]) == ("startex", "running")
    assert (heard["fault"]["kind"], heard["fault"]["state"]) == ("slow-disk", "began")
    assert (heard["watch"]["step"], heard["watch"]["on_duty"]) == ("taken", "levy")


async def test_a_brief_is_not_assumed_by_somebody_else(lone: Lone) -> None:
    """The client raises the node's own error, with what to do."""
    await lone.client.take_step(step("taken", "levy"))
    await lone.client.take_step(step("briefed", "cohen"))
    with pytest.raises(UsageError) as refused:
        await lone.client.take_step(step("assumed", "orlov", relieved="levy"))
    assert refused.value.code == "watch.no-brief"
    assert "hotline duty brief" in refused.value.hint
