"""``hotline doctor``: every check of the node, each failing one with its mend."""

from __future__ import annotations

import click
from rich.text import Text

from hotline.cli.asking import SIGN_S, ask, config_of, json_option
from hotline.cli.exits import Exit
from hotline.cli.output import plain, print_json, stdout
from hotline.cli.root import decide
from hotline.node.keeping import READ_IT, refuse_record


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Check clocks, certificates, pins, disk, journal and letters.

    Exit code 0 when every check passed, 1 otherwise.
    """
    refuse_record(config_of(context), READ_IT)
    found = ask(context, lambda client: client.doctor(), SIGN_S)
    verdict = decide(context, Exit.DONE if found.ok else Exit.FAILED)
    if as_json:
        print_json(found)
    else:
        out = stdout()
        width = max((len(check.name) for check in found.checks), default=0)
        for check in found.checks:
            mark = Text("ok    ", style="green") if check.ok else Text("FAILS ", style="bold red")
            out.print(
                mark + plain(check.name.ljust(width), "bold") + Text("  ") + plain(check.text)
            )
            if not check.ok and check.mend:
                out.print(Text("  mend ", style="cyan") + plain(check.mend))
    context.exit(verdict)
