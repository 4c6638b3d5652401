"""``hotline voice``: the voice line, for when the data line is down."""

from __future__ import annotations

import click

from hotline.cli.group import LazyGroup

COMMANDS = {
    "compose": "hotline.cli.voice.speaking:compose",
    "take": "hotline.cli.voice.hearing:take",
    "confirm": "hotline.cli.voice.speaking:confirm",
    "show": "hotline.cli.voice.looking:show",
    "list": "hotline.cli.voice.looking:list_calls",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def voice() -> None:
    """Read messages out over a telephone, write them down, and confirm that they are the same."""
