"""One notice as it stands: its latest content, where in its life it is, and where and when it is.

What is said of it changes it here, and nowhere else; whether it may be said is for the table of the
life cycle (`hotline.model.lifecycle`), which `hotline.node.airspace.current` asks.
"""

from __future__ import annotations

from typing import Final

import msgspec

from hotline.airspace.activity import Key, Planned, plan
from hotline.airspace.periods import bounded
from hotline.airspace.stumbling import Stumble, unheard
from hotline.airspace.warning import start_of
from hotline.model.kinds import Precedence
from hotline.model.lifecycle import RUNNING, Life, State, Step
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
from hotline.model.times import time_or_none
from hotline.model.volume import Volume4D
from hotline.node.airspace.sieve import METRES_A_DEGREE, Coarse, coarse, widened

ADRIFT_M: Final = 100_000.0
"""How far from its volumes one may be that is outside of them, while nobody says where."""
PIECE_M: Final = 10_000.0
"""How long the pieces are into which edges are cut to be compared."""
MOST_OF_EDGE: Final = 600
"""So many pieces has the longest edge that can be placed, 6 000 km."""

_DECODERS: dict[type[Notice] | type[Revision], msgspec.msgpack.Decoder[Notice | Revision]] = {
    Notice: msgspec.msgpack.Decoder(Notice),
    Revision: msgspec.msgpack.Decoder(Revision),
}
_VOLUMES = msgspec.msgpack.Decoder(tuple[Volume4D, ...])
_OUTSIDE = frozenset({State.NONCONFORMING, State.CONTINGENT})
_UNKNOWN = Life(State.PLANNED)
"""The life of what stands beside: it ends with its times."""


class Awaited(msgspec.Struct, frozen=True, gc=False):
    """A message of which the time, ``at_us``, has not come: until then nothing is given free."""

    at_us: int
    message: Activation | End
    id: bytes
    precedence: Precedence


class Standing(msgspec.Struct, eq=False, gc=False):
    """One notice as it stands: its latest content, and where in its life it is.

    ``id`` is the message that has the content, ``payload`` its bytes, decoded only where it is
    compared or shown. ``starts_us`` and ``ends_us`` are the first start and the last end of all
    volumes, None where one of them is open or cannot be read; ``where`` says coarsely where and
    when. ``outside`` has `off_nominal` as bytes, ``begun_us`` is since when it flies,
    which may be before its start, ``prolonged_us`` until when it is taken to go on, though it
    should have ended. ``beside`` is whether it stands beside the table. ``awaited`` is a message
    whose time is to come, ``due_us`` its moment in the timetable. ``corners`` is how many there
    are.
    """

    key: Key
    life: Life
    precedence: Precedence
    id: bytes
    form: type[Notice] | type[Revision]
    payload: bytes
    entered_us: int
    starts_us: int | None
    ends_us: int | None
    where: Coarse
    outside: bytes = b""
    beside: bool = False
    begun_us: int | None = None
    prolonged_us: int | None = None
    awaited: Awaited | None = None
    due_us: int | None = None
    corners: int = 0

    @property
    def running(self) -> bool:
        """Whether something flies, whatever the clock says."""
        return self.life.state in RUNNING

    @property
    def off_nominal(self) -> tuple[Volume4D, ...]:
        """The volumes that it is in outside of those announced."""
        return _VOLUMES.decode(self.outside) if self.outside else ()

    @property
    def pieces(self) -> float:
        """About how many pieces its outlines are cut into to be compared; not too few."""
        where = self.where
        span = max(where.north - where.south, where.east - where.west)
        return self.corners * min(MOST_OF_EDGE, 1 + span * METRES_A_DEGREE / PIECE_M)

    @property
    def octets(self) -> int:
        """How many octets what is said of it takes."""
        return len(self.payload) + len(self.outside)

    @property
    def adrift(self) -> bool:
        """Whether it is outside of its volumes, and nobody has said where."""
        return self.life.state in _OUTSIDE and not self.outside

    @property
    def reference(self) -> str:
        """The reference as it was given; what stands beside has another one in its key."""
        return self.content.reference if self.beside else self.key.reference

    @property
    def content(self) -> Notice | Revision:
        """The notice, or its latest revision."""
        return _DECODERS[self.form].decode(self.payload)

    def planned(self, stumble: Stumble = unheard) -> Planned:
        """Return what is compared; ``stumble`` is told of what cannot be, by a fault of ours."""
        content = self.content
        found = plan(
            self.key.centre, content, self.precedence, beside=self.off_nominal, stumble=stumble
        )
        found = found.named(self.key.reference)
        if self.begun_us is not None:
            found = found.begun(self.begun_us, len(content.volumes))
        if self.prolonged_us is not None:
            found = found.prolonged(self.prolonged_us)
        return found.adrift(ADRIFT_M) if self.adrift else found

    def become(self, amended: Standing) -> None:
        """Take over all of what was a copy of this notice."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(amended, name))

    def amend(
        self,
        message: Step,
        id_: bytes,
        precedence: Precedence,
        now_us: int,
        payload: bytes | None,
    ) -> bool:
        """Take what is said of it; return whether its volumes, or their times, are new."""
        match message:
            case Revision():
                self.id, self.form = id_, Revision
                self.payload = payload or encode_payload(message)
                self.precedence, self.entered_us = precedence, now_us
                self._bound()
                self.prolonged_us = None
                return True
            case Nonconformance() | Contingency():
                new = self._begin(moment_of(message.at, now_us))
                # Without volumes it says nothing of where it is: the last that was said stands.
                outside = octets_outside(message)
                if outside and outside != self.outside:
                    self.outside = outside
                    new = True
                self._bound()
                return new
            case Activation():
                new = self._begin(moment_of(message.at, now_us)) or bool(self.outside)
                self.outside = b""
                self._bound()
                return new
            case Notice() | Withdrawal() | End():
                return False

    def _begin(self, at_us: int) -> bool:
        """Note since when it flies; return whether that changes when its volumes are taken."""
        if self.begun_us is not None and self.begun_us <= at_us:
            return False
        self.begun_us = at_us
        return self.starts_us is None or at_us < self.starts_us

    def _bound(self) -> None:
        volumes = (*self.content.volumes, *self.off_nominal)
        self.starts_us, self.ends_us, where = bounds_of(volumes)
        self.corners = corners_of(volumes)
        if self.begun_us is not None and self.begun_us < where.start_us:
            where = msgspec.structs.replace(where, start_us=self.begun_us)
        if self.adrift:
            box = widened((where.south, where.north, where.west, where.east), ADRIFT_M)
            where = Coarse(where.start_us, where.end_us, *box)
        self.where = where


def standing_of(
    key: Key,
    message: Notice | Revision,
    payload: bytes | None,
    id_: bytes,
    precedence: Precedence,
    now_us: int,
) -> Standing:
    """Return what a message announces, as nothing else was said of it.

    ``payload`` is the message as `encode_payload` writes it, where that is at hand.
    """
    starts_us, ends_us, where = bounds_of(message.volumes)
    return Standing(
        key=key,
        life=_UNKNOWN,
        precedence=precedence,
        id=id_,
        form=type(message),
        payload=payload or encode_payload(message),
        entered_us=now_us,
        starts_us=starts_us,
        ends_us=ends_us,
        where=where,
        corners=corners_of(message.volumes),
    )


def moment_of(text: str, now_us: int) -> int:
    """Return the moment that a message names; that of its arrival where it cannot be read."""
    at_us = time_or_none(text)
    return now_us if at_us is None else at_us


def bounds_of(volumes: tuple[Volume4D, ...]) -> tuple[int | None, int | None, Coarse]:
    """Return the first start and the last end of volumes, None where one is not known; and where.

    A volume of which a time cannot be understood is in use through all times, and never ends.
    """
    where = coarse(volumes)
    return start_of(volumes), bounded(where.end_us), where


def corners_of(volumes: tuple[Volume4D, ...]) -> int:
    """Return how many corners the outlines of volumes have."""
    return sum(len(volume.points) for volume in volumes)


def octets_outside(message: Nonconformance | Contingency) -> bytes:
    """Return the volumes that something is in outside of those announced, as they are held."""
    return msgspec.msgpack.encode(message.volumes) if message.volumes else b""
