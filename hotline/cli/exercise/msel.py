"""``hotline exercise msel``: a scenario to a planner's sheet, and back."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.cli.group import Group
from hotline.cli.output import count_text
from hotline.cli.root import warn
from hotline.errors import ExerciseError
from hotline.model.messages import lower_first

READABLE_BY_OTHERS = 0o644


@click.group(cls=Group)
def msel() -> None:
    """Take a scenario to a spreadsheet, and make one of a spreadsheet."""


@msel.command()
@click.argument("scenario", metavar="SCENARIO")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the FILE that is there.")
def export(scenario: str, file: Path, force: bool) -> None:
    """Write a SCENARIO, shipped or a file, as a MSEL: FILE ends with .csv or .xlsx.

    Nothing is lost: `hotline exercise msel import` makes the same scenario of it.
    """
    from hotline.audit.export.files import made_files
    from hotline.exercise.msel.exporting import msel_bytes
    from hotline.exercise.scenario.reading import scenario_named

    found = scenario_named(scenario)
    data = msel_bytes(found, file.suffix)
    with made_files([file], force=force, mode=READABLE_BY_OTHERS) as (made,):
        made.write_bytes(data)
    click.echo(
        f"hotline: note: {file} holds EXERCISE {found.name} with "
        f"{count_text(len(found.injects), 'inject')}",
        err=True,
    )


@msel.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the scenario is written; default: stdout.",
)
@click.option("--force", is_flag=True, help="Replace the output that is there.")
def import_(file: Path, output: Path | None, force: bool) -> None:
    """Make a scenario of a MSEL: FILE is .csv or .xlsx, exported or made by hand.

    What the sheet leaves out is filled in, and said on stderr. What it has of a past run, such as
    times of delivery and verdicts, is never taken over.
    """
    from hotline.audit.export.files import made_files
    from hotline.audit.named_files import open_regular
    from hotline.exercise.msel.importing import import_msel
    from hotline.exercise.msel.sheets import MAX_BYTES

    try:
        with open_regular(file) as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ExerciseError(
            "msel.unreadable",
            f"{file} cannot be read: {lower_first(error.strerror or str(error))}",
            "give a MSEL as .csv or .xlsx",
        ) from None
    found = import_msel(data, str(file))
    for note in found.notes:
        warn(f"{file}: {note}")
    text = found.scenario.source
    if output is None:
        click.echo(text, nl=False)
        return
    with made_files([output], force=force, mode=READABLE_BY_OTHERS) as (made,):
        made.write_text(text, "utf-8")
    click.echo(
        f"hotline: note: {output} holds EXERCISE {found.scenario.name} with "
        f"{count_text(len(found.scenario.injects), 'inject')}",
        err=True,
    )
