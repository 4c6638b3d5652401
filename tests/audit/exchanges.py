"""A whole exchange between two journals, without a network, and the evidence of either side.

Everything is as two nodes do it, but the time, which is counted in whole seconds from
``samples.NOW_US``; so what a file must say is known to the second.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hotline.audit.evidence.gather import gather
from hotline.journal.incoming import Presentation, take_cosignature, witness
from hotline.journal.journal import Journal
from hotline.journal.outgoing import Draft
from hotline.journal.records import append_record
from hotline.journal.records import read_message as enter_reading
from hotline.model.kinds import Precedence
from hotline.model.messages import Message, Notice, ReadBack, Reply, Revision, kind_of
from hotline.model.messages import encode_payload as encode
from hotline.model.readback import read_back_of
from hotline.model.times import SECOND_US, format_time
from hotline.model.volume import Altitude, Circle, Position, Volume4D
from hotline.trust.card import Card, read_card
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import WitnessKey, cosign
from hotline.trust.keys import Role
from hotline.wire.codec import pack
from hotline.wire.records import Flag
from tests.journal.ledger import (
    PEER,
    T0_US,
    accept,
    catch_up,
    do,
    hear,
    key,
    line_of,
    open_journal,
    taking,
    transact,
)
from tests.trust import samples

ROUTINE = int(Precedence.ROUTINE)
OUTSIDE = WitnessKey("hotline/exercise/third/witness", key(Role.WITNESS, "third").public_key)
START_US = T0_US + 3600 * SECOND_US


@cache
def card(centre: str) -> Card:
    """Return a centre's card."""
    return read_card(samples.centre(centre).card)


def notice(reference: str = "IAF-0007", title: str = "Patrol", **changes: object) -> Notice:
    """Return a notice that begins an hour after the exchange does."""
    volume = Volume4D(
        outline_circle=Circle(center=Position(34.25, 33.75), radius_m=9260.0),
        altitude_lower=Altitude(180, "fl", "standard"),
        altitude_upper=Altitude(240, "fl", "standard"),
        time_start=format_time(START_US),
        time_end=format_time(START_US + 1800 * SECOND_US),
    )
    fields = {"reference": reference, "title": title, "activity": "patrol", "volumes": (volume,)}
    return Notice(**(fields | changes))  # type: ignore[arg-type]


def revision(of: Notice, number: int = 1) -> Revision:
    """Return a revision that changes nothing but the remarks."""
    return Revision(
        of.reference, number, of.title, of.activity, of.volumes, "one aircraft less", "", "weather"
    )


def reply(to: bytes, said: Notice | Revision, back: ReadBack | None = None) -> Reply:
    """Return an acceptance that reads back what was sent, unless ``back`` says otherwise."""
    return Reply(
        to=to.hex(),
        reference=said.reference,
        answer="accept",
        read_back=back or read_back_of(said),
        officer="Cpt. Orlov",
    )


class Parley:
    """Two journals and the line between them; ``second`` counts what was done."""

    def __init__(self, directory: Path) -> None:
        self.journals = {name: open_journal(directory / name, name) for name in PEER}
        self.second = 0

    def close(self) -> None:
        """Close both journals."""
        for journal in self.journals.values():
            journal.close()

    def now(self) -> int:
        """Return a time that is a second later than the one before."""
        self.second += 1
        return T0_US + self.second * SECOND_US

    def sign(self, centre: str, *messages: Message) -> list[bytes]:
        """Have a centre sign messages as one group, and keep them to itself; return their ids."""
        drafts = [
            Draft(
                kind_of(one).value,
                encode(one),
                reference=getattr(one, "reference", "") or None,
                about=bytes.fromhex(one.to) if isinstance(one, Reply) else None,
            )
            for one in messages
        ]
        _, composed, self.committed = transact(
            self.journals[centre], drafts={(PEER[centre], ROUTINE): drafts}, now_us=self.now()
        )
        return [one.id for one in composed]

    def say(self, centre: str, *messages: Message, flags: tuple[Flag, ...] = ()) -> list[bytes]:
        """Have a centre send messages as one group, and take the receipt; return their ids.

        The other's desk remarks ``flags`` on each.
        """
        ids = self.sign(centre, *messages)
        journal, other = self.journals[centre], self.journals[PEER[centre]]
        shown = [
            Presentation(
                reference=getattr(one, "reference", "") or None,
                about=bytes.fromhex(one.to) if isinstance(one, Reply) else None,
                flags=flags,
            )
            for one in messages
        ]
        (group,) = self.committed.groups[PEER[centre]]
        _, _, committed = transact(
            other, taking(group, shown=shown, now_us=(heard := self.now())), now_us=heard
        )
        (receipt,) = committed.receipts.values()
        accept(journal, receipt, self.now())
        return ids

    def read(self, centre: str, id_: bytes, officer: str = "Lt. Sokolova") -> None:
        """Have an officer open a message."""
        at = self.now()
        do(
            self.journals[centre],
            lambda j: enter_reading(j, line_of(j), id_, officer, at),
            now_us=at,
        )

    def clock(self, centre: str, offset_us: int, round_trip_us: int) -> None:
        """Have a centre enter a measurement of the other's clock."""
        at = self.now()
        payload = pack({"offset_us": offset_us, "round_trip_us": round_trip_us})
        do(
            self.journals[centre],
            lambda j: append_record(j, line_of(j), "clock", payload, at),
            now_us=at,
        )

    def update(self) -> None:
        """Have both give checkpoints over all they have, and cosign the other's."""
        for centre, journal in self.journals.items():

            def want(journal: Journal) -> None:
                line_of(journal).seal_wanted = bool(line_of(journal).unsealed)

            do(journal, want, now_us=self.now())
            catch_up(journal, self.journals[PEER[centre]], self.now())
            catch_up(self.journals[PEER[centre]], journal, self.now())
        self.cosign()

    def cosign(self) -> None:
        """Have each cosign the other's newest checkpoint that it holds."""
        for centre, journal in self.journals.items():
            other, at = self.journals[PEER[centre]], self.now()
            given = do(journal, lambda j, at=at: witness(j, line_of(j), at), now_us=at)
            do(other, lambda j, given=given: take_cosignature(j, line_of(j), given), now_us=at)

    def witness_outside(self, centre: str) -> None:
        """Have the outside witness cosign a centre's newest checkpoint."""
        journal = self.journals[centre]
        line = line_of(journal)
        checkpoint = Checkpoint(line.own.origin, line.sealed.size, line.sealed.root())
        text = cosign(checkpoint.text(), key(Role.WITNESS, "third"), self.now() // SECOND_US)
        row = (line.log, checkpoint.size, OUTSIDE.name, checkpoint.root, text.decode())
        do(journal, lambda j: j.execute("INSERT INTO cosignature VALUES (?,?,?,?,?)", row))

    def evidence(
        self, centre: str, name: str | bytes = "IAF-0007", *, alone: bool = False
    ) -> bytes:
        """Return the evidence file that a centre's record gives."""
        return gather(
            self.journals[centre].connection,
            card(centre),
            {PEER[centre]: card(PEER[centre])},
            {OUTSIDE.name: OUTSIDE},
            name.hex() if isinstance(name, bytes) else name,
            alone=alone,
        )


def whole(directory: Path) -> Parley:
    """Return an exchange with everything: a group, readings, replies, a revision, witnesses.

    Seconds after the beginning: 1 clock, 2 hmeimim says something else, 5 iaf signs a group of
    three with the notice as its second, 6 durable, 8 read, 9 reply ... to `update` at the end.
    """
    parley = Parley(directory)
    first = notice()
    parley.clock("iaf", 250_000, 40_000)
    parley.say("hmeimim", notice("HMEIMIM-0001", "Something else"))
    _, id_, _ = parley.say("iaf", notice("IAF-0006", "Secret"), first, notice("IAF-0008"))
    parley.read("hmeimim", id_)
    parley.say("hmeimim", reply(id_, first))
    (revised,) = parley.say("iaf", revision(first))
    parley.clock("hmeimim", -200_000, 20_000)
    wrong = ReadBack(position=Position(35.9, 33.75), time_start=format_time(START_US))
    parley.say("hmeimim", reply(revised, revision(first), wrong))
    parley.clock("iaf", 251_000, 30_000)
    parley.update()
    parley.witness_outside("hmeimim")
    return parley


__all__ = ["OUTSIDE", "PEER", "START_US", "Parley", "card", "hear", "notice", "reply", "whole"]
