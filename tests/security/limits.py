"""What strangers, and a peer, can make a real node hold: memory, descriptors, and others' time.

    python -m tests.security.limits

runs a node and its console as processes of their own, an honest peer beside them, and prints what
each attack took. `tests/security/test_limits.py` holds every figure to a bound.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from hotline.exercise.ground.site import free_port
from hotline.model.kinds import Status
from hotline.node.centre import Centre
from hotline.node.console_keys import make_console_certificate
from hotline.node.gate import PATH
from hotline.node.keyring import load_keyring
from hotline.node.tls import dialling_context
from hotline.trust.names import tls_name
from hotline.wire.frames import MAX_FRAME
from tests.centres import PATIENCE_S, Site, eventually, line_up, now_us, running, say, sites

HOST: Final = "127.0.0.1"
SILENT: Final = 300
"""Connections that are opened and say nothing, or half of something."""
FRAMES: Final = 32
"""Connections of an enrolled peer that each hold back the last byte of the largest frame."""
BOMB_BYTES: Final = 64 * 1024 * 1024
"""What a compressed body unpacks to."""
PAGE: Final = "https://127.0.0.1:{port}/login"


@dataclass(frozen=True, slots=True)
class Figure:
    """What an attack took: of the node with its console, and of a message sent meanwhile."""

    attack: str
    peak_mib: float
    grown_mib: float
    descriptors: int
    exchange_s: float
    said: str

    def line(self) -> str:
        """Return it as a line of the table."""
        return (
            f"{self.attack:<46}{self.peak_mib:>9.1f}{self.grown_mib:>9.1f}"
            f"{self.descriptors:>6}{self.exchange_s:>9.3f}  {self.said}"
        )


HEAD: Final = f"{'attack':<46}{'peak MiB':>9}{'grown':>9}{'fds':>6}{'sent s':>9}  answered"


class Besieged:
    """A node as a process, its console, and an honest peer of it in this process."""

    def __init__(self, site: Site, pid: int, ports: tuple[int, int], honest: Centre) -> None:
        self.site = site
        self.pid = pid
        self.line_port, self.console_port = ports
        self.honest = honest

    def processes(self) -> list[int]:
        """Return the node and its console."""
        told = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *(int(child) for child in told.split())]

    def memory_mib(self, figure: str = "VmRSS") -> float:
        """Return a figure of both processes' memory: as it is, or (``VmHWM``) at its highest."""
        total = 0
        for process in self.processes():
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith(figure))
        return total / 1024

    def descriptors(self) -> int:
        """Return how many files and sockets both have open."""
        return sum(len(os.listdir(f"/proc/{process}/fd")) for process in self.processes())

    def forget_peak(self) -> None:
        """Begin to measure the highest memory anew."""
        for process in self.processes():
            Path(f"/proc/{process}/clear_refs").write_text("5")


Attack = Callable[[Besieged, ExitStack], Awaitable[str]]


@asynccontextmanager
async def besieged(directory: Path) -> AsyncIterator[Besieged]:
    """Run the node and its console until an honest peer's line is up and the console answers."""
    honest_site, site = sites(directory)
    line_port, console_port = free_port(), free_port()
    extra = f'[console]\nlisten = "{HOST}:{console_port}"\n'
    make_console_certificate(site.keys, None, [HOST], now_us(), 30)
    config = site.configure("iaf", port=line_port, extra=extra)
    with (directory / "node.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hotline",
            "run",
            env={**os.environ, "HOTLINE_CONFIG": str(config)},
            stdout=log,
            stderr=log,
        )
    try:
        honest_site.configure("hmeimim", port=line_port)
        async with running(honest_site.node()) as honest:
            await line_up(honest)
            one = Besieged(site, process.pid, (line_port, console_port), honest)
            await eventually(lambda: _answers(console_port), "the console does not come")
            yield one
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE_S)


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((HOST, port)) == 0


async def measured(node: Besieged, name: str, attack: Attack) -> Figure:
    """Carry an attack out; while it lasts have the honest peer send, and take the figures."""
    await say(node.honest, "iaf/14-advisory.json")
    node.forget_peak()
    before = node.memory_mib()
    with ExitStack() as held:
        said = await attack(node, held)
        began = time.monotonic()
        await say(node.honest, "iaf/14-advisory.json")
        took = time.monotonic() - began
        peak = node.memory_mib("VmHWM")
        return Figure(name, peak, peak - before, node.descriptors(), took, said)


async def nothing(node: Besieged, held: ExitStack) -> str:
    """Attack with nothing, for comparison."""
    del node, held
    return ""


def _silent(address: tuple[str, int] | str, held: ExitStack, said: bytes) -> None:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    for _ in range(SILENT):
        one = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
        one.connect(address)  # which waits where there is a queue
        one.sendall(said)


async def silence_on_the_line(node: Besieged, held: ExitStack) -> str:
    """Open connections to the line's port and begin a handshake with five bytes."""
    await asyncio.to_thread(_silent, (HOST, node.line_port), held, b"\x16\x03\x01\x02\x00")
    return ""


async def silence_on_the_console(node: Besieged, held: ExitStack) -> str:
    """Open connections to the console's port, likewise; its page is answered all the same."""
    await asyncio.to_thread(_silent, (HOST, node.console_port), held, b"\x16\x03\x01\x02\x00")
    async with aiohttp.ClientSession() as session:
        url = PAGE.format(port=node.console_port)
        async with session.get(url, ssl=_any()) as answer:
            return f"{answer.status} for its page"


async def half_a_request_to_the_api(node: Besieged, held: ExitStack) -> str:
    """Open connections to the API's socket and send half a request; another is answered."""
    path = str(node.site.directory / "api.sock")
    half = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{"
    await asyncio.to_thread(_silent, path, held, half)
    client = await asyncio.to_thread(_queued, path)
    reader, writer = await asyncio.open_unix_connection(sock=client)
    held.callback(_cut, writer)
    writer.write(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
    line = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    return f"{line.split()[1].decode()} for its status"


def _queued(path: str) -> socket.socket:
    """Connect and wait where there is a queue, as no event loop does for a Unix socket."""
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(path)
    one.setblocking(False)
    return one


async def frames_without_an_end(node: Besieged, held: ExitStack) -> str:
    """As an enrolled peer, hold back the last byte of the largest frame, on many connections."""
    keyring = load_keyring(node.honest.config.keys)
    context = dialling_context(keyring, keyring.peer("hmeimim"))
    head = b"\x82\xff" + (MAX_FRAME - 1).to_bytes(8, "big") + b"\0\0\0\0"
    opened = 0
    for _ in range(FRAMES):
        writer = await _websocket(node.line_port, context)
        if writer is None:
            continue
        held.callback(_cut, writer)
        writer.write(head + b"\xc1" * (MAX_FRAME - 2))
        try:
            await asyncio.wait_for(writer.drain(), PATIENCE_S)
        except OSError:
            continue
        opened += 1
    await line_up(node.honest)
    return f"{opened} of {FRAMES} were taken"


async def _websocket(port: int, context: ssl.SSLContext) -> asyncio.StreamWriter | None:
    name = tls_name(Status.EXERCISE, "hmeimim")
    try:
        reader, writer = await asyncio.open_connection(
            HOST, port, ssl=context, server_hostname=name
        )
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n{upgrade}{key}\r\n".encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
    except (OSError, asyncio.IncompleteReadError):
        return None
    if b" 101 " in answer:
        return writer
    _cut(writer)
    return None


def _cut(writer: asyncio.StreamWriter) -> None:
    """End a connection at once; a writer whose transport is only aborted counts as left open."""
    writer.close()
    writer.transport.abort()


def bomb(before: bytes) -> bytes:
    """Return a small body that unpacks to `BOMB_BYTES` of blanks after ``before``."""
    return gzip.compress(before + b" " * BOMB_BYTES, 9)


async def a_bomb_for_the_api(node: Besieged, held: ExitStack) -> str:
    """Post a body to the API that unpacks to much more than it may have."""
    del held
    connector = aiohttp.UnixConnector(str(node.site.directory / "api.sock"))
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector) as session:
        url = "http://x/v1/messages"
        async with session.post(url, data=bomb(b"{"), headers=headers) as answer:
            return str(answer.status)


async def a_bomb_for_the_console(node: Besieged, held: ExitStack) -> str:
    """Post a form to the console that unpacks to much more than it may have."""
    del held
    form = "application/x-www-form-urlencoded"
    headers = {"Content-Encoding": "gzip", "Content-Type": form}
    async with aiohttp.ClientSession() as session:
        url = PAGE.format(port=node.console_port)
        try:
            async with session.post(
                url, data=bomb(b"officer="), headers=headers, ssl=_any()
            ) as answer:
                return str(answer.status)
        except aiohttp.ClientError as error:
            return type(error).__name__


async def many_keys_for_the_api(node: Besieged, held: ExitStack) -> str:
    """Post as many different keys as a body can hold."""
    del held
    body = json.dumps({f"{n:x}": 0 for n in range(80_000)}).encode()
    connector = aiohttp.UnixConnector(str(node.site.directory / "api.sock"))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post("http://x/v1/messages", data=body) as answer,
    ):
        return str(answer.status)


def _any() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


ATTACKS: Final[dict[str, Attack]] = {
    "none": nothing,
    f"{SILENT} silent connections to the line": silence_on_the_line,
    f"{SILENT} silent connections to the console": silence_on_the_console,
    f"{SILENT} half requests to the API": half_a_request_to_the_api,
    f"{FRAMES} largest frames without their end": frames_without_an_end,
    "gzip, 64 MiB in 64 KiB, to the API": a_bomb_for_the_api,
    "gzip, 64 MiB in 64 KiB, to the console": a_bomb_for_the_console,
    "80 000 keys to the API": many_keys_for_the_api,
}


async def figures(directory: Path) -> AsyncIterator[Figure]:
    """Carry out every attack on one node, and yield what it took."""
    async with besieged(directory) as node:
        for name, attack in ATTACKS.items():
            yield await measured(node, name, attack)


async def _print() -> None:
    print(HEAD)
    with tempfile.TemporaryDirectory(prefix="hotline-limits-") as directory:
        async for figure in figures(Path(directory)):
            print(figure.line(), flush=True)


if __name__ == "__main__":
    asyncio.run(_print())
