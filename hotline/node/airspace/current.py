"""The notices that stand on one line, by what was said of them; no journal, no clock, no line.

A notice that stands is one in force (`lifecycle.IN_FORCE`). What was over is remembered for a
while, since a late word about it still counts. What does not follow the table of the life cycle
changes no notice, but flies all the same: it stands beside under a name of its own until its times
have passed, so that nothing that was announced is left uncompared.
"""

from __future__ import annotations

import msgspec

from hotline.airspace.activity import Key, is_name_beside, name_beside
from hotline.model.kinds import Precedence
from hotline.model.lifecycle import (
    IN_FORCE,
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
from hotline.node.airspace.announcing import announced_by
from hotline.node.airspace.holding import Holding
from hotline.node.airspace.standing import (
    Awaited,
    Standing,
    moment_of,
    octets_outside,
    standing_of,
)

AHEAD_US = 5_000_000
"""How far clocks may differ unless the letter says otherwise: what is later is in the future."""

_BORN = advance(None, Notice(), Actor.ORIGINATOR)
"""What the table says of every notice that is new, whatever it holds."""


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


class Current(Holding):
    """All that stands on the line with ``peer``, ours and theirs.

    What is said of a moment more than ``ahead_us`` after it came is said of the future.
    """

    def __init__(self, own: str, peer: str, ahead_us: int = AHEAD_US) -> None:
        super().__init__(own, peer)
        self._ahead_us = ahead_us
        self._peer_of = {own: peer, peer: own}

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
        amended = msgspec.structs.replace(held)
        amended.life = advanced.life or held.life
        taken = amended.amend(message, id_, precedence, now_us, payload)
        taken = taken or held.adrift != amended.adrift
        # All or nothing: what is raised up to here leaves the notice as it was.
        self.take_out(held)
        held.become(amended)
        back = life is not None and life.state not in IN_FORCE
        if held.life.state not in IN_FORCE:
            self.remember(held)
            return Stepped(advanced.problems, held, gone=True, before=life)
        self.keep(held)
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
            announced = announced_by(message, own, now_us)
            if announced is None:
                unplaced = own is None or own.life.state not in IN_FORCE
                unplaced = unplaced and not isinstance(message, Withdrawal | End)
                return Stepped(advanced.problems, own, unplaced=unplaced)
            if announced is not message:
                message, payload = announced, None
        if self.full(key.centre):
            return Stepped(advanced.problems, full=True)
        standing = standing_of(key, message, payload, id_, precedence, now_us)
        if advanced.problems or is_name_beside(key.reference):
            standing.key = Key(key.centre, name_beside(key.reference, id_))
            standing.beside = True
            if self.get(standing.key) is not None:
                return Stepped(advanced.problems)
        self.keep(standing)
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
        standing = standing_of(key, message, None, id_, precedence, now_us)
        standing.key = Key(key.centre, name_beside(key.reference, id_))
        standing.beside = True
        former = self.get(standing.key)
        if former is not None:
            self.take_out(former)
        self.keep(standing)
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
        self.take_out(standing)
        standing.life = Life(State.EXPIRED, standing.life.revision)
        self.remember(standing)

    def _fits(self, held: Standing, message: Step, payload: bytes | None) -> bool:
        """Whether there is room for what changes a notice; always for what is no longer."""
        match message:
            case Revision():
                more = len(payload or encode_payload(message)) - len(held.payload)
            case Nonconformance() | Contingency():
                more = len(octets_outside(message)) - len(held.outside)
            case _:
                return True
        return self.room_for(held, more)
