"""What a good message looks like. Composing refuses what breaks a rule; receiving flags it.

`problems` is the one list of rules for both. A composer calls `compose` (or `check`); a receiver
decodes with `messages.decode_payload`, which never asks about rules, then shows what `problems`
and `unknown_fields` return beside the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, get_args

import msgspec

from hotline.errors import ModelError
from hotline.model.kinds import Activity, Answer, Kind, Relation
from hotline.model.messages import (
    TYPES,
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Notice,
    ReadBack,
    Reply,
    Revision,
    Withdrawal,
    encode_payload,
    phrases_of,
)
from hotline.model.phrases import FIRST_NUMBER, LAST_NUMBER, refuses
from hotline.model.phrasing import duration_text
from hotline.model.problem import Problem, RulesBroken
from hotline.model.text import unsafe_character
from hotline.model.times import shorten, time_or_none
from hotline.model.volume_rules import (
    altitude_problems,
    levels_problems,
    period_problems,
    plainly_sound,
    position_problems,
    time_problems,
    volumes_problems,
)

MAX_PROBLEMS = 50
"""No more than these are listed: a peer may not choose the length of our records."""

MAX_PAYLOAD_BYTES = 250 * 1024
"""Leaves room for the rest of a body, which `wire` limits to 256 KiB."""

MAX_REMARKS = 4_000
MAX_REFERENCE = 40
MAX_PHRASES_SAID = 10
"""Phrases of one message: what can be read out at once."""
MAX_OFFICER = 80
MAX_SPEED_KT = 10_000.0
MAX_DISTANCE_M = 25_000_000.0
"""More than half of the way round the globe."""

ASSIGNED_BY_NODE: Final = frozenset(
    {
        "model.reference-missing",
        "model.revision-number",
        "model.reply-to-missing",
        "model.officer-missing",
    }
)
"""Codes of what a file may leave to the node: it numbers notices and knows who is on watch."""

_REFERENCE = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
_MESSAGE_ID = re.compile(r"[0-9a-f]{64}")
_ACTIVITIES = frozenset(Activity)
_ANSWERS = frozenset(Answer)
_RELATIONS = frozenset(Relation)


def problems(message: Message, *, answered: Kind | None = None) -> list[Problem]:
    """Return the rules that a message breaks, at most `MAX_PROBLEMS` of them.

    ``answered`` is the kind that a reply answers. To accept a notice or a revision takes a
    read-back; where the kind is not known, one is asked for.
    """
    if isinstance(message, Notice) and _plainly_sound(message):
        return []
    return list(islice(_problems(message, answered), MAX_PROBLEMS))


def check(message: Message, *, answered: Kind | None = None) -> None:
    """Refuse a message that breaks a rule.

    Raises:
        RulesBroken: with the code and hint of the first problem, and all of them in ``problems``.

    """
    found = problems(message, answered=answered)
    if found:
        raise RulesBroken(found)


def compose(message: Message, *, answered: Kind | None = None) -> bytes:
    """Return the payload of a message that breaks no rule.

    Raises:
        RulesBroken: as `check`.
        ModelError: ``model.payload-too-large`` above `MAX_PAYLOAD_BYTES`.

    """
    check(message, answered=answered)
    payload = encode_payload(message)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ModelError(
            "model.payload-too-large",
            f"the message takes {len(payload)} bytes, more than {MAX_PAYLOAD_BYTES}",
            "simplify the outlines, or send several notices",
        )
    return payload


def moment_problems(message: Message, now_us: int, ahead_us: int) -> list[Problem]:
    """Return what is wrong with the moment that a message names, by whoever composes it now.

    What begins, ends or goes astray has done so when it is said: a moment more than ``ahead_us``,
    by which clocks may differ, after ``now_us`` is not known yet.
    """
    if not isinstance(message, Activation | End | Nonconformance | Contingency):
        return []
    at_us = time_or_none(message.at)
    if at_us is None or at_us <= now_us + ahead_us:
        return []
    return [
        Problem(
            "notice.at-in-future",
            "at",
            f"lies {duration_text(at_us - now_us)} in the future",
            'say it when it is so, with "at": "+0s"; a revision changes planned times',
        )
    ]


def _plainly_sound(notice: Notice) -> bool:
    """Say that a notice breaks no rule where that is quickly seen, as it is of most.

    False means nothing but that `_problems` has to be asked, which alone says what is wrong.
    """
    return (
        len(notice.reference) <= MAX_REFERENCE
        and _REFERENCE.fullmatch(notice.reference) is not None
        and 0 < len(notice.title) <= 120
        and not notice.title.isspace()
        and notice.title.isprintable()  # Python is stricter than `unsafe_character`, and quick
        and notice.activity in _ACTIVITIES
        and len(notice.remarks) <= MAX_REMARKS
        and (notice.remarks.isprintable() or unsafe_character(notice.remarks, lines=True) is None)
        and len(notice.contact) <= 200
        and notice.contact.isprintable()
        and len(notice.officer) <= MAX_OFFICER
        and notice.officer.isprintable()
        and len(notice.volumes) == 1
        and plainly_sound(notice.volumes[0])
    )


def _problems(message: Message, answered: Kind | None) -> Iterator[Problem]:
    match message:
        case Notice():
            yield from _reference(message.reference)
            yield from _plan(message)
        case Revision():
            yield from _reference(message.reference)
            if not 1 <= message.number <= 1_000_000:
                yield Problem(
                    "model.revision-number",
                    "number",
                    "is not a count from 1",
                    "number the revisions of a notice 1, 2, 3, ...",
                )
            yield from _plan(message)
            yield from _text(message.reason, "reason", 1000, lines=True)
        case Withdrawal():
            yield from _reference(message.reference)
            yield from _text(message.reason, "reason", 1000, lines=True)
        case Activation() | End():
            yield from _reference(message.reference)
            yield from time_problems(message.at, "at")
        case Nonconformance() | Contingency():
            yield from _reference(message.reference)
            yield from time_problems(message.at, "at")
            yield from _text(message.reason, "reason", 1000, lines=True)
            if message.volumes:
                yield from volumes_problems(message.volumes, "volumes")
        case Conflict():
            yield from _conflict(message)
        case Advisory():
            yield from _advisory(message)
        case Reply():
            yield from _reply(message, answered)
        case LineCheck():
            needed = "" if message.phrases else "model.phrase-missing"
            yield from _text(message.phrase, "phrase", 200, missing=needed)
            yield from _text(message.operator, "operator", 80)
        case _:
            needed = "" if message.phrases else "model.text-missing"
            yield from _text(message.text, "text", MAX_REMARKS, missing=needed, lines=True)
            yield from _text(message.operator, "operator", 80)
    # A reply's, which is required, is looked at with the rest of it; nobody composes the others.
    if not isinstance(message, Reply | LineCheck | Conflict):
        yield from _text(message.officer, "officer", MAX_OFFICER)
    yield from _phrases(phrases_of(message))


def _phrases(numbers: tuple[int, ...]) -> Iterator[Problem]:
    if len(numbers) > MAX_PHRASES_SAID:
        yield Problem(
            "model.too-many-phrases",
            "phrases",
            f"has {len(numbers)} phrases, more than {MAX_PHRASES_SAID}",
            "send several messages",
        )
        return
    for index, number in enumerate(numbers):
        if not FIRST_NUMBER <= number <= LAST_NUMBER or number in numbers[:index]:
            yield Problem(
                "model.phrase-number",
                f"phrases[{index}]",
                "is not the number of a phrase, or stands there twice",
                f"give numbers of the letter's phrases, from {FIRST_NUMBER} to {LAST_NUMBER}, once",
            )


def _plan(message: Notice | Revision) -> Iterator[Problem]:
    yield from _text(message.title, "title", 120, missing="model.title-missing")
    if message.activity not in _ACTIVITIES:
        yield Problem(
            "model.unknown-activity",
            "activity",
            f"{shorten(message.activity)} is not an activity" if message.activity else "is missing",
            f"use {', '.join(Activity)}",
        )
    yield from volumes_problems(message.volumes, "volumes")
    yield from _text(message.remarks, "remarks", MAX_REMARKS, lines=True)
    yield from _text(message.contact, "contact", 200)


def _advisory(message: Advisory) -> Iterator[Problem]:
    missing = "" if message.phrases else "model.text-missing"
    yield from _text(message.text, "text", MAX_REMARKS, missing=missing, lines=True)
    yield from _text(message.subject, "subject", 200)
    if message.position is not None:
        yield from position_problems(message.position, "position")
    if message.altitude is not None:
        yield from altitude_problems(message.altitude, "altitude")
    if message.track_deg is not None and not 0 <= message.track_deg <= 360:
        yield Problem(
            "model.track",
            "track_deg",
            f"{message.track_deg:g} lies outside 0 to 360 degrees",
            "give degrees from true north",
        )
    if message.speed_kt is not None and not 0 <= message.speed_kt <= MAX_SPEED_KT:
        yield Problem(
            "model.speed",
            "speed_kt",
            f"{message.speed_kt:g} lies outside 0 to {MAX_SPEED_KT:g} knots",
            "check the unit: knots are meant",
        )


def _conflict(message: Conflict) -> Iterator[Problem]:
    yield from _reference(message.reference)
    yield from _reference(message.other, "other")
    if message.relation not in _RELATIONS:
        given = f"{shorten(message.relation)} is not a relation" if message.relation else ""
        yield Problem(
            "model.unknown-relation",
            "relation",
            given or "is missing",
            f"use {', '.join(Relation)}",
        )
    if message.position is not None:
        yield from position_problems(message.position, "position")
    for name in ("altitude_lower", "altitude_upper"):
        altitude = getattr(message, name)
        if altitude is not None:
            yield from altitude_problems(altitude, name)
    for name in ("time_start", "time_end"):
        if getattr(message, name):
            yield from time_problems(getattr(message, name), name)
    for name in ("distance_m", "vertical_m"):
        metres = getattr(message, name)
        if metres is not None and not 0 <= metres <= MAX_DISTANCE_M:
            yield Problem(
                "model.distance",
                name,
                f"{metres:g} lies outside 0 to {MAX_DISTANCE_M:.0f} m",
                "give metres",
            )
    yield from _text(message.reason, "reason", 1000, lines=True)


def _reply(message: Reply, answered: Kind | None) -> Iterator[Problem]:
    if not message.to:
        yield Problem(
            "model.reply-to-missing",
            "to",
            "does not say what is answered",
            "give the id of the message",
        )
    elif not _MESSAGE_ID.fullmatch(message.to):
        yield Problem(
            "model.bad-message-id",
            "to",
            f"{shorten(message.to)} is not a message id",
            "give the 64 hexadecimal digits, in small letters",
        )
    if message.reference:
        yield from _reference(message.reference)
    if message.answer not in _ANSWERS:
        yield Problem(
            "model.unknown-answer",
            "answer",
            f"{shorten(message.answer)} is not an answer" if message.answer else "is missing",
            f"use {', '.join(Answer)}",
        )
    if message.read_back is not None:
        yield from _read_back(message.read_back)
    elif message.answer == Answer.ACCEPT and answered in (None, Kind.NOTICE, Kind.REVISION):
        yield Problem(
            "model.read-back-missing",
            "read_back",
            "is missing, so nobody knows what was understood",
            "read back area, times and levels",
        )
    rejected = message.answer == Answer.REJECT
    said = any(refuses(number) for number in message.phrases[:MAX_PHRASES_SAID])
    missing = "model.reason-missing" if rejected and not said else ""
    yield from _text(message.reason, "reason", 1000, missing=missing, lines=True)
    if message.proposal:
        yield from volumes_problems(message.proposal, "proposal")
    elif message.answer == Answer.COUNTER:
        yield Problem(
            "model.proposal-missing",
            "proposal",
            "is missing from a counter-proposal",
            "give the volumes that would be accepted",
        )
    if message.officer.strip():
        yield from _text(message.officer, "officer", MAX_OFFICER)
    else:
        yield Problem(
            "model.officer-missing",
            "officer",
            "is missing: an answer is somebody's",
            "give the name of who answers",
        )


def _read_back(read_back: ReadBack) -> Iterator[Problem]:
    if read_back.position is None:
        yield Problem(
            "model.read-back-position",
            "read_back.position",
            "is missing",
            "read back a position in the area; a place in words is not enough",
        )
    else:
        yield from position_problems(read_back.position, "read_back.position")
    yield from _text(read_back.place, "read_back.place", 200)
    yield from period_problems(read_back.time_start, read_back.time_end, "read_back")
    yield from levels_problems(read_back.altitude_lower, read_back.altitude_upper, "read_back")


def is_reference(text: str) -> bool:
    """Say whether a text can be a notice's reference, such as IAF-0007."""
    return len(text) <= MAX_REFERENCE and _REFERENCE.fullmatch(text) is not None


def _reference(reference: str, field: str = "reference") -> Iterator[Problem]:
    if not reference:
        yield Problem(
            "model.reference-missing",
            field,
            "is missing",
            "name the notice that is meant, as in IAF-0007",
        )
    elif not is_reference(reference):
        yield Problem(
            "model.bad-reference",
            field,
            f"{shorten(reference)} is not a reference",
            "use up to 40 capitals, digits and -, as in IAF-0007",
        )


def _text(
    text: str, field: str, limit: int, *, missing: str = "", lines: bool = False
) -> Iterator[Problem]:
    """Yield what is wrong with a text; ``missing`` is the code for an empty one, if that is."""
    if missing and not text.strip():
        yield Problem(missing, field, "is missing", "say it in a few words")
    if len(text) > limit:
        yield Problem(
            "model.text-too-long",
            field,
            f"has {len(text)} characters, more than {limit}",
            "shorten it",
        )
    character = unsafe_character(text, lines=lines)
    if character is not None:
        yield Problem(
            "model.unsafe-character",
            field,
            f"contains {character}, which steers how text is shown",
            "remove it; letters of any script are welcome",
        )


_Shape = dict[str, "_Shape | None"]


def _shape(type_: type[msgspec.Struct]) -> _Shape:
    """Return the names of a struct's fields, each with the shape of the structs within it."""
    shape: _Shape = {}
    for field in msgspec.structs.fields(type_):
        within = [
            part
            for part in (field.type, *get_args(field.type))
            if isinstance(part, type) and issubclass(part, msgspec.Struct)
        ]
        shape[field.encode_name] = _shape(within[0]) if within else None
    return shape


_SHAPES: Final = {kind: _shape(type_) for kind, type_ in TYPES.items()}


def unknown_fields(kind: str, obj: object) -> list[Problem]:
    """Return a problem for each field of an unpacked payload that this version does not know.

    A newer peer may say more than we understand: what we do understand is shown, and the rest is
    named, at most `MAX_PROBLEMS` times.
    """
    return list(islice(_unknown(obj, _SHAPES.get(kind), ""), MAX_PROBLEMS))


def _unknown(obj: object, shape: _Shape | None, path: str) -> Iterator[Problem]:
    if shape is None:
        return
    if isinstance(obj, list | tuple):
        for index, item in enumerate(obj):
            yield from _unknown(item, shape, f"{path}[{index}]")
    elif isinstance(obj, dict):
        for key, value in obj.items():
            if key in shape:
                yield from _unknown(value, shape[key], f"{path}.{key}" if path else key)
            else:
                yield Problem(
                    "model.unknown-field",
                    path,
                    f"the field {shorten(str(key))} is not known",
                    f"the fields here are {', '.join(shape)}",
                )
