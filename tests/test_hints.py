"""A hint that names a command names one that is there."""

from __future__ import annotations

import re
from pathlib import Path

import click

from hotline.cli.root import root

SOURCES = Path(__file__).parent.parent / "hotline"
NAMED = re.compile(r"`hotline (?:--config \S+ )?([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")


def test_every_command_in_a_hint_exists() -> None:
    """An operator who is told what to run can run it."""
    context = click.Context(root)
    missing = []
    for path in sorted(SOURCES.rglob("*.py")):
        for name, inner in NAMED.findall(path.read_text("utf-8")):
            command = root.get_command(context, name)
            if command is None or (
                isinstance(command, click.Group)
                and inner
                and inner not in command.list_commands(context)
            ):
                missing.append(f"{path.name}: hotline {name} {inner}")
    assert missing == []
