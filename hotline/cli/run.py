"""``hotline run``: the node itself, in the foreground, until it is told to stop."""

from __future__ import annotations

import click

from hotline.cli.asking import config_of
from hotline.node.keeping import refuse_record


@click.command()
@click.pass_context
def run(context: click.Context) -> None:
    """Run the node until SIGTERM or Ctrl-C.

    Opens the journal, listens and dials as the letters say, and serves the local API. Logs go to
    stderr. docs/howto/systemd.md says how to have it started with the machine.
    """
    # Everything else of this command line works without a server in memory.
    from hotline.api.server import open_api
    from hotline.node.daemon import run as run_node

    refuse_record(config_of(context))
    run_node(config_of(context), open_api)
