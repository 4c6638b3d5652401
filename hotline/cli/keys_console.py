"""``hotline keys console``: the certificate by which an officer's browser knows the console."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from time import time_ns

import click

from hotline.cli.asking import config_of
from hotline.model.times import format_time
from hotline.node.access_codes import Seal
from hotline.node.config import read_config
from hotline.node.console_keys import CONSOLE_DAYS, authority_pem, make_console_certificate
from hotline.node.keyfiles import read_passphrase
from hotline.trust.certificates import MAX_DAYS


@click.command()
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="IP",
    help="Also for this IP address, besides those in node.toml; may be given several times.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MAX_DAYS),
    default=CONSOLE_DAYS,
    show_default=True,
    help="How long the certificate is valid.",
)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Passphrase of the private keys. Default: as node.toml says.",
)
@click.option("--ca", "only_ca", is_flag=True, help="Make nothing; print the authority alone.")
@click.pass_context
def console(
    context: click.Context,
    addresses: tuple[str, ...],
    days: int,
    passphrase_file: Path | None,
    only_ca: bool,
) -> None:
    """Make the console's certificate, and print the authority that a browser is to trust.

    The authority can vouch for this centre alone, whatever a browser trusts it with.
    """
    config = read_config(config_of(context))
    if not only_ca:
        named = passphrase_file or config.passphrase_file
        made = make_console_certificate(
            config.keys,
            read_passphrase(named) if named else None,
            (*config.console.addresses, *(_address(text) for text in addresses)),
            time_ns() // 1000,
            days,
        )
        # A node whose keys are mounted read-only could not make it at its first officer.
        Seal(config.keys).prepare()
        click.echo(f"made {made.certificate}, for {', '.join(made.names)}", err=True)
        click.echo(f"valid until {format_time(made.expires_us)}; start the console anew", err=True)
    click.echo(authority_pem(config.keys), nl=False)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise click.BadParameter(
            f"{text[:80]!r} is no IP address", param_hint="'--address'"
        ) from None
