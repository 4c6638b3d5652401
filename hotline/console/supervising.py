"""The console beside its node: started with it, started anew when it ends, ended with it.

It is a child with a pipe as its standard input: when the node is gone, however it went, the pipe
ends, and so does the console.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import time_ns
from typing import Final

import structlog

from hotline.node.config import NodeConfig
from hotline.node.console_keys import is_due, make_console_certificate
from hotline.node.keyfiles import read_passphrase

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
STEADY_S: Final = 60.0
"""A console that has run for so long did not fail at its start: the next pause is short again."""
END_S: Final = 3.0

_log = structlog.get_logger()


def prepare_certificate(config: NodeConfig) -> None:
    """Make the console's certificate where none is there that lasts, by the centre's own authority.

    Raises KeysError, where that cannot be made.
    """
    if config.console.own_certificate or not is_due(config.keys, time_ns() // 1000):
        return
    passphrase = read_passphrase(config.passphrase_file) if config.passphrase_file else None
    made = make_console_certificate(
        config.keys, passphrase, config.console.addresses, time_ns() // 1000
    )
    _log.info("console_certificate_made", names=list(made.names))


@asynccontextmanager
async def console_beside(config: NodeConfig) -> AsyncIterator[None]:
    """Keep a console running while the context is open."""
    prepare_certificate(config)
    keeping = asyncio.create_task(_keep(config.path))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep(config: Path) -> None:
    loop = asyncio.get_running_loop()
    pause_s = FIRST_PAUSE_S
    while True:
        started = loop.time()
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "hotline", "--config", str(config), "console", "--until-stdin-ends"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            await _end(child)
            raise
        pause_s = (
            FIRST_PAUSE_S if loop.time() - started > STEADY_S else min(2 * pause_s, LONGEST_PAUSE_S)
        )
        _log.error("console_ended", status=code, again_in_s=pause_s)
        await asyncio.sleep(pause_s)


async def _end(child: asyncio.subprocess.Process) -> None:
    assert child.stdin is not None  # noqa: S101 - it is a pipe
    child.stdin.close()
    try:
        await asyncio.wait_for(child.wait(), END_S)
    except TimeoutError:
        child.kill()
        await child.wait()
