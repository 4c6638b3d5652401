"""Clocks and rates: the peer's clock against ours, and how much the peer may send."""

from __future__ import annotations

from collections import deque

from hotline.line.events import ClockMeasured
from hotline.line.terms import Instant, RateLimit
from hotline.wire.frames import Heartbeat

_REMEMBERED = 8
"""Own heartbeats that an echo may still refer to."""


class PeerClock:
    """Measures offset and round trip from heartbeats, the way NTP does.

    Lengths of time are taken from the monotonic clock, so that a wall clock that jumps between
    two heartbeats changes the offset, as it should, and not the round trip.
    """

    __slots__ = ("_heard", "_sent")

    def __init__(self) -> None:
        # (wall, monotonic) of our last heartbeats.
        self._sent: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED)
        # (the peer's wall, our monotonic) of its last heartbeat, once one has come.
        self._heard: tuple[int, float] | None = None

    def heartbeat(self, now: Instant) -> Heartbeat:
        """Make the heartbeat to send now."""
        self._sent.append((now.wall_us, now.mono))
        if self._heard is None:
            return Heartbeat(now.wall_us, 0, 0)
        echo_us, heard = self._heard
        return Heartbeat(now.wall_us, echo_us, round((now.mono - heard) * 1e6))

    def hear(self, frame: Heartbeat, now: Instant) -> ClockMeasured | None:
        """Take the peer's heartbeat; None if its echo tells nothing."""
        self._heard = (frame.sent_us, now.mono)
        for wall_us, mono in self._sent:
            if wall_us == frame.echo_us:
                # An echo counts once, or one heartbeat of ours could be measured at will.
                self._sent.remove((wall_us, mono))
                round_trip_us = round((now.mono - mono) * 1e6) - frame.held_us
                if round_trip_us < 0:
                    return None  # the peer cannot have held it longer than it was away
                offset_us = frame.sent_us + round_trip_us // 2 - now.wall_us
                return ClockMeasured(offset_us, round_trip_us)
        return None


class RateMeter:
    """Two token buckets, frames and bytes, refilled by the monotonic clock."""

    __slots__ = ("_at", "_bytes", "_frames", "_limit")

    def __init__(self, limit: RateLimit, now: Instant) -> None:
        self._limit = limit
        self._at = now.mono
        self._frames = limit.frames_per_s * limit.burst_s
        self._bytes = limit.bytes_per_s * limit.burst_s

    def allows(self, size: int, now: Instant) -> bool:
        """Take one frame of that many bytes out of the buckets; False when they are empty."""
        limit = self._limit
        passed = max(0.0, now.mono - self._at)
        self._at = now.mono
        self._frames += passed * limit.frames_per_s
        self._frames = min(self._frames, limit.frames_per_s * limit.burst_s) - 1
        self._bytes += passed * limit.bytes_per_s
        self._bytes = min(self._bytes, limit.bytes_per_s * limit.burst_s) - size
        return self._frames >= 0 and self._bytes >= 0
