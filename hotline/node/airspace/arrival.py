"""What is made of a message that has come, before it is entered: its flags, and what it relates.

Everything here belongs to the event loop, and to one group: its messages are compared until a
deadline, and what is to be told waits in `Uncommitted` until the group is durable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from hotline.airspace.activity import Key
from hotline.airspace.warning import start_of
from hotline.journal.steps import Said
from hotline.model.kinds import Precedence
from hotline.model.kinds import Relation as RelationKind
from hotline.model.lifecycle import IN_FORCE, Step
from hotline.model.messages import Conflict, Message, Notice, Reply, Revision, kind_of
from hotline.node.airspace.current import Stepped
from hotline.node.airspace.distress import CODES, Plight, plight_of, plight_said
from hotline.node.airspace.findings import Found, flags_of
from hotline.node.airspace.later import LATER_FLAG
from hotline.node.airspace.remarks import (
    astray_flags,
    crowded,
    early_flags,
    late_flags,
    moment_flags,
    namesake,
    not_held,
    short_warning,
    stumbled,
    unplaced,
    unreadable,
)
from hotline.node.airspace.short_notice import Short, short_of
from hotline.node.airspace.standing import Standing
from hotline.node.airspace.words import Words
from hotline.wire.records import Flag, Related
from hotline.wire.undecoded import stand_in

if TYPE_CHECKING:
    from hotline.node.airspace.line_airspace import LineAirspace


class Come(NamedTuple):
    """A message that has come; ``message`` is None where it cannot be read.

    ``payload`` is its bytes where they are written as this node would write them, or cannot be
    read; ``words`` what was read of it in a thread. ``unread`` is whether ``message`` only stands
    in its place.
    """

    kind: str
    message: Message | None
    id: bytes
    payload: bytes | None = None
    words: Words | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the airspace makes of one message that has come, before it is entered."""

    flags: tuple[Flag, ...] = ()
    related: tuple[Related, ...] = ()


NOTHING = Arrived()


@dataclass(slots=True)
class Uncommitted:
    """What may be told once the group that it came with is durable."""

    found: list[Found] = field(default_factory=list)
    # Code and subject of alarms about what has happened, with their texts.
    happened: dict[tuple[str, str], str] = field(default_factory=dict)
    # What is to ring, or to be silent, about the peer's notices, by reference.
    plights: dict[str, Plight | None] = field(default_factory=dict)
    # Notices with less warning than the letter asks for, by reference.
    shorts: dict[str, Short] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.found or self.happened or self.plights)

    def alarm(self, flag: Flag, subject: str) -> Flag:
        """Have a flag be an alarm too, about ``subject``; return it."""
        self.happened[flag.code, subject] = flag.text
        return flag


class Arrival:
    """One group that has come, at ``now_us``, and is compared until ``deadline``."""

    def __init__(
        self, airspace: LineAirspace, precedence: Precedence, now_us: int, deadline: float
    ) -> None:
        self._airspace = airspace
        self._compared = airspace.compared
        self._line = airspace.line
        self._own, self._peer = airspace.own, airspace.line.peer
        self._precedence = precedence
        self._now_us = now_us
        self._deadline = deadline
        # Whether nothing of the group has been compared yet.
        self._first = True
        self.uncommitted = Uncommitted()

    def take(self, messages: Sequence[Come]) -> list[Arrived]:
        """Return what is made of the messages of the group."""
        return [self._taken(come) for come in messages]

    def _taken(self, come: Come) -> Arrived:
        """Return what is made of a message, whatever this program is at fault with."""
        try:
            come = self._in_place(come)
            return self._take(come)
        except Exception as error:  # a defect of ours must not drop the line, nor make clear
            return self._stumbled(come, error)

    def _in_place(self, come: Come) -> Come:
        """Return a message, or what stands for one that says where something flies unreadably."""
        if come.message is not None:
            return come
        message = stand_in(come.kind, come.payload or b"", come.id, self._now_us)
        return come._replace(message=message, payload=None, unread=message is not None)

    def _stumbled(self, come: Come, error: Exception) -> Arrived:
        """Flag a message that was not taken to the end; have its notice compared later."""
        flags = [stumbled(come.kind)]
        message = come.message
        if not isinstance(message, Step):
            self._airspace.stumbles.note("", error)
            return Arrived(tuple(flags))
        self._airspace.stumbles.note(message.reference, error)
        if self._airspace.recheck(self._peer, come.kind, message, come.id):
            return self._later(message, come, [*flags, LATER_FLAG])
        return Arrived(tuple(flags))

    def _take(self, come: Come) -> Arrived:
        message = come.message
        if isinstance(message, Step):
            return self._step(message, come)
        if isinstance(message, Conflict):
            return Arrived(self._held_against(message))
        if isinstance(message, Reply):
            found = self._airspace.dismiss(
                self._own, message, come.id, self._precedence, self._deadline
            )
            self.uncommitted.found += found
            return Arrived(related=self._airspace.chosen(found)) if found else NOTHING
        return NOTHING

    def _step(self, message: Step, come: Come) -> Arrived:
        loading = self._airspace.reading
        if loading is not None:
            loading.saw(come.id)
            said = Said(-1, False, self._precedence, come.id, self._now_us, message)
            if loading.defers(said):
                flags = [
                    *self._remarks(message, None, come),
                    *self._namesake(message),
                    LATER_FLAG,
                ]
                return self._later(message, come, flags)
        stepped = self._compared.step(
            self._peer, message, come.id, self._precedence, self._now_us, come.payload
        )
        standing = stepped.standing
        taken = standing if stepped.taken else None
        if not isinstance(message, Notice | Revision):
            self._alarm(message, stepped)
        flags = self._every_flag(message, come, stepped, taken)
        changed = self._compared.follow(
            stepped, kind_of(message).value, come.id, self._deadline, first=self._first
        )
        if standing is None or (changed is None and not stepped.taken):
            return Arrived(tuple(flags)) if flags else NOTHING
        found: list[Found] = []
        if changed is not None:
            self._first = self._first and stepped.gone
            found = self._airspace.settle(changed)
            self.uncommitted.found += found
        flags += flags_of(found, standing.key) if found else ()
        if not stepped.gone and (more := self._compared.crowded(standing.key)):
            flags.append(crowded(more))
        if not stepped.gone and self._compared.unfinished and self._compared.waits(standing.key):
            flags.append(LATER_FLAG)
        if not flags:
            return NOTHING
        return self._later(message, come, flags, self._airspace.chosen(found))

    def _every_flag(
        self, message: Step, come: Come, stepped: Stepped, taken: Standing | None
    ) -> list[Flag]:
        """Flag what is remarkable about a message by itself, and what it does to its notice."""
        try:
            flags = self._remarks(message, taken, come)
            return flags + self._stepped_flags(message, come.id, stepped)
        except Exception as error:  # its notice is compared all the same
            self._airspace.stumbles.note(message.reference, error)
            return [stumbled(come.kind)]

    def _later(
        self, message: Step, come: Come, flags: list[Flag], related: tuple[Related, ...] = ()
    ) -> Arrived:
        """Return flags and relations; where more is found later, have that be entered then."""
        if LATER_FLAG in flags:
            self._airspace.later.wait(
                come.id,
                self._peer,
                message.reference,
                flags,
                content=isinstance(message, Notice | Revision),
            )
        return Arrived(tuple(flags), related)

    def _stepped_flags(self, message: Step, id_: bytes, stepped: Stepped) -> list[Flag]:
        """Flag what a message does to its notice, and what it does not fit to."""
        flags = [Flag(one.code, one.text, one.field) for one in stepped.problems]
        if all(flag.code != "model.wrong-actor" for flag in flags):
            flags += self._namesake(message)  # else it is said of our notice, not under its name
        if stepped.full:
            flags.append(self.uncommitted.alarm(not_held(self._peer), ""))
        if stepped.unplaced and self._compared.current.count(self._own):
            flag = unplaced(kind_of(message).value)
            flags.append(self.uncommitted.alarm(flag, id_.hex()[:12]))
        standing, before = stepped.standing, stepped.before
        if standing is not None and not stepped.problems:
            limits = self._line.letter.limits
            flags += late_flags(message, standing, before, limits, self._now_us)
            flags += early_flags(message, standing.starts_us, before)
            flags += astray_flags(message, standing)
        return flags

    def _namesake(self, message: Step) -> list[Flag]:
        """Flag what is said of a notice of the peer's that is called as ours are.

        Where one of ours that stands is called so, that is an alarm too.
        """
        ours = self._compared.current.known(Key(self._own, message.reference))
        flag = namesake(message.reference, self._own, self._peer, given=ours is not None)
        if flag is None:
            return []
        if ours is not None and ours.life.state in IN_FORCE:
            self.uncommitted.alarm(flag, message.reference)
        return [flag]

    def _alarm(self, message: Step, stepped: Stepped) -> None:
        """Note what is to ring, or to be silent, as soon as a message is durable."""
        if stepped.standing is not None and not stepped.problems:
            now = plight_of(stepped.standing, message)
            if now is not None or (stepped.before is not None and stepped.before.state in CODES):
                self.uncommitted.plights[stepped.standing.reference] = now
        elif (plight := plight_said(message)) is not None:
            code, text = plight
            self.uncommitted.happened[code, message.reference] = text

    def _remarks(self, message: Step, taken: Standing | None, come: Come) -> list[Flag]:
        """Flag what is remarkable about a notice or revision by itself.

        ``taken`` is what stands with its content, where something does.
        """
        if come.unread:
            return [unreadable(come.kind)]
        if not isinstance(message, Notice | Revision):
            return moment_flags(message, self._airspace.ahead_us, self._now_us)
        flags = [*self._airspace.reader.read(message, self._now_us, self._deadline, come.words)]
        starts_us = start_of(message.volumes) if taken is None else taken.starts_us
        if starts_us is not None and starts_us - self._now_us >= self._airspace.ample_us:
            return flags
        letter = self._line.letter
        short = short_warning(message, starts_us, self._precedence, letter, self._now_us)
        if short is not None:
            self.uncommitted.alarm(short, message.reference)
            key, ends_us = (None, None) if taken is None else (taken.key, taken.ends_us)
            times = starts_us, ends_us
            self.uncommitted.shorts[message.reference] = short_of(key, come.id, times, self._now_us)
            self._line.centre.metrics.short_notices.labels(self._peer).inc()
            return [short, *flags]
        return flags

    def _held_against(self, message: Conflict) -> tuple[Flag, ...]:
        """Flag what the peer's node computed otherwise than this one."""
        current, loading = self._compared.current, self._airspace.loading
        own = current.known(Key(self._own, message.other))
        other = current.known(Key(self._peer, message.reference))
        if own is None or other is None:
            if loading:
                return ()
            missing = message.other if own is None else message.reference
            return (Flag("airspace.disagrees", f"this node knows no notice {missing[:40]!a}"),)
        if (own.life.revision, other.life.revision) != (message.other_revision, message.revision):
            # One of the two was revised meanwhile: whoever receives the revision tells again.
            return ()
        if loading or self._compared.waits(own.key) or self._compared.waits(other.key):
            return ()
        kind = self._airspace.entered.kind((own.key.reference, other.key.reference))
        if kind.value == message.relation:
            return ()
        theirs = message.relation if message.relation in set(RelationKind) else "something unknown"
        text = f"the peer's node finds {theirs}, this node finds {kind.value}"
        return (Flag("airspace.disagrees", text),)
