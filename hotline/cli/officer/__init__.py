"""``hotline officer``: who may work at this centre's console.

Whoever may open the node's socket adds the first supervisor here; everything else can be done at
the console too. The node has to run: each step is an entry of its log.
"""

from __future__ import annotations

import click

from hotline.cli.group import LazyGroup

COMMANDS = {
    "add": "hotline.cli.officer.adding:add",
    "list": "hotline.cli.officer.listing:list_",
    "disable": "hotline.cli.officer.changing:disable",
    "roles": "hotline.cli.officer.changing:roles",
    "password": "hotline.cli.officer.changing:password",
    "secret": "hotline.cli.officer.changing:secret",
}
"""Where each command is defined, in the order of the help."""


@click.group(cls=LazyGroup, places=COMMANDS)
def officer() -> None:
    """Say who may work at this centre's console."""
