"""One way of one connection through the proxy: what is read here is written there, later.

TCP is a stream, so nothing in it can be lost or overtaken: what a bad network does to its packets
shows as time. A lost packet is therefore one that comes later, by the wait before it is sent again,
and everything behind it waits too.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from contextlib import suppress

from hotline.exercise.faults.conditions import Conditions

SEGMENT = 1448
"""Bytes of a packet on an Ethernet; loss and jitter befall these."""
RETRANSMISSION_S = 0.2
"""TCP's shortest wait before it sends again (Linux); doubled for each further loss (RFC 6298)."""
MAX_LOSSES = 8
ROOM = 64 * 1024
"""Bytes that one way of a connection holds; then whoever sends has to wait."""
MAX_ROOM = 4 * 1024 * 1024
"""Bytes at the most, on a line so long that much is on its way."""
SLICE_S = 0.02
"""A limited line takes as much at once as it carries in this time."""

RESET = None
"""Stands in a lane for a connection that was broken off."""


class Channel:
    """What all connections have in common on one way: its conditions and its bandwidth."""

    def __init__(self) -> None:
        self.conditions = Conditions()
        self.passed = 0
        """Bytes that have come out."""
        self.waiting = 0
        """Bytes that have gone in and not come out."""
        self.to_spoil = 0
        """Packets of which a bit is still to be changed."""
        self._changed = asyncio.Event()
        self._free_at = 0.0

    def become(self, conditions: Conditions) -> None:
        """Change the conditions; what waits feels it at once."""
        self.conditions = conditions
        self._free_at = 0.0
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def room(self) -> int:
        """How many bytes one connection may have waiting here."""
        conditions = self.conditions
        if not (conditions.delay_s or conditions.jitter_s or conditions.loss_percent):
            return ROOM
        if conditions.bits_per_s is None:
            return MAX_ROOM
        on_its_way = conditions.bits_per_s / 8 * (conditions.delay_s + conditions.jitter_s + 1)
        return min(MAX_ROOM, ROOM + int(on_its_way))

    async def open_from(self, due: float) -> None:
        """Return at ``due`` (the loop's time) or later: not before anything may pass."""
        loop = asyncio.get_running_loop()
        while True:
            changed = self._changed
            left = due - loop.time()
            if not self.conditions.held and left <= 0:
                return
            # Nowhere `wait_for`: that swallows a cancellation which comes with the result.
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self.conditions.held else left):
                    await changed.wait()

    def slice(self) -> int:
        """Return how many bytes may be taken at once."""
        rate = self.conditions.bits_per_s
        return ROOM if rate is None else max(64, min(ROOM, int(rate / 8 * SLICE_S)))

    async def carry(self, count: int) -> None:
        """Return once the line has carried ``count`` bytes, at the rate that it has."""
        loop = asyncio.get_running_loop()
        reserved = False
        while True:
            rate, changed = self.conditions.bits_per_s, self._changed
            if self.conditions.held:
                await changed.wait()
            elif rate is None:
                return
            else:
                if not reserved:
                    self._free_at = max(self._free_at, loop.time() - SLICE_S) + count * 8 / rate
                    until = self._free_at
                left = until - loop.time()
                if left <= 0:
                    return
                try:
                    async with asyncio.timeout(left):
                        await changed.wait()
                except TimeoutError:
                    return
            # Whoever is here has been told of other conditions, and begins anew.
            reserved = False


class Lane:
    """One way of one connection. ``seed`` decides what is lost, and how long things take.

    ``early`` is what was read before the connection was let through.
    """

    def __init__(
        self,
        channel: Channel,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        seed: str,
        early: bytes = b"",
    ) -> None:
        self._channel = channel
        self._reader = reader
        self._writer = writer
        # Dice for an exercise, not for a secret; the same seed throws the same.
        self._dice = random.Random(seed)  # noqa: S311
        self._queue: deque[tuple[float, bytes | None]] = deque()
        self._held = 0
        self._moved = asyncio.Event()
        self._last_due = 0.0
        self._early = early

    async def run(self) -> bool:
        """Carry everything over until the end; return whether that was an orderly one."""
        taking = asyncio.create_task(self._take())
        try:
            return await self._give()
        except OSError:
            # The far end is gone; the near one learns of it by the other way.
            return True
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            self._channel.waiting -= self._held

    async def _take(self) -> None:
        """Read as long as there is room, and decide when each piece is to come out."""
        if self._early:
            self._put_all(self._early)
        while True:
            while self._held >= self._channel.room:
                await self._wait()
            try:
                data: bytes | None = await self._reader.read(ROOM)
            except OSError:
                data = RESET
            if not data:
                self._put(data)
                return
            self._put_all(data)

    def _put_all(self, data: bytes) -> None:
        conditions = self._channel.conditions
        split = conditions.loss_percent or conditions.jitter_s or self._channel.to_spoil
        size = SEGMENT if split else len(data)
        for start in range(0, len(data), size):
            self._put(data[start : start + size])

    def _put(self, data: bytes | None) -> None:
        now = asyncio.get_running_loop().time()
        # A stream keeps its order: nothing comes out before what went in before it.
        self._last_due = max(self._last_due, now + self._extra_s())
        if data and self._channel.to_spoil:
            self._channel.to_spoil -= 1
            data = _spoilt(data, self._dice)
        self._queue.append((self._last_due, data))
        self._held += len(data or b"")
        self._channel.waiting += len(data or b"")
        self._moved.set()

    def _extra_s(self) -> float:
        """Return how much later than at once something comes out."""
        conditions = self._channel.conditions
        late = conditions.delay_s
        if conditions.jitter_s:
            late += conditions.jitter_s * self._dice.random()
        if conditions.loss_percent:
            losses = 0
            while losses < MAX_LOSSES and self._dice.random() * 100 < conditions.loss_percent:
                late += RETRANSMISSION_S * 2**losses
                losses += 1
        return late

    async def _give(self) -> bool:
        while True:
            while not self._queue:
                await self._wait()
            due, data = self._queue[0]
            await self._channel.open_from(due)
            if data is RESET:
                return False
            if not data:
                self._writer.write_eof()
                return True
            size = self._channel.slice()
            piece, rest = data[:size], data[size:]
            await self._channel.carry(len(piece))
            self._queue.popleft()
            if rest:
                self._queue.appendleft((due, rest))
            self._writer.write(piece)
            self._held -= len(piece)
            self._channel.waiting -= len(piece)
            self._channel.passed += len(piece)
            self._moved.set()
            # Until the far end has taken it: its slowness is felt at the near one.
            await self._writer.drain()

    async def _wait(self) -> None:
        self._moved.clear()
        await self._moved.wait()


def _spoilt(data: bytes, dice: random.Random) -> bytes:
    """Return the bytes with one bit changed."""
    changed = bytearray(data)
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)
