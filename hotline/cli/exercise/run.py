"""``hotline exercise run``: plays a scenario, with a board on a terminal or a line an event."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from hotline.cli.asking import json_option, officer_of, officer_option
from hotline.cli.exits import Exit
from hotline.cli.output import print_json, stdout
from hotline.cli.root import decide
from hotline.errors import HotlineError, UsageError

if TYPE_CHECKING:
    from hotline.exercise.ground.ground import Ground
    from hotline.exercise.play.director import Result
    from hotline.exercise.play.playing import Playing
    from hotline.exercise.scenario.shape import Fault, Scenario

BASE = Path("var/exercise")
STOPS = (signal.SIGTERM, signal.SIGHUP)
"""Asked to end in one of these ways, the director leaves play as Ctrl-C does."""
AGAIN_S = 5.0
"""Asked so much later again, it leaves at once whatever is still broken."""


@click.command()
@click.argument("scenario", required=False)
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where the exercise is kept. Default: {BASE}/NAME-TIME.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Go on with the exercise in DIR, whose director is gone.",
)
@click.option(
    "--node",
    "nodes",
    metavar="CENTRE=SOCKET",
    multiple=True,
    help="Play on a node that runs already, by its API socket; one for each centre.",
)
@click.option(
    "--journal",
    "journals",
    metavar="CENTRE=PATH",
    multiple=True,
    help="The directory of such a node, where its journal can be read from here.",
)
@click.option(
    "--proxy",
    metavar="SOCKET",
    type=click.Path(path_type=Path),
    help="The control socket of a fault proxy between such nodes.",
)
@click.option("--docker", metavar="PROJECT", help="Play on the containers of a Compose project.")
@click.option(
    "--factor",
    type=click.FloatRange(1.0, 60.0),
    metavar="N",
    help="Run the scenario's clock N times as fast as life, 1 to 60; a scenario may bear less.",
)
@click.option("--seed", type=click.IntRange(0, 2**32), metavar="N", help="Another seed.")
@click.option(
    "--human",
    "humans",
    metavar="CENTRE",
    multiple=True,
    help="People play this centre, though the scenario simulates its crew.",
)
@click.option("--headless", is_flag=True, help="No board: a line for each thing, on stderr.")
@officer_option
@json_option
@click.pass_context
def run(
    context: click.Context,
    scenario: str | None,
    directory: Path | None,
    resume: Path | None,
    nodes: tuple[str, ...],
    journals: tuple[str, ...],
    proxy: Path | None,
    docker: str | None,
    factor: float | None,
    seed: int | None,
    humans: tuple[str, ...],
    headless: bool,
    officer: str | None,
    as_json: bool,
) -> None:
    """Play SCENARIO, a shipped one or a file, from STARTEX to ENDEX.

    It makes a pair of nodes for itself, unless --node or --docker name some. Exit code 0 when
    every expectation passed, 1 when one failed or expired, or real world, no play, cut it short;
    3 when the line is down at STARTEX.
    """
    from hotline.exercise.play import beginning
    from hotline.exercise.play.faults import left_broken
    from hotline.exercise.record.reading import read_record
    from hotline.exercise.scenario.reading import scenario_named

    if (scenario is None) is (resume is None):
        raise click.UsageError("name a scenario, or an exercise to go on with by --resume DIR")
    left: tuple[Fault, ...] = ()
    if resume is not None:
        if factor is not None or seed is not None or humans or directory is not None:
            raise click.UsageError("an exercise goes on as it was begun: --resume stands alone")
        beginning.require_nobody(resume)
        played, _ = beginning.begun_with(resume)
        place = resume
        left = left_broken(read_record(resume), played)
    else:
        found = scenario_named(scenario or "")
        played = beginning.changed(found, factor=factor, seed=seed, humans=humans)
        beginning.check_factor(played)
        place = directory or beginning.directory_for(played, BASE)
        beginning.require_new(place)
    if docker is not None and nodes:
        raise click.UsageError("--docker and --node exclude each other")
    ground = _ground(played, place, nodes, journals, proxy, docker, left)
    by = officer_of(officer)
    live = not headless and not as_json and sys.stdout.isatty()
    try:
        result = asyncio.run(_play(played, ground, place, resume is not None, live, by))
    except (KeyboardInterrupt, HotlineError):
        if beginning.is_left(place):
            click.echo(
                f"hotline: note: play is not ended; `hotline exercise run --resume {place}` goes on"
                + _again(nodes, journals, proxy, docker),
                err=True,
            )
        raise
    verdict = decide(context, Exit.DONE if result.good else Exit.FAILED)
    if as_json:
        print_json(_object(result))
    else:
        from hotline.cli.exercise.story import summary_of

        stdout().print(summary_of(result), soft_wrap=True)
    context.exit(verdict)


def _again(
    nodes: Sequence[str], journals: Sequence[str], proxy: Path | None, docker: str | None
) -> str:
    """Return what has to be said anew when an exercise goes on."""
    named = {"--node": bool(nodes), "--journal": bool(journals), "--proxy": proxy is not None}
    options = [
        name for name, is_given in (named | {"--docker": docker is not None}).items() if is_given
    ]
    return f", with the same {' and '.join(options)}" if options else ""


async def _play(
    scenario: Scenario, ground: Ground, directory: Path, resume: bool, live: bool, by: str
) -> Result:
    """Play until ENDEX. Raises KeyboardInterrupt when the process is asked to end."""
    loop, playing = asyncio.get_running_loop(), asyncio.current_task()
    assert playing is not None  # noqa: S101 - this is a coroutine

    asked_at: list[float] = []

    def stop(task: asyncio.Task[Any]) -> None:
        # What is broken is mended and the nodes part in order, once. `timeout` and the like ask
        # twice at the same moment; whoever asks again later ends it as it is.
        if not asked_at:
            task.cancel()
            asked_at.append(loop.time())
        elif loop.time() > asked_at[0] + AGAIN_S:
            os._exit(Exit.FAILED)

    for sign in STOPS:
        loop.add_signal_handler(sign, stop, playing)
    try:
        return await _directed(scenario, ground, directory, resume, live, by)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _directed(
    scenario: Scenario, ground: Ground, directory: Path, resume: bool, live: bool, by: str
) -> Result:
    from hotline.cli.exercise.looking import follow
    from hotline.cli.exercise.story import story_line
    from hotline.exercise.play.control import serving
    from hotline.exercise.play.director import Director
    from hotline.exercise.play.scene import Line

    err = Console(stderr=True, highlight=False)

    def said(line: Line) -> None:
        if not live:
            err.print(story_line(line.t, line.kind, line.text), soft_wrap=True)

    async with ground:
        if not live:
            err.print(f"EXERCISE {scenario.name}: {scenario.title}", soft_wrap=True)
        _say_nodes(ground, scenario)
        director = Director(scenario, ground, directory, resume=resume, said=said)

        def open_to(playing: Playing) -> AbstractAsyncContextManager[None]:
            return follow(playing, by) if live else serving(playing)

        return await director.run(open_to)


def _say_nodes(ground: Ground, scenario: Scenario) -> None:
    """Say to people how they sit down at their node."""
    from hotline.cli.exercise.sitting import how_to_sit

    for centre in scenario.centres:
        crew = scenario.crews.get(centre)
        if crew is not None and crew.kind == "human" and centre in ground.clients:
            for number, line in enumerate(how_to_sit(centre, ground.seat(centre))):
                click.echo(line if number else f"hotline: note: {line}", err=True)


def _ground(
    scenario: Scenario,
    directory: Path,
    nodes: Sequence[str],
    journals: Sequence[str],
    proxy: Path | None,
    docker: str | None,
    left: tuple[Fault, ...],
) -> Ground:
    if docker is not None:
        from hotline.exercise.ground.docker_pair import DockerPair

        return DockerPair(docker, scenario.centres, left)
    if nodes:
        from hotline.exercise.ground.elsewhere import Elsewhere

        return Elsewhere(
            _named(nodes, "--node", scenario),
            journals=_named(journals, "--journal", scenario),
            proxy=proxy,
            left=left,
        )
    if journals or proxy is not None:
        raise click.UsageError("--journal and --proxy are about nodes that --node names")
    from hotline.exercise.ground.own import OwnPair

    return OwnPair(directory, scenario, left)


def _named(given: Sequence[str], option: str, scenario: Scenario) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for one in given:
        centre, equals, path = one.partition("=")
        if not equals or not path or centre not in scenario.centres or centre in found:
            raise UsageError(
                "exercise.bad-option",
                f"{option} {one[:80]!a} does not say CENTRE=PATH, once for each centre",
                f"the centres of {scenario.name} are {' and '.join(scenario.centres)}",
            )
        found[centre] = Path(path)
    return found


def _object(result: Result) -> dict[str, object]:
    """Return the JSON object; its fields are only ever added to."""
    from hotline.exercise.record.line import time_text

    return {
        "exercise": result.name,
        "traffic": f"EXERCISE {result.name}",
        "ended": result.why,
        "good": result.good,
        "directory": result.directory,
        "unbound": list(result.unbound),
        "scenario_s": result.scenario_s,
        "counts": {
            name: sum(one.outcome.value == name for one in result.verdicts)
            for name in ("pass", "fail", "expired", "void")
        },
        "expectations": [
            {
                "id": one.expectation,
                "inject": one.inject,
                "mock": one.mock,
                "verdict": one.outcome.value,
                "at": None if one.at_us is None else time_text(one.at_us),
                "after_s": None if one.after_s is None else round(one.after_s, 3),
                "real_time": one.real_time,
                "by": one.by,
                "message": one.message or None,
                "text": one.text,
            }
            for one in result.verdicts
        ],
    }
