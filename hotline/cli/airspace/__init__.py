"""``hotline airspace``: what notices mean on a map and for each other. One file a command."""

from __future__ import annotations

import click

from hotline.cli.group import LazyGroup

COMMANDS = {
    "picture": "hotline.cli.airspace.picture:picture",
    "conflicts": "hotline.cli.airspace.conflicts:conflicts",
    "compare": "hotline.cli.airspace.compare:compare",
    "convert": "hotline.cli.airspace.convert:convert",
    "bridge": "hotline.cli.airspace.bridge:bridge",
}
"""Where each command is defined, in the order of the help."""


@click.group(cls=LazyGroup, places=COMMANDS)
def airspace() -> None:
    """See what notices mean for each other, and take them to and from other formats."""
