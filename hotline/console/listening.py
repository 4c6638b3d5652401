"""The console's port: who connects has so long to ask, and there is a bound on how many do.

An HTTP server waits for ever for the first request of a connection. Here a connection that has not
asked within `ASK_S` is closed, and so is the oldest of those that are silent when there are too
many: whoever opens connections and says nothing keeps nobody else out, and holds no memory.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, cast

from aiohttp import web

ASK_S: Final = 10.0
"""Within which a connection, once it is secured, has sent the head of its first request."""
HANDSHAKE_S: Final = 10.0
KEEP_S: Final = 30.0
"""How long a connection stays open after an answer, or with half a request after one."""
MOST: Final = 512
"""Connections at once: of more, the oldest that has asked for nothing goes, or the new one."""
MAX_TARGET: Final = 64 * 1024
"""Bytes of a request's first line: what is too long for a page is refused by a page."""


class Waiting:
    """The connections of a console, and those of them that have asked for nothing yet."""

    def __init__(self) -> None:
        # Oldest first, with what ends each.
        self._silent: OrderedDict[asyncio.BaseTransport, asyncio.TimerHandle] = OrderedDict()
        self._open: set[asyncio.BaseTransport] = set()

    def came(self, transport: asyncio.BaseTransport) -> bool:
        """Take note of a connection; return whether there is room for it."""
        if len(self._open) >= MOST:
            if not self._silent:
                return False
            oldest, timer = self._silent.popitem(last=False)
            timer.cancel()
            _cut(oldest)
        loop = asyncio.get_running_loop()
        self._open.add(transport)
        self._silent[transport] = loop.call_later(ASK_S, _cut, transport)
        return True

    def asked(self, transport: asyncio.BaseTransport | None) -> None:
        """Take note that a connection has asked for something."""
        timer = self._silent.pop(transport, None) if transport is not None else None
        if timer is not None:
            timer.cancel()

    def left(self, transport: asyncio.BaseTransport) -> None:
        """Take note that a connection is over."""
        self.asked(transport)
        self._open.discard(transport)


WAITING: Final = web.AppKey("waiting", Waiting)


class _Watched(asyncio.Protocol):
    """Passes a connection to the HTTP server, and tells of its beginning and end."""

    def __init__(self, waiting: Waiting, inner: asyncio.Protocol) -> None:
        self._waiting = waiting
        self._inner = inner
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._waiting.came(transport):
            _cut(transport)
            return
        self._transport = transport
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._waiting.left(self._transport)
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._transport is None else self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


def _cut(transport: asyncio.BaseTransport) -> None:
    cast("asyncio.Transport", transport).abort()


@asynccontextmanager
async def listening(
    server: Callable[[], asyncio.Protocol],
    waiting: Waiting,
    context: ssl.SSLContext,
    host: str,
    port: int,
) -> AsyncIterator[int]:
    """Have an HTTP server answer on an address; yield the port. Raises OSError."""
    bound = await asyncio.get_running_loop().create_server(
        lambda: _Watched(waiting, server()),
        host,
        port,
        ssl=context,
        ssl_handshake_timeout=HANDSHAKE_S,
        ssl_shutdown_timeout=1.0,
    )
    try:
        yield bound.sockets[0].getsockname()[1]
    finally:
        bound.close()
