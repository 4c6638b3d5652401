"""``hotline exercise trends``: several exercises side by side, by their reports."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.cli.asking import json_option
from hotline.cli.output import count_text, print_json


@click.command("trends")
@click.argument(
    "directories",
    metavar="DIRECTORY...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option(
    "--output",
    metavar="DIRECTORY",
    type=click.Path(path_type=Path),
    help="Write a page with pictures, and trends.json, into this new directory.",
)
@json_option
def trends(directories: tuple[Path, ...], output: Path | None, as_json: bool) -> None:
    """Compare several exercises by their reports, those of each scenario in order of time.

    Each DIRECTORY is an exercise's, its report's, or a report.json. Make the reports first.
    """
    from hotline.cli.exercise.trends_shown import print_trends
    from hotline.exercise.report.comparing import compare, read_report
    from hotline.exercise.report.storing import store_trends

    found = compare([read_report(path) for path in directories])
    page = store_trends(found, output) if output is not None else None
    if as_json:
        print_json(found)
    else:
        print_trends(found)
    if page is not None:
        count = sum(len(group.exercises) for group in found.groups)
        click.echo(f"hotline: note: {count_text(count, 'exercise')} in {page}", err=True)
