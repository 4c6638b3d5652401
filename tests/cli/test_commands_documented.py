from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hotline.cli.exits import Exit
from hotline.cli.root import root

PAGE = (Path(__file__).parents[2] / "docs/howto/commands.md").read_text("utf-8")


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with its whole name."""
    context = click.Context(group)
    for part in group.list_commands(context):
        command = group.get_command(context, part)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {part}")
        else:
            yield f"{name} {part}", command


ALL = dict(commands(root, "hotline"))


def section(name: str) -> str:
    """Return what the page says about a command."""
    match = re.search(rf"^### `{re.escape(name)}`$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match is not None, f"docs/howto/commands.md has no section on `{name}`"
    return match[1]


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_documented(name: str) -> None:
    """Each command has a section, and each option of it a row there, long and short."""
    text = section(name)
    for parameter in ALL[name].params:
        if isinstance(parameter, click.Option):
            for option in [*parameter.opts, *parameter.secondary_opts]:
                assert re.search(rf"`{re.escape(option)}[ `]", text), f"{name} {option}"


def test_no_command_is_documented_that_is_not_there() -> None:
    """What was removed does not live on in the page."""
    documented = re.findall(r"^### `(hotline [^`]+)`$", PAGE, re.MULTILINE)
    assert sorted(documented) == sorted(ALL)


def test_no_option_is_documented_that_is_not_there() -> None:
    """Rows of a section's table name options that the command has."""
    for name, command in ALL.items():
        known = {
            option
            for parameter in command.params
            for option in [*parameter.opts, *parameter.secondary_opts]
        }
        rows = re.findall(r"^\| (`-.*?) \|", section(name), re.MULTILINE)
        said = {option for row in rows for option in re.findall(r"`(--?[a-z-]+)", row)}
        assert said <= known, name


def test_the_common_options_and_all_exit_codes_are_documented() -> None:
    """Options of `hotline` itself, and a row for each exit code."""
    for parameter in root.params:
        assert f"`{parameter.opts[0]}" in PAGE
    for code in Exit:
        assert re.search(rf"^\| {int(code)} \| \w", PAGE, re.MULTILINE)
