"""``hotline duty``: who has the watch, and its relief."""

from __future__ import annotations

import click

from hotline.cli.group import LazyGroup

COMMANDS = {
    "show": "hotline.cli.duty.steps:show",
    "take": "hotline.cli.duty.steps:take",
    "brief": "hotline.cli.duty.steps:brief",
    "assume": "hotline.cli.duty.steps:assume",
    "review": "hotline.cli.duty.steps:review",
    "release": "hotline.cli.duty.steps:release",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def duty() -> None:
    """Take the watch, be briefed, assume it, review it: who is in charge is on record."""
