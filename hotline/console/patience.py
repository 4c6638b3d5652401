"""A node that does not answer: told within seconds, long before a browser gives up.

A page may take its time while the node lives: whoever has waited for some seconds asks whether it
does. What has begun to be answered, a stream or a download, is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from aiohttp import web

from hotline.console.access import CLIENT
from hotline.console.frame import SILENT, silent
from hotline.errors import HotlineError

PATIENCE_S: Final = 3.0
"""After so long the node is asked whether it answers at all."""
ALIVE_S: Final = 2.0
"""Within so long a node that lives says that it does, however much it has to do."""
BEGUN: Final = web.RequestKey("begun", bool)
"""Set on a request whose answer has begun."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def patiently(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request. Raises UsageError (``console.node-silent``) where the node is silent."""
    task = asyncio.ensure_future(handler(request))
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=PATIENCE_S)
            if done or request.get(BEGUN):
                return await task
            if not await _alive(request) and not task.done() and not request.get(BEGUN):
                request[SILENT] = True
                raise silent()
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError, HotlineError):
                await task


async def _alive(request: web.Request) -> bool:
    try:
        async with asyncio.timeout(ALIVE_S):
            await request.app[CLIENT].health()
    except TimeoutError:
        return False
    except HotlineError:
        return True  # it cannot be asked, which whoever waits is told in a moment
    return True
