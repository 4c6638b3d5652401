"""Who is told of a relation: the officer by an alarm, listeners by an event, the peer by a message.

All of it is bounded, since a peer decides how many notices it sends: so many alarms stand for a
line and the rest is one alarm; so many messages go to the peer, and who was not told is counted.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import structlog

from hotline.airspace.activity import Key, name_of
from hotline.errors import HotlineError
from hotline.model.kinds import Kind, Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.messages import encode_payload
from hotline.model.rules import is_reference
from hotline.node.airspace.findings import (
    GRAVITY,
    Found,
    Pair,
    conflict_message,
    precedence_of,
)
from hotline.node.airspace.lateness import Late, words
from hotline.node.airspace.loading import Turn
from hotline.node.airspace.remarks import MORE
from hotline.node.airspace.short_notice import SHORT
from hotline.wire.records import ComparedLater

if TYPE_CHECKING:
    from hotline.node.airspace.line_airspace import LineAirspace
    from hotline.node.airspace.standing import Standing

MAX_ALARMS: Final = 50
"""Alarms about relations that stand for one line; the rest is counted in one."""
MAX_TOLD_AT_ONCE: Final = 10
"""Messages to the peer about one message of its own."""
MINUTE_S: Final = 60.0
MAX_TOLD_A_MINUTE: Final = 600
"""Messages to the peer in a minute."""
ALARMS: Final = {
    RelationKind.CONFLICT: "airspace.conflict",
    RelationKind.POSSIBLE: "airspace.possible",
    RelationKind.PROXIMITY: "airspace.proximity",
}
CROWDED: Final = "not compared"
UNTOLD: Final = "airspace.conflicts-untold"

_log = structlog.get_logger()


class Teller:
    """Tells what was found on one line, as soon as it is durable."""

    def __init__(self, airspace: LineAirspace) -> None:
        self._airspace = airspace
        # What is still to be alarmed about or told, the newest of each pair.
        self._waiting: OrderedDict[Pair, tuple[Found, bool]] = OrderedDict()
        self._busy = False
        # Pairs that stand without an alarm of their own.
        self._unrung: OrderedDict[Pair, Found] = OrderedDict()
        # Alarms about what has happened and does not last: code and subject to text.
        self._happened: dict[tuple[str, str], str] = {}
        # What is late of which notice, and of which of them an alarm rings.
        self.late: dict[Key, Late] = {}
        self._late_rung: dict[Key, tuple[Late, str]] = {}
        # When, by the monotonic clock, it was said last that more has happened, by code.
        self._more_at: dict[str, float] = {}
        # When the peer was told of something, by the monotonic clock.
        self._told_at: deque[float] = deque()

    def take(self, found: Sequence[Found], *, answer: bool) -> None:
        """Tell what is durable; ``answer`` is whether the peer is told, having caused it."""
        if not found:
            return
        centre = self._airspace.line.centre
        ordered = sorted(found, key=lambda one: GRAVITY[one.relation.kind])
        told: dict[bytes | None, int] = {}
        for one in ordered:
            count = told[one.cause.id] = told.get(one.cause.id, 0) + 1
            tells = answer and one.cause.id is not None and count <= MAX_TOLD_AT_ONCE
            if answer and one.cause.id is not None and not tells:
                centre.metrics.conflicts_untold.labels(self._airspace.line.peer).inc()
            _, untold = self._waiting.pop(one.pair, (one, False))
            self._waiting[one.pair] = one, tells or untold
            if not centre.listened_to:
                continue
            centre.publish(
                "relation",
                {
                    "line": self._airspace.line.peer,
                    "reference": name_of(one.relation.one.reference),
                    "other": name_of(one.relation.other.reference),
                    "relation": one.relation.kind.value,
                    "before": "" if one.before is None else one.before.value,
                    "text": one.text,
                },
            )
        self._go_on()

    def settled(self, settled: Sequence[ComparedLater]) -> None:
        """Tell whoever listens of what messages they know more by now."""
        line = self._airspace.line
        for one in settled if line.centre.listened_to else ():
            flags = [flag.code for flag in one.flags]
            what = {"line": line.peer, "id": one.message.hex(), "stood": one.stood, "flags": flags}
            line.centre.publish("compared", what)

    def happened(self, alarms: Mapping[tuple[str, str], str]) -> None:
        """Raise alarms about what has happened; beyond some that stand they are one."""
        for (code, subject), text in alarms.items():
            if len(self._happened) < MAX_ALARMS:
                self._happened[code, name_of(subject) if subject else ""] = text
            else:
                self._happened[code, ""] = f"and of more notices: {text}"
        self._go_on()

    def _go_on(self) -> None:
        if not self._busy and (self._waiting or self._happened):
            self._busy = True
            self._airspace.line.centre.spawn(self._tell())

    async def _tell(self) -> None:
        turn = Turn()
        try:
            while self._waiting or self._happened:
                if self._happened:
                    (code, subject), text = self._happened.popitem()
                    await self._once(code, subject, text)
                else:
                    await self._tell_next()
                # Where nothing is rung or told, nothing of that has given up its turn.
                await turn.pause()
        finally:
            self._busy = False

    async def _tell_next(self) -> None:
        _, (found, tells) = self._waiting.popitem(last=False)
        try:
            await self._alarm(found)
            if tells:
                await self._message(found)
        except Exception as error:  # a defect of ours must not keep all others untold
            self._airspace.stumbles.note(found.relation.one.reference, error)

    async def _once(self, code: str, subject: str, text: str) -> None:
        bell, peer = self._airspace.line.centre.bell, self._airspace.line.peer
        stand = {
            alarm.subject for alarm in bell.standing if (alarm.code, alarm.peer) == (code, peer)
        }
        if not subject or (len(stand) >= MAX_ALARMS and subject not in stand):
            now = self._airspace.line.centre.clock.now().mono
            if now - self._more_at.get(code, -MINUTE_S) < MINUTE_S:
                return
            self._more_at[code] = now
            if subject:
                text = f"more than {MAX_ALARMS} such alarms stand; the last one: {text}"
            subject = ""
        named = f"{subject}: {text}" if subject else text
        if code == SHORT and subject:
            await self._airspace.short_notices.ring(subject, named)
        else:
            await bell.once(code, peer, subject, named)

    async def review(self, key: Key, standing: Standing | None, late: Late | None) -> None:
        """Ring, or clear, the alarm about what is late of a notice."""
        bell, peer = self._airspace.line.centre.bell, self._airspace.line.peer
        rung = self._late_rung.get(key)
        if rung is not None and rung[0] is not late:
            del self._late_rung[key]
            await bell.clear(rung[0].value, peer, rung[1])
            rung = None
        if late is None or standing is None:
            self.late.pop(key, None)
            if not self.late:
                for code in Late:
                    await bell.clear(code.value, peer, "")
            return
        self.late[key] = late
        if rung is not None:
            return
        if len(self._late_rung) >= MAX_ALARMS:
            text = f"more than {MAX_ALARMS} notices are late; not all have an alarm of their own"
            await bell.ring(late.value, peer, "", text)
            return
        name = f"{name_of(key.reference)} of {key.centre}"
        subject = f"{key.centre} {name_of(key.reference)}"
        self._late_rung[key] = late, subject
        await bell.ring(late.value, peer, subject, words(late, standing, name))

    async def crowded(self, count: int) -> None:
        """Ring while so many notices have more near them than relations can be held."""
        bell, peer = self._airspace.line.centre.bell, self._airspace.line.peer
        if count:
            text = (
                f"there are more notices near each other on the line with {peer} than are compared"
            )
            await bell.ring(MORE, peer, CROWDED, f"{text}; the rest stand as possible conflicts")
        else:
            await bell.clear(MORE, peer, CROWDED)

    async def settle(self, pairs: set[Pair]) -> None:
        """Clear the alarms, of an earlier run, about what stands no more."""
        bell, peer = self._airspace.line.centre.bell, self._airspace.line.peer
        subjects = {subject_of(pair) for pair in pairs}
        for code in ALARMS.values():
            for subject in bell.active(code, peer) - subjects:
                await bell.clear(code, peer, subject)

    async def _alarm(self, found: Found) -> None:
        """Ring for what a relation is now, and clear what it was."""
        bell, peer = self._airspace.line.centre.bell, self._airspace.line.peer
        wanted = ALARMS.get(found.relation.kind)
        subject = subject_of(found.pair)
        for code in ALARMS.values():
            if code != wanted:
                await bell.clear(code, peer, subject)
        if wanted is None:
            self._unrung.pop(found.pair, None)
            await self._ring_next()
            if not self._unrung:
                await bell.clear(MORE, peer, "")
        elif subject in bell.active(wanted, peer) or self._standing() < MAX_ALARMS:
            await self._ring(found)
        else:
            self._unrung[found.pair] = found
            text = f"more than {MAX_ALARMS} relations to notices of {peer} stand; not all have an"
            await bell.ring(MORE, peer, "", f"{text} alarm of their own")

    async def _ring_next(self) -> None:
        """Ring for relations that had to wait, as far as they still stand."""
        while self._unrung and self._standing() < MAX_ALARMS:
            _, found = self._unrung.popitem(last=False)
            if self._airspace.stands(found.pair):
                await self._ring(found)

    async def _ring(self, found: Found) -> None:
        bell, peer = self._airspace.line.centre.bell, self._airspace.line.peer
        await bell.ring(ALARMS[found.relation.kind], peer, subject_of(found.pair), found.text)

    def _standing(self) -> int:
        bell, peer = self._airspace.line.centre.bell, self._airspace.line.peer
        return sum(len(bell.active(code, peer)) for code in ALARMS.values())

    async def _message(self, found: Found) -> None:
        """Tell the peer, unless it was told too much within a minute, or nothing may be signed."""
        line = self._airspace.line
        centre = line.centre
        now = centre.clock.now().mono
        while self._told_at and now - self._told_at[0] > MINUTE_S:
            self._told_at.popleft()
        if len(self._told_at) >= MAX_TOLD_A_MINUTE:
            centre.metrics.conflicts_untold.labels(line.peer).inc()
            self.happened({(UNTOLD, ""): f"{line.peer} was not told of every relation found"})
            return
        self._told_at.append(now)
        current = self._airspace.compared.current
        own, other = current.known(found.relation.one), current.known(found.relation.other)
        if own is None or other is None:
            return
        message = conflict_message(found, own.reference, other.reference)
        precedence = precedence_of(
            found.relation, Precedence(own.precedence), Precedence(other.precedence)
        )
        try:
            line.require_signing()
            draft = centre.desk.draft(
                line, Kind.CONFLICT, encode_payload(message), message, precedence
            )
            await centre.desk.enter(line, precedence, draft)
        except HotlineError as error:
            centre.metrics.conflicts_untold.labels(line.peer).inc()
            _log.warning("conflict_untold", line=line.peer, error=str(error))


def subject_of(pair: Pair) -> str:
    """Return what tells the alarm of a pair from every other one, in few characters."""
    own, other = pair
    if is_reference(other):
        return f"{own} {other}"
    return f"{name_of(own)} {name_of(other)} {sha256(other.encode()).hexdigest()[:32]}"
