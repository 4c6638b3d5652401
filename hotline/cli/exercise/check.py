"""``hotline exercise check``: whether a scenario can be played, and every mistake in it."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.cli.asking import json_option
from hotline.cli.output import count_text, print_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def check(file: Path, as_json: bool) -> None:
    """Check a scenario's FILE: every mistake is listed with line and column."""
    from hotline.exercise.scenario.durations import duration_said
    from hotline.exercise.scenario.reading import read_scenario

    found = read_scenario(file)
    expectations = sum(len(inject.expectations) for inject in found.injects)
    if as_json:
        print_json(
            {
                "file": str(file),
                "name": found.name,
                "sha256": found.sha256,
                "duration_s": found.duration_s,
                "injects": len(found.injects),
                "expectations": expectations,
                "traffic": len(found.traffic),
                "beside": sorted(found.beside),
            }
        )
        return
    click.echo(
        f"{file}: EXERCISE {found.name} can be played: "
        f"{count_text(len(found.injects), 'inject')}, "
        f"{count_text(expectations, 'expectation')}, {duration_said(found.duration_s)}"
    )
