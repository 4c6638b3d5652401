"""The line's port: TLS first, then HTTP, then one WebSocket for the peer so named.

TLS is done here by hand rather than by the HTTP server, so that a failed handshake has a reason
that can be counted and recorded, and no byte is parsed before the certificate is known. What
does not become a line is refused: with a code, a record in the node's log, and a bound on how
many records a stranger can cause.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from aiohttp import web

from hotline.errors import HotlineError, TrustError
from hotline.model.kinds import Status
from hotline.node.clock import Clock
from hotline.node.tls import identify
from hotline.trust.card import Card
from hotline.wire.frames import MAX_FRAME

PATH = "/hotline/v1"
HANDSHAKE_S = 5.0
"""Within which TLS is finished, and after it the WebSocket asked for."""
MAX_PENDING = 64
"""Connections at once that have not finished their handshake; one more, and the oldest goes."""
MAX_MESSAGE = MAX_FRAME + 1
"""What aiohttp is told, which refuses a message as long as its limit."""

X509_EXPIRED = 10
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED."""

_TOO_MANY = TrustError(
    "node.too-many-handshakes", "too many connections were in their handshake at once"
)

Serve = Callable[[str, web.WebSocketResponse], Awaitable[None]]
Refuse = Callable[[HotlineError, str], None]


class _Held(asyncio.Protocol):
    """Keeps what arrives between the end of the handshake and the HTTP server's taking over."""

    def __init__(self) -> None:
        self.data: list[bytes] = []
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.data.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost = True


class _Knock(asyncio.Protocol):
    """Takes no byte of a new connection before TLS does."""

    def __init__(self, admit: Callable[[asyncio.Transport], None]) -> None:
        self._admit = admit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A TCP server's transports always read and write; uvloop's are no subclass of asyncio's.
        duplex = cast("asyncio.Transport", transport)
        duplex.pause_reading()
        self._admit(duplex)


class Gate:
    """Listens for peers that dial us.

    ``serve`` is awaited with the centre that was identified and its WebSocket; ``refuse`` is
    told, with a TrustError or LineError and the remote address, of whoever did not get that far.
    """

    def __init__(
        self,
        *,
        context: ssl.SSLContext,
        cards: Mapping[str, Card],
        status: Status,
        clock: Clock,
        serve: Serve,
        refuse: Refuse,
    ) -> None:
        self._context = context
        self._cards = cards
        self._status = status
        self._clock = clock
        self._serve = serve
        self._refuse = refuse
        # Transports in their handshake, oldest first; whether they had to make way.
        self._pending: dict[asyncio.Transport, bool] = {}
        # What ends a connection that is secured, but does not ask for the WebSocket.
        self._silent: dict[asyncio.BaseTransport, asyncio.TimerHandle] = {}
        self._admitting: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        application = web.Application(client_max_size=4096)
        application.router.add_get(PATH, self._handle)
        # Whatever else is asked on this port gets the same short answer.
        application.router.add_route("*", "/{tail:.*}", self._handle_other)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=5,
            shutdown_timeout=2.0,
        )

    async def open(self, host: str, port: int) -> int:
        """Start listening; return the port, which the system chooses when ``port`` is 0."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Knock(self._knocked), host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and drop what is still connected."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()

    def _knocked(self, transport: asyncio.Transport) -> None:
        task = asyncio.create_task(self._admit(transport))
        self._admitting.add(task)
        task.add_done_callback(self._admitting.discard)

    async def _admit(self, transport: asyncio.Transport) -> None:
        remote = _remote(transport)
        if len(self._pending) >= MAX_PENDING:
            # A peer is through in milliseconds; who has waited longest is the least likely one.
            oldest = next(iter(self._pending))
            self._pending[oldest] = True
            oldest.abort()
        self._pending[transport] = False
        held = _Held()
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport,
                held,
                self._context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_S,
                ssl_shutdown_timeout=1.0,
            )
        except (OSError, ssl.SSLError, TimeoutError) as error:
            transport.abort()
            made_way = self._pending[transport]
            self._refuse(_TOO_MANY if made_way else _handshake_error(error), remote)
            return
        finally:
            del self._pending[transport]
        server = self._runner.server
        if secured is None or server is None or held.lost:
            transport.abort()
            return
        self._silent[secured] = asyncio.get_running_loop().call_later(
            HANDSHAKE_S, self._end_silent, secured, remote
        )
        protocol = server()
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
        for data in held.data:
            protocol.data_received(data)

    def _end_silent(self, secured: asyncio.Transport, remote: str) -> None:
        del self._silent[secured]
        if not secured.is_closing():
            error = TrustError("node.handshake-timeout", "no WebSocket was asked for in time")
            self._refuse(error, remote)
            secured.abort()

    def _note_asked(self, request: web.Request) -> None:
        transport = request.transport
        if transport is not None and (timer := self._silent.pop(transport, None)) is not None:
            timer.cancel()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        remote = request.remote or "?"
        self._note_asked(request)
        try:
            secured = request.get_extra_info("ssl_object")
            der = secured.getpeercert(binary_form=True) if secured is not None else None
            centre = identify(der, self._cards, self._status, self._clock.wall_us())
        except TrustError as error:
            self._refuse(error, remote)
            return web.Response(status=403, text=f"{error.code}\n")
        socket = web.WebSocketResponse(
            max_msg_size=MAX_MESSAGE, compress=False, autoping=True, writer_limit=2**18
        )
        if not socket.can_prepare(request):
            return self._refuse_request(request)
        await socket.prepare(request)
        await self._serve(centre, socket)
        return socket

    async def _handle_other(self, request: web.Request) -> web.StreamResponse:
        self._note_asked(request)
        return self._refuse_request(request)

    def _refuse_request(self, request: web.Request) -> web.Response:
        error = TrustError(
            "node.not-a-line", f"a {request.method} of {request.path[:80]!r} is no line's WebSocket"
        )
        self._refuse(error, request.remote or "?")
        return web.Response(status=426, text=f"{error.code}\n", headers={"Upgrade": "websocket"})


def _remote(transport: Any) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else "?"


def _handshake_error(error: Exception) -> TrustError:
    """Turn OpenSSL's reason into a code of ours."""
    text = str(error)
    reason = getattr(error, "reason", None) or ""
    known = {
        "HTTP_REQUEST": ("node.plain-http", "plain HTTP was spoken to the line's TLS port"),
        "UNSUPPORTED_PROTOCOL": ("trust.tls-too-old", "the other end offered no TLS 1.3"),
        "PEER_DID_NOT_RETURN_A_CERTIFICATE": (
            "trust.no-certificate",
            "the other end showed no certificate",
        ),
        "CERTIFICATE_VERIFY_FAILED": (
            "trust.unknown-authority",
            f"the certificate does not come from an enrolled authority ({text[-120:]})",
        ),
    }
    if getattr(error, "verify_code", 0) == X509_EXPIRED:
        return TrustError("trust.certificate-expired", "the other end's certificate has expired")
    if isinstance(error, TimeoutError | ConnectionAbortedError):
        return TrustError("node.handshake-timeout", "the TLS handshake was not finished in time")
    code, message = known.get(reason, ("node.handshake-failed", f"TLS failed: {text[:160]}"))
    return TrustError(code, message)
