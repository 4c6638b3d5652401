"""``hotline exercise schema``: the form of a scenario's file, for editors."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of a scenario's file.

    An editor with YAML support completes and checks by it, where the file's first line is
    `# yaml-language-server: $schema=scenario.schema.json`.
    """
    from hotline.exercise.scenario.schema import schema_text

    click.echo(schema_text(), nl=False)
