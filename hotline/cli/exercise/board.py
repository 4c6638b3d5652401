"""``hotline exercise board``: the live board of an exercise, from any terminal."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from hotline.cli.asking import json_option, officer_of, officer_option
from hotline.cli.output import print_json, stdout

WIDTH, LINES = 160, 1000
"""Characters of a line and lines of a board that is printed once: nothing of it is left out."""


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--once", is_flag=True, help="Show it once, and do not wait.")
@officer_option
@json_option
def board(directory: Path, once: bool, officer: str | None, as_json: bool) -> None:
    """Show the board of the exercise that is played in DIR: injects, expectations, lines.

    On a terminal it stays until ENDEX, and keys steer the exercise as in `hotline exercise run`.
    """
    from hotline.errors import ExerciseError
    from hotline.exercise.play.control import Control

    control = Control(directory)
    if as_json:
        print_json(asyncio.run(control.board()))
        return
    from hotline.cli.exercise.board_shown import shown
    from hotline.cli.exercise.looking import draw

    if once or not sys.stdout.isatty():
        found = asyncio.run(control.board())
        stdout().print(shown(found, height=LINES), width=WIDTH)
        return
    asyncio.run(control.board())  # so that a wrong directory is said, and nothing is drawn
    by = officer_of(officer)

    async def look() -> None:
        await draw(control.board, control.command, by, asyncio.Event())

    said = "the board is closed"
    try:
        asyncio.run(look())
    except ExerciseError as error:
        said = f"{error.message}: {error.hint}"
    except KeyboardInterrupt:
        pass
    click.echo(said, err=True)
