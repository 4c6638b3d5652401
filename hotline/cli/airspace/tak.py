"""The way to a TAK server: one connection by pytak, given up as soon as it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hotline.errors import UsageError

CONNECT_S = 10.0
SEND_S = 10.0
"""A server that takes nothing for so long is given up."""
SCHEMES = ("tcp", "tls", "udp")
CLOSE_S = 3.0
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For servers without TLS 1.3; left to itself, pytak would take any."""


@dataclass(frozen=True, slots=True)
class TakServer:
    """Where the server is, and for TLS the files with which both sides prove who they are."""

    url: str
    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None


def check_server(server: TakServer) -> None:
    """Refuse an address that cannot be one, files that are not there, and a missing pytak.

    Raises:
        UsageError: ``bridge.no-pytak``, ``bridge.bad-address``, ``bridge.no-certificate``.

    """
    try:
        import pytak  # type: ignore[import-untyped]  # noqa: F401
    except ImportError:
        raise UsageError(
            "bridge.no-pytak",
            "the bridge needs pytak, which is not installed",
            "in the checkout of hotline, run `.venv/bin/pip install '.[tak]'`",
        ) from None
    try:
        parts = urlsplit(server.url)
        usable = parts.scheme in SCHEMES and parts.hostname and parts.port
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            "bridge.bad-address",
            f"{server.url} is not the address of a TAK server",
            "write tls://tak.example.org:8089, tcp://HOST:PORT or udp://HOST:PORT",
        )
    files = (server.certificate, server.key, server.ca)
    if parts.scheme == "tls" and None in files:
        raise UsageError(
            "bridge.no-certificate",
            "a server asked by TLS wants to know who asks, and must prove who it is",
            "give --tls-cert, --tls-key and --tls-ca",
        )
    for file in files:
        if file is not None and not file.is_file():
            raise UsageError(
                "bridge.no-certificate",
                f"there is no file {file}",
                "check the path, and its rights",
            )


@asynccontextmanager
async def connected(server: TakServer) -> AsyncIterator[TakConnection]:
    """Give a connection to the server.

    Raises:
        UsageError: ``bridge.tls-refused`` where the two cannot prove who they are.
        OSError: or TimeoutError, where the server is not there.

    """
    import pytak

    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await pytak.protocol_factory(_configuration(server))
    # pytak says so where a certificate does not hold or a file cannot be used.
    except (SyntaxError, ValueError, SystemError) as error:
        raise UsageError(
            "bridge.tls-refused",
            f"there is no TLS with {server.url}: {' '.join(str(error).split())}",
            "check --tls-cert, --tls-key and --tls-ca, and the host's name in its certificate",
        ) from error
    connection = TakConnection(pytak.TXWorker(asyncio.Queue(), {}, writer), reader)
    try:
        yield connection
    finally:
        writer.close()
        # Datagrams have no end to wait for, and not every server says goodbye in TLS.
        with suppress(OSError, AttributeError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await writer.wait_closed()


class TakConnection:
    """One open connection."""

    def __init__(self, worker: Any, reader: asyncio.StreamReader | None) -> None:
        self._worker = worker
        self._reader = reader
        self._failed = asyncio.Event()

    async def send(self, events: list[bytes]) -> None:
        """Hand events to the server. Raises OSError or TimeoutError when it does not take them."""
        try:
            for event in events:
                async with asyncio.timeout(SEND_S):
                    await self._worker.send_data(event)
        except (OSError, TimeoutError):
            self._failed.set()  # what it missed it is only told at the next connection
            raise

    async def broken(self) -> None:
        """Return when the server closes the connection, or has not taken something."""
        waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._failed.wait())]
        if self._reader is not None:
            waiting.append(asyncio.ensure_future(self._closed(self._reader)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _closed(self, reader: asyncio.StreamReader) -> None:
        """Return when nothing more comes; what the server says is not listened to."""
        with suppress(OSError):
            while await reader.read(65_536):
                pass


def _configuration(server: TakServer) -> dict[str, str]:
    url = server.url
    if url.startswith("udp"):
        url = url.replace("udp", "udp+wo", 1)  # a port of ours need not be free to send
    files = {
        "PYTAK_TLS_CLIENT_CERT": server.certificate,
        "PYTAK_TLS_CLIENT_KEY": server.key,
        "PYTAK_TLS_CLIENT_CAFILE": server.ca,
    }
    # pytak puts these through configparser, for which % has a meaning.
    paths = {name: str(path).replace("%", "%%") for name, path in files.items() if path}
    return {"COT_URL": url, "PYTAK_TLS_CLIENT_CIPHERS": CIPHERS} | paths
