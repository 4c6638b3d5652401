"""``hotline officer disable``, ``roles``, ``password`` and ``secret``."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.cli.asking import SIGN_S, ask, json_option, officer_of
from hotline.cli.officer.listing import print_officers
from hotline.cli.officer.passwords import by_option, new_password, password_option, tell_secret
from hotline.model.access import Role


@click.command()
@click.argument("name")
@by_option
@json_option
@click.pass_context
def disable(context: click.Context, name: str, by: str | None, as_json: bool) -> None:
    """Let nobody log in by this name any more, and end its sessions.

    The last supervisor stays: somebody must be left who can add officers at the console.
    """
    who = officer_of(by)
    page = ask(context, lambda client: client.disable_officer(name, who), SIGN_S)
    click.echo(f"{name} is disabled by {who}", err=True)
    print_officers(page, as_json=as_json)


@click.command()
@click.argument("name")
@click.argument("roles", nargs=-1, required=True, type=click.Choice([role.value for role in Role]))
@by_option
@json_option
@click.pass_context
def roles(
    context: click.Context, name: str, roles: tuple[str, ...], by: str | None, as_json: bool
) -> None:
    """Give an officer these roles in place of those that he has, in open sessions too.

    The last supervisor stays one: somebody must be left who can add officers at the console.
    """
    who = officer_of(by)
    page = ask(context, lambda client: client.change_roles(name, roles, who), SIGN_S)
    click.echo(f"{name} now works here as {', '.join(roles)}, by {who}", err=True)
    print_officers(page, as_json=as_json)


@click.command()
@click.argument("name")
@password_option
@by_option
@json_option
@click.pass_context
def password(
    context: click.Context, name: str, password_file: Path | None, by: str | None, as_json: bool
) -> None:
    """Give an officer another password, and end the sessions that the old one opened."""
    who, new = officer_of(by), new_password(name, password_file)
    page = ask(context, lambda client: client.change_password(name, new, who), SIGN_S)
    click.echo(f"{name} has a new password, by {who}", err=True)
    if as_json:
        print_officers(page, as_json=True)


@click.command()
@click.argument("name")
@by_option
@json_option
@click.pass_context
def secret(context: click.Context, name: str, by: str | None, as_json: bool) -> None:
    """Give an officer another second factor, print it, and end the sessions."""
    who = officer_of(by)
    added = ask(context, lambda client: client.renew_secret(name, who), SIGN_S)
    tell_secret(added, as_json=as_json)
