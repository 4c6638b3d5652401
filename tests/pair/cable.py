"""A cable of packets between two network namespaces, bad in every way that a network is.

Each end is a TUN device: the kernel's own TCP hands its IP packets to this thread, which loses,
delays, doubles, reorders and corrupts them as ``Weather`` says and hands the rest to the other
end. It does what netem does, in kernels without it too, from a seed and by direction; and it can
do what netem cannot: corrupt so that TCP's checksum still fits, which only TLS then notices.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

_SET_INTERFACE = 0x400454CA
"""TUNSETIFF of Linux's if_tun.h, here with IFF_TUN | IFF_NO_PI: IP packets, nothing before them."""
_TUN_WITHOUT_HEADER = 0x1001
_MTU = 1500
_QUEUE = 4096
"""Packets that a direction holds at once; a real line's buffer has an end as well."""
_TCP = 6


@dataclass(frozen=True, slots=True)
class Weather:
    """What one direction of the cable does to its packets; each share is from 0 to 1.

    ``delay_s`` holds for every packet but those that ``hasten`` chooses, which pass the others by;
    ``jitter_s`` is added or taken away evenly. ``corrupt`` turns a bit, which a checksum shows;
    ``forge`` swaps two words of a TCP payload, which no checksum of TCP shows. ``rate`` is in
    bytes a second, 0 for any.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    duplicate: float = 0.0
    hasten: float = 0.0
    corrupt: float = 0.0
    forge: float = 0.0
    rate: float = 0.0


FAIR = Weather()
CUT = Weather(loss=1.0)


def open_tun(name: str) -> int:
    """Make a TUN device in this process's namespace; return its descriptor. It ends with it."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        request = struct.pack("16sH22x", name.encode(), _TUN_WITHOUT_HEADER)
        fcntl.ioctl(descriptor, _SET_INTERFACE, request)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


class Cable:
    """Carries packets between two TUN devices until it is closed; ``weather`` may change."""

    def __init__(self, left: int, right: int, seed: int = 0) -> None:
        self._ends = (left, right)
        self._chance = random.Random(seed)
        self._weather = [FAIR, FAIR]
        # Packets under way: when they are due, in which order they came, and whither.
        self._due: list[tuple[float, int, int, bytes]] = []
        self._number = count()
        # By direction: when its last bit of what was sent so far is through, where it has a rate.
        self._busy_until = [0.0, 0.0]
        self._held = [0, 0]
        self.carried = [0, 0]
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._run, name="cable", daemon=True)
        self._thread.start()

    def blow(self, from_left: Weather, from_right: Weather) -> None:
        """Set the weather of both directions from now on."""
        self._weather = [from_left, from_right]

    def close(self) -> None:
        """End the thread and both devices."""
        os.write(self._woken, b"\0")
        self._thread.join()
        for descriptor in (*self._ends, self._wake, self._woken):
            os.close(descriptor)

    def _run(self) -> None:
        while True:
            now = time.monotonic()
            self._deliver(now)
            timeout = max(0.0, self._due[0][0] - now) if self._due else None
            ready, _, _ = select.select([*self._ends, self._wake], [], [], timeout)
            if self._wake in ready:
                return
            for side, descriptor in enumerate(self._ends):
                if descriptor in ready:
                    self._take(side, descriptor)

    def _take(self, side: int, descriptor: int) -> None:
        with suppress(BlockingIOError):
            for _ in range(64):  # then what is due has its turn
                self._bear(side, os.read(descriptor, _MTU + 100))

    def _bear(self, side: int, packet: bytes) -> None:
        """Do to one packet what the weather does."""
        weather, chance = self._weather[side], self._chance.random
        if chance() < weather.loss:
            return
        for _ in range(1 + (chance() < weather.duplicate)):
            if self._held[side] >= _QUEUE:
                return
            delay = 0.0
            if weather.delay_s and not chance() < weather.hasten:
                delay = weather.delay_s + weather.jitter_s * (2 * chance() - 1)
            now = time.monotonic()
            if weather.rate:
                begins = max(now, self._busy_until[side])
                self._busy_until[side] = begins + len(packet) / weather.rate
                delay += self._busy_until[side] - now
            carried = packet
            if chance() < weather.corrupt:
                carried = turn_a_bit(packet, self._chance)
            if chance() < weather.forge:
                carried = swap_two_words(packet, self._chance)
            self._held[side] += 1
            heapq.heappush(self._due, (now + delay, next(self._number), side, carried))

    def _deliver(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            _, _, side, packet = heapq.heappop(self._due)
            self._held[side] -= 1
            self.carried[side] += 1
            # A device that takes no more, or no such packet, loses it, as networks do.
            with suppress(OSError):
                os.write(self._ends[1 - side], packet)


def turn_a_bit(packet: bytes, chance: random.Random) -> bytes:
    """Return the packet with one bit turned."""
    bit = chance.randrange(len(packet) * 8)
    changed = bytearray(packet)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def swap_two_words(packet: bytes, chance: random.Random) -> bytes:
    """Return a TCP packet (IPv4) with two 16-bit words of its payload swapped, if it has two.

    TCP's checksum is a sum of words (RFC 9293, 3.1), so it fits as before.
    """
    header = (packet[0] & 0x0F) * 4
    if packet[0] >> 4 != 4 or packet[9] != _TCP or len(packet) < header + 20:
        return packet
    begin = header + (packet[header + 12] >> 4) * 4
    words = (len(packet) - begin) // 2
    if words < 2:
        return packet
    first, second = (begin + 2 * place for place in chance.sample(range(words), 2))
    changed = bytearray(packet)
    changed[first : first + 2] = packet[second : second + 2]
    changed[second : second + 2] = packet[first : first + 2]
    return bytes(changed)
