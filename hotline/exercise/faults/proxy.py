"""A TCP proxy on the line that is as bad as it is told to be. It sees only TLS.

The centre that dials is led to the proxy's port instead of the other centre's. Everything is
bounded: a line that takes less than is given makes whoever gives wait, as a real one does.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

import msgspec

from hotline.exercise.faults.conditions import WHOLE, LineConditions, Way
from hotline.exercise.faults.lane import ROOM, Channel, Lane

MAX_CONNECTIONS = 128
"""At once; a line needs one. More are refused."""
DIAL_S = 20.0


class WayState(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes on one way since the proxy was started: that came out, and that are inside."""

    passed: int
    waiting: int


class ProxyState(msgspec.Struct, frozen=True, kw_only=True):
    """How a proxy does: the port that it listens on, and how many connections there are now."""

    port: int
    conditions: LineConditions
    connections: int
    forth: WayState
    back: WayState


class Proxy:
    """Leads connections on its own port to ``target`` (host, port).

    ``port`` 0 takes any that is free; afterwards it is the one that was taken. ``seed`` decides
    what is random: the same packets in the same order fare the same.
    """

    def __init__(
        self, target: tuple[str, int], *, host: str = "127.0.0.1", port: int = 0, seed: int = 0
    ) -> None:
        self.host, self.port = host, port
        self._target = target
        self._seed = seed
        self._conditions = WHOLE
        self._channels = {way: Channel() for way in Way}
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._numbered = 0

    async def open(self) -> None:
        """Take connections; on the port of the first time when it is opened again.

        Raises OSError when the port is in use.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listening = socket.create_server((self.host, self.port), family=family)
        # Inherited by every connection, so that the kernel does not hold what the line cannot.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        self._server = await asyncio.start_server(self._serve, sock=listening)
        self.port = int(listening.getsockname()[1])

    async def shut(self) -> None:
        """End every connection at once, and refuse new ones until it is opened again."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def reset(self) -> None:
        """Break every connection off at once; both ends are told."""
        for writer in self._writers:
            _break_off(writer)
        for connection in self._connections:
            connection.cancel()

    def become(self, conditions: LineConditions) -> None:
        """Be so from now on, also for what is inside."""
        self._conditions = conditions
        for way, channel in self._channels.items():
            channel.become(conditions.on(way))

    def spoil(self, way: Way, packets: int = 1) -> None:
        """Change one bit in each of the next packets on a way."""
        self._channels[way].to_spoil += packets

    def state(self) -> ProxyState:
        """Return how it does."""
        forth, back = (
            WayState(passed=channel.passed, waiting=channel.waiting)
            for channel in (self._channels[Way.FORTH], self._channels[Way.BACK])
        )
        return ProxyState(
            port=self.port,
            conditions=self._conditions,
            connections=len(self._connections),
            forth=forth,
            back=back,
        )

    # --- One connection -------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._connections.add(task)
        self._writers.add(writer)
        # A connection that `reset` cancels has ended, which is nothing to be told of.
        with suppress(asyncio.CancelledError):
            try:
                early = await self._let_in(reader)
                if early is not None:
                    await self._lead_on(reader, writer, early)
            finally:
                self._connections.discard(task)
                self._writers.discard(writer)
                writer.transport.abort()

    async def _let_in(self, reader: asyncio.StreamReader) -> bytes | None:
        """Wait until the line lets a new connection through; return what was said meanwhile.

        None when the caller gave up before: nothing of it ever arrives.
        """
        early = bytearray()
        passing = asyncio.create_task(self._handshake())
        try:
            while not passing.done():
                if len(early) >= ROOM:
                    await passing
                    break
                hearing = asyncio.create_task(reader.read(ROOM - len(early)))
                try:
                    await asyncio.wait({passing, hearing}, return_when=asyncio.FIRST_COMPLETED)
                    if hearing.done():
                        try:
                            heard = hearing.result()
                        except OSError:
                            return None
                        if not heard:
                            return None
                        early += heard
                finally:
                    hearing.cancel()
                    await asyncio.gather(hearing, return_exceptions=True)
        finally:
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)
        return bytes(early)

    async def _handshake(self) -> None:
        """Take as long as TCP's own greeting does: once forth and once back."""
        loop = asyncio.get_running_loop()
        for channel in self._channels.values():
            await channel.open_from(loop.time() + channel.conditions.delay_s)

    async def _lead_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, early: bytes
    ) -> None:
        try:
            async with asyncio.timeout(DIAL_S):
                there, onwards = await asyncio.open_connection(*self._target)
        except OSError:
            _break_off(writer)
            return
        self._writers.add(onwards)
        self._numbered += 1
        name = f"{self._seed} {self._numbered}"
        try:
            onwards.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
            for each in (writer, onwards):
                # Nothing waits in this process but what the lanes count.
                each.transport.set_write_buffer_limits(0)
            forth, back = self._channels[Way.FORTH], self._channels[Way.BACK]
            orderly = await _until_ended(
                Lane(forth, reader, onwards, f"{name} forth", early),
                Lane(back, there, writer, f"{name} back"),
            )
            if not orderly:
                _break_off(writer)
                _break_off(onwards)
        finally:
            self._writers.discard(onwards)
            onwards.transport.abort()


async def _until_ended(*lanes: Lane) -> bool:
    """Run both lanes until both have ended, or one was broken off; return whether none was."""
    running = {asyncio.create_task(lane.run()) for lane in lanes}
    try:
        left = running
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            if not all(task.result() for task in done):
                return False
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return True


def _break_off(writer: asyncio.StreamWriter) -> None:
    """End a connection so that the other end sees it broken off (a reset), not ended."""
    with suppress(OSError):
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
