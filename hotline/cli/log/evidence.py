"""``hotline log evidence``: one exchange in one file, for whoever has to be convinced."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from hotline.audit.evidence.gather import gather
from hotline.audit.evidence.moment import moment
from hotline.audit.export.files import made_files
from hotline.cli.asking import config_of
from hotline.node.place import read_place

STDOUT = Path("-")


@click.command()
@click.argument("name", metavar="ID")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="Where it is written; - is stdout.",
)
@click.option("--alone", is_flag=True, help="Only this message, nothing that belongs to it.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.pass_context
def evidence(context: click.Context, name: str, output: Path, alone: bool, force: bool) -> None:
    """Write one exchange with all that proves it into one file.

    ID is a reference such as IAF-0104, or the first 6 or more digits of an id. The file has the
    notice, its revisions, receipts, readings and replies of both sides, with signatures, proofs
    and public keys; other messages are not disclosed. `hotline verify` checks it anywhere. Works
    at either side, whether the node runs or not.
    """
    place = read_place(config_of(context))
    with ExitStack() as stack:
        # Found out before the work and not after it.
        file = (
            stack.enter_context(made_files([output], force=force))[0] if output != STDOUT else None
        )
        with moment(place.journal) as connection:
            data = gather(connection, place.card, place.peers, place.witnesses, name, alone=alone)
        if file is not None:
            file.write_bytes(data)
    if file is None:
        sys.stdout.buffer.write(data)
    else:
        click.echo(f"hotline: note: {output} holds the evidence, {len(data)} bytes", err=True)
    click.echo(
        "hotline: note: what the file holds was checked, the record as a whole was not:"
        " `hotline log verify` does that",
        err=True,
    )
