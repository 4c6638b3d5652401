"""What was said of notices that are not met yet, while a node reads its journal newest first.

A peer decides how much it says, so memory has bounds: of one notice the newest words are kept and,
besides them, the revision that counts; of all notices together as many octets as may stand. What is
let go is not forgotten: whoever takes the rest is told so, and until when it may have to do with
anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from hotline.airspace.periods import ALWAYS_US
from hotline.journal.steps import Said
from hotline.model.lifecycle import Step
from hotline.model.messages import (
    Activation,
    Contingency,
    End,
    Nonconformance,
    Notice,
    Revision,
    Withdrawal,
    encode_payload,
)
from hotline.node.airspace.holding import MAX_OCTETS
from hotline.node.airspace.sieve import coarse

MAX_WAITING: Final = 100_000
"""Notices of which something was said later and that are not met yet."""
MAX_SAID: Final = 1_000
"""Messages about one of them that are kept until it is met, the newest."""

_RUN = Activation | Nonconformance | Contingency


@dataclass(slots=True)
class Lost:
    """What was let go of one notice, or of many.

    ``id`` is the message that was let go first, ``until_us`` when the last volume of all ends,
    ``ran`` whether something was said to fly.
    """

    id: bytes
    until_us: int = -ALWAYS_US
    ran: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A message as its bytes, which take less memory than what they say."""

    said: Said
    form: type[Step]
    payload: bytes
    number: int

    def unpack(self) -> Said:
        """Return the message."""
        message = msgspec.msgpack.decode(self.payload, type=self.form)
        said = self.said
        return Said(said.index, said.own, said.stream, said.id, said.time_us, message)


@dataclass(slots=True)
class _About:
    """What was said of one notice, newest first, and the revision before these that counts."""

    packed: list[Packed] = field(default_factory=list)
    counts: Packed | None = None
    lost: Lost | None = None


class Waiting:
    """What waits for its notices, of both sides of one line."""

    def __init__(self) -> None:
        self._about: dict[tuple[bool, str], _About] = {}
        self._octets = 0
        # What was let go of notices beyond those that can be told apart, by side.
        self.lost: dict[bool, Lost] = {}

    def __len__(self) -> int:
        return len(self._about)

    def keep(self, said: Said, *, newer: bool = False) -> None:
        """Keep a message that is older than all that are kept, or ``newer`` than these."""
        key = said.own, said.message.reference
        about = self._about.get(key)
        if about is None:
            if len(self._about) >= MAX_WAITING:
                self.lose(said)
                return
            about = self._about[key] = _About()
        packed = _pack(said)
        if self._octets + len(packed.payload) > MAX_OCTETS:
            about.lost = _add(about.lost, said)
            return
        self._octets += len(packed.payload)
        if newer:
            about.packed.insert(0, packed)
            if len(about.packed) > MAX_SAID:
                self._let_go(about, about.packed.pop(), newer=True)
        elif len(about.packed) < MAX_SAID:
            about.packed.append(packed)
        else:
            self._let_go(about, packed, newer=False)

    def take(self, own: bool, reference: str) -> tuple[list[Packed], Lost | None]:
        """Take what was said of a notice, newest first, and what was let go of it."""
        about = self._about.pop((own, reference), None)
        if about is None:
            return [], None
        packed = [*about.packed] if about.counts is None else [*about.packed, about.counts]
        self._octets -= sum(len(one.payload) for one in packed)
        return packed, about.lost

    def names(self) -> list[tuple[bool, str]]:
        """Return the notices that something waits for."""
        return [*self._about]

    def lose(self, said: Said) -> None:
        """Let a message go about a notice that is not told apart from others."""
        lost = _add(self.lost.get(said.own), said)
        if lost is not None:
            self.lost[said.own] = lost

    def _let_go(self, about: _About, packed: Packed, *, newer: bool) -> None:
        """Let one message go that comes before those kept, but not the revision that counts.

        That is the first of those with the highest number.
        """
        gone: Packed | None = packed
        if packed.number:
            counts = about.counts
            if counts is None or packed.number + (not newer) > counts.number:
                about.counts, gone = packed, counts
        if gone is not None:
            self._octets -= len(gone.payload)
            about.lost = _add(about.lost, gone.unpack())


def _pack(said: Said) -> Packed:
    message = said.message
    number = max(message.number, 0) if isinstance(message, Revision) else 0
    # Without what it says, which is in its bytes.
    bare = Said(said.index, said.own, said.stream, said.id, said.time_us, Withdrawal())
    return Packed(bare, type(message), encode_payload(message), number)


def _add(lost: Lost | None, said: Said) -> Lost | None:
    """Note that a message is let go; that nothing flies any more is nothing that can be lost."""
    message = said.message
    if isinstance(message, Withdrawal | End):
        return lost
    lost = lost or Lost(said.id)
    if isinstance(message, _RUN):
        lost.ran = True
    if isinstance(message, Notice | Revision) or (
        isinstance(message, Nonconformance | Contingency) and message.volumes
    ):
        lost.until_us = max(lost.until_us, coarse(message.volumes).end_us)
    return lost
