"""A group whose commands are loaded when they are called, since loading all of them takes long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import click

MAX_SENTENCE = 1_000
"""Characters of a sentence of the help, which is folded and not cut."""


class Group(click.Group):
    """A group whose help says of every command the whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every command with the whole first sentence of its help."""
        with formatter.section("Commands"):
            formatter.write_dl(self.rows(ctx, self.list_commands(ctx)))

    def rows(self, ctx: click.Context, names: Iterable[str]) -> list[tuple[str, str]]:
        """Return commands with what they do, which is never cut within the sentence."""
        commands = ((name, self.get_command(ctx, name)) for name in names)
        return [
            (name, command.get_short_help_str(MAX_SENTENCE))
            for name, command in commands
            if command is not None
        ]


class LazyGroup(Group):
    """A group of commands; ``places`` says as ``module:attribute`` where each is defined."""

    def __init__(self, *args: Any, places: Mapping[str, str], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands in the order of the help."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load and return one command; None when there is none of that name."""
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command
