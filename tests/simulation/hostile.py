"""Who sits on a connection and does not play by the rules, with and without a centre's keys."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import msgspec

from hotline.errors import HotlineError
from hotline.trust.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from hotline.trust.keys import PublicKey
from hotline.wire import frames as fr
from hotline.wire.body import decode_body, encode_body
from hotline.wire.codec import pack
from hotline.wire.envelope import decode_envelope, encode_envelope, group_input

if TYPE_CHECKING:
    from tests.simulation.history import History
    from tests.simulation.network import SimulatedSocket

REMEMBERED = 200
NOTE_NONE = b""


class Broken:
    """A program in the way that has no keys: it alters, replays, renumbers, and lies.

    After it is gone everything must be delivered, since nothing that it did was authentic.
    """

    def __init__(self, history: History, chance: random.Random) -> None:
        self._history = history
        self._chance = chance
        self._heard: dict[str, list[bytes]] = {"iaf": [], "hmeimim": []}
        self._held: bytes | None = None
        self._rate = chance.choice((0.02, 0.1, 0.4))

    def __call__(self, socket: SimulatedSocket, data: bytes) -> list[bytes]:
        """Return what travels on instead of one frame."""
        chance, heard = self._chance, self._heard[socket.owner]
        heard.append(data)
        del heard[:-REMEMBERED]
        if chance.random() >= self._rate:
            return [data]
        kind = chance.choice((self._alter, self._replay, self._renumber, self._lie))
        frames: list[bytes] = kind(data, heard)
        self._history.faults[f"peer: {kind.__name__.strip('_')}"] += 1
        return frames

    def _alter(self, data: bytes, _heard: list[bytes]) -> list[bytes]:
        changed = bytearray(data)
        changed[self._chance.randrange(len(changed))] ^= 1 << self._chance.randrange(8)
        return [bytes(changed)]

    def _replay(self, data: bytes, heard: list[bytes]) -> list[bytes]:
        return [self._chance.choice(heard), data]

    def _renumber(self, data: bytes, _heard: list[bytes]) -> list[bytes]:
        frame = _decoded(data)
        if not isinstance(frame, fr.EnvelopeFrame):
            return [data]
        change: dict[str, Any] = self._chance.choice(
            (
                {"first_seq": frame.first_seq + 1},
                {"first_seq": max(1, frame.first_seq - 1)},
                {"stream": (frame.stream + 1) % 4},
            )
        )
        return [fr.encode_frame(msgspec.structs.replace(frame, **change))]

    def _lie(self, data: bytes, _heard: list[bytes]) -> list[bytes]:
        frame = _decoded(data)
        if not isinstance(frame, fr.Hello):
            return [data]
        first, *rest = frame.next_expected
        change: dict[str, Any] = self._chance.choice(
            (
                {"next_expected": (first + 7, *rest)},
                {"next_expected": (max(1, first - 1), *rest)},
                {"mirror_size": frame.mirror_size + 50},
                {"mirror_size": frame.mirror_size // 2},
                {"mirror_checkpoint": NOTE_NONE},
                {"checkpoint": NOTE_NONE},
                {"letter_hash": bytes(32)},
                {"sent_us": 1},
            )
        )
        return [fr.encode_frame(msgspec.structs.replace(frame, **change))]


class Liar:
    """A node's own operator, with its keys: two things under one number, and two logs."""

    def __init__(self, history: History, chance: random.Random, liar: str) -> None:
        self._history = history
        self._chance = chance
        self._liar = liar
        self._keys = history.ground.keyrings[liar]
        self._broken = Broken(history, random.Random(chance.random()))

    def __call__(self, socket: SimulatedSocket, data: bytes) -> list[bytes]:
        """Return what travels on instead of one frame."""
        if socket.owner != self._liar:
            return [data]
        frame = _decoded(data)
        chance = self._chance
        if isinstance(frame, fr.EnvelopeFrame) and chance.random() < 0.4:
            other = self._other(frame)
            self._history.faults["peer: equivocates"] += 1
            return chance.choice(([other, data], [data, other], [other]))
        if isinstance(frame, fr.Hello | fr.Receipt) and frame.checkpoint and chance.random() < 0.5:
            self._history.faults["peer: forks its log"] += 1
            forked = msgspec.structs.replace(frame, checkpoint=self._forked(frame.checkpoint))
            return [fr.encode_frame(forked)]
        return self._broken(socket, data)

    def _other(self, frame: fr.EnvelopeFrame) -> bytes:
        bodies = [decode_body(body) for body in decode_envelope(frame.envelope).bodies[:1]]
        changed = [
            encode_body(
                msgspec.structs.replace(
                    body, payload=pack({"text": "something else", "operator": "nobody"})
                )
            )
            for body in bodies
        ]
        signature = self._keys.signing.sign(group_input(changed))
        envelope = encode_envelope([signature], changed)
        return fr.encode_frame(fr.EnvelopeFrame(frame.stream, frame.first_seq, envelope))

    def _forked(self, note: bytes) -> bytes:
        log = self._keys.log
        origin = note.decode().partition("\n")[0]
        checkpoint = open_checkpoint(note, origin, PublicKey(log.public))
        forked = Checkpoint(origin, checkpoint.size, self._chance.randbytes(32))
        return sign_checkpoint(forked, log)


def _decoded(data: bytes) -> fr.Frame | None:
    try:
        return fr.decode_frame(data)
    except HotlineError:
        return None
