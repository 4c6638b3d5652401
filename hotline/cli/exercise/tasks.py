"""``hotline exercise tasks``: what the crew at this node has been told to do by itself."""

from __future__ import annotations

import click

from hotline.api.exercise_shapes import ExerciseView
from hotline.cli.asking import ask, json_option
from hotline.cli.output import block, of_day, plain, print_json, stdout


@click.command()
@json_option
@click.pass_context
def tasks(context: click.Context, as_json: bool) -> None:
    """Show what this crew has been told to do in the exercise that is played, the last one below.

    `hotline watch` shows each when it is told; ENDEX ends them all.
    """
    view: ExerciseView = ask(context, lambda client: client.exercise())
    if as_json:
        print_json(view)
        return
    out = stdout()
    for one in view.tasks:
        out.print(plain(f"{of_day(one.at)}  {one.by}", "bold"))
        out.print(block(one.text, 2))
    if not view.tasks:
        out.print(plain("this crew has been told nothing"))
