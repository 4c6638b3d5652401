"""Frames that are spoilt on purpose on their way out, after everything that this node checks.

A spoilt frame is one that the peer must find out by itself. A bit of an ENVELOPE is flipped in its
last message, which the signature covers; of any other frame in its first byte, which says what it
is: so there is no frame whose fault could pass for something else that was meant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hotline.errors import HotlineError
from hotline.journal.queries import groups_from
from hotline.wire.frames import EnvelopeFrame, decode_frame, encode_frame

if TYPE_CHECKING:
    from hotline.node.line import Line

CORRUPT = "corrupted-frame"
REPLAY = "replayed-envelope"


class Spoiling:
    """How many frames of which line are still to be spoilt.

    ``spent`` is told the kind and the peer when the last one was. Every frame passes by here, so
    where nothing is to be spoilt that is one look into an empty dictionary.
    """

    def __init__(self, spent: Callable[[str, str], None]) -> None:
        self._left: dict[tuple[str, str], int] = {}
        self._spent = spent

    def left(self, kind: str, peer: str) -> int:
        """Return how many frames are still to be spoilt."""
        return self._left.get((kind, peer), 0)

    def set(self, kind: str, peer: str, times: int) -> None:
        """Spoil so many of the next frames; 0 ends it."""
        if times:
            self._left[kind, peer] = times
        else:
            self._left.pop((kind, peer), None)

    def on_the_way(self, peer: str, frame: bytes) -> bytes:
        """Return a frame as it shall leave: as it is, or with one bit flipped."""
        if not self._left or not self._take(CORRUPT, peer):
            return frame
        return flipped(frame)

    async def replayed(self, line: Line) -> list[bytes]:
        """Return the newest envelope that was receipted as a frame, where it is to be sent again.

        While there is none, or the line is not up, it is still to come.
        """
        if not self._left or not self.left(REPLAY, line.peer) or not line.up:
            return []
        stream, seq = next(
            ((stream, seq) for stream, seq in enumerate(line.receipted) if seq), (0, 0)
        )
        if not seq:
            return []
        found = await line.centre.reader.run(
            partial(
                groups_from,
                log=line.log,
                stream=stream,
                first_seq=seq,
                max_messages=1,
                max_bytes=1,
            )
        )
        if not found or not self._take(REPLAY, line.peer):
            return []
        group = found[0]
        return [encode_frame(EnvelopeFrame(group.stream, group.first_seq, group.envelope))]

    def _take(self, kind: str, peer: str) -> bool:
        left = self._left.get((kind, peer), 0)
        if not left:
            return False
        self.set(kind, peer, left - 1)
        if left == 1:
            self._spent(kind, peer)
        return True


def flipped(frame: bytes) -> bytes:
    """Return a frame with one bit flipped where the peer is bound to notice it."""
    spoilt = bytearray(frame)
    if _is_envelope(frame):
        spoilt[-1] ^= 0x01
    else:
        spoilt[0] ^= 0x40
    return bytes(spoilt)


def _is_envelope(frame: bytes) -> bool:
    try:
        return isinstance(decode_frame(frame), EnvelopeFrame)
    except HotlineError:
        return False
