"""The network between both nodes: connections that delay, stall, and break.

A simulated connection stands where a node has its WebSocket: below the association, above TLS.
Within one connection TCP keeps order and loses nothing, so what goes wrong there is delay, silence
in one direction or both, and the end, which the two sides learn of at different times; a frame that
was on its way may still arrive long after its sender has dialled anew. ``tamper`` is where a
hostile or broken program sits that holds the connection's keys.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMessage, WSMsgType

from tests.simulation.loop import SimulatedLoop

CLOSED = WSMessage(WSMsgType.CLOSED, None, None)
BUFFER_BYTES = 64 * 1024
LONGEST_S = 3600.0

Accept = Callable[["SimulatedSocket"], None]
Tamper = Callable[["SimulatedSocket", bytes], list[bytes]]


@dataclass(slots=True)
class Direction:
    """How frames travel from one node to the other."""

    latency_s: float = 0.002
    jitter_s: float = 0.001
    bytes_per_s: float = 10e6
    # Nothing arrives any more, and nobody is told.
    cut: bool = False


class SimulatedSocket:
    """One end of a connection, as the node's session sees it."""

    def __init__(self, network: Network, owner: str, number: int) -> None:
        self.network = network
        self.owner = owner
        self.number = number
        self.peer: SimulatedSocket
        # Frames that this end's node has not read yet.
        self.arrived: deque[WSMessage] = deque()
        self.over = False
        self._reader: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self.buffered = 0
        self._last_at = 0.0

    async def receive(self) -> WSMessage:
        """Return the next frame, or that the connection is closed."""
        while not self.arrived:
            if self.over:
                return CLOSED
            self._reader = self.network.loop.create_future()
            await self._reader
        return self.arrived.popleft()

    async def send_bytes(self, data: bytes) -> None:
        """Send one frame; wait while too much is buffered. Raises ConnectionResetError."""
        if self.over:
            raise ConnectionResetError("the connection is closed")
        self.network.send(self, data)
        while self.buffered > self.network.buffer_bytes and not self.over:
            self._drained = self.network.loop.create_future()
            await self._drained

    async def close(self) -> object:
        """Close in order; the other end reads what was sent before, then the end."""
        if not self.over:
            self.network.say_end(self)
            self.end()
        return True

    async def __aenter__(self) -> SimulatedSocket:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return the address of the other side; there is no socket below."""
        return ("192.0.2.1", 7400) if name == "peername" else default

    # --- What the network does --------------------------------------------------------------

    def deliver(self, data: bytes) -> None:
        """Let one frame arrive."""
        if not self.over:
            self.arrived.append(WSMessage(WSMsgType.BINARY, data, None))
            self._wake()

    def end(self) -> None:
        """Let this end learn that the connection is over."""
        self.over = True
        self._wake()
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def drain(self, size: int) -> None:
        """Take note that so much has left the buffer."""
        self.buffered -= size
        limit = self.network.buffer_bytes
        if self.buffered <= limit and self._drained and not self._drained.done():
            self._drained.set_result(None)

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


@dataclass(slots=True)
class Seen:
    """What whoever watches the wire is told: who sends, on which connection, which frame."""

    sender: str
    connection: int
    frame: bytes


class Network:
    """Both directions between the nodes, and the connections there are."""

    def __init__(self, loop: SimulatedLoop, chance: random.Random) -> None:
        self.loop = loop
        self.chance = chance
        self.directions: dict[str, Direction] = {"iaf": Direction(), "hmeimim": Direction()}
        # Who listens now: a node that is down has no entry.
        self.listening: dict[str, Accept] = {}
        self.tamper: Tamper | None = None
        # Probability that a broken program swallows or repeats a frame inside a connection.
        self.swallow = self.repeat = 0.0
        self.counts: Counter[str] = Counter()
        self.sockets: list[SimulatedSocket] = []
        self.watchers: list[Callable[[Seen], None]] = []
        # What a sender's system takes before it lets the program wait.
        self.buffer_bytes = BUFFER_BYTES
        # Ends whose frames do not arrive any more, since one of them was lost in a cut.
        self._stalled: set[SimulatedSocket] = set()
        self._numbers = 0
        self._context = Context()

    # --- Connecting -------------------------------------------------------------------------

    async def connect(self, owner: str, to: str) -> SimulatedSocket:
        """Open a connection from ``owner``'s node to that of ``to``. Raises OSError."""
        there, back = self.directions[owner], self.directions[to]
        await asyncio.sleep(self._delay(there))
        if there.cut or back.cut:
            await asyncio.sleep(LONGEST_S)
        await asyncio.sleep(self._delay(back))
        accept = self.listening.get(to)
        if accept is None:
            raise ConnectionRefusedError("nobody listens")
        self._numbers += 1
        here, far = (SimulatedSocket(self, name, self._numbers) for name in (owner, to))
        here.peer, far.peer = far, here
        self.sockets += [here, far]
        self.counts["connections"] += 1
        accept(far)
        return here

    # --- Frames -----------------------------------------------------------------------------

    def send(self, socket: SimulatedSocket, data: bytes) -> None:
        """Put one frame on its way."""
        for watcher in self.watchers:
            watcher(Seen(socket.owner, socket.number, data))
        frames = [data]
        if self.tamper is not None:
            frames = self.tamper(socket, data)
        if self.swallow and self.chance.random() < self.swallow:
            self.counts["frames swallowed"] += 1
            frames = frames[:-1]
        elif self.repeat and self.chance.random() < self.repeat:
            self.counts["frames repeated"] += 1
            frames = frames * 2
        for frame in frames:
            self._put(socket, frame)

    def _put(self, socket: SimulatedSocket, frame: bytes) -> None:
        direction = self.directions[socket.owner]
        size = len(frame)
        socket.buffered += size
        begun = max(self.loop.now, socket._last_at - direction.latency_s)
        left_at = begun + size / direction.bytes_per_s
        self._at(left_at, socket.drain, size)
        arrive_at = max(socket._last_at, left_at + self._delay(direction))
        socket._last_at = arrive_at
        self._at(arrive_at, self._arrive, socket, frame)

    def _arrive(self, socket: SimulatedSocket, frame: bytes) -> None:
        if self.directions[socket.owner].cut:
            self.counts["frames stalled"] += 1
            # What TCP cannot bring across it brings across later, or never; here: never, until
            # the connection breaks. Nothing behind it may arrive either.
            self._stalled.add(socket)
            return
        if socket in self._stalled:
            return
        if socket.over:
            self.counts["frames late"] += 1
        socket.peer.deliver(frame)

    def say_end(self, socket: SimulatedSocket) -> None:
        """Tell the other end, behind all that was sent before, unless the network is cut."""
        at = max(socket._last_at, self.loop.now + self._delay(self.directions[socket.owner]))
        self._at(at, self._end_arrives, socket)

    def _end_arrives(self, socket: SimulatedSocket) -> None:
        if not self.directions[socket.owner].cut and socket not in self._stalled:
            socket.peer.end()

    # --- Faults -----------------------------------------------------------------------------

    def break_all(self, *, later_s: float = 0.0) -> int:
        """Break every connection; the listening side learns of it up to ``later_s`` later."""
        broken = 0
        for socket in self.sockets:
            if socket.over:
                continue
            broken += 1
            dialled = socket.owner == "iaf"
            self._at(self.loop.now + (0.0 if dialled else later_s), socket.end)
        return broken

    def crash(self, owner: str) -> None:
        """Let the connections of a node end with it; its machine, or its system, tells the peer."""
        self.listening.pop(owner, None)
        for socket in self.sockets:
            if socket.owner == owner and not socket.over:
                socket.over = True
                if self.chance.random() < 0.7:
                    self.say_end(socket)
                    # otherwise the machine itself is gone, and the peer hears nothing
        self.sockets = [one for one in self.sockets if not (one.over and one.peer.over)]

    def _delay(self, direction: Direction) -> float:
        return direction.latency_s + self.chance.random() * direction.jitter_s

    def _at(self, when: float, function: Callable[..., object], *args: object) -> None:
        self.loop.call_at(when, function, *args, context=self._context)
