"""A server behind a fault proxy, and what tests ask of the two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from hotline.exercise.faults.conditions import Conditions, LineConditions, Way
from hotline.exercise.faults.proxy import Proxy
from hotline.exercise.ground.processes import holds_within

PATIENCE_S = 20.0


@dataclass
class Far:
    """A server that answers in capitals, and what it heard; a proxy in front of it."""

    proxy: Proxy
    heard: bytearray
    accepted: list[asyncio.StreamWriter]


@dataclass
class Near:
    """A connection to it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def says(self, text: bytes) -> float:
        """Say something; return how many seconds its answer took."""
        began = asyncio.get_running_loop().time()
        self.writer.write(text)
        answer = await asyncio.wait_for(self.reader.readexactly(len(text)), PATIENCE_S)
        assert answer == text.upper()
        return asyncio.get_running_loop().time() - began


@asynccontextmanager
async def far(seed: int = 0) -> AsyncIterator[Far]:
    """Run server and proxy."""
    heard = bytearray()
    accepted: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)
        try:
            while data := await reader.read(65536):
                heard.extend(data)
                writer.write(data.upper())
                await writer.drain()
            writer.close()
        except OSError:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[:2], seed=seed)
    await proxy.open()
    try:
        yield Far(proxy, heard, accepted)
    finally:
        await proxy.shut()
        server.close()
        for writer in accepted:
            writer.transport.abort()


@asynccontextmanager
async def near(proxy: Proxy) -> AsyncIterator[Near]:
    """Open a connection through a proxy, and end it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield Near(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def eventually(holds: Callable[[], object]) -> None:
    """Return as soon as a function returns something true."""

    async def looked() -> bool:
        return bool(holds())

    assert await holds_within(looked, PATIENCE_S)


async def ended(reader: asyncio.StreamReader) -> bool:
    """Return whether a connection has ended, in order or not."""
    try:
        return not await asyncio.wait_for(reader.read(100), PATIENCE_S)
    except ConnectionResetError:
        return True


def only(way: Way, conditions: Conditions) -> LineConditions:
    """Return a line that is bad on one way only."""
    return LineConditions(**{way.value: conditions})


def both(conditions: Conditions) -> LineConditions:
    """Return a line that is bad on both ways."""
    return LineConditions(forth=conditions, back=conditions)
