"""The cable between the two nodes: a TCP relay that can go dead, be cut, and be restored.

It sees only TLS. *Dead* swallows what comes, as a broken cable does before anybody notices; *cut*
ends all connections and takes no new ones.
"""

from __future__ import annotations

import asyncio


class Relay:
    """Forwards connections on ``port`` to the peer's port, both on loopback."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._dead = False
        # Bytes that the dead cable swallowed.
        self.swallowed = 0

    async def open(self) -> None:
        """Take connections; on the port of the first time when it is opened again."""
        self._dead = False
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def go_dead(self) -> None:
        """From now on nothing arrives at either end, and neither end is told."""
        self._dead = True

    async def cut(self) -> None:
        """End every connection at once and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, onwards = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, onwards}
        try:
            await asyncio.gather(self._copy(reader, onwards), self._copy(there, writer))
        except OSError:
            pass  # one end is gone, so the other one goes too
        finally:
            for end in (writer, onwards):
                self._writers.discard(end)
                end.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._dead:
                self.swallowed += len(data)
                continue
            writer.write(data)
            await writer.drain()
        if not self._dead:
            writer.write_eof()
