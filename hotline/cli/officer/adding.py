"""``hotline officer add``."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.api.access_shapes import OfficerRequest
from hotline.cli.asking import SIGN_S, ask, json_option, officer_of
from hotline.cli.officer.passwords import by_option, new_password, password_option, tell_secret
from hotline.model.access import Role, officer_name
from hotline.model.languages.language import Language


@click.command()
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="What the officer is trusted with; may be given several times.",
)
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    default=Language.EN.value,
    show_default=True,
    help="The language of the console at first.",
)
@password_option
@by_option
@json_option
@click.pass_context
def add(
    context: click.Context,
    name: str,
    roles: tuple[str, ...],
    language: str,
    password_file: Path | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Let somebody work at the console, and print the second factor.

    One who was disabled works again then, with a new password and a new second factor.
    """
    name = officer_name(name)
    request = OfficerRequest(
        name=name,
        roles=list(roles),
        language=language,
        password=new_password(name, password_file),
        by=officer_of(by),
    )
    added = ask(context, lambda client: client.add_officer(request), SIGN_S)
    click.echo(f"{added.officer.name} works here as {', '.join(added.officer.roles)}", err=True)
    tell_secret(added, as_json=as_json)
