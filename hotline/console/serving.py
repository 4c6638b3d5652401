"""The console's own process: TLS 1.3 on its address, until it is told to stop."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, cast

import structlog
from aiohttp import web

from hotline.console.app import application
from hotline.console.listening import KEEP_S, MAX_TARGET, WAITING, listening
from hotline.console.visit import Setting
from hotline.errors import ConfigError
from hotline.node.config import NodeConfig

SHUTDOWN_S: Final = 2.0

_log = structlog.get_logger()


def setting_of(config: NodeConfig) -> Setting:
    """Return whose console a node.toml describes. Raises ConfigError (``console.none``)."""
    if not config.has_console:
        raise ConfigError(
            "console.none",
            f"{config.path} has no [console], so its node answers none",
            "add the table, if only an empty one, and start the node anew",
        )
    return Setting(
        centre=config.centre,
        status=config.status,
        banner=config.banner,
        socket=config.console.socket,
        config=config.path,
    )


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the context of a server that browsers speak with: TLS 1.3 only, no client certificate.

    Raises ConfigError ``console.certificate`` where the two files do not fit.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            "console.certificate",
            f"{certificate} and {key} are no certificate and its key: {error}",
            "make them with `hotline keys console`, or name those of your own in [console]",
        ) from None
    return context


@asynccontextmanager
async def serving(
    setting: Setting, context: ssl.SSLContext, host: str, port: int
) -> AsyncIterator[int]:
    """Serve the console of a node; yield the port, which the system has chosen where it was 0.

    Raises ConfigError ``console.cannot-listen``.
    """
    made = application(setting)
    runner = web.AppRunner(
        made,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=SHUTDOWN_S,
        keepalive_timeout=KEEP_S,
        max_line_size=MAX_TARGET,
    )
    await runner.setup()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        server = cast("web.Server", runner.server)
        try:
            bound = await stack.enter_async_context(
                listening(server, made[WAITING], context, host, port)
            )
        except OSError as error:
            raise ConfigError(
                "console.cannot-listen",
                f"the console cannot listen on {host}:{port}: {error.strerror}",
                "choose another address in [console] listen",
            ) from None
        _log.info("console_opened", address=f"https://{host}:{bound}/")
        yield bound
