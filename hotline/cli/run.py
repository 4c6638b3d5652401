"""``hotline run``: the node itself, in the foreground, until it is told to stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import click

from hotline.cli.asking import config_of
from hotline.node.keeping import refuse_record

if TYPE_CHECKING:
    from hotline.node.centre import Centre


@click.command()
@click.pass_context
def run(context: click.Context) -> None:
    """Run the node until SIGTERM or Ctrl-C.

    Opens the journal, listens and dials as the letters say, serves the local API and, where
    node.toml has a [console], the officers' pages. Logs go to stderr. docs/howto/systemd.md says
    how to have it started with the machine.
    """
    # Everything else of this command line works without a server in memory.
    from hotline.node.daemon import run as run_node

    refuse_record(config_of(context))
    run_node(config_of(context), _faces)


@asynccontextmanager
async def _faces(centre: Centre) -> AsyncIterator[None]:
    """Serve the API and, where node.toml has a ``[console]``, the officers' pages beside it."""
    from hotline.api.server import open_api
    from hotline.console.supervising import console_beside

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(open_api(centre))
        if centre.config.has_console and not centre.config.console.separate:
            await stack.enter_async_context(console_beside(centre.config))
        yield
