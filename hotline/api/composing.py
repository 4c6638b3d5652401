"""What a composer should know of a message: short warning, contradictions, relations.

Advice, not refusal: what breaks a rule is refused elsewhere, and what is said here may be sent all
the same. ``advice`` is about any message; `sent_relations` about what is sent; `would_meet` about
what is not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from hotline.airspace.activity import Key, Planned, plan
from hotline.airspace.budget import Budget
from hotline.airspace.contradictions import contradictions
from hotline.airspace.engine import Engine
from hotline.airspace.relation import Relation
from hotline.airspace.terms import terms_of
from hotline.airspace.warning import start_of, warning
from hotline.api.airspace_shapes import Checked
from hotline.api.relations import MOST, MOST_LOOKED_AT, ordered, relation_view, relations_now
from hotline.api.schema import Flag, RelationView
from hotline.errors import UsageError
from hotline.journal.queries import StoredMessage
from hotline.model.filling import empty_slots
from hotline.model.kinds import Answer, Precedence
from hotline.model.kinds import Relation as Relations
from hotline.model.lifecycle import (
    ORIGINATOR_ONLY,
    Life,
    State,
    Step,
)
from hotline.model.messages import (
    Activation,
    Contingency,
    Message,
    Nonconformance,
    Notice,
    Reply,
    Revision,
    kind_of,
    phrases_of,
)
from hotline.model.phrases import by_number
from hotline.model.phrasing import duration_text, time_text
from hotline.model.reading import Draft
from hotline.model.rendering import render
from hotline.model.rules import MAX_PHRASES_SAID
from hotline.model.text import printable
from hotline.model.times import SECOND_US
from hotline.model.title import title_of
from hotline.model.volume import Volume4D
from hotline.node.airspace.findings import Cause, Found, related
from hotline.node.airspace.remarks import astray_flags, early_flags, late_flags, moment_flags
from hotline.node.airspace.standing import ADRIFT_M, Standing, moment_of
from hotline.node.desk import read_payload
from hotline.node.line import Line

CHECK_S: Final = 2.0
"""How long what is not sent is compared, in a thread of its own."""
NEW: Final = "NEW"
"""The reference that a notice without one is compared under."""
_NOUNS: Final = {
    Relations.CONFLICT.value: "a conflict",
    Relations.POSSIBLE.value: "a possible conflict",
    Relations.PROXIMITY.value: "a proximity",
}
_CHECK: Final = Cause("check")
_LATER: Final = Flag(
    code="airspace.compared-later", text="not compared with every notice of the peer yet"
)


def require_same_traffic(line: Line, draft: Draft) -> None:
    """Refuse what a document says is of other traffic than the line's. Raises UsageError.

    ``node.other-status``: nothing of an exercise is said as actual, and nothing actual in an
    exercise; ``node.other-exercise``: nor is what one exercise left behind said in another. What a
    document does not say is not asked for.
    """
    letter = line.letter
    if draft.status not in (None, letter.status):
        raise UsageError(
            "node.other-status",
            f"the document says that it is of {draft.status} traffic, and the line with"
            f" {line.peer} is for {letter.status} traffic",
            "send it on a line of its own status; what was planned in one is planned anew in the"
            " other",
        )
    if draft.exercise not in ("", letter.exercise):
        raise UsageError(
            "node.other-exercise",
            f"the document says that it is of the exercise {printable(draft.exercise)}, and the"
            f" line with {line.peer} is for {printable(letter.exercise) or 'none by name'}",
            "take `exercise` out of the document, if it shall be said in this one too",
        )


def advice(line: Line, message: Message, precedence: Precedence, now_us: int) -> list[Flag]:
    """Return what the peer will see flagged on a notice, as far as it can be known here."""
    if not isinstance(message, Notice | Revision):
        return [*moments(line, message, now_us), *blanks(line, message)]
    needed_s = line.letter.warning_needed(precedence, message.activity)
    given = warning(start_of(message.volumes), now_us, needed_s)
    found = []
    if given.short and message.volumes:
        if given.given_us is None:
            had = "warning time unknown, as not every start is"
        elif given.given_us < 0:
            had = f"no warning: it began {_whole_seconds(-given.given_us)} ago"
        else:
            had = f"warning time {_whole_seconds(given.given_us)} if it is received now"
        text = f"{had}; the letter asks for {duration_text(round(needed_s * SECOND_US))}"
        found.append(Flag(code="notice.short-warning", text=text))
    found += [
        Flag(code=one.code, text=one.text, field=one.field)
        for one in contradictions(message, line.letter, now_us)
    ]
    return found


def answered_before(reply: Reply, earlier: StoredMessage | None) -> list[Flag]:
    """Return a flag on an answer that is another than the last one, which was no stand-by."""
    said = None if earlier is None else read_payload(earlier)
    if earlier is None or not isinstance(said, Reply):
        return []
    if said.answer in (reply.answer, Answer.STAND_BY):
        return []
    at, by = time_text(earlier.created_us), printable(said.officer) or "nobody named"
    text = f"{printable(said.answer)} was answered before, at {at} by {by}; the newer answer counts"
    return [Flag(code="reply.answered-before", text=text)]


def _whole_seconds(microseconds: int) -> str:
    return duration_text(microseconds // SECOND_US * SECOND_US)


def moments(line: Line, message: Message, now_us: int) -> list[Flag]:
    """Return a flag for what begins early or late, ends late, or is nobody says where."""
    if not isinstance(message, Step):
        return []
    current = line.airspace.compared.current
    standing = current.known(Key(line.centre.config.centre, message.reference))
    if standing is None:
        return []
    found = [
        *moment_flags(message, line.airspace.ahead_us, now_us),
        *astray_flags(message, standing),
    ]
    at_us = moment_of(getattr(message, "at", ""), now_us)
    # When it is sent already, it has begun by itself.
    if standing.begun_us in (None, at_us):
        plan_ = Life(State.PLANNED)
        found += early_flags(message, standing.starts_us, plan_)
        found += late_flags(message, standing, plan_, line.letter.limits, now_us)
    return [Flag(code=one.code, text=one.text, field=one.field) for one in found]


def blanks(line: Line, message: Message) -> list[Flag]:
    """Return a flag for each phrase with slots that the message has nothing for."""
    known, found = by_number(line.letter.phrases), []
    for index, number in enumerate(phrases_of(message)[:MAX_PHRASES_SAID]):
        empty = empty_slots(known[number], message) if number in known else []
        if empty:
            text = f"{number} leaves {' and '.join(f'{{{name}}}' for name in empty)} empty"
            found.append(Flag(code="model.phrase-blank", text=text, field=f"phrases[{index}]"))
    return found


def stood_before(line: Line, message: Message) -> list[RelationView]:
    """Return what the notice that a message is about is to the peer's before it is sent."""
    if not isinstance(message, Step):
        return []
    return relations_now(line, Key(line.centre.config.centre, message.reference))


def resolved(before: Sequence[RelationView], now: Sequence[RelationView]) -> list[Flag]:
    """Return a flag for each relation that a message has ended; none while one is compared."""
    stands = {one.other for one in now}
    return [
        Flag(
            code="airspace.resolved",
            text=f"resolved: {one.own} and {one.other}, which was "
            f"{_NOUNS.get(one.relation, one.relation)}",
        )
        for one in ordered(before)[:MOST]
        if one.other not in stands
    ]


def sent_relations(line: Line, sent: StoredMessage) -> tuple[list[RelationView], list[Flag]]:
    """Return what a notice of ours is to the peer's, now that it is sent; on the node's loop."""
    if sent.reference is None or sent.kind not in ORIGINATOR_ONLY:
        return [], []
    key, airspace = Key(line.centre.config.centre, sent.reference), line.airspace
    waits = airspace.loading or airspace.compared.waits(key)
    return ordered(relations_now(line, key))[:MOST], [_LATER] if waits else []


async def check(line: Line, draft: Draft, precedence: Precedence, officer: str) -> Checked:
    """Return what a message would be and mean. Raises what `Desk.prepare` refuses."""
    somebody = signed(draft.message, officer or "somebody")
    await line.centre.desk.prepare(line, somebody, officer, try_out=True)
    message, now_us = signed(draft.message, officer), line.centre.clock.wall_us()
    if isinstance(message, Step) and message.reference:
        message = await line.centre.desk.as_next_step(line, message)
    if isinstance(message, Notice | Revision):
        # Of many corners, and of many words, that takes too long for the loop.
        flags = await asyncio.to_thread(advice, line, message, precedence, now_us)
    else:
        flags = advice(line, message, precedence, now_us)
    relations, whole = await _would_meet(line, message, precedence, now_us)
    if not whole:
        flags.append(_LATER)
    start_us = needed_s = None
    if isinstance(message, Notice | Revision):
        start_us = start_of(message.volumes)
        needed_s = line.letter.warning_needed(precedence, message.activity)
    phrases = by_number(line.letter.phrases)
    return Checked(
        peer=line.peer,
        kind=kind_of(message).value,
        reference=getattr(message, "reference", "") or None,
        precedence=precedence.name,
        title=title_of(message, phrases),
        text=render(message, phrases=phrases),
        number=message.number if isinstance(message, Revision) else None,
        warning_s=None if start_us is None else (start_us - now_us) / SECOND_US,
        warning_needed_s=needed_s,
        flags=flags,
        relations=relations,
    )


def signed(message: Message, officer: str) -> Message:
    """Return a message with the name of who would send it, unless it names somebody."""
    if not officer or getattr(message, "officer", None) != "":
        return message
    return msgspec.structs.replace(message, officer=officer)


async def _would_meet(
    line: Line, message: Message, precedence: Precedence, now_us: int
) -> tuple[list[RelationView], bool]:
    """Return what a notice would be to the peer's, and whether it was compared with all of them."""
    compared, own = line.airspace.compared, line.centre.config.centre
    here: Notice | Revision
    beside: tuple[Volume4D, ...] = ()
    begun_us, adrift = None, False
    match message:
        case Notice() | Revision():
            here = message
        case Nonconformance() | Contingency() | Activation():
            standing = compared.current.known(Key(own, message.reference))
            if standing is None:
                return [], not line.airspace.loading
            here, begun_us = standing.content, moment_of(message.at, now_us)
            if not isinstance(message, Activation):
                beside = message.volumes or standing.off_nominal
                adrift = not beside
        case _:
            return [], True

    def would_be() -> Planned:
        planned = plan(own, here, precedence, beside=beside).named(here.reference or NEW)
        if begun_us is not None:
            planned = planned.begun(begun_us, len(here.volumes))
        return planned.adrift(ADRIFT_M) if adrift else planned

    others = compared.current.of(line.peer)
    found, whole = await asyncio.to_thread(_met, line, would_be, others)
    views = []
    for relation in found:
        other = compared.current.known(relation.other)
        id_ = b"" if other is None else other.id
        views.append(relation_view(line.peer, related(Found(relation, None, b"", id_, _CHECK))))
    return ordered(views)[:MOST], whole and not line.airspace.loading


def _met(
    line: Line, would_be: Callable[[], Planned], others: Sequence[Standing]
) -> tuple[list[Relation], bool]:
    """Compare an activity with others for as long as that may take; say whether all were."""
    deadline = time.monotonic() + CHECK_S
    planned = would_be()
    engine = Engine(planned.key.centre, {line.peer: terms_of(line.letter)})

    def late() -> bool:
        return time.monotonic() > deadline

    engine.put(planned)
    whole = True
    for standing in others:
        if late():
            whole = False
            break
        engine.put(standing.planned(), Budget(late=late))
    return engine.relations_of(planned.key, MOST_LOOKED_AT), whole and not engine.unfinished
