"""What must be so of both nodes before STARTEX: whoever plays on the wrong node harms somebody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

from hotline.api.client import Client
from hotline.api.schema import LineView, Status
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.judging.course import SECOND_US
from hotline.exercise.play.following import log_sizes
from hotline.exercise.record.events import NodeAtStart
from hotline.exercise.scenario.shape import Scenario
from hotline.model.letter import letter_hash
from hotline.model.times import parse_time, shorten

LINE_S = 20.0
"""How long the line may take to come up: nodes dial each other every few seconds."""
LOOK_S = 0.1


async def check_node(
    client: Client, centre: str, scenario: Scenario, wall_us: Callable[[], int]
) -> NodeAtStart:
    """Return how a node is found, ready to be played on.

    Raises ExerciseError: ``exercise.node-unreachable``, ``exercise.wrong-node``,
    ``exercise.not-an-exercise``, ``exercise.another-exercise``, ``exercise.played-already``,
    ``exercise.stop-unacknowledged``, ``exercise.no-line``.
    """
    try:
        before_us = wall_us()
        status = await client.status()
        after_us = wall_us()
        play = await client.exercise()
    except HotlineError as error:
        raise ExerciseError(
            "exercise.node-unreachable",
            f"the node of {centre} cannot be asked: {error.message}",
            error.hint or "start it, and begin again",
        ) from None
    if status.centre != centre:
        raise ExerciseError(
            "exercise.wrong-node",
            f"the node of {centre} is named to be here, and {shorten(status.centre)} answers",
            "check which socket is whose: --node CENTRE=SOCKET",
        )
    _require_exercise(status, centre)
    if play.state in ("running", "paused"):
        raise ExerciseError(
            "exercise.played-already",
            f"the exercise {shorten(play.name)} is played at {centre} already",
            "end it with `hotline exercise end`, or go on with `hotline exercise run --resume DIR`",
        )
    if play.unacknowledged:
        raise ExerciseError(
            "exercise.stop-unacknowledged",
            f"play was stopped by the real world at {centre}, and nobody has taken notice of it",
            f"make sure that it is over, then `hotline acknowledge {play.unacknowledged[0]}` there",
        )
    line = line_of(status, centre, scenario)
    if play.name and play.name != scenario.name:
        raise ExerciseError(
            "exercise.another-exercise",
            f"the letter of {centre} is for the exercise {shorten(play.name)}, not for"
            f" {shorten(scenario.name)}",
            "play it on nodes that were made with the letter that `hotline exercise letter` prints",
        )
    away_us = parse_time(status.now) - (before_us + after_us) // 2
    uncertain_us = (after_us - before_us) // 2
    return NodeAtStart(
        centre=centre,
        status=status.status,
        version=status.version,
        card="",
        letter=line.letter,
        logs=await log_sizes(client, line.peer),
        ahead_s=away_us / SECOND_US if abs(away_us) > uncertain_us else 0.0,
    )


async def check_line(clients: Mapping[str, Client], scenario: Scenario) -> None:
    """Return when both nodes agree and the line is up, unless the scenario is about letters.

    Raises ExerciseError ``exercise.letters-differ`` and ``exercise.line-down``.
    """
    if scenario.letters:
        return
    until = time.monotonic() + LINE_S
    while True:
        lines = {
            centre: line_of(await client.status(), centre, scenario)
            for centre, client in clients.items()
        }
        differing = [centre for centre, line in lines.items() if line.letter_differs]
        if differing:
            raise ExerciseError(
                "exercise.letters-differ",
                f"{differing[0]} finds that the other's letter is not its own",
                "give both nodes the same letter: `hotline letter check` shows what each one says",
            )
        down = [centre for centre, line in lines.items() if not line.up]
        if not down:
            return
        if time.monotonic() > until:
            why = lines[down[0]].last_error or "nobody answers at the other end"
            raise ExerciseError(
                "exercise.line-down",
                f"the line is down at {down[0]}: {why}",
                "see `hotline doctor` at both nodes; an exercise begins with the line up",
            )
        await asyncio.sleep(LOOK_S)


async def letter_notes(
    clients: Mapping[str, Client], scenario: Scenario, nodes: Iterable[NodeAtStart]
) -> list[str]:
    """Return what is to be said of nodes whose letter is not the scenario's: no reason to refuse.

    Verdicts may then come out otherwise than the scenario means them: its expectations are written
    for its own letter. To be asked before STARTEX. Raises as `Client.exercise` does.
    """
    notes = []
    for node in nodes:
        text = scenario.letters.get(node.centre, scenario.letter)
        if text is None or node.letter == letter_hash(text.encode()).hex():
            continue
        named = (await clients[node.centre].exercise()).name
        nameless = "" if named else ", and names no exercise"
        notes.append(
            f"the letter of {node.centre} is not the scenario's{nameless}: what is expected may"
            " fail for that alone (`hotline exercise letter` prints the right one)"
        )
    return notes


def line_of(status: Status, centre: str, scenario: Scenario) -> LineView:
    """Return a node's line with the other centre. Raises ExerciseError ``exercise.no-line``."""
    other = next(name for name in scenario.centres if name != centre)
    for line in status.lines:
        if line.peer == other:
            return line
    raise ExerciseError(
        "exercise.no-line",
        f"the node of {centre} has no line with {other}",
        f"add a [[line]] with {other} to its node.toml, or name another node",
    )


def _require_exercise(status: Status, centre: str) -> None:
    if status.status != "exercise":
        raise ExerciseError(
            "exercise.not-an-exercise",
            f"the node of {centre} is for {status.status} traffic: no exercise is played on it",
            "make nodes of the status exercise, with keys and a letter of their own",
        )
