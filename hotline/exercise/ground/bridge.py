"""A socket here that leads to a socket elsewhere, through a command that can get there.

Every connection has a process of its own, whose stdin and stdout are the connection.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

PIECE = 64 * 1024
END_S = 2.0
MAX_CONNECTIONS = 64
"""At once; a director needs a handful. More are ended."""


class Bridge:
    """Listens on ``socket``, and runs ``command`` for each connection.

    Whoever may open the socket may do all that the command leads to, so it belongs in a directory
    that only its owner may enter.
    """

    def __init__(self, socket: Path, command: Sequence[str]) -> None:
        self.socket = socket
        self._command = tuple(command)
        self._server: asyncio.AbstractServer | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Take connections; nothing where it does."""
        if self._server is not None:
            return
        self._server = await asyncio.start_unix_server(self._serve, str(self.socket))

    async def shut(self) -> None:
        """End all connections and take no more: whoever asks learns that nobody is there."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self.socket.unlink(missing_ok=True)
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._connections.add(task)
        # Ended by `shut`, which waits for it; nobody else is to be told.
        with suppress(asyncio.CancelledError):
            try:
                await self._carry(reader, writer)
            except OSError:
                pass  # the connection or the command has ended early, so both end
            finally:
                self._connections.discard(task)
                writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101
        asking = asyncio.create_task(_copy(reader, process.stdin))
        try:
            await _copy(process.stdout, writer)
        finally:
            # Also where `shut` comes just now: no process is left that nobody waits for.
            ending = asyncio.create_task(_end(process, asking))
            try:
                await asyncio.shield(ending)
            except asyncio.CancelledError:
                await ending
                raise


async def _end(process: asyncio.subprocess.Process, asking: asyncio.Task[None]) -> None:
    """Let a command end by itself, as it does once its stdin has ended; else end it."""
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(END_S):
            await process.wait()
    except TimeoutError:
        # Not by asyncio's own kill(), which may take the exit status from whoever waits for it.
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(PIECE):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
