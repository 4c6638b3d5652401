"""A password that is typed twice, or read from a file; and a second factor that is told once."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import segno

from hotline.api.access_shapes import OfficerAdded
from hotline.cli.asking import F, is_interactive
from hotline.cli.output import print_json, stdout
from hotline.errors import KeysError, UsageError
from hotline.node.keyfiles import read_private

password_option = click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Read the password from this file's only line. Default: ask for it twice.",
)


def by_option(function: F) -> F:
    """Add ``--officer NAME``, who does it, as the argument ``by``."""
    return click.option(
        "--officer",
        "by",
        metavar="NAME",
        help="Who does it. Default: HOTLINE_OFFICER, else the login name.",
    )(function)


def new_password(name: str, file: Path | None) -> str:
    """Return a new password: from a file that its owner alone can read, or typed in twice.

    Raises UsageError (``access.no-password``), KeysError.
    """
    if file is None:
        if not is_interactive():
            raise UsageError(
                "access.no-password",
                "nobody is there to type a password",
                "give --password-file FILE, which its owner alone can read",
            )
        return str(
            click.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True, err=True)
        )
    try:
        lines = read_private(file).decode().splitlines()
    except UnicodeDecodeError:
        lines = []
    except KeysError as error:
        # What mends a file of keys does not mend this one.
        mends = {
            "keys.missing": "name the file that holds the password",
            "keys.readable-by-others": f"run: chmod 600 {shlex.quote(str(file))}",
            "keys.unreadable": "name a file that holds the password in its only line",
        }
        raise KeysError(error.code, error.message, mends.get(error.code, error.hint)) from None
    if len(lines) != 1 or not lines[0]:
        raise UsageError(
            "access.no-password",
            f"{file} does not hold one line of text",
            "write the password into its only line",
        )
    return lines[0]


def tell_secret(added: OfficerAdded, *, as_json: bool) -> None:
    """Print a second factor, this once; on a terminal as a picture for a telephone too."""
    if as_json:
        print_json(added)
        return
    click.echo(f"second factor of {added.officer.name}, told this once:", err=True)
    click.echo(f"secret  {added.secret}")
    click.echo(f"uri     {added.uri}")
    if stdout().is_terminal:
        segno.make(added.uri, micro=False).terminal(compact=True)
