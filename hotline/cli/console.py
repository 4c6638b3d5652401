"""``hotline console``: the officers' web pages, in a process of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import click

from hotline.cli.asking import config_of


@click.command()
@click.option("--until-stdin-ends", is_flag=True, help="Also end when standard input does.")
@click.pass_context
def console(context: click.Context, *, until_stdin_ends: bool) -> None:
    """Serve the console of a node until SIGTERM or Ctrl-C.

    `hotline run` starts it by itself where node.toml has a [console]. It speaks with the node by
    its socket alone, so it may be stopped and started as often as one likes.
    """
    from hotline.console.serving import serving, setting_of, tls_context
    from hotline.console.supervising import prepare_certificate
    from hotline.node.config import read_config
    from hotline.node.daemon import configure_logs

    config = read_config(config_of(context))
    configure_logs(config.log, sys.stderr, config.banner)
    prepare_certificate(config)
    tls = tls_context(config.console.certificate, config.console.key)

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if until_stdin_ends:
            loop.add_reader(sys.stdin.fileno(), _ended, loop, stop)
        async with serving(setting_of(config), tls, config.console.host, config.console.port):
            await stop.wait()

    asyncio.run(serve())


def _ended(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        stop.set()
