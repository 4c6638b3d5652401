"""``hotline log``: look at the record, have it checked, and take it away. One file a command."""

from __future__ import annotations

import click

from hotline.cli.group import LazyGroup

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


@click.group(cls=LazyGroup, places=COMMANDS)
def log() -> None:
    """Look at the record, have it checked, and take it away."""
