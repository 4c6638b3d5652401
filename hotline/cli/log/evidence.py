"""``hotline log evidence``: one exchange in one file, for whoever has to be convinced."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from hotline.audit.evidence.gather import gather
from hotline.audit.evidence.moment import moment
from hotline.cli.asking import config_of
from hotline.errors import UsageError
from hotline.node.place import read_place


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
    if str(output) != "-":
        require_free(output, force=force)
    place = read_place(config_of(context))
    with moment(place.journal) as connection:
        data = gather(connection, place.card, place.peers, place.witnesses, name, alone=alone)
    if str(output) == "-":
        sys.stdout.buffer.write(data)
        return
    write_whole(output, data, force=force)
    click.echo(f"hotline: note: {output} holds the evidence, {len(data)} bytes", err=True)


def require_free(path: Path, *, force: bool) -> None:
    """Raise UsageError when a file would be overwritten."""
    if path.is_dir() or (path.exists() and not force):
        raise UsageError(
            "evidence.file-exists",
            f"{path} is there already",
            "name a file that is not there, or give --force to overwrite one that is",
        )


def write_whole(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file so that it is there whole or not at all. Raises UsageError, OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp lets only us read; evidence is there to be given away.
        os.chmod(temporary, 0o666 & ~_umask())
        if force:
            os.replace(temporary, path)
        else:
            require_free(path, force=False)
            os.link(temporary, path)
            os.unlink(temporary)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
