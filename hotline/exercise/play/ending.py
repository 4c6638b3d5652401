"""ENDEX: all is made whole, both logs are counted, the record is bound in both, and collected."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from hotline.api.exercise_shapes import ExerciseRequest, ExerciseView
from hotline.errors import HotlineError
from hotline.exercise.faults.breaking import PowerMeans
from hotline.exercise.judging.verdict import Outcome
from hotline.exercise.play.clearing import leave_watch
from hotline.exercise.play.following import log_sizes
from hotline.exercise.play.scene import Scene
from hotline.exercise.record.events import ENDED, Endex, Judged

COLLECTED = "collected"
SETTLE_S = 15.0
"""How long what waits for the line may take to be delivered once nothing is broken any more."""
LOOK_S = 0.1
GO_ON = "`hotline exercise run --resume {}`"


async def end(scene: Scene, why: str, by: str, directory: Path) -> tuple[str, ...]:
    """End the exercise: nothing is delivered any more when this is called. Return as `bind`."""
    scene.clock.pause()
    for error in await scene.faults.end_all():
        scene.say("trouble", f"not made whole: {error.message} [{error.code}]")
    await _revive(scene)
    if why != "real-world":
        await _settle(scene)
    for follower in scene.followers.values():
        await follower.drain()
    scene.judge.end(scene.wall_us(), why)
    judge(scene, scene.wall_us())
    logs = {}
    for centre, client in scene.clients.items():
        try:
            logs[centre] = await log_sizes(client, scene.other(centre))
        except HotlineError as error:
            scene.say("trouble", f"the logs of {centre} are not counted: {error.message}")
    scene.record(Endex(why=why, by=by, logs=logs))
    scene.say("endex", f"ENDEX of EXERCISE {scene.scenario.name}: {ENDED.get(why, why)}")
    return await bind(scene, directory)


async def bind(scene: Scene, directory: Path) -> tuple[str, ...]:
    """Enter the record's hash in both nodes, where that is still to be done, and collect.

    Simulated officers leave the watch then, so that people may take it next time. A node at which
    somebody has said by hand that play is over is told too: else it would bind no record.

    Return the centres whose nodes could not be told: what they say is not bound to the record, and
    nothing is collected before it is.
    """
    unbound = []
    for centre, client in scene.clients.items():
        request = ExerciseRequest(
            event="endex",
            by="director",
            name=scene.scenario.name,
            record=scene.writer.last_hash,
        )
        try:
            if not _holds(await client.exercise(), request.record):
                await client.tell_exercise(request)
        except HotlineError as error:
            scene.say("trouble", f"{centre} was not told of ENDEX: {error.message} [{error.code}]")
            unbound.append(centre)
        else:
            await _leave(scene, centre)
    if unbound:
        scene.say("trouble", f"start that node, then {GO_ON.format(directory)} tells it")
    else:
        await _collect(scene, directory / COLLECTED)
    return tuple(unbound)


def _holds(view: ExerciseView, record: str) -> bool:
    """Whether a node has entered the hash of the record already: a director was killed since."""
    return any(one.event == "endex" and one.record == record for one in view.events)


def judge(scene: Scene, now_us: int) -> None:
    """Settle what can be settled, and enter it as the board shows it."""
    for verdict in scene.judge.tick(now_us):
        if scene.judged.get(verdict.expectation) == verdict.outcome.value:
            continue  # the board showed it before the director was killed
        scene.record(
            Judged(
                expectation=verdict.expectation, verdict=verdict.outcome.value, text=verdict.text
            )
        )
        if not verdict.mock or verdict.outcome in (Outcome.FAIL, Outcome.EXPIRED):
            scene.say(verdict.outcome.value, f"{verdict.expectation}: {verdict.text}")


async def _revive(scene: Scene) -> None:
    """Start nodes that are gone though nothing has been broken, where that can be done from here.

    Their journals are to hold the record's hash, as the others do.
    """
    power = scene.ground
    if not isinstance(power, PowerMeans):
        return
    for centre, follower in scene.followers.items():
        if follower.gone is not None:
            scene.say("director", f"starting the node of {centre}, which had gone by itself")
            try:
                await power.start(centre)
            except HotlineError as error:
                scene.say("trouble", f"{centre} cannot be started: {error.message} [{error.code}]")


async def _leave(scene: Scene, centre: str) -> None:
    """Have a simulated officer leave the watch: in play it would be judged, so after ENDEX."""
    try:
        left = await leave_watch(scene.clients[centre])
    except HotlineError as error:
        scene.say("trouble", f"nobody left the watch of {centre}: {error.message} [{error.code}]")
        return
    if left:
        scene.say("crew", f"{centre}, {left}: leaves the watch")


async def _settle(scene: Scene) -> None:
    """Give what waits a chance to arrive: an exercise that ends in a cut loses nothing."""
    until = time.monotonic() + SETTLE_S
    while time.monotonic() < until:
        try:
            found = [await client.status() for client in scene.clients.values()]
        except HotlineError:
            await asyncio.sleep(LOOK_S)
            continue
        lines = [
            line
            for status in found
            for line in status.lines
            if line.peer == scene.other(status.centre)
        ]
        if all(line.up and not sum(line.backlog.values()) for line in lines):
            return
        if scene.scenario.letters and not any(line.up for line in lines):
            return  # about letters that differ: the line stays down
        await asyncio.sleep(LOOK_S)


async def _collect(scene: Scene, into: Path) -> None:
    if into.exists():
        return
    # Collected under another name first: what is there under its own is complete.
    begun = into.with_name(f"{into.name}.incomplete")
    shutil.rmtree(begun, ignore_errors=True)
    try:
        await scene.ground.collect(begun)
        begun.rename(into)
    except HotlineError as error:
        shutil.rmtree(begun, ignore_errors=True)
        hint = f"; {error.hint}" if error.hint else ""
        scene.say("trouble", f"journals not collected: {error.message}{hint}")
