"""The desk: what an officer says goes out through it, what the peer says is laid on it.

Composing refuses what breaks a rule; presenting never does: a well-signed message is shown with
flags, even when its payload cannot be read at all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hotline.airspace.contradictions import upside_down
from hotline.errors import HotlineError, ModelError, UsageError, WireError
from hotline.journal.deadlines import SETTLING
from hotline.journal.incoming import Presentation, Taken
from hotline.journal.outgoing import Composed, Draft
from hotline.journal.queries import (
    StoredMessage,
    find_message,
    find_notice,
    highest_reference,
    kinds_sent,
    thread,
)
from hotline.journal.records import read_message
from hotline.line import events as ev
from hotline.model import rules
from hotline.model.answering import wants_answer
from hotline.model.kinds import Answer, Kind, Precedence
from hotline.model.lifecycle import Actor, Life, Step, advance, aged
from hotline.model.messages import (
    Conflict,
    LineCheck,
    Message,
    Notice,
    Reply,
    Revision,
    decode_own_form,
    decode_payload,
    kind_of,
    phrases_of,
)
from hotline.model.numbering import number_of, numbered
from hotline.model.phrases import by_number, unknown_phrases
from hotline.model.play import REAL_WORLD_PHRASE, says_real_world
from hotline.model.problem import Problem, RulesBroken
from hotline.model.readback import compare
from hotline.model.times import shorten
from hotline.node.airspace.arrival import NOTHING, Come
from hotline.node.airspace.standing import bounds_of
from hotline.node.airspace.words import Words
from hotline.node.exercise import misplaced, require_place_for
from hotline.wire.body import Body
from hotline.wire.codec import unpack
from hotline.wire.records import MAX_FLAGS, Flag

if TYPE_CHECKING:
    from hotline.node.centre import Centre
    from hotline.node.line import Line

SENT_REMEMBERED = 10_000
"""Messages of ours whose kind is kept in memory, for the replies to them."""


class Judged(NamedTuple):
    """A received message, None where it cannot be read, and how it is shown by itself.

    ``own_form`` is whether its payload is written exactly as this node would write it, ``words``
    what its words say against its numbers, where that was read ahead.
    """

    message: Message | None
    shown: Presentation
    own_form: bool = False
    words: Words | None = None


class Desk:
    """Composes for, and presents to, the officers of this centre."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._own = centre.config.centre
        # The highest number given to a notice of ours.
        self._number = 0
        # Kind and stream of what we sent last, by id: what a reply answers says what it needs.
        # Ordered, since the oldest of a plain dictionary takes ever longer to find.
        self._sent: OrderedDict[bytes, tuple[str, int]] = OrderedDict()

    async def open(self) -> None:
        """Find the highest reference given so far, and the kinds of what was sent last."""
        reader = self._centre.reader
        self._number = await reader.run(partial(highest_reference, prefix=self._own.upper()))
        self._sent = OrderedDict(await reader.run(partial(kinds_sent, limit=SENT_REMEMBERED)))

    # --- What we say ----------------------------------------------------------------------

    async def send(
        self, peer: str, message: Message, precedence: Precedence, officer: str
    ) -> Composed:
        """Compose a message; return once it is signed and durable here.

        The message says that ``officer``, if that is no empty name, has composed it. A notice
        without a reference gets the next one, a revision its number. Raises ModelError for broken
        rules, UsageError for a message that does not fit what was said before or has another
        officer's name in it, FencedError, JournalError.
        """
        line = self._centre.line(peer)
        line.require_signing()
        message, payload, about = await self.prepare(line, message, officer)
        draft = self.draft(line, kind_of(message), payload, message, precedence, about)
        composed = await self.enter(line, precedence, draft, message)
        await self._centre.exercise.sent(line, message, composed)
        return composed

    async def prepare(
        self, line: Line, message: Message, officer: str, *, try_out: bool = False
    ) -> tuple[Message, bytes, bytes | None]:
        """Return a message as it is signed, its payload, and the message that it answers.

        To ``try_out`` gives no number away. Raises what `send` does before anything is signed.
        """
        if isinstance(message, LineCheck | Conflict):
            raise UsageError(
                "node.composed-by-node",
                f"a message of the kind {kind_of(message)} is composed by the node itself",
                "send an advisory or a service message to say it in your own words",
            )
        about: bytes | None = None
        answered: Kind | None = None
        message = _composed_by(message, officer)
        if isinstance(message, Reply):
            message, answered, about = await self._reply(message)
        elif isinstance(message, Notice):
            require_own_name(line, message.reference)
            message = self._numbered(message, try_out=try_out)
            await self.as_next_step(line, message)
        elif isinstance(message, Step):
            message = await self.as_next_step(line, message)
        ahead_us = round(line.letter.clock.maximum_offset_ms * 1000)
        now_us = self._centre.clock.wall_us()
        volumes = getattr(message, "volumes", ())
        refused = (
            _unknown_phrases(line, message)
            or rules.moment_problems(message, now_us, ahead_us)
            or upside_down(volumes, line.letter.altitude_margin)
        )
        if refused:
            raise RulesBroken(refused)
        require_place_for(message, line.letter)
        return message, rules.compose(message, answered=answered), about

    def draft(
        self,
        line: Line,
        kind: Kind,
        payload: bytes,
        message: Message,
        precedence: Precedence,
        about: bytes | None = None,
    ) -> Draft:
        """Say of an encoded message what the journal has to know besides its bytes."""
        answer = message.answer if isinstance(message, Reply) else None
        wants = wants_answer(kind, message, line.letter.status) or answer == Answer.STAND_BY
        return Draft(
            kind.value,
            payload,
            reference=getattr(message, "reference", "") or None,
            about=about,
            answer_within_s=line.letter.reply_deadline(precedence) if wants else None,
            settles=answer in SETTLING,
        )

    async def enter(
        self, line: Line, precedence: Precedence, draft: Draft, message: Message | None = None
    ) -> Composed:
        """Have the journal sign and keep a draft; it is sent as soon as it is durable.

        ``message`` is what the draft says, as it was encoded; without it the draft is read again.
        """
        composed = await self._centre.writer.compose(line.peer, precedence, draft)
        if draft.kind == Kind.NOTICE.value and draft.reference is not None:
            # Whoever gives a number by hand must not have the next one be refused for ever.
            self._number = max(self._number, number_of(self._own, draft.reference) or 0)
        line.airspace.composed(draft, composed, message)
        self._sent[composed.id] = draft.kind, precedence
        if len(self._sent) > SENT_REMEMBERED:
            self._sent.popitem(last=False)
        # The officers of this centre see what one of them has sent as soon as it is durable.
        self._publish(line, "out", composed.id, draft.kind, precedence)
        return composed

    def _numbered(self, notice: Notice, *, try_out: bool) -> Notice:
        if notice.reference:
            return notice
        number = self._number + 1
        if not try_out:
            self._number = number
        return msgspec.structs.replace(notice, reference=numbered(self._own, number))

    async def as_next_step(self, line: Line, message: Step) -> Step:
        """Return what is said of a notice as it would be said, a revision with its number.

        A notice is a step of ours alone, whatever the peer calls its own; what else is said is
        said of ours before the peer's. Raises UsageError for what the life of the notice does not
        allow.
        """
        new = isinstance(message, Notice)
        life, known = await self.life(line.peer, message.reference, ours=new)
        if isinstance(message, Revision) and not message.number:
            number = life.revision + 1 if life is not None else 1
            message = msgspec.structs.replace(message, number=number)
        actor = Actor.ORIGINATOR if known in (None, "out") else Actor.PEER
        step = advance(life, message, actor)
        if step.problems:
            problem = step.problems[0]
            raise UsageError(problem.code, f"{message.reference}: {problem.text}", problem.hint)
        return message

    async def life(
        self, peer: str, reference: str, *, ours: bool = False
    ) -> tuple[Life | None, str | None]:
        """Return where a notice stands by now, and whether it went ``out`` or came ``in``.

        Of two of one reference ours is meant; ``ours`` is whether the peer's never is.
        """
        found = await self._centre.reader.run(
            partial(find_notice, peer=peer, reference=reference, ours=ours)
        )
        if found is None:
            return None, None
        whole = await self._centre.reader.run(partial(thread, message=found))
        life = life_of(whole, found.direction)
        if life is not None:
            life = aged(life, _ends_us(whole, found.direction), self._centre.clock.wall_us())
        return life, found.direction

    async def _reply(self, reply: Reply) -> tuple[Reply, Kind | None, bytes]:
        found = await self._centre.reader.run(
            partial(find_message, name=reply.to or reply.reference, direction="in")
        )
        if found.direction != "in":
            raise UsageError(
                "node.reply-to-own",
                f"{reply.to or reply.reference} is a message of this centre",
                "a reply answers what the peer said; `hotline inbox` shows it",
            )
        reply = msgspec.structs.replace(
            reply,
            to=found.id.hex(),
            # One that breaks the rules is no reason not to answer; the id says what is meant.
            reference=found.reference if rules.is_reference(found.reference or "") else "",
        )
        kind = Kind(found.kind) if found.kind in set(Kind) else None
        if reply.answer == Answer.ACCEPT and reply.read_back is not None:
            said = read_payload(found)
            if isinstance(said, Notice | Revision):
                differences = compare(reply.read_back, said)
                if differences:
                    first = differences[0]
                    raise UsageError(
                        first.code,
                        "; ".join(str(difference) for difference in differences),
                        "read the notice again; a read-back repeats what was signed",
                    )
        return reply, kind, found.id

    async def read(self, name: str, officer: str) -> StoredMessage:
        """Return a message and record that ``officer`` has opened it."""
        found = await self._centre.reader.run(partial(find_message, name=name))
        if found.direction == "in" and found.peer in self._centre.lines:
            await self._centre.writer.do(
                lambda journal: read_message(
                    journal,
                    journal.line(found.peer),
                    found.id,
                    officer,
                    self._centre.clock.wall_us(),
                )
            )
        return found

    # --- What the peer says ---------------------------------------------------------------

    def judge(self, line: Line, body: Body, *, ahead: bool = False) -> Judged:
        """Read a received body and say what is wrong or remarkable by itself; never refuses.

        May be called in another thread than the loop's; then what takes long is done ``ahead``.
        """
        precedence = Precedence(body.precedence)
        flags: list[Flag] = []
        message = decode_own_form(body.kind, body.payload)
        own_form = message is not None
        if message is None:
            message = _read_strictly(body, flags)
        if message is not None and (
            broken := rules.problems(message, answered=self._answered(message))
        ):
            flags.extend(Flag(problem.code, problem.text, problem.field) for problem in broken)
        about: bytes | None = None
        settles = False
        wants = wants_answer(body.kind, message, body.status)
        if isinstance(message, Reply):
            about = _id_or_none(message.to)
            settles = message.answer in SETTLING
            wants = message.answer == Answer.STAND_BY and about is not None
            # Time is bought at the urgency of what is to be answered, not at the stand-by's own;
            # of what was sent too long ago to be remembered, at the highest.
            precedence = Precedence(self._sent.get(about or b"", ("", Precedence.FLASH))[1])
        flags.extend(misplaced(message, line.letter))
        if message is not None and (unknown := _unknown_phrases(line, message)):
            flags.extend(Flag(problem.code, problem.text, problem.field) for problem in unknown)
        shown = Presentation(
            reference=(getattr(message, "reference", "") or None) if message else None,
            about=about,
            flags=tuple(flags),
            answer_within_s=line.letter.reply_deadline(precedence) if wants else None,
            settles=settles,
        )
        words = line.airspace.words(message) if ahead else None
        return Judged(message, shown, own_form, words)

    def present(
        self, line: Line, event: ev.GroupReceived, judged: Sequence[Judged]
    ) -> list[Presentation]:
        """Say how the messages of a group are shown, now that they are compared with all others.

        Nothing may come between this and their way into the journal.
        """
        stream = Precedence(event.stream)
        arrived = line.airspace.arrive(
            (event.stream, event.first_seq),
            stream,
            [
                Come(
                    body.kind,
                    one.message,
                    id_,
                    body.payload if one.own_form or one.message is None else None,
                    one.words,
                )
                for body, one, id_ in zip(event.bodies, judged, event.ids, strict=True)
            ],
        )
        heard = [
            self._centre.voice.flags(line, one.message, id_, event.stream)
            for one, id_ in zip(judged, event.ids, strict=True)
        ]
        return [
            one.shown
            if here is NOTHING and not said
            else msgspec.structs.replace(
                one.shown,
                flags=(*said, *one.shown.flags, *here.flags)[:MAX_FLAGS],
                related=here.related,
            )
            for one, here, said in zip(judged, arrived, heard, strict=True)
        ]

    def _answered(self, message: Message) -> Kind | None:
        """Return the kind of what a reply answers; where it was long ago, a reference tells."""
        if not isinstance(message, Reply):
            return None
        id_ = _id_or_none(message.to)
        known = self._sent.get(id_) if id_ is not None else None
        if known is None:
            return None if message.reference else Kind.ADVISORY
        return Kind(known[0]) if known[0] in set(Kind) else None

    def received(self, line: Line, event: ev.GroupReceived, taken: Taken) -> None:
        """Tell whoever listens, and whom it concerns, that messages lie on the desk now."""
        del taken
        line.airspace.committed((event.stream, event.first_seq))
        for body, id_ in zip(event.bodies, event.ids, strict=True):
            self._publish(line, "in", id_, body.kind, Precedence(body.precedence))

    def _publish(
        self, line: Line, direction: str, id_: bytes, kind: str, precedence: Precedence
    ) -> None:
        if not self._centre.listened_to:
            return
        self._centre.publish(
            "message",
            {
                "line": line.peer,
                "direction": direction,
                "id": id_.hex(),
                "kind": kind,
                "precedence": precedence.name,
            },
        )


def require_own_name(line: Line, reference: str) -> None:
    """Refuse to call a notice of ours as the peer's are called (``node.reference-of-peer``)."""
    if number_of(line.peer, reference) is not None:
        own = line.centre.config.centre.upper()
        raise UsageError(
            "node.reference-of-peer",
            f"{shorten(reference)} is a reference as {line.peer} gives them",
            f"leave `reference` out, and the notice is called {own}- and the next number",
        )


def _composed_by(message: Message, officer: str) -> Message:
    """Return the message with the name of who hands it in; raises UsageError for another's."""
    if isinstance(message, LineCheck | Conflict) or not officer or message.officer == officer:
        return message  # the first two are refused before
    if message.officer:
        raise UsageError(
            "node.other-officer",
            f"the message says that {shorten(message.officer)} composed it, not {shorten(officer)}",
            "take `officer` out of the message; the name that it is sent under goes into it",
        )
    return msgspec.structs.replace(message, officer=officer)


def _read_strictly(body: Body, flags: list[Flag]) -> Message | None:
    """Read what is not written as this version writes it; flag what it does not know."""
    try:
        fields = unpack(body.payload)
        message = decode_payload(body.kind, fields)
    except (WireError, ModelError) as error:
        flags.append(Flag(error.code, error.message))
        return None
    flags.extend(
        Flag(problem.code, problem.text, problem.field)
        for problem in rules.unknown_fields(body.kind, fields)
    )
    return message


def read_payload(stored: StoredMessage) -> Message | None:
    """Return the message in a stored body; None when it cannot be read."""
    try:
        body = stored.decoded()
        return decode_payload(body.kind, unpack(body.payload))
    except HotlineError:
        return None


def life_of(messages: list[StoredMessage], direction: str) -> Life | None:
    """Follow a notice's messages, oldest first, to where it stands now."""
    life: Life | None = None
    for stored in messages:
        message = read_payload(stored)
        if isinstance(message, Step):
            actor = Actor.ORIGINATOR if stored.direction == direction else Actor.PEER
            life = advance(life, message, actor).life
    return life


def _ends_us(messages: list[StoredMessage], direction: str) -> int | None:
    """Return when the times of a notice's last content end, None where that is not known."""
    for stored in reversed(messages):
        message = read_payload(stored) if stored.direction == direction else None
        if isinstance(message, Notice | Revision):
            return bounds_of(message.volumes)[1]
    return None


def stored_flags(stored: StoredMessage) -> list[Flag]:
    """Return the flags that a message was presented with."""
    return msgspec.json.decode(stored.flags, type=list[Flag]) if stored.flags else []


def _unknown_phrases(line: Line, message: Message) -> list[Problem]:
    """Return a problem for each phrase that the line's letter does not have."""
    said = phrases_of(message)[: rules.MAX_PHRASES_SAID]
    if not said:
        return []
    known = set(by_number(line.letter.phrases))
    if says_real_world(message) and not misplaced(message, line.letter):
        # Whoever calls an exercise off must not be held up by a letter that forgot how.
        known.add(REAL_WORLD_PHRASE)
    return unknown_phrases(said, known)


def _id_or_none(text: str) -> bytes | None:
    try:
        id_ = bytes.fromhex(text)
    except ValueError:
        return None
    return id_ if len(id_) == 32 else None
