"""A bare hand-written pair: a TLS socket, SQLite and signatures, nothing else.

No product: no resending, no order, no log, no rules. With ``grouped`` one signature covers what
waits when the sender signs, and one receipt what one commit took. This is about as fast as Python
does the bare work on this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

from benchmarks.peers.application import Frames, Receiver, Sender, framed
from benchmarks.peers.service import HOST, main, serve_receiver, serve_sender, tls


class Wire(asyncio.Protocol):
    """One end of the connection: hands every frame on."""

    def __init__(self, took: Callable[[bytes], None]) -> None:
        self._took = took
        self._frames = Frames()
        self.transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, to write on."""
        self.transport = cast("asyncio.WriteTransport", transport)  # uvloop's is none by name

    def data_received(self, data: bytes) -> None:
        """Hand on every frame that is whole."""
        for octets in self._frames.cut(data):
            self._took(octets)


async def receiver(directory: Path, _: int, *options: str) -> None:
    """Listen on a port of the system's choice."""

    def answer(receipts: list[bytes], wires: list[Wire]) -> None:
        wires[0].transport.write(b"".join(map(framed, receipts)))

    taking = Receiver(directory, answer, *options)

    def connected() -> Wire:
        wire = Wire(lambda octets: taking.take(octets, wire))
        return wire

    context = tls(directory, "receiver", server=True)
    server = await asyncio.get_running_loop().create_server(connected, HOST, 0, ssl=context)
    await serve_receiver(server.sockets[0].getsockname()[1])


async def sender(directory: Path, port: int, *options: str) -> None:
    """Dial the receiver, and send."""

    async def carry(octets: bytes) -> None:
        wire.transport.write(framed(octets))

    sending = Sender(directory, carry, *options)
    context = tls(directory, "sender")
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(sending.took), HOST, port, ssl=context)
    await serve_sender(sending.send)


if __name__ == "__main__":
    main({"receiver": receiver, "sender": sender})
