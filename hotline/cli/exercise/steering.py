"""The commands that steer an exercise: pause, resume, inject, skip, end, real-world, comment.

Each asks the director that plays in a directory. Three of them need none: ``end`` and
``real-world`` end a node's play by its own node.toml, and ``comment`` adds to the record of an
exercise that is over.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotline.cli.asking import ask, officer_of, officer_option
from hotline.cli.files import read_bytes
from hotline.errors import ExerciseError, UsageError

if TYPE_CHECKING:
    from hotline.api.client import Client

directory_argument = click.argument(
    "directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False)
)

maybe_directory = click.argument(
    "directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False)
)


@click.command()
@directory_argument
@click.option("--text", default="", metavar="TEXT", help="Why.")
@officer_option
def pause(directory: Path, text: str, officer: str | None) -> None:
    """Hold the scenario's clock of the exercise in DIR; the nodes go on."""
    _command(directory, "pause", officer, text=text)
    click.echo("paused", err=True)


@click.command()
@directory_argument
@officer_option
def resume(directory: Path, officer: str | None) -> None:
    """Let the scenario's clock of the exercise in DIR go on."""
    _command(directory, "resume", officer)
    click.echo("goes on", err=True)


@click.command()
@directory_argument
@click.argument("given", metavar="FILE|INJECT")
@officer_option
def inject(directory: Path, given: str, officer: str | None) -> None:
    """Add an inject to the exercise in DIR: a FILE, `-` for stdin, or the inject itself.

    It is written in YAML as in a scenario's file: `{id: x1, at: 10 min, to: iaf, tell: Look out}`.
    What is due already is delivered at once.
    """
    from hotline.exercise.scenario.yaml_text import read_yaml

    path = Path(given)
    is_file = given == "-" or path.is_file()
    data = read_bytes(path) if is_file else given.encode()
    table = read_yaml(data, given if is_file else "the inject").plain()
    if not isinstance(table, dict):
        raise UsageError(
            "exercise.no-inject",
            f"{given[:60]!a} is neither a file nor an inject",
            "name a file, or write one as `{id: x1, at: 10 min, to: iaf, tell: what to say}`",
        )
    added = _command(directory, "inject", officer, inject=table)
    click.echo(added["inject"])


@click.command()
@directory_argument
@click.argument("inject", metavar="ID")
@click.option("--text", default="", metavar="TEXT", help="Why.")
@officer_option
def skip(directory: Path, inject: str, text: str, officer: str | None) -> None:
    """Leave the inject ID of the exercise in DIR out; what was expected of it is void."""
    _command(directory, "skip", officer, text=text, id=inject)
    click.echo(f"inject {inject} is skipped", err=True)


@click.command()
@maybe_directory
@officer_option
@click.pass_context
def end(context: click.Context, directory: Path | None, officer: str | None) -> None:
    """Have ENDEX now, before the time of the exercise in DIR is up.

    Without DIR it is entered at the node of --config alone: for a node that was left in play when
    its director was lost. The other node has to be told in the same way.
    """
    if directory is not None:
        _command(directory, "end", officer)
        click.echo("ENDEX", err=True)
        return
    by = officer_of(officer)
    name = ask(context, lambda client: _end_at(client, by))
    click.echo(
        f"ENDEX of EXERCISE {name} at this node; the other is told by a director, else by you",
        err=True,
    )


async def _end_at(client: Client, by: str) -> str:
    """Enter ENDEX at one node, and return the exercise's name. Raises what the node refuses."""
    from hotline.api.exercise_shapes import ExerciseRequest

    name = (await client.exercise()).name
    await client.tell_exercise(ExerciseRequest(event="endex", by=by, name=name))
    return name


@click.command("real-world")
@maybe_directory
@click.option("--text", default="", metavar="TEXT", help="What has really happened.")
@officer_option
@click.pass_context
def real_world(
    context: click.Context, directory: Path | None, text: str, officer: str | None
) -> None:
    """Real world, no play: stop the exercise in DIR at once, on both sides.

    Without DIR it is said at the node of --config, which tells its peers and, where one is at work,
    the director: nobody has to know where the exercise is kept.
    """
    if directory is not None:
        _command(directory, "real-world", officer, text=text)
    else:
        by = officer_of(officer)
        told = ask(context, lambda client: client.real_world(by, text))
        click.echo(told.traffic, err=True)
    click.echo("REAL WORLD, NO PLAY: play has stopped", err=True)


@click.command()
@directory_argument
@click.argument("text")
@click.option("--inject", default="", metavar="ID", help="The inject that it is about.")
@officer_option
def comment(directory: Path, text: str, inject: str, officer: str | None) -> None:
    """Enter an evaluator's comment in the record of the exercise in DIR, also after ENDEX."""
    from hotline.exercise.play.commenting import comment_after

    try:
        _command(directory, "comment", officer, text=text, id=inject)
    except ExerciseError as error:
        if error.code not in ("exercise.no-director", "exercise.over"):
            raise
        comment_after(directory, officer_of(officer), text, inject)
        _mark(directory)
    click.echo("entered", err=True)


def _command(directory: Path, what: str, officer: str | None, **more: Any) -> dict[str, str]:
    from hotline.exercise.play.control import Command, Control

    asked = Command(by=officer_of(officer), **more)
    done = asyncio.run(Control(directory).command(what, asked))
    _mark(directory)
    return done


def _mark(directory: Path) -> None:
    """Say first which exercise it is: nothing of one is ever taken for the real thing."""
    from hotline.exercise.record.reading import read_record

    click.echo(f"EXERCISE {read_record(directory).opened.name}", err=True)
