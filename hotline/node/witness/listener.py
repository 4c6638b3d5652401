"""The witness service's own port: plain HTTP, for logs whose centres have no line with this node.

Requests authenticate themselves by the log's signature, and answers by the witness's; where they
are to be confidential too, a TLS proxy stands before this port. Whoever connects gets one minute,
and when all places are taken, the oldest connection of the address that has the most makes way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, cast

from aiohttp import web

from hotline.node.witness.submission import MAX_BODY, PATH

if TYPE_CHECKING:
    from hotline.node.witness.service import Service

MAX_CONNECTIONS = 64
CONNECTION_S = 60.0
"""After which a connection is ended, whatever it does; a client with more to say comes again."""
KEEP_ALIVE_S = 15.0


class Listener:
    """Listens for submissions."""

    def __init__(self, service: Service) -> None:
        self._service = service
        application = web.Application(client_max_size=MAX_BODY + 1)
        application.router.add_post(PATH, self._handle)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=KEEP_ALIVE_S,
            shutdown_timeout=1.0,
            auto_decompress=False,
        )
        self._server: asyncio.Server | None = None
        # Connections, oldest first, with what ends them.
        self._open: dict[asyncio.Transport, asyncio.TimerHandle] = {}

    async def open(self, host: str, port: int) -> int:
        """Start listening; return the port, which the system chooses when ``port`` is 0.

        Raises OSError.
        """
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Arrival(self), host, port, backlog=64)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and drop what is still connected."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()
        for transport, timer in self._open.items():
            timer.cancel()
            transport.abort()
        self._open.clear()

    def admit(self, transport: asyncio.Transport) -> None:
        """Hand a new connection to the HTTP server, for a limited time."""
        gone = [other for other in self._open if other.is_closing()]
        for other in gone:
            self._open.pop(other).cancel()
        if len(self._open) >= MAX_CONNECTIONS:
            self._make_way()
        server = self._runner.server
        if server is None:
            transport.abort()
            return
        self._open[transport] = asyncio.get_running_loop().call_later(CONNECTION_S, transport.abort)
        protocol = server()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)

    def _make_way(self) -> None:
        many, _ = Counter(map(_address, self._open)).most_common(1)[0]
        oldest = next(transport for transport in self._open if _address(transport) == many)
        self._open.pop(oldest).cancel()
        oldest.abort()

    async def _handle(self, request: web.Request) -> web.Response:
        return await self._service.respond(request)


class _Arrival(asyncio.Protocol):
    """A connection that nobody has read a byte of."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._listener.admit(cast("asyncio.Transport", transport))


def _address(transport: asyncio.Transport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else "?"
