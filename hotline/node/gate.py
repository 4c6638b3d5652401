"""The line's port: TLS first, then HTTP, then one WebSocket for the peer so named.

TLS is done here by hand rather than by the HTTP server, so that a failed handshake has a reason
that can be counted and recorded, and no byte is parsed before the certificate is known. What
does not become a line is refused: with a code, a record in the node's log, and a bound on how
many records a stranger can cause.
"""

from __future__ import annotations

import asyncio
import socket as sockets
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import structlog
from aiohttp import web

from hotline.errors import HotlineError, TrustError
from hotline.model.kinds import Status
from hotline.node.clock import Clock
from hotline.node.tls import identify
from hotline.node.witness.submission import MAX_BODY
from hotline.node.witness.submission import PATH as SUBMISSION_PATH
from hotline.trust.card import Card
from hotline.wire.frames import MAX_FRAME

PATH = "/hotline/v1"
HANDSHAKE_S = 5.0
"""Within which TLS is finished, and after it the WebSocket asked for."""
MAX_SILENT = 8
"""Connections of one address at once that are secured and have asked for nothing."""
MAX_PENDING = 64
"""Connections at once that have not finished their handshake; one more, and the oldest goes."""
MAX_MESSAGE = MAX_FRAME + 1
"""What aiohttp is told, which refuses a message as long as its limit."""

BACKLOG = 128
ACCEPT_AGAIN_S = 0.1
X509_EXPIRED = 10
X509_NAME_NOT_PERMITTED = 47
"""OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_PERMITTED_VIOLATION."""

_log = structlog.get_logger()

_TOO_MANY = TrustError(
    "node.too-many-handshakes", "too many connections were in their handshake at once"
)

Serve = Callable[[str, web.WebSocketResponse], Awaitable[None]]
Submit = Callable[[str, web.Request], Awaitable[web.Response]]
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


@dataclass(slots=True)
class _Waiting:
    """A connection in its handshake."""

    remote: str
    made_way: bool = False


@dataclass(frozen=True, slots=True)
class _Silent:
    """A connection that is secured and has asked for nothing yet."""

    remote: str
    timer: asyncio.TimerHandle


class Gate:
    """Listens for peers that dial us.

    ``serve`` is awaited with the centre that was identified and its WebSocket, ``submit`` with its
    request of a cosignature (``hotline.node.witness``), which it answers; ``refuse`` is
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
        submit: Submit,
        refuse: Refuse,
    ) -> None:
        self._context = context
        self._cards = cards
        self._status = status
        self._clock = clock
        self._serve = serve
        self._submit = submit
        self._refuse = refuse
        # Sockets in their handshake, oldest first.
        self._pending: dict[sockets.socket, _Waiting] = {}
        # What ends a connection that is secured, but does not ask for the WebSocket.
        self._silent: dict[asyncio.Transport, _Silent] = {}
        self._listening: list[sockets.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        application = web.Application(client_max_size=MAX_BODY + 1)
        application.router.add_get(PATH, self._handle)
        application.router.add_post(PATH + SUBMISSION_PATH, self._handle_submission)
        # Whatever else is asked on this port gets the same short answer.
        application.router.add_route("*", "/{tail:.*}", self._handle_other)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=5,
            shutdown_timeout=2.0,
            auto_decompress=False,
        )

    async def open(self, host: str, port: int) -> int:
        """Start listening; return the port, which the system chooses when ``port`` is 0."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=sockets.SOCK_STREAM)
        for family, *_, address in dict.fromkeys(found):
            listening = sockets.create_server(
                (address[0], port), family=family, backlog=BACKLOG, reuse_port=False
            )
            listening.setblocking(False)
            self._listening.append(listening)
            port = listening.getsockname()[1]
            self._spawn(self._accept(listening))
        return port

    def use(self, context: ssl.SSLContext) -> None:
        """Take another certificate from the next connection on; those that are there stay."""
        self._context = context

    async def close(self) -> None:
        """Stop listening and drop what is still connected."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listening in self._listening:
            listening.close()
        await self._runner.cleanup()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: sockets.socket) -> None:
        """Take connections one by one; TLS gets each before anybody has read a byte of it."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listening)
            except OSError as error:
                # Out of descriptors, most likely; those who wait are taken once some are free.
                _log.error("accept_failed", error=str(error))
                await asyncio.sleep(ACCEPT_AGAIN_S)
                continue
            self._spawn(self._admit(accepted, str(address[0])))

    async def _admit(self, accepted: sockets.socket, remote: str) -> None:
        if len(self._pending) >= MAX_PENDING:
            self._make_way()
        self._pending[accepted] = _Waiting(remote)
        held = _Held()
        try:
            secured, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: held,
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE_S,
                ssl_shutdown_timeout=1.0,
            )
        except (OSError, ssl.SSLError, TimeoutError) as error:
            _cut(accepted)
            made_way = self._pending[accepted].made_way
            self._refuse(_TOO_MANY if made_way else _handshake_error(error), remote)
            return
        finally:
            del self._pending[accepted]
        server = self._runner.server
        if server is None or held.lost:
            secured.abort()
            return
        same = [other for other, silent in self._silent.items() if silent.remote == remote]
        if len(same) >= MAX_SILENT:
            self._end_silent(same[0], remote)
        timer = asyncio.get_running_loop().call_later(
            HANDSHAKE_S, self._end_silent, secured, remote
        )
        self._silent[secured] = _Silent(remote, timer)
        protocol = server()
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
        for data in held.data:
            protocol.data_received(data)

    def _make_way(self) -> None:
        """Cut the handshake that is the least likely to be a peer's.

        A peer is through in milliseconds and needs one: the oldest makes way, of the address
        that has the most of them under way.
        """
        many, _ = Counter(waiting.remote for waiting in self._pending.values()).most_common(1)[0]
        for socket, waiting in self._pending.items():
            if waiting.remote == many and not waiting.made_way:
                waiting.made_way = True
                _cut(socket)
                return

    def _end_silent(self, secured: asyncio.Transport, remote: str) -> None:
        self._silent.pop(secured).timer.cancel()
        if not secured.is_closing():
            error = TrustError("node.handshake-timeout", "no WebSocket was asked for in time")
            self._refuse(error, remote)
            secured.abort()

    def _note_asked(self, request: web.Request) -> None:
        silent = self._silent.pop(cast("asyncio.Transport", request.transport), None)
        if silent is not None:
            silent.timer.cancel()

    def _identify(self, request: web.Request) -> str | web.Response:
        """Return the centre that the certificate proves, or the answer to whoever has none."""
        self._note_asked(request)
        try:
            secured = request.get_extra_info("ssl_object")
            der = secured.getpeercert(binary_form=True) if secured is not None else None
            return identify(der, self._cards, self._status, self._clock.wall_us())
        except TrustError as error:
            self._refuse(error, request.remote or "?")
            return web.Response(status=403, text=f"{error.code}\n")

    async def _handle_submission(self, request: web.Request) -> web.StreamResponse:
        centre = self._identify(request)
        return centre if isinstance(centre, web.Response) else await self._submit(centre, request)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        centre = self._identify(request)
        if isinstance(centre, web.Response):
            return centre
        socket = web.WebSocketResponse(
            max_msg_size=MAX_MESSAGE, compress=False, autoping=False, writer_limit=2**18
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


def _cut(socket: sockets.socket) -> None:
    """End a connection at once; whoever owns the socket closes it."""
    with suppress(OSError):
        socket.shutdown(sockets.SHUT_RDWR)


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
    verified = getattr(error, "verify_code", 0)
    if verified == X509_EXPIRED:
        return TrustError("trust.certificate-expired", "the other end's certificate has expired")
    if verified == X509_NAME_NOT_PERMITTED:
        return TrustError(
            "trust.certificate-wrong-centre", "an authority vouched for another centre than its own"
        )
    if isinstance(error, TimeoutError | ConnectionAbortedError):
        return TrustError("node.handshake-timeout", "the TLS handshake was not finished in time")
    code, message = known.get(reason, ("node.handshake-failed", f"TLS failed: {text[:160]}"))
    return TrustError(code, message)
