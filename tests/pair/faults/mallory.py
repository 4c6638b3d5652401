"""An enrolled peer, with a real card and real TLS, that means no good: a process of its own.

    python -m tests.pair.faults.mallory KEYS LETTER HOST PORT HOW SECONDS

``HOW`` is flood (valid messages as fast as they are taken), drip (a byte now and then, on as many
connections as it gets) or deaf (an association that talks and never reads). It dials again when
it is thrown out, and prints at the end how much it sent, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import aiohttp

from hotline.line import ResumeState
from hotline.model.messages import Service, encode_payload
from hotline.trust.names import tls_name
from hotline.wire.body import encode_body, message_id
from hotline.wire.frames import Heartbeat, encode_frame
from hotline.wire.shapes import NOTHING_BEFORE
from tests.node.hub import STATUS, Hostile

if TYPE_CHECKING:
    from hotline.node.centre import Centre
    from tests.centres import Site

GROUP = 64
DRIPS = 100
"""Connections that are tried at once; a node lets 64 be in their handshake."""
DRIP_S = 0.4


async def flood(hostile: Hostile, until: float) -> int:
    """Send valid messages until then; return how many."""
    seq, previous = 1, NOTHING_BEFORE
    payload = encode_payload(Service(text="flood"))
    async with hostile.associated() as link:
        while time.monotonic() < until and not link.socket.closed:
            bodies = []
            for _ in range(GROUP):
                body = hostile.body(seq, previous, payload=payload)
                previous = message_id(encode_body(body))
                bodies.append(body)
                seq += 1
            await link.socket.send_bytes(hostile.frame(*bodies))
            # What the hub answers is read and thrown away: this peer has no patience for it.
            with suppress(TimeoutError):
                await asyncio.wait_for(link.socket.receive(), 0.001)
    return seq - 1


async def drip(hostile: Hostile, until: float) -> int:
    """Say a byte of TLS, of HTTP or of a frame now and then; return how many bytes."""
    # A record of TLS that is announced and never ends.
    hello = bytes.fromhex("1603010200")

    async def plain() -> int:
        said = 0
        while time.monotonic() < until:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(hostile.host, hostile.hub.port or 0)
                try:
                    for place in range(1000):
                        if time.monotonic() > until:
                            break
                        writer.write(hello[place : place + 1] or b"\0")
                        await writer.drain()
                        said += 1
                        await asyncio.sleep(DRIP_S)
                finally:
                    writer.close()
            await asyncio.sleep(DRIP_S)
        return said

    async def secured() -> int:
        said = 0
        request = b"GET /hotline/v1 HTTP/1.1\r\nHost: " + b"x" * 1000
        while time.monotonic() < until:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(
                    hostile.host,
                    hostile.hub.port or 0,
                    ssl=hostile.context(),
                    server_hostname=tls_name(STATUS, "hmeimim"),
                )
                for place in range(1000):
                    if time.monotonic() > until:
                        break
                    writer.write(request[place : place + 1])
                    await writer.drain()
                    said += 1
                    await asyncio.sleep(DRIP_S)
                writer.close()
            await asyncio.sleep(DRIP_S)
        return said

    return sum(await asyncio.gather(*(plain() for _ in range(DRIPS)), *(secured() for _ in "12")))


async def deaf(hostile: Hostile, until: float) -> int:
    """Associate, say that all is well, and read nothing of what comes; return the associations."""
    made = 0
    while time.monotonic() < until:
        with suppress(aiohttp.ClientError, OSError, AssertionError):
            async with hostile.dialled() as link:
                own = link.socket.get_extra_info("socket")
                own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                await link.associate(ResumeState())
                made += 1
                response = link.socket._response
                assert response.connection is not None
                assert response.connection.transport is not None
                response.connection.transport.pause_reading()
                while time.monotonic() < until:
                    now = hostile.clock.now()
                    beat = Heartbeat(now.wall_us, 0, 0)
                    await link.socket.send_bytes(encode_frame(beat))
                    await asyncio.sleep(0.5)
        await asyncio.sleep(0.2)
    return made


async def main(keys: str, letter: str, host: str, port: str, how: str, seconds: str) -> None:
    """Do it, and say how much."""
    site = SimpleNamespace(keys=Path(keys), letter=Path(letter))
    hostile = Hostile(cast("Site", site), cast("Centre", SimpleNamespace(port=int(port))))
    hostile.host = host
    until = time.monotonic() + float(seconds)
    done = 0
    with suppress(aiohttp.ClientError, OSError):
        done = await {"flood": flood, "drip": drip, "deaf": deaf}[how](hostile, until)
    print(json.dumps({how: done}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
