"""``hotline officer list``."""

from __future__ import annotations

import click
from rich.text import Text

from hotline.api.access_shapes import OfficerPage, OfficerView
from hotline.cli.asking import ask, json_option
from hotline.cli.output import block, of_day, plain, print_json, stdout


@click.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """List the officers, those who were disabled too."""
    print_officers(ask(context, lambda client: client.officers()), as_json=as_json)


def print_officers(page: OfficerPage, *, as_json: bool) -> None:
    """Print officers, each with the roles and when somebody logged in by the name last."""
    if as_json:
        print_json(page)
        return
    out = stdout()
    if not page.officers:
        out.print(plain("no officers"))
    for officer in page.officers:
        state = Text("DISABLED", style="yellow") if officer.disabled_at else Text("works here")
        out.print(Text.assemble((officer.name, "bold"), "  ", state))
        out.print(block(_about(officer), indent=2))


def _about(officer: OfficerView) -> str:
    lines = [f"{', '.join(officer.roles)}; language {officer.language}"]
    lines.append(f"added {of_day(officer.added_at)} by {officer.added_by}")
    if officer.disabled_at:
        lines.append(f"disabled {of_day(officer.disabled_at)} by {officer.disabled_by}")
    last = of_day(officer.last_login_at) if officer.last_login_at else "never"
    return "\n".join([*lines, f"last login: {last}"])
