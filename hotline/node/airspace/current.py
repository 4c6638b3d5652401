"""The notices that stand on one line, by what was said of them; no journal, no clock, no line.

A notice that stands is one in force (`lifecycle.IN_FORCE`). What was over is remembered for a
while, since a late word about it still counts. What does not follow the table of the life cycle
changes no notice, but flies all the same: it stands beside under a name of its own until its times
have passed, so that nothing that was announced is left uncompared.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hotline.airspace.activity import Key, Planned, is_name_beside, name_beside, plan
from hotline.airspace.periods import bounded
from hotline.airspace.warning import start_of
from hotline.model.kinds import Kind, Precedence
from hotline.model.lifecycle import (
    IN_FORCE,
    ORIGINATOR_ONLY,
    RUNNING,
    Actor,
    Advanced,
    Life,
    State,
    Step,
    advance,
    aged,
)
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
from hotline.model.problem import Problem
from hotline.model.times import time_or_none
from hotline.model.volume import Volume4D
from hotline.node.airspace.sieve import Coarse, coarse, widened

MAX_STANDING = 100_000
"""Notices of one side of a line that are held; about 1 kB each."""
MAX_OCTETS = 128 * 1024 * 1024
"""Octets of what they say, all of one side together."""
MAX_OVER = 10_000
"""Notices of one side of a line that are remembered when they are over."""
MAX_OVER_OCTETS = 16 * 1024 * 1024
ADRIFT_M = 100_000.0
"""How far from its volumes one may be that is outside of them, while nobody says where."""
AHEAD_US = 5_000_000
"""How far clocks may differ unless the letter says otherwise: what is later is in the future."""

_DECODERS: dict[type[Notice] | type[Revision], msgspec.msgpack.Decoder[Notice | Revision]] = {
    Notice: msgspec.msgpack.Decoder(Notice),
    Revision: msgspec.msgpack.Decoder(Revision),
}
_VOLUMES = msgspec.msgpack.Decoder(tuple[Volume4D, ...])
_OUTSIDE = frozenset({State.NONCONFORMING, State.CONTINGENT})
_UNKNOWN = Life(State.PLANNED)
"""The life of what stands beside: it ends with its times."""
_BORN = advance(None, Notice(), Actor.ORIGINATOR)
"""What the table says of every notice that is new, whatever it holds."""


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
    whose time is to come, ``due_us`` its moment in the timetable.
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

    @property
    def running(self) -> bool:
        """Whether something flies, whatever the clock says."""
        return self.life.state in RUNNING

    @property
    def off_nominal(self) -> tuple[Volume4D, ...]:
        """The volumes that it is in outside of those announced."""
        return _VOLUMES.decode(self.outside) if self.outside else ()

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

    def planned(self) -> Planned:
        """Return what is compared."""
        content = self.content
        found = plan(self.key.centre, content, self.precedence, beside=self.off_nominal)
        found = found.named(self.key.reference)
        if self.begun_us is not None:
            found = found.begun(self.begun_us, len(content.volumes))
        if self.prolonged_us is not None:
            found = found.prolonged(self.prolonged_us)
        return found.adrift(ADRIFT_M) if self.adrift else found


class Stepped(msgspec.Struct, frozen=True, gc=False):
    """What a message did: ``standing`` is the notice it is about, None where it is about none.

    ``taken`` is whether the notice's content or volumes are new and to be compared, ``gone``
    whether it stands no more, ``full`` whether not all of it is held, since too much is.
    ``unplaced`` is whether something flies by it of which nothing says where, ``before`` where in
    its life it was.
    """

    problems: tuple[Problem, ...] = ()
    standing: Standing | None = None
    taken: bool = False
    gone: bool = False
    before: Life | None = None
    full: bool = False
    unplaced: bool = False


class Current:
    """All that stands on the line with ``peer``, ours and theirs.

    What is said of a moment more than ``ahead_us`` after it came is said of the future.
    """

    def __init__(self, own: str, peer: str, ahead_us: int = AHEAD_US) -> None:
        self._ahead_us = ahead_us
        self._peer_of = {own: peer, peer: own}
        self._standing: dict[str, dict[str, Standing]] = {own: {}, peer: {}}
        self._over: dict[str, dict[str, Standing]] = {own: {}, peer: {}}
        # Octets of the contents that stand, and of those that are over, by centre.
        self._octets = {own: 0, peer: 0}
        self._over_octets = {own: 0, peer: 0}
        # Whether the newest come first, so that the older ones are not worth remembering.
        self.newest_first = False

    def __len__(self) -> int:
        return sum(map(len, self._standing.values()))

    def __iter__(self) -> Iterator[Standing]:
        for held in self._standing.values():
            yield from held.values()

    def get(self, key: Key) -> Standing | None:
        """Return a notice that stands, or None."""
        return self._standing[key.centre].get(key.reference)

    def known(self, key: Key) -> Standing | None:
        """Return a notice that stands or stood, or None."""
        return self.get(key) or self._over[key.centre].get(key.reference)

    def of(self, centre: str) -> list[Standing]:
        """Return the notices of a centre that stand."""
        return [*self._standing[centre].values()]

    def count(self, centre: str) -> int:
        """Return how many notices of a centre stand."""
        return len(self._standing[centre])

    def full(self, centre: str) -> bool:
        """Whether no more notices of a centre are held."""
        return len(self._standing[centre]) >= MAX_STANDING or self._octets[centre] >= MAX_OCTETS

    def step(
        self,
        centre: str,
        message: Step,
        id_: bytes,
        precedence: Precedence,
        now_us: int,
        payload: bytes | None = None,
    ) -> Stepped:
        """Take what a centre says about a notice; flag what the life cycle does not know.

        ``payload`` is the message as `encode_payload` writes it, where that is at hand.
        """
        key = Key(centre, message.reference)
        if is_name_beside(message.reference):
            # It is taken for the name that it has the form of by nobody: it has one of its own.
            return self._new(key, None, message, id_, precedence, now_us, _BORN, payload)
        held = self.known(key)
        if held is None and isinstance(message, Notice):
            return self._new(key, None, message, id_, precedence, now_us, _BORN, payload)
        actor = Actor.ORIGINATOR
        if held is None:
            theirs = self.known(Key(self._peer_of[centre], message.reference))
            if theirs is not None:
                held, actor = theirs, Actor.PEER
        life = None if held is None or held.beside else aged(held.life, held.ends_us, now_us)
        advanced = advance(life, message, actor)
        defined = advanced.life is not None and advanced.life is not life
        if not defined or held is None:
            return self._new(key, held, message, id_, precedence, now_us, advanced)
        held.awaited = None
        if isinstance(message, Activation | End) and held.running:
            at_us = moment_of(message.at, now_us)
            if at_us > now_us + self._ahead_us:
                held.awaited = Awaited(at_us, message, id_, precedence)
                return Stepped(advanced.problems, held, before=life)
        full = not self._fits(held, message, payload)
        if full:
            if not isinstance(message, Nonconformance | Contingency):
                return Stepped(advanced.problems, full=True)
            message = msgspec.structs.replace(message, volumes=())
        self._take_out(held)
        adrift = held.adrift
        held.life = advanced.life or held.life
        taken = self._amend(held, message, id_, precedence, now_us, payload)
        taken = taken or held.adrift != adrift
        back = life is not None and life.state not in IN_FORCE
        if held.life.state not in IN_FORCE:
            self._remember(held)
            return Stepped(advanced.problems, held, gone=True, before=life)
        self._keep(held)
        # What was over and is in force again has to be compared again.
        return Stepped(advanced.problems, held, taken=taken or back, before=life, full=full)

    def _new(
        self,
        key: Key,
        held: Standing | None,
        message: Step,
        id_: bytes,
        precedence: Precedence,
        now_us: int,
        advanced: Advanced,
        payload: bytes | None = None,
    ) -> Stepped:
        """Hold a notice that is new, or stands beside the table, since it says where it flies."""
        if not isinstance(message, Notice):
            own = held if held is not None and held.key == key else None
            announced = _announced(message, own, now_us)
            if announced is None:
                unplaced = own is None or own.life.state not in IN_FORCE
                unplaced = unplaced and not isinstance(message, Withdrawal | End)
                return Stepped(advanced.problems, own, unplaced=unplaced)
            if announced is not message:
                message, payload = announced, None
        if self.full(key.centre):
            return Stepped(advanced.problems, full=True)
        standing = self._make(key, message, payload, id_, precedence, now_us)
        if advanced.problems or is_name_beside(key.reference):
            standing.key = Key(key.centre, name_beside(key.reference, id_))
            standing.beside = True
            if self.get(standing.key) is not None:
                return Stepped(advanced.problems)
        self._keep(standing)
        return Stepped(advanced.problems, standing, taken=True)

    def put_beside(
        self,
        key: Key,
        message: Notice | Revision,
        id_: bytes,
        precedence: Precedence,
        now_us: int,
    ) -> Standing:
        """Hold what a message may have announced beside ``key``, however many stand."""
        standing = self._make(key, message, None, id_, precedence, now_us)
        standing.key = Key(key.centre, name_beside(key.reference, id_))
        standing.beside = True
        former = self.get(standing.key)
        if former is not None:
            self._take_out(former)
        self._keep(standing)
        return standing

    def come(self, standing: Standing, now_us: int) -> Stepped | None:
        """Do what was said of a moment, if it has come by now."""
        awaited = standing.awaited
        if awaited is None or awaited.at_us > now_us:
            return None
        standing.awaited = None
        return self.step(
            standing.key.centre, awaited.message, awaited.id, awaited.precedence, now_us
        )

    def over(self, standing: Standing) -> None:
        """Take out a notice whose time has passed, and remember it for a while."""
        self._take_out(standing)
        standing.life = Life(State.EXPIRED, standing.life.revision)
        self._remember(standing)

    def _keep(self, standing: Standing) -> None:
        self._standing[standing.key.centre][standing.key.reference] = standing
        self._octets[standing.key.centre] += standing.octets

    def _take_out(self, standing: Standing) -> None:
        """Take a notice from where it is held, with the octets that it was held with."""
        centre, reference = standing.key
        for held, octets in (
            (self._standing[centre], self._octets),
            (self._over[centre], self._over_octets),
        ):
            if held.get(reference) is standing:
                del held[reference]
                octets[centre] -= standing.octets

    def _remember(self, standing: Standing) -> None:
        centre, reference = standing.key
        over = self._over[centre]
        former = over.get(reference)
        if former is not None:
            self._take_out(former)
        while over and (
            len(over) >= MAX_OVER or self._over_octets[centre] + standing.octets > MAX_OVER_OCTETS
        ):
            if self.newest_first:
                return
            self._take_out(next(iter(over.values())))
        over[reference] = standing
        self._over_octets[centre] += standing.octets

    def _make(
        self,
        key: Key,
        message: Notice | Revision,
        payload: bytes | None,
        id_: bytes,
        precedence: Precedence,
        now_us: int,
    ) -> Standing:
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
        )

    def _fits(self, held: Standing, message: Step, payload: bytes | None) -> bool:
        """Whether there is room for what changes a notice; always for what is no longer."""
        match message:
            case Revision():
                more = len(payload or encode_payload(message)) - len(held.payload)
            case Nonconformance() | Contingency():
                more = len(_outside(message)) - len(held.outside)
            case _:
                return True
        octets = self._octets[held.key.centre]
        if self.get(held.key) is not held:
            octets += held.octets
        return more <= 0 or octets + more <= MAX_OCTETS

    def _amend(
        self,
        held: Standing,
        message: Step,
        id_: bytes,
        precedence: Precedence,
        now_us: int,
        payload: bytes | None,
    ) -> bool:
        """Change a notice that is held; return whether its volumes, or their times, are new."""
        match message:
            case Revision():
                held.id, held.form = id_, Revision
                held.payload = payload or encode_payload(message)
                held.precedence, held.entered_us = precedence, now_us
                self._bound(held)
                held.prolonged_us = None
                return True
            case Nonconformance() | Contingency():
                new = self._begin(held, moment_of(message.at, now_us))
                # Without volumes it says nothing of where it is: the last that was said stands.
                outside = _outside(message)
                if outside and outside != held.outside:
                    held.outside = outside
                    new = True
                self._bound(held)
                return new
            case Activation():
                new = self._begin(held, moment_of(message.at, now_us)) or bool(held.outside)
                held.outside = b""
                self._bound(held)
                return new
            case Notice() | Withdrawal() | End():
                return False

    @staticmethod
    def _begin(held: Standing, at_us: int) -> bool:
        """Note since when it flies; return whether that changes when its volumes are taken."""
        if held.begun_us is not None and held.begun_us <= at_us:
            return False
        held.begun_us = at_us
        return held.starts_us is None or at_us < held.starts_us

    @staticmethod
    def _bound(held: Standing) -> None:
        held.starts_us, held.ends_us, where = bounds_of((*held.content.volumes, *held.off_nominal))
        if held.begun_us is not None and held.begun_us < where.start_us:
            where = msgspec.structs.replace(where, start_us=held.begun_us)
        if held.adrift:
            box = widened((where.south, where.north, where.west, where.east), ADRIFT_M)
            where = Coarse(where.start_us, where.end_us, *box)
        held.where = where


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


def _outside(message: Nonconformance | Contingency) -> bytes:
    return msgspec.msgpack.encode(message.volumes) if message.volumes else b""


def _announced(message: Step, own: Standing | None, now_us: int) -> Notice | Revision | None:
    """Return what a message announces that does not follow the table; None if nothing new.

    ``own`` is the notice that it is about, if that is its sender's. What flies though its notice
    is over flies where that was to fly, as long as its times have not passed.
    """
    stands = own is not None and own.life.state in IN_FORCE
    match message:
        case Notice():
            return message
        case Revision():
            repeats = own is not None and stands and message.volumes == own.content.volumes
            return None if repeats else message
        case Withdrawal() | End():
            return None
        case Nonconformance(volumes=volumes) | Contingency(volumes=volumes) if volumes:
            repeats = own is not None and stands and volumes == own.off_nominal
            return None if repeats else Notice(reference=message.reference, volumes=volumes)
    if own is None or stands or (own.ends_us is not None and own.ends_us < now_us):
        return None
    content = own.content
    volumes = (*content.volumes, *own.off_nominal)
    return Notice(message.reference, content.title, content.activity, volumes)


def names_step(kind: str) -> bool:
    """Whether messages of a kind make up the life of a notice."""
    return kind in _STEPS


def says_where(kind: str) -> bool:
    """Whether messages of a kind say where something flies."""
    return kind in _PLACED


_STEPS = frozenset(kind.value for kind in ORIGINATOR_ONLY)
_PLACED = _STEPS - {Kind.WITHDRAWAL.value, Kind.ACTIVATION.value, Kind.END.value}
