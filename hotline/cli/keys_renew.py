"""``hotline keys renew``: a new node certificate by the own authority, as the node runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotline.model.times import format_time
from hotline.node.config import read_file
from hotline.node.keyfiles import read_passphrase
from hotline.node.keyring import DEFAULT_DAYS
from hotline.node.renewal import renew_certificate
from hotline.trust.certificates import MAX_DAYS

if TYPE_CHECKING:
    from hotline.cli.keys import Where


def passphrase_path(context: click.Context, given: Path | None) -> Path | None:
    """Return the passphrase's file: ``given``, else what node.toml says, if there is one."""
    config: Path | None = getattr(context.obj, "config_path", None)
    if given is not None or config is None:
        return given
    named = read_file(config).passphrase_file
    return config.parent / named if named else None


def renew_in(
    context: click.Context,
    where: Where,
    days: int,
    passphrase_file: Path | None,
    authority: Path | None,
    now_us: int,
) -> None:
    """Renew the node certificate in a directory of keys, and say what happens next."""
    named = passphrase_path(context, passphrase_file)
    made = renew_certificate(
        where.directory,
        read_passphrase(named) if named else None,
        now_us,
        days,
        authority=authority,
    )
    click.echo(f"renewed {where.directory / 'node.crt'}", err=True)
    until = f"valid until {format_time(made.expires_us)}"
    click.echo(until + (", as the authority is" if made.shortened else ""), err=True)
    click.echo("a running node shows it from the next connection on; no peer enrols it", err=True)


DAYS = click.option(
    "--days",
    type=click.IntRange(1, MAX_DAYS),
    default=DEFAULT_DAYS,
    show_default=True,
    help="How long the certificate is valid, and no longer than the authority.",
)
PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Passphrase of the private keys. Default: as node.toml says.",
)
AUTHORITY = click.option(
    "--authority",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The authority's key, where it is kept elsewhere. Default: ca.key among the keys.",
)
