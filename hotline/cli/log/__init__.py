"""``hotline log``: look at the record, have it checked, and take it away. One file a command."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "show": "hotline.cli.log.show:show",
    "verify": "hotline.cli.log.verify:verify",
    "export": "hotline.cli.log.export:export",
    "prove": "hotline.cli.log.prove:prove",
    "evidence": "hotline.cli.log.evidence:evidence",
    "reconcile": "hotline.cli.log.reconcile:reconcile",
    "backup": "hotline.cli.log.backup:backup",
    "archive": "hotline.cli.log.archive:archive_command",
}
"""Where each command is defined, in the order of the help."""


class LogGroup(click.Group):
    """Loads a command when it is called, as the root does."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load and return one command; None when there is none of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=LogGroup)
def log() -> None:
    """Look at the record, have it checked, and take it away."""
