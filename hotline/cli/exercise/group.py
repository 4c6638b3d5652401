"""The group of commands about exercises; each is loaded when it is called."""

from __future__ import annotations

import click

from hotline.cli.group import LazyGroup

COMMANDS: dict[str, str] = {
    "list": "hotline.cli.exercise.list:list_",
    "show": "hotline.cli.exercise.show:show",
    "check": "hotline.cli.exercise.check:check",
    "schema": "hotline.cli.exercise.schema:schema",
    "letter": "hotline.cli.exercise.letter:letter",
    "run": "hotline.cli.exercise.run:run",
    "board": "hotline.cli.exercise.board:board",
    "tasks": "hotline.cli.exercise.tasks:tasks",
    "pause": "hotline.cli.exercise.steering:pause",
    "resume": "hotline.cli.exercise.steering:resume",
    "inject": "hotline.cli.exercise.steering:inject",
    "skip": "hotline.cli.exercise.steering:skip",
    "end": "hotline.cli.exercise.steering:end",
    "real-world": "hotline.cli.exercise.steering:real_world",
    "comment": "hotline.cli.exercise.steering:comment",
    "traffic": "hotline.cli.exercise.traffic:traffic",
    "proxy": "hotline.cli.exercise.proxy:proxy",
    "msel": "hotline.cli.exercise.msel:msel",
    "report": "hotline.cli.exercise.report:report",
    "trends": "hotline.cli.exercise.trends:trends",
}
"""Where each command is defined, in the order of the help."""


@click.group(cls=LazyGroup, places=COMMANDS)
def exercise() -> None:
    """Train with mock notices, faults and scores; every word of it says EXERCISE."""
